"""The hall board: the hall as a picture, what is broken, what to do now; light enough for an old PC."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from hallwatch_collector.core.hall import Position
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.floor import lay_out
from hallwatch_collector.web.texts import LANGUAGES
from parts.fake_source import FakeSource
from parts.hall_views import device, hall
from parts.shown_halls import bad_morning, calm_hall
from parts.web import PAGE, browse

LARGEST_BYTES = 200_000


def big_hall(windows: int = 60, devices: int = 200) -> HallView:
    """Return a hall as large as they come."""
    view = bad_morning()
    window = view.windows[0]
    return structs.replace(
        view,
        windows=tuple(
            structs.replace(window, id=f"w{n}", number=n, name=f"{n}号窗口") for n in range(1, windows + 1)
        ),
        devices=tuple(
            device(f"dev-{n}", "printer", f"{n % windows + 1}号窗口打印机", place=f"w{n % windows + 1}")
            for n in range(devices)
        ),
    )  # fmt: skip


def test_every_window_place_and_device_is_on_the_picture() -> None:
    view = bad_morning()
    floor = lay_out(view)
    tiles = [*floor.drawn, *(tile for _, row in floor.rows for tile in row)]
    assert {tile.id for tile in tiles if tile.kind == "window"} == {window.id for window in view.windows}
    shown = [each.id for tile in tiles for each in tile.devices]
    assert sorted(shown) == sorted(each.id for each in view.devices)


def test_what_the_hall_file_puts_somewhere_stands_there_and_the_rest_in_rows() -> None:
    view = calm_hall()
    window, machine = view.windows[0], view.devices[0]
    at = {window.id: Position(x=3, y=1, w=2), machine.id: Position(x=9, y=4)}
    floor = lay_out(structs.replace(view, positions=at))
    assert [(tile.kind, tile.id) for tile in floor.drawn] == [("window", window.id), ("device", machine.id)]
    assert floor.columns == 9
    with browse(FakeSource(structs.replace(view, positions=at))) as client:
        page = client.get(PAGE).text
    assert "columns-9" in page
    assert "x-3 y-1 w-2 h-1" in page


def test_a_device_goes_without_the_name_of_its_window() -> None:
    with browse(FakeSource(big_hall(2, 2))) as client:
        page = client.get(PAGE).text
    assert ">打印机</a>" in page
    assert ">1号窗口打印机</a>" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_is_a_word_and_a_shape_not_a_colour_alone(language: str) -> None:
    with browse(FakeSource(bad_morning())) as client:
        page = client.get(f"{PAGE}?lang={language}").text
    picture = page.partition('id="part-board-floor"')[2].partition("</section>")[0]
    states = re.findall(
        r'<li class="at is-(\w+)"><svg class="mark is-(\w+)".*?<span class="state">(.+?)</span>', picture
    )
    assert len(states) == len(bad_morning().devices)
    assert all(colour == shape for colour, shape, _ in states)
    words = {colour: word for colour, _, word in states}
    assert len(set(words.values())) == len(words) > 2


def test_what_is_broken_says_since_when_what_to_do_where_to_go_and_who_until_when() -> None:
    view = bad_morning()
    taken = structs.replace(view.incidents[0], status="acknowledged", acknowledged_by="李敏", owner="李敏")
    source = FakeSource(structs.replace(view, incidents=(taken, *view.incidents[1:])))
    with browse(source) as client:
        page = client.get(PAGE).text
    with browse(source, person="李工") as client:
        inside = client.get(PAGE).text
    card = page.partition('class="card case')[2].partition("</article>")[0]
    for told in ("起", "现在做什么", "引导到哪里", "谁在处理"):
        assert told in card
    assert "李敏" not in page, "an onlooker is told no names"
    assert "李敏" in inside


def test_a_large_board_is_light() -> None:
    with browse(FakeSource(big_hall())) as client:
        page = client.get(PAGE).text
        assets = [client.get(path).content for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)]
    assert page.count('class="tile tile-window') == 60
    assert page.count('class="at is-') == 200
    assert len(page.encode()) + sum(map(len, assets)) < LARGEST_BYTES
    assert "http://" not in page.replace("http://www.w3.org", ""), "nothing from outside"


def test_the_big_type_has_no_menu() -> None:
    with browse(FakeSource(bad_morning())) as client:
        page = client.get(f"{PAGE}?kiosk").text
    assert 'class="board kiosk"' in page
    assert "<nav" not in page


def test_an_empty_hall_says_what_to_do() -> None:
    with browse(FakeSource(hall())) as client:
        assert "在大厅描述文件中登记窗口和设备后" in client.get(PAGE).text


def test_names_on_the_picture_are_only_names() -> None:
    view = bad_morning()
    evil = structs.replace(view.devices[0], name="<script>alert(1)</script>", id=view.devices[0].id)
    with browse(FakeSource(structs.replace(view, devices=(evil, *view.devices[1:])))) as client:
        assert "<script>alert" not in client.get(PAGE).text
