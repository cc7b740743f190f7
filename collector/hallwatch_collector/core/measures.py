"""Station 7, third step: the measures that the plan asks for now, each with its clause.

The list is found anew at every change from the incidents and windows as they are, and compared with the measures in
force: what is newly owed is raised, what is owed no longer is undone. So a measure cannot outlive its cause, and a
restart raises nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

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
from hallwatch_collector.core.incidents import root_faults, touched_windows
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan import FAULT_ROLE, Occasion, Template
from hallwatch_collector.core.state import Incident, Measure, Mode
from hallwatch_collector.core.wording import instead_of, name_of, words_for, worst_first

AUTOMATIC = "auto"
"""Who did what nobody decided."""


def _incident(model: Model, incident: Incident) -> Iterator[str]:
    if incident.stands and root_faults(model.devices[incident.device]):
        yield incident.device


def _own_effect(effect: str) -> Callable[[Model, Incident], Iterator[str]]:
    def occasion(model: Model, incident: Incident) -> Iterator[str]:
        effects = {fault.effect for alarm, fault in model.devices[incident.device].raised() if not alarm.cause}
        # where touching could hurt, that is the sign to show
        if incident.stands and effect in effects and (effect == "hazard" or "hazard" not in effects):
            yield incident.device

    return occasion


def _explained(model: Model, incident: Incident) -> Iterator[str]:
    for watch in model.devices.values() if incident.stands else ():
        if any(alarm.cause == incident.device and fault.effect == "unusable" for alarm, fault in watch.raised()):
            yield watch.id


def _window_impaired(model: Model, incident: Incident) -> Iterator[str]:
    for window in _open_windows(model, incident):
        if model.able(window) and _stand_ins(model, window):
            yield window


def _window_useless(model: Model, incident: Incident) -> Iterator[str]:
    for window in _open_windows(model, incident):
        if not model.able(window) and (_stand_ins(model, window) or model.hall.closure == "auto"):
            yield window


def _hall_impaired(model: Model, incident: Incident) -> Iterator[str]:
    if any(not _stand_ins(model, window) for window in _open_windows(model, incident)):
        yield incident.device


def _window_closed(model: Model, incident: Incident) -> Iterator[str]:
    yield from (window for window, cause in model.closed_windows.items() if cause == incident.id)


def _window_ready(model: Model, incident: Incident) -> Iterator[str]:
    if model.hall.reopening == "ask":
        yield from (window for window in _window_closed(model, incident) if is_ready(model, window))


def _window_recovered(model: Model, incident: Incident) -> Iterator[str]:
    yield from (window for window in incident.windows if window not in model.lost)


OCCASIONS: dict[Occasion, Callable[[Model, Incident], Iterator[str]]] = {
    "incident": _incident,
    "device-unusable": _own_effect("unusable"),
    "device-hazard": _own_effect("hazard"),
    "device-explained": _explained,
    "window-impaired": _window_impaired,
    "window-useless": _window_useless,
    "hall-impaired": _hall_impaired,
    "window-closed": _window_closed,
    "window-ready": _window_ready,
    "window-recovered": _window_recovered,
}
"""How each occasion of the plan is found: the subjects for which an incident gives it."""


def _open_windows(model: Model, incident: Incident) -> list[str]:
    if not incident.stands:
        return []
    return [window for window in sorted(touched_windows(model, incident)) if window not in model.closed_windows]


def _stand_ins(model: Model, window: str) -> list[str]:
    return model.impact.stand_ins(window, model.lost.get(window, ()), model.able)


def is_ready(model: Model, window: str) -> bool:
    """Tell whether a closed window could reopen (W3): it takes all its classes, and its last transaction is checked."""
    incident = model.incidents.get(model.closed_windows[window])
    if window in model.lost or incident is None:
        return window not in model.lost
    checks = [check for check in model.checks(incident.id) if check.subject == window]
    asked = any(template.on == "window-recovered" for template in model.plan.measures) and window in incident.windows
    return all(check.status == "done" for check in checks) and (bool(checks) or not asked)


def keep_measures(turn: Turn) -> None:
    """Make the measures in force equal to what the plan asks for, then windows and signs to what follows from them."""
    model = turn.model
    wanted = dict(_wanted(model, turn.at))
    for measure in model.measures.values():
        key = (measure.incident, measure.template, measure.subject)
        if key in wanted:
            _reword(turn, measure, wanted.pop(key))
        elif measure.status == "open":
            measure.status = "undone"
            turn.events.append(MeasureUndone(at=turn.at, measure=measure.id))
        elif measure.status != "undone":
            measure.status = "over"
    for (incident, _, subject), template in wanted.items():
        _raise(turn, template, incident, subject)
    _move_windows(turn)


def _wanted(model: Model, now: float) -> Iterator[tuple[tuple[str, str, str], Template]]:
    for incident in model.incidents.values():
        if incident.status == "closed":
            continue
        for template in model.plan.measures:
            if not _in_time(model, template, incident, now):
                continue
            for subject in OCCASIONS[template.on](model, incident):
                watch = model.devices.get(subject)
                if not (template.kinds and watch and watch.device.kind not in template.kinds):
                    yield (incident.id, template.id, subject), template


def _in_time(model: Model, template: Template, incident: Incident, now: float) -> bool:
    """Tell short from long (D1, D2, W1): by what such a repair usually takes, and by what this one took already."""
    expected = max((fault.usual_repair_s for _, fault in model.devices[incident.device].raised()), default=0.0)
    lasts = max(expected, now - incident.began_at)
    if template.repair_longer_than_s is not None and lasts < template.repair_longer_than_s:
        return False
    return template.repair_up_to_s is None or lasts < template.repair_up_to_s


def _raise(turn: Turn, template: Template, incident: str, subject: str) -> None:
    model, at = turn.model, turn.at
    measure = Measure(
        id=f"m-{model.next_number()}", template=template.id, incident=incident, clause=template.clause,
        mode=_mode(model, template), subject=subject, owner=_owner(model, template, incident), group=template.group,
        raised_at=at, due_at=None if template.due_s is None else at + template.due_s,
    )  # fmt: skip
    model.measures[measure.id] = measure
    _word(model, measure, template)
    turn.events.append(_raised(measure, at))


def _owner(model: Model, template: Template, incident: str) -> str:
    if template.owner != FAULT_ROLE:
        return template.owner
    worst = next(iter(worst_first(model.devices[model.incidents[incident].device])), None)
    return worst.role if worst else "technician"


def _mode(model: Model, template: Template) -> Mode:
    closes = template.on_confirm == "close-window" and template.on == "window-useless"
    return "auto" if closes and model.hall.closure == "auto" else template.mode


def _word(model: Model, measure: Measure, template: Template) -> None:
    words, words_en = words_for(model, model.incidents[measure.incident], measure.subject)
    measure.text = template.text.format_map(words)
    measure.text_en = template.text_en.format_map(words_en)


def _reword(turn: Turn, measure: Measure, template: Template) -> None:
    """Bring a measure up to date: a text that changed is said again, one that was undone comes into force again."""
    if measure.status not in ("open", "over", "undone"):
        return
    before = (measure.text, measure.status, measure.owner)
    _word(turn.model, measure, template)
    if root_faults(turn.model.devices[turn.model.incidents[measure.incident].device]):
        measure.owner = _owner(turn.model, template, measure.incident)
    at = turn.at
    if measure.status != "open":
        measure.status, measure.raised_at = "open", at
        measure.due_at = None if template.due_s is None else at + template.due_s
    if before != (measure.text, measure.status, measure.owner):
        turn.events.append(_raised(measure, at))


def _raised(measure: Measure, at: float) -> MeasureRaised:
    return MeasureRaised(
        at=at, measure=measure.id, incident=measure.incident, clause=measure.clause, mode=measure.mode,
        subject=measure.subject, owner=measure.owner, text=measure.text, text_en=measure.text_en, due_at=measure.due_at,
    )  # fmt: skip


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
            for window in _open_windows(model, model.incidents[measure.incident]):
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
