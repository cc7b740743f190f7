"""D-Link managed switches: AGENT-GENERAL-MIB and EQUIPMENT-MIB."""

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
    percent,
    states,
    used_of_total,
)

D_LINK = Source(
    "d-link",
    (enterprise("171"),),
    (
        Measure(tells=CPU, table=enterprise("171.12.1.1.6"), cells=(2,), decode=percent),  # over 1 minute
        Measure(tells=MEMORY, table=enterprise("171.12.1.1.9.1"), cells=(3, 2), label="unit", decode=used_of_total),
        # swTemperatureEntry: 2 current, 3 high limit
        Measure(
            tells=TEMPERATURE,
            table=enterprise("171.12.11.1.8.1"),
            cells=(2,),
            limit=3,
            label="unit",
            decode=degrees,
        ),
        # swPowerEntry: other 0, lowVoltage 1, overCurrent 2, working 3, fail 4, connect 5, disconnect 6
        Measure(
            tells=POWER,
            table=enterprise("171.12.11.1.6.1"),
            cells=(3,),
            label="power",
            decode=states(good={3}, bad={1, 2, 4}),
        ),
        # swFanEntry: other 0, working 1, fail 2
        Measure(
            tells=FAN,
            table=enterprise("171.12.11.1.7.1"),
            cells=(3,),
            label="fan",
            decode=states(good={1}, bad={2}),
        ),
    ),
)
