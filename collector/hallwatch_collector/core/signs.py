"""The signs that the measures in force put up (H2, W2), and the printed ones where no connected display is."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.events import SignPosted, SignPut, SignTaken
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.instead import instead_of
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.state import Measure, PostedSign
from hallwatch_collector.core.wording import name_of


def keep_signs(turn: Turn) -> None:
    """Make the signs equal to what the measures in force show (H2, W2)."""
    model = turn.model
    with model.still():
        wanted = {sign.place: sign for sign in _wanted_signs(model)}
        due = signs_due(model)
    for place in [place for place in model.signs if place not in wanted]:
        del model.signs[place]
        turn.events.append(SignTaken(at=turn.at, place=place))
    for place, sign in wanted.items():
        if model.signs.get(place) != sign:
            model.signs[place] = sign
            turn.events.append(SignPut(at=turn.at, sign=sign, by_hand=place in due))


def signs_due(model: Model) -> list[str]:
    """Return the places where a sign is called for that is not up: no connected display is there, and nobody has
    posted a printed one."""
    up = {_place(model, measure.subject): _is_up(model, measure, text) for measure, text in _windows_first(model)}
    return [place for place, is_up in up.items() if place and not is_up]


def _is_up(model: Model, measure: Measure, text: str) -> bool:
    posted = model.posted.get(measure.subject)
    return model.shows_signs(measure.subject) or (posted is not None and posted.text == text)


def _windows_first(model: Model) -> list[tuple[Measure, str]]:
    """Return what is shown in such an order that of several signs for a place the last one counts: what is dangerous at
    a window counts more than that it is closed."""
    return sorted(_showing(model), key=lambda shown: shown[0].subject in model.devices)


def _wanted_signs(model: Model) -> Iterator[Sign]:
    for measure, text in _windows_first(model):
        if place := _place(model, measure.subject):
            template = model.templates[measure.template]
            yield Sign(
                place=place,
                text=text,
                about=name_of(model, measure.subject),
                since=measure.raised_at,
                clause=measure.clause,
                instead=instead_of(model, measure.subject),
                text_en=template.sign_en,
                instead_en=instead_of(model, measure.subject, "en"),
                hazard=template.on == "device-hazard",
                simulated=model.hall.simulated,
                drill=model.hall.drill,
            )


def _place(model: Model, subject: str) -> str:
    """Return where a display would show the sign of something; empty: for the hall itself there is no one place."""
    watch = model.devices.get(subject)
    if watch is None or watch.device.kind not in THINGS:
        return subject
    return watch.device.place or ""


def _showing(model: Model) -> Iterator[tuple[Measure, str]]:
    """Yield the measures in force that show a sign, with its text."""
    for measure in model.measures.values():
        text = model.templates[measure.template].sign
        if text and measure.mode == "auto" and measure.status == "open":
            yield measure, text


def note_ticked(turn: Turn, step: Measure, by: str) -> None:
    """Note what ticking a step says of a printed sign: it was posted, or taken down."""
    model, place = turn.model, step.subject
    on = model.templates[step.template].on
    if on == "sign-unshown":
        model.posted[place] = PostedSign(incident=step.incident, text=step.edition, step=step.id, by=by, at=turn.at)
        turn.events.append(SignPosted(at=turn.at, place=place, text=step.edition, by=by))
    elif on == "sign-left" and place in model.posted:
        del model.posted[place]
        turn.events.append(SignPosted(at=turn.at, place=place, by=by))


def note_unticked(turn: Turn, step: Measure, by: str) -> None:
    """Note that a printed sign was not posted after all."""
    posted = turn.model.posted.get(step.subject)
    if posted is not None and posted.step == step.id:
        del turn.model.posted[step.subject]
        turn.events.append(SignPosted(at=turn.at, place=step.subject, by=by))


def follow_posted(turn: Turn) -> None:
    """Note which incident calls for a printed sign, and since when none does any more."""
    model = turn.model
    live = {"", *(incident.id for incident in model.incidents.values() if incident.status != "closed")}
    shown = _showing(model) if model.posted else ()
    wanted = {(each.subject, text): each.incident for each, text in shown if each.incident in live}
    for place, posted in model.posted.items():
        if (place, posted.text) in wanted:
            posted.left_at, posted.incident = None, wanted[place, posted.text]
        elif posted.left_at is None:
            posted.left_at = turn.at
