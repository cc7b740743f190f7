"""What the person at one window has to know and do: the next step, the devices, what is asked, what was done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, Literal

from msgspec import Struct

from hallwatch_collector.core.next_steps import sort_owed
from hallwatch_collector.core.orders.reports import REPORTED
from hallwatch_collector.core.plan import EVERYTHING
from hallwatch_collector.core.things import WINDOW
from hallwatch_collector.core.views import CheckView, DeviceView, HallView, MeasureView, RegisterView, WindowView
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.trouble import STANDING, Detour, Trouble, find_detours, find_troubles
from hallwatch_collector.web.verdict import window_state

STAFF: Final = "staff"
"""The plan's role of who sits at a window."""
SIGN: Final = "H2"
CHECK: Final = "D4"
ANSWERED: Final = ("confirmed", "declined", "done")

Deed = Literal["checked", "sign_up", "sign_down", "done"]


class Duty(Struct, frozen=True, kw_only=True):
    """A step that is asked for at this window."""

    measure: MeasureView
    deed: Deed
    """What its button says."""


class Step(Struct, frozen=True, kw_only=True):
    """The one next thing to do."""

    text: str
    duty: Duty | None = None
    """The step of the plan that it is; None: it follows from how the window is."""


class WindowDesk(Struct, frozen=True, kw_only=True):
    """A window, as the person at it sees it."""

    window: WindowView
    devices: tuple[DeviceView, ...]
    """What stands there, what needs looking at first."""
    others: tuple[DeviceView, ...]
    """What it needs besides and is not well: systems, what stands elsewhere."""
    troubles: tuple[Trouble, ...]
    ways: tuple[Detour, ...]
    """Where people go with what it cannot take."""
    duties: tuple[Duty, ...]
    """What is asked for here, the most urgent first."""
    waiting: tuple[MeasureView, ...]
    """Decisions about this window that somebody else has to take."""
    answered: tuple[MeasureView, ...]
    """What people did here and can still take back, the last first."""
    checks: tuple[CheckView, ...]
    """Checks here that let an incident close, and can be taken back."""
    registers: tuple[RegisterView, ...]
    """That are open because of what this window cannot do."""
    reported: frozenset[str]
    """Things here that a person reported and nobody has said to be well again."""


def look_at(view: HallView, id_: str) -> WindowDesk | None:
    """Return a window as the person at it sees it; None when there is no such window."""
    window = next((each for each in view.windows if each.id == id_), None)
    if window is None:
        return None
    here = tuple(device for device in view.devices if device.place == id_)
    things = {id_, f"{WINDOW}{id_}", *(device.id for device in here)}
    troubles = tuple(each for each in find_troubles(view) if _touches(each, window, things))
    incidents = {each.id for each in troubles} | {each.id for each in view.incidents if id_ in each.windows}
    others = {other.id for other in view.windows} - {id_}
    about = [
        each for each in view.measures
        if each.subject in things or (_for_staff(each, incidents) and each.subject not in others)
    ]  # fmt: skip
    closed = () if window.rests or (window.open and not window.lost) else (window,)
    return WindowDesk(
        window=window,
        devices=tuple(sorted(here, key=lambda device: device.state == "ok")),
        others=tuple(
            each for each in view.devices if each.id in window.devices and each.place != id_ and _is_sick(each)
        ),
        troubles=troubles,
        ways=find_detours(view, closed),
        duties=tuple(_find_duties(view, about)),
        waiting=tuple(each for each in about if each.mode == "ask" and each.status == "open"),
        answered=tuple(sorted(filter(_can_go_back, about), key=lambda each: -(each.decided_at or 0.0))),
        checks=tuple(sorted((each for each in view.checks if each.subject == id_), key=lambda each: -each.at)),
        registers=tuple(each for each in view.registers if each.incident in incidents and each.closed_at is None),
        reported=frozenset(things.intersection(_find_reported(troubles))),
    )


def find_step(desk: WindowDesk, words: Words, class_name: Callable[[str], str], roles: Collection[str] = ()) -> Step:
    """Return the one next thing to do, in a sentence: of what is asked for, what is asked of people with these roles.

    Whoever has no role sits at the window.
    """
    hazard = next(filter(_is_dangerous, desk.troubles), None)
    if hazard is not None:
        advice = next(filter(None, map(words.advice, hazard.faults)), words.say("mine.keep_away"))
        return Step(text=words.say("mine.step_hazard", name=hazard.device_name, advice=advice))
    if desk.duties:
        own = {STAFF} if not roles else {*roles}
        first = next((each for each in desk.duties if own & {each.measure.owner, EVERYTHING}), desk.duties[0])
        return Step(text=words.pick(first.measure.text, first.measure.text_en), duty=first)
    state = window_state(desk.window)
    if state in ("closed", "stuck", "limited"):
        return Step(text=_send_away(desk, words, class_name, whole=state != "limited"))
    if state == "resting":
        return Step(text=words.say("mine.step_resting"))
    faults = (fault for each in desk.troubles for fault in each.faults)
    advice = next(filter(None, map(words.advice, faults)), "")
    if advice:
        return Step(text=words.say("mine.step_advice", advice=advice))
    unsure = state == "unsure" or any(device.state == "unknown" for device in desk.devices)
    return Step(text=words.say("mine.step_unsure" if unsure else "mine.step_ok"))


def _send_away(desk: WindowDesk, words: Words, class_name: Callable[[str], str], *, whole: bool) -> str:
    """Say where people go with what this window cannot take: all of it, or some."""
    told = []
    for way in desk.ways:
        windows = words.listed(way.windows or (words.say("trouble.if_works", name=name) for name in way.unsure))
        classes = words.listed(map(class_name, way.classes))
        told.append(words.say("mine.way" if windows else "mine.no_way", classes=classes, windows=windows))
    return words.say("mine.step_closed" if whole else "mine.step_limited", ways="".join(told))


def _find_duties(view: HallView, about: list[MeasureView]) -> list[Duty]:
    incidents = {incident.id: incident for incident in view.incidents}
    steps = [each for each in about if each.mode == "show" and each.status == "open" and not each.signs_report]
    return [Duty(measure=each, deed=_deed(view, each)) for each in sort_owed(steps, incidents)]


def _deed(view: HallView, step: MeasureView) -> Deed:
    if step.clause == CHECK:
        return "checked"
    if step.clause == SIGN and step.subject in view.signs_due:
        return "sign_up"
    stands = any(each.id == step.incident and each.status in STANDING for each in view.incidents)
    return "sign_down" if step.clause == SIGN and not stands else "done"


def _for_staff(measure: MeasureView, incidents: set[str]) -> bool:
    """Tell whether a measure is for the people at windows, of something that touches this one."""
    return measure.owner == STAFF and measure.incident in incidents


def _find_reported(troubles: tuple[Trouble, ...]) -> Iterator[str]:
    for incident in filter(None, (each.incident for each in troubles)):
        if any(name.startswith(REPORTED) for name in incident.faults):
            yield from (incident.device, *incident.joined)


def _touches(trouble: Trouble, window: WindowView, things: set[str]) -> bool:
    incident = trouble.incident
    if incident is None:
        return False
    return window.id in incident.takes or bool(things.intersection((incident.device, *incident.joined)))


def _is_dangerous(trouble: Trouble) -> bool:
    """Tell whether touching something could hurt; also where nobody sees how it is otherwise."""
    said = trouble.incident is not None and f"{REPORTED}hazard" in trouble.incident.faults
    return said or any(fault.effect == "hazard" for fault in trouble.faults)


def _is_sick(device: DeviceView) -> bool:
    return device.state not in ("ok", "warning")


def _can_go_back(measure: MeasureView) -> bool:
    return measure.status in ANSWERED and measure.decided_by not in ("", "auto") and measure.mode == "show"
