"""The words that measures and signs fill in: names, classes, the spare, where to go instead."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from math import ceil
from typing import Final, Literal, NamedTuple

from msgspec import structs

from hallwatch_collector.core.arranging import say_moves
from hallwatch_collector.core.catalogue import EFFECTS, Fault
from hallwatch_collector.core.failures import failure_trend, rate_rule, say_rate
from hallwatch_collector.core.instead import instead_of
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions import Case
from hallwatch_collector.core.occasions.windows import by_part
from hallwatch_collector.core.parts import PartNames, name_part
from hallwatch_collector.core.plan import Template
from hallwatch_collector.core.public_words import (
    FLEETING,
    name_of_release,
    say_deadline,
    say_notice,
    say_outlet,
    say_public,
    say_services,
)
from hallwatch_collector.core.readiness.store import working_kiosks
from hallwatch_collector.core.readiness.words import (
    name_ready,
    say_on_duty,
    say_standins,
    say_stock,
)
from hallwatch_collector.core.register_words import say_entries, say_register
from hallwatch_collector.core.services import systems_of
from hallwatch_collector.core.state import Alarm, Incident
from hallwatch_collector.core.things import CLASS, HALL, REGISTER
from hallwatch_collector.core.trend import SAID
from hallwatch_collector.core.watch import DeviceWatch

MOMENTS: Final = frozenset({"back_at", "was_back_at", "from", "to"})
"""Words that say a moment: without its day on that day."""


def name_of(model: Model, subject: str) -> str:
    """Return the name that people know a device, a window, a register or a public text by."""
    watch = model.devices.get(subject)
    if watch is not None:
        return watch.device.name
    if subject.startswith(REGISTER):
        return say_register(model, subject)[0]
    window = model.impact.windows.get(subject)
    if window is not None:
        return window.name
    return name_of_release(model, subject) or name_ready(model, subject) or subject


def worst_first(watch: DeviceWatch) -> list[Fault]:
    """Return the faults that stand on a device, without mere warnings where there is worse."""
    return [fault for _, fault in _worst_first(watch)]


def _worst_first(watch: DeviceWatch) -> list[tuple[Alarm, Fault]]:
    raised = sorted(watch.foremost(), key=lambda each: (EFFECTS.index(each[1].effect), each[0].since))
    return [each for each in raised if each[1].severity == "fault"] or raised


def _named_worst_first(model: Model, watch: DeviceWatch) -> list[Fault]:
    return [_named(model.part_names, watch, *raised) for raised in _worst_first(watch)]


def _named(names: PartNames, watch: DeviceWatch, alarm: Alarm, fault: Fault) -> Fault:
    """Return a fault that is called by its part, where the hall file names the part that has it."""
    if alarm.part not in watch.device.parts:
        return fault
    part = name_part(names.chinese, alarm.part) or f"「{alarm.part}」"
    part_en = name_part(names.english, alarm.part) or f"“{alarm.part}”"
    return structs.replace(fault, name=f"{fault.name}:{part}", name_en=f"{fault.name_en}: {part_en}")


class About(NamedTuple):
    """What a text is about."""

    model: Model
    incident: Incident | None
    """None: the hall itself."""
    subject: str
    losses: Mapping[str, Sequence[str]]
    """Window → classes."""
    now: float
    case: Case
    template: Template | None = None
    """The measure whose text it is."""

    @property
    def watch(self) -> DeviceWatch | None:
        """The device that it is about: the subject, or else the root of the incident."""
        devices = self.model.devices
        return devices.get(self.subject) or (devices[self.incident.device] if self.incident else None)

    @property
    def faults(self) -> list[Fault]:
        """The faults of that device, the worst first; of a warning what is warned of."""
        if self.watch and self.template and self.template.on == "warned":
            warned = [raised for raised in self.watch.raised() if raised[1].indicator]
            return [_named(self.model.part_names, self.watch, *raised) for raised in warned]
        return _named_worst_first(self.model, self.watch) if self.watch else []


Say = Callable[[About], tuple[str, str]]
"""Says one word of a text, in Chinese and in English."""


def fill_in(text: str, text_en: str, about: About, *, lasting: bool = False) -> tuple[str, str]:
    """Return a text of the plan in both languages with its words in braces filled in; only those it names are worked
    out.

    *lasting*: words that change by the minute are left out, and moments said with their day, whatever day it is now.
    """
    named = words_of(text) | words_of(text_en)
    fleeting = FLEETING if lasting else frozenset()
    dated = about._replace(now=0.0) if lasting else about
    said = {name: SAY[name](dated if name in MOMENTS else about) for name in named - fleeting}
    said.update(dict.fromkeys(named & fleeting, ("", "")))
    return (
        text.format_map({name: zh for name, (zh, _) in said.items()}),
        text_en.format_map({name: en for name, (_, en) in said.items()}),
    )


@cache
def words_of(text: str) -> frozenset[str]:
    """Return the words that a text of the plan has in braces."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def word_measure(about: About, template: Template) -> tuple[str, str]:
    """Return the text of a measure, in Chinese and in English: in a drill with its mark and what is done instead."""
    text, text_en = fill_in(template.text, template.text_en, about)
    if not about.model.hall.drill:
        return text, text_en
    words, is_step = about.model.plan.drill, template.mode == "show"
    return (
        words.word(text, template.in_drill or (words.step if is_step else ""), "zh"),
        words.word(text_en, template.in_drill_en or (words.step_en if is_step else ""), "en"),
    )


def _device(about: About) -> tuple[str, str]:
    name = about.watch.device.name if about.watch else name_of(about.model, about.subject)
    return name, name


def _place(about: About) -> tuple[str, str]:
    name = name_of(about.model, about.subject)
    return name, name


def _fault(about: About) -> tuple[str, str]:
    faults = about.faults
    return (
        _join((fault.name for fault in faults), "、") or "故障已消除",
        _join((fault.name_en for fault in faults), ", ") or "over",
    )


def _say_causes(about: About) -> tuple[str, str]:
    if about.incident is None:
        return _fault(about)
    causes = _causes(about.model, about.incident, list(about.losses))
    return (
        ";".join(f"{name}:" + _join((fault.name for fault in theirs), "、") for name, theirs in causes),
        "; ".join(f"{name}: " + _join((fault.name_en for fault in theirs), ", ") for name, theirs in causes),
    )


def _windows(about: About) -> tuple[str, str]:
    names = [name_of(about.model, window) for window in about.losses]
    return _join(names, "、") or "无窗口", _join(names, ", ") or "no window"


def _restored(about: About) -> tuple[str, str]:
    """Say whether a window has all of its classes back, else which and which not."""
    model, window = about.model, about.model.impact.windows.get(about.subject)
    lost = [each for each in window.classes if each in model.lost.get(window.id, ())] if window else []
    if window is None or not lost:
        return "已恢复", "is back"
    names, names_en = _class_names(model, [each for each in window.classes if each not in lost])
    lost_names, lost_names_en = _class_names(model, lost)
    return (
        f"已部分恢复(可办{names},仍不能办{lost_names})",
        f"is partly back (it takes {names_en}, still not {lost_names_en})",
    )


def _classes(about: About) -> tuple[str, str]:
    if about.subject.startswith(CLASS):
        lost = {about.subject.removeprefix(CLASS): None}
    else:
        lost = dict.fromkeys(name for window in about.losses for name in about.losses[window])
    return _class_names(about.model, lost)


def _class_names(model: Model, classes: Iterable[str]) -> tuple[str, str]:
    known = [model.impact.classes[name] for name in classes]
    names = _join((each.name for each in known), "、")
    names_en = _join((each.name_en or each.id for each in known), ", ")
    return names or "无", names_en or "none"


def _minutes(about: About) -> tuple[str, str]:
    """Say within how many minutes it is expected back, from when that was found: it does not change by the minute."""
    incident = about.incident
    if incident is None or incident.back_at is None:
        return "若干", "some"
    told_at = incident.began_at if incident.estimated_at is None else incident.estimated_at
    minutes = str(max(1, ceil((incident.back_at - told_at) / 60)))
    return minutes, minutes


def _back_at(about: About) -> tuple[str, str]:
    return say_moment(about.model, about.incident.back_at if about.incident else None, about.now)


def _was_back_at(about: About) -> tuple[str, str]:
    incident, told = about.incident, about.template is not None and about.template.on == "estimate-changed"
    if incident is None:
        return say_moment(about.model, None, about.now)
    return say_moment(about.model, incident.was_announced_at if told else incident.was_back_at, about.now)


def say_moment(model: Model, at: float | None, now: float) -> tuple[str, str]:
    """Say a moment by the hall's clocks: the time of day, with the date when that is not today's."""
    if at is None:
        return "时间待定", "at a time not yet known"
    told, today = model.hours.local(at), model.hours.local(now)
    time = f"{told:%H:%M}"
    if told.date() == today.date():
        return time, time
    return f"{told.month}月{told.day}日{time}", f"{told:%Y-%m-%d} {time}"


def _first_step(about: About) -> tuple[str, str]:
    first = next((fault for fault in about.faults if fault.first_step), None)
    return (first.first_step, first.first_step_en) if first else ("", "")


def _say_spare(about: About) -> tuple[str, str]:
    if about.watch is None:
        return "无备用设备", "none"
    return say_standins(about.model, about.watch.id, [fault.id for fault in about.faults])


def _replaced(about: About) -> tuple[str, str]:
    """Name the device that a spare stands in for."""
    loan = about.model.readiness.loans.get(about.subject)
    name = name_of(about.model, loan.device) if loan else ""
    return name, name


def _instead(about: About) -> tuple[str, str]:
    model, subject = about.model, about.subject
    return instead_of(model, subject) or "暂无", instead_of(model, subject, "en") or "nowhere yet"


def _say_person(about: About) -> tuple[str, str]:
    return say_on_duty(about.model, about.faults[0].role if about.faults else "", about.now)


def _maintenance_moment(about: About, name: Literal["begins_at", "ends_at"]) -> tuple[str, str]:
    moment = getattr(about.model.readiness.maintenance.get(about.subject), name, None)
    return ("未说明", "not said") if moment is None else say_moment(about.model, moment, about.now)


def _level(about: About) -> tuple[str, str]:
    level = about.incident.level if about.incident else ""
    return level, level


def _services(about: About) -> tuple[str, str]:
    """Name the systems that the incident keeps the hall from, else the device itself."""
    moving = say_services(about.model, about.incident, about.template, about.now)
    if moving is not None:
        return moving
    names = [system.name for system in systems_of(about.model, about.incident)] if about.incident else []
    return (_join(names, "、"), _join(names, ", ")) if names else _device(about)


def _register(about: About) -> tuple[str, str]:
    return say_register(about.model, about.subject)


def _entries(about: About) -> tuple[str, str]:
    """Say how much of a register is still to be done; of a supply, how much there is."""
    if about.incident is None:
        return say_stock(about.model, about.subject, about.now)
    return say_entries(about.incident, about.subject)


def _sign(about: About) -> tuple[str, str]:
    return about.case.edition, about.case.edition


def _sign_state(about: About) -> tuple[str, str]:
    """Say whether the sign hangs: a connected display shows it, or somebody ticked that a printed one does (H2)."""
    wanted = about.template.sign if about.template else ""
    posted = about.model.posted.get(about.subject)
    hangs = about.model.shows_signs(about.subject) or (posted is not None and posted.text == wanted)
    return ("已挂", "shows") if hangs else ("应挂", "should show")


def _waiting(about: About) -> tuple[str, str]:
    people = about.model.queue.total
    return ("若干", "some") if people is None else (f"{people:.0f}", f"{people:.0f}")


def _kiosks(about: About) -> tuple[str, str]:
    """Name the self-service terminals that work: seen, not under maintenance, and good for something (P3)."""
    kiosks = [watch.device.name for watch in working_kiosks(about.model)]
    return _join(kiosks, "、") or "暂无可用终端", _join(kiosks, ", ") or "none works now"


def _moves(about: About) -> tuple[str, str]:
    return say_moves(about.model, about.case.moves)


def _trend(about: About) -> tuple[str, str]:
    """Say whether what is warned of grows: the failures of the hall's systems, else the people waiting."""
    rule = rate_rule(about.model) if about.subject == HALL else None
    if rule is None:
        return SAID[about.model.queue.trend]
    said, said_en = say_rate(about.model, rule, about.now)
    trend, trend_en = SAID[failure_trend(about.model, rule, about.now)]
    return f"{said},{trend}", f"{said_en}, {trend_en}"


SAY: Final[dict[str, Say]] = {
    "device": _device,
    "place": _place,
    "fault": _fault,
    "causes": _say_causes,
    "window": _windows,
    "windows": _windows,
    "classes": _classes,
    "restored": _restored,
    "minutes": _minutes,
    "back_at": _back_at,
    "was_back_at": _was_back_at,
    "first_step": _first_step,
    "spare": _say_spare,
    "instead": _instead,
    "person": _say_person,
    "level": _level,
    "services": _services,
    "register": _register,
    "entries": _entries,
    "sign": _sign,
    "sign_state": _sign_state,
    "waiting": _waiting,
    "kiosks": _kiosks,
    "moves": _moves,
    "replaced": _replaced,
    "trend": _trend,
    "from": lambda about: _maintenance_moment(about, "begins_at"),
    "to": lambda about: _maintenance_moment(about, "ends_at"),
    "deadline": lambda about: say_deadline(about.model, about.incident, about.template, about.now),
    "notice": lambda about: say_notice(about.model, about.subject),
    "outlet": lambda about: say_outlet(about.model, about.subject),
    "public": lambda about: say_public(about.model, about.subject, about.template),
}
"""Word of a text → who says it. A new word is one function and one line here; if it looks at something of the hall that
no other word does, that goes into :mod:`hallwatch_collector.core.footing` too."""


def _causes(model: Model, incident: Incident, windows: list[str]) -> list[tuple[str, list[Fault]]]:
    """Return the devices whose incidents took something from these windows, this one's first, with their faults."""
    lost = [window for window in windows if window in model.lost]
    answerable = model.once(("answerable", *lost), lambda: _answerable(model, lost))
    others = [each for each in answerable if each is not incident]
    # that no window takes a class says nothing beside why that is
    ours = [] if others and incident.device.startswith(CLASS) else [incident]
    watches = [watch for each in (*ours, *others) for watch in model.watches(each)]
    causes = [(watch.device.name, _named_worst_first(model, watch)) for watch in watches]
    return [(name, theirs) for name, theirs in causes if theirs] or causes


def _answerable(model: Model, windows: list[str]) -> list[Incident]:
    """Return the standing incidents that have a part in what these windows lost."""
    return by_part(model, windows, [each for each in model.incidents.values() if each.stands]) if windows else []


def _join(names: Iterable[str], mark: str) -> str:
    return mark.join(dict.fromkeys(names))
