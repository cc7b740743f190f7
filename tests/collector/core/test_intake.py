"""Station 5: duplicates, gaps, clocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.intake import MOST_SPANS, ClockOffset, Sequence, Sequences


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


def test_no_gap_is_too_long_to_be_filled() -> None:
    sequence = Sequence()
    sequence.take(1)
    sequence.take(10**12)
    assert sequence.missing == 10**12 - 2
    assert all(sequence.take(number) for number in range(10**12 - 1, 10**12 - 20_000, -1))
    assert sequence.take(2)
    assert sequence.missing == 10**12 - 2 - 20_000


def test_a_forged_number_does_not_make_the_real_ones_duplicates() -> None:
    sequence = Sequence()
    sequence.take(7)
    sequence.take(10**9)
    assert sequence.take(8)
    assert not sequence.take(8)


def test_gaps_without_end_are_bounded_and_stay_counted() -> None:
    sequence = Sequence()
    for number in range(1, 6 * MOST_SPANS, 2):
        assert sequence.take(number)
    assert sequence.missing == 3 * MOST_SPANS - 1
    assert not sequence.take(2), "given up"
    assert sequence.take(6 * MOST_SPANS - 2)


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
