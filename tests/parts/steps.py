"""What the people of the demo's hall do on their pages, one after the other, from a fault to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from parts.demo import HALL, Demo
from parts.waiting import wait_until

PERSON_OF: Final = {
    "head": "王主任", "deputy": "周局长", "guide": "陈导税", "staff": "林窗口", "technician": "李工", "network": "李工",
    "system": "李工", "logistics": "赵后勤", "publicity": "孙宣传",
}  # fmt: skip
"""Who of the demo answers for what is asked of a role."""
Press = Callable[[Page, Locator], None]
MOST_TABS: Final = 300
DESK: Final = (1920, 1080)
LAPTOP: Final = (1366, 768)
PHONE: Final = (390, 844)


def click(_: Page, button: Locator) -> None:
    """Press a button as a mouse or finger does."""
    button.click()


def press_by_keyboard(page: Page, button: Locator) -> None:
    """Go to a button by Tab alone, and press it by Enter; it has to be seen that the keyboard is there."""
    expect(button).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if button.evaluate("each => each === document.activeElement"):
            assert button.evaluate("each => getComputedStyle(each).outlineStyle") != "none", "the focus is not seen"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{button} is not reached by {MOST_TABS} tabs")


class Walk:
    """One incident, and everybody's browsers."""

    def __init__(self, demo: Demo, browser: Browser, size: tuple[int, int], press: Press = click) -> None:
        self._demo, self._browser, self._size, self._press = demo, browser, size, press
        self._contexts: dict[str, BrowserContext] = {}

    def page(self, person: str, path: str) -> Page:
        """Open a page of the hall as somebody."""
        if person not in self._contexts:
            self._contexts[person] = self._demo.sign_in(self._browser, person, self._size)
        page = self._contexts[person].new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{self._demo.address}{HALL}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= self._size[0]
        return page

    def send(self, page: Page, command: str, field: str, value: str) -> None:
        """Press the button of a command about something, and wait until the page has it no more."""
        form = page.locator(f'form:has(input[value="{command}"]):has(input[name="{field}"][value="{value}"])').first
        for details in form.locator("xpath=ancestor::details[not(@open)]").all():
            self._press(page, details.locator("> summary"))
        self._press(page, form.locator("button").last)

    def view(self) -> dict[str, Any]:
        """Return the hall as it is."""
        told: dict[str, Any] = self._demo.view()
        return told

    def incident_of(self, device: str) -> dict[str, Any]:
        """Return the newest incident of a device."""
        found: list[dict[str, Any]] = [each for each in self.view()["incidents"] if each["device"] == device]
        return found[-1]

    def open_steps(self, incident: str) -> list[dict[str, Any]]:
        """Return what is asked of people for an incident."""
        return [
            each
            for each in self.view()["measures"]
            if each["status"] == "open" and incident in (each["incident"], *each.get("incidents", ()))
        ]

    def answer_all(self, incident: str, until: Callable[[], bool], limit_s: float = 60) -> None:
        """Have everybody answer what is asked of them on the incident's page, as long as something is."""

        def answer_next() -> bool:
            if until():
                return True
            for step in self.open_steps(incident):
                page = self.page(PERSON_OF[step["owner"]], f"/incidents/{incident}")
                asks = "confirm" if step["mode"] == "ask" else "sign-report" if step["signs_report"] else "tick"
                about = ("incident", incident) if asks == "sign-report" else ("measure", step["id"])
                if page.locator(f"#measure-{step['id']} form button").count():
                    self.send(page, asks, *about)
                    wait_until(
                        lambda s=step: s["id"] not in {o["id"] for o in self.open_steps(incident)}, 20, step["id"], 0.2
                    )  # type: ignore[misc]
                page.close()
            return until()

        wait_until(answer_next, limit_s, f"the end of {incident}", 0.3)

    def close(self) -> None:
        """Close every browser."""
        for context in self._contexts.values():
            context.close()


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
