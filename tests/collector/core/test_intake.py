"""Station 5: duplicates, gaps, clocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.intake import MOST_MISSING, ClockOffset, Sequence, Sequences


@given(st.permutations(list(range(1, 30))), st.lists(st.integers(1, 29), max_size=20))
def test_in_any_order_each_number_is_taken_once_and_no_gap_stays(order: list[int], again: list[int]) -> None:
    sequence = Sequence()
    assert all(sequence.take(number) for number in order)
    assert sequence.missing == 0
    assert not any(sequence.take(number) for number in again)


def test_a_number_that_never_comes_is_a_gap() -> None:
    sequence = Sequence()
    for number in (1, 2, 5):
        sequence.take(number)
    assert sequence.missing == 2
    sequence.take(4)
    assert sequence.missing == 1


def test_a_huge_jump_is_counted_and_not_stored() -> None:
    sequence = Sequence()
    sequence.take(1)
    sequence.take(10**12)
    assert sequence.missing == 10**12 - 2
    assert sequence.lost == 10**12 - 2 - MOST_MISSING
    assert sequence.take(10**12 + 1)


@given(st.integers(-(10**18), 0))
def test_numbers_that_count_nothing_are_refused(number: int) -> None:
    assert not Sequence().take(number)


def test_invented_boots_do_not_push_out_the_present_one() -> None:
    sequences = Sequences()
    sequences.start("real")
    assert sequences.take("real", 7)
    for number in range(1000):
        sequences.take(f"fake-{number}", 1)
    assert not sequences.take("real", 7)


def test_a_slow_message_is_late_and_does_not_move_the_clock() -> None:
    clock = ClockOffset()
    clock.observe(100.0, 100.1)
    assert clock.observe(101.0, 141.0) > 39
    assert abs((clock.offset_s or 0) - 0.1) < 0.01


def test_a_backlog_that_drains_is_late_all_the_way() -> None:
    clock = ClockOffset(0.0)
    delays = [clock.observe(float(sent), 600.0 + sent / 1000) for sent in range(0, 590, 5)]
    assert all(delay > 2 for delay in delays)
    assert clock.offset_s == 0.0


def test_a_clock_set_back_is_found_within_seconds() -> None:
    clock = ClockOffset(0.0)
    found = [clock.observe(second - 3600.0, float(second)) == 0.0 for second in range(0, 30, 5)]
    assert found.index(True) <= 3
    assert clock.offset_s == 3600.0


def test_a_clock_set_forward_is_found_at_once() -> None:
    clock = ClockOffset(0.0)
    assert clock.observe(5000.0, 100.0) == 0.0
    assert clock.offset_s == -4900.0
