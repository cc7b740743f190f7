"""The printer probe over real packets: what is asked when, faults that come and go, parts that fall silent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.printers.snmp_printer import PRT_SUPPLIES, SnmpPrinterProbe
from hallwatch_agent.snmp import Session
from hallwatch_agent.wire import ReadError
from parts.snmpsim import rewrite_recording, serve_recordings

HEALTHY = {
    "1.3.6.1.2.1.1.1.0": "4|Label printer",
    "1.3.6.1.2.1.25.3.2.1.2.7": "6|1.3.6.1.2.1.25.3.1.5",
    "1.3.6.1.2.1.25.3.2.1.3.7": "4|Model 7",
    "1.3.6.1.2.1.25.3.2.1.5.7": "2|2",
    "1.3.6.1.2.1.25.3.5.1.1.7": "2|3",
    "1.3.6.1.2.1.25.3.5.1.2.7": "4x|00",
    "1.3.6.1.2.1.43.8.2.1.9.7.1": "2|250",
    "1.3.6.1.2.1.43.8.2.1.10.7.1": "2|100",
    "1.3.6.1.2.1.43.8.2.1.13.7.1": "4|Tray 1",
    "1.3.6.1.2.1.43.11.1.1.5.7.1": "2|3",
    "1.3.6.1.2.1.43.11.1.1.6.7.1": "4|Black",
    "1.3.6.1.2.1.43.11.1.1.8.7.1": "2|100",
    "1.3.6.1.2.1.43.11.1.1.9.7.1": "2|80",
}
JAMMED = HEALTHY | {
    "1.3.6.1.2.1.25.3.2.1.5.7": "2|5",
    "1.3.6.1.2.1.25.3.5.1.1.7": "2|1",
    "1.3.6.1.2.1.25.3.5.1.2.7": "4x|04",
    "1.3.6.1.2.1.43.18.1.1.2.7.31": "2|3",
    "1.3.6.1.2.1.43.18.1.1.4.7.31": "2|13",
    "1.3.6.1.2.1.43.18.1.1.5.7.31": "2|1",
    "1.3.6.1.2.1.43.18.1.1.7.7.31": "2|8",
    "1.3.6.1.2.1.43.18.1.1.8.7.31": f"4x|{'前盖内卡纸'.encode().hex()}",
}


def record(folder: Path, cells: dict[str, str]) -> None:
    """Write the recording of the printer ``p``, in one step."""
    ordered = sorted(cells.items(), key=lambda cell: [int(number) for number in cell[0].split(".")])
    rewrite_recording(folder / "p.snmprec", "".join(f"{oid}|{value}\n" for oid, value in ordered))


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[tuple[Path, SnmpPrinterProbe]]:
    record(tmp_path, HEALTHY)
    with serve_recordings(tmp_path) as (host, port):
        yield tmp_path, SnmpPrinterProbe(host=host, port=port, community_file="c", timeout_s=10)


def test_a_jam_comes_and_goes(printer: tuple[Path, SnmpPrinterProbe]) -> None:
    folder, probe = printer
    memory: dict[str, Any] = {}

    def read(at_s: float) -> Told:
        return asyncio.run(probe.read(Context(monotonic=at_s, memory=memory, typed={"c": "p"})))

    healthy = read(100)
    assert {key for key, value in healthy.conditions.items() if value} == {"reachable"}
    record(folder, JAMMED)
    jammed = read(102)
    assert {key for key, value in jammed.conditions.items() if value} == {"reachable", "jam", "stopped"}
    assert jammed.facts == {"model": "Model 7", "state-text": "前盖内卡纸"}
    assert jammed.metrics == {"toner_ratio[black]": 0.8, "input_ratio[tray-1]": 0.4}
    record(folder, HEALTHY)
    after = read(104)
    assert after.metrics == healthy.metrics
    # It has an alert table, as is known now: so it would say this too.
    assert after.conditions == healthy.conditions | {"waste-low-room": False}


def test_supplies_that_fall_silent_are_absent_and_the_status_stays(
    printer: tuple[Path, SnmpPrinterProbe], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, probe = printer
    memory: dict[str, Any] = {}
    assert asyncio.run(probe.read(Context(monotonic=100, memory=memory, typed={"c": "p"}))).metrics

    async def walk(self: Session, entry: Any, columns: Any, rows: int = 0) -> Any:
        if entry == PRT_SUPPLIES:
            raise CouldNotRead(ReadError.TIMEOUT, "silent")
        return await real_walk(self, entry, columns, rows)

    real_walk = Session.walk
    monkeypatch.setattr(Session, "walk", walk)
    kept = asyncio.run(probe.read(Context(monotonic=399, memory=memory, typed={"c": "p"})))
    assert kept.metrics["toner_ratio[black]"] == 0.8  # not asked for yet
    silent = asyncio.run(probe.read(Context(monotonic=400, memory=memory, typed={"c": "p"})))
    assert silent.metrics == {}
    assert silent.conditions["jam"] is False
    assert not [key for key in silent.conditions if "[" in key]
