"""Station 7, third step: the measures that the plan asks for now, each with its clause.

The list is found anew at every change from the incidents and windows as they are, and compared with the measures in
force: what is newly owed is raised, what is owed no longer is undone. So a measure cannot outlive its cause, and a
restart raises nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.events import (
    MeasureDecided,
    MeasureRaised,
    MeasureUndone,
    SignPut,
    SignTaken,
    WindowClosed,
    WindowReopened,
)
from hallwatch_collector.core.incidents import root_faults
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.occasions import (
    AFTER_LOSS,
    OCCASIONS,
    ON_LOSS,
    Question,
    deciding,
    helpless,
    in_time,
    is_ready,
    lasts_s,
)
from hallwatch_collector.core.plan import FAULT_ROLE, Template
from hallwatch_collector.core.state import Incident, Measure, Mode, UndoneBecause
from hallwatch_collector.core.wording import instead_of, name_of, words_for, worst_first

AUTOMATIC = "auto"
"""Who did what nobody decided."""


class Owed(NamedTuple):
    """A measure that the plan asks for now."""

    template: Template
    losses: dict[str, list[str]]
    """Window → classes that it is about."""


def keep_measures(turn: Turn) -> None:
    """Make the measures in force equal to what the plan asks for, then windows and signs to what follows from them."""
    model = turn.model
    wanted = dict(_wanted(model, turn.at))
    for measure in model.measures.values():
        key = (measure.incident, measure.template, measure.subject)
        if key in wanted:
            _reword(turn, measure, wanted.pop(key))
        elif measure.status == "open":
            undo_measure(turn, measure, why_undone(turn, measure))
        elif measure.status != "undone":
            measure.status = "over"
    for (incident, _, subject), owed in wanted.items():
        _raise(turn, owed, incident, subject)
    _move_windows(turn)


def _wanted(model: Model, now: float) -> Iterator[tuple[tuple[str, str, str], Owed]]:
    asked = {template.id: deciding(model, template, now) for template in model.plan.measures}
    for incident in model.incidents.values():
        if incident.status == "closed":
            continue
        for template in model.plan.measures:
            if not in_time(model, template, incident, now):
                continue
            windows = asked[template.id].get(incident.id, [])
            for subject in OCCASIONS[template.on](Question(model, incident, windows)):
                watch = model.devices.get(subject)
                if not (template.kinds and watch and watch.device.kind not in template.kinds):
                    owed = Owed(template, _losses(model, incident, subject, windows))
                    yield (incident.id, template.id, subject), owed


def _losses(model: Model, incident: Incident, subject: str, windows: list[str]) -> dict[str, list[str]]:
    """Return the windows and classes that a measure is about: of a window all that it lost, else what is to be decided
    for the hall, else what the incident takes."""
    if subject in model.impact.windows:
        return {subject: model.lost.get(subject, [])}
    if windows:
        return {window: model.lost[window] for window in helpless(model, windows)}
    return model.shares(incident.device)


def _raise(turn: Turn, owed: Owed, incident: str, subject: str) -> None:
    model, at, template = turn.model, turn.at, owed.template
    measure = Measure(
        id=f"m-{model.next_number()}", template=template.id, incident=incident, clause=template.clause,
        mode=_mode(model, template), subject=subject, owner=_owner(model, template, incident), group=template.group,
        raised_at=at, due_at=None if template.due_s is None else at + template.due_s,
    )  # fmt: skip
    model.measures[measure.id] = measure
    _word(model, measure, owed)
    turn.events.append(_raised(measure, at))


def _owner(model: Model, template: Template, incident: str) -> str:
    if template.owner != FAULT_ROLE:
        return template.owner
    worst = next(iter(worst_first(model.devices[model.incidents[incident].device])), None)
    return worst.role if worst else "technician"


def _mode(model: Model, template: Template) -> Mode:
    closes = template.on_confirm == "close-window" and template.on == "window-useless"
    return "auto" if closes and model.hall.closure == "auto" else template.mode


def _word(model: Model, measure: Measure, owed: Owed) -> None:
    words, words_en = words_for(model, model.incidents[measure.incident], measure.subject, owed.losses)
    measure.text = owed.template.text.format_map(words)
    measure.text_en = owed.template.text_en.format_map(words_en)


def _reword(turn: Turn, measure: Measure, owed: Owed) -> None:
    """Bring a measure up to date: a text that changed is said again, one that was undone comes into force again."""
    if measure.status not in ("open", "over", "undone"):
        return
    template, at = owed.template, turn.at
    before = (measure.text, measure.owner)
    _word(turn.model, measure, owed)
    if root_faults(turn.model.devices[turn.model.incidents[measure.incident].device]):
        measure.owner = _owner(turn.model, template, measure.incident)
    was_open = measure.status == "open"
    if not was_open:
        measure.status, measure.undone_because, measure.raised_at = "open", "", at
        measure.due_at = None if template.due_s is None else at + template.due_s
    if not was_open or before != (measure.text, measure.owner):
        turn.events.append(_raised(measure, at, updated=was_open))


def _raised(measure: Measure, at: float, *, updated: bool = False) -> MeasureRaised:
    return MeasureRaised(
        at=at, measure=measure.id, incident=measure.incident, clause=measure.clause, mode=measure.mode,
        subject=measure.subject, owner=measure.owner, text=measure.text, text_en=measure.text_en, due_at=measure.due_at,
        updated=updated,
    )  # fmt: skip


def undo_measure(turn: Turn, measure: Measure, because: UndoneBecause) -> None:
    """Take back a measure that nobody has decided yet."""
    measure.status, measure.undone_because = "undone", because
    undone = MeasureUndone(
        at=turn.at, measure=measure.id, incident=measure.incident, clause=measure.clause, subject=measure.subject,
        text=measure.text, because=because,
    )  # fmt: skip
    turn.events.append(undone)


def why_undone(turn: Turn, measure: Measure) -> UndoneBecause:
    """Tell why a measure is asked for no longer."""
    model, template = turn.model, turn.model.templates[measure.template]
    incident = model.incidents[measure.incident]
    if template.on in AFTER_LOSS:
        return "fault-back"
    if not incident.stands:  # one that closes without having recovered turned out to follow another
        return "cause-gone" if incident.recovered_at is not None else "replaced"
    lasts = lasts_s(model, incident, turn.at)
    if template.repair_up_to_s is not None and lasts >= template.repair_up_to_s:
        return "time-over"
    if template.repair_longer_than_s is not None and lasts < template.repair_longer_than_s:
        return "soon-back"
    return "replaced" if _has_successor(model, template, measure.subject, incident) else "cause-gone"


def _has_successor(model: Model, template: Template, subject: str, incident: Incident) -> bool:
    """Tell whether what a measure was about still stands, though in another way or under another incident."""
    if template.on in ON_LOSS:
        return subject in model.lost or (subject == incident.device and bool(model.shares(incident.device)))
    effects = {fault.effect for _, fault in model.devices[incident.device].raised()}
    return template.on == "device-unusable" and "hazard" in effects


def _move_windows(turn: Turn) -> None:
    """Close what may close by itself (W2), reopen what is ready again (W3)."""
    model = turn.model
    for measure in model.measures.values():
        template = model.templates[measure.template]
        if measure.status == "open" and measure.mode == "auto" and template.on_confirm == "close-window":
            decide_measure(turn, measure, "confirmed", AUTOMATIC)
            close_window(turn, measure.subject, measure.incident, AUTOMATIC)
    if model.hall.reopening == "auto":
        for window in [window for window in model.closed_windows if is_ready(model, window)]:
            reopen_window(turn, window, AUTOMATIC)


def decide_measure(
    turn: Turn, measure: Measure, decision: Literal["confirmed", "declined", "done"], by: str, reason: str = ""
) -> None:
    """Note who decided a measure, and how."""
    measure.status, measure.decided_by, measure.decided_at, measure.reason = decision, by, turn.now, reason
    turn.events.append(MeasureDecided(at=turn.at, measure=measure.id, by=by, decision=decision, reason=reason))


def close_window(turn: Turn, window: str, incident: str, by: str) -> None:
    """Close a window for an incident (W2); one that is closed stays as it is."""
    if window not in turn.model.closed_windows:
        turn.model.closed_windows[window] = incident
        turn.events.append(WindowClosed(at=turn.at, window=window, by=by))


def reopen_window(turn: Turn, window: str, by: str) -> None:
    """Reopen a window (W3)."""
    if turn.model.closed_windows.pop(window, None) is not None:
        turn.events.append(WindowReopened(at=turn.at, window=window, by=by))


def carry_out(turn: Turn, measure: Measure, by: str) -> None:
    """Do what confirming a proposal means."""
    model = turn.model
    match model.templates[measure.template].on_confirm:
        case "close-window":
            close_window(turn, measure.subject, measure.incident, by)
        case "close-windows":
            windows = deciding(model, model.templates[measure.template], turn.now).get(measure.incident, [])
            for window in helpless(model, windows):
                if not model.able(window):
                    close_window(turn, window, measure.incident, by)
        case "reopen-window":
            reopen_window(turn, measure.subject, by)


def keep_signs(turn: Turn) -> None:
    """Make the signs equal to what the measures in force show (H2, W2)."""
    model = turn.model
    wanted = {sign.place: sign for sign in _wanted_signs(model)}
    for place in [place for place in model.signs if place not in wanted]:
        del model.signs[place]
        turn.events.append(SignTaken(at=turn.at, place=place))
    for place, sign in wanted.items():
        if model.signs.get(place) != sign:
            model.signs[place] = sign
            turn.events.append(SignPut(at=turn.at, sign=sign))


def _wanted_signs(model: Model) -> Iterator[Sign]:
    for measure in model.measures.values():
        template = model.templates[measure.template]
        if template.sign and measure.mode == "auto" and measure.status == "open":
            yield Sign(
                place=measure.subject,
                text=template.sign,
                about=name_of(model, measure.subject),
                since=measure.raised_at,
                clause=measure.clause,
                instead=instead_of(model, measure.subject),
                simulated=model.hall.simulated,
            )
