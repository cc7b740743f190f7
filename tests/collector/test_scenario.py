"""Scenarios: the file as people write it, and what simulated agents put on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_agent.wire import Birth, Death, ProbeNow, Report, decode_life, decode_report, encode
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.simulate.agent import BACKLOG_A_STEP, SimulatedAgent
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.scenario import Sent, Stage, load_scenario
from hallwatch_collector.simulate.steps import End, Start
from hallwatch_collector.simulate.world import NotInTheWorld, World
from parts.simulated_hall import make_hall

AT = 1_773_104_400.0  # 2026-03-10 09:00:00 in Shanghai


def write(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_moments_are_local_times_dates_or_seconds(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        start = 2026-03-10T09:00:00
        until = 2026-03-11T08:00:00
        steps = [
          { at = 2026-03-11T07:00:00, do = "restart" },
          { at = 09:01:00, do = "start", thing = "rt-1", fault = "off" },
          { at = 90.5, do = "end", thing = "rt-1", fault = "off" },
        ]
        """,
    )
    scenario = load_scenario(path, "Asia/Shanghai")
    assert (scenario.start, scenario.until) == (AT, AT + 23 * 3600)
    assert [at - AT for at, _ in scenario.steps] == [60, 90.5, 22 * 3600]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ('{ at = 10:00:00, do = "restart" }', "not between start and until"),
        ('{ at = "soon", do = "restart" }', "'soon' is no moment"),
        ('{ at = 09:01:00, do = "explode" }', "explode"),
        ('{ at = 09:01:00, do = "start", thing = "rt-1" }', "fault"),
        ('{ at = 09:01:00, do = "start", thing = "rt-1", fault = "off", why = "x" }', "why"),
        ("{ at = 09:01:00, do = }", "line 4"),
        ('{ at = 09:01:00, do = "explode" }', r"steps\[1\].do: 'explode' is unknown; there are acknowledge, "),
        ('{ at = 09:01:00, do = "end", thing = "rt 1", fault = "off" }', r"steps\[1\].thing: 'rt 1': give lower-case"),
        ('{ at = nan, do = "restart" }', r"steps\[1\].at: nan is no moment"),
        ('{ at = true, do = "restart" }', r"steps\[1\].at: true is no moment"),
    ],
)
def test_wrong_scenario_is_refused_with_its_reason(tmp_path: Path, step: str, says: str) -> None:
    path = write(tmp_path, f"start = 2026-03-10T09:00:00\nuntil = 09:05:00\nsteps = [\n  {step}\n]\n")
    with pytest.raises(FileRefused, match=says) as refused:
        load_scenario(path, "Asia/Shanghai")
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("", "key 'start' is missing"),
        ("start = 09:00:00", "start: 09:00:00: give a date and time, such as 2026-03-10T09:00:00"),
        ('start = "today"', "start: 'today': give a date and time"),
    ],
)
def test_a_scenario_needs_a_start_with_its_day(tmp_path: Path, start: str, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        load_scenario(write(tmp_path, f"{start}\nuntil = 09:05:00\nsteps = []\n"), "Asia/Shanghai")
    assert says in str(refused.value)


class Theatre:
    """A stage that is played second by second."""

    def __init__(self) -> None:
        self.stage = Stage(make_hall(), load_fault_kinds())
        self.at = AT

    def play(self, seconds: int) -> list[tuple[float, Sent]]:
        sent = []
        for _ in range(seconds):
            sent += [(self.at - AT, one) for one in self.stage.second(self.at)]
            self.at += 1
        return sent

    def start(self, thing: str, fault: str) -> None:
        self.stage.play(Start(at=0, thing=thing, fault=fault), self.at)

    def end(self, thing: str, fault: str) -> None:
        self.stage.play(End(at=0, thing=thing, fault=fault), self.at)


@pytest.fixture
def theatre() -> Theatre:
    return Theatre()


def reports(sent: list[tuple[float, Sent]], agent: str = "gw") -> Iterator[tuple[float, Report]]:
    for at, one in sent:
        if one.agent == agent and isinstance(one.message, Report):
            yield at, one.message


def lives(sent: list[tuple[float, Sent]], agent: str = "gw") -> list[tuple[float, type, str, int]]:
    messages = [(at, one.message) for at, one in sent if one.agent == agent]
    return [(at, type(m), m.boot, m.session) for at, m in messages if isinstance(m, Birth | Death)]


def test_birth_comes_first_then_one_report_a_cycle(theatre: Theatre) -> None:
    sent = theatre.play(12)
    assert isinstance(sent[0][1].message, Birth)
    cycles = list(reports(sent))
    assert [at for at, _ in cycles] == [0, 5, 10]
    assert [report.seq for _, report in cycles] == [1, 2, 3]
    assert {reading.device for reading in cycles[0][1].readings} == {"rt-1", "sw-1", "sw-2", "pc-1", "core"}


def test_everything_is_valid_on_the_wire_and_the_same_each_time(theatre: Theatre) -> None:
    def play(one: Theatre) -> list[bytes]:
        one.start("rt-1", "off")
        return [encode(sent.message) for _, sent in one.play(30)]

    first = play(theatre)
    assert first == play(Theatre())
    for payload in first:
        decoded = decode_life(payload) if b'"type"' in payload else decode_report(payload)
        assert encode(decoded) == payload


def test_killed_agent_dies_at_once_and_comes_back_as_another_boot(theatre: Theatre) -> None:
    theatre.play(10)
    theatre.start("gw", "killed")
    assert lives(theatre.play(30)) == [(10, Death, "boot-1", 1)]
    theatre.end("gw", "killed")
    assert lives(theatre.play(2)) == [(40, Birth, "boot-3", 1)]


def test_broker_notices_silence_after_one_and_a_half_keepalives(theatre: Theatre) -> None:
    theatre.play(10)
    theatre.start("gw", "offline")
    sent = theatre.play(60)
    assert lives(sent) == [(25, Death, "boot-1", 1)]
    assert list(reports(sent)) == []


def test_backlog_goes_after_the_present_newest_first_and_is_marked_late(theatre: Theatre) -> None:
    theatre.play(10)
    theatre.start("gw", "offline")
    theatre.play(200)
    theatre.end("gw", "offline")
    sent = theatre.play(10)
    assert lives(sent) == [(210, Birth, "boot-1", 2)]
    told = [report for _, report in reports(sent)]
    present, backlog = told[0], [report for report in told if report.late]
    assert not present.late
    assert present.spooled == 40 - BACKLOG_A_STEP
    moments = [report.readings[0].at - AT for report in backlog]
    assert moments == [205 - 5 * number for number in range(40)]
    assert len({report.seq for report in told}) == len(told)


def test_short_cut_of_the_line_is_not_a_death(theatre: Theatre) -> None:
    theatre.play(10)
    theatre.start("gw", "offline")
    theatre.play(5)
    theatre.end("gw", "offline")
    assert lives(theatre.play(20)) == [(15, Birth, "boot-1", 2)]


def test_machine_without_power_takes_its_agent_along(theatre: Theatre) -> None:
    theatre.play(10)
    theatre.start("pc-1", "off")
    assert lives(theatre.play(30), "desk") == [(25, Death, "boot-2", 1)]


def test_step_that_cannot_be_is_refused(theatre: Theatre) -> None:
    with pytest.raises(NotInTheWorld, match="rt-1"):
        theatre.start("rt-9", "off")


def test_new_assignment_keeps_the_turn_of_probes_that_stay() -> None:
    hall = make_hall()
    world = World(hall, load_fault_kinds())
    (assignment, _) = assignments(hall)
    agent = SimulatedAgent("gw")
    agent.assign(assignment)
    agent.start("b1")
    assert len(agent.step(world, AT, connected=True)[0].readings) == 5
    shorter = assignments(make_hall(devices=hall.devices[1:]))[0]
    assert agent.assign(shorter)
    assert not agent.assign(shorter)
    assert agent.step(world, AT + 1, connected=True) == []
    assert len(agent.step(world, AT + 5, connected=True)[0].readings) == 4


def test_probe_now_is_out_of_turn() -> None:
    hall = make_hall()
    agent = SimulatedAgent("gw")
    agent.assign(assignments(hall)[0])
    agent.start("b1")
    world = World(hall, load_fault_kinds())
    agent.step(world, AT, connected=True)
    agent.probe_now(ProbeNow("gw", ["sw-2"]).devices)
    (report,) = agent.step(world, AT + 1, connected=True)
    assert [reading.device for reading in report.readings] == ["sw-2"]
