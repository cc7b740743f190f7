"""Filing deadlines while the online bureau is down (clauses O2, O3, O4). It only proposes: a person decides.

The plan leaves some things open; these rules settle them, with the numbers of :class:`DeadlineRules`:

1. The last day of a period ends at midnight by the hall's clocks. When the announced last day is no working day, the
   next working day is the last (税收征收管理法实施细则 109).
2. A system is *not back by the last day* when it does not work as that day ends, or when it came back only after
   ``last_day_loss_s`` of that day's business time were lost.
3. While nobody knows when a system will be back, it *may not be back by the last day* from ``near_days`` before it on.
   An expected time that has passed is no expectation any more.
4. O3, the online bureau alone: the deadline moves to the next working day after the day on which the fault is cleared.
5. O4, both: down for less than ``short_days`` → ``short_extension_days`` more, else (exactly so long counts as longer)
   ``long_extension_days`` more. A day down is 24 hours without a break in which both were down, nights and weekends
   included. The plan says 天 here and 工作日 in O3, so extensions are counted in calendar days unless the rules say
   otherwise; a day that is no working day gives way to the next working day.
6. The moved deadline is a last day too: where a system is not back by it either, it moves again by the clause that then
   applies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hallwatch_collector.core import extension_words as words
from hallwatch_collector.core.downtime import Span, join_spans, least_sure, overlap_spans, span_of
from hallwatch_collector.core.extension_words import Clause, Step, Surety
from hallwatch_collector.core.hall import Filing, Hall
from hallwatch_collector.core.hours import DAY_S, LAST, Hours
from hallwatch_collector.core.workdays import Day, WorkDays

ONLINE: Final = "online-bureau"
CORE: Final = "core-system"
Service = Literal["online-bureau", "core-system"]
MOST_STEPS: Final = 400
"""A deadline that would move more often is left where it then is."""
UNKNOWN_END: Final = float("inf")
LEAST_LOSS_S: Final = 1.0
"""An outage that took nothing of the last day's business took nothing, whatever the rules say."""
Count = Annotated[int, Meta(ge=0, le=60)]


class DeadlineRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of a plan's clauses O2 to O4; what they mean stands at the head of this module."""

    near_days: Count = 3
    """From so many calendar days before the last day on, it is near (O2), and an open end is a worry (O3, O4)."""
    last_day_loss_s: Annotated[float, Meta(ge=0)] = 7200.0
    short_days: Annotated[float, Meta(gt=0, le=60)] = 3.0
    short_extension_days: Annotated[int, Meta(ge=1, le=60)] = 1
    long_extension_days: Annotated[int, Meta(ge=1, le=60)] = 3
    extension_in: Literal["calendar-days", "working-days"] = "calendar-days"

    def __post_init__(self) -> None:
        if self.long_extension_days < self.short_extension_days:
            raise ValueError(
                f"long_extension_days: {self.long_extension_days} is less than short_extension_days "
                f"({self.short_extension_days}); a longer outage cannot give a shorter extension"
            )


class Outage(Struct, frozen=True, kw_only=True):
    """A service that could not be used, from a moment (Unix seconds) until another."""

    service: Service
    start: float
    end: float | None = None
    """None: it still is down."""
    expected_end: float | None = None


class Near(Struct, frozen=True, kw_only=True):
    """The online bureau is down close to a deadline: taxpayers are told to come in person (O2)."""

    filing: str
    last_day: dt.date
    days_left: int
    by_hand: bool
    """The core system is down too: the hall accepts by hand, into the registers (O6)."""
    rule: str
    rule_en: str
    clause: Clause = "O2"


class Proposal(Struct, frozen=True, kw_only=True):
    """An extension of one deadline (O3, O4), with everything that a person needs to check it."""

    filing: str
    clause: Clause
    """Of the first step."""
    old: dt.date
    new: dt.date | None
    """None: not known yet."""
    not_before: dt.date
    """The earliest that it can become; the new deadline itself when that is known."""
    surety: Surety
    """``over``: final. ``expected``: so it is if the service is back when expected. ``open``: nobody knows yet."""
    rule: str
    rule_en: str
    hangs_on: str
    """What has to happen for the new deadline to be final; empty when it is."""
    hangs_on_en: str
    steps: list[Step]
    days: list[Day]
    """The calendar that was used: from the old deadline to the new one, or to the earliest that it can be."""
    calendar: str
    assumption: str
    """What is assumed of days whose year is not published yet, to be shown wherever these days are; else empty."""
    assumption_en: str


class Unmoved(Struct, frozen=True, kw_only=True):
    """A deadline that the plan leaves where it is, with everything that a person needs to check that."""

    filing: str
    last_day: dt.date
    reason: str
    reason_en: str
    days: list[Day]
    """The calendar that was used: from the announced last day to the one that it is taken for."""
    calendar: str
    assumption: str
    assumption_en: str


class DeadlineClerk:
    """Counts for one hall: with its business hours, its working days and the plan's rules."""

    def __init__(self, rules: DeadlineRules, hours: Hours, days: WorkDays) -> None:
        self._rules, self._hours, self._days = rules, hours, days

    @classmethod
    def of(cls, rules: DeadlineRules, hall: Hall) -> DeadlineClerk:
        """Return the clerk of a hall, as its file says."""
        return cls(rules, Hours.of(hall), WorkDays(hall.calendar, hall.closed, hall.open))

    def find_near(self, filings: Iterable[Filing], outages: Sequence[Outage], now: float) -> list[Near]:
        """Return the deadlines before which people should come in person (O2), the nearest first."""
        down = {each.service for each in outages if each.start <= now and (each.end is None or each.end > now)}
        if ONLINE not in down:
            return []
        by_hand, found = CORE in down, []
        for name, last_day in self.near_filings(filings, now):
            left = (last_day - self._hours.day_of(now)).days
            rule, rule_en = words.near(left, self._rules.near_days, by_hand=by_hand)
            found.append(
                Near(filing=name, last_day=last_day, days_left=left, by_hand=by_hand, rule=rule, rule_en=rule_en)
            )
        return found

    def near_filings(self, filings: Iterable[Filing], now: float) -> list[tuple[str, dt.date]]:
        """Return the periods whose last day is near, each with that day, the nearest first."""
        today = self._hours.day_of(now)
        return [each for each in self._deadlines(filings) if 0 <= (each[1] - today).days <= self._rules.near_days]

    def coming(self, filings: Iterable[Filing], today: dt.date) -> list[tuple[str, dt.date]]:
        """Return the last days that are not over yet, the nearest first."""
        return [each for each in self._deadlines(filings) if each[1] >= today]

    def turning_points(self, filings: Iterable[Filing], outages: Sequence[Outage], now: float) -> list[float]:
        """Return the moments to come at which time alone may change an answer: while a service is down the end of the
        day, so much of a last day's business lost, and the end of what counts as short."""
        points = {self._midnight_after(self._hours.day_of(now))}
        online, both = _downs(outages, LAST, now)
        points |= {span.start + self._rules.short_days * DAY_S for span in both}
        for _, last_day in self.near_filings(filings, now):
            begins = self._hours.start_of(last_day)
            loss_s = max(self._rules.last_day_loss_s, LEAST_LOSS_S)
            points |= {self._hours.after(max(begins, span.start), loss_s) for span in online}
        return sorted(point for point in points if now < point < LAST)

    def propose(self, filings: Iterable[Filing], outages: Sequence[Outage], now: float) -> list[Proposal]:
        """Return the extensions that the plan gives, the nearest deadline first; none: it gives none."""
        proposals = (self._propose(name, last_day, outages, now) for name, last_day in self._deadlines(filings))
        return [proposal for proposal in proposals if proposal]

    def leave(self, filings: Iterable[Filing], outages: Sequence[Outage], now: float) -> list[Unmoved]:
        """Say why the plan leaves each period's last day that is nearest to the outages, when it proposes nothing."""
        left, began = [], self._hours.day_of(min(outage.start for outage in outages))
        for filing in filings:
            announced = min(filing.last_days, key=lambda day: abs(day - began))
            last_day = self._days.since(announced)
            reason, reason_en = words.left(self._why_left(last_day, outages, now), self._rules)
            days = self._days.between(announced, last_day)
            assumption, assumption_en = self._days.assumption(days)
            unmoved = Unmoved(
                filing=filing.name, last_day=last_day, reason=reason, reason_en=reason_en, days=days,
                calendar=self._days.calendar.name, assumption=assumption, assumption_en=assumption_en,
            )  # fmt: skip
            left.append(unmoved)
        return sorted(left, key=lambda each: each.last_day)

    def _why_left(self, last_day: dt.date, outages: Iterable[Outage], now: float) -> words.Left:
        online = [outage for outage in outages if outage.service == ONLINE]
        ends = [span_of(each, UNKNOWN_END, now).end for each in online]
        if not online:
            return "online-up"
        if all(each.start >= self._midnight_after(last_day) for each in online):
            return "later"
        if all(end <= self._hours.start_of(last_day) for end in ends):
            return "back"
        if UNKNOWN_END in ends and (last_day - self._hours.day_of(now)).days > self._rules.near_days:
            return "far"
        return "little"

    def _deadlines(self, filings: Iterable[Filing]) -> list[tuple[str, dt.date]]:
        found = {(self._days.since(day), filing.name) for filing in filings for day in filing.last_days}
        return [(name, day) for day, name in sorted(found)]

    def _propose(self, name: str, old: dt.date, outages: Sequence[Outage], now: float) -> Proposal | None:
        for earliest in self._earliest_ends(old, outages, now):
            steps, surety = self._move(old, *_downs(outages, earliest, now))
            if steps:
                break
        else:
            return None
        last = steps[-1].end
        downs = {outage.service for outage in outages if outage.end is None}
        days = self._days.between(old, last)
        rule, rule_en = words.rule(steps[0].clause, self._rules)
        assumption, assumption_en = self._days.assumption(days)
        hangs_on, hangs_on_en = words.hangs_on(surety, sorted(downs), last)
        return Proposal(
            filing=name, clause=steps[0].clause, old=old, new=None if surety == "open" else last, not_before=last,
            surety=surety, rule=rule, rule_en=rule_en, hangs_on=hangs_on, hangs_on_en=hangs_on_en, steps=steps,
            days=days, calendar=self._days.calendar.name, assumption=assumption, assumption_en=assumption_en,
        )  # fmt: skip

    def _earliest_ends(self, last_day: dt.date, outages: Iterable[Outage], now: float) -> list[float]:
        """Return what to take an open end for: the first that counts against a last day is the earliest that can be.

        Far from the last day an open end is no worry: it is taken for this moment.
        """
        if (last_day - self._hours.day_of(now)).days > self._rules.near_days:
            return [now]
        begins, midnight = self._hours.start_of(last_day), self._midnight_after(last_day)
        starts = {max(begins, outage.start) for outage in outages if outage.end is None and outage.start < midnight}
        losses = {self._hours.after(start, max(self._rules.last_day_loss_s, LEAST_LOSS_S)) for start in starts}
        return sorted({max(now, moment) for moment in (*losses, midnight) if moment <= midnight})

    def _move(self, day: dt.date, online: list[Span], both: list[Span]) -> tuple[list[Step], Surety]:
        """Return the steps by which a deadline moves, and how sure the spans are that moved it."""
        steps: list[Step] = []
        moved_by: list[Span] = []
        while len(steps) < MOST_STEPS:
            if down := self._touching(day, both):
                steps.append(self._extend(day, down))
            elif down := self._touching(day, online):
                steps.append(self._follow(day, down))
            else:
                break
            moved_by += down
            day = steps[-1].end
        return steps, least_sure(moved_by)

    def _touching(self, day: dt.date, spans: Iterable[Span]) -> list[Span]:
        """Return the spans by which a service was not back by the end of a last day; none: it was (rule 2)."""
        begins, ends = self._hours.start_of(day), self._midnight_after(day)
        touching = [span for span in spans if span.start < ends and span.end > begins]
        lost_s = sum(self._hours.count_s(max(span.start, begins), min(span.end, ends)) for span in touching)
        if any(span.end >= ends for span in touching) or lost_s >= max(self._rules.last_day_loss_s, LEAST_LOSS_S):
            return touching
        return []

    def _extend(self, day: dt.date, down: list[Span]) -> Step:
        rules, down_s = self._rules, max(span.end - span.start for span in down)
        short = down_s < rules.short_days * DAY_S
        count = rules.short_extension_days if short else rules.long_extension_days
        in_working_days = rules.extension_in == "working-days"
        counted = self._days.after(day, count) if in_working_days else day + dt.timedelta(days=count)
        end = self._days.since(counted)
        said = words.extended(rules, down_s, count, self._days.look(counted))
        return words.step("O4", (day, counted, end), said, least_sure(down))

    def _follow(self, day: dt.date, down: list[Span]) -> Step:
        cleared_on = self._hours.day_of(max(span.end for span in down))
        said = words.followed(cleared_on)
        return words.step("O3", (day, cleared_on, self._days.after(cleared_on)), said, least_sure(down))

    def _midnight_after(self, day: dt.date) -> float:
        return self._hours.start_of(day + dt.timedelta(days=1))


def _downs(outages: Sequence[Outage], earliest: float, now: float) -> tuple[list[Span], list[Span]]:
    """Return the times without the online bureau, and those of them without the core system too."""
    online, core = (
        join_spans([span_of(outage, earliest, now) for outage in outages if outage.service == service])
        for service in (ONLINE, CORE)
    )
    return online, overlap_spans(online, core)
