"""The emergency registers in the core: opened, merged, left to the hall, and never in the way of the wrong thing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.events import AnyEvent, IncidentMoved
from hallwatch_collector.core.hall import Agent, Window
from hallwatch_collector.core.register_events import (
    EntryMoved,
    EntryTaken,
    RegisterOpened,
    RegisterPurged,
    RegisterTakenBack,
)
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.views import IncidentView, MeasureView
from parts.answers import say_yes
from parts.county import Bench, hall, pc, printer

YEARS_S = 10 * 365 * 86_400.0
FIELDS = {"name": "测试甲公司", "contact": "甲某", "phone": "13800000001", "business": "申报"}


@pytest.fixture
def bench() -> Bench:
    """A hall of which a person said that it is out of use."""
    bench = Bench(hall([pc("pc-1", "w1"), printer("prn-1", "w1")]))
    do(bench, commands.ReportFault, thing="hall:", effect="unusable", text="停电")
    return bench


def do(bench: Bench, command: type[commands.Command], roles: tuple[str, ...] = ("*",), **more: Any) -> list[AnyEvent]:
    told: AnyCommand = command(by="小陈", roles=list(roles), **more)  # type: ignore[assignment]
    events = bench.engine.on_command(bench.key, told, bench.now)
    bench.events += events
    return events


def measure(bench: Bench, clause: str, status: str = "open") -> MeasureView:
    view = bench.engine.view(bench.key, bench.now)
    return next(each for each in view.measures if (each.clause, each.status) == (clause, status))


def incident(bench: Bench, device: str = "hall:") -> IncidentView:
    return next(each for each in bench.engine.view(bench.key, bench.now).incidents if each.device == device)


def take(bench: Bench, **more: Any) -> str:
    told = {"incident": incident(bench).id, "register": "by-hand", "fields": FIELDS} | more
    return next(event.number for event in do(bench, commands.TakeEntry, **told) if isinstance(event, EntryTaken))


def close(bench: Bench) -> None:
    """Answer everything that is asked until the incident is closed."""
    while incident(bench).status != "closed":
        for each in bench.engine.view(bench.key, bench.now).measures:
            if each.status == "open" and each.mode in ("ask", "show"):
                bench.events += bench.engine.on_command(bench.key, say_yes(each, "小陈", "*"), bench.now)
        bench.wait(300)


def refusal(bench: Bench, command: type[commands.Command], **more: Any) -> CommandRefused:
    before = msgspec.json.encode(bench.engine.state(bench.key))
    with pytest.raises(CommandRefused) as refused:
        do(bench, command, **more)
    assert msgspec.json.encode(bench.engine.state(bench.key)) == before
    return refused.value


def test_a_register_is_opened_by_confirming_and_taken_back_only_while_empty(bench: Bench) -> None:
    asked = measure(bench, "D2").id
    told = do(bench, commands.Confirm, measure=asked)
    assert [event.register for event in told if isinstance(event, RegisterOpened)] == ["by-hand"]
    told = do(bench, commands.Retract, measure=asked, reason="点错了")
    assert [event.register for event in told if isinstance(event, RegisterTakenBack)] == ["by-hand"]
    assert bench.engine.view(bench.key, bench.now).registers == ()
    assert refusal(bench, commands.TakeEntry, incident="inc-1", register="by-hand", fields=FIELDS).code in (
        "unknown-register", "unknown-incident",
    )  # fmt: skip
    do(bench, commands.Confirm, measure=asked)
    do(bench, commands.ReserveNumbers, incident=incident(bench).id, register="by-hand", sheets=1)
    assert refusal(bench, commands.Retract, measure=asked, reason="点错了").code == "register-in-use"


def test_an_entry_goes_its_way_step_by_step(bench: Bench) -> None:
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    number = take(bench)
    assert refusal(bench, commands.TellTaxpayer, number=number).fields == {"number": number, "status": "accepted"}
    do(bench, commands.EnterEntry, number=number)
    assert refusal(bench, commands.EnterEntry, number=number).code == "entry-state"
    do(bench, commands.AmendEntry, number=number, fields=FIELDS | {"contact": "乙某"}, reason="写错")
    do(bench, commands.TellTaxpayer, number=number)
    for command, more in (
        (commands.TellTaxpayer, {}),
        (commands.VoidEntry, {"reason": "-"}),
        (commands.AmendEntry, {"fields": FIELDS, "reason": "-"}),
    ):
        assert refusal(bench, command, number=number, **more).fields["status"] == "told"
    assert refusal(bench, commands.EnterEntry, number="SG-1").code == "unknown-entry"


def test_what_is_wrong_is_named_by_field_and_takes_no_number(bench: Bench) -> None:
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    told = {"incident": incident(bench).id, "register": "by-hand"}
    wrong = refusal(bench, commands.TakeEntry, fields={"name": "某", "phone": "1"}, **told)
    assert wrong.code == "wrong-fields"
    assert {key: value for key, value in wrong.fields.items() if key.startswith("field.")} == {
        "field.contact": "missing", "field.phone": "not-phone", "field.business": "missing",
    }  # fmt: skip
    assert refusal(bench, commands.TakeEntry, fields=FIELDS, written_at=bench.now + 1, **told).code == "wrong-moment"
    assert refusal(bench, commands.TakeEntry, fields=FIELDS, number="SG-1", **told).code == "unknown-entry"
    assert take(bench).endswith("-001")


def test_a_register_moves_with_the_incident_that_is_merged(bench: Bench) -> None:
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    number = take(bench)
    do(bench, commands.ReportFault, thing="prn-1", effect="unusable", text="卡纸")
    printer_s, hall_s = incident(bench, "prn-1").id, incident(bench).id
    do(bench, commands.Merge, incident=hall_s, into=printer_s, reason="同一原因")
    assert [(each.incident, each.accepted) for each in bench.engine.view(bench.key, bench.now).registers] == [
        (printer_s, 1)
    ]
    assert measure(bench, "D3").incident == printer_s
    do(bench, commands.EnterEntry, number=number)


def test_an_incident_whose_device_leaves_the_hall_file_keeps_its_open_entries() -> None:
    windows = [Window(id="w1", number=1, name="1号窗口", classes=["filing"])]
    bench = Bench(hall([pc("pc-1", "w1")], windows=windows, agents=[Agent(id="gw")]))
    do(bench, commands.ReportFault, thing="pc-1", effect="unusable", text="不开机")
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    told = {"incident": incident(bench, "pc-1").id, "register": "by-hand", "fields": FIELDS}
    do(bench, commands.TakeEntry, **told)
    do(bench, commands.ReserveNumbers, incident=told["incident"], register="by-hand", sheets=1)
    edited = hall([pc("pc-2", "w1")], windows=windows, agents=[Agent(id="gw")])
    bench.events += bench.engine.load_hall(edited, "d2", None, bench.now)
    left = incident(bench)
    assert (left.id, left.status) == (told["incident"], "recovered")
    number = next(event.number for event in bench.events if isinstance(event, EntryTaken))
    do(bench, commands.VoidEntry, number=number, reason="本人取消")
    do(bench, commands.ReturnSheets, incident=told["incident"], register="by-hand")
    for _ in range(3):
        view = bench.engine.view(bench.key, bench.now)
        for each in view.measures:
            if each.status == "open" and each.mode in ("ask", "show"):
                bench.events += bench.engine.on_command(bench.key, say_yes(each, "小陈", "*"), bench.now)
        bench.wait(1900)
    assert IncidentMoved in {type(event) for event in bench.events if getattr(event, "status", "") == "closed"}
    moved = [(event.status, event.by) for event in bench.events if isinstance(event, EntryMoved)]
    assert moved == [("void", "小陈"), ("void", "小陈")]


def test_an_incident_that_comes_back_goes_on_in_its_register(bench: Bench) -> None:
    """F3: numbers go on, what was struck out stays so, and nothing is purged while it stands."""
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    do(bench, commands.VoidEntry, number=take(bench), reason="-")
    do(bench, commands.ReportOver, thing="hall:", text="来电")
    close(bench)
    do(bench, commands.ReportFault, thing="hall:", effect="unusable", text="又停电")
    assert incident(bench).status == "detected"
    assert measure(bench, "D3").subject == "register:by-hand"
    assert take(bench).endswith("-002")
    assert bench.engine.state(bench.key).kept_registers == HallState().kept_registers


def test_a_clock_that_is_set_does_not_delete_what_is_kept(bench: Bench) -> None:
    """Personal data is kept for so many days, not until a date: a clock that was wrong for years changes nothing."""
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    do(bench, commands.VoidEntry, number=take(bench), reason="-")
    do(bench, commands.ReportOver, thing="hall:", text="来电")
    close(bench)
    bench.wait(2 * 3600)
    assert len(bench.engine.state(bench.key).kept_registers) == 1
    bench.engine.shift_clock(YEARS_S)
    bench.now += YEARS_S
    bench.wait(60)
    assert len(bench.engine.state(bench.key).kept_registers) == 1
    bench.now += 180 * 86_400
    bench.wait(1)
    assert bench.engine.state(bench.key).kept_registers == []
    assert any(isinstance(event, RegisterPurged) for event in bench.events)


def test_the_register_of_a_closed_incident_takes_nothing(bench: Bench) -> None:
    do(bench, commands.Confirm, measure=measure(bench, "D2").id)
    number, of = take(bench), incident(bench).id
    do(bench, commands.VoidEntry, number=number, reason="-")
    do(bench, commands.ReportOver, thing="hall:", text="来电")
    close(bench)
    assert refusal(bench, commands.TakeEntry, incident=of, register="by-hand", fields=FIELDS).code == "unknown-incident"
    assert refusal(bench, commands.EnterEntry, number=number).code == "unknown-entry"
