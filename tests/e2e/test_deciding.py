"""The pages of the head of the hall and of technicians in a real browser, on a real collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hallwatch_collector.core.commands import ReportFault
from hallwatch_collector.people import Person
from hallwatch_collector.web.cookies import SESSION_COOKIE
from parts.people import ADMINISTRATOR
from parts.register_hall import KEY, NOW, RegisterHall
from parts.waiting import wait_until
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e
SIZES = [(390, 844), (1366, 768), (1920, 1080)]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[RegisterHall]:
    hall = RegisterHall(tmp_path)
    hall.people.admit(ADMINISTRATOR, NOW, password_hash="none", must_change=False)
    hall.do(ReportFault, thing="window:w3", effect="unusable", text="电脑打不开")
    yield hall
    hall.stop()


@pytest.fixture
def address(hall: RegisterHall) -> Iterator[str]:
    with serve(hall.source) as address:
        yield address


def enter(browser: Browser, hall: RegisterHall, address: str, *, who: tuple[str, str], size: tuple[int, int]) -> Page:
    """Return a page of somebody who is signed in; *who*: name and role."""
    name, role = who
    if hall.people.accounts.get(name) is None:
        hall.people.admit(Person(name=name, roles=[role]), NOW, password_hash=None, must_change=False)
    id_ = hall.people.sessions.open(name, hall.wall, lasts_s=1e9, address="127.0.0.1", agent="test")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": SESSION_COOKIE, "value": id_, "url": address}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


@pytest.mark.parametrize("size", SIZES)
def test_the_head_closes_a_window_by_keyboard_and_takes_it_back(
    browser: Browser, hall: RegisterHall, address: str, size: tuple[int, int]
) -> None:
    page = enter(browser, hall, address, who=("王主任", "head"), size=size)
    page.goto(f"{address}{PAGE}/head")
    expect(page.locator("html.is-live")).to_be_attached()
    ask = page.locator(".task-ask", has=page.locator(".outcome")).first
    expect(ask.locator(".outcome")).to_contain_text("3号窗口")
    name = ask.get_attribute("id") or ""
    agree = page.locator(f"#{name} button", has_text="同意").first
    agree.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{name}")).to_have_count(0)
    taken = page.locator(f"#answered-{name.removeprefix('measure-')}")
    expect(taken).to_contain_text("已同意")
    taken.locator("summary").focus()
    page.keyboard.press("Enter")
    taken.locator("input[name=reason]").fill("点错了")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{name}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_technician_takes_a_repair_on_from_the_queue_and_it_shows_to_all(
    browser: Browser, hall: RegisterHall, address: str, size: tuple[int, int]
) -> None:
    first = enter(browser, hall, address, who=("李工", "technician"), size=size)
    second = enter(browser, hall, address, who=("赵工", "technician"), size=size)
    for page in (first, second):
        page.goto(f"{address}{PAGE}/queue")
        expect(page.locator("html.is-live")).to_be_attached()
    first.get_by_role("button", name="我来处理").first.click()
    expect(second.locator(".job").first).to_contain_text("李工")
    first.goto(f"{address}/queue/mine")
    expect(first.locator(".job")).to_have_count(1)
    second.goto(f"{address}/queue/mine")
    expect(second.locator(".job")).to_have_count(0)
    for page in (first, second):
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_maintenance_of_a_device_begins_and_ends_on_its_page(
    browser: Browser, hall: RegisterHall, address: str, size: tuple[int, int]
) -> None:
    hall.collector.tick()
    page = enter(browser, hall, address, who=("李工", "technician"), size=size)
    page.goto(f"{address}{PAGE}/devices/prn-3")
    expect(page.locator("html.is-live")).to_be_attached()
    expect(page.locator(".strip").first).to_have_attribute("aria-label", "最近 24 小时: 状态不明 1 天")
    page.locator("#start-work > summary").click()
    page.locator("#start-what").fill("更换定影器")
    page.locator("#start-work button").click()
    expect(page.locator(".device-head")).to_contain_text("维护中")
    page.get_by_role("button", name="结束维护").click()
    expect(page.locator(".device-head")).not_to_contain_text("维护中")
    view = hall.collector.view(KEY)
    assert view
    wait_until(lambda: not (hall.collector.view(KEY) or view).readiness.maintenance, 5, "the work is over")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.context.close()
