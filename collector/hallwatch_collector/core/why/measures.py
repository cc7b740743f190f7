"""Why the plan asks for something: the incident, the occasion, the conditions that held, the clause, the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hallwatch_collector.core.conditions import Circumstance, weigh
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions import FINDERS, HALL_FINDERS, Belongings, Case
from hallwatch_collector.core.occasions.windows import deciding
from hallwatch_collector.core.owed import count_on
from hallwatch_collector.core.signs import signs_due
from hallwatch_collector.core.state import Incident, Measure
from hallwatch_collector.core.why.incidents import of_incident
from hallwatch_collector.core.why.link import Link, NothingToExplain, Said, clock, span
from hallwatch_collector.core.why.windows import of_closing
from hallwatch_collector.core.why.words import OCCASIONS, say_condition
from hallwatch_collector.core.wording import name_of

ANSWERS: Final = {
    "confirmed": ("{by}已同意", "{by} said yes"),
    "declined": ("{by}未同意:{reason}", "{by} said no: {reason}"),
    "done": ("{by}已做完", "{by} did it"),
    "over": ("{by}已决定,时机已过", "{by} decided it, and its occasion has passed"),
    "undone": ("没有人决定,已不再需要", "nobody decided it, and it is needed no longer"),
}
"""Status of a measure that is not open → what became of it."""


SCREEN_SAYS: Final[dict[str, Said]] = {
    "": ("这里已配对的屏幕确认正在显示。", "The paired screen here says that it shows it."),
    "awaited": ("等待这里已配对的屏幕确认。", "The paired screen here has not yet said that it shows it."),
    "silent": (
        "这里已配对的屏幕没有消息,不再算作联网显示屏。",
        "Nothing is heard of the paired screen here; it does not count.",
    ),
    "behind": (
        "这里已配对的屏幕没有显示应显示的标识,不再算作联网显示屏。",
        "The paired screen here does not show what it ought to; it does not count.",
    ),
}
"""Why a screen does not count, or that it does → how that is said."""


def explain_measure(model: Model, name: str, now: float) -> Iterator[Link]:
    """Yield why the plan asks, or asked, for a measure."""
    measure = model.measures.get(name)
    if measure is None:
        raise NothingToExplain(name)
    incident = model.incidents.get(measure.incident)
    if incident is not None:
        window = measure.subject if measure.subject in model.impact.windows else ""
        yield from of_incident(model, incident, now, window)
    yield from of_plan(model, measure, incident, now)


def explain_sign(model: Model, name: str, now: float) -> Iterator[Link]:
    """Yield why a sign is up at a place, or a printed one hangs there still; or that there is none."""
    sign, posted = model.signs.get(name), model.posted.get(name)
    if name not in model.impact.windows and name not in model.devices:
        raise NothingToExplain(name)
    if sign is None and posted is None:
        about = name_of(model, name)
        text, text_en = f"{about}现在没有标识。", f"No sign is up at {about} now."
        yield Link(station="sign", about=name, name=about, text=text, text_en=text_en)
    for measure in model.measures.values():
        shown = model.templates[measure.template].sign and measure.mode == "auto" and measure.status == "open"
        if sign is not None and shown and measure.subject == name:
            yield from explain_measure(model, measure.id, now)
    if sign is not None:
        text, text_en = f"因此这里挂出「{sign.text}」。", f"So the sign here says “{sign.text}”."
        if name in signs_due(model):
            text = f"因此这里应挂出「{sign.text}」,还没有人张贴。"
            text_en = f"So a sign that says “{sign.text}” is due here; nobody has posted it yet."
        yield _sign(model, name, sign.since, (text, text_en), sign.clause)
    yield from _of_screens(model, name)
    if posted is not None:
        text = f"{posted.by}在这里张贴了「{posted.text}」" + (",现已不需要,请取下。" if posted.left_at else "。")
        text_en = f"{posted.by} posted a printed “{posted.text}” here"
        text_en += "; nothing calls for it any more, take it down." if posted.left_at else "."
        yield _sign(model, name, posted.at, (text, text_en), "H2")


def _of_screens(model: Model, place: str) -> Iterator[Link]:
    """Yield what the paired screens at a place say."""
    for screen in model.screens_at(place) if place in model.signs else ():
        text, text_en = SCREEN_SAYS[screen.lost if screen.behind_at is None or screen.lost else "awaited"]
        yield _sign(model, place, screen.since, (text, text_en), "H2")


def _sign(model: Model, place: str, at: float, said: Said, clause: str) -> Link:
    name, (text, text_en) = name_of(model, place), said
    return Link(station="sign", about=place, name=name, at=at, text=text, text_en=text_en, clause=clause)


def of_plan(model: Model, measure: Measure, incident: Incident | None, now: float) -> Iterator[Link]:
    """Yield what the plan says: on which occasion, under which conditions, by which clause; and what was answered."""
    template, subject = model.templates[measure.template], name_of(model, measure.subject)
    circumstance = Circumstance(model, template, incident, measure.subject, now)
    yield from of_occasion(circumstance)
    if template.on == "window-closed" and measure.subject in model.closed_windows:
        yield from of_closing(model, measure.subject)
    yield Link(
        station="measure", about=measure.id, name=subject, at=measure.raised_at, text=measure.text,
        text_en=measure.text_en, clause=measure.clause, holds=measure.status not in ("over", "undone"),
    )  # fmt: skip
    if measure.status in ANSWERS:
        text, text_en = (each.format(by=measure.decided_by, reason=measure.reason) for each in ANSWERS[measure.status])
        yield Link(
            station="answer", about=measure.id, name=subject, at=measure.decided_at, text=f"{text}。",
            text_en=f"{text_en}.", clause=measure.clause,
        )  # fmt: skip


def of_occasion(circumstance: Circumstance) -> Iterator[Link]:
    """Yield the occasion on which a measure is asked for, and its conditions, each with whether it is given now."""
    about, case = circumstance.subject, find_case(circumstance)
    name, (text, text_en) = name_of(circumstance.model, about), OCCASIONS[circumstance.template.on]
    yield Link(
        station="occasion", about=about, name=name, at=case.since if case else None, text=f"{text}。",
        text_en=f"{text_en}.", holds=case is not None,
    )  # fmt: skip
    for (text, text_en), holds in _conditions(circumstance, case):
        yield Link(
            station="condition", about=about, name=name, text=f"{text}。", text_en=f"{text_en}.", holds=holds
        )  # fmt: skip


def find_case(circumstance: Circumstance) -> Case | None:
    """Return the occasion on which a measure is for its subject now; None when it is not given."""
    model, template, incident, subject, now = circumstance
    cases: Iterable[Case] = ()
    if incident is None and template.on in HALL_FINDERS:
        cases = HALL_FINDERS[template.on](model, now)
    elif incident is not None and template.on in FINDERS:
        windows = deciding(model, template, now).get(incident.id, [])
        cases = FINDERS[template.on](Belongings(model).ask(incident, now, windows))
    return next((case for case in cases if case.subject == subject), None)


def _conditions(circumstance: Circumstance, case: Case | None) -> Iterator[tuple[Said, bool]]:
    for name, holds in weigh(circumstance):
        yield say_condition(name, circumstance), holds
    model, template = circumstance.model, circumstance.template
    if template.after_s and case is not None:
        starts_at = count_on(model, template, case.since, template.after_s)
        length, length_en = span(template.after_s)
        business, business_en = ("(按营业时间)", " of business") if template.clock == "open" else ("", "")
        told = clock(model, starts_at, circumstance.now)
        said = f"此后满 {length}{business}:{told}", f"{length_en}{business_en} after that: {told}"
        yield said, circumstance.now >= starts_at
