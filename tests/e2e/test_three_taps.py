"""A report from a phone in a real browser: three taps from the code on the device, a photo, the keyboard, no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hallwatch_collector.core.views import HallView, IncidentView
from parts.hall_file import GOOD
from parts.photos import SECRETS, phone_photo, photo
from parts.register_hall import KEY, RegisterHall
from parts.waiting import wait_until
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e
PHONE = {"width": 390, "height": 844}
CODE = f"{PAGE}/report?thing=prn-3"
"""Where the code on the printer leads."""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[RegisterHall]:
    there = RegisterHall(tmp_path, text="open_reports = true\nopen_board = true\n" + GOOD)
    yield there
    there.stop()


@pytest.fixture
def address(there: RegisterHall) -> Iterator[str]:
    with serve(there.source) as address:  # type: ignore[arg-type]
        yield address


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def phone(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """Give a phone; it may have logged no error and asked nobody else for anything in the end."""
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=request.param)  # type: ignore[arg-type]
    with watch(context, address) as page:
        yield page


class watch:  # noqa: N801 - used as a word
    """A page of a context, closed with it; anything wrong that it said fails the test."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self._context, self._address = context, address
        self._wrongs: list[str] = []

    def __enter__(self) -> Page:
        page = self._context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self._wrongs.append(str(error)))
        page.on("console", lambda line: self._wrongs.append(line.text) if line.type == "error" else None)
        page.on("request", lambda sent: None if sent.url.startswith(self._address) else self._wrongs.append(sent.url))
        return page

    def __exit__(self, *_: object) -> None:
        self._context.close()
        # A form that was refused comes back as a page of its own, which the browser calls an error.
        assert [wrong for wrong in self._wrongs if "status of 400" not in wrong] == []


def incidents(there: RegisterHall) -> tuple[IncidentView, ...]:
    view = there.collector.view(KEY)
    assert isinstance(view, HallView)
    return view.incidents


def test_three_taps_from_the_code_on_the_device(phone: Page, there: RegisterHall, address: str) -> None:
    phone.goto(address + CODE)  # the first: the code
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    jam, send = phone.get_by_text("卡纸", exact=True), phone.get_by_role("button", name="发送")
    for large in (phone.locator("label.choice").first, send):
        box = large.bounding_box()
        assert box
        assert box["height"] >= 48
        assert box["y"] + box["height"] <= PHONE["height"], "in reach without scrolling"
    jam.tap()
    send.tap()
    phone.wait_for_url("**/report/taken?*")
    expect(phone.locator(".thanks")).to_contain_text("已收到,谢谢")
    expect(phone.locator(".todo")).to_contain_text("打开盖板")
    phone.reload()
    assert [(each.device, each.faults) for each in incidents(there)] == [("prn-3", ("reported-unconfirmed",))]
    phone.goto(address + CODE)
    expect(phone.locator(".notice-known")).to_contain_text("已经知道:3号窗口打印机")


def test_a_photo_goes_with_it(phone: Page, there: RegisterHall, address: str, tmp_path: Path) -> None:
    taken = tmp_path / "IMG_0001.jpg"
    taken.write_bytes(phone_photo())
    phone.goto(address + CODE)
    phone.get_by_text("没纸了").tap()
    phone.set_input_files("input[type=file]", taken)
    phone.get_by_role("button", name="发送").tap()
    phone.wait_for_url("**/report/taken?*photo=kept")
    [incident] = incidents(there)
    [kept] = there.album.of(KEY, incident.id)
    stored = there.album.read(KEY, incident.id, kept.name)
    assert stored
    assert not [secret for secret in SECRETS if secret in stored]


def test_a_large_photo_is_made_smaller_before_it_is_sent(
    browser: Browser, there: RegisterHall, address: str, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(photo((5000, 4000), "PNG") + bytes(20_000_000))
    with watch(browser.new_context(viewport=PHONE, has_touch=True), address) as page:  # type: ignore[arg-type]
        page.goto(address + CODE)
        page.get_by_text("没纸了").tap()
        page.set_input_files("input[type=file]", large)
        expect(page.locator(".preview")).to_be_visible()
        page.get_by_role("button", name="发送").tap()
        page.wait_for_url("**/report/taken?*photo=kept")
    assert len(there.album.of(KEY, incidents(there)[0].id)) == 1


def test_who_taps_twice_in_a_hurry_reports_once(
    browser: Browser, there: RegisterHall, address: str
) -> None:  # fmt: skip
    with watch(browser.new_context(viewport=PHONE, has_touch=True), address) as page:  # type: ignore[arg-type]
        page.goto(address + CODE)
        page.get_by_text("卡纸", exact=True).tap()
        page.get_by_role("button", name="发送").dblclick()
        page.wait_for_url("**/report/taken?*")
        expect(page.locator(".thanks")).to_contain_text("已收到,谢谢")
    assert len(incidents(there)) == 1


def test_by_keyboard_alone_in_ones_own_words(phone: Page, there: RegisterHall, address: str) -> None:
    phone.goto(f"{address}{PAGE}/report")
    phone.locator('a[href$="thing=prn-3"]').focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**thing=prn-3")
    phone.locator("#what-other").focus()
    phone.keyboard.press("Space")
    send = phone.get_by_role("button", name="发送")
    send.focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/reports")
    expect(phone.get_by_role("alert").first).to_contain_text("请写一句看到了什么")
    expect(phone.locator("#what-other")).to_be_checked()
    phone.locator("textarea").focus()
    phone.keyboard.insert_text("有很大的响声")
    send.focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/report/taken?*")
    wait_until(lambda: len(incidents(there)) == 1, 5, "the report")
