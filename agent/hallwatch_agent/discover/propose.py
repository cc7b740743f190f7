"""From what a host is to the devices that a hall file should have for it, each with its probes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from msgspec import Struct

from hallwatch_agent.discover.evidence import Evidence
from hallwatch_agent.discover.identify import NETWORK_KINDS, Confidence, Identity, shorten

NAME_CHARS: Final = 80
"""A hall file takes no longer names."""
PREFIXES: Final = {
    "printer": "prn", "switch": "sw", "router": "rt", "firewall": "fw", "access-point": "ap", "ups": "ups", "pc": "pc",
    "server": "srv", "camera": "cam", "other": "dev",
}  # fmt: skip
NAMES: Final = {
    "printer": "打印机", "switch": "交换机", "router": "路由器", "firewall": "防火墙", "access-point": "无线接入点",
    "ups": "不间断电源", "pc": "电脑", "server": "服务器", "camera": "摄像机", "other": "设备",
}  # fmt: skip
GIVES: Final = {"printer": "print", "pc": "computer", "switch": "network", "router": "network"}
PORTS: Final = {
    "printer": (9100, 631, 515, 80, 443), "camera": (554, 80, 443), "pc": (445, 3389, 22), "ups": (80, 443),
    "server": (22, 443, 80, 445, 3389),
}  # fmt: skip
"""The port to watch where nothing better speaks, by kind; for other kinds any that is open."""
_not_of_ids = re.compile(r"[^a-z0-9]+")


class ProbeDraft(Struct, frozen=True):
    """A probe to write down."""

    kind: str
    options: dict[str, Any]
    choices: tuple[tuple[str, str], ...] = ()
    """Items of a list that a person should choose from, with a word about each: all are written, as comments."""
    choices_key: str = ""


class Draft(Struct, frozen=True):
    """A device to write down."""

    id: str
    kind: str
    name: str
    address: str
    confidence: Confidence
    notes: tuple[str, ...]
    gives: str
    probes: tuple[ProbeDraft, ...]


def propose(seen: Evidence, identity: Identity, taken: AbstractSet[str], *, digits: int) -> list[Draft]:
    """Return the devices to write down for a host: itself, and the UPSes that its NUT server speaks for.

    *taken* are ids that must not be used again, *digits* how many numbers of the address tell hosts apart in an id.
    """
    if not seen.upses:
        return [_draft(seen, identity, _probes(seen, identity), taken, digits)]
    upses: list[Draft] = []
    used = set(taken)
    for name in seen.upses:
        who = Identity("ups", Confidence.SURE, (f"a NUT server speaks for it as {name}",), model=name)
        probe = ProbeDraft("nut-ups", {"host": seen.address, "ups": name})
        upses.append(_draft(seen, who, [probe], used, digits))
        used.add(upses[-1].id)
    if identity.kind == "ups":
        return upses
    return [_draft(seen, identity, _probes(seen, identity), used, digits), *upses]


def digits_needed(addresses: Iterable[str]) -> int:
    """Return how many numbers from the end tell these addresses apart."""
    rows = [address.split(".") for address in addresses]
    return next((n for n in range(1, 4) if len({tuple(row[-n:]) for row in rows}) == len(rows)), 4)


def _draft(seen: Evidence, identity: Identity, probes: list[ProbeDraft], taken: AbstractSet[str], digits: int) -> Draft:
    kind = "other" if identity.kind == "camera" else identity.kind
    model = " ".join(_without_repeat(identity.maker, identity.model).split())
    name = f"{NAMES[identity.kind]} {seen.address}"
    return Draft(
        id=_id_of(seen, identity, taken, digits),
        kind=kind,
        name=f"{name} ({shorten(model, NAME_CHARS - len(name) - 3)})" if model else name,
        address=seen.address,
        confidence=identity.confidence,
        notes=_notes(seen, identity),
        gives=GIVES.get(kind, ""),
        probes=tuple(probes),
    )


def _without_repeat(maker: str, model: str) -> str:
    return model if maker.lower() in model.lower() else f"{maker} {model}"


def _id_of(seen: Evidence, identity: Identity, taken: AbstractSet[str], digits: int) -> str:
    numbers = seen.address.split(".")
    maker = _not_of_ids.sub("-", identity.maker.lower()).strip("-")[:20].strip("-")
    stem = "-".join(filter(None, (PREFIXES[identity.kind], maker)))
    wanted = [f"{stem}-{'-'.join(numbers[-count:])}" for count in range(digits, 5)]
    wanted += [f"{wanted[-1]}-{more}" for more in range(2, 100)]
    return next(one for one in wanted if one not in taken)


def _notes(seen: Evidence, identity: Identity) -> tuple[str, ...]:
    how = {Confidence.NONE: "not known", Confidence.GUESS: "a guess", Confidence.LIKELY: "likely"}

    def told(name: str) -> bool:
        return name == identity.model or any(name in reason for reason in identity.why)

    facts = [
        f"MAC {seen.mac}" if seen.mac else "",
        f"calls itself {seen.snmp.name}" if seen.snmp and seen.snmp.name and not told(seen.snmp.name) else "",
        f"open ports {', '.join(map(str, sorted(seen.open_ports)))}" if seen.open_ports else "",
    ]
    why = f" ({'; '.join(identity.why)})" if identity.why else ""
    notes = [f"{identity.kind}, {how.get(identity.confidence, 'sure')}{why}", "; ".join(filter(None, facts))]
    return tuple(note for note in (*notes, *_advice(seen, identity)) if note)


def _advice(seen: Evidence, identity: Identity) -> list[str]:
    speaks = seen.snmp is not None
    if identity.kind == "printer" and not speaks and not seen.printer:
        advice = ["tells nothing of paper and toner: switch SNMP on in it, or give its community with --community-file"]
        if 9100 in seen.open_ports and not seen.pages:
            advice.append("a receipt printer? Then escpos-tcp reads its paper; not tried here, as it might print")
        return advice
    if identity.kind in (*NETWORK_KINDS, "ups") and not speaks and not seen.upses:
        return ["more is read over SNMP: switch it on there, and give its community with --community-file"]
    if identity.kind == "pc" and not seen.is_here:
        return ["an agent of its own reads disk, processes and peripherals (probe host)"]
    return []


def _probes(seen: Evidence, identity: Identity) -> list[ProbeDraft]:
    host = {"host": seen.address}
    if seen.is_here:
        return [ProbeDraft("host", {})]
    if seen.snmp:
        options = host | seen.snmp.access
        if identity.kind == "printer" and seen.snmp.printer:
            return [ProbeDraft("snmp-printer", options)]
        if identity.kind == "ups":
            return [ProbeDraft("snmp-ups", options)]
        if identity.kind in NETWORK_KINDS:
            ports = tuple((port.name, _about(port.alias, port.speed_mbit)) for port in seen.snmp.ports)
            return [ProbeDraft("snmp-interfaces", options, ports, "ports"), ProbeDraft("snmp-health", options)]
    if identity.kind == "printer" and seen.printer:
        return [ProbeDraft("ipp-printer", host | seen.printer.access)]
    wanted = [port for port in PORTS.get(identity.kind, ()) if port in seen.open_ports] or sorted(seen.open_ports)
    return [ProbeDraft("tcp", {**host, "port": wanted[0]})] if wanted else [ProbeDraft("ping", host)]


def _about(alias: str, speed_mbit: int) -> str:
    return ", ".join(filter(None, (alias, f"{speed_mbit} Mbit/s" if speed_mbit else "")))
