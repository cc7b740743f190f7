"""The disk is full: what is decided cannot be written down. People are told all the same, of that too."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hallwatch_agent.wire import Reading
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.mosquitto import serve_mosquitto
from parts.vendors.web import serve
from parts.vendors.webhook import SECRET, Receiver
from parts.vendors.wecom import Wecom
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]

[[devices]]
id = "prn-3"
kind = "printer"
name = "3号窗口打印机"
serves = []
probes = [{ kind = "tcp", agent = "gw", interval_s = 3600, host = "127.0.0.1", port = 9 }]
"""
ALERTS = """\
steps = [{{ to = ["technical"] }}]
channels = [
  {{ id = "hook", kind = "webhook", url = "{hook}", secret_file = "hook-secret" }},
  {{ id = "bot", kind = "wecom", url_file = "robot" }},
]
people = [
  {{ name = "张伟", roles = ["technician"], ways = [{{ channel = "hook" }}] }},
  {{ name = "李敏", roles = ["technician"], ways = [{{ channel = "bot" }}] }},
]
"""
MAY_COME_AGAIN = "(采集服务暂时无法保存记录,重启后可能重发)"


class Setting(NamedTuple):
    """A collector whose disk can be full."""

    collector: CollectorProcess
    agent: FakeAgent
    hook: Receiver
    bot: Wecom

    def fill_disk(self, *, full: bool = True) -> None:
        """Let every write of the collector to a file fail, as on a full disk, or let them go on."""
        assert self.collector.process
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(self.collector.process.pid, resource.RLIMIT_FSIZE, (1 if full else most, most))

    def jam(self, *, jammed: bool = True) -> None:
        """Let the printer jam."""
        self.agent.report(Reading("prn-3", "tcp", wall_clock(), conditions={"reachable": True, "jam": jammed}))

    def told(self, word: str) -> list[dict[str, Any]]:
        """Return what the program took of which the title has a word."""
        parts = [part for message in self.hook.taken for part in message["data"]["parts"]]
        return [part for part in parts if word in part["title"]]

    def read(self, word: str) -> list[str]:
        """Return the messages in the chat that have a word."""
        return [told["text"]["content"] for told in self.bot.taken if word in told["text"]["content"]]

    def problems(self) -> str:
        """Return what is not as it should be."""
        return " ".join(self.collector.get("/health")["problems"])


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        hook, bot = stack.enter_context(serve(Receiver())), stack.enter_context(serve(Wecom()))
        (tmp_path / "hook-secret").write_text(SECRET)
        (tmp_path / "robot").write_text(bot.robot)
        (tmp_path / "alerts.toml").write_text(ALERTS.format(hook=hook.url), encoding="utf-8")
        collector = CollectorProcess(tmp_path, broker.port, before='alerts = "alerts.toml"\n')
        (tmp_path / "halls" / "xihu.toml").write_text(HALL, encoding="utf-8")
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(9))
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        stack.callback(agent.close)
        made = Setting(collector, agent, hook, bot)
        made.jam(jammed=False)
        wait_until(lambda: "agent-born" in str(collector.journal()), 10, "the agent is there")
        yield made


def way_of(setting: Setting, hall: str) -> list[str]:
    """Return the way of the alerts of a hall to the program, as the journal has it."""
    entries = [entry for entry in setting.collector.journal() if entry["hall"] == hall]
    alerts = {entry["event"]["alert"] for entry in entries if entry["event"].get("channel") == "hook"}
    return [entry["kind"] for entry in entries if entry["event"].get("alert") in alerts]


def test_people_are_told_while_nothing_can_be_written_down(setting: Setting) -> None:
    setting.fill_disk()
    setting.jam()
    wait_until(lambda: setting.told("卡纸") and setting.read("卡纸"), 5, "it is told")
    assert MAY_COME_AGAIN in setting.read("卡纸")[0]
    assert setting.told("卡纸")[0]["unwritten"]
    wait_until(lambda: setting.told("日志库无法写入"), 5, "that nothing can be written is told too")
    assert "The journal cannot be written, nothing but alerts is carried out" in setting.problems()
    assert way_of(setting, "330106/xihu") == []

    setting.fill_disk(full=False)
    wait_until(lambda: not setting.problems(), 40, "the journal can be written again", every_s=0.2)
    assert way_of(setting, "330106/xihu") == ["alert-decided", "alert-sent", "alert-accepted"], "all of it is on record"
    setting.jam(jammed=False)
    wait_until(lambda: setting.told("3号窗口打印机:已恢复"), 40, "its end is told, in a digest", every_s=0.1)
    assert len(setting.told("3号窗口打印机:卡纸")) == 1, "and nothing twice"
    assert not setting.told("3号窗口打印机:已恢复")[0]["unwritten"]


def test_what_was_told_and_never_written_down_is_told_again_after_a_crash(setting: Setting) -> None:
    setting.fill_disk()
    setting.jam()
    wait_until(lambda: setting.told("卡纸") and setting.read("卡纸"), 5, "it is told")
    setting.collector.stop(9)
    setting.collector.start()
    setting.jam()  # as the next look at the printer tells it
    wait_until(lambda: len(setting.told("卡纸")) == 2, 5, "who drops what has the same key does not drop this")
    wait_until(lambda: len(setting.read("卡纸")) == 2, 5, "it is told again")
    assert MAY_COME_AGAIN in setting.read("卡纸")[0]
    assert MAY_COME_AGAIN not in setting.read("卡纸")[1]
