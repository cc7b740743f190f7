"""The collector dies, and an agent tells people itself: real broker, collector and agent, a vendor's robot imitated."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from hallwatch_agent.wire import Heartbeat, decode
from parts.agent import AgentProcess
from parts.collector import CollectorProcess, FakeAgent
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.vendors.web import Asked, Imitation, Told, serve
from parts.vendors.wecom import KEY, Wecom
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }, { id = "other" }]
"""
SILENT_S = 15
BEATS_MISSED_S = 30
"""Three heartbeats: no agent is less patient, whatever its file says."""
WATCH = f"""
[collector_watch]
channel = "wecom"
url_file = "robot"
mention = ["13800000000"]
silent_s = {SILENT_S}
"""


class Setting(NamedTuple):
    """A hall whose agent watches the collector."""

    broker: Mosquitto
    collector: CollectorProcess
    agent: AgentProcess
    robot: Wecom
    other: FakeAgent

    def titles(self) -> list[str]:
        """Return what people see first of each message."""
        return [told["text"]["content"].splitlines()[0] for told in self.robot.taken]

    def beat(self) -> Heartbeat | None:
        """Return what the collector said last."""
        kept = self.other.retained.get("hallwatch/v1/330106/xihu/collector")
        return decode("collector", kept) if kept else None


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        robot = Wecom()
        robot.start()
        stack.callback(robot.stop)
        collector = CollectorProcess(tmp_path, broker.port)
        (tmp_path / "halls" / "xihu.toml").write_text(HALL, encoding="utf-8")
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(signal.SIGKILL))
        agent = AgentProcess(tmp_path / "gw", "gw", (broker.host, broker.port))
        (tmp_path / "gw" / "robot").write_text(robot.robot)
        agent.config.write_text(agent.config.read_text() + WATCH)
        agent.start()
        stack.callback(lambda: agent.process and agent.stop(signal.SIGKILL))
        other = FakeAgent(broker.port, "330106", "xihu", "other")
        stack.callback(other.close)
        made = Setting(broker, collector, agent, robot, other)
        wait_until(made.beat, 5, "the collector lives")
        yield made


def test_a_killed_collector_is_told_once_and_then_that_it_is_back(setting: Setting) -> None:
    setting.collector.stop(signal.SIGKILL)
    wait_until(setting.titles, BEATS_MISSED_S + 20, "people are told", every_s=0.2)
    wait_until(lambda: "people were told" in setting.agent.log.read_text(), 5, "the agent knows that they were")
    setting.agent.stop(signal.SIGKILL)
    setting.agent.start()
    setting.collector.start()
    wait_until(lambda: len(setting.titles()) == 2, 60, "people are told that it is back", every_s=0.2)
    assert setting.titles() == ["Hallwatch 采集服务失联", "Hallwatch 采集服务已恢复"]
    first = setting.robot.taken[0]["text"]
    assert first["mentioned_mobile_list"] == ["13800000000"]
    assert "330106/xihu/gw" in first["content"]
    assert KEY not in setting.agent.log.read_text()


def test_a_broker_that_is_away_is_told_as_that_and_a_planned_stop_is_not(setting: Setting) -> None:
    setting.collector.stop()
    wait_until(lambda: (beat := setting.beat()) and beat.stopping, 5, "it says that it stops")
    setting.collector.start()
    wait_until(lambda: (beat := setting.beat()) and not beat.stopping, 15, "it says that it lives")
    setting.broker.stop(signal.SIGKILL)
    wait_until(setting.titles, SILENT_S + 20, "people are told", every_s=0.2)
    assert setting.titles() == ["Hallwatch 连不上消息服务器,采集服务是否正常不明"]
    setting.broker.start()
    wait_until(lambda: len(setting.titles()) == 2, 60, "people are told that it is back", every_s=0.2)
    assert setting.titles()[1] == "Hallwatch 消息服务器和采集服务已恢复"


def test_systemd_and_a_service_outside_hear_that_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Service(Imitation):
        def answer(self, asked: Asked) -> Told:
            self.taken.append(asked.path)
            return Told(200, b"OK")

    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        service = stack.enter_context(serve(Service()))
        ear = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "16000000")
        (tmp_path / "heartbeat").write_text(f"{service.url}/ping/1")
        (tmp_path / "alerts.toml").write_text('heartbeat_url_file = "heartbeat"\nheartbeat_s = 10\n')
        collector = CollectorProcess(tmp_path, broker.port, before='alerts = "alerts.toml"\n')
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(signal.SIGKILL))
        assert [ear.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        wait_until(lambda: "/ping/1" in service.taken, 15, "the service hears that all is well", every_s=0.1)
        broker.stop(signal.SIGKILL)
        wait_until(lambda: service.taken[-1] == "/ping/1/fail", 15, "the service hears that it is not", every_s=0.1)
        assert collector.stop() == 0
        told = []
        while (word := ear.recv(64)) != b"STOPPING=1":
            told.append(word)
        assert set(told) == {b"WATCHDOG=1"}


def test_the_way_can_be_tried(tmp_path: Path) -> None:
    robot = Wecom()
    robot.start()
    agent = AgentProcess(tmp_path / "gw", "gw", ("127.0.0.1", 9))
    command = [sys.executable, "-m", "hallwatch_agent", "collector-watch", "test", "--config", str(agent.config)]

    def attempt() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    try:
        done = attempt()
        assert done.returncode == 1
        assert "collector_watch: is missing; give a table [collector_watch]" in done.stderr
        agent.config.write_text(agent.config.read_text() + WATCH)
        (tmp_path / "gw" / "robot").write_text(robot.robot)
        done = attempt()
        assert (done.returncode, done.stdout) == (0, "wecom: taken; look whether the message is there\n")
        assert robot.taken[0]["text"]["content"].startswith("【测试】")
        (tmp_path / "gw" / "robot").write_text(f"{robot.robot}x")
        done = attempt()
        assert done.returncode == 1
        assert "wecom: NOT taken: WeCom: the robot's address is not valid" in done.stderr
        assert KEY not in done.stderr
    finally:
        robot.stop()
