"""A large region for benchmarks: halls of a hundred computers, read by two agents each, twenty metrics a reading."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_agent.wire import Reading, Report, encode, topic
from hallwatch_collector.core.hall import Agent, Device, Hall, HallKey, Window
from hallwatch_collector.halls.read import HallFile

AREA: Final = "330106"
BATCH: Final = 50
DEVICES: Final = 2 * BATCH
WINDOWS: Final = 20
METRICS: Final = (
    "cpu_used_ratio",
    "memory_used_ratio",
    "swap_used_ratio",
    "disk_used_ratio[c]",
    "disk_used_ratio[d]",
    "disk_free_bytes[c]",
    "disk_free_bytes[d]",
    "network_receive_bytes_per_s[lan]",
    "network_transmit_bytes_per_s[lan]",
    "network_receive_errors_per_s[lan]",
    "boot_at_s",
    "uptime_s",
    "processes",
    "threads",
    "handles",
    "load_1",
    "load_5",
    "load_15",
    "disk_read_bytes_per_s",
    "disk_write_bytes_per_s",
)
BUSY_SHARE: Final = 0.00002
"""So many readings show a full disk: six new faults in each round of 300,000, more than halls have in an hour."""


def describe_hall(number: int, interval_s: float) -> Hall:
    """Return a hall: a router, two switches, and computers behind them at twenty windows."""

    def probe(agent: str) -> TcpProbe:
        return TcpProbe(host="127.0.0.1", port=9, agent=agent, interval_s=interval_s, timeout_s=interval_s, name="host")

    def computer(index: int) -> Device:
        upstream = "rt" if index == 0 else f"sw-{index % 2}"
        kind, place = ("router", None) if index == 0 else ("pc", f"w{index % WINDOWS + 1}")
        name = "rt" if index == 0 else f"sw-{index - 1}" if index < 3 else f"pc-{index}"
        needs: list[str | list[str]] = [] if index == 0 else ["rt"] if index < 3 else [upstream]
        kind = "switch" if index in (1, 2) else kind
        gives = ["computer"] if kind == "pc" else []
        probes = [probe(f"agent-{index // BATCH}")]
        return Device(id=name, kind=kind, name=name, place=place, gives=gives, depends_on=needs, probes=probes)  # type: ignore[arg-type]

    windows = [Window(id=f"w{n}", number=n, name=f"{n}号窗口", classes=["filing"]) for n in range(1, WINDOWS + 1)]
    agents = [Agent(id=f"agent-{half}") for half in range(DEVICES // BATCH)]
    devices = [computer(index) for index in range(DEVICES)]
    return Hall(area=AREA, hall=f"hall-{number}", name=f"大厅{number}", agents=agents, windows=windows, devices=devices)


def read_described_hall(path: Path, interval_s: float) -> HallFile:
    """Stand in for reading a file: its name is the hall's number. Reading TOML is not what is measured."""
    return HallFile(path, describe_hall(int(path.stem), interval_s), "bench")


def hall_key(number: int) -> HallKey:
    """Return the key of a hall."""
    return HallKey(AREA, f"hall-{number}")


def messages(halls: range, seq: int, at: float, boot: str = "bench") -> Iterator[tuple[str, bytes]]:
    """Yield one report of every agent of some halls, with all its readings taken at one moment."""
    dice = random.Random(seq)
    for number in halls:
        ids = [device.id for device in describe_hall(number, 1.0).devices] if number == halls[0] else ids  # noqa: F821
        for half in range(DEVICES // BATCH):
            mine = ids[half * BATCH : (half + 1) * BATCH]
            readings = [Reading(device, "host", at, 0.01, metrics=_metrics(dice)) for device in mine]
            agent = f"agent-{half}"
            report = Report(agent=agent, boot=boot, seq=seq, sent_at=at, readings=readings)
            yield topic(*hall_key(number), "reports", agent), encode(report)


def _metrics(dice: random.Random) -> dict[str, float]:
    values = {name: round(dice.random() * 1000, 3) for name in METRICS}
    full = dice.random() < BUSY_SHARE
    for name in METRICS[:5]:
        values[name] = round(dice.random() * 0.8, 4)
    if full:
        values["disk_used_ratio[c]"] = 0.99
    return values
