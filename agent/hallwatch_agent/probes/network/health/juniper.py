"""Juniper: jnxOperatingTable of JUNIPER-MIB. 0 stands for "not told" in each of its columns."""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    MEMORY,
    TEMPERATURE,
    Measure,
    Source,
    degrees,
    enterprise,
    one_above_zero,
    percent,
    percent_above_zero,
)

OPERATING = enterprise("2636.3.1.13.1")

JUNIPER = Source(
    "juniper",
    (enterprise("2636"),),
    (
        Measure(tells=CPU, table=OPERATING, cells=(8,), name=5, also=(11,), real=one_above_zero(8, 11), decode=percent),
        Measure(tells=MEMORY, table=OPERATING, cells=(11,), name=5, decode=percent_above_zero),
        Measure(tells=TEMPERATURE, table=OPERATING, cells=(7,), name=5, decode=degrees),
    ),
)
