"""BDCOM (博达) switches: NMS-PROCESS-MIB and NMS-MEMORY-POOL-MIB."""

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

BDCOM = Source(
    "bdcom",
    (enterprise("3320"),),
    (
        # nmspmCPUTotal1min
        Measure(tells=CPU, table=enterprise("3320.9.109.1.1.1.1"), cells=(4,), label="cpu", decode=percent),
        # nmsMemoryPoolUtilization
        Measure(tells=MEMORY, table=enterprise("3320.9.48"), cells=(1,), decode=percent_above_zero),
    ),
)
