"""Liebert, Emerson, Vertiv: LIEBERT-GP-POWER-MIB. Air conditioners share the cards, so only power objects count."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.said import (
    ENTERPRISES,
    Cells,
    Mib,
    Said,
    charge,
    first,
    load,
    lowest_voltage,
    one_of,
    seconds,
)
from hallwatch_agent.probes.snmp_probe import Oid, number

GLOBAL_PRODUCTS: Final[Oid] = (*ENTERPRISES, 476, 1, 42)
POWER: Final[Oid] = (*GLOBAL_PRODUCTS, 3, 5)
LINE_ENTRY: Final[Oid] = (*POWER, 2, 3, 1)
POINTS: Final[Oid] = (*POWER, 2, 1)
SOURCE_1_INPUT: Final[Oid] = (*POINTS, 1)
OUTPUTS: Final = {(*POINTS, 5), (*POINTS, 9)}

# lgpPwrStateUpsOutputSource: 1 other, 2 none, 3 normal, 4 bypass, 5 battery, 6 booster, 7 reducer
SOURCES: Final = range(2, 8)


def decode(cells: Cells) -> Said:
    """Read LIEBERT-GP-POWER-MIB."""
    source = cells.number("source")
    return Said(
        on_battery=one_of(source, {5}, SOURCES),
        battery_low=one_of(cells.number("battery"), {3, 4}, {2, 3, 4}),
        bypass=one_of(source, {4}, SOURCES),
        output_off=one_of(source, {2}, SOURCES),
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load(at_points(cells, "line_load", OUTPUTS)),
        runtime_s=seconds(cells.number("minutes_left"), 60.0),
        input_v=first(*(lowest_voltage(at_points(cells, key, {SOURCE_1_INPUT})) for key in ("volts_ln", "volts"))),
        model=cells.text("model"),
    )


def at_points(cells: Cells, key: str, points: set[Oid]) -> list[int]:
    """Return the numbers of a column in the rows that belong to these measuring points."""
    column, owners = cells.column(key), cells.column("point")
    return [
        value
        for index in sorted(column)
        if owners.get(index) in points and (value := number(column[index])) is not None
    ]


LIEBERT_MIB: Final = Mib(
    name="LIEBERT-GP-POWER-MIB",
    enterprises=frozenset({476, 13400}),
    signs=frozenset({"source", "battery", "charge"}),
    scalars={
        "model": (*GLOBAL_PRODUCTS, 2, 4, 2, 1, 4, 1), "minutes_left": (*POWER, 1, 18, 0),
        "charge": (*POWER, 1, 19, 0), "battery": (*POWER, 1, 26, 0), "source": (*POWER, 3, 55, 0),
    },
    columns={
        "point": (*LINE_ENTRY, 3), "volts_ln": (*LINE_ENTRY, 5), "line_load": (*LINE_ENTRY, 19),
        "volts": (*LINE_ENTRY, 20),
    },
    decode=decode,
)  # fmt: skip
