"""What was done longer ago than it is to be kept is deleted, and nothing by a clock that is wrong."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec import ValidationError, convert

from hallwatch_collector.config import Web
from hallwatch_collector.people.audit import Deed, Wanted
from hallwatch_collector.people.sweeper import Sweeper
from hallwatch_collector.retention import DAY_S, EVERY_S, HALF_YEAR_DAYS
from parts.hall_views import NOW
from parts.people import open_people

KEEP_S = HALF_YEAR_DAYS * DAY_S


class Place:
    """A sweeper with two clocks, and deeds of every other day."""

    def __init__(self, days: int = 20) -> None:
        self.wall, self.sure = NOW, 5.0
        self.people = open_people()
        self.sweeper = Sweeper(self.people, Web(audit_days=HALF_YEAR_DAYS), lambda: self.sure)
        for day in range(0, days, 2):
            self.people.audit.write(Deed(at=NOW - KEEP_S + (day - days + 0.5) * DAY_S, action="sign-in"))
        self.people.audit.write(Deed(at=NOW - KEEP_S + 2 * DAY_S, action="sign-in"))

    def go_on(self, by_s: float, *, set_by_s: float = 0.0) -> None:
        """Let time pass, and somebody set the clock."""
        self.sure += by_s
        self.wall += by_s + set_by_s
        self.sweeper.tick(self.wall)

    @property
    def left(self) -> int:
        """How many lines there are."""
        return len(self.people.audit.read(Wanted(), most=1000))


def test_what_is_over_is_deleted_a_week_s_worth_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    place = Place()
    place.go_on(0.0)
    assert place.left == 11, "not by a clock that may be wrong since the start"
    left = []
    with caplog.at_level("INFO"):
        for _ in range(4):
            place.go_on(EVERY_S)
            left.append(place.left)
            place.go_on(60.0)
    assert left == [7, 3, 1, 1]
    assert "deleted 4 lines of the audit log, of before 20" in caplog.text


@pytest.mark.parametrize("set_by_s", [400 * DAY_S, -400 * DAY_S, 3600.0])
def test_after_the_clock_was_set_nothing_is_deleted_for_an_hour(set_by_s: float) -> None:
    place = Place()
    place.go_on(0.0)
    place.go_on(EVERY_S - 1)
    place.go_on(1.0, set_by_s=set_by_s)
    place.go_on(EVERY_S - 2)
    assert place.left == 11
    place.go_on(2.0)
    assert place.left == (11 if set_by_s < 0 else 7)


def test_six_months_are_kept_whichever_they_are() -> None:
    for month in range(1, 13):
        begins = dt.date(2026, month, 1)
        ends = dt.date(2026 + (month > 6), (month + 5) % 12 + 1, 1)
        assert (ends - begins).days <= HALF_YEAR_DAYS
    with pytest.raises(ValidationError):
        convert({"audit_days": HALF_YEAR_DAYS - 1}, Web)
