"""A hall of sixty windows and two hundred devices, with its own agents, in a real browser at three sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from parts.axe import PICTURES, find_grave, read_axe, run_axe
from parts.big_hall import DEVICES, WINDOWS, big_hall
from parts.demo import HALL, Demo, run_demo
from parts.steps import DESK, LAPTOP, PHONE, Walk, walk_to_the_end

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
BROKEN = {DESK: ("pc-11", "w11"), LAPTOP: ("pc-35", "w35"), PHONE: ("pc-60", "w60")}
LOOKS = {
    "board": ("", HALL),
    "board-kiosk": ("", f"{HALL}?kiosk"),
    "windows": ("", f"{HALL}/windows"),
    "display": ("", "/display/330100/county"),
    "work": ("林窗口", f"{HALL}/work"),
    "head": ("王主任", f"{HALL}/head"),
    "queue": ("李工", f"{HALL}/queue"),
    "incidents": ("审计员", f"{HALL}/lists/incidents"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo"), big_hall()) as demo:
        yield demo


@pytest.mark.parametrize("size", BROKEN, ids=["1920", "1366", "390"])
def test_from_fault_to_close_in_a_big_hall(demo: Demo, browser: Browser, size: tuple[int, int]) -> None:
    walk_to_the_end(Walk(demo, browser, size), demo, *BROKEN[size])


def test_every_window_and_device_of_a_big_hall_is_found_when_much_is_broken(demo: Demo, browser: Browser) -> None:
    broken = [f"prn-{number}" for number in range(20, 50, 3)] + ["kiosk-2", "pc-40", "queue-1"]
    for device in broken:
        demo.play("start", device, "off")
    demo.wait_for(*broken)
    axe, wrong = read_axe(), []
    for name, (who, path) in LOOKS.items():
        context = demo.sign_in(browser, who, DESK)
        page = context.new_page()
        for width, height in (DESK, LAPTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{demo.address}{path}", wait_until="load")
            page.wait_for_timeout(150)
            page.screenshot(path=PICTURES / f"big-{name}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
            wrong += [f"{name} {width}: {each}" for each in find_grave(run_axe(page, axe))]
            if (name, width) == ("board-kiosk", 1920):
                assert page.evaluate("document.documentElement.scrollHeight") <= height, "the wall shows all of it"
            if name == "board":
                expect(page.locator("[id^=tile-w]")).to_have_count(WINDOWS)
                first = page.locator("#part-board-cases article").first.bounding_box()
                assert first
                assert first["y"] < height, "what is broken is seen without scrolling"
        context.close()
    assert wrong == []
    assert len(demo.view()["devices"]) >= DEVICES  # type: ignore[arg-type]
