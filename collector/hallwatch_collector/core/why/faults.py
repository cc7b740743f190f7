"""Why a fault stands: what was read, how long it held, and what upstream explains it."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.parts import name_part
from hallwatch_collector.core.state import Alarm
from hallwatch_collector.core.watch import DeviceWatch
from hallwatch_collector.core.why.link import Link, NothingToExplain, Said, clock, span
from hallwatch_collector.core.wording import name_of


def explain_fault(model: Model, name: str, now: float) -> Iterator[Link]:
    """Yield why a fault stands: ``jam@prn-3``, with or without the part that has it."""
    fault, _, device = name.partition("@")
    watch = model.devices.get(device)
    raised = [] if watch is None else [each for each in watch.raised() if fault in (each[0].key, each[0].fault)]
    if watch is None or not raised:
        raise NothingToExplain(name)
    for alarm, rule in raised:
        yield from of_alarm(model, watch, alarm, rule, now)
        yield from of_cause(model, watch, alarm, now)


def of_device(model: Model, watch: DeviceWatch, now: float, *, roots_only: bool = True) -> Iterator[Link]:
    """Yield what was read of a device and which faults that makes: those of its own, and others if asked for."""
    for alarm, fault in watch.foremost():
        if fault.severity == "fault" and not (roots_only and alarm.cause):
            yield from of_alarm(model, watch, alarm, fault, now)


def of_alarm(model: Model, watch: DeviceWatch, alarm: Alarm, fault: Fault, now: float) -> Iterator[Link]:
    """Yield what was read, and the fault that it makes."""
    text, text_en = _told(alarm)
    yield Link(
        station="reading", about=watch.id, name=watch.device.name, at=alarm.since, text=text, text_en=text_en,
        evidence=alarm.evidence,
    )  # fmt: skip
    text, text_en = _held(model, alarm, fault, now)
    yield Link(
        station="fault", about=watch.id, name=watch.device.name, at=alarm.raised_at, text=text, text_en=text_en
    )  # fmt: skip


def of_cause(model: Model, watch: DeviceWatch, alarm: Alarm, now: float) -> Iterator[Link]:
    """Yield which device upstream explains a fault, and why that one is down; or that none does."""
    if not alarm.cause:
        text, text_en = "它就是根因:上游没有故障可以解释。", "It is the root cause: nothing upstream explains it."
        yield Link(station="cause", about=watch.id, name=watch.device.name, text=text, text_en=text_en)
        return
    cause = name_of(model, alarm.cause)
    text = f"根因是{cause}:{watch.device.name}要靠它才能工作。"
    text_en = f"The root cause is {cause}: {watch.device.name} cannot work without it."
    yield Link(station="cause", about=alarm.cause, name=cause, text=text, text_en=text_en)
    upstream = model.devices.get(alarm.cause)
    if upstream is not None:
        yield from of_device(model, upstream, now)


def _told(alarm: Alarm) -> Said:
    """Say who told it: a person, the collector itself, or a probe."""
    match alarm.probe:
        case "person":
            return f"人工报障:{alarm.evidence}", f"reported by hand: {alarm.evidence}"
        case "core":
            return "由 Hallwatch 从其他情况推出", "concluded by Hallwatch from everything else"
        case _:
            return f"由探测 {alarm.probe or '–'} 读到", f"read by the probe {alarm.probe or '–'}"


def _held(model: Model, alarm: Alarm, fault: Fault, now: float) -> Said:
    """Say which fault it is, from the first symptom to the verdict."""
    part, part_en = (name_part(names, alarm.part) for names in (model.part_names.chinese, model.part_names.english))
    name = f"{fault.name}({part or alarm.part})" if alarm.part else fault.name
    name_en = f"{fault.name_en} ({part_en or alarm.part})" if alarm.part else fault.name_en
    if alarm.raised_at is None or alarm.raised_at <= alarm.since:
        return f"判定为「{name}」。", f"That is “{name_en}”."
    first, (held, held_en) = clock(model, alarm.since, now), span(round(alarm.raised_at - alarm.since))
    return (
        f"判定为「{name}」:{first} 起持续 {held}。",
        f"That is “{name_en}”: from {first} on it held for {held_en}.",
    )
