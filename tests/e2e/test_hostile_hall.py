"""A hall whose every name is hostile, in a running collector and a real browser: nothing runs, nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from hallwatch_agent.wire import Reading
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.hostile import NAMEABLE, Poison
from parts.mosquitto import serve_mosquitto
from parts.npm import ROOT
from parts.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
HALL: Final = "/halls/330106/xihu"
WHO: Final = "<b>赵工</b>"
SIZES: Final = ((390, 844), (1366, 768))
PICTURES: Final = ROOT / "build" / "pictures"
SAID: Final = ('<img src=x onerror="alert(1)">', "{{7*7}}</script><script>alert(2)</script>")
"""What a printer says of itself by SNMP: its model, and the name of a supply."""
PAGES: Final = {
    "board": HALL, "board-kiosk": f"{HALL}?kiosk", "display": "/display/330106/xihu",
    "display-at": "/display/330106/xihu/w3",
    "sign": "/sign/330106/xihu/prn-3", "device": f"{HALL}/devices/prn-3", "window": f"{HALL}/windows/w3",
    "windows": f"{HALL}/windows", "work": f"{HALL}/work", "head": f"{HALL}/head", "queue": f"{HALL}/queue",
    "incidents": f"{HALL}/lists/incidents", "rota": f"{HALL}/lists/rota", "store": f"{HALL}/lists/store",
    "readiness": f"{HALL}/readiness", "signs-print": f"{HALL}/signs/print", "codes": f"{HALL}/codes",
    "report": f"{HALL}/report?thing=prn-3", "why": f"{HALL}/why/window/w3", "screens": f"{HALL}/screens",
    "audit": "/audit", "users": "/settings/users",
}  # fmt: skip


def write_hall() -> str:
    """Return a hall file in which every name is one of them."""
    poison = Poison(*NAMEABLE)

    def said() -> str:
        return json.dumps(poison.take(), ensure_ascii=False)

    return f"""
area = "330106"
hall = "xihu"
name = {said()}
agents = [{{ id = "gw", name = {said()} }}]
windows = [
  {{ id = "w3", number = 3, name = {said()}, classes = ["certificates", "own"], shows_signs = true }},
  {{ id = "w4", number = 4, name = {said()}, classes = ["own"] }},
]
places = [{{ id = "desk", name = {said()}, shows_signs = true }}]
classes = [{{ id = "own", name = {said()}, name_en = {said()}, needs = ["print"] }}]
contacts = [{{ role = "head", name = {said()} }}, {{ role = "technician", name = {said()} }}]
duty = [{{ role = "guide", person = {said()} }}]
supplies = [{{ id = "toner", name = {said()}, unit = {said()}, place = {said()}, devices = ["prn-3"] }}]
maintenance = [{{ id = "work", devices = ["prn-3"], text = {said()}, days = ["mon"], from = "01:00", to = "02:00" }}]

[[devices]]
id = "prn-3"
kind = "printer"
name = {said()}
place = "w3"
gives = ["print"]
spare = "spare-1"
serves = ["w3", "w4"]
probes = [{{ kind = "snmp-printer", interval_s = 2, host = "192.168.1.53" }}]

[[devices]]
id = "rt-1"
kind = "router"
name = {said()}
gives = ["computer", "core-system", "network"]

[[devices]]
id = "spare-1"
kind = "printer"
name = {said()}
"""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    folder = tmp_path_factory.mktemp("collector")
    with serve_mosquitto() as broker, run_collector(folder, broker.port, write_hall()) as collector:
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        model, supply = SAID
        agent.report(
            Reading(
                "prn-3", "snmp-printer", wall_clock(), conditions={"reachable": True, "jam": True},
                metrics={f"toner_ratio[{supply}]": 0.02}, facts={"model": model, "serial": "=1+1"},
            )
        )  # fmt: skip
        wait_until(lambda: collector.get(f"/api{HALL}")["signs"], 20, "the jam's sign")
        yield collector
        agent.close()


@pytest.fixture(scope="module")
def page(collector: CollectorProcess, browser: Browser) -> Page:
    """Give a browser in which somebody with a hostile name is signed in who may see all."""
    roles = [word for role in ("head", "staff", "administrator", "auditor") for word in ("--role", role)]
    assert collector.call("user", "add", WHO, *roles).returncode == 0
    drawn = collector.call("user", "password", WHO, "--draw").stdout.strip().splitlines()[-1].split()[-1]
    address = f"http://{HOST}:{collector.web_port}"
    return _sign_in(browser, address, drawn)


def _sign_in(browser: Browser, address: str, drawn: str) -> Page:
    page = browser.new_context(base_url=address).new_page()
    page.goto("/sign-in")
    page.locator("input[name=name]").fill(WHO)
    page.locator("input[name=password]").fill(drawn)
    page.locator("main form button").first.click()
    page.goto("/account")
    new = "a long enough passphrase"
    page.locator("input[name=current]").first.fill(drawn)
    page.locator("input[name=password]").first.fill(new)
    page.locator("input[name=again]").first.fill(new)
    page.locator("form:has(input[name=again]) button").first.click()
    page.wait_for_url(lambda url: "/account" not in url)
    return page


def test_nothing_of_a_hostile_hall_runs_or_breaks_a_page(page: Page, collector: CollectorProcess) -> None:
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(f"error {error}"))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    address = f"http://{HOST}:{collector.web_port}"
    page.on("request", lambda sent: None if sent.url.startswith((address, "data:")) else wrong.append(sent.url))
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, path in PAGES.items():
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            answer = page.goto(path, wait_until="load")
            assert answer
            if answer.status != 200:
                wrong.append(f"{name}: {answer.status}")
            page.wait_for_timeout(120)  # the stream's first picture takes the place of the page's own
            page.screenshot(path=PICTURES / f"hostile-{name}-{width}.png")
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                wrong.append(f"{name} is {wide} wide at {width}")
    assert wrong == []


def test_what_the_printer_said_of_itself_is_on_its_page_as_it_said_it(page: Page) -> None:
    page.goto(f"{HALL}/devices/prn-3")
    told = page.locator("main").inner_text()
    for said in (*SAID, "=1+1"):
        assert said in told, told


def test_its_files_are_files(page: Page, tmp_path: Path) -> None:
    """The report in each of its forms, and a list as a spreadsheet: whatever names stand in it."""
    incident = page.request.get(f"/api{HALL}").json()["incidents"][0]["id"]
    begins = {"html": b"<!", "docx": b"PK", "pdf": b"%PDF"}
    for form, begin in begins.items():
        answer = page.request.get(f"{HALL}/incidents/{incident}/report.{form}")
        assert (answer.status, answer.body()[: len(begin)].lower()) == (200, begin.lower()), form
    assert b"<script>alert" not in page.request.get(f"{HALL}/incidents/{incident}/report.html").body()
    assert page.request.get(f"{HALL}/lists/incidents.xlsx").body()[:2] == b"PK"
