"""H3C and HP Comware: HH3C-ENTITY-EXT-MIB, which has moved from Huawei's number to its own, and 3Com's copy.

Rows are entPhysicalIndexes. 65535 and 0 stand for "none". Some firmware repeats the board's temperature in each row, so
a row counts when it has a limit of its own; where none has, when it has a CPU or memory.
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    FANS,
    MEMORY,
    POWER,
    POWER_SUPPLIES,
    TEMPERATURE,
    Measure,
    Source,
    degrees,
    enterprise,
    first_of,
    one_above_zero,
    percent,
    percent_above_zero,
    states,
)
from hallwatch_agent.probes.snmp_probe import Oid

STATE_ENTRIES = (
    enterprise("25506.2.6.1.1.1.1"),  # hh3cEntityExtStateEntry
    enterprise("2011.10.2.6.1.1.1.1"),  # h3cEntityExtStateEntry
    enterprise("43.45.1.10.2.6.1.1.1.1"),  # 3Com
)
NORMAL = {2}
BROKEN = {3, 11, 21, 22, 23, 31, 41, 51, 61, 71, 81, 91}
"""ErrorStatus: 3 failed its self-test, 41 fan, 51 power supply, 61 redundant power supply, 71 module, 91 hardware, …

1 is not supported, 4 is not there.
"""


def _measures(table: Oid) -> tuple[Measure, ...]:
    broken = states(good=NORMAL, bad=BROKEN)
    real = one_above_zero(6, 7)
    return (
        Measure(tells=CPU, table=table, cells=(6,), limit=7, entity=True, real=real, decode=percent),
        Measure(tells=MEMORY, table=table, cells=(8,), limit=9, entity=True, decode=percent_above_zero),
        Measure(
            tells=TEMPERATURE, table=table, cells=(12,), limit=13, entity=True, real=one_above_zero(13), decode=degrees
        ),
        Measure(
            tells=TEMPERATURE,
            table=table,
            cells=(12,),
            entity=True,
            also=(6, 8),
            real=one_above_zero(6, 8),
            decode=degrees,
            otherwise=True,
        ),
        Measure(tells=FAN, table=table, cells=(19,), entity=True, classes=frozenset({FANS}), decode=broken),
        Measure(tells=POWER, table=table, cells=(19,), entity=True, classes=frozenset({POWER_SUPPLIES}), decode=broken),
    )


H3C = Source(
    "h3c",
    (enterprise("25506"), enterprise("2011.10"), enterprise("43")),
    first_of(map(_measures, STATE_ENTRIES)),
)
