"""Every page of a running demo, at the sizes that people use: nothing serious for those who see or move otherwise.

A picture of each is kept in ``build/pictures``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext

from hallwatch_collector.web.doors import DOORS
from hallwatch_collector.web.lists import LISTS
from parts.axe import PICTURES, find_grave, read_axe, run_axe
from parts.demo import HALL, Demo, run_demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SIZES: Final = ((390, 844), (1366, 768), (1920, 1080))
BROKEN: Final = {"prn-3": "jam", "pc-7": "off", "kiosk-2": "off"}
PAGES: Final = {
    "sign-in": ("", "/sign-in"),
    "board": ("", HALL),
    "board-kiosk": ("", f"{HALL}?kiosk"),
    "windows": ("", f"{HALL}/windows"),
    "display": ("", "/display/330100/county"),
    "sign": ("", "/sign/330100/county/w7"),
    "screen": ("", "/screen"),
    "my-window": ("林窗口", f"{HALL}/windows/w3"),
    "work": ("林窗口", f"{HALL}/work"),
    "report": ("林窗口", f"{HALL}/report"),
    "report-device": ("林窗口", f"{HALL}/report?thing=prn-2"),
    "registers": ("陈导税", f"{HALL}/registers"),
    "readiness": ("陈导税", f"{HALL}/readiness"),
    "codes": ("陈导税", f"{HALL}/codes"),
    "signs-print": ("陈导税", f"{HALL}/signs/print"),
    "head": ("王主任", f"{HALL}/head"),
    "screens": ("王主任", f"{HALL}/screens"),
    "quality": ("王主任", "/quality?hall=330100/county"),
    "queue": ("李工", f"{HALL}/queue"),
    "queue-all": ("李工", "/queue"),
    "device": ("李工", f"{HALL}/devices/prn-3"),
    "device-well": ("李工", f"{HALL}/devices/ups-1"),
    "why": ("李工", f"{HALL}/why/window/w7"),
    "halls": ("李工", "/halls"),
    "queue-own": ("李工", f"{HALL}/queue/mine"),
    "queue-own-all": ("李工", "/queue/mine"),
    "incident": ("李工", f"{HALL}/incidents/inc-1"),
    "incident-head": ("王主任", f"{HALL}/incidents/inc-1"),
    "incident-report": ("王主任", f"{HALL}/incidents/inc-1/report.html"),
    "lists": ("审计员", f"{HALL}/lists"),
    **{f"list-{each.id}": ("审计员", f"{HALL}/lists/{each.id}") for each in LISTS},
    "audit": ("审计员", "/audit"),
    "account": ("管理员", "/account"),
    "users": ("管理员", "/settings/users"),
    "hall-files": ("管理员", "/settings/halls"),
    "hall-file": ("管理员", "/settings/halls/330100/county"),
    "hall-new": ("管理员", "/settings/halls/new"),
    "tour": ("管理员", "/settings/tour"),
    "tour-hall": ("管理员", "/settings/tour/330100/county"),
    "agents": ("李工", f"{HALL}/agents"),
    "nothing": ("李工", f"{HALL}/nothing"),
}
"""Name → who looks, and at what."""
ELSEWHERE: Final = {
    "/set-up": "only while there is no administrator; tests/e2e/test_page.py",
    "/sign-in/code": "between password and code",
    "/sign-in/oidc": "leads to the provider",
    "/sign-in/oidc/return": "leads back from it",
    "/settings/users/person": "needs somebody's name; tests/collector/test_web_people.py",
    "/screen-worker.js": "no page",
    "/screen/state": "no page",
    "/audit/{file}": "a file",
    "/halls/{area}/{hall}/my-window": "leads to the window",
    "/halls/{area}/{hall}/incidents/{incident}/photos/{name}": "a picture",
    "/halls/{area}/{hall}/registers/{incident}/{register}": "opens with its incident; test_deciding.py",
    "/halls/{area}/{hall}/registers/{incident}/{register}/sheets": "for the printer",
    "/halls/{area}/{hall}/registers/{incident}/{register}/export": "a file",
    "/halls/{area}/{hall}/report/taken": "after a report; test_three_taps.py",
    "/display/{area}/{hall}/{thing}": "as the display",
    "/ack/{ticket}": "has its own ticket; test_alert_arrives.py",
}
"""Ways in that are no page of their own here, and why."""


def test_no_page_is_forgotten() -> None:
    looked_at = [path.partition("?")[0] for _, path in PAGES.values()]
    machines = ("/static/", "/events/", "/api/", "/schema", "/health", "/metrics")
    doors = [door.path for door in DOORS if door.method == "GET" and not door.path.startswith(machines)]
    forgotten = [
        path
        for path in doors
        if path not in ELSEWHERE and not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), each) for each in looked_at)
    ]
    assert forgotten == ["/"], "which leads on to the halls"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo")) as demo:
        for device, fault in BROKEN.items():
            demo.play("start", device, fault)
        demo.wait_for(*BROKEN)
        yield demo


@pytest.fixture(scope="module")
def contexts() -> dict[str, BrowserContext]:
    """Browsers that are signed in, by name."""
    return {}


@pytest.fixture(scope="module")
def axe() -> str:
    return read_axe()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_at_every_size_and_nothing_serious_is_wrong_with_it(
    demo: Demo, browser: Browser, contexts: dict[str, BrowserContext], axe: str, name: str
) -> None:
    who, path = PAGES[name]
    if who not in contexts:
        contexts[who] = demo.sign_in(browser, who, SIZES[1])
    page = contexts[who].new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Security Policy" in line.text else None)
    page.on("request", lambda asked: None if asked.url.startswith((demo.address, "data:")) else wrong.append(asked.url))
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(f"{demo.address}{path}", wait_until="load")
        assert answer
        assert answer.status == (404 if name == "nothing" else 200)
        page.wait_for_timeout(150)
        page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width}"
        wrong += [f"{width}: {each}" for each in find_grave(run_axe(page, axe))]
    page.close()
    assert wrong == []
