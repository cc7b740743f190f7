"""The alarm table: what holds, clears, flaps and freezes, and that it can do nothing else."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.alarms import TABLE, Stimulus, is_forgotten, is_raised, resume, step
from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.rules import ConditionRule
from hallwatch_collector.core.state import Alarm, Phase


def fault(**settings: float) -> Fault:
    rule = ConditionRule(condition="jam")
    return Fault(id="jam", name="卡纸", name_en="jam", when=rule, effect="unusable", **settings)


def alarm() -> Alarm:
    return Alarm(device="prn-1", fault="jam", phase="clear")


def run(subject: Alarm, of: Fault, *steps: tuple[float, Stimulus]) -> list[tuple[float, str]]:
    """Play stimuli, ending each hold at its moment as the engine does; return the flips with their moments."""
    flips = []
    for at, stimulus in steps:
        while subject.due is not None and subject.due <= at:
            due = subject.due
            flips.append((due, step(subject, of, Stimulus.DUE, due)))
        flips.append((at, step(subject, of, stimulus, at)))
        while subject.due is not None and subject.due <= at:
            flips.append((at, step(subject, of, Stimulus.DUE, subject.due)))
    return [(at, flip) for at, flip in flips if flip]


def test_the_table_says_what_happens_for_every_phase_and_stimulus() -> None:
    assert set(TABLE) == {(phase, stimulus) for phase in get_args(Phase) for stimulus in Stimulus}


def test_a_fault_is_raised_at_the_end_of_its_hold_however_late_that_is_noticed() -> None:
    flips = run(alarm(), fault(hold_s=10), (0, Stimulus.HOLDS), (60, Stimulus.HOLDS))
    assert flips == [(10, "raised")]


def test_a_glitch_shorter_than_the_hold_is_nothing() -> None:
    subject = alarm()
    assert run(subject, fault(hold_s=10), (0, Stimulus.HOLDS), (9, Stimulus.GONE), (60, Stimulus.GONE)) == []
    assert is_forgotten(subject)


def test_a_gap_shorter_than_the_clear_hold_does_not_clear() -> None:
    steps = [(0, Stimulus.HOLDS), (5, Stimulus.GONE), (9, Stimulus.HOLDS), (20, Stimulus.GONE), (40, Stimulus.GONE)]
    assert run(alarm(), fault(clear_hold_s=10), *steps) == [(0, "raised"), (30, "cleared")]


@pytest.mark.parametrize("phase", get_args(Phase))
def test_what_nobody_sees_is_neither_raised_nor_cleared(phase: Phase) -> None:
    subject = Alarm(device="prn-1", fault="jam", phase=phase, due=5 if phase in ("rising", "falling") else None)
    before = is_raised(subject)
    assert step(subject, fault(hold_s=5, clear_hold_s=5), Stimulus.UNSEEN, 3) is None
    assert is_raised(subject) is before
    assert subject.due is None


def test_flapping_stays_raised_until_quiet() -> None:
    of = fault(flap_count=3, flap_window_s=600, flap_hold_s=300)
    steps = [(moment, Stimulus.HOLDS if moment % 20 == 0 else Stimulus.GONE) for moment in range(0, 200, 10)]
    flips = run(alarm(), of, *steps, (1000, Stimulus.GONE))
    assert [flip for _, flip in flips] == ["raised", "cleared", "raised", "cleared", "raised", "cleared"]
    assert flips[-1][0] == 190 + 300


def test_its_flapping_past_is_forgotten_after_a_while() -> None:
    subject = alarm()
    run(subject, fault(), (0, Stimulus.HOLDS), (1, Stimulus.GONE))
    assert not is_forgotten(subject)
    run(subject, fault(), (700, Stimulus.GONE))
    assert is_forgotten(subject)


def test_a_restart_voids_running_holds_only() -> None:
    phases = {"clear": "clear", "rising": "clear", "raised": "raised", "falling": "raised"}
    for phase, after in phases.items():
        subject = Alarm(device="prn-1", fault="jam", phase=phase, due=5)
        resume(subject)
        assert subject.phase == after


moments = st.lists(
    st.tuples(st.floats(0.1, 50, allow_nan=False), st.sampled_from([Stimulus.HOLDS, Stimulus.GONE, Stimulus.UNSEEN])),
    max_size=60,
)


@given(moments, st.floats(0, 30), st.floats(0, 30))
def test_flips_alternate_in_time_and_agree_with_the_phase(
    gaps: list[tuple[float, Stimulus]], hold_s: float, clear_hold_s: float
) -> None:
    subject, at, steps = alarm(), 0.0, []
    for gap, stimulus in gaps:
        at += gap
        steps.append((at, stimulus))
    flips = run(subject, fault(hold_s=hold_s, clear_hold_s=clear_hold_s), *steps)
    kinds = [flip for _, flip in flips]
    assert kinds == ["raised", "cleared"] * (len(kinds) // 2) + ["raised"] * (len(kinds) % 2)
    assert [moment for moment, _ in flips] == sorted(moment for moment, _ in flips)
    assert is_raised(subject) is (len(kinds) % 2 == 1)


@given(moments, st.floats(0.5, 30))
def test_nothing_is_raised_without_holding_for_its_hold(gaps: list[tuple[float, Stimulus]], hold_s: float) -> None:
    at, steps = 0.0, []
    for gap, stimulus in gaps:
        at += gap
        steps.append((at, stimulus))
    for moment, flip in run(alarm(), fault(hold_s=hold_s), *steps):
        within = [stimulus for when, stimulus in steps if moment - hold_s < when < moment]
        assert flip != "raised" or set(within) <= {Stimulus.HOLDS}


def run_beside(
    subject: Alarm, of: Fault, steps: list[tuple[float, Stimulus]], greater: list[tuple[float, float]]
) -> list[tuple[float, str]]:
    """Play stimuli as the engine does while another fault brings this one along during the spans *greater*."""
    flips: list[tuple[float, str | None]] = []

    def is_held(at: float) -> bool:
        return any(start <= at < end for start, end in greater)

    for at, stimulus in steps:
        while subject.due is not None and subject.due <= at:
            due = subject.due
            ended = Stimulus.HELD if subject.phase == "rising" and is_held(due) else Stimulus.DUE
            flips.append((due, step(subject, of, ended, due)))
        freed = stimulus is Stimulus.HOLDS and subject.phase == "held" and not is_held(at)
        flips.append((at, step(subject, of, Stimulus.FREED if freed else stimulus, at)))
    return [(at, flip) for at, flip in flips if flip]


spans = st.lists(st.tuples(st.floats(0, 400), st.floats(0.1, 200)), max_size=5)


@given(moments, spans, st.floats(0.5, 30), st.floats(0, 30))
def test_what_another_fault_brings_along_is_held_back_and_loses_no_time(
    gaps: list[tuple[float, Stimulus]], lengths: list[tuple[float, float]], hold_s: float, clear_hold_s: float
) -> None:
    greater = [(start, start + length) for start, length in lengths]
    at, steps = 0.0, []
    for gap, stimulus in gaps:
        at += gap
        steps.append((at, stimulus))
    of, subject = fault(hold_s=hold_s, clear_hold_s=clear_hold_s), alarm()
    flips = run_beside(subject, of, steps, greater)
    assert [flip for _, flip in flips] == (["raised", "cleared"] * len(flips))[: len(flips)]
    raised = [moment for moment, flip in flips if flip == "raised"]
    for moment in raised:
        assert not any(start <= moment < end for start, end in greater), "it is raised while it is no news"
        within = {stimulus for when, stimulus in steps if moment - hold_s < when < moment}
        assert within <= {Stimulus.HOLDS}, "its hold was not whole"
    alone = [moment for moment, flip in run(alarm(), of, *steps) if flip == "raised"]
    free = [moment for moment in alone if not any(start <= moment < end for start, end in greater)]
    assert set(free) <= set(raised), "what nothing brings along is raised when it would have been"


def test_a_fault_that_was_held_back_is_raised_as_soon_as_the_other_one_is_gone() -> None:
    steps = [(0, Stimulus.HOLDS), (30, Stimulus.HOLDS), (60, Stimulus.HOLDS)]
    assert run_beside(alarm(), fault(hold_s=10), steps, [(0.0, 60.0)]) == [(60, "raised")]
    over = [(0, Stimulus.HOLDS), (30, Stimulus.GONE), (60, Stimulus.GONE)]
    assert run_beside(alarm(), fault(hold_s=10), over, [(0.0, 60.0)]) == []
