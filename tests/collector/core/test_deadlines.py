"""Filing deadlines: what a clerk with the State Council's notice and the plan in hand would work out (O2, O3, O4)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.core.deadlines import DeadlineClerk, DeadlineRules, Outage, Proposal
from hallwatch_collector.core.hall import Filing, OpeningHours
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.workdays import WorkDays

ZONE = "Asia/Shanghai"
CN = find_calendar("CN")
DAYS = WorkDays(CN)
OFFICE = Hours(
    [
        OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="12:00"),
        OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="13:30", to="17:00"),
    ],
    ZONE,
    calendar=CN,
)
CLERK = DeadlineClerk(DeadlineRules(), OFFICE, DAYS)
LATER = "2026-12-31"


def moment(text: str) -> float:
    """Return a moment, written as ``10-26 09:30`` of 2026 or with its year."""
    written = text if text.startswith("202") else f"2026-{text}"
    return dt.datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(ZONE)).timestamp()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


def filing(last_day: dt.date) -> list[Filing]:
    return [Filing(name="增值税申报", last_days=[last_day])]


def down(start: str, end: str | None, *, both: bool, expected: str | None = None) -> list[Outage]:
    last, back = end and moment(end), expected and moment(expected)
    online = Outage(service="online-bureau", start=moment(start), end=last or None, expected_end=back or None)
    core = Outage(service="core-system", start=moment(start), end=last or None, expected_end=back or None)
    return [online, core] if both else [online]


def ask(last_day: str, outages: list[Outage], now: str = LATER, clerk: DeadlineClerk = CLERK) -> Proposal | None:
    found = clerk.propose(filing(day(last_day)), outages, moment(now))
    return found[0] if found else None


ONLINE = [  # last day, down from, back at, new deadline; None: the plan extends nothing
    ("10-26", "10-26 09:00", "10-27 10:00", "10-28"),
    ("10-26", "10-20 09:00", "10-23 17:00", None),  # back before the last day
    ("10-26", "10-23 16:00", "10-26 08:00", None),  # back before the last day's business
    ("10-26", "10-23 16:00", "10-26 10:59", None),  # less than two hours of it lost
    ("10-26", "10-23 16:00", "10-26 11:00", "10-27"),  # cleared on the last day itself, two hours lost
    ("10-26", "10-26 11:30", "10-26 14:30", None),  # noon is no business time
    ("10-26", "10-26 20:00", "10-26 23:00", None),  # an evening, and back before midnight
    ("10-26", "10-26 23:00", "10-27 01:00", "10-28"),  # not back as the last day ends
    ("10-26", "10-26 23:00", "10-27 00:00", "10-28"),  # midnight belongs to the day that begins
    ("10-23", "10-23 09:00", "10-24 12:00", "10-26"),  # cleared on a Saturday
    ("10-23", "10-23 09:00", "10-25 23:00", "10-26"),  # and on the Sunday after it
    ("09-30", "09-30 09:00", "10-02 09:00", "10-08"),  # national day week; Thursday is the first day worked
    ("10-09", "10-09 09:00", "10-09 18:00", "10-10"),  # the next working day is a make-up Saturday
    ("02-13", "02-13 09:00", "02-13 18:00", "02-14"),  # before the Spring Festival, a make-up Saturday too
    ("02-14", "02-14 09:00", "02-16 09:00", "02-24"),  # cleared on New Year's Eve: after the whole festival
    ("02-27", "02-27 09:00", "02-28 17:00", "03-02"),  # month end; 28 February is a make-up Saturday
    ("04-30", "04-30 09:00", "04-30 18:00", "05-06"),  # Labour Day, 1 to 5 May
    ("08-31", "08-31 09:00", "08-31 18:00", "09-01"),
    ("10-04", "10-08 09:00", "10-09 09:00", "10-10"),  # announced for a holiday: the 8th is the last day
]


@pytest.mark.parametrize(("last_day", "start", "end", "new"), ONLINE)
def test_the_online_bureau_alone(last_day: str, start: str, end: str, new: str | None) -> None:
    proposal = ask(last_day, down(start, end, both=False))
    assert (proposal and proposal.new) == (new and day(new))
    if proposal:
        assert (proposal.clause, proposal.surety, proposal.hangs_on) == ("O3", "over", "")


BOTH = [
    ("10-26", "10-26 09:00", "10-27 08:00", "10-27"),  # less than three days: one more
    ("10-26", "10-23 14:00", "10-26 13:59", "10-27"),  # a minute less than three days, over a weekend
    ("10-26", "10-23 14:00", "10-26 14:00", "10-29"),  # exactly three days count as three and more
    ("10-26", "10-22 14:00", "10-26 14:00", "10-29"),
    ("10-23", "10-23 09:00", "10-24 09:00", "10-26"),  # one more is a Saturday
    ("10-21", "10-18 15:00", "10-21 15:00", "10-26"),  # three more are a Saturday
    ("09-30", "09-30 09:00", "09-30 18:00", "10-08"),  # one more is National Day
    ("10-09", "10-09 09:00", "10-09 18:00", "10-10"),  # one more is a make-up Saturday
    ("02-11", "02-08 12:00", "02-11 18:00", "02-14"),  # three more are one
    ("02-13", "02-10 12:00", "02-13 18:00", "02-24"),  # three more are in the Spring Festival
    ("10-26", "10-26 09:00", "10-28 10:00", "10-28"),  # the 27th is a last day without a system too
    ("10-26", "10-26 09:00", "10-30 10:00", "11-02"),  # the 29th too: three more again, a Sunday
    ("10-26", "10-20 09:00", "10-24 09:00", None),
]


@pytest.mark.parametrize(("last_day", "start", "end", "new"), BOTH)
def test_both_systems(last_day: str, start: str, end: str, new: str | None) -> None:
    proposal = ask(last_day, down(start, end, both=True))
    assert (proposal and proposal.new) == (new and day(new))
    if proposal:
        assert {step.clause for step in proposal.steps} == {"O4"}


def test_extensions_may_be_working_days() -> None:
    clerk = DeadlineClerk(DeadlineRules(extension_in="working-days"), OFFICE, DAYS)
    proposal = ask("10-22", down("10-19 09:00", "10-22 18:00", both=True), clerk=clerk)
    assert proposal
    assert proposal.new == day("10-27")
    calendar = ask("10-22", down("10-19 09:00", "10-22 18:00", both=True))
    assert calendar
    assert calendar.new == day("10-26")


def test_the_core_system_alone_moves_nothing() -> None:
    core = down("10-26 09:00", "10-27 10:00", both=True)[1:]
    assert ask("10-26", core) is None


def test_the_core_system_comes_back_first() -> None:
    online, core = down("10-26 09:00", "10-29 16:00", both=True)
    core = Outage(service="core-system", start=core.start, end=moment("10-27 09:30"))
    proposal = ask("10-26", [online, core])
    assert proposal
    # one day more for both; on that day the online bureau alone was down
    assert [(step.clause, step.end) for step in proposal.steps] == [("O4", day("10-27")), ("O3", day("10-30"))]
    assert (proposal.clause, proposal.new) == ("O4", day("10-30"))


def test_a_short_break_together_is_not_both_down() -> None:
    online, core = down("10-26 09:00", "10-27 10:00", both=True)
    core = Outage(service="core-system", start=core.start, end=moment("10-26 10:00"))
    proposal = ask("10-26", [online, core])
    assert proposal
    assert (proposal.clause, proposal.new) == ("O3", day("10-28"))


def test_outages_that_together_took_the_last_day() -> None:
    morning, noon = down("10-26 09:00", "10-26 10:00", both=False), down("10-26 14:00", "10-26 15:00", both=False)
    assert ask("10-26", morning) is None
    proposal = ask("10-26", [*morning, *noon])
    assert proposal
    assert proposal.new == day("10-27")


def test_while_nobody_knows_the_end() -> None:
    outages = down("10-22 15:00", None, both=False)
    assert ask("10-26", outages, now="10-22 16:00") is None  # the 26th is four days away
    proposal = ask("10-26", outages, now="10-23 09:00")
    assert proposal
    assert (proposal.new, proposal.not_before, proposal.surety) == (None, day("10-27"), "open")
    assert "网上税务局" in proposal.hangs_on
    evening = ask("10-26", down("10-26 16:30", None, both=False), now="10-26 16:40")
    assert evening  # back before midnight would be in time, so the fault is cleared on the 27th or later
    assert evening.not_before == day("10-28")
    late = ask("10-26", outages, now="10-31 12:00")
    assert late
    assert (late.new, late.not_before) == (None, day("11-02"))


def test_both_down_and_nobody_knows_the_end() -> None:
    outages = down("10-23 09:00", None, both=True)
    proposal = ask("10-26", outages, now="10-23 10:00")
    assert proposal  # if they are not back on the 26th, they were down for more than three days by then
    assert (proposal.clause, proposal.new, proposal.not_before) == ("O4", None, day("10-29"))
    assert proposal.steps[0].text_en.startswith("if it is back as early as can be: both down for 3 d 2 h, ")
    assert proposal.hangs_on_en.startswith("when the core system and the online bureau will be back")


def test_an_expected_end_is_taken_until_it_has_passed() -> None:
    outages = down("10-20 09:00", None, both=False, expected="10-27 12:00")
    proposal = ask("10-26", outages, now="10-20 10:00")
    assert proposal  # known early, although the deadline is not near
    assert (proposal.new, proposal.surety) == (day("10-28"), "expected")
    assert proposal.hangs_on_en == "the online bureau being back when expected"
    assert proposal.steps[0].text.startswith("按预计恢复时间计:故障排除日2026-10-27")
    slipped = ask("10-26", outages, now="10-27 12:30")
    assert slipped
    assert (slipped.new, slipped.not_before, slipped.surety) == (None, day("10-28"), "open")
    assert ask("10-26", down("10-25 09:00", None, both=False, expected="10-25 18:00"), now="10-25 10:00") is None


def test_a_proposal_shows_its_rule_and_its_calendar() -> None:
    proposal = ask("09-30", down("09-30 09:00", "10-02 09:00", both=False))
    assert proposal
    assert (proposal.calendar, proposal.days[0].date, proposal.days[-1].date) == ("CN", proposal.old, proposal.new)
    assert [each.name for each in proposal.days[1:4]] == ["国庆节"] * 3
    assert [each.works for each in proposal.days] == [True, *[False] * 7, True]
    assert "次一工作日" in proposal.rule
    assert "next working day after" in proposal.rule_en
    assert proposal.steps[0].text == "故障排除日2026-10-02(周五)之后的下一个工作日"
    moved = ask("10-23", down("10-23 09:00", "10-24 09:00", both=True))
    assert moved
    assert moved.steps[0].text == "两个系统均故障1天,不足3天,顺延1天至2026-10-24(周六),该日为周末,顺延至下一工作日"
    assert moved.assumption == ""


def test_a_year_that_is_not_published_is_named() -> None:
    year = CN.last_year + 1
    last_day = DAYS.since(dt.date(year, 3, 15))
    start = OFFICE.start_of(last_day) + 9 * 3600
    outages = [Outage(service="online-bureau", start=start, end=start + 9 * 3600)]
    (proposal,) = CLERK.propose(filing(last_day), outages, start)
    assert proposal.assumption.startswith(f"{year}年放假安排尚未公布")
    assert proposal.assumption_en.startswith(f"{year} not yet published: weekdays assumed")
    assert all(each.assumed for each in proposal.days)


def test_near_the_deadline_people_are_told_to_come() -> None:
    both = down("10-22 09:00", None, both=True)
    kinds = [*filing(day("10-26")), Filing(name="社保费", last_days=[day("10-24"), day("11-25")])]  # a Saturday
    assert CLERK.find_near(kinds, both, moment("10-22 10:00")) == []
    near = CLERK.find_near(kinds, both[:1], moment("10-23 10:00"))
    assert [(each.filing, each.days_left, each.by_hand) for each in near] == [
        ("增值税申报", 3, False),
        ("社保费", 3, False),
    ]
    today = CLERK.find_near(kinds, both, moment("10-26 10:00"))
    assert all(each.by_hand and "今天是最后一日" in each.rule for each in today)
    assert CLERK.find_near(kinds, both[1:], moment("10-26 10:00")) == []  # the core system alone
    assert CLERK.find_near(kinds, down("10-22 09:00", "10-23 09:00", both=False), moment("10-23 10:00")) == []


def test_rules_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="long_extension_days: 1 is less than short_extension_days"):
        DeadlineRules(short_extension_days=2, long_extension_days=1)


LAST_DAYS = st.dates(dt.date(2025, 6, 1), dt.date(2027, 6, 30))
STARTS_S = st.integers(-6 * 96, 96).map(lambda quarter: quarter * 900.0)
LENGTHS_S = st.integers(1, 12 * 96).map(lambda quarter: quarter * 900.0)
RULES = st.builds(
    DeadlineRules,
    last_day_loss_s=st.sampled_from([0.0, 3600.0, 7200.0, 14_400.0]),
    short_days=st.sampled_from([0.5, 1.0, 3.0, 5.0]),
    long_extension_days=st.integers(1, 7),
    extension_in=st.sampled_from(["calendar-days", "working-days"]),
)


def outages_of(last_day: dt.date, start_s: float, length_s: float | None, *, both: bool) -> list[Outage]:
    start = OFFICE.start_of(last_day) + start_s
    end = None if length_s is None else start + length_s
    core = [Outage(service="core-system", start=start, end=end)] if both else []
    return [Outage(service="online-bureau", start=start, end=end), *core]


def new_day(clerk: DeadlineClerk, last_day: dt.date, outages: list[Outage]) -> dt.date:
    found = clerk.propose(filing(last_day), outages, outages[0].end or 0.0)
    assert all(each.new and each.steps and each.new == each.steps[-1].end for each in found)
    return (found[0].new or last_day) if found else DAYS.since(last_day)


@given(RULES, LAST_DAYS, STARTS_S, st.tuples(LENGTHS_S, LENGTHS_S).map(sorted), st.booleans())
def test_a_longer_outage_never_gives_an_earlier_deadline(
    rules: DeadlineRules, last_day: dt.date, start_s: float, lengths_s: list[float], both: bool
) -> None:
    clerk = DeadlineClerk(rules, OFFICE, DAYS)
    shorter, longer = (
        new_day(clerk, last_day, outages_of(last_day, start_s, length_s, both=both)) for length_s in lengths_s
    )
    assert last_day <= DAYS.since(last_day) <= shorter <= longer
    assert DAYS.works(shorter)
    assert DAYS.works(longer)


@given(LAST_DAYS, STARTS_S, LENGTHS_S, LENGTHS_S, st.booleans())
def test_what_is_said_at_the_earliest_holds(
    last_day: dt.date, start_s: float, so_far_s: float, more_s: float, both: bool
) -> None:
    outages = outages_of(last_day, start_s, None, both=both)
    found = CLERK.propose(filing(last_day), outages, outages[0].start + so_far_s)
    in_the_end = new_day(CLERK, last_day, outages_of(last_day, start_s, so_far_s + more_s, both=both))
    for proposal in found:
        assert proposal.new is None
        assert in_the_end == proposal.old or in_the_end >= proposal.not_before


MOMENTS = st.floats(allow_nan=False) | st.floats(1.7e9, 1.9e9)
OUTAGES = st.builds(
    Outage,
    service=st.sampled_from(["online-bureau", "core-system"]),
    start=MOMENTS,
    end=st.none() | MOMENTS,
    expected_end=st.none() | MOMENTS,
)


LATE = 1_793_000_000.0
"""In the evening of that last day."""


@given(LAST_DAYS, st.lists(OUTAGES, max_size=5), st.floats(1.7e9, 1.9e9))
@example(
    dt.date(2026, 10, 26),
    [Outage(service=each, start=float("-inf")) for each in ("online-bureau", "core-system")],
    LATE,
)
def test_no_outage_stops_the_clerk(last_day: dt.date, outages: list[Outage], now: float) -> None:
    for proposal in CLERK.propose(filing(last_day), outages, now):
        assert proposal.not_before > proposal.old
        assert len(proposal.days) == (proposal.not_before - proposal.old).days + 1
    CLERK.find_near(filing(last_day), outages, now)
