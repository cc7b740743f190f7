"""One device from near: who reads it and how, what each value says and how old it is, what hangs on what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from hallwatch_collector.core.availability import FaultKey, Present
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.watch import DeviceWatch, ProbeWatch


class ProbeView(Struct, frozen=True, kw_only=True):
    """One way in which a device is read."""

    name: str
    kind: str
    agent: str
    agent_name: str
    agent_alive: bool
    read_at: float | None
    """When it last could read the device; None: never."""
    told_at: float | None
    """When it last said anything; None: not since the collector started."""
    fresh: bool
    """Whether what it said last still speaks for the present."""
    error: str
    """Why it could not read the device the last time; empty: it could."""
    note: str
    """The same in the agent's words, for a technician."""


class ValueView(Struct, frozen=True, kw_only=True):
    """Something that a device told last."""

    channel: Literal["metric", "condition", "fact"]
    key: str
    value: float | bool | str
    at: float
    fresh: bool
    probe: str


class CloseUp(Struct, frozen=True, kw_only=True):
    """One device from near."""

    device: str
    probes: tuple[ProbeView, ...]
    values: tuple[ValueView, ...]
    depends_on: tuple[tuple[str, ...], ...]
    """What it cannot work without; of several in one place one is enough."""
    carries: tuple[str, ...]
    """Devices that cannot work without it, alone or together with others."""
    serves: tuple[str, ...]
    """Windows that get what it gives."""
    hosts: str
    """The agent that runs on it; empty: none."""
    is_askable: bool
    """Whether an agent is there that can be asked to read it now."""
    present: Present


def look_closely(model: Model, device: str) -> CloseUp | None:
    """Return a device from near; None when the hall has no such device."""
    watch = model.devices.get(device)
    if watch is None or watch.device.kind in THINGS:
        return None
    groups = tuple((each,) if isinstance(each, str) else tuple(each) for each in watch.device.depends_on)
    return CloseUp(
        device=device,
        probes=tuple(_probe(model, probe) for probe in watch.probes.values()),
        values=tuple(value for probe in watch.probes.values() for value in _values(probe)),
        depends_on=groups,
        carries=tuple(_carried(model, device)),
        serves=tuple(model.impact.served_by(watch.device)) if watch.device.gives else (),
        hosts=watch.hosts,
        is_askable=any(model.agents[probe.agent].state.alive for probe in watch.probes.values()),
        present=_present(model, watch),
    )


def _probe(model: Model, probe: ProbeWatch) -> ProbeView:
    named = next((agent.name for agent in model.hall.agents if agent.id == probe.agent), "")
    reading = probe.reading
    return ProbeView(
        name=probe.name,
        kind=probe.kind,
        agent=probe.agent,
        agent_name=named or probe.agent,
        agent_alive=model.agents[probe.agent].state.alive,
        read_at=_moment(probe.read_at),
        told_at=_moment(probe.seen_at),
        fresh=probe.fresh,
        error=str(reading.error) if reading is not None and reading.error is not None else "",
        note=reading.note if reading is not None else "",
    )


def _moment(at: float) -> float | None:
    return at if at > float("-inf") else None


def _values(probe: ProbeWatch) -> Iterator[ValueView]:
    if probe.reading is None:
        return
    told = probe.reading
    for key, number in told.metrics.items():
        yield _value(probe, "metric", key, number)
    for key, holds in told.conditions.items():
        yield _value(probe, "condition", key, holds)
    for key, text in told.facts.items():
        yield _value(probe, "fact", key, text)


def _value(
    probe: ProbeWatch, channel: Literal["metric", "condition", "fact"], key: str, value: float | bool | str
) -> ValueView:
    return ValueView(
        channel=channel, key=key, value=value, at=max(probe.seen_at, 0.0), fresh=probe.fresh, probe=probe.name
    )


def _carried(model: Model, device: str) -> Iterator[str]:
    for other in model.devices.values():
        if any(device in ([need] if isinstance(need, str) else need) for need in other.device.depends_on):
            yield other.id


def _present(model: Model, watch: DeviceWatch) -> Present:
    effects: dict[FaultKey, str] = {
        (each.id, ""): each.on(watch.device, "").effect for each in watch.rules.faults.values()
    }
    for part in watch.device.parts:
        effects |= {(each.id, part): each.on(watch.device, part).effect for each in watch.rules.faults.values()}
    return Present(
        device=watch.id,
        faults={(alarm.fault, alarm.part): alarm.planned for alarm, _ in watch.raised()},
        effects=effects,
        unseen=watch.id in model.unseen,
        worked_on=frozenset(
            work.id
            for work in model.readiness.maintenance.values()
            if work.status == "running" and watch.id in work.devices
        ),
        first_read_at=model.first_read.get(watch.id),
    )
