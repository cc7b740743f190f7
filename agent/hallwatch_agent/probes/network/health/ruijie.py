"""Ruijie: RUIJIE-SYSTEM-MIB, RUIJIE-PROCESS-MIB and RUIJIE-MEMORY-MIB.

Newer firmware tells of each board or chip; the scalars of older firmware are used where it does not.
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
    percent,
    percent_above_zero,
    states,
    used_and_free,
)

MIBS = "4881.1.1.10.2"
SYSTEM = f"{MIBS}.1.1"
# noexist 1, existnopower 2, existreadypower 3, normal 4, powerbutabnormal 5, unknown 6, linefail 7
WORKING = states(good={4}, bad={2, 5, 7})

RUIJIE = Source(
    "ruijie",
    (enterprise("4881"),),
    (
        # 4: over the last minute; 6: the limit of a warning
        Measure(tells=CPU, table=enterprise(f"{MIBS}.36.1.2.1"), cells=(4,), limit=6, name=2, decode=percent),
        Measure(tells=CPU, table=enterprise(f"{MIBS}.36.1.1"), cells=(2,), limit=4, decode=percent, otherwise=True),
        Measure(tells=MEMORY, table=enterprise(f"{MIBS}.35.1.2.1"), cells=(3,), name=2, decode=percent_above_zero),
        Measure(
            tells=MEMORY, table=enterprise(f"{MIBS}.35.1.1.1"), cells=(3,), decode=percent_above_zero, otherwise=True
        ),
        Measure(tells=MEMORY, table=enterprise(f"{MIBS}.35.1.1.1"), cells=(7, 8), decode=used_and_free, otherwise=True),
        Measure(tells=TEMPERATURE, table=enterprise(f"{SYSTEM}.44.1"), cells=(5,), limit=6, name=4, decode=degrees),
        Measure(
            tells=TEMPERATURE,
            table=enterprise(f"{SYSTEM}.23.1"),
            cells=(3,),
            limit=4,
            name=2,
            decode=degrees,
            otherwise=True,
        ),
        Measure(tells=TEMPERATURE, table=enterprise(SYSTEM), cells=(16,), decode=degrees, otherwise=True),
        Measure(tells=FAN, table=enterprise(f"{SYSTEM}.43.1"), cells=(4,), label="fan", decode=WORKING),
        Measure(tells=FAN, table=enterprise(f"{SYSTEM}.21.1"), cells=(2,), name=3, decode=WORKING, otherwise=True),
        Measure(tells=POWER, table=enterprise(f"{SYSTEM}.41.1"), cells=(3,), label="power", decode=WORKING),
        Measure(tells=POWER, table=enterprise(f"{SYSTEM}.18.1"), cells=(2,), name=3, decode=WORKING, otherwise=True),
    ),
)
