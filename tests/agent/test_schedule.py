"""What is due when; what travels together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.gather import MAX_READINGS, WINDOW_S, Gather
from hallwatch_agent.schedule import Schedule
from hallwatch_agent.wire import Reading


def schedule(intervals: dict[str, float], origin: float = 100.0) -> Schedule[str]:
    made: Schedule[str] = Schedule(origin)
    made.replace(intervals, origin)
    return made


def test_all_are_due_at_once_and_then_on_their_grids() -> None:
    s = schedule({"a": 15.0, "b": 30.0})
    assert s.due(100.0) == ["a", "b"]
    assert s.next_due() == 115.0
    assert s.due(114.999) == []
    assert s.due(115.0) == ["a"]
    assert s.due(130.2) == ["a", "b"]
    assert s.next_due() == 145.0, "a late start does not move the grid"


def test_nothing_is_caught_up_after_a_suspend() -> None:
    s = schedule({"a": 1.0})
    s.due(100.0)
    assert s.due(5000.3) == ["a"]
    assert s.due(5000.9) == []
    assert s.next_due() == 5001.0


def test_a_new_list_leaves_unchanged_probes_alone() -> None:
    s = schedule({"a": 10.0, "b": 10.0, "c": 10.0})
    s.due(100.0)
    s.replace({"a": 10.0, "b": 4.0, "d": 10.0}, 103.0)
    assert s.due(103.0) == ["b", "d"], "changed and new ones are read at once"
    assert s.due(104.0) == ["b"]
    assert s.due(110.0) == ["a", "b", "d"], "and then share the grid of the others"


def test_an_empty_list_has_nothing_due() -> None:
    s = schedule({})
    assert s.next_due() is None
    assert s.due(1e9) == []


@given(
    interval_s=st.floats(0.5, 86_400),
    origin=st.floats(0, 1e7),
    delays=st.lists(st.floats(0, 1e5), min_size=1, max_size=20),
)
def test_the_grid_never_drifts_and_never_repeats(interval_s: float, origin: float, delays: list[float]) -> None:
    s = schedule({"a": interval_s}, origin)
    now = origin
    for delay in delays:
        now += delay
        s.due(now)
        assert s.due(now) == []
        following = s.next_due()
        assert following is not None
        assert now < following <= now + interval_s * 1.001 + 1e-6
        steps = (following - origin) / interval_s
        assert abs(steps - round(steps)) < 1e-4


def reading(device: str) -> Reading:
    return Reading(device, "tcp", at=0.0)


def test_a_cycle_goes_when_all_of_it_is_there() -> None:
    g = Gather()
    g.expect(["a", "b"])
    g.add("a", reading("a"), 10.0)
    assert g.closes_at() == 10.0 + WINDOW_S
    g.add("b", reading("b"), 10.1)
    assert g.closes_at() == 10.1
    assert [r.device for r in g.take()] == ["a", "b"]
    assert g.closes_at() is None


def test_a_slow_one_misses_its_window_and_holds_nobody_back_again() -> None:
    g = Gather()
    g.expect(["fast", "slow"])
    g.add("fast", reading("fast"), 10.0)
    assert len(g.take()) == 1
    g.expect(["fast"])
    g.add("fast", reading("fast"), 11.0)
    assert g.closes_at() == 11.0, "nothing waits for a straggler"
    g.take()
    g.add("slow", reading("slow"), 12.0)
    assert g.closes_at() == 12.0


def test_stragglers_wait_shortly_for_each_other() -> None:
    g = Gather()
    g.expect(["a", "b", "c"])
    g.add("a", reading("a"), 10.0)
    g.take()
    g.add("b", reading("b"), 12.0)
    assert g.closes_at() == 12.0 + WINDOW_S
    g.add("c", reading("c"), 12.1)
    assert g.closes_at() == 12.1
    assert [r.device for r in g.take()] == ["b", "c"]


def test_nothing_waits_for_a_probe_that_left() -> None:
    g = Gather()
    g.expect(["a", "gone"])
    g.add("a", reading("a"), 10.0)
    g.forget("gone", 10.05)
    assert g.closes_at() == 10.05


def test_a_huge_cycle_is_several_messages() -> None:
    g = Gather()
    for number in range(MAX_READINGS + 3):
        g.add(number, reading("a"), 1.0)
    assert len(g.take()) == MAX_READINGS
    assert g.closes_at() == 1.0
    assert len(g.take()) == 3
    assert g.take() == []
