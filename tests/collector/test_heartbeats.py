"""The collector's own heartbeat: when which hall has one, and what the last one says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.wire import Heartbeat, decode, topic
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.heartbeats import INTERVAL_S, SPREAD, Heartbeats

NOW = 1_790_000_000.0
TICK_S = 0.25
MANY = [HallKey("330106", f"hall-{number}") for number in range(1000)]


class Bench:
    """Heartbeats, and what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.heartbeats = Heartbeats("b1", self._publish)
        self.passed_s = 0.0

    def _publish(self, name: str, payload: bytes, retain: bool) -> None:
        assert retain
        self.sent.append((name, payload))

    def tick(self, keys: list[HallKey], seconds: float = TICK_S, *, healthy: bool = True) -> int:
        """Let time pass once; return how many were sent."""
        before = len(self.sent)
        self.passed_s += seconds
        self.heartbeats.beat(keys, healthy=healthy, now=NOW + self.passed_s, monotonic=self.passed_s)
        return len(self.sent) - before

    def last(self) -> Heartbeat:
        """Return what was sent last."""
        beat: Heartbeat = decode("collector", self.sent[-1][1])
        return beat


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_each_hall_has_one_each_interval_and_there_is_no_burst(bench: Bench) -> None:
    sent = [bench.tick(MANY) for _ in range(int(60 / TICK_S))]
    assert max(sent) == len(MANY) / SPREAD
    names = [name for name, _ in bench.sent]
    assert {names.count(topic(*key, "collector")) for key in MANY} == {6}


def test_what_it_says(bench: Bench) -> None:
    bench.tick(MANY[:1])
    assert bench.last() == Heartbeat("b1", 1, NOW + TICK_S, INTERVAL_S, healthy=True)
    assert bench.tick(MANY[:1]) == 0
    assert bench.tick(MANY[:1], healthy=False) == 1, "that something is wrong is said at once"
    assert bench.last() == Heartbeat("b1", 2, NOW + 3 * TICK_S, INTERVAL_S, healthy=False)


def test_a_planned_stop_is_said_to_every_hall(bench: Bench) -> None:
    for _ in range(SPREAD):
        bench.tick(MANY)
    bench.sent.clear()
    bench.heartbeats.say_farewell(NOW)
    assert {name for name, _ in bench.sent} == {topic(*key, "collector") for key in MANY}
    assert bench.last().stopping


def test_a_hall_that_is_gone_is_told_so_and_has_none_any_more(bench: Bench) -> None:
    bench.tick(MANY[:2])
    bench.tick(MANY[:2])
    bench.heartbeats.forget(MANY[0])
    assert bench.sent[-1] == (topic(*MANY[0], "collector"), b"")
    bench.heartbeats.forget(MANY[0])
    bench.sent.clear()
    bench.tick(MANY[1:2], 20)
    assert [name for name, _ in bench.sent] == [topic(*MANY[1], "collector")]


def test_a_new_connection_hears_one_at_once(bench: Bench) -> None:
    bench.tick(MANY[:1])
    bench.heartbeats.hurry()
    assert bench.tick(MANY[:1]) == 1


@given(st.integers(1, 100), st.lists(st.sampled_from([0.25, 0.3, 1.0, 4.0]), min_size=20, max_size=80))
def test_no_hall_waits_for_longer_than_two_intervals(halls: int, ticks: list[float]) -> None:
    bench = Bench()
    last: dict[str, float] = {}
    for seconds in ticks:
        before = len(bench.sent)
        bench.tick(MANY[:halls], seconds)
        last.update((name, bench.passed_s) for name, _ in bench.sent[before:])
        slow_s = SPREAD * 4.0
        assert all(bench.passed_s - at <= INTERVAL_S + slow_s for at in last.values())
    numbers = [decode("collector", payload).seq for _, payload in bench.sent]
    assert numbers == list(range(1, len(numbers) + 1))
