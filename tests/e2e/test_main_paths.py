"""Each role's way from a fault to its end, in a real browser, against the running demo, at three sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from parts.demo import Demo, run_demo
from parts.steps import Press, Walk, click, press_by_keyboard
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
DESK, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
BROKEN = {DESK: ("pc-1", "w1"), LAPTOP: ("pc-2", "w2"), PHONE: ("pc-4", "w4")}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def walk_to_the_end(walk: Walk, demo: Demo, device: str, window: str, press: Press = click) -> str:
    """Go with everybody from a computer that is switched off to the closed incident; return its id."""
    try:
        demo.play("start", device, "off")
        demo.wait_for(device)
        incident = walk.incident_of(device)["id"]

        board = walk.page("陈导税", "")
        expect(board.locator(f"#tile-{window}")).to_contain_text("无法办理")
        repairs = walk.page("李工", "/queue")
        walk.send(repairs, "acknowledge", "incident", incident)
        wait_until(lambda: walk.incident_of(device)["status"] == "acknowledged", 20, "it is taken on", 0.2)
        walk.send(repairs, "start-repair", "incident", incident)
        wait_until(lambda: walk.incident_of(device)["status"] == "repairing", 20, "it is being repaired", 0.2)
        expect(board.locator("main")).to_contain_text("李工")
        head = walk.page("王主任", "/head")
        for step in [each for each in walk.open_steps(incident) if each["mode"] == "ask" and each["owner"] == "head"]:
            walk.send(head, "confirm", "measure", step["id"])
            wait_until(lambda s=step: s["id"] not in {o["id"] for o in walk.open_steps(incident)}, 20, "", 0.2)  # type: ignore[misc]

        mine = walk.page("林窗口", f"/windows/{window}")
        expect(mine.locator("#next-step")).to_be_visible()
        demo.play("end", device, "off")
        wait_until(lambda: walk.incident_of(device)["status"] in ("recovered", "closed"), 60, "it works again", 0.2)
        checked = mine.get_by_role("button", name="已核对")
        expect(checked.first).to_be_visible(timeout=30_000)
        press(mine, checked.first)
        walk.answer_all(incident, lambda: walk.incident_of(device)["status"] == "closed")
        expect(walk.page("周局长", f"/incidents/{incident}").locator("main")).to_contain_text("已结束")
        looked = walk.page("审计员", "/work")
        assert looked.locator("main form").count() == 0
        assert walk.page("审计员", "/lists/incidents").get_by_text(incident).count() > 0
        return str(incident)
    finally:
        walk.close()


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
