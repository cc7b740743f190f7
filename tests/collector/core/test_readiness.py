"""Maintenance, rounds and duty by the calendar, and that planned work is never taken for a failure, nor the reverse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector import plans
from hallwatch_collector.core.commands.readiness import ReadinessCommand
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent, FaultCleared, FaultRaised, IncidentMoved, IncidentOpened
from hallwatch_collector.core.hall import Contact, Device, Hall, OpeningHours, Place
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.readiness.duty import who_is_on_duty
from hallwatch_collector.core.readiness.maintenance import next_occurrence
from hallwatch_collector.core.readiness.tables import DutyTurn, MaintenancePlan, Supply
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.topology import Topology
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.core.workdays import Calendar, DayOff
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.player import Player
from hallwatch_collector.replay import play_scenario
from hallwatch_collector.simulate.scenario import Scenario
from hallwatch_collector.simulate.steps import Act, AnyStep, End, Restart, Start

PLAN, CATALOGUE = plans.load()
KNOWN = Known.of(PLAN, CATALOGUE)
HOURS = Hours([], "Asia/Shanghai")
TUESDAY = dt.date(2026, 3, 10)
CASE = Path(__file__).parents[2] / "halls" / "fault-comes-back" / "hall.toml"


def at(time: str, day: dt.date = TUESDAY) -> float:
    hour, minute = map(int, time.split(":"))
    return HOURS.moment(day, hour * 60 + minute)


def work(from_: str, to: str, *days: Any) -> MaintenancePlan:
    return MaintenancePlan(id="work", devices=["prn-1"], text="保养", from_=from_, to=to, days=list(days))


@pytest.mark.parametrize(
    ("plan", "now", "told"),
    [
        (work("2026-03-10 18:00", "2026-03-10T20:00"), "09:00", ("work", "18:00", "20:00")),
        (work("2026-03-10 18:00", "2026-03-10 20:00"), "19:59", ("work", "18:00", "20:00")),
        (work("2026-03-10 18:00", "2026-03-10 20:00"), "20:00", None),
        (work("18:00", "20:00", "tue"), "20:00", ("work-20260317", "258:00", "188:00")),
        (work("22:00", "02:00", "mon", "tue"), "01:59", ("work-20260309", "-2:00", "02:00")),
        (work("22:00", "02:00", "mon", "tue"), "02:00", ("work-20260310", "22:00", "26:00")),
        (work("20:00", "24:00", "tue"), "09:00", ("work-20260310", "20:00", "24:00")),
    ],
)
def test_the_next_time_of_a_plan(plan: MaintenancePlan, now: str, told: tuple[str, str, str] | None) -> None:
    found = next_occurrence(plan, HOURS, at(now))
    if told is None:
        assert found is None
    elif told[0] == "work-20260317":
        assert found is not None
        assert (found.id, found.begins_at, found.ends_at) == (told[0], at("18:00") + 7 * 86400, at("20:00") + 7 * 86400)
    else:
        assert found is not None
        assert (found.id, found.begins_at, found.ends_at) == (told[0], at(told[1]), at(told[2]))


@given(
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    from_=st.integers(0, 1439),
    to=st.integers(1, 1440),
    now=st.floats(at("00:00"), at("00:00") + 400 * 86400),
)
def test_a_weekly_plan_always_has_a_next_time_that_is_not_over(days: set[Any], from_: int, to: int, now: float) -> None:
    plan = work(f"{from_ // 60:02}:{from_ % 60:02}", f"{to // 60:02}:{to % 60:02}", *days)
    found = next_occurrence(plan, HOURS, now)
    assert found is not None
    assert found.begins_at < found.ends_at
    assert now < found.ends_at <= now + 9 * 86400
    assert WEEKDAYS[HOURS.local(found.begins_at).weekday()] in days
    again = next_occurrence(plan, HOURS, found.begins_at)
    assert again is not None
    assert again.begins_at <= found.begins_at


def hall(**changes: Any) -> Hall:
    return structs.replace(read_hall(CASE, KNOWN).hall, **changes)


TURNS = [
    DutyTurn(role="technician", person="早班", days=["tue"], from_="08:00", to="16:00"),
    DutyTurn(role="technician", person="夜班", days=["tue"], from_="16:00", to="08:00"),
    DutyTurn(role="technician", person="替班", dates=[TUESDAY], from_="12:00", to="14:00"),
]


@pytest.mark.parametrize(
    ("time", "day", "person"),
    [
        ("07:59", 0, "值班室"),
        ("08:00", 0, "早班"),
        ("12:00", 0, "替班"),
        ("14:00", 0, "早班"),
        ("16:00", 0, "夜班"),
        ("07:59", 1, "夜班"),
        ("08:00", 1, "值班室"),
        ("12:00", 7, "早班"),
    ],
)
def test_who_is_on_duty(time: str, day: int, person: str) -> None:
    here = hall(duty=TURNS, contacts=[Contact(role="technician", name="值班室")])
    found = who_is_on_duty(here, HOURS, "technician", at(time, TUESDAY + dt.timedelta(days=day)))
    assert found is not None
    assert found.name == person
    assert who_is_on_duty(here, HOURS, "head", at(time)) is None


def engine_of(here: Hall, now: float) -> tuple[Engine, list[AnyEvent]]:
    engine = Engine(PLAN, CATALOGUE)
    return engine, engine.load_hall(here, "1", None, now)


def test_a_round_is_due_on_days_on_which_the_hall_is_open() -> None:
    hours = [OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")]
    off = {TUESDAY: DayOff("休", "off")}
    here = hall(hours=hours, closed=[dt.date(2026, 3, 12)], calendar=Calendar(off=off))
    engine, _ = engine_of(here, at("00:00"))
    told = []
    now = at("00:00")
    while now < at("00:00") + 7 * 86400:
        now = max(engine.next_due(), now + 1)
        told += [event for events in engine.on_tick(now).values() for event in events]
    due = [event.round for event in told if isinstance(event, ready.RoundDue)]
    assert due == ["round-20260311-0815", "round-20260313-0815", "round-20260316-0815"]
    ended = [(event.round, event.by) for event in told if isinstance(event, ready.RoundEnded)]
    assert ended == [(name, "") for name in due]


def test_where_a_supply_lies_is_said_as_people_call_it() -> None:
    supplies = [Supply(id="paper", name="A4纸", place="machine-room"), Supply(id="toner", name="硒鼓", place="库房")]
    engine, _ = engine_of(hall(places=[Place(id="machine-room", name="机房")], supplies=supplies), at("09:00"))
    (key,) = engine.halls()
    assert [each.place for each in engine.view(key, at("09:00")).readiness.supplies] == ["机房", "库房"]


@pytest.mark.parametrize(
    ("first", "due"),
    [
        (at("09:00"), ["round-20260310-0815", "round-20260311-0815"]),
        (at("07:00"), ["round-20260311-0815"]),
        (at("07:00", dt.date(2030, 5, 7)), ["round-20260310-0815", "round-20260311-0815"]),
    ],
)
def test_a_clock_that_is_set_back_holds_up_no_round_and_opens_none_twice(first: float, due: list[str]) -> None:
    """A clock that was an hour ahead, one that had come past the round, and one that was years ahead."""
    week = [OpeningHours(days=list(WEEKDAYS), from_="09:00", to="17:00")]
    engine, told = engine_of(hall(hours=week), first)
    engine.on_tick(first + 2 * 3600)
    now = at("08:00")
    engine.shift_clock(now - first - 2 * 3600)
    while now < at("12:00") + 86400:
        now += 600
        told += [event for events in engine.on_tick(now).values() for event in events]
    assert [event.round for event in told if isinstance(event, ready.RoundDue)] == due


def test_what_is_down_by_plan_explains_only_what_nothing_that_failed_explains() -> None:
    devices = [
        Device(id="a", kind="router", name="a"),
        Device(id="b", kind="router", name="b"),
        Device(id="both", kind="pc", name="both", depends_on=[["a", "b"]]),
        Device(id="each", kind="pc", name="each", depends_on=["a", "b"]),
    ]
    topology, down = Topology(devices), {"a": 2.0, "b": 1.0}
    assert topology.root_cause("both", down.get) == "a"
    for device in ("both", "each"):
        assert topology.root_cause(device, down.get, {"a"}.__contains__) == "b"
        assert topology.root_cause(device, down.get, {"a", "b"}.__contains__) == "a"


def test_a_step_of_the_clock_moves_what_was_said_as_a_span_and_leaves_the_calendar() -> None:
    here = hall(maintenance=[work("2026-03-10 18:00", "2026-03-10 20:00")])
    engine, _ = engine_of(here, at("09:00"))
    told = {"by": "张工", "roles": ["*"], "devices": ["prn-2"], "text": "保养", "minutes": 30}
    engine.on_command(
        here.key, msgspec.convert({**told, "command": "start-maintenance"}, ReadinessCommand), at("09:00")
    )
    engine.shift_clock(3600.0)
    works = engine.state(here.key).readiness.maintenance
    assert works["work"].begins_at == at("18:00")
    assert [each.ends_at for each in works.values() if each.spans] == [at("10:30")]
    begun = [event for events in engine.on_tick(at("18:00")).values() for event in events]
    assert "work" in [event.maintenance for event in begun if isinstance(event, ready.MaintenanceBegun)]


def jammed(file: Path, *steps: tuple[float, AnyStep]) -> list[dict[str, Any]]:
    """Return what comes of steps, each so many seconds after nine."""
    read = read_hall(file, KNOWN)
    player = Player(PLAN, CATALOGUE, read, at("09:00"), as_json=True)
    moments = [(at("09:00") + moment, step) for moment, step in sorted(steps, key=lambda each: each[0])]
    until = max(moment for moment, _ in moments) + 60
    play_scenario(player, Scenario(start=at("09:00"), until=until, steps=moments), read, KNOWN)
    return [msgspec.json.decode(line) for line in player.lines]


def test_an_edited_file_ends_what_runs_and_the_fault_is_one_like_any_other(tmp_path: Path) -> None:
    text = CASE.read_text(encoding="utf-8")
    span = 'from = "2026-03-10 09:00", to = "2026-03-10 12:00"'
    plan = f'maintenance = [{{ id = "m", devices = ["prn-1"], text = "x", {span} }}]\n'
    (tmp_path / "hall.toml").write_text(text + plan, encoding="utf-8")
    read = read_hall(tmp_path / "hall.toml", KNOWN)
    player = Player(PLAN, CATALOGUE, read, at("09:00"), as_json=True)
    steps = [(at("09:01"), Start(at=0, thing="prn-1", fault="jam"))]
    play_scenario(player, Scenario(start=at("09:00"), until=at("09:05"), steps=steps), read, KNOWN)
    assert not [line for line in player.lines if '"incident-opened"' in line]
    longer = plan.replace("12:00", "13:00")
    (tmp_path / "hall.toml").write_text(text + longer, encoding="utf-8")
    player.load(read_hall(tmp_path / "hall.toml", KNOWN), None)
    assert any('"maintenance-extended"' in line for line in player.lines)
    player.load(read_hall(CASE, KNOWN), None)
    assert any('"maintenance-ended"' in line and "hall-file" in line for line in player.lines)
    assert [line for line in player.lines if '"incident-opened"' in line]


def act(order: str, **say: Any) -> Act:
    return Act(at=0, order=order, by="张工", say=say)


THINGS = ("prn-1", "rt-1")
BEGINNINGS = st.builds(
    lambda devices, minutes: act("start-maintenance", devices=devices, text="x", minutes=minutes),
    st.sampled_from([["prn-1"], ["rt-1"], ["rt-1", "prn-1"]]),
    st.sampled_from([None, 1, 2, 5]),
)
OTHERS = st.one_of(
    st.builds(lambda n: act("end-maintenance", maintenance=f"mnt-{n}"), st.integers(1, 6)),
    st.builds(lambda n: act("extend-maintenance", maintenance=f"mnt-{n}", minutes=3), st.integers(1, 6)),
    st.just(Restart(at=0)),
)
STEPS = st.sampled_from(THINGS) | BEGINNINGS | OTHERS
"""What may happen; the name of a thing: it is switched off, or on again."""


def switched(steps: list[tuple[int, AnyStep | str]]) -> list[tuple[float, AnyStep]]:
    """Return the steps in order of time, with things switched off and on in turn."""
    off: set[str] = set()
    played: list[tuple[float, AnyStep]] = []
    for moment, step in sorted(steps, key=lambda each: each[0]):
        if isinstance(step, str):
            kind = End if step in off else Start
            off ^= {step}
            played.append((float(moment), kind(at=0, thing=step, fault="off")))
        else:
            played.append((float(moment), step))
    return played


class Watcher:
    """Follows the events of a hall, and refuses an incident where the work is planned."""

    def __init__(self) -> None:
        self.devices: dict[str, list[str]] = {}
        self.running: set[str] = set()
        self.down: set[str] = set()
        self.incidents: dict[str, str] = {}

    @property
    def covered(self) -> set[str]:
        return {device for name in self.running for device in self.devices[name]}

    def see(self, event: AnyEvent) -> None:
        match event:
            case ready.MaintenanceBegun():
                self.devices[event.maintenance] = event.devices
                self.running.add(event.maintenance)
            case ready.MaintenanceExtended():
                self.running.add(event.maintenance)
            case ready.MaintenanceEnded() | ready.MaintenanceOverdue():
                self.running.discard(event.maintenance)
            case FaultRaised(device="prn-1" | "rt-1", cause=""):
                self.down.add(event.device)
                assert not event.planned or event.device in self.covered
            case FaultCleared(device="prn-1" | "rt-1"):
                self.down.discard(event.device)
            case IncidentOpened():
                assert event.device not in self.covered, event
                self.incidents[event.incident] = event.device
            case IncidentMoved(status="recovered" | "closed"):
                self.incidents.pop(event.incident, None)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps=st.lists(st.tuples(st.integers(1, 600), STEPS), min_size=4, max_size=12))
def test_planned_work_is_no_incident_and_what_is_left_is_one(steps: list[tuple[int, AnyStep | str]]) -> None:
    """Whatever people do: no incident begins on a device while its maintenance runs, and none is missing after it."""
    watcher = Watcher()
    for event in jammed(CASE, *switched(steps), (700.0, Restart(at=0))):
        watcher.see(msgspec.convert(_bare(event), type=AnyEvent))
    assert watcher.down - watcher.covered <= set(watcher.incidents.values())


def test_a_planned_fault_is_told_as_planned_and_survives_a_restart() -> None:
    begin = act("start-maintenance", devices=["prn-1"], text="x", minutes=5)
    told = jammed(
        CASE, (1, begin), (5, Start(at=0, thing="prn-1", fault="jam")), (10, Restart(at=0)), (200, Restart(at=0))
    )
    events = [msgspec.convert(_bare(event), type=AnyEvent) for event in told]
    assert [event.planned for event in events if isinstance(event, FaultRaised)] == [True]
    assert not [event for event in events if isinstance(event, IncidentOpened)]


def test_planned_work_is_not_counted_among_the_failures() -> None:
    """Down by plan from 09:01 to 09:02, and still down then: it has failed since 09:02, not since the first symptom."""
    read = read_hall(CASE, KNOWN)
    player = Player(PLAN, CATALOGUE, read, at("09:00"))
    begin = act("start-maintenance", devices=["core-system"], text="x", minutes=1)
    steps = [(at("09:01"), begin), (at("09:01") + 5, Start(at=0, thing="core-system", fault="off"))]
    play_scenario(player, Scenario(start=at("09:00"), until=at("09:01") + 50, steps=steps), read, KNOWN)
    assert player._engine.state(player.key).failures == []
    play_scenario(player, Scenario(start=at("09:01") + 51, until=at("09:03"), steps=[]), read, KNOWN)
    told = [(failure.device, failure.since) for failure in player._engine.state(player.key).failures]
    assert told == [("core-system", at("09:02"))]


def _bare(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "hall"}


def test_the_state_can_be_written_and_read() -> None:
    engine, _ = engine_of(hall(maintenance=[work("18:00", "20:00", "tue")]), at("09:00"))
    state = engine.state(hall().key)
    assert msgspec.json.decode(msgspec.json.encode(state), type=HallState) == state
