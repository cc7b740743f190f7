"""Huawei VRP switches, routers, firewalls and access controllers: HUAWEI-ENTITY-EXTENT-MIB.

Every entity has a row, and most are place holders of zeros: a row is real when it has a value or a limit.
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    MEMORY,
    POWER,
    TEMPERATURE,
    Measure,
    Source,
    degrees,
    enterprise,
    one_above_zero,
    percent,
    percent_above_zero,
    states_if_present,
)

STATE = enterprise("2011.5.25.31.1.1.1.1")  # hwEntityStateEntry, by entPhysicalIndex
FAN_STATUS = enterprise("2011.5.25.31.1.1.10.1")  # hwFanStatusEntry, by slot and number
POWER_STATUS = enterprise("2011.5.25.31.1.1.18.1")  # hwPwrStatusEntry, by slot and number
PRESENT = 1

HUAWEI = Source(
    "huawei",
    (enterprise("2011"), enterprise("56813")),
    (
        Measure(tells=CPU, table=STATE, cells=(5,), limit=6, entity=True, real=one_above_zero(5, 6), decode=percent),
        Measure(tells=MEMORY, table=STATE, cells=(7,), limit=8, entity=True, decode=percent_above_zero),
        Measure(tells=TEMPERATURE, table=STATE, cells=(11,), limit=12, entity=True, decode=degrees),
        # 6 present (1) or absent (2); 7 normal (1) or abnormal (2)
        Measure(
            tells=FAN, table=FAN_STATUS, cells=(6, 7), label="fan", decode=states_if_present(PRESENT, good={1}, bad={2})
        ),
        # 5 present (1) or absent (2); 6 supply (1), not supply (2), sleep (3), unknown (4)
        Measure(
            tells=POWER,
            table=POWER_STATUS,
            cells=(5, 6),
            label="power",
            decode=states_if_present(PRESENT, good={1}, bad={2}),
        ),
    ),
)
