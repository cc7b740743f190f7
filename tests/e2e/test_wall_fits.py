"""A wall screen shows all of its page in every state of a hall: nobody can scroll it. Nothing is cut or covered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from parts.fake_source import FakeSource
from parts.shown_halls import own_health
from parts.wall_halls import STATES, broken
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e
SIZES = ((1920, 1080), (1366, 768))
GRAVEST = "#part-board-cases .case >> nth=0"
LOSE = """() => {
  document.documentElement.classList.add("is-lost");
  document.getElementById("lost-text").textContent = document.getElementById("lost-text").dataset.text;
  document.getElementById("lost").hidden = false;
}"""
WRONG = """() => {
  const wrong = [], root = document.documentElement;
  if (root.scrollHeight > innerHeight || root.scrollWidth > innerWidth)
    wrong.push(`the page is ${root.scrollWidth} by ${root.scrollHeight}`);
  const main = document.getElementById("main");
  if (main.getBoundingClientRect().bottom > innerHeight + 1) wrong.push("main goes on below the screen");
  const boxes = [...document.querySelectorAll(".bar, .notice, .simulated-banner, .verdict, .tile, .case, .rows > li, "
    + ".calm, .part > h2, .kiosk-rest")].filter((each) => each.offsetHeight && !each.closest(".unseen"));
  const named = (each) => `${each.className || each.localName}: ${each.innerText.trim().slice(0, 20)}`;
  boxes.forEach((each, number) => {
    const box = each.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) wrong.push(`cut ${named(each)}`);
    if (each.matches(".tile, .case, .verdict, .notice") && each.scrollWidth > each.clientWidth + 1)
      wrong.push(`sticks out of ${named(each)}`);
    for (const other of boxes.slice(number + 1)) {
      if (each.contains(other) || other.contains(each) || each.matches(".unseen") || other.matches(".unseen")) continue;
      const its = other.getBoundingClientRect();
      if (box.left < its.right - 1 && its.left < box.right - 1 && box.top < its.bottom - 1 && its.top < box.bottom - 1)
        wrong.push(`${named(each)} overlaps ${named(other)}`);
    }
  });
  const grid = document.querySelector(".board-grid").getBoundingClientRect();
  for (const each of document.querySelectorAll(".board-picture, .board-todo"))
    if (each.getBoundingClientRect().bottom > grid.bottom + 1) wrong.push(`cut ${each.className}`);
  return wrong;
}"""


@pytest.fixture(scope="module")
def source() -> FakeSource:
    return FakeSource(STATES["well"](), own_health())


@pytest.fixture(scope="module")
def address(source: FakeSource) -> Iterator[str]:
    with serve(source) as address:
        yield address


@pytest.fixture
def wall(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    yield page
    page.close()
    assert wrong == []


def look(wall: Page, address: str, size: tuple[int, int], language: str = "zh-CN") -> None:
    wall.set_viewport_size({"width": size[0], "height": size[1]})
    wall.goto(f"{address}{PAGE}?kiosk&lang={language}")
    wall.wait_for_timeout(150)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("state", STATES)
def test_the_whole_page_fits_the_wall(source: FakeSource, address: str, wall: Page, state: str, language: str) -> None:
    source.put(STATES[state]())
    for size in SIZES:
        look(wall, address, size, language)
        assert wall.evaluate(WRONG) == [], size
        wall.evaluate(LOSE)
        wall.wait_for_timeout(150)
        assert wall.evaluate(WRONG) == [], f"{size}, while disconnected"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 19])
def test_of_the_gravest_trouble_there_is_always_since_when_and_what_to_do(
    source: FakeSource, address: str, wall: Page, count: int
) -> None:
    source.put(broken(count))
    for size in SIZES:
        look(wall, address, size)
        expect(wall.locator(GRAVEST).locator(".soft")).to_contain_text("起")
        expect(wall.locator(GRAVEST).locator(".answer-do")).to_contain_text("再到现场查看")
        cases = wall.locator("#part-board-cases .case")
        shown = [each for each in cases.all() if each.is_visible()]
        assert len(shown) >= min(count, 3), "the others are there too"
        assert all("起" in each.locator(".soft").inner_text() for each in shown)
        left = count - len(shown)
        expect(wall.locator("#part-board-cases .kiosk-rest")).to_have_text(
            f"另有 {left} 项,见「处置」页" if left else "另有 0 项,见「处置」页"
        )
        assert wall.locator("#part-board-cases .kiosk-rest").is_visible() is (left > 0)


def test_what_fits_is_not_left_out(source: FakeSource, address: str, wall: Page) -> None:
    source.put(broken(1))
    look(wall, address, SIZES[0])
    for answer in ("do", "send", "who"):
        expect(wall.locator(GRAVEST).locator(f".answer-{answer}")).to_be_visible()


def test_the_wall_fits_again_when_the_hall_changes(source: FakeSource, address: str, wall: Page) -> None:
    source.put(STATES["well"]())
    look(wall, address, SIZES[0])
    expect(wall.locator("#part-board-cases .calm")).to_be_visible()
    source.put(STATES["many"]())
    expect(wall.locator(GRAVEST)).to_be_visible()
    expect(wall.locator("#part-maintenance .kiosk-work")).to_be_visible()
    wall.wait_for_timeout(150)
    assert wall.evaluate(WRONG) == []
    source.put(STATES["well"]())
    expect(wall.locator(".tile-place .well").first).to_be_visible()
    assert wall.locator(".is-out").count() == 0
