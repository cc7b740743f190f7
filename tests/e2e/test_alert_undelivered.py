"""Whom no way reaches is shown in red, and is a fault of Hallwatch itself, of which others are told."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hallwatch_agent.wire import Reading
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.hall_file import ONE_PRINTER
from parts.mosquitto import serve_mosquitto
from parts.vendors.healthchecks import PATH, HeartbeatService
from parts.vendors.web import serve
from parts.vendors.webhook import SECRET, Receiver
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

ALERTS = """\
heartbeat_url_file = "heartbeat"
heartbeat_s = 600
steps = [{{ to = ["technical"] }}]
channels = [
  {{ id = "dead", kind = "webhook", url = "{dead}", secret_file = "wrong-secret" }},
  {{ id = "good", kind = "webhook", url = "{good}", secret_file = "hook-secret" }},
]
people = [
  {{ name = "张伟", roles = ["technician"], ways = [{{ channel = "dead" }}] }},
  {{ name = "李敏", roles = ["network"], ways = [{{ channel = "good" }}] }},
]
"""


def titles(receiver: Receiver) -> list[str]:
    """Return what was taken, title by title."""
    parts: list[dict[str, Any]] = [part for message in receiver.taken for part in message["data"]["parts"]]
    return [part["title"] for part in parts]


class Setting(NamedTuple):
    """A collector whose people are told by two receivers; the one of 张伟 refuses what it is sent."""

    collector: CollectorProcess
    agent: FakeAgent
    dead: Receiver
    good: Receiver
    outside: HeartbeatService

    def jam(self, *, jammed: bool) -> None:
        """Let the printer jam."""
        self.agent.report(Reading("prn-3", "tcp", wall_clock(), conditions={"reachable": True, "jam": jammed}))

    def edit(self, old: str, new: str) -> None:
        """Edit alerts.toml while the collector runs."""
        path = self.collector.folder / "alerts.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def problems(self) -> list[str]:
        """Return what is not as it should be."""
        told: list[str] = self.collector.get("/health")["problems"]
        return told


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        receivers = [Receiver(), Receiver()]
        for each in receivers:
            each.start()
            stack.callback(each.stop)
        dead, good = receivers
        outside = stack.enter_context(serve(HeartbeatService()))
        (tmp_path / "heartbeat").write_text(outside.url + PATH)
        (tmp_path / "hook-secret").write_text(SECRET)
        (tmp_path / "wrong-secret").write_text("whsec_" + base64.b64encode(b"another one of 24 bytes!").decode())
        (tmp_path / "alerts.toml").write_text(ALERTS.format(dead=dead.url, good=good.url), encoding="utf-8")
        collector = CollectorProcess(tmp_path, broker.port, before='alerts = "alerts.toml"\n')
        (tmp_path / "halls" / "xihu.toml").write_text(ONE_PRINTER, encoding="utf-8")
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(9))
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        stack.callback(agent.close)
        made = Setting(collector, agent, dead, good, outside)
        made.jam(jammed=False)
        yield made


def test_an_alert_that_reaches_nobody_is_a_fault_that_others_are_told(setting: Setting) -> None:
    collector, good = setting.collector, setting.good
    setting.jam(jammed=True)
    wait_until(lambda: len(titles(good)) >= 2, 10, "who can be reached is told of both")
    assert titles(good)[0].endswith("3号窗口打印机:卡纸")
    assert "有通知送不到人" in titles(good)[1]
    assert any("did not reach 张伟 by dead: " in problem for problem in setting.problems())
    page = collector.page("/halls/330106/xihu/work")
    assert "notice-failed" in page
    assert "没有通知到张伟" in page
    assert "dead:对方拒收,请检查地址和密钥(HTTP 401)" in page
    assert "did not reach" not in page, "it is said once, in the reader's language"
    assert collector.metric('hallwatch_alerts_total{channel="dead",outcome="failed"}') == 2  # its own one too
    assert collector.metric('hallwatch_alerts_total{channel="good",outcome="accepted"}') == 2
    assert collector.metric('hallwatch_alerts_waiting{channel="good"}') == 0
    assert collector.metric('hallwatch_alert_delay_seconds_count{channel="good"}') == 2

    collector.stop(9)
    collector.start(well=False)
    setting.jam(jammed=False)
    wait_until(lambda: "已恢复" in "".join(titles(good)), 10, "its end is told")
    told = [each for each in titles(good) if "有通知送不到人" in each]
    assert len(told) == 1, "after a restart it is the same fault"


def test_what_waits_for_a_channel_that_is_edited_away_goes_by_the_next_one(setting: Setting) -> None:
    setting.dead.fault = "500"
    setting.jam(jammed=True)
    wait_until(lambda: setting.dead.asked and len(titles(setting.good)) == 1, 10, "it is tried")
    setting.edit('ways = [{ channel = "dead" }]', 'ways = [{ channel = "daed" }]')
    wait_until(lambda: any("alerts.toml refused" in each for each in setting.problems()), 10, "the edit is refused")
    setting.edit('ways = [{ channel = "daed" }]', 'ways = [{ channel = "good" }]')
    setting.edit('  { id = "dead"', '# { id = "dead"')
    wait_until(lambda: not setting.problems(), 10, "the edit is taken up, and it is told")

    def others() -> set[str]:
        view = setting.collector.get("/api/halls/330106/xihu")
        told = [each for alert in view["alerts"] for each in alert["deliveries"]]
        return {each["status"] for each in told if each["channel"] != "dead"}

    wait_until(lambda: others() == {"accepted"}, 10, "whoever can be told is told")


def test_a_service_outside_hears_that_somebody_is_reached_by_no_way(setting: Setting) -> None:
    wait_until(lambda: setting.outside.taken == [""], 10, "it hears that all is well")
    setting.jam(jammed=True)
    wait_until(setting.problems, 10, "it reaches nobody")
    setting.edit("heartbeat_s = 600", "heartbeat_s = 601")  # an edit counts at once, so that it is called now
    wait_until(lambda: setting.outside.taken == ["", "/fail"], 10, "it hears that something is wrong")
