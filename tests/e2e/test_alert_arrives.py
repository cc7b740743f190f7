"""From a jam to a message that a real channel took, to the acknowledgement, to the message that it is over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from hallwatch_agent.wire import Reading
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.hall_file import ONE_PRINTER
from parts.mosquitto import serve_mosquitto
from parts.vendors.webhook import SECRET, Receiver
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

ALERTS = """\
steps = [{{ to = ["technical"] }}]
channels = [{{ id = "hook", kind = "webhook", url = "{url}", secret_file = "hook-secret" }}]
people = [{{ name = "张伟", roles = ["technician"], ways = [{{ channel = "hook" }}] }}]
"""


class Setting(NamedTuple):
    """A hall, and a program that takes what is told of it."""

    collector: CollectorProcess
    agent: FakeAgent
    receiver: Receiver

    def jam(self, *, jammed: bool = True) -> None:
        """Let the printer jam."""
        self.agent.report(Reading("prn-3", "tcp", wall_clock(), conditions={"reachable": True, "jam": jammed}))

    def told(self) -> list[dict[str, Any]]:
        """Return what was taken, a part a message."""
        return [part for message in self.receiver.taken for part in message["data"]["parts"]]


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        receiver = Receiver()
        receiver.start()
        stack.callback(receiver.stop)
        (tmp_path / "hook-secret").write_text(SECRET)
        (tmp_path / "alerts.toml").write_text(ALERTS.format(url=receiver.url), encoding="utf-8")
        more = 'address = "http://127.0.0.1"\n'
        collector = CollectorProcess(tmp_path, broker.port, more, before='alerts = "alerts.toml"\n')
        (tmp_path / "halls" / "xihu.toml").write_text(ONE_PRINTER, encoding="utf-8")
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(9))
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        stack.callback(agent.close)
        made = Setting(collector, agent, receiver)
        made.jam(jammed=False)
        yield made


def test_a_jam_is_told_once_and_its_end_too(setting: Setting) -> None:
    setting.jam()
    wait_until(lambda: len(setting.told()) == 1, 5, "it is told")
    (first,) = setting.told()
    assert first["title"] == "[Ⅳ级]西湖区办税服务厅 3号窗口打印机:卡纸"
    assert first["occasion"] == "new"
    assert "/ack/" in first["link"]
    setting.jam(jammed=False)
    wait_until(lambda: len(setting.told()) == 2, 5, "its end is told")
    assert setting.told()[1]["title"].startswith("西湖区办税服务厅 3号窗口打印机:已恢复")
    way = [each["kind"] for each in setting.collector.journal() if each["kind"].startswith("alert-")]
    assert way == ["alert-worded", "alert-decided", "alert-sent", "alert-accepted"] * 2


def test_what_was_decided_before_a_crash_arrives_after_it(setting: Setting) -> None:
    setting.receiver.fault = "500"
    setting.jam()
    wait_until(lambda: setting.receiver.asked, 5, "it is tried")
    setting.collector.stop(9)
    setting.receiver.fault = ""
    setting.collector.start()
    wait_until(lambda: len(setting.told()) == 1, 5, "it is told")
    setting.jam(jammed=False)
    wait_until(lambda: len(setting.told()) == 2, 5, "its end is told")


def test_it_is_acknowledged_from_the_message_once(setting: Setting) -> None:
    setting.jam()
    wait_until(lambda: len(setting.told()) == 1, 5, "it is told")
    path = urlsplit(setting.told()[0]["link"]).path
    with httpx.Client(base_url=f"http://127.0.0.1:{setting.collector.web_port}") as client:
        page = client.get(path)
        assert (page.status_code, "我是张伟,我来处理" in page.text) == (200, True)
        seal = re.search(r'name="seal" value="(\w+)"', page.text)
        assert seal
        form = {"command": "acknowledge", "by": "张伟", "seal": seal[1]}
        assert client.post(path, data=form).status_code == 303
        again = client.post(path, data=form)
        assert (again.status_code, "已由张伟接手" in again.text) == (409, True)
        assert client.post(path[:-1] + ("A" if path[-1] != "A" else "B"), data=form).status_code == 403
        setting.jam(jammed=False)
        wait_until(lambda: "故障已恢复,还有事要做" in client.get(path).text, 5, "it has recovered")
        assert client.post(path, data=form).status_code == 409
    moved = [each["event"] for each in setting.collector.journal() if each["event"].get("status") == "acknowledged"]
    assert [(each["by"], each["via"]) for each in moved] == [("张伟", "link")]
    ticket = path.removeprefix("/ack/")
    assert ticket not in setting.collector.log.read_text(encoding="utf-8")
    assert ticket not in setting.collector.metrics()
