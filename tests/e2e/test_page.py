"""The page in a real browser: at the sizes people use, live, without script, with the line cut, and acted upon."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hallwatch_collector.core.commands import Acknowledge, CommandRefused, Confirm, Decline
from hallwatch_collector.web.cookies import SESSION_COOKIE
from parts.fake_source import FakeSource
from parts.hall_views import KEY
from parts.people import open_session
from parts.shown_halls import bad_morning, calm_hall, own_health
from parts.waiting import wait_until
from parts.web import PAGE, WORK, serve

pytestmark = pytest.mark.e2e
SIZES = [(390, 844), (1366, 768), (1920, 1080)]

Open = Callable[..., Page]


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning(), own_health())


@pytest.fixture
def address(source: FakeSource) -> Iterator[str]:
    with serve(source) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str, source: FakeSource) -> Iterator[Open]:
    """Open the hall's page; at the end no page may have logged an error or asked anybody else for anything."""
    contexts, wrongs = [], []

    def open_(path: str = WORK, size: tuple[int, int] = SIZES[1], script: bool = True, person: str = "王主任") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, java_script_enabled=script)
        if person:
            context.add_cookies([{"name": SESSION_COOKIE, "value": open_session(source, person), "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrongs.append(str(error)))
        page.on("console", lambda line: wrongs.append(line.text) if "Security Policy" in line.text else None)
        page.on("request", lambda request: None if request.url.startswith(address) else wrongs.append(request.url))
        page.goto(f"{address}{path}")
        if script:
            expect(page.locator("html.is-live")).to_be_attached()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrongs == []


@pytest.mark.parametrize("size", SIZES)
def test_the_state_of_the_hall_is_seen_at_once_at_every_size(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(size=size)
    headline = page.locator(".headline").bounding_box()
    trouble = page.locator(".trouble").first.bounding_box()
    asked = page.locator(".task-ask").first.bounding_box()
    assert headline is not None
    assert trouble is not None
    assert asked is not None
    assert headline["y"] < 200
    assert trouble["y"] + 150 < size[1], "the first trouble is above the fold"
    if size[0] < 1080:
        assert trouble["y"] < asked["y"], "a narrow screen says what is broken before what is to be done about it"
    else:
        assert asked["y"] + asked["height"] < size[1], "so is the first decision that somebody waits for"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing is wider than the screen"


def test_a_change_shows_without_a_reload_and_keeps_what_people_do(source: FakeSource, open_page: Open) -> None:
    page = open_page()
    page.locator("#group-ok > summary").click()
    page.locator("#decline-m1 > summary").click()
    page.locator("#reason-m1").fill("5号窗口")
    expect(page.locator(".headline")).to_have_text("1 个窗口暂停服务")
    windows = tuple(window for window in calm_hall().windows)
    source.put(bad_morning(windows=windows, incidents=()))
    expect(page.locator(".headline")).to_have_text("有设备停用,窗口正常")
    expect(page.locator(".trouble")).to_have_count(0)
    assert page.locator("#group-ok").get_attribute("open") is not None
    expect(page.locator("#reason-m1")).to_have_value("5号窗口")
    assert page.title().startswith("有设备停用")


def test_somebody_who_types_is_not_interrupted(source: FakeSource, open_page: Open) -> None:
    page = open_page()
    page.locator("#decline-m1 > summary").click()
    page.locator("#reason-m1").press_sequentially("人手")
    source.put(bad_morning(measures=bad_morning().measures[:3]))
    expect(page.locator("#part-tasks [id^=measure-]")).to_have_count(4)
    source.put(calm_hall(measures=bad_morning().measures[:3]))
    expect(page.locator(".headline")).to_have_text("大厅一切正常")
    expect(page.locator("#reason-m1")).to_be_focused()
    page.locator("#reason-m1").press_sequentially("不够")
    expect(page.locator("#reason-m1")).to_have_value("人手不够")
    page.locator("h1").click()
    expect(page.locator("#part-tasks [id^=measure-]")).to_have_count(3)
    expect(page.locator("#reason-m1")).to_have_value("人手不够")


def test_a_click_is_not_lost_when_the_page_changes_under_it(source: FakeSource, open_page: Open) -> None:
    page = open_page()
    page.locator("#measure-m1 .button-main").hover()
    page.mouse.down()
    source.put(bad_morning(name="另一个名字", measures=bad_morning().measures[:2], incidents=()))
    wait_until(lambda: page.title().endswith("另一个名字"), 5, "the change")
    expect(page.locator("#measure-m3")).to_be_attached()
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("已记下。")
    expect(page.locator("#measure-m3")).to_have_count(0)


def test_a_person_decides(source: FakeSource, open_page: Open) -> None:
    page = open_page()
    page.locator("#measure-m1 .button-main").click()
    expect(page.locator("#answer")).to_have_text("已记下。")
    page.locator("#decline-m2 > summary").click()
    page.locator("#reason-m2").fill("人手不够")
    page.locator("#decline-m2 button").click()
    page.locator("#incident-i1").get_by_role("button", name="我来处理").click()
    wait_until(lambda: len(source.commands) == 3, 5, "three commands")
    assert [command for _, command in source.commands] == [
        Confirm(by="王主任", roles=["*"], measure="m1"),
        Decline(by="王主任", roles=["*"], measure="m2", reason="人手不够"),
        Acknowledge(by="王主任", roles=["*"], incident="i1"),
    ]


def test_a_refusal_is_told_where_it_happened(source: FakeSource, open_page: Open) -> None:
    page = open_page()
    source.refuse_with = CommandRefused("already-decided", measure="m1", by="王主任")
    page.locator("#measure-m1 .button-main").click()
    expect(page.locator("#answer")).to_contain_text("m1 已由王主任决定。")
    assert page.url.endswith(WORK)


def test_everything_works_without_script(source: FakeSource, open_page: Open) -> None:
    page = open_page(script=False)
    expect(page.locator(".headline")).to_have_text("1 个窗口暂停服务")
    page.locator("#measure-m1 .button-main").click()
    page.wait_for_url(f"**{WORK}")
    wait_until(lambda: source.commands == [(KEY, Confirm(by="王主任", roles=["*"], measure="m1"))], 5, "the command")
    expect(page.locator("meta[http-equiv=refresh]")).to_be_attached()


def test_a_lost_connection_is_said_large_and_mends_itself(browser: Browser, source: FakeSource) -> None:
    page = browser.new_context().new_page()
    with serve(source) as address:
        page.goto(address + PAGE)
        expect(page.locator("html.is-live")).to_be_attached()
        expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#lost")).to_be_visible(timeout=10_000)
    expect(page.locator("#lost")).to_contain_text("下面是 10:40 的情况,可能已经变化。")
    assert page.locator(".verdict").evaluate("e => getComputedStyle(e.parentElement).filter") == "grayscale(1)"
    port = int(address.rsplit(":", 1)[1])
    source.put(calm_hall())
    with serve(source, port):
        expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
        expect(page.locator(".headline")).to_have_text("大厅一切正常")
    page.context.close()


def test_a_hall_that_is_dropped_leads_back_to_the_list(source: FakeSource, open_page: Open) -> None:
    source.put(calm_hall(hall="other"))
    source.put(calm_hall(hall="third", name="第三大厅"))
    page = open_page()
    source.drop(KEY)
    expect(page.locator("h1")).to_have_text("全部大厅")


def test_colour_is_not_the_only_sign(open_page: Open) -> None:
    page = open_page()
    shapes = {}
    for state in ("ok", "warning", "degraded", "unusable", "unknown"):
        mark = page.locator(f"svg.mark.is-{state} use").first
        shapes[state] = mark.get_attribute("href")
    assert len(set(shapes.values())) == 5
    for window in page.locator(".window").all():
        assert window.locator(".word").inner_text().strip()
