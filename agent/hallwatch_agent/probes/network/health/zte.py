"""ZTE ZXR10: ZXR10-MIB (fixed switches) and ZXR10-SYSTEM-HARDWARE-MIB (chassis).

The chassis MIB was renumbered: where column 2 holds the description, all that follows stands two columns earlier, and
its tables of fans and temperatures have another shape that no published MIB explains.
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    MEMORY,
    Measure,
    Row,
    Source,
    enterprise,
    percent,
    percent_above_zero,
    states,
)
from hallwatch_agent.probes.snmp_probe import text

UNITS = enterprise("3902.3.3.1.1")  # zxr10SystemUnitEntry
CARDS = enterprise("3902.3.600.2.1.1")  # zxr10CpusystemEntry, by rack, shelf, slot and unit
CARD_FANS = enterprise("3902.3.600.2.3.1")  # zxr10FanEntry


def _described_in_2(row: Row) -> bool:
    return bool(text(row.get(2)))


def _described_in_3(row: Row) -> bool:
    return bool(text(row.get(3))) and not _described_in_2(row)


def _typed_in_6(row: Row) -> bool:
    return bool(text(row.get(6)))


ZTE = Source(
    "zte",
    (enterprise("3902"),),
    (
        Measure(tells=CPU, table=UNITS, cells=(12,), label="unit", decode=percent),  # over 5 minutes
        Measure(tells=CPU, table=UNITS, cells=(5,), label="unit", decode=percent, otherwise=True),  # over 2 minutes
        Measure(tells=MEMORY, table=UNITS, cells=(4,), label="unit", decode=percent_above_zero),
        # over 1 minute
        Measure(tells=CPU, table=CARDS, cells=(8,), also=(2, 3), label="card", real=_described_in_3, decode=percent),
        Measure(
            tells=MEMORY,
            table=CARDS,
            cells=(6,),
            also=(2, 3),
            label="card",
            real=_described_in_3,
            decode=percent_above_zero,
        ),
        Measure(tells=CPU, table=CARDS, cells=(6,), also=(2,), label="card", real=_described_in_2, decode=percent),
        Measure(
            tells=MEMORY,
            table=CARDS,
            cells=(4,),
            also=(2,),
            label="card",
            real=_described_in_2,
            decode=percent_above_zero,
        ),
        Measure(
            tells=FAN,
            table=CARD_FANS,
            cells=(7,),
            also=(6,),
            label="fan",
            real=_typed_in_6,
            decode=states(good={1}, bad={0}),
        ),
    ),
)
