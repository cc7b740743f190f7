"""Answers to what the plan asks for: confirm, decline, tick, and take back.

A measure is for the role that owes it (R2). Of two answers to one question the first wins.
"""

from __future__ import annotations

from typing import Final, Literal

from hallwatch_collector.core.carrying import carry_out, take_back
from hallwatch_collector.core.commands import CommandRefused, Confirm, Decline, Refusal, Retract, Tick
from hallwatch_collector.core.events import MeasureRetracted
from hallwatch_collector.core.incidents import closed_by_check, reopen_to_check
from hallwatch_collector.core.measures import decide_measure
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, list_names, may_answer
from hallwatch_collector.core.orders.readiness import check_step, finish_by_step
from hallwatch_collector.core.orders.releases import tidy
from hallwatch_collector.core.releases import note_posted, note_unposted
from hallwatch_collector.core.signs import note_ticked, note_unticked
from hallwatch_collector.core.state import Incident, Measure, Mode
from hallwatch_collector.core.told import AnswerTaken

ASKED_FOR: Final[dict[Mode, Refusal]] = {
    "ask": "to-be-decided", "show": "to-be-ticked", "auto": "automatic", "register": "automatic",
}  # fmt: skip
"""What a measure of another mode than the command's is for."""
ANSWERED: Final = ("confirmed", "declined", "done")


def confirm(turn: Turn, command: Confirm) -> None:
    """Say yes to a proposal, and carry it out."""
    measure = _open_measure(turn, command, "ask")
    template = turn.model.templates[measure.template]
    on_confirm = template.on_confirm
    if template.right is not None:
        check_right(turn.model, command, template.right)
    if tidy(command.text) or tidy(command.text_en):
        if on_confirm not in ("release", "correct-notice"):
            raise CommandRefused("no-notice", measure=measure.id)
        _reword(measure, command)
    decide_measure(turn, measure, "confirmed", command.by)
    carry_out(turn, measure, command.by)


def _reword(measure: Measure, command: Confirm) -> None:
    """Take the wording of whoever releases a text; English that belongs to another wording does not go out with it."""
    text, text_en = tidy(command.text) or measure.draft, tidy(command.text_en)
    measure.draft_en = text_en or (measure.draft_en if text == measure.draft else "")
    measure.draft = text


def decline(turn: Turn, command: Decline) -> None:
    """Say no to a proposal."""
    decide_measure(turn, _open_measure(turn, command, "ask"), "declined", command.by, command.reason)


def tick(turn: Turn, command: Tick) -> None:
    """Tick a step. A window's last transaction is checked once for all incidents that had a part in its loss."""
    step = _open_measure(turn, command, "show")
    if turn.model.templates[step.template].ticked_by == "signing":
        raise CommandRefused("to-be-signed", measure=step.id, incident=step.incident)
    check_step(turn, step)
    decide_measure(turn, step, "done", command.by)
    finish_by_step(turn, step, command.by)
    note_ticked(turn, step, command.by)
    note_posted(turn, step, command.by)
    if turn.model.templates[step.template].on != "window-recovered":
        return
    for other in turn.model.incidents.values():
        if other.id != step.incident and step.subject in other.windows:
            other.checked = sorted({*other.checked, step.subject})


def retract(turn: Turn, command: Retract) -> None:
    """Take an answer back: the question is open again, and what it did to windows is undone.

    The check that let an incident close can be taken back while the incident may be reopened (F3).
    """
    measure = turn.model.measures.get(command.measure)
    to_reopen = closed_by_check(turn.model, measure) if measure is not None else None
    if measure is not None and to_reopen is None and measure.status == "over":
        raise CommandRefused("time-to-retract-over", measure=measure.id)
    if measure is None or (measure.status not in ANSWERED and to_reopen is None):
        answered = [each.id for each in turn.model.measures.values() if each.status in ANSWERED]
        raise CommandRefused("not-taken-back", measure=command.measure, waiting=list_names(answered))
    if not may_answer(turn.model, command, measure):
        raise CommandRefused("not-yours", measure=measure.id, role=measure.owner)
    if not take_back(turn, measure, command.by):
        raise CommandRefused("not-taken-back", measure=measure.id, waiting="–")
    if to_reopen is not None:
        reopen_to_check(turn, to_reopen, command.by)
    note_unticked(turn, measure, command.by)
    note_unposted(turn, measure, command.by)
    if turn.model.templates[measure.template].on == "window-recovered":
        for other in turn.model.incidents.values():
            other.checked = [window for window in other.checked if window != measure.subject]
    if measure.incident in turn.model.incidents and measure.decided_at is not None:
        _note_taken(turn.model.incidents[measure.incident], measure, command, turn.at)
    measure.status, measure.again_at = "open", None
    measure.decided_by, measure.decided_at, measure.reason = "", None, ""
    turn.events.append(MeasureRetracted(at=turn.at, measure=measure.id, by=command.by, reason=command.reason))


def _note_taken(incident: Incident, measure: Measure, command: Retract, at: float) -> None:
    """Keep the answer that is taken back for those who look at the incident later."""
    taken = AnswerTaken(
        at=at, by=command.by, reason=command.reason, clause=measure.clause, text=measure.text,
        text_en=measure.text_en, answer=measure.status, answered_by=measure.decided_by,
        answered_at=measure.decided_at or at,
    )  # fmt: skip
    incident.taken = [*incident.taken, taken]


def _open_measure(turn: Turn, command: Confirm | Decline | Tick, mode: Literal["ask", "show"]) -> Measure:
    model, name = turn.model, command.measure
    measure = model.measures.get(name)
    if measure is None:
        waiting = [each.id for each in model.measures.values() if each.status == "open" and each.mode == mode]
        raise CommandRefused("unknown-measure", measure=name, waiting=list_names(waiting))
    if measure.status == "undone":
        raise CommandRefused(measure.undone_because or "cause-gone", measure=name)
    if measure.mode != mode:
        raise CommandRefused(ASKED_FOR[measure.mode], measure=name)
    if not may_answer(model, command, measure):
        raise CommandRefused("not-yours", measure=name, role=measure.owner)
    if measure.status != "open":
        raise CommandRefused("already-decided", measure=name, by=measure.decided_by)
    return measure
