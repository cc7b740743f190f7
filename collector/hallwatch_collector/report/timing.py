"""How long everything took: from the first symptom to the close, and what came later than the plan allows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from hallwatch_collector.core.events import SignPosted
from hallwatch_collector.core.public_events import NoticeReleased
from hallwatch_collector.core.values import AUTOMATIC
from hallwatch_collector.report.record import MeasureTold
from hallwatch_collector.report.spans import Span, elapsed_s, intersect, unite
from hallwatch_collector.report.story import Story

ALERT: Final = "H1"
"""The clause by which those who must inspect and repair are told."""
CHECK: Final = "D4"
"""The clause by which the last transaction is checked."""
GIVEN_WAY: Final = "explained-by:"
"""How the closing of an incident begins whose fault turned out to follow another device's, in place of a name."""


class Stage(Struct, frozen=True):
    """A moment of an incident's life that it has come to."""

    name: str
    at: float
    by: str = ""


Found = tuple[float, str] | None
"""When, and by whom."""


def _detected(story: Story) -> Found:
    return (min(fault.raised_at for fault in story.roots), "") if story.roots else None


def _known(story: Story) -> Found:
    return (min(fault.known_at for fault in story.roots), "") if story.roots else None


def _alerted(story: Story) -> Found:
    told_at = next((measure.start for measure in story.measures if measure.clause == ALERT), None)
    known = _known(story)
    if told_at is None or known is None:
        return None if told_at is None else (told_at, "")
    return max(told_at, known[0]), ""  # the moments that the core computes may lie before the program knew


def _acknowledged(story: Story) -> Found:
    return next(((move.at, move.by) for move in story.incident.moves if move.status == "acknowledged"), None)


def _decided(story: Story) -> Found:
    answers = [
        (measure.decided_at, measure.decided_by)
        for measure in story.measures
        if measure.mode == "ask" and measure.decided_at is not None
    ]
    return min(answers, default=None)


def _signed(story: Story) -> Found:
    shown = [(sign.start, "") for sign in story.signs if story.shows_signs(sign.sign.place)]
    posted = [(event.at, event.by) for event in story.course if isinstance(event, SignPosted) and event.text]
    confirmed = [(event.at, "") for event in story.shown]
    return min([*shown, *posted, *confirmed], default=None)


def _published(story: Story) -> Found:
    return next(((event.at, event.by) for event in story.course if isinstance(event, NoticeReleased)), None)


def _came_back(story: Story) -> Found:
    return (story.periods[1].start, "") if len(story.periods) > 1 else None


def _recovered(story: Story) -> Found:
    return None if story.standing else story.last_move("recovered") or story.last_move("closed")


def _served_again(story: Story) -> Found:
    ends = [each.end for each in (*story.losses, *story.closures)]
    return (max(filter(None, ends)), "") if ends and None not in ends else None


def _checked(story: Story) -> Found:
    checks = [measure for measure in story.measures if measure.clause == CHECK and measure.end is None]
    answered = [(check.decided_at, check.decided_by) for check in checks if check.decided_at is not None]
    if not answered or len(answered) < len(checks):
        return None
    return max(reversed(answered), key=lambda answer: answer[0])  # of those at one moment, the one asked last


def _closed(story: Story) -> Found:
    return None if story.ended_at is None else story.last_move("closed")


class StageRule(NamedTuple):
    """A stage of an incident's life: what it is called, how it is found, and whether this incident should have it."""

    name: str
    find: Callable[[Story], Found]
    due: Callable[[Story], bool] = lambda _: True


STAGES: Final = (
    StageRule("首个征兆", lambda story: (story.began_at, "")),
    StageRule("确认故障", _detected),
    StageRule("监测程序得知", _known),
    StageRule("通知检修人员", _alerted),
    StageRule("有人接手", _acknowledged),
    StageRule("第一项决定", _decided, lambda story: any(measure.mode == "ask" for measure in story.measures)),
    StageRule("第一块告示", _signed, lambda story: bool(story.closures or story.signs)),
    StageRule("首次发布公告", _published, lambda _: False),
    StageRule("故障再次发生", _came_back, lambda _: False),
    StageRule("窗口恢复办理", _served_again, lambda story: bool(story.windows)),
    StageRule("故障消除", _recovered),
    StageRule("核对完毕", _checked, lambda story: any(measure.clause == CHECK for measure in story.measures)),
    StageRule("事件结束", _closed),
)
"""The stages in their usual order; a new one needs no more than a line."""


def find_stages(story: Story) -> list[Stage]:
    """Return the stages that the incident has come to, in the order of time."""
    found = [(rule.name, rule.find(story)) for rule in STAGES]
    return sorted((Stage(name, *moment) for name, moment in found if moment), key=lambda stage: stage.at)


def missing_stages(story: Story) -> list[str]:
    """Return the stages that the incident should have and has not come to, or that passed without a trace."""
    return [rule.name for rule in STAGES if rule.due(story) and rule.find(story) is None]


class Timeliness(Struct, frozen=True):
    """Whether what a measure asks of people was done in time; ``late_s`` is how much too late it was, or is by now."""

    verdict: Literal["no-limit", "kept", "late", "missed", "waiting", "lapsed"]
    late_s: float = 0.0


def judge_measure(story: Story, measure: MeasureTold) -> Timeliness:
    """Compare a measure with its due time.

    An automatic measure with a due time tells people to do something (H1): taking the incident on answers it. What was
    undone before it was due has lapsed; what nobody answered until then was missed.
    """
    if measure.due_at is None:
        return Timeliness("no-limit")
    answered_at = _answered(story, measure)
    if answered_at is not None:
        late_s = elapsed_s(measure.due_at, answered_at)
        return Timeliness("late", late_s) if late_s > 0 else Timeliness("kept")
    over_at = measure.end if measure.end is not None else story.until
    if (late_s := elapsed_s(measure.due_at, over_at)) > 0:
        return Timeliness("missed", late_s)
    return Timeliness("waiting" if measure.end is None and story.ended_at is None else "lapsed")


def _answered(story: Story, measure: MeasureTold) -> float | None:
    if measure.mode != "auto":
        return measure.decided_at
    period = next((each for each in reversed(story.periods) if each.start <= measure.start), story.periods[0])
    moves = story.incident.moves
    return next((move.at for move in moves if move.status == "acknowledged" and move.at >= period.start), None)


def find_late(story: Story) -> list[tuple[MeasureTold, Timeliness]]:
    """Return the measures that came too late or not at all."""
    judged = [(measure, judge_measure(story, measure)) for measure in story.measures]
    return [(measure, told) for measure, told in judged if told.verdict in ("late", "missed")]


def find_people(story: Story) -> list[str]:
    """Return who had a part in it, by the names they gave, in the order of their first."""
    acts = [(event.at, str(getattr(event, "by", ""))) for event in story.course]
    acts += [(told.start, told.by) for told in story.closures]  # before the incident, or of one that is not its own
    named = [by for _, by in sorted(acts) if by and by != AUTOMATIC and not by.startswith(GIVEN_WAY)]
    return list(dict.fromkeys(named))


def unserved(story: Story) -> dict[str, list[Span]]:
    """Return the business classes that for a time no window of the hall could take, and when."""
    gone: dict[str, list[Span]] = {}
    for business in dict.fromkeys(loss.business for loss in story.losses):
        offering = [window.id for window in story.hall.windows if business in window.classes]
        if not offering:  # the hall file has changed since
            continue
        shared = [Span(start=story.began_at, end=story.until)]
        for window in offering:
            shut: list[Span] = [loss for loss in story.losses if (loss.window, loss.business) == (window, business)]
            shut += [closure for closure in story.closures if closure.window == window]
            shared = intersect(shared, unite(shut, story.until))
        if shared:
            gone[business] = shared
    return gone
