"""Why an incident is one, why it has its level, and why it is expected to last so long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.why.faults import of_device
from hallwatch_collector.core.why.levels import of_level
from hallwatch_collector.core.why.link import Link, NothingToExplain, Said, clock
from hallwatch_collector.core.why.windows import of_losses
from hallwatch_collector.core.wording import name_of

MOST_NAMED: Final = 5
SOURCES: Final = {
    "person": ("技术人员估计", "as the technician says"),
    "history": ("按本厅以往修复用时", "by how long such repairs took in this hall"),
    "causes": ("按造成它的各项故障的预计修复时间", "when the faults behind it are expected to be repaired"),
    "catalogue": ("按故障目录的通常用时", "by the usual time of the fault catalogue"),
}


def explain_incident(model: Model, name: str, now: float) -> Iterator[Link]:
    """Yield why there is an incident: readings, faults, what follows from them, its windows, its level, its end."""
    incident = model.incidents.get(name)
    if incident is None:
        raise NothingToExplain(name)
    yield from of_incident(model, incident, now)
    yield from of_level(model, incident, now)
    yield from _estimate(model, incident, now)


def of_incident(model: Model, incident: Incident, now: float, window: str = "") -> Iterator[Link]:
    """Yield the chain from the readings of an incident's root devices to the incident; *window*: of its losses only
    those of this window."""
    for watch in model.watches(incident):
        yield from of_device(model, watch, now)
    yield from _over(model, incident)
    yield from _explained(model, incident)
    yield from of_losses(model, incident, window)
    text, text_en = _life(model, incident, now)
    name = name_of(model, incident.device)
    yield Link(station="incident", about=incident.id, name=name, at=incident.began_at, text=text, text_en=text_en)


def _over(model: Model, incident: Incident) -> Iterator[Link]:
    """Yield which of its faults do not stand any more."""
    for watch in model.watches(incident):
        standing = {alarm.fault for alarm, _ in watch.raised()}
        over = [watch.rules.faults[name] for name in incident.faults if name in watch.rules.faults.keys() - standing]
        if over:
            text = f"已消除:{'、'.join(fault.name for fault in over)}。"
            text_en = f"Gone: {', '.join(fault.name_en for fault in over)}."
            yield Link(station="fault", about=watch.id, name=watch.device.name, text=text, text_en=text_en)


def _explained(model: Model, incident: Incident) -> Iterator[Link]:
    names = [
        watch.device.name
        for watch in model.devices.values()
        if watch.device.kind not in THINGS and any(alarm.cause in incident.roots for alarm, _ in watch.raised())
    ]
    if names:
        named = "、".join(names[:MOST_NAMED])
        root = name_of(model, incident.device)
        text = f"{root}是根因:另有 {len(names)} 台设备因它而不能用({named}{'等' * (len(names) > MOST_NAMED)})。"
        text_en = f"{root} is the root cause: {len(names)} more devices are out of use through it ({named}"
        text_en += ", …)." if len(names) > MOST_NAMED else ")."
        yield Link(station="cause", about=incident.device, name=root, text=text, text_en=text_en)


def _life(model: Model, incident: Incident, now: float) -> Said:
    text, text_en = f"记为事件 {incident.id}", f"That is incident {incident.id}"
    if incident.reopened:
        text, text_en = (
            f"{text}(第 {incident.reopened + 1} 次,F3)",
            f"{text_en} (for the {incident.reopened + 1}. time, F3)",
        )
    if incident.recovered_at is not None:
        back = clock(model, incident.recovered_at, now)
        return f"{text},{back} 恢复。", f"{text_en}, recovered at {back}."
    return f"{text}。", f"{text_en}."


def _estimate(model: Model, incident: Incident, now: float) -> Iterator[Link]:
    if not incident.stands or incident.back_at is None:
        return
    source, source_en = SOURCES[incident.estimate_source or "catalogue"]
    back = clock(model, incident.back_at, now)
    text, text_en = f"预计 {back} 修复({source})", f"Expected back at {back} ({source_en})"
    if incident.earliest_at is not None and incident.latest_at is not None:
        early, late = clock(model, incident.earliest_at, now), clock(model, incident.latest_at, now)
        text, text_en = f"{text},多在 {early} 至 {late} 之间", f"{text_en}, mostly between {early} and {late}"
    if incident.slipped_at is not None:
        slipped = clock(model, incident.slipped_at, now)
        text, text_en = f"{text};原预计时间已过({slipped})", f"{text_en}; the time before passed at {slipped}"
    name = name_of(model, incident.device)
    yield Link(
        station="estimate", about=incident.id, name=name, text=f"{text}。", text_en=f"{text_en}.", clause="D1"
    )  # fmt: skip
