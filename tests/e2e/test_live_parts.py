"""What a page's script does when parts change under somebody's hands: nothing old stays, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from msgspec import structs
from playwright.sync_api import Browser, Page, expect

from hallwatch_collector.core.views import HallView
from hallwatch_collector.people import Person
from hallwatch_collector.web.cookies import SESSION_COOKIE
from parts.fake_source import FakeSource
from parts.hall_views import NOW
from parts.shown_halls import bad_morning, own_health
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e


class Open(NamedTuple):
    """An open page and what it shows."""

    page: Page
    source: FakeSource
    address: str

    def go(self, path: str = "") -> None:
        self.page.goto(f"{self.address}{PAGE}{path}")
        expect(self.page.locator("html")).to_contain_class("is-live")


@pytest.fixture
def shown(browser: Browser) -> Iterator[Open]:
    source = FakeSource(bad_morning(), own_health())
    source.people.admit(Person(name="王主任", roles=["head"]), NOW, password_hash=None, must_change=False)
    id_ = source.people.sessions.open("王主任", NOW, lasts_s=1e9, address="127.0.0.1", agent="test")
    with serve(source) as address, browser.new_context() as context:
        context.add_cookies([{"name": SESSION_COOKIE, "value": id_, "url": address}])
        page = context.new_page()
        page.clock.install()
        yield Open(page, source, address)


def change(view: HallView, position: int, **changes: Any) -> HallView:
    """Return a hall with one incident changed."""
    incidents = list(view.incidents)
    incidents[position] = structs.replace(incidents[position], **changes)
    return structs.replace(view, incidents=tuple(incidents))


def test_what_was_taken_back_while_somebody_typed_does_not_come_after_all(shown: Open) -> None:
    shown.go("/incidents/i1")
    name = bad_morning().incidents[0].device_name
    life, note = shown.page.locator("#part-incident-life"), shown.page.locator("form.act input[name=text]").first
    note.evaluate("box => box.closest('details')?.setAttribute('open', '')")
    note.fill("已联系厂家")
    for told in ("中间的名字", name):
        shown.source.put(change(bad_morning(), 0, device_name=told))
        expect(life).to_contain_text(told)  # nobody types in this part
    note.evaluate("box => box.blur()")
    shown.page.clock.run_for(2000)
    expect(note).to_have_value("已联系厂家")
    expect(shown.page.locator("main")).not_to_contain_text("中间的名字")


def test_a_part_in_which_somebody_left_the_cursor_is_not_old_for_long(shown: Open) -> None:
    shown.go("/incidents/i1")
    note = shown.page.locator("form.act input[name=text]").first
    note.evaluate("box => box.closest('details')?.setAttribute('open', '')")
    note.fill("已联系厂家")
    part = note.locator("xpath=ancestor::*[starts-with(@id, 'part-')]")
    view = bad_morning()
    before = part.get_attribute("data-digest")
    shown.source.put(change(view, 0, status="acknowledged", owner="李工"))
    expect(shown.page.locator("#part-incident-life")).to_contain_text("李工")
    assert part.get_attribute("data-digest") == before, "not while somebody types"
    shown.page.clock.run_for(25_000)
    expect(part).not_to_have_attribute("data-digest", before or "")
    expect(note).to_have_value("已联系厂家")
    expect(note).to_be_focused()


def test_what_nobody_chose_is_as_it_is_now(shown: Open) -> None:
    shown.go("/head")
    chosen = shown.page.locator("select[id^=set-level-]").first
    expect(chosen).to_have_count(1)
    id_ = (chosen.get_attribute("id") or "").removeprefix("set-level-")
    chosen = shown.page.locator(f"#set-level-{id_}")  # and no other, wherever it comes to stand
    view = bad_morning()
    position = next(n for n, each in enumerate(view.incidents) if each.id == id_)
    assert chosen.input_value() == view.incidents[position].level
    shown.source.put(change(view, position, level="Ⅱ"))
    expect(chosen).to_have_value("Ⅱ")
    chosen.evaluate("box => box.closest('details').setAttribute('open', '')")
    chosen.select_option("Ⅲ")
    shown.page.locator("h1").click()
    shown.page.clock.run_for(25_000)
    shown.source.put(change(view, position, level="Ⅳ", owner="周局长"))
    expect(shown.page.locator("#part-head-levels")).to_contain_text("周局长")
    expect(chosen).to_have_value("Ⅲ")


def test_a_page_whose_frame_is_of_another_hall_name_is_loaded_anew(shown: Open) -> None:
    shown.go()
    expect(shown.page.locator("h1")).to_have_text("西湖区办税服务厅")
    shown.source.put(structs.replace(bad_morning(), name="新名字办税服务厅", simulated=True))
    expect(shown.page.locator("h1")).to_contain_text("新名字办税服务厅")


def test_a_wall_waits_for_its_hall_to_come_back(shown: Open) -> None:
    shown.go("?kiosk")
    view = bad_morning()
    shown.source.drop(next(iter(shown.source.views)))
    expect(shown.page.locator("#lost")).to_be_visible()
    shown.source.put(view)
    shown.page.clock.run_for(10_000)
    expect(shown.page.locator("#lost")).to_be_hidden()
    assert shown.page.url.endswith("?kiosk")
