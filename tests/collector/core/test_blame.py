"""Whose fault a window's loss is: by whom each class is lost, and under which incident it is decided."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.commands import CommandRefused, Confirm, Tick
from hallwatch_collector.core.events import MeasureRaised, MeasureUndone
from hallwatch_collector.core.hall import BusinessClass, Device, Window
from hallwatch_collector.core.impact import NOBODY, Blame, Impact
from hallwatch_collector.core.views import HallView, MeasureView
from parts.answers import say_yes
from parts.county import Bench, hall, pc, printer, probe

CLASSES = {
    "filing": BusinessClass(id="filing", name="申报", needs=["computer"]),
    "certificates": BusinessClass(id="certificates", name="证明", needs=["computer", "print"]),
}
WINDOW = Window(id="w1", number=1, name="1号窗口", classes=list(CLASSES))
ROOTS = ("a", "b", "c", "switch")
CAPABILITIES = ("computer", "print")


def giver(name: str, *gives: str) -> Device:
    return Device(id=name, kind="other", name=name, gives=list(gives))


def blames(devices: list[Device], takers: dict[str, dict[str, set[str]]]) -> dict[str, Blame]:
    impact = Impact([WINDOW], devices, CLASSES)
    return impact.reach("w1", lambda device: takers.get(device, {}), lambda _: False).lost


@pytest.mark.parametrize(
    ("takers", "expected"),
    [
        ({}, {}),
        ({"ticket": {"print": {"ticket"}}}, {}),
        ({"prn-a": {"print": {"prn-a"}}}, {}),
        (
            {"prn-a": {"print": {"prn-a"}}, "prn-b": {"print": {"prn-b"}}},
            {"certificates": Blame(frozenset({"prn-a", "prn-b"}), frozenset())},
        ),
        (
            {"prn-a": {"print": {"switch"}}, "prn-b": {"print": {"switch", "prn-b"}}},
            {"certificates": Blame(frozenset({"switch", "prn-b"}), frozenset({"switch"}))},
        ),
        (
            {"prn-a": {"print": {"prn-a"}}, "prn-b": {"print": {"prn-b"}}, "pc": {"computer": {"pc"}}},
            {
                "filing": Blame(frozenset({"pc"}), frozenset({"pc"})),
                "certificates": Blame(frozenset({"pc", "prn-a", "prn-b"}), frozenset({"pc"})),
            },
        ),
    ],
    ids=[
        "all well",
        "gives nothing",
        "the other still gives",
        "only together",
        "one of them alone",
        "two ways at once",
    ],
)
def test_by_whom_a_class_is_lost(takers: dict[str, dict[str, set[str]]], expected: dict[str, Blame]) -> None:
    devices = [giver("prn-a", "print"), giver("prn-b", "print"), giver("pc", "computer"), giver("ticket")]
    assert blames(devices, takers) == expected


faults = st.dictionaries(
    st.sampled_from(["d1", "d2", "d3"]),
    st.dictionaries(st.sampled_from(CAPABILITIES), st.sets(st.sampled_from(ROOTS), min_size=1)),
)
gives = st.lists(st.lists(st.sampled_from(CAPABILITIES), unique=True), min_size=3, max_size=3)


@given(gives, faults)
def test_who_is_alone_to_blame_would_cost_the_class_without_the_others(
    given_by: list[list[str]], takers: dict[str, dict[str, set[str]]]
) -> None:
    devices = [giver(f"d{number}", *each) for number, each in enumerate(given_by, 1)]
    found = blames(devices, takers)
    for root in ROOTS:
        only = {
            device: {name: {root} for name, roots in its.items() if root in roots} for device, its in takers.items()
        }
        suffices = set(blames(devices, only))
        assert {name for name, blame in found.items() if root in blame.alone} == suffices
        spared = {
            device: {name: rest for name, roots in its.items() if (rest := roots - {root})}
            for device, its in takers.items()
        }
        for name in found.keys() - blames(devices, spared).keys():
            assert root in found[name].involved, "without it the class would be there"
    assert all(blame.alone <= blame.involved and blame != NOBODY for blame in found.values())


# -- on a hall ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bench() -> Bench:
    both = ["w1", "w2"]
    ticket = Device(id="ticket", kind="queue-machine", name="叫号机", probes=[probe()])
    shared = [printer("prn-a", serves=both), printer("prn-b", serves=both)]
    made = Bench(hall([*shared, pc("pc-1", "w1"), pc("pc-2", "w2"), ticket]))
    made.born()
    return made


def view_of(bench: Bench) -> HallView:
    return bench.engine.view(bench.key, bench.now)


def open_measures(bench: Bench, clause: str) -> list[MeasureView]:
    return [each for each in view_of(bench).measures if (each.clause, each.status) == (clause, "open")]


def down(bench: Bench, *devices: str) -> None:
    for _ in range(8):
        bench.wait(2)
        bench.tell(**{device.replace("-", "_"): {"reachable": False} for device in devices})


def test_an_incident_shows_what_it_takes_and_no_more(bench: Bench) -> None:
    for _ in range(8):
        bench.wait(2)
        bench.tell(ticket={"cutter-failed": True}, pc_1={"reachable": False})
    takes = {incident.device: incident.takes for incident in view_of(bench).incidents}
    assert takes == {"ticket": {}, "pc-1": {"w1": ("filing", "certificates")}}
    levels = {incident.device: incident.level for incident in view_of(bench).incidents}
    assert levels == {"ticket": "Ⅳ", "pc-1": "Ⅳ"}, "half the windows, but not for half an hour"
    assert [sign.instead for sign in view_of(bench).signs if sign.place == "ticket"] == [""]


def test_two_that_only_together_cost_windows_all_they_take_are_asked_about_once() -> None:
    windows = [
        Window(id=f"w{number}", number=number, name=f"{number}号窗口", classes=["certificates"]) for number in (1, 2)
    ]
    shared = [printer(name, serves=["w1", "w2"]) for name in ("prn-a", "prn-b")]
    bench = Bench(hall([*shared, pc("pc-1", "w1"), pc("pc-2", "w2")], windows=windows))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True})
    down(bench, "prn-a")
    assert open_measures(bench, "W1") == []
    down(bench, "prn-a", "prn-b")
    asked = open_measures(bench, "W1")
    subjects = [measure.subject for measure in asked]
    assert subjects == ["prn-a", "class:certificates"], "no window can stand in for another"
    assert "1号窗口、2号窗口" in asked[0].text
    assert "prn-a:无应答;prn-b:无应答" in asked[0].text


def test_a_measure_whose_text_changes_is_not_raised_again(bench: Bench) -> None:
    down(bench, "pc-1")
    first = open_measures(bench, "W1")[0]
    down(bench, "pc-1", "prn-a", "prn-b")
    said = [event for event in bench.events if isinstance(event, MeasureRaised) and event.measure == first.id]
    assert [event.updated for event in said][:1] == [False]
    assert len(said) > 1
    assert all(event.updated for event in said[1:])


def test_what_was_for_a_short_repair_ends_by_time_and_says_so(bench: Bench) -> None:
    bench.tell(prn_a={"jam": True}, prn_b={"jam": False})
    to_wait = open_measures(bench, "D1")[0].id
    for _ in range(70):
        bench.wait(10)
        bench.tell(prn_a={"jam": True})
    with pytest.raises(CommandRefused, match="time-over"):
        bench.engine.on_command(bench.key, Tick(by="小陈", roles=["*"], measure=to_wait), bench.now)
    bench.tell(prn_a={"jam": False})
    undone = [event for event in bench.events if isinstance(event, MeasureUndone)]
    assert {event.because for event in undone if event.measure == to_wait} == {"time-over"}
    assert {event.clause: event.because for event in undone if event.clause != "D1"} == {
        "H1": "cause-gone", "H2": "cause-gone",
    }  # fmt: skip


def test_a_check_is_asked_for_once_and_counts_for_all_that_cost_the_window(bench: Bench) -> None:
    down(bench, "prn-a", "prn-b")
    bench.tell(prn_a={"reachable": True})
    checks = open_measures(bench, "D4")
    assert sorted(check.subject for check in checks) == ["w1", "w2"]
    for check in checks:
        bench.engine.on_command(bench.key, Tick(by="小陈", roles=["*"], measure=check.id), bench.now)
    bench.tell(prn_b={"reachable": True})
    assert open_measures(bench, "D4") == []
    bench.wait(1900)
    for measure in open_measures(bench, "R5") + open_measures(bench, "R7"):
        answered = Tick if measure.mode == "show" else Confirm
        bench.engine.on_command(bench.key, answered(by="王主任", roles=["*"], measure=measure.id), bench.now)
    assert {incident.status for incident in view_of(bench).incidents} == {"closed"}


DEVICES = ("prn-a", "prn-b", "pc-1", "pc-2", "ticket")
moves = st.lists(
    st.tuples(st.sampled_from(DEVICES), st.sampled_from(["jam", "fine", "down", "wait", "confirm", "tick", "restart"])),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(moves)
def test_a_window_is_decided_and_checked_once_whatever_happens(moves: list[tuple[str, str]]) -> None:
    both = ["w1", "w2"]
    shared = [printer("prn-a", serves=both), printer("prn-b", serves=both)]
    ticket = Device(id="ticket", kind="queue-machine", name="叫号机", probes=[probe()])
    bench = Bench(hall([*shared, pc("pc-1", "w1"), pc("pc-2", "w2"), ticket]))
    bench.born()
    for device, move in moves:
        bench.wait(3)
        if move == "restart":
            bench.restart()
        elif move == "wait":
            bench.wait(400)
        elif move in ("confirm", "tick"):
            answer(bench, move)
        else:
            told = {"cutter-failed" if device == "ticket" else "jam": move == "jam", "reachable": move != "down"}
            bench.report(Reading(device, "tcp", bench.now, conditions=told))
        check(view_of(bench))


def answer(bench: Bench, move: str) -> None:
    mode = "ask" if move == "confirm" else "show"
    for measure in view_of(bench).measures:
        if (measure.mode, measure.status) == (mode, "open"):
            bench.engine.on_command(bench.key, say_yes(measure, "x", "*"), bench.now)
            return


def check(view: HallView) -> None:
    waiting = [each for each in view.measures if each.status == "open" and each.mode != "auto"]
    asked = Counter((each.clause, each.subject) for each in waiting)
    takes = {incident.id: incident.takes for incident in view.incidents}
    windows = {window.id: window for window in view.windows}
    for (clause, subject), number in asked.items():
        assert number == 1 or subject not in windows, f"{clause} of {subject} is asked {number} times"
    for measure in view.measures:
        if measure.clause == "W1" and measure.status == "open" and not measure.subject.startswith("class:"):
            theirs = takes[measure.incident]
            assert measure.subject in theirs if measure.subject in windows else theirs
    for incident in view.incidents:
        assert incident.device != "ticket" or (incident.takes, incident.windows) == ({}, ())
        for window, names in incident.takes.items():
            assert set(names) <= set(windows[window].lost)
    lost = {window.id for window in view.windows if window.lost}
    standing = [incident for incident in view.incidents if incident.status in ("detected", "acknowledged")]
    assert lost >= {window for incident in standing for window in incident.takes}
