"""TP-Link managed switches: TPLINK-SYSMONITOR-MIB, a row for each unit of a stack."""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    MEMORY,
    Measure,
    Source,
    enterprise,
    percent,
    percent_above_zero,
)

TP_LINK = Source(
    "tp-link",
    (enterprise("11863"),),
    (
        # tpSysMonitorCpu1Minute
        Measure(tells=CPU, table=enterprise("11863.6.4.1.1.1.1"), cells=(3,), label="unit", decode=percent),
        # tpSysMonitorMemoryUtilization
        Measure(
            tells=MEMORY, table=enterprise("11863.6.4.1.2.1.1"), cells=(2,), label="unit", decode=percent_above_zero
        ),
    ),
)
