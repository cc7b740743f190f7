"""The emergency registers with a journal in PostgreSQL: from the first entry to the deletion of what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.register_events import RegisterPurged
from hallwatch_collector.journal.verify import verify
from parts.postgresql import PostgreSql, serve_postgresql
from parts.register_hall import FIELDS, KEY, RegisterHall

pytestmark = pytest.mark.e2e
STAFF = ("staff",)
DAY_S = 86_400.0


@pytest.fixture
def server() -> Iterator[PostgreSql]:
    with serve_postgresql() as server:
        yield server


@pytest.fixture
def hall(tmp_path: Path, server: PostgreSql) -> Iterator[RegisterHall]:
    hall = RegisterHall(tmp_path, server.url)
    hall.close_down()
    yield hall
    hall.stop()


def rows(hall: RegisterHall) -> dict[str, str]:
    engine = create_engine(hall.url)
    with engine.connect() as connection:
        found = {
            row.number: row.fields for row in connection.execute(text("SELECT number, fields FROM register_entry"))
        }
    engine.dispose()
    return found


def test_entries_live_and_are_deleted_and_the_chain_still_verifies(hall: RegisterHall) -> None:
    hall.do(commands.ReserveNumbers, incident=hall.incident, register="by-hand", sheets=2)
    paper, typed = hall.take(number="SG-20251121-001"), hall.take(fields=FIELDS | {"contact": "乙某"}, roles=STAFF)
    hall.do(commands.AmendEntry, number=typed, fields=FIELDS | {"contact": "丙某"}, reason="写错", roles=STAFF)
    hall.do(commands.ReturnSheets, incident=hall.incident, register="by-hand", roles=STAFF)
    hall.restart()
    assert set(rows(hall)) == {paper, typed}
    assert "丙某" in rows(hall)[typed]
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    assert not any(line.changed or line.missing for line in page.lines)
    hall.do(commands.ReportOver, thing="hall:", text="来电")
    for number in (paper, typed):
        hall.do(commands.EnterEntry, number=number, roles=STAFF)
        hall.do(commands.TellTaxpayer, number=number, roles=STAFF)
    hall.settle()
    assert hall.status == "closed"
    hall.wait(170 * DAY_S)
    assert set(rows(hall)) == {paper, typed}
    hall.restart()
    hall.wait(11 * DAY_S)
    hall.wait(1)
    assert rows(hall) == {}
    purged = [number for event in hall.events() if isinstance(event, RegisterPurged) for number in event.numbers]
    assert sorted(purged) == sorted([paper, typed])
    finding = verify(hall.journal)
    assert (finding.misfits, finding.events > 10) == ([], True)


def test_what_somebody_changes_in_the_table_is_noticed(hall: RegisterHall) -> None:
    number = hall.take()
    engine = create_engine(hall.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE register_entry SET fields = replace(fields, '甲某', '丁某')"))
    engine.dispose()
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    assert [(line.entry.number, line.changed) for line in page.lines] == [(number, True)]
    assert verify(hall.journal).misfits == [], "the chain holds only the hash of what was written"


def test_without_its_database_nothing_is_half_written(hall: RegisterHall, server: PostgreSql) -> None:
    hall.take()
    server.stop()
    with pytest.raises(CommandRefused):
        hall.take()
    server.start()
    hall.wait(61)
    assert len(rows(hall)) in (1, 2)
    hall.take()
    assert len(rows(hall)) == sum(1 for event in hall.events() if type(event).__name__ == "EntryTaken")
    assert verify(hall.journal).misfits == []
