"""The emergency registers in a running collector: numbers, personal data beside the record, its deletion (D2 to O8)."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.register_events import EntryMoved, EntryTaken, NumbersReserved, RegisterPurged
from hallwatch_collector.journal.verify import verify
from parts.register_hall import FIELDS, KEY, NOW, RegisterHall

STAFF = ("staff",)
DAY_S = 86_400.0


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[RegisterHall]:
    hall = RegisterHall(tmp_path)
    hall.close_down()
    yield hall
    hall.stop()


def rows(hall: RegisterHall) -> dict[str, str]:
    with sqlite3.connect(hall.url.removeprefix("sqlite:///")) as connection:
        return dict(connection.execute("SELECT number, fields FROM register_entry"))


def close(hall: RegisterHall) -> None:
    """Let the fault be over and deal with everything that is open."""
    hall.do(commands.ReportOver, thing="hall:", text="来电")
    for number in rows(hall):
        hall.do(commands.EnterEntry, number=number)
        hall.do(commands.TellTaxpayer, number=number)
    hall.settle()
    assert hall.status == "closed"


def test_twenty_nine_entries_are_done_with_before_the_incident_closes(hall: RegisterHall) -> None:
    numbers = [hall.take(fields=FIELDS | {"phone": f"138000000{n:02d}"}, roles=STAFF) for n in range(1, 30)]
    assert numbers == [f"SG-20251121-{n:03d}" for n in range(1, 30)]
    hall.do(commands.ReportOver, thing="hall:", text="来电")
    hall.settle()
    assert hall.status == "recovered"
    assert hall.register.accepted == 29
    for number in numbers:
        hall.do(commands.EnterEntry, number=number, roles=STAFF)
    for number in numbers[:-1]:
        hall.do(commands.TellTaxpayer, number=number, roles=STAFF)
    hall.wait(60)
    assert (hall.status, hall.register.entered, hall.register.told) == ("recovered", 1, 28)
    hall.do(commands.TellTaxpayer, number=numbers[-1], by="小李", roles=STAFF)
    assert hall.status == "closed"
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    told = page.lines[-1].entry.step("told")
    assert told
    assert told.by == "小李"
    assert [line.fields["phone"] for line in page.lines] == [f"138000000{n:02d}" for n in range(1, 30)]
    assert not any(line.changed or line.missing for line in page.lines)


def test_people_who_write_at_once_get_different_numbers(hall: RegisterHall) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def write() -> None:
        start.wait()
        taken.extend(hall.take() for _ in range(5))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"SG-20251121-{n:03d}" for n in range(1, 41)]
    assert sorted(rows(hall)) == sorted(taken)


def test_a_restart_in_the_middle_loses_nothing_and_gives_no_number_twice(hall: RegisterHall) -> None:
    hall.do(commands.ReserveNumbers, incident=hall.incident, register="by-hand", sheets=2)
    first = hall.take()
    hall.restart()
    second = hall.take(number="SG-20251121-001", written_at=NOW)
    assert (first, second, hall.take()) == ("SG-20251121-003", "SG-20251121-001", "SG-20251121-004")
    hall.do(commands.AmendEntry, number=first, fields=FIELDS | {"contact": "乙某"}, reason="写错")
    hall.restart()
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    assert [line.entry.number for line in page.lines] == [f"SG-20251121-{n:03d}" for n in range(1, 5)]
    assert [line.fields.get("contact") for line in page.lines] == ["甲某", None, "乙某", "甲某"]
    assert (hall.register.blank, hall.register.accepted) == (1, 3)


def test_a_correction_names_only_what_changes(hall: RegisterHall) -> None:
    number = hall.take()
    assert FIELDS.keys() > {"contact"}
    hall.do(commands.AmendEntry, number=number, fields={"contact": "乙某"}, reason="写错")
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    (line,) = page.lines
    assert line.fields == FIELDS | {"contact": "乙某"}
    assert not line.changed
    with pytest.raises(CommandRefused) as refused:
        hall.do(commands.AmendEntry, number=number, fields={"contact": ""}, reason="写错")
    assert refused.value.fields["field.contact"] == "missing"


def test_a_correction_of_what_is_lost_says_everything(hall: RegisterHall) -> None:
    number = hall.take()
    with sqlite3.connect(hall.url.removeprefix("sqlite:///")) as connection:
        connection.execute("DELETE FROM register_entry")
    with pytest.raises(CommandRefused) as refused:
        hall.do(commands.AmendEntry, number=number, fields={"contact": "乙某"}, reason="写错")
    assert refused.value.code == "wrong-fields"
    hall.do(commands.AmendEntry, number=number, fields=FIELDS, reason="重填")
    assert list(rows(hall)) == [number]


def test_numbers_begin_anew_with_the_local_day(hall: RegisterHall) -> None:
    hall.take()
    hall.wait(13.4 * 3600)  # 00:04 of the next day
    assert hall.take() == "SG-20251122-001"


def test_what_was_written_down_is_nowhere_but_in_its_own_table(
    hall: RegisterHall, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    number = hall.take()
    with pytest.raises(CommandRefused) as refused:
        hall.take(fields=FIELDS | {"phone": "一三八甲某"})
    hall.do(commands.AmendEntry, number=number, fields=FIELDS | {"business": "开票"}, reason="写错")
    view = hall.collector.view(KEY)
    everything = [
        msgspec.json.encode(hall.events()).decode(),
        msgspec.json.encode(view).decode(),
        msgspec.json.encode(hall.journal.state(KEY)).decode(),
        hall.source.metrics().decode(),
        caplog.text,
        f"{refused.value} {refused.value.fields}",
        repr(commands.TakeEntry(by="a", incident="i", register="r", fields=FIELDS)),
    ]
    for told in ("测试甲公司", "甲某", "13800000001", "一三八"):
        assert not any(told in each for each in everything)
    assert "13800000001" in rows(hall)[number]


def test_only_those_who_may_see_personal_data_do(hall: RegisterHall) -> None:
    hall.take()
    shown = {
        role: hall.source.register(KEY, hall.incident, "by-hand", (role,)) for role in ("head", "staff", "technician")
    }
    told = {role: page.lines[0].fields for role, page in shown.items() if page}
    assert told == {"head": FIELDS, "staff": FIELDS, "technician": {}}
    for command, more in (
        (commands.ReserveNumbers, {"incident": hall.incident, "register": "by-hand", "sheets": 1}),
        (commands.TakeEntry, {"incident": hall.incident, "register": "by-hand", "fields": FIELDS}),
        (commands.AmendEntry, {"number": "SG-20251121-001", "fields": FIELDS, "reason": "-"}),
        (commands.EnterEntry, {"number": "SG-20251121-001"}),
        (commands.VoidEntry, {"number": "SG-20251121-001", "reason": "-"}),
    ):
        with pytest.raises(CommandRefused) as refused:
            hall.do(command, roles=("technician",), **more)
        assert refused.value.code == "no-right"


def test_personal_data_is_deleted_in_time_and_the_record_still_verifies(hall: RegisterHall) -> None:
    number = hall.take()
    close(hall)
    hall.wait(170 * DAY_S)
    hall.restart()
    hall.wait(1)
    assert hall.status == "forgotten"
    page = hall.source.register(KEY, hall.register.incident, "by-hand", STAFF)
    assert page
    assert page.lines[0].fields == FIELDS
    hall.wait(11 * DAY_S)
    hall.wait(1)
    assert rows(hall) == {}
    purged = [event for event in hall.events() if isinstance(event, RegisterPurged)]
    assert [event.numbers for event in purged] == [[number]]
    view = hall.collector.view(KEY)
    assert view
    assert view.registers == ()
    finding = verify(hall.journal)
    assert (finding.misfits, finding.events > 0) == ([], True)


def test_personal_data_of_a_hall_that_is_gone_is_deleted_too(hall: RegisterHall) -> None:
    number = hall.take()
    hall.file.unlink()
    for _ in range(4):
        hall.wait(3601)
    assert list(rows(hall)) == [number]
    hall.wait(180 * DAY_S)
    assert rows(hall) == {}
    assert [event.numbers for event in hall.events() if isinstance(event, RegisterPurged)] == [[number]]
    assert verify(hall.journal).misfits == []


def test_sheets_that_were_handed_out_are_typed_in_or_returned_before_the_incident_closes(hall: RegisterHall) -> None:
    hall.do(commands.ReserveNumbers, incident=hall.incident, register="by-hand", sheets=3)
    assert [event.numbers for event in hall.events() if isinstance(event, NumbersReserved)] == [
        [f"SG-20251121-{n:03d}" for n in (1, 2, 3)]
    ]
    used = hall.take(number="SG-20251121-002")
    hall.do(commands.ReportOver, thing="hall:", text="来电")
    hall.do(commands.EnterEntry, number=used)
    hall.do(commands.TellTaxpayer, number=used)
    hall.settle()
    assert hall.status == "recovered"
    view = hall.collector.view(KEY)
    assert view
    (asked,) = (each.text for each in view.measures if each.clause == "O8" and each.status == "open")
    assert "2张空白表待录入或登记未使用" in asked
    late = hall.take(number="SG-20251121-003", written_at=NOW)
    assert late == "SG-20251121-003", "a filled sheet that turns up late is still taken"
    hall.do(commands.EnterEntry, number=late)
    hall.do(commands.TellTaxpayer, number=late)
    hall.do(commands.ReturnSheets, incident=hall.incident, register="by-hand")
    moved = [
        (each.number[-3:], each.status, each.by, each.reason) for each in hall.events() if isinstance(each, EntryMoved)
    ]
    assert moved[-1] == ("001", "void", "小陈", "未使用")
    assert (hall.register.void, hall.register.told, hall.register.blank) == (1, 2, 0)
    assert hall.status == "closed"
    with pytest.raises(CommandRefused):
        hall.do(commands.ReturnSheets, incident=hall.incident, register="by-hand")


def test_a_failing_journal_writes_neither_the_event_nor_the_row(hall: RegisterHall) -> None:
    other = sqlite3.connect(hall.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CommandRefused) as refused:
        hall.take()
    assert refused.value.code == "kept"
    other.execute("ROLLBACK")
    assert rows(hall) == {}
    hall.wait(60)
    assert list(rows(hall)) == ["SG-20251121-001"]
    assert [event.number for event in hall.events() if isinstance(event, EntryTaken)] == ["SG-20251121-001"]


def test_a_row_that_somebody_changed_is_marked(hall: RegisterHall) -> None:
    hall.take()
    with sqlite3.connect(hall.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE register_entry SET fields = replace(fields, '13800000001', '13900000009')")
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    assert page.lines[0].changed


def test_what_somebody_changed_is_not_taken_over_into_a_correction(hall: RegisterHall) -> None:
    number = hall.take()
    with sqlite3.connect(hall.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE register_entry SET fields = replace(fields, '13800000001', '13900000009')")
    with pytest.raises(CommandRefused) as refused:
        hall.do(commands.AmendEntry, number=number, fields={"contact": "乙某"}, reason="写错")
    assert refused.value.fields["field.phone"] == "missing"
    page = hall.source.register(KEY, hall.incident, "by-hand", STAFF)
    assert page
    assert page.lines[0].changed, "it stays marked"


def test_the_hash_cannot_be_found_by_trying_names_and_numbers(hall: RegisterHall) -> None:
    hall.take()
    hall.take()
    taken = [event.digest for event in hall.events() if isinstance(event, EntryTaken)]
    assert len(set(taken)) == 2
    with sqlite3.connect(hall.url.removeprefix("sqlite:///")) as connection:
        salts = [salt for (salt,) in connection.execute("SELECT salt FROM register_entry")]
    assert len(set(salts)) == 2
    assert all(len(salt) == 32 for salt in salts)
