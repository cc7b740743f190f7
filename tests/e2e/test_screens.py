"""Screens in a real browser: legible from five metres, nothing cut off, and going on without the collector."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hallwatch_collector.core.screens import edition_of
from hallwatch_collector.people import Person
from hallwatch_collector.screens import KnownScreen
from hallwatch_collector.web.cookies import SESSION_COOKIE
from parts.fake_source import FakeSource
from parts.hall_views import KEY
from parts.mosquitto import free_port
from parts.screen_halls import notice, public_hall, sign
from parts.shown_halls import own_health
from parts.waiting import wait_until
from parts.wall_halls import blind, county, notices
from parts.web import browse, serve

pytestmark = pytest.mark.e2e
DISPLAY = "/display/330106/xihu"
SIGN = "/sign/330106/xihu"
KIOSK = f"{SIGN}/kiosk-1"
LEAST_PX = 40
"""At 800x480 on 7 inches; the main words of a sign are several times as large."""

Open = Callable[..., Page]


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(public_hall(12), own_health())
    source.screens["k1"] = KnownScreen(KEY, "screen-1")
    return source


@pytest.fixture
def new_screen(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make browsers of screens; at the end none may have logged an error of its own."""
    contexts: list[BrowserContext] = []
    wrongs: list[str] = []

    def make(width: int = 800, height: int = 480) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: wrongs.append(str(error.error)))
        context.on("console", lambda line: wrongs.append(line.text) if "Security Policy" in line.text else None)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert wrongs == []


def know(context: BrowserContext, address: str, key: str = "k1") -> None:
    context.add_cookies([{"name": "hallwatch_screen", "value": key, "url": address}])


def look(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def cut_off(page: Page) -> list[str]:
    """Return what can be seen only in part: beyond the screen, or beyond the card or list that holds it."""
    found: list[str] = page.evaluate(
        """() => {
          const wrong = [];
          const root = document.documentElement;
          if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) wrong.push('the page scrolls');
          const whole = '.window-card, .way, .public-notice, .sign-line, .sign-go, .sign-english, '
            + '.display-bar h1, .state-word';
          for (const each of document.querySelectorAll(whole)) {
            if (each.closest('[hidden]') || !each.offsetParent) continue;
            const box = each.getBoundingClientRect();
            if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1)
              wrong.push('off the screen: ' + each.textContent.trim());
            const list = each.closest('.pager');
            if (list && box.bottom > list.getBoundingClientRect().bottom + 2)
              wrong.push('cut by its list: ' + each.textContent.trim());
            const over = each.scrollHeight > each.clientHeight + 2 || each.scrollWidth > each.clientWidth + 2;
            if (each.matches('.window-card, .state-word') && over)
              wrong.push('cut by its card: ' + each.textContent.trim());
          }
          return wrong;
        }"""
    )
    return found


# -- the public display -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1280, 720), (1080, 1920)])
def test_a_display_is_whole_at_every_size_with_few_and_with_many_windows(
    new_screen: Callable[..., BrowserContext], source: FakeSource, size: tuple[int, int]
) -> None:
    with serve(source) as address:
        context = new_screen(*size)
        for count in (4, 12, 60):
            source.put(public_hall(count))
            page = look(context, address + DISPLAY)
            expect(page.locator(".window-card").first).to_be_visible()
            assert cut_off(page) == []
            smallest = page.evaluate(
                "Math.min(...[...document.querySelectorAll('.window-classes, .way-where, .state-word')]"
                ".filter((each) => each.offsetParent).map((each) => parseFloat(getComputedStyle(each).fontSize)))"
            )
            scale = min(size[0] / 1920, size[1] / 1080) if size[0] > size[1] else min(size[0] / 1080, size[1] / 1920)
            assert smallest >= 15 * scale, "what people look for is readable"
            number = page.evaluate(
                "parseFloat(getComputedStyle(document.querySelector('.window-number strong')).fontSize)"
            )
            assert number >= 60 * scale
            page.close()


def test_more_windows_than_fit_come_one_screenful_after_the_other(
    new_screen: Callable[..., BrowserContext], source: FakeSource
) -> None:
    source.put(public_hall(60))
    with serve(source) as address:
        context = new_screen(1366, 768)
        page = look(context, address + DISPLAY)
        seen: set[str] = set()
        for _ in range(8):
            expect(page.locator(".window-card:visible").first).to_be_visible()
            seen.update(page.locator(".window-card:visible .window-number strong").all_inner_texts())
            assert cut_off(page) == []
            page.keyboard.press("ArrowRight")  # what the clock does every ten seconds
        assert seen == {str(number) for number in range(1, 61)}


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1080, 1920)])
def test_the_mark_of_a_page_covers_nothing_and_counts_pages(
    new_screen: Callable[..., BrowserContext], source: FakeSource, size: tuple[int, int]
) -> None:
    long = "因核心征管系统升级,本厅自3月14日18时至3月15日8时暂停办理各项业务。" * 20
    source.put(public_hall(60, notices=(notice("n1", long),)))
    with serve(source) as address:
        page = look(new_screen(*size), address + DISPLAY)
        mark = page.locator(".display-notices .page-mark")
        expect(mark).to_be_visible()
        pages = int(mark.inner_text().split("/")[1].split()[0])
        assert mark.inner_text() == f"第 1/{pages} 页"
        for number in range(2, pages + 2):
            assert covered(page) == []
            assert cut_off(page) == []
            page.keyboard.press("ArrowRight")
            expect(mark).to_have_text(f"第 {(number - 1) % pages + 1}/{pages} 页")
        shown = mark.inner_text()
        source.put(public_hall(59, notices=(notice("n1", long),)))
        expect(page.locator(".window-card")).to_have_count(59)
        expect(mark).to_have_text(shown)


def test_a_long_notice_has_the_room_below_the_windows(
    new_screen: Callable[..., BrowserContext], source: FakeSource
) -> None:
    source.put(county(notices=notices(1)))
    with serve(source) as address:
        for size in ((1920, 1080), (1366, 768)):
            page = look(new_screen(*size), address + DISPLAY)
            expect(page.locator(".display-left .display-notices .page-mark")).to_have_text("第 1/2 页")
            expect(page.locator(".window-card").last).to_be_visible()
            assert cut_off(page) == []


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1080, 1920)])
def test_a_display_of_a_hall_that_nobody_sees_says_that_in_its_middle(
    new_screen: Callable[..., BrowserContext], source: FakeSource, size: tuple[int, int]
) -> None:
    for put in (blind(county()), blind(county(notices=notices(1)))):
        source.put(put)
        with serve(source) as address:
            page = look(new_screen(*size), address + DISPLAY)
            wait_until(lambda page=page: not cut_off(page), 10, "it fits the screen", 0.2)  # type: ignore[misc]
            box = page.locator(".display-blind").bounding_box()
            assert box
            assert abs(box["x"] + box["width"] / 2 - size[0] / 2) < 2
            assert box["width"] > 0.9 * size[0]


def covered(page: Page) -> list[str]:
    """Return what a mark of a page lies upon."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.page-mark')].filter((mark) => mark.offsetHeight).flatMap((mark) => {
          const its = mark.getBoundingClientRect();
          return [...document.querySelectorAll('.window-card, .way, .public-notice, h2 .small, .display-help')]
            .filter((each) => each.offsetHeight).filter((each) => {
              const box = each.getBoundingClientRect();
              return box.left < its.right && its.left < box.right && box.top < its.bottom && its.top < box.bottom;
            }).map((each) => each.textContent.trim());
        })"""
    )
    return found


def test_a_long_notice_is_whole(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    long = "因核心征管系统升级,本厅自3月14日18时至3月15日8时暂停办理各项业务。" * 8
    source.put(public_hall(12, notices=(notice("n1", long), notice("n2", "短公告"))))
    with serve(source) as address:
        page = look(new_screen(1366, 768), address + DISPLAY)
        expect(page.locator(".public-notice").first).to_be_visible()
        assert [text for text in cut_off(page) if "核心" in text] == []


def test_a_display_that_hears_nothing_claims_nothing(
    new_screen: Callable[..., BrowserContext], source: FakeSource
) -> None:
    port = free_port()
    context = new_screen(1366, 768)
    with serve(source, port) as address:
        page = look(context, address + DISPLAY)
        expect(page.locator("html.is-kept")).to_be_attached()
        expect(page.locator(".window-card").first).to_be_visible()
    expect(page.locator("#away")).to_be_visible()
    expect(page.locator(".window-card").first).to_be_hidden()
    expect(page.locator(".display-ways")).to_be_hidden()
    expect(page.locator(".public-notice")).to_be_visible()
    page.reload()
    expect(page.locator("#away")).to_be_visible()
    expect(page.locator(".window-card").first).to_be_hidden()
    with serve(source, port):
        expect(page.locator(".window-card").first).to_be_visible()
        expect(page.locator("#away")).to_be_hidden()


# -- on paper ---------------------------------------------------------------------------------------------------------


def test_each_sign_fills_one_sheet_of_paper(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    far = "自助办税终端1(如可用)、" * 3
    long = sign("kiosk-2", "设备检修升级,请到其他自助办税终端办理", about="二楼西区自助办税终端2", instead=far)
    source.put(public_hall(12, signs=(*public_hall(12).signs, long)))
    with serve(source) as address:
        context = new_screen(1366, 768)
        person = Person(name="小陈", roles=["guide"])
        with browse(source, person.name, *person.roles) as client:
            id_ = client.cookies[SESSION_COOKIE]
        context.add_cookies([{"name": SESSION_COOKIE, "value": id_, "url": address}])
        places = "&".join(f"place={place}" for place in ("kiosk-1", "ups-1", "w3", "kiosk-2"))
        page = look(context, f"{address}/halls/330106/xihu/signs/print?{places}")
        expect(page.locator(".poster")).to_have_count(4)
        paper = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 4
        page.emulate_media(media="print")
        over = page.evaluate(
            "[...document.querySelectorAll('.poster')].filter((each) => each.scrollHeight > each.clientHeight + 2"
            " || [...each.querySelectorAll('.poster-words span')].some((span) => span.scrollWidth > each.clientWidth))"
            ".map((each) => each.textContent)"
        )
        assert over == []


# -- signs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(800, 480), (480, 800), (1024, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("place", ["kiosk-1", "ups-1", "w3", "kiosk-2", "w1"])
def test_the_words_of_a_sign_are_as_large_as_they_fit(
    new_screen: Callable[..., BrowserContext], source: FakeSource, size: tuple[int, int], place: str
) -> None:
    with serve(source) as address:
        page = look(new_screen(*size), f"{address}{SIGN}/{place}")
        expect(page.locator(".sign-line").first).to_be_visible()
        assert cut_off(page) == []
        letters = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.sign-words')).fontSize)")
        assert letters >= 2 * LEAST_PX * min(size) / 480
        if page.locator(".sign-go").count():
            go = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.sign-go')).fontSize)")
            assert go >= 0.6 * LEAST_PX * min(size) / 480


def test_a_long_text_with_a_long_way_is_whole(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    far = "自助办税终端2、自助办税终端3、东区自助办税终端12(如可用);证明开具、发票领用暂无处可办"
    wanted = sign("kiosk-1", "设备检修,暂停使用", about="二楼西区自助办税终端1", instead=far, instead_en=far)
    source.put(public_hall(12, signs=(wanted,)))
    with serve(source) as address:
        page = look(new_screen(), address + KIOSK)
        expect(page.locator(".sign-line").first).to_be_visible()
        assert cut_off(page) == []
        letters = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.sign-words')).fontSize)")
        assert letters >= LEAST_PX


def test_a_screen_says_what_can_be_seen_on_it(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    edition = edition_of(public_hall(12).signs[0])
    with serve(source) as address:
        context = new_screen()
        know(context, address)
        page = look(context, address + "/screen")
        page.wait_for_url(address + KIOSK)
        wait_until(lambda: ("screen-1", edition) in source.shown, 10, "the screen says that it shows the sign")
        expect(page.locator("#preview")).to_be_hidden()
        source.put(public_hall(12, signs=()))
        expect(page.locator(".is-calm")).to_be_visible()
        wait_until(lambda: source.shown[-1] == ("screen-1", ""), 10, "the screen says that it shows none")


def test_whoever_only_looks_says_nothing(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    with serve(source) as address:
        page = look(new_screen(), address + KIOSK)
        expect(page.locator("#preview")).to_be_visible()
    assert source.shown == []


def test_a_revoked_screen_shows_a_code_again(new_screen: Callable[..., BrowserContext], source: FakeSource) -> None:
    with serve(source) as address:
        context = new_screen()
        know(context, address)
        page = look(context, address + KIOSK)
        wait_until(lambda: bool(source.shown), 30, "the screen says what it shows")
        source.put(public_hall(12, screens=()))
        page.wait_for_url(address + "/screen", timeout=20_000)
        expect(page.locator("#code")).to_have_text(source.pairings.code_of("k1", source.clock))


def test_a_sign_stands_while_the_collector_is_away_also_over_a_reload_and_a_new_start(
    new_screen: Callable[..., BrowserContext], source: FakeSource
) -> None:
    port = free_port()
    context = new_screen()
    with serve(source, port) as address:
        know(context, address)
        page = look(context, address + "/screen")
        page.wait_for_url(address + KIOSK)
        expect(page.locator("html.is-kept")).to_be_attached()
        source.put(public_hall(12, signs=(sign("kiosk-1", "危险!请勿触摸", hazard=True),)))
        expect(page.locator(".is-danger")).to_be_visible()
        wait_until(lambda: bool(source.shown), 10, "the screen says what it shows")
    expect(page.locator("#away")).to_be_visible()
    for again in (page.reload, lambda: page.goto(address + KIOSK), lambda: page.goto(address + "/screen")):
        again()
        expect(page.locator(".is-danger")).to_be_visible()
        expect(page.locator(".sign-words")).to_contain_text("请勿")
        expect(page.locator("#away")).to_be_visible()
        assert cut_off(page) == []
    source.shown.clear()
    with serve(source, port):
        expect(page.locator("#away")).to_be_hidden()
        wait_until(lambda: bool(source.shown), 20, "the screen says again what it shows")
