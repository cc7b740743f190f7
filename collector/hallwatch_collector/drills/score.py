"""What was done, how soon, and what was not: a drill's record against what its scenario expects. Pure.

Program's acts count from the moment the trouble began; people's from the moment they were asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal

from msgspec import Struct

from hallwatch_collector.core.events import EstimateChanged
from hallwatch_collector.drills.evidence import OVER, Evidence
from hallwatch_collector.drills.scenario import (
    Acknowledged,
    Alerted,
    AnyExpected,
    Calm,
    Checked,
    Decided,
    Done,
    Estimated,
    Scenario,
    SignUp,
)
from hallwatch_collector.report.record import IncidentTold
from hallwatch_collector.report.timing import CHECK

Verdict = Literal["kept", "late", "missed", "waiting", "cut-short", "lapsed", "not-asked"]
"""In time; done too late; not done in its time; still to be done, or was when the drill ended, its time not yet over;
it was asked for, but no longer when its time was over; there was no occasion for it."""
LATE_SHARE: Final = 0.5
"""What is done too late earns so much."""
COUNTED: Final[tuple[Verdict, ...]] = ("missed", "late", "kept")
"""The verdicts that earn something or lose it, the worst first."""
POSTING_S: Final = 300.0
"""So much longer may the first sign take where no connected display shows it, and somebody posts a printed one (H2)."""


class Deed(Struct, frozen=True, kw_only=True):
    """One thing that was to be done."""

    what: str
    """The incident or measure; empty: the program's own act."""
    about: str
    """The device, window or class it is for."""
    asked_at: float
    done_at: float | None = None
    by: str = ""
    gone_at: float | None = None
    """When it was asked for no longer."""
    grace_s: float = 0.0
    """So much more time it has than others of its kind."""

    def judge(self, within_s: float, now: float) -> Verdict:
        """Compare it with its target; ``lapsed`` when the occasion went before its time was over."""
        due = self.asked_at + within_s + self.grace_s
        if self.done_at is not None:
            return "kept" if self.done_at <= due else "late"
        if self.gone_at is not None and self.gone_at <= due:
            return "lapsed"
        return "missed" if now > due else "waiting"


class Line(Struct, frozen=True, kw_only=True):
    """An expected act and what became of it."""

    id: str
    act: str
    title: str
    title_en: str
    within_s: float
    verdict: Verdict
    took_s: float | None = None
    """The slowest; None: nothing was done."""
    done: int = 0
    asked: int = 0
    """How often its time was over, or it was done before."""
    left_open: int = 0
    """How often it was asked for, with time left, when the drill ended."""
    by: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """What it was not done for."""
    points: float
    earned: float = 0.0


class Times(Struct, frozen=True, kw_only=True):
    """How soon things first came, in seconds; None: they did not. Alert and sign count from the begin of the trouble
    that the scenario expects them of; what people do, from when it was asked for."""

    alert_s: float | None = None
    sign_s: float | None = None
    acknowledge_s: float | None = None
    decision_s: float | None = None
    check_s: float | None = None


class Score(Struct, frozen=True, kw_only=True):
    """The result of a drill."""

    percent: float | None
    """Of the points that could be earned; None: there was no occasion for any, or nobody acted who was asked to."""
    times: Times
    lines: tuple[Line, ...]
    incidents: int
    nobody_acted: bool = False
    """People were asked to act, and nobody did anything."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is waited for."""
        return all(line.verdict != "waiting" for line in self.lines)


def score(scenario: Scenario, evidence: Evidence, now: float, *, ended: bool = False) -> Score:
    """Return what the drill has come to at *now*; *ended*: nothing more is to come."""
    lines = tuple(_line(expected, evidence, now, ended=ended) for expected in scenario.expect)
    counted = [line for line in lines if line.verdict in COUNTED]
    points = sum(line.points for line in counted)
    percent = round(100 * sum(line.earned for line in counted) / points, 1) if points else None
    nobody_acted = _nobody_acted(lines)
    return Score(
        percent=None if nobody_acted else percent, times=_times(scenario, evidence), lines=lines,
        incidents=len(evidence.incidents()), nobody_acted=nobody_acted,
    )  # fmt: skip


def _nobody_acted(lines: Iterable[Line]) -> bool:
    """Tell whether people were asked to act and nobody did: what the program does by itself is no drill."""
    asked = [line for line in lines if line.act in ACTS_OF_PEOPLE and line.verdict != "not-asked"]
    return bool(asked) and not any(line.done for line in asked)


def find_deeds(expected: AnyExpected, evidence: Evidence) -> list[Deed]:
    """Return what was to be done of this kind, and whether it was."""
    if expected.if_asked and not evidence.asked(expected.if_asked):
        return []
    return list(_FINDERS[type(expected)](expected, evidence))


def _line(expected: AnyExpected, evidence: Evidence, now: float, *, ended: bool) -> Line:
    deeds = find_deeds(expected, evidence)
    within_s = expected.within_s + max((deed.grace_s for deed in deeds), default=0.0)
    judged: list[tuple[Deed, Verdict]] = [(deed, deed.judge(expected.within_s, now)) for deed in deeds]
    if isinstance(expected, Calm):
        judged = [(deed, "kept" if deed.done_at is not None else "missed") for deed in deeds]
    verdicts = [verdict for _, verdict in judged]
    counted = [verdict for verdict in verdicts if verdict in COUNTED]
    earned = counted.count("kept") + LATE_SHARE * counted.count("late")
    took = [deed.done_at - deed.asked_at for deed, verdict in judged if verdict in ("kept", "late") and deed.done_at]
    return Line(
        id=expected.id, act=str(expected.__struct_config__.tag), title=expected.title, title_en=expected.title_en,
        within_s=within_s, verdict=_sum_up(verdicts, ended=ended), took_s=max(took, default=None),
        done=len(took), asked=len(counted), left_open=verdicts.count("waiting"),
        by=tuple(dict.fromkeys(deed.by for deed in deeds if deed.by)),
        left=tuple(dict.fromkeys(deed.about for deed, verdict in judged if deed.about and verdict == "missed")),
        points=expected.points, earned=expected.points * earned / len(counted) if counted else 0.0,
    )  # fmt: skip


def _sum_up(verdicts: list[Verdict], *, ended: bool) -> Verdict:
    """Return the worst; what waits only when nothing else does, or something may still come."""
    if "waiting" in verdicts and not ended:
        return "waiting"
    if worst := next((each for each in COUNTED if each in verdicts), None):
        return worst
    return "cut-short" if "waiting" in verdicts else "lapsed" if verdicts else "not-asked"


def _alerted(expected: Alerted, evidence: Evidence) -> Iterator[Deed]:
    told = ((each.start, "") for each in evidence.record.measures if each.clause == expected.clause)
    yield from _own_act(evidence.began_at(expected.of), told)


def _sign_up(expected: SignUp, evidence: Evidence) -> Iterator[Deed]:
    due = [each for each in evidence.record.signs if expected.clause in ("", each.sign.clause)]
    shown = [(each.start, "") for each in due if evidence.shown(each)]
    posted = [moment for each in due for moment in evidence.posted(each)]
    grace_s = POSTING_S if due and not shown else 0.0
    yield from _own_act(evidence.began_at(expected.of), [*shown, *posted], grace_s)


def _own_act(began_at: float | None, moments: Iterable[tuple[float, str]], grace_s: float = 0.0) -> Iterator[Deed]:
    """Yield what counts from the begin of the trouble: the first time since."""
    if began_at is not None:
        done_at, by = min((moment for moment in moments if moment[0] >= began_at), default=(None, ""))
        yield Deed(what="", about="", asked_at=began_at, done_at=done_at, by=by, grace_s=grace_s)


def _acknowledged(_: Acknowledged, evidence: Evidence) -> Iterator[Deed]:
    for incident in evidence.incidents():
        taken = next((move for move in incident.moves if move.status == "acknowledged"), None)
        yield _of_incident(incident, taken.at if taken else None, taken.by if taken else "")


def _estimated(_: Estimated, evidence: Evidence) -> Iterator[Deed]:
    told = [
        event for event in evidence.record.course if isinstance(event, EstimateChanged) and event.source == "person"
    ]
    for incident in evidence.incidents():
        first = next((event for event in told if event.incident == incident.id), None)
        yield _of_incident(incident, first.at if first else None, first.by if first else "")


def _of_incident(incident: IncidentTold, done_at: float | None, by: str) -> Deed:
    last = incident.moves[-1]
    return Deed(
        what=incident.id, about=incident.device, asked_at=incident.moves[0].at, done_at=done_at, by=by,
        gone_at=last.at if last.status in OVER else None,
    )  # fmt: skip


def _answered(mode: str) -> Callable[[Any, Evidence], Iterator[Deed]]:
    def find(expected: Decided | Done | Checked, evidence: Evidence) -> Iterator[Deed]:
        for each in evidence.measures(mode, expected.clauses):
            yield Deed(
                what=each.measure, about=each.subject, asked_at=each.start, done_at=each.decided_at,
                by=each.decided_by, gone_at=each.end,
            )  # fmt: skip

    return find


def _calm(expected: Calm, evidence: Evidence) -> Iterator[Deed]:
    incidents = evidence.incidents()
    if not incidents:
        return
    devices = "、".join(dict.fromkeys(each.device for each in incidents))
    is_calm = len(incidents) <= expected.most_incidents
    first = incidents[0].moves[0].at
    yield Deed(what="", about=devices, asked_at=first, done_at=first if is_calm else None)


OF_PEOPLE: Final = (Acknowledged, Estimated, Decided, Done, Checked)
ACTS_OF_PEOPLE: Final = frozenset(str(each.__struct_config__.tag) for each in OF_PEOPLE)
"""What people are expected to do; all else the program does."""
_FINDERS: Final[dict[type, Callable[[Any, Evidence], Iterator[Deed]]]] = {
    Alerted: _alerted,
    SignUp: _sign_up,
    Acknowledged: _acknowledged,
    Estimated: _estimated,
    Decided: _answered("ask"),
    Done: _answered("show"),
    Checked: _answered("show"),
    Calm: _calm,
}


def _times(scenario: Scenario, evidence: Evidence) -> Times:
    incidents = (each for each in find_deeds(_ANY_ACKNOWLEDGED, evidence) if each.done_at is not None)
    answers = (each for each in evidence.measures("ask") if each.decided_at is not None)
    checks = [each for each in evidence.measures("show", [CHECK]) if each.end is None or each.decided_at is not None]
    checked = [each.decided_at for each in checks if each.decided_at is not None]
    return Times(
        alert_s=_first(scenario, _ANY_ALERT, evidence),
        sign_s=_first(scenario, _ANY_SIGN, evidence),
        acknowledge_s=_soonest((each.done_at, each.asked_at) for each in incidents),
        decision_s=_soonest((each.decided_at, each.start) for each in answers),
        check_s=max(checked) - min(each.start for each in checks) if checks and len(checked) == len(checks) else None,
    )


_ANY_ALERT: Final = Alerted(id="alert", title="-", title_en="-")
_ANY_SIGN: Final = SignUp(id="sign", title="-", title_en="-")
_ANY_ACKNOWLEDGED: Final = Acknowledged(id="acknowledge", title="-", title_en="-")
"""What is measured where the scenario expects nothing of the kind."""


def _first(scenario: Scenario, otherwise: Alerted | SignUp, evidence: Evidence) -> float | None:
    """Return how soon the first of such acts came that the scenario expects."""
    expected = next((each for each in scenario.expect if type(each) is type(otherwise)), otherwise)
    deeds = list(_FINDERS[type(expected)](expected, evidence))
    return next((each.done_at - each.asked_at for each in deeds if each.done_at is not None), None)


def _soonest(answers: Iterable[tuple[float | None, float]]) -> float | None:
    """Return how long after it was asked for the first answer came."""
    done_at, asked_at = min(
        ((done_at, asked_at) for done_at, asked_at in answers if done_at is not None), default=(0.0, 0.0)
    )
    return done_at - asked_at if done_at else None
