"""Chinese text broken into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.report.linebreak import NOT_FIRST, NOT_LAST, break_lines


def wide(text: str) -> float:
    """Measure as a terminal would: Chinese letters are twice as wide."""
    return sum(1 if letter.isascii() else 2 for letter in text)


def test_no_line_begins_with_a_mark_that_closes_or_ends_with_one_that_opens() -> None:
    assert break_lines("窗口挂「暂停服务」。", 16, wide) == ["窗口挂「暂停服", "务」。"]
    assert break_lines("一二三四五六七,八九", 14, wide) == ["一二三四五六", "七,八九"]
    assert break_lines("一二三四五六七「八九」", 16, wide) == ["一二三四五六七", "「八九」"]


def test_words_and_numbers_stay_whole() -> None:
    assert break_lines("于09:47:10至10:45:00", 12, wide) == ["于09:47:10至", "10:45:00"]
    assert break_lines("机房 UPS 电量", 7, wide) == ["机房", "UPS 电", "量"]


def test_what_is_wider_than_a_line_is_cut() -> None:
    assert break_lines("abcdefghij", 4, wide) == ["abcd", "efgh", "ij"]


def test_lines_that_are_given_are_kept() -> None:
    assert break_lines("一\n\n二", 10, wide) == ["一", "", "二"]


LETTERS = st.text(alphabet="一二三,。「」()ab12:. ", max_size=60)


@given(LETTERS, st.integers(6, 30))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = break_lines(text, width, wide)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(wide(line) <= width for line in lines)


@given(st.text(alphabet="一二三四五六,。「」", min_size=1, max_size=60), st.integers(24, 40))
def test_marks_stay_where_they_belong_as_far_as_a_line_is_wide_enough(text: str, width: int) -> None:
    runs = max(len(run) for run in "".join("x" if letter in "一二三四五六" else " " for letter in text).split("x"))
    lines = break_lines(text, width, wide)
    if 2 * (runs + 2) <= width:
        assert not any(line[0] in NOT_FIRST for line in lines[1:])
        assert not any(line[-1] in NOT_LAST for line in lines[:-1])
