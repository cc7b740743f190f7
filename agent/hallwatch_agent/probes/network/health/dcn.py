"""Digital China (神州数码) switches, and those that other brands have built by it: Maipu, SNR, QTech.

All use one private MIB under a number of their own: 11.6 memory size, 11.7 memory in use, 11.9 temperature, 11.10 CPU;
12.1 fans: 2 fitted (1), 3 normal (0) or abnormal (1).
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    MEMORY,
    TEMPERATURE,
    Measure,
    Source,
    degrees,
    enterprise,
    first_of,
    percent,
    states_if_present,
    used_of_total,
)

BRANDS = ("6339.100.1", "5651.6.7.2.100.1", "40418.7.100.1", "27514.100.1")


def _measures(brand: str) -> tuple[Measure, ...]:
    system = enterprise(f"{brand}.11")
    return (
        Measure(tells=CPU, table=system, cells=(10,), decode=percent),
        Measure(tells=MEMORY, table=system, cells=(7, 6), decode=used_of_total),
        Measure(tells=TEMPERATURE, table=system, cells=(9,), decode=degrees),
        Measure(
            tells=FAN,
            table=enterprise(f"{brand}.12.1"),
            cells=(2, 3),
            label="fan",
            decode=states_if_present(1, good={0}, bad={1}),
        ),
    )


DIGITAL_CHINA = Source(
    "digital-china",
    tuple(enterprise(brand.split(".")[0]) for brand in BRANDS),
    first_of(map(_measures, BRANDS)),
)
