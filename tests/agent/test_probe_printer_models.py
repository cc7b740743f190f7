"""The printer probe on makes of which there is no recording, as few objects as another monitor would ask for.

Written from the standards and from what makers and users publish of their printers: names, units and habits are theirs,
the numbers are invented.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Self

import pytest

from hallwatch_agent.probes import Context, Told
from hallwatch_agent.probes.printers.snmp_printer import (
    HR_DEVICE,
    HR_PRINTER,
    HR_TYPE_PRINTER,
    PRT_COLORANT,
    PRT_INPUT,
    PRT_MARKER,
    PRT_SUPPLIES,
    SnmpPrinterProbe,
)
from hallwatch_agent.probes.snmp_probe import Oid, Value

TONER, WASTE, INK, RIBBON, WASTE_INK, OPC, DEVELOPER, FUSER, TRANSFER = 3, 4, 5, 7, 8, 9, 10, 15, 20
OTHER = 1
CONSUMED, FILLED = 3, 4
CASSETTE, FIXED = 3, 4
SOME, UNKNOWN = -3, -2


class Model:
    """A session that answers for a printer."""

    def __init__(
        self,
        *,
        trays: Iterable[tuple[Any, ...]] = (),
        supplies: Iterable[tuple[Any, ...]] = (),
        colorants: Iterable[str] = (),
        index: int = 1,
        device: int | None = 2,
        errors: bytes | None = b"\0",
        marker: tuple[int, int, int] | None = None,
    ) -> None:
        """A tray has name, maximum, level, and perhaps type; a supply type, description, maximum, level, class."""
        self._values: dict[Oid, Value | None] = {
            (*HR_DEVICE, 2, index): HR_TYPE_PRINTER,
            (*HR_DEVICE, 5, index): device,
            (*HR_PRINTER, 2, index): errors,
        }
        self._fill(PRT_INPUT, (13, 9, 10, 2), index, trays)
        self._fill(PRT_SUPPLIES, (5, 6, 8, 9, 4), index, supplies)
        self._fill(PRT_COLORANT, (4,), index, [(colorant,) for colorant in colorants])
        self._fill(PRT_SUPPLIES, (3,), index, [(row,) for row, _ in enumerate(colorants, 1)])
        self._fill(PRT_MARKER, (2, 3, 4), index, [marker] if marker else ())

    def _fill(self, entry: Oid, columns: Sequence[int], index: int, rows: Iterable[tuple[Any, ...]]) -> None:
        for row, cells in enumerate(rows, 1):
            for column, cell in zip(columns, cells, strict=False):
                self._values[(*entry, column, index, row)] = cell.encode() if isinstance(cell, str) else cell

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        return {oid: value for oid in oids if (value := self._values.get(oid)) is not None}

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        deep = len(entry) + 1
        return {
            column: {
                oid[deep:]: value
                for oid, value in self._values.items()
                if oid[:deep] == (*entry, column) and value is not None
            }
            for column in columns
        }


def read(model: Model, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(SnmpPrinterProbe, "session", lambda *_: model)
    return asyncio.run(SnmpPrinterProbe(host="model").read(Context()))


MODELS: dict[str, tuple[Model, dict[str, float], set[str]]] = {
    "lexmark, black": (
        Model(
            errors=b"\0\0",
            trays=[("Tray 1", 550, SOME), ("Tray 2", 550, 0), ("Multi-Purpose Feeder", 100, 0), ("Manual Env", 1, 0)],
            supplies=[(TONER, "Black Cartridge", 25_000, 7_500), (OPC, "Imaging Unit", 100_000, 84_000),
                      (FUSER, "Maintenance Kit", 300_000, 210_000)],
        ),
        {"toner_ratio[black]": 0.3, "supply_ratio[imaging-unit]": 0.84, "supply_ratio[maintenance-kit]": 0.7,
         "input_ratio[tray-2]": 0},
        {"input-low[tray-2]"},
    ),
    "xerox: part and serial numbers, a fuser that is not measured, an inserter for covers": (
        Model(
            trays=[("Tray 1", 520, 260), ("Tray 5 (Bypass)", 100, 0), ("Tray 6 (Inserter)", 250, 0)],
            supplies=[(TONER, "Black Toner, PN 006R00001;SN000000e0000001", 100, 40),
                      (TONER, "Cyan Toner, PN 006R00002;SN000000e0000002", 100, 3),
                      (OPC, "Drum Cartridge (R1), PN 013R00001;SN1", 100, 93),
                      (WASTE, "Waste Toner Container, PN 008R00001", 100, 0),
                      (FUSER, "Fuser, PN 115R00001", 360_000, 0)],
            colorants=["cyan", "magenta", "yellow", "black", "none"],  # in an order of its own
        ),
        {"toner_ratio[black]": 0.4, "toner_ratio[cyan]": 0.03, "supply_ratio[drum-cartridge-r-1]": 0.93,
         "input_ratio[tray-1]": 0.5},
        set(),
    ),
    "konica minolta: filters and developers": (
        Model(
            supplies=[(TONER, "Toner (Yellow)", 100, 40), (TONER, "Toner (Black)", 100, 70),
                      (DEVELOPER, "Developer Cartridge (Black)", 100, 60), (OTHER, "Toner Filter", 100, 90),
                      (WASTE, "Waste Toner Box", 100, SOME, FILLED), (TRANSFER, "Transfer Roller Unit", 100, 80)],
            marker=(4, 7, 123_456),
        ),
        {"toner_ratio[yellow]": 0.4, "toner_ratio[black]": 0.7, "supply_ratio[developer-cartridge-black]": 0.6,
         "supply_ratio[toner-filter]": 0.9, "supply_ratio[transfer-roller-unit]": 0.8, "pages_total": 123_456},
        set(),
    ),
    "sharp: steps of a quarter": (
        Model(
            trays=[("Tray 1", 500, SOME), ("Tray 2", 500, 125), ("Bypass Tray", 100, 0)],
            supplies=[(TONER, "Cyan Toner", 100, 25), (TONER, "Black Toner", 100, SOME),
                      (OTHER, "Toner Collection Container", 100, 50)],
        ),
        {"toner_ratio[cyan]": 0.25, "waste_free_ratio": 0.5, "input_ratio[tray-2]": 0.25},
        set(),
    ),
    "toshiba: tells of its used toner what is in it": (
        Model(
            trays=[("Cassette 1", 550, 110), ("Bypass", 100, 0)],
            supplies=[(TONER, "BLACK TONER CARTRIDGE", 100, 55), (WASTE, "USED TONER CONTAINER", 100, 0, FILLED)],
        ),
        {"toner_ratio[black]": 0.55, "input_ratio[cassette-1]": 0.2},
        set(),
    ),
    "samsung": (
        Model(
            trays=[("Tray 1", 250, SOME), ("MP Tray", 100, 0)],
            supplies=[(TONER, "Black Toner Cartridge;S/N:CRUM-1", 10_000, 9_300), (OTHER, "Fuser Life", 90_000, 45_000),
                      (OPC, "Imaging Unit;S/N:CRUM-2", 100, 40)],
        ),
        {"toner_ratio[black]": 0.93, "supply_ratio[fuser-life]": 0.5, "supply_ratio[imaging-unit]": 0.4},
        set(),
    ),
    "pantum: its only tray is called auto": (
        Model(
            errors=b"\0\0",
            trays=[("Auto", 250, 0), ("Manual", 1, 0)],
            supplies=[(TONER, "Toner", 100, 55), (OPC, "Drum", 100, 77)],
        ),
        {"toner_ratio[black]": 0.55, "supply_ratio[drum]": 0.77, "input_ratio[auto]": 0},
        {"input-empty", "input-empty[auto]"},
    ),
    "canon: a fuser that reads 0 for ever": (
        Model(
            trays=[("Paper Drawer 1", 550, SOME), ("Multi-Purpose Tray", 100, 0), ("手差し", 100, 0)],
            supplies=[(TONER, "Canon C-EXV 51 Black Toner", 100, 80), (TONER, "Canon C-EXV 51 Cyan Toner", 100, 20),
                      (WASTE, "WASTE TONER", 100, 100, FILLED), (FUSER, "FUSER UNIT", 100, 0)],
        ),
        {"toner_ratio[black]": 0.8, "toner_ratio[cyan]": 0.2, "waste_free_ratio": 1},
        set(),
    ),
    "oki dot matrix, out of paper": (
        Model(device=5, errors=b"\x40", trays=[("Rear Tractor", UNKNOWN, 0)], marker=(6, 6, 99_999)),
        {},  # it counts lines
        {"input-empty", "stopped"},
    ),
    "zebra, its ribbon used up": (
        Model(device=5, errors=b"\x10\0", supplies=[(RIBBON, "Ribbon", UNKNOWN, 0)], trays=[("Roll", UNKNOWN, SOME)]),
        {},
        {"ribbon-empty", "stopped"},
    ),
    "hp officejet: index 0, tenths of millilitres": (
        Model(
            index=0,
            trays=[("Tray1", 250, SOME), ("Tray2", 250, UNKNOWN)],
            supplies=[(INK, "black ink", 650, 325, CONSUMED), (INK, "cyan ink", 200, 240, CONSUMED)],
        ),
        {"ink_ratio[black]": 0.5},
        set(),
    ),
    "hp laserjet: tray 1 is the multi-purpose tray": (
        Model(
            trays=[("Tray 1", 100, 0, FIXED), ("Tray 2", 500, SOME, CASSETTE), ("Tray 3", 500, 0, CASSETTE)],
            supplies=[(TONER, "黑色硒鼓 HP CF360X", 100, 50), (TONER, "品红色硒鼓 HP CF363X", 100, 60),
                      (OTHER, "碳粉收集装置 HP", 100, 80), (OTHER, "定影器组件 HP", 100, 70)],
        ),
        {"toner_ratio[black]": 0.5, "toner_ratio[magenta]": 0.6, "waste_free_ratio": 0.8, "supply_ratio[hp]": 0.7,
         "input_ratio[tray-3]": 0},
        {"input-low[tray-3]"},
    ),
    "brother, out of paper and idle in every status": (
        Model(
            trays=[("AUTO", 250, SOME), ("MP TRAY", 100, SOME), ("TRAY1", 250, 0)],
            supplies=[(TONER, "Black Toner Cartridge", UNKNOWN, SOME), (OPC, "Drum Unit", 12_000, 6_000)],
        ),
        {"supply_ratio[drum-unit]": 0.5, "input_ratio[tray-1]": 0},
        {"input-empty", "input-empty[tray-1]"},
    ),
    "kyocera: colours by the model's last letter; a space is the bit of low toner": (
        Model(
            device=3,
            errors=b" ",
            supplies=[(TONER, "TK-0000C", 6_000, 4_260), (TONER, "TK-0000M", 6_000, 60), (TONER, "TK-0000Y", 600, 60),
                      (TONER, "TK-0000K", 12_000, 1_200), (WASTE, "Waste Toner Box", UNKNOWN, SOME, FILLED)],
        ),
        {"toner_ratio[cyan]": 0.71, "toner_ratio[magenta]": 0.01,
         "toner_ratio[yellow]": 0.1, "toner_ratio[black]": 0.1},
        {"toner-low"},
    ),
    "fuji xerox: colours by a letter in brackets": (
        Model(supplies=[(TONER, "墨粉盒 [K]", 100, 40), (TONER, "墨粉盒 [M]", 100, 60), (WASTE, "废粉盒", 100, SOME)]),
        {"toner_ratio[black]": 0.4, "toner_ratio[magenta]": 0.6},
        set(),
    ),
    "epson: inks of one colour, and the lighter ones": (
        Model(
            supplies=[(INK, "Matte Black Ink", 100, 40), (INK, "Photo Black Ink", 100, 50), (INK, "Cyan Ink", 100, 60),
                      (INK, "Light Cyan Ink", 100, 70), (WASTE_INK, "Maintenance Box", 100, 65, FILLED)],
        ),
        {"ink_ratio[matte-black-ink]": 0.4, "ink_ratio[photo-black-ink]": 0.5, "ink_ratio[cyan]": 0.6,
         "ink_ratio[light-cyan-ink]": 0.7, "waste_free_ratio": 0.65},
        set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "metrics", "faults"), MODELS.values(), ids=MODELS.keys())
def test_each_value_is_right_or_absent(
    model: Model, metrics: dict[str, float], faults: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(model, monkeypatch)
    assert told.metrics == pytest.approx(metrics)
    assert {key for key, holds in told.conditions.items() if holds} == faults | {"reachable"}


def test_the_next_cartridge_has_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(serial: str) -> set[str]:
        supplies = [(OPC, f"Drum Cartridge (R1), PN 013R00001;SN{serial}", 100, 50)]
        return set(read(Model(supplies=supplies), monkeypatch).metrics)

    assert keys("580cb080e0000431") == keys("4636a280e0000436")
