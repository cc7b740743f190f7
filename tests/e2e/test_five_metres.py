"""What hangs on a wall or stands at a device is large enough to be read from five metres, measured in a real browser.

ISO 9241-303 asks for characters of 16 minutes of arc at least, and prefers 20 to 22. A Chinese character fills about
0.92 of its type's em (Noto Sans CJK, as most). What stands beside the Chinese in English is for near by. Screens are
16:9 (wall) and 5:3 (the small ones at devices).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from parts.fake_source import FakeSource
from parts.shown_halls import bad_morning, calm_hall, own_health
from parts.waiting import wait_until
from parts.wall_halls import STATES
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e
LEAST, ASKED = 16.0, 20.0
DISTANCE_MM: Final = 5_000
FACE: Final = 0.92
WALL_MM: Final = 1_439
"""As wide as a 65-inch screen of 16:9."""
SMALL_MM: Final = 154
"""As wide as a 7-inch screen of 800 by 480."""
SIZES = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const element = node.parentElement, box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    if (node.data.trim() && box.width > 2 && box.height > 2 && box.right > 0 && style.visibility == "visible" && size
        && !element.closest("[lang=en]"))
      found.push([node.data.trim(), size]);
  }
  return found;
}"""
MATTERS: Final = {
    "kiosk": [".headline", ".number", ".tile-window:not(.edge-ok) > .word", ".case h3", ".case-answers dd"],
    "display": [".state-word", ".window-number strong"],
}


@pytest.fixture(params=[bad_morning, calm_hall], ids=["bad-morning", "calm"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    with serve(FakeSource(request.param(), own_health())) as address:
        yield address


@pytest.fixture(params=["bad-morning", "calm", "maintenance", "blind-broken", "steps", "many"])
def wall(request: pytest.FixtureRequest) -> Iterator[str]:
    halls = {"bad-morning": bad_morning, "calm": calm_hall, **STATES}
    with serve(FakeSource(halls[request.param](), own_health())) as address:
        yield address


def minutes(size_px: float, width_px: int, width_mm: float) -> float:
    """Return the minutes of arc that a character of this type has at five metres."""
    return math.degrees(math.atan(size_px * FACE * width_mm / width_px / DISTANCE_MM)) * 60


@pytest.mark.parametrize("width", [1920, 3840])
@pytest.mark.parametrize("screen", ["kiosk", "display"])
def test_a_wall_screen_is_read_from_five_metres(browser: Browser, wall: str, screen: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": width * 9 // 16})
    page.goto(f"{wall}{f'{PAGE}?kiosk' if screen == 'kiosk' else PAGE.replace('/halls/', '/display/')}")
    page.wait_for_timeout(300)
    sizes: list[tuple[str, float]] = page.evaluate(SIZES)
    assert len(sizes) > 4
    small = {text: round(minutes(size, width, WALL_MM), 1) for text, size in sizes}
    assert {text: found for text, found in small.items() if found < LEAST} == {}
    for selector in MATTERS[screen]:
        for each in page.locator(selector).all():
            size = float(each.evaluate("each => parseFloat(getComputedStyle(each).fontSize)"))
            assert minutes(size, width, WALL_MM) >= ASKED, (selector, each.inner_text())
    assert page.evaluate("document.documentElement.scrollHeight") <= width * 9 // 16, (
        "nothing is below the screen's end"
    )
    page.close()


@pytest.mark.parametrize("thing", ["w6", "w3"])
def test_the_words_of_a_sign_are_read_from_five_metres(browser: Browser, address: str, thing: str) -> None:
    page: Page = browser.new_page(viewport={"width": 800, "height": 480})
    page.goto(f"{address}{PAGE.replace('/halls/', '/sign/')}/{thing}")
    words = page.locator(".sign-words").first
    words.wait_for()

    def is_legible() -> bool:  # its script makes the words as large as they fit, once the fonts are there
        size = float(words.evaluate("each => parseFloat(getComputedStyle(each).fontSize)"))
        return minutes(size, 800, SMALL_MM) >= ASKED

    wait_until(is_legible, 10, "the words are as large as they fit", 0.2)
    page.close()


def test_what_does_not_fit_on_a_wall_is_counted(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 400})
    page.goto(f"{address}{PAGE}?kiosk")
    page.wait_for_timeout(300)
    cases, rest = page.locator("#part-board-cases .case"), page.locator("#part-board-cases .kiosk-rest")
    if not cases.count():
        assert rest.count() == 0
    else:
        shown = sum(each.is_visible() for each in cases.all())
        assert 1 <= shown < cases.count()
        assert rest.inner_text() == f"另有 {cases.count() - shown} 项,见「处置」页"
        page.set_viewport_size({"width": 1920, "height": 1080})
        expect(rest).to_be_hidden()
        assert all(each.is_visible() for each in cases.all())
    page.close()
