"""Each role's way from a fault to its end, in a real browser, against the running demo, at three sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from parts.demo import Demo, run_demo
from parts.steps import DESK, LAPTOP, PHONE, Walk, press_by_keyboard, walk_to_the_end
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
BROKEN = {DESK: ("pc-1", "w1"), LAPTOP: ("pc-2", "w2"), PHONE: ("pc-4", "w4")}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.mark.parametrize("size", [DESK, LAPTOP, PHONE], ids=["1920", "1366", "390"])
def test_from_fault_to_close_everybody_on_their_own_page(demo: Demo, browser: Browser, size: tuple[int, int]) -> None:
    walk_to_the_end(Walk(demo, browser, size), demo, *BROKEN[size])


def test_from_fault_to_close_by_keyboard_alone(demo: Demo, browser: Browser) -> None:
    walk_to_the_end(Walk(demo, browser, LAPTOP, press_by_keyboard), demo, "pc-6", "w6", press_by_keyboard)


def test_the_collector_dies_in_the_middle_and_nothing_that_was_typed_is_lost(demo: Demo, browser: Browser) -> None:
    walk = Walk(demo, browser, LAPTOP)
    try:
        demo.play("start", "pc-7", "off")
        demo.wait_for("pc-7")
        incident = walk.incident_of("pc-7")["id"]
        page = walk.page("李工", "/queue")
        expect(page.locator("html.is-live")).to_be_attached()
        note = page.locator(f"#note-{incident}")
        page.locator(f"details:has(#note-{incident}) > summary").click()
        note.fill("换了电源线")
        find_collector(demo.folder).kill()
        expect(page.locator("#lost")).to_be_visible()
        assert float(page.locator("#part-queue").evaluate("each => getComputedStyle(each).opacity")) < 1, "it is grey"
        expect(page.locator("html.is-live")).to_be_attached(timeout=60_000)
        expect(page.locator("#lost")).to_be_hidden()
        expect(note).to_have_value("换了电源线")
        page.locator(f"form:has(#note-{incident}) button").click()
        wait_until(lambda: "换了电源线" in walk.page("李工", f"/incidents/{incident}").content(), 20, "the note", 0.5)
        demo.play("end", "pc-7", "off")
        walk.answer_all(incident, lambda: walk.incident_of("pc-7")["status"] == "closed", 120)
    finally:
        walk.close()


def test_of_two_who_answer_at_once_the_second_is_told_who_was_first(demo: Demo, browser: Browser) -> None:
    walk, slow = Walk(demo, browser, LAPTOP), Walk(demo, browser, PHONE)
    try:
        demo.play("start", "pc-8", "off")
        demo.wait_for("pc-8")
        incident = walk.incident_of("pc-8")["id"]
        asked = wait_until(
            lambda: [each for each in walk.open_steps(incident) if (each["mode"], each["owner"]) == ("ask", "head")],
            20,
            "",
            0.2,
        )
        first, second = walk.page("王主任", "/head"), slow.page("王主任", "/head")
        second.route("**/events/**", lambda route: route.abort())  # this one has not heard of it yet
        second.reload()
        walk.send(first, "confirm", "measure", asked[0]["id"])
        wait_until(lambda: asked[0]["id"] not in {each["id"] for each in walk.open_steps(incident)}, 20, "", 0.2)
        slow.send(second, "confirm", "measure", asked[0]["id"])
        expect(second.locator("#answer")).to_contain_text("王主任")
        demo.play("end", "pc-8", "off")
        walk.answer_all(incident, lambda: walk.incident_of("pc-8")["status"] == "closed", 120)
    finally:
        walk.close()
        slow.close()


def find_collector(folder: Path) -> psutil.Process:
    """Return the collector of a demo."""
    words = ["run", "--config", str(folder / "collector.toml")]
    return next(each for each in psutil.process_iter() if _says(each, words))


def _says(process: psutil.Process, words: list[str]) -> bool:
    try:
        return process.cmdline()[-3:] == words
    except psutil.Error:
        return False
