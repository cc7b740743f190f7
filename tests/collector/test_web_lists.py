"""The lists of a hall: complete, searched, exported, and never a formula."""

from __future__ import annotations

import csv
import io
import re

import pytest
from msgspec import structs
from openpyxl import load_workbook

from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.events import IncidentMoved, IncidentOpened, ReportSigned
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.past import Past
from hallwatch_collector.core.readiness.events import MaintenancePlanned, RoundDue, RoundEnded, StockChanged
from hallwatch_collector.core.readiness.kept import RoundLine
from hallwatch_collector.core.readiness.tables import DutyTurn
from hallwatch_collector.core.readiness.views import SpareView, SupplyView
from hallwatch_collector.core.register_events import EntryTaken, RegisterOpened
from hallwatch_collector.core.twins import twin_key
from hallwatch_collector.people.audit import Wanted
from hallwatch_collector.spreadsheets import FORMULA, write_csv, write_xlsx
from hallwatch_collector.web.desk import LOOK_S
from hallwatch_collector.web.list_pages import ROWS
from hallwatch_collector.web.lists import LISTS
from hallwatch_collector.web.texts import LANGUAGES
from parts.fake_source import FakeSource
from parts.hall_views import KEY, NOW
from parts.shown_halls import bad_morning
from parts.web import PAGE, browse

EVIL = "=HYPERLINK(1)<script>"
NAMES = [listing.id for listing in LISTS]


def past_of(incidents: int = 1) -> Past:
    """Return the past of a hall in which everything happened once."""
    past = Past()
    for number in range(incidents):
        name, at = f"inc-{number}", NOW - 86_400 * number
        past.take(IncidentOpened(at=at, incident=name, device="prn-3", fault="paper-jam"))
        past.take(IncidentMoved(at=at + 60, incident=name, status="acknowledged", by=EVIL))
        past.take(IncidentMoved(at=at + 600, incident=name, status="recovered"))
        past.take(IncidentMoved(at=at + 900, incident=name, status="closed", by="王主任"))
    past.take(ReportSigned(at=NOW, incident="inc-0", version=1, digest="d", by=EVIL))
    past.take(RegisterOpened(at=NOW, incident="inc-0", register="tax-registration", by=EVIL))
    past.take(EntryTaken(at=NOW, incident="inc-0", register="tax-registration", number="1", digest="d", by="王"))
    past.take(RoundDue(at=NOW, round="r", lines=[RoundLine(item="x", result="not-ok", note=EVIL, by="王")]))
    past.take(RoundEnded(at=NOW, round="r", by=EVIL, lines=[]))
    planned = {"devices": ["prn-3"], "text": EVIL, "begins_at": NOW, "ends_at": NOW, "by": "王"}
    past.take(MaintenancePlanned(at=NOW, maintenance="m", **planned))  # type: ignore[arg-type]
    past.take(StockChanged(at=NOW, supply="toner", how="taken", count=2, was=3, by=EVIL))
    return past


@pytest.fixture
def source() -> FakeSource:
    view = bad_morning()
    ready = structs.replace(
        view.readiness,
        spares=(SpareView(id="s", name=EVIL, devices=("prn-3",), lent_to="", ready=True),),
        supplies=(
            SupplyView(
                id="toner", name="墨粉", unit="盒", minimum=2, place="柜", count=1, counted_at=NOW, counted_by="王",
                low=True, due=False,
            ),
        ),
    )  # fmt: skip
    source = FakeSource(structs.replace(view, readiness=ready))
    source.pasts[KEY] = past_of()
    twin = source.pasts[twin_key(KEY)] = Past()
    twin.take(DrillStepped(at=NOW, act="begin", scenario="fibre-cut", by=EVIL))
    turn = DutyTurn(role="technician", person=EVIL, days=["mon"], from_="22:00", to="06:00")
    source.files[KEY] = Hall(area=KEY.area, hall=KEY.hall, name="西湖", duty=[turn])
    return source


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_list_is_shown_and_empty_it_says_how_it_fills(name: str, language: str, source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        page = client.get(f"{PAGE}/lists/{name}?lang={language}").text
    assert "<script>" not in page.replace('<script src="', "")
    if name != "quality":
        assert "<td" in page
    with browse(FakeSource(structs.replace(bad_morning(), contacts=())), person="王主任") as client:
        page = client.get(f"{PAGE}/lists/{name}?lang={language}").text
    assert ('<p class="calm">' in page) or name in ("maintenance", "spares")


@pytest.mark.parametrize("name", NAMES)
def test_each_list_as_a_file_has_a_head_and_no_formula(name: str, source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        told = client.get(f"{PAGE}/lists/{name}.csv")
        book = client.get(f"{PAGE}/lists/{name}.xlsx")
    assert f'filename="330106-xihu-{name}.csv"' in told.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    assert len(rows[0]) == next(len(each.columns) for each in LISTS if each.id == name)
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert sheet.max_row == len(rows) + 1


def test_what_is_looked_for_is_found_by_word_and_by_day(source: FakeSource) -> None:
    source.pasts[KEY] = past_of(5)
    with browse(source, person="李工") as client:
        asked = {"": 5, "?q=none HYPER": 0, "?q=hyperlink": 5, "?q=inc-3": 1, "?from=2999-01-01": 0}
        for query, count in asked.items():
            page = client.get(f"{PAGE}/lists/incidents{query}").text
            assert f"共 {count} 条" in page, query
        day = re.search(r"(\d{4}-\d\d-\d\d)", client.get(f"{PAGE}/lists/incidents?q=inc-2").text)
        assert day
        assert "共 1 条" in client.get(f"{PAGE}/lists/incidents?from={day[1]}&to={day[1]}").text
        assert "没有找到" in client.get(f"{PAGE}/lists/incidents?q=nothing-like-it").text
        found = client.get(f"{PAGE}/lists/incidents.csv?q=inc-2").content.decode("utf-8-sig")
    assert found.count("\n") == 2, "a file has what was looked for"


def test_many_rows_are_paged(source: FakeSource) -> None:
    source.pasts[KEY] = past_of(2 * ROWS + 1)
    with browse(source, person="李工") as client:
        pages = [client.get(f"{PAGE}/lists/incidents?page={number}").text for number in (1, 3, 99, "x")]
    assert [page.count("<tr>") - 1 for page in pages] == [ROWS, 1, 1, ROWS]
    assert "第 3 / 3 页" in pages[2]


def test_looking_and_exporting_are_written_down_as_two_things_and_turning_pages_is_not(source: FakeSource) -> None:
    source.pasts[KEY] = past_of(ROWS + 1)
    with browse(source, "王主任", "head") as client:
        for path in ("", "/incidents", "/incidents?page=2", "/incidents?page=1", "/incidents?q=inc-1",
                     "/incidents?q=inc-1&page=2", "/incidents.csv", "/incidents.csv", "/nothing"):  # fmt: skip
            client.get(f"{PAGE}/lists{path}")
        source.clock += LOOK_S
        client.get(f"{PAGE}/lists/incidents?page=2")
    with browse(source, "李工", "head") as client:
        client.get(f"{PAGE}/lists/incidents")
    told = [(deed.who, deed.action, deed.object, deed.hall) for deed in source.people.audit.read(Wanted())]
    look, export = "list.look", "list.export"
    assert [each[:3] for each in reversed(told)] == [
        ("王主任", look, "incidents"), ("王主任", look, "incidents"), ("王主任", export, "incidents"),
        ("王主任", export, "incidents"), ("王主任", "list", ""), ("王主任", look, "incidents"),
        ("李工", look, "incidents"),
    ]  # fmt: skip
    assert {hall for *_, hall in told} == {"330106/xihu"}


def test_an_onlooker_sees_no_list(source: FakeSource) -> None:
    with browse(source, "") as client:
        for path in ("lists", "lists/incidents", "lists/incidents.csv"):
            answer = client.get(f"{PAGE}/{path}", follow_redirects=False)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["nothing", "incidents.pdf", "incidents.csv.csv"])
def test_there_is_no_other_list(path: str, source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        assert client.get(f"{PAGE}/lists/{path}").status_code == 404


@pytest.mark.parametrize("text", ["\x00bell\x07", "x" * 40_000, "\ud800", "=1+1", "\n=1", "[a]:*?/\\'"])
def test_a_cell_holds_anything(text: str) -> None:
    rows = [["head"], [text]]
    assert load_workbook(io.BytesIO(write_xlsx(text, rows))).active.cell(3, 1).data_type in ("s", "n")
    assert write_csv(rows)
