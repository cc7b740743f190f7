"""Must hold: a paired screen shows the sign, says so to the core, and goes on when the collector is killed.

A real collector with its journal, a real Mosquitto, a real browser as the screen.
"""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.screens import TRUST_S
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
windows = [{ id = "w3", number = 3, name = "3号窗口", classes = ["filing"] }]

[[devices]]
id = "all"
kind = "other"
name = "其余"
gives = ["computer", "core-system"]

[[devices]]
id = "kiosk-1"
kind = "kiosk"
name = "自助办税终端1"
probes = [{ kind = "snmp-printer", interval_s = 60, host = "192.0.2.1" }]
"""
SIGN = "/sign/330106/xihu/kiosk-1"


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.fixture
def collector(broker: Mosquitto, tmp_path: Path) -> Iterator[CollectorProcess]:
    with run_collector(tmp_path, broker.port, HALL) as collector:
        yield collector


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 480})
    page.set_default_timeout(15_000)
    yield page
    page.close()


def view(collector: CollectorProcess) -> Any:
    return collector.get("/api/halls/330106/xihu")


def order(collector: CollectorProcess, **command: str) -> None:
    token = (collector.folder / "data" / "operator.token").read_text(encoding="ascii").strip()
    request = urllib.request.Request(
        f"http://{HOST}:{collector.web_port}/api/halls/330106/xihu/commands",
        json.dumps({"by": "李工", **command}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status < 300


def kinds(collector: CollectorProcess) -> list[str]:
    return [str(event["event"]["event"] if isinstance(event["event"], dict) else event["event"]) for event in
            collector.journal()]  # fmt: skip


def test_a_sign_hangs_where_its_screen_says_so_and_survives_the_collector(
    broker: Mosquitto, collector: CollectorProcess, page: Page
) -> None:
    address = f"http://{HOST}:{collector.web_port}"
    agent = FakeAgent(broker.port, "330106", "xihu", "gw")
    try:
        page.goto(f"{address}/screen")
        order(collector, command="pair-screen", code=page.locator("#code").inner_text(), use="sign", place="kiosk-1")
        page.wait_for_url(f"{address}{SIGN}")
        expect(page.locator("html.is-kept")).to_be_attached()
        agent.report(Reading("kiosk-1", "snmp-printer", wall_clock(), conditions={"jam": True}))
        order(collector, command="report-fault", thing="kiosk-1", effect="unusable", text="黑屏")
        expect(page.locator(".sign-words")).to_have_text("暂停使用")
        wait_until(lambda: "screen-showed" in kinds(collector), 20, "the screen's word is in the journal")
        assert view(collector)["signs_due"] == []

        collector.stop(signal.SIGKILL)
        expect(page.locator("#away")).to_be_visible()
        for again in (page.reload, lambda: page.goto(f"{address}/screen")):
            again()
            expect(page.locator(".sign-words")).to_have_text("暂停使用")
            expect(page.locator("#away")).to_be_visible()

        collector.start()
        expect(page.locator("#away")).to_be_hidden(timeout=20_000)
        assert view(collector)["signs_due"] == []
        assert "screen-lost" not in kinds(collector)

        page.goto("about:blank")  # somebody takes the screen away
        wait_until(lambda: view(collector)["signs_due"] == ["kiosk-1"], TRUST_S + 20, "somebody is asked to post it")
        asked = [each for each in view(collector)["measures"] if each.get("sign") and each["status"] == "open"]
        assert [each["subject"] for each in asked] == ["kiosk-1"]
        page.goto(f"{address}/screen")
        expect(page.locator(".sign-words")).to_have_text("暂停使用")
        wait_until(lambda: view(collector)["signs_due"] == [], 20, "the sign hangs again")
    finally:
        agent.close()
