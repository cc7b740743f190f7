"""The printer probe on every recording in which there is a printer: what it must tell of each, and what it must not.

Recordings beside the checkout hold only the objects that another monitor asks for, and may not be copied in here. None
of the walks in ``snmpsim-data`` holds the Printer MIB: their printers are the queues of a computer, and a camera's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import pytest

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.printers.snmp_printer import SnmpPrinterProbe
from hallwatch_agent.probes.snmp_probe import Oid, Value
from hallwatch_agent.wire import ReadError
from parts.told import note_told
from parts.walks import BESIDE, Walk, recordings

ASKED = tuple(f"1.3.6.1.2.1.{group}." for group in ("1", "25.3", "43"))
PATHS = recordings()
QUEUES = ("camera/semac-ipcam-500", "os/linux/slackware", "os/windows/XP", "os/windows/server-2003-5-2")
PRINTERS = [*QUEUES, *(name for name in PATHS if name.startswith("beside/prn-"))]
needs_beside = pytest.mark.skipif(not BESIDE.is_dir(), reason=f"no recordings in {BESIDE}")
WORKS = {"jam", "cover-open", "output-full", "offline", "stopped", "marker-missing", "input-empty"}
"""What a printer denies that prints."""


class Recorded:
    """A session that answers from a recording."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        return self._walk.get(*oids)

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        return self._walk.walk(entry, columns)


def read(name: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Told:
    walk = Walk(PATHS[name], ASKED)
    monkeypatch.setattr(SnmpPrinterProbe, "session", lambda *_: Recorded(walk))
    return asyncio.run(SnmpPrinterProbe(host="recorded", **options).read(Context()))


def holding(told: Told) -> set[str]:
    return {key for key, holds in told.conditions.items() if holds} - {"reachable"}


@pytest.mark.parametrize("name", PRINTERS)
def test_each_value_is_real_or_absent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = read(name, monkeypatch)
    note_told(name, "snmp-printer", told)
    assert told.conditions["reachable"] is True
    assert all(0 <= value <= 1 for key, value in told.metrics.items() if "_ratio" in key)


def test_what_is_no_printer_is_not_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read("UPS/huawei-gse200m", monkeypatch)
    assert caught.value.error is ReadError.UNSUPPORTED


def colours(kind: str, *levels: float) -> dict[str, float]:
    return {
        f"{kind}_ratio[{colour}]": level
        for colour, level in zip(("black", "cyan", "magenta", "yellow"), levels, strict=True)
    }


@needs_beside
@pytest.mark.parametrize(
    ("name", "metrics", "faults", "facts"),
    [
        (
            "prn-brother-nc8300h",
            {"supply_ratio[drum-unit]": 11501 / 12000},  # toner: some left, no share
            set(),
            {"model": "Brother MFC-L2710DW series"},
        ),
        (
            "prn-canon-lbp6670",
            {"toner_ratio[black]": 0.7},
            set(),
            {"model": "Canon LBP6670", "serial": "MKRA012345"},
        ),
        (
            "prn-epson",
            colours("ink", 0.01, 0.01, 0.01, 0.01),
            set(),
            {"model": "EPSON WF-C5790BA", "serial": "X3B8022793"},
        ),
        (
            "prn-hp-m252dw",
            colours("toner", 0.63, 0.63, 0.88, 0.36),
            set(),
            {"model": "HP Color LaserJet Pro M252dw"},
        ),
        (
            "prn-kyocera-utax",
            {"toner_ratio[black]": 0.89, "pages_total": 427.0},
            set(),
            {"model": "P-4532DN"},
        ),
        (
            "prn-ricoh-mpc3002",
            colours("toner", 0.4, 0.2, 0.5, 0.5)
            | {f"input_ratio[tray-{tray}]": 0.1 for tray in (1, 2, 3)}
            | {"input_ratio[tray-4]": 0.0, "waste_free_ratio": 1.0, "pages_total": 271871.0},
            {"input-low[tray-4]"},
            {"model": "RICOH Aficio MP C3002", "serial": "W492KB03439"},
        ),
        ("prn-zebra", {}, set(), {"model": "ZebraNet Wired PS"}),
    ],
)  # fmt: skip
def test_a_printer(
    name: str, metrics: dict[str, float], faults: set[str], facts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(f"beside/{name}", monkeypatch)
    assert told.metrics == pytest.approx(metrics)
    assert holding(told) == faults
    assert {key for key in WORKS if told.conditions.get(key) is False} == WORKS
    assert told.facts == facts


@needs_beside
def test_an_led_printer_with_drums_belt_and_fuser(monkeypatch: pytest.MonkeyPatch) -> None:
    told = read("beside/prn-oki-9450g", monkeypatch)
    shares = {key: value for key, value in told.metrics.items() if key.startswith("toner_ratio")}
    assert shares == pytest.approx(colours("toner", 0.59, 0.69, 0.69, 0.69))
    assert told.metrics["supply_ratio[black-image-drum-unit-oki-data-corp]"] == pytest.approx(28407 / 30000)
    assert told.metrics["supply_ratio[fuser-unit-oki-data-corp]"] == pytest.approx(98842 / 100000)
    assert holding(told) == set()
    assert "input-empty[mptray]" not in told.conditions  # fed by hand


@needs_beside
@pytest.mark.parametrize("name", ["prn-epson", "prn-ricoh-mpc3002"])
def test_a_printer_that_warns_with_no_bit_set_is_not_called_fine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = read(f"beside/{name}", monkeypatch).conditions
    assert not {"toner-low", "ink-low", "input-low", "service-needed", "waste-full"} & conditions.keys()


@needs_beside
@pytest.mark.parametrize(
    ("bits", "fault"),
    [
        (b"\x04", "jam"), (b"\x08", "cover-open"), (b"\x40", "input-empty"), (b"\x80", "input-low"),
        (b"\x20", "toner-low"), (b"\x10\x00", "toner-empty"), (b"\x02", "offline"), (b"\x01", "service-needed"),
        (b"\x00\x80", "input-missing"), (b"\x00\x20", "marker-missing"), (b"\x00\x08", "output-full"),
    ],
)  # fmt: skip
def test_a_fault_injected_into_a_healthy_recording(bits: bytes, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(PATHS["beside/prn-hp-m252dw"], ASKED)
    walk.values[1, 3, 6, 1, 2, 1, 25, 3, 5, 1, 2, 1] = bits
    walk.values[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 5, 1] = 5
    monkeypatch.setattr(SnmpPrinterProbe, "session", lambda *_: Recorded(walk))
    told = asyncio.run(SnmpPrinterProbe(host="recorded").read(Context()))
    assert holding(told) == {fault, "stopped"}


@pytest.mark.parametrize(
    ("name", "model", "options"),
    [
        ("os/linux/slackware", "ljc", {"device_index": 1281}),
        ("os/windows/server-2003-5-2", "Send To Microsoft OneNote Driver", {}),
        ("os/windows/XP", "Microsoft XPS Document Writer", {}),
    ],
)
def test_a_computer_that_shows_its_queues(
    name: str, model: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(name, monkeypatch, **options)
    assert told.facts["model"] == model
    assert holding(told) == set()
    assert told.metrics == {}
