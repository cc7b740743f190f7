"""A simulated hall: which faults are in it, and what its probes therefore read. Pure; the moment is an argument.

Consequences are physical, not looked up: a device that is silent takes with it all that is reached only through it
(``depends_on``), redundant devices only together; an agent on a dead machine reads nothing, an agent behind a cut link
reads itself alone and cannot report.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar, get_args

import msgspec
from msgspec import Struct

from hallwatch_agent.probes import AnyProbe, Told
from hallwatch_agent.wire import ProbeOrder, ReadError, Reading
from hallwatch_collector.core.hall import Device, Hall
from hallwatch_collector.problems import name_choices
from hallwatch_collector.simulate.faults import FaultKind, FaultKinds, ProbeEffect
from hallwatch_collector.simulate.healthy import healthy

T = TypeVar("T")

NOT_CARRIERS: Final = {"system", "server"}
"""Devices may need these to be of use, but are not reached through them."""
ELSEWHERE: Final = {str(kind.__struct_config__.tag) for kind in get_args(AnyProbe) if not kind.asks_device}
"""Kinds of probe that read a queue, a file or a port of another machine: they go on when the device is off."""


class Standing(Struct, frozen=True):
    """A fault that is in the world now; *thing* is a device's, system's or agent's id."""

    thing: str
    fault: str
    since: float


class NotInTheWorld(ValueError):  # noqa: N818 - it says what is wrong
    """No such device or fault here; the text names what there is."""


class World:
    """A hall with faults in it."""

    def __init__(self, hall: Hall, kinds: FaultKinds) -> None:
        self._kinds = kinds
        self._standing: dict[tuple[str, str], Standing] = {}
        self._answers: dict[str, bool] = {}
        self._figures: dict[str, dict[str, float]] = {}
        self.use_hall(hall)

    def use_hall(self, hall: Hall) -> None:
        """Take *hall* as the description from now on; faults of things that left it are forgotten."""
        self._devices: dict[str, Device] = {device.id: device for device in (*hall.devices, *hall.systems)}
        self._hosts: dict[str, str | None] = {agent.id: agent.host for agent in hall.agents}
        self.set_faults([standing for standing in self._standing.values() if self.can_be(standing)])

    def things(self) -> list[str]:
        """Return the ids of everything that can have a fault: devices, systems, agents."""
        return [*self._devices, *self._hosts]

    def choices(self, thing: str) -> list[FaultKind]:
        """Return the faults that can be put on *thing*; raise :class:`NotInTheWorld` when there is no such thing."""
        if device := self._devices.get(thing):
            return [kind for kind in self._kinds.values() if kind.fits(device)]
        if thing in self._hosts:
            return [kind for kind in self._kinds.values() if kind.on == "agent"]
        raise NotInTheWorld(f"this hall has no {thing!r}; {name_choices(thing, self.things())}")

    def can_be(self, standing: Standing) -> bool:
        """Tell whether a fault kept from before still fits this hall."""
        return standing.thing in self.things() and standing.fault in {kind.id for kind in self.choices(standing.thing)}

    def start(self, thing: str, fault: str, at: float) -> None:
        """Put a fault into the world; one that stands already goes on. Raise :class:`NotInTheWorld`."""
        self._check(thing, fault)
        self._standing.setdefault((thing, fault), Standing(thing, fault, at))
        self._answers.clear()

    def end(self, thing: str, fault: str) -> None:
        """Take a fault out of the world; raise :class:`NotInTheWorld` when it does not stand."""
        self._check(thing, fault)
        if self._standing.pop((thing, fault), None) is None:
            there = ", ".join(kind.id for kind, _ in self._faults_of(thing)) or "none"
            raise NotInTheWorld(f"{thing} has no fault {fault!r} now; it has: {there}")
        self._answers.clear()

    def set_faults(self, standing: Iterable[Standing]) -> None:
        """Make these the faults of the world; raise :class:`NotInTheWorld` and change nothing when one cannot be."""
        wanted = {(one.thing, one.fault): one for one in standing}
        for thing, fault in wanted:
            self._check(thing, fault)
        self._standing = wanted
        self._answers.clear()

    def tell(self, thing: str, figures: dict[str, float]) -> None:
        """Let a device tell these figures in place of its usual ones, as far as it tells such; none: the usual ones.

        Raise :class:`NotInTheWorld` when there is no such device, or it tells no such figure.
        """
        if thing not in self._devices:
            raise NotInTheWorld(f"this hall has no {thing!r}; {name_choices(thing, list(self._devices))}")
        known = sorted({name for probe in self._devices[thing].probes for name in type(probe).tells or ()})
        for name in figures:
            if name not in known:
                raise NotInTheWorld(f"{thing} tells no {name!r}; {name_choices(name, known)}")
        self._figures[thing] = figures

    def faults(self) -> list[Standing]:
        """Return the faults in the world, oldest first."""
        return sorted(self._standing.values(), key=lambda one: (one.since, one.thing, one.fault))

    def runs(self, agent: str) -> bool:
        """Tell whether the agent's process lives: nobody killed it, and its machine has power."""
        host = self._hosts.get(agent)
        about = [*self._faults_of(agent), *(self._faults_of(host) if host else ())]
        return not any(kind.stops_agent for kind, _ in about) and (host is None or self._has_power(host))

    def killed(self, agent: str) -> bool:
        """Tell whether the agent died on a living machine: its connection is closed at once, not left to time out."""
        return any(kind.stops_agent for kind, _ in self._faults_of(agent))

    def linked(self, agent: str) -> bool:
        """Tell whether the agent reaches the broker."""
        return not any(kind.offline for kind, _ in self._faults_of(agent)) and self._on_the_net(agent)

    def clock_offset_s(self, agent: str) -> float:
        """Return the agent's clock minus true time."""
        return sum(kind.clock_offset_s for kind, _ in self._faults_of(agent))

    def answers(self, device: str) -> bool:
        """Tell whether the device answers somebody at the hall's core."""
        known = self._answers.get(device)
        if known is None:
            self._answers[device] = False  # a circle of dependencies reaches nobody; hall files are checked for circles
            silent = any(kind.silent for kind, _ in self._faults_of(device))
            known = self._answers[device] = not silent and self._is_reached(device)
        return known

    def readings(self, agent: str, due: Iterable[ProbeOrder], at: float) -> list[Reading]:
        """Return what *agent* reads when these probes are due at the true moment *at*."""
        stamp = at + self.clock_offset_s(agent)
        return [self._reading(agent, order, at, stamp) for order in due if order.device in self._devices]

    def _reading(self, agent: str, order: ProbeOrder, at: float, stamp: float) -> Reading:
        if not self._sees(agent, order):
            return _reading_of_silence(order, stamp)
        told = healthy(order, at)
        if told is None:
            note = f"the simulation knows no probe kind {order.kind!r}"
            return Reading(order.device, order.name, stamp, error=ReadError.UNSUPPORTED, note=note)
        for kind, since in self._faults_of(order.device):
            effect = kind.probes.get(order.kind)
            if effect and effect.error:
                return Reading(order.device, order.name, stamp, error=effect.error, note=effect.note)
            if effect:
                told = _changed(told, effect, at - since)
        if figures := self._figures.get(order.device):
            told = _figured(told, figures)
        took_s = told.metrics.get("tcp_connect_s", told.metrics.get("http_response_s", 0.02))
        reading = Reading(order.device, order.name, stamp, took_s=took_s)
        return msgspec.structs.replace(reading, metrics=told.metrics, conditions=told.conditions, facts=told.facts)

    def _sees(self, agent: str, order: ProbeOrder) -> bool:
        if order.device == self._hosts.get(agent):
            return True  # an agent always reads its own machine
        return self._on_the_net(agent) and (order.kind in ELSEWHERE or self.answers(order.device))

    def _on_the_net(self, agent: str) -> bool:
        host = self._hosts.get(agent)
        return host is None or host not in self._devices or self.answers(host)

    def _is_reached(self, device: str) -> bool:
        return all(
            any(self._carries(one) for one in ([need] if isinstance(need, str) else need))
            for need in self._devices[device].depends_on
        )

    def _carries(self, device: str) -> bool:
        described = self._devices.get(device)
        if described is None or described.kind in NOT_CARRIERS:
            return True
        return self.answers(device) and not any(kind.blocks for kind, _ in self._faults_of(device))

    def _has_power(self, device: str) -> bool:
        needs = self._devices[device].depends_on if device in self._devices else []
        supplies = [self._devices[need] for need in needs if isinstance(need, str) and need in self._devices]
        return all(self.answers(supply.id) for supply in supplies if supply.kind == "ups")

    def _faults_of(self, thing: str) -> list[tuple[FaultKind, float]]:
        return [(self._kinds[one.fault], one.since) for one in self._standing.values() if one.thing == thing]

    def _check(self, thing: str, fault: str) -> None:
        choices = [kind.id for kind in self.choices(thing)]
        if fault not in choices:
            raise NotInTheWorld(f"{thing} cannot have the fault {fault!r}; {name_choices(fault, choices)}")


def _reading_of_silence(order: ProbeOrder, stamp: float) -> Reading:
    """Return what a probe reads of a host that answers nothing: contact probes *know* it, others could not read."""
    reading = Reading(order.device, order.name, stamp, took_s=order.timeout_s)
    if order.kind in ("ping", "tcp", "transaction"):
        return msgspec.structs.replace(reading, conditions={"reachable": False})
    if order.kind == "http":
        return msgspec.structs.replace(reading, conditions={"reachable": False, "http-ok": False})
    return msgspec.structs.replace(reading, error=ReadError.TIMEOUT, note="no answer")


def _changed(told: Told, effect: ProbeEffect, age_s: float) -> Told:
    metrics = told.metrics | _spread(effect.metrics, told.metrics)
    for key, total in effect.totals.items():
        metrics |= _share(key, total, told.metrics)
    for key, per_s in _spread(effect.rates, metrics).items():
        metrics[key] = max(0.0, metrics.get(key, 0.0) + per_s * age_s)
    return Told(metrics, told.conditions | _spread(effect.conditions, told.conditions), told.facts)


def _figured(told: Told, figures: dict[str, float]) -> Told:
    """Put figures in the place of those that are told; parts share what is told of the whole."""
    metrics = dict(told.metrics)
    for key, value in figures.items():
        if value.is_integer() and key in metrics:
            metrics |= _share(key, int(value), metrics)
        elif key in metrics:
            metrics[key] = value
    return Told(metrics, told.conditions, told.facts)


def _spread(changes: dict[str, T], told: dict[str, T]) -> dict[str, T]:
    """Replace ``key[*]`` by the same key for every part the device told of."""
    spread: dict[str, T] = {}
    for key, value in changes.items():
        stem = key.removesuffix("[*]")
        parts = [name for name in told if name.startswith(f"{stem}[")] if stem != key else [key]
        spread |= dict.fromkeys(parts, value)
    return spread


def _share(key: str, total: int, told: dict[str, float]) -> dict[str, float]:
    """Give *key* its total and each of its parts its share; the first parts take what is left over."""
    parts = [name for name in told if name.startswith(f"{key}[")]
    if not parts:
        return {key: float(total)}
    shares = [total // len(parts) + (number < total % len(parts)) for number in range(len(parts))]
    return {key: float(total)} | dict(zip(parts, map(float, shares), strict=True))
