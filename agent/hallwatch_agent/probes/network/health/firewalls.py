"""Firewalls of which little is published: a few scalars each. What else they tell comes from the standard MIBs."""

from __future__ import annotations

import re

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    MEMORY,
    Cells,
    Measure,
    Source,
    enterprise,
    first_of,
    free_of_total,
    one_above_zero,
    percent,
    percent_above_zero,
    used_of_total,
)
from hallwatch_agent.probes.snmp_probe import text

_SPOKEN_PERCENT = re.compile(r"^(?:cpu|memory)-usage:\s*(\d{1,3}(?:\.\d{1,9})?)%$")


def spoken_percent(cells: Cells) -> float | None:
    """Take a share out of words: ``memory-usage: 59.6%``."""
    said = _SPOKEN_PERCENT.match(text(cells[0]))
    share = float(said[1]) / 100 if said else None
    return share if share is not None and share <= 1 else None


HILLSTONE = Source(
    "hillstone",
    (enterprise("28557"),),
    (
        Measure(tells=CPU, table=enterprise("28557.2.2.1"), cells=(3,), decode=percent),
        Measure(tells=MEMORY, table=enterprise("28557.2.2.1"), cells=(5, 4), decode=used_of_total),
    ),
)

TOPSEC = Source(
    "topsec",
    (enterprise("14331"),),
    (
        Measure(tells=CPU, table=enterprise("14331.5.5.1.4"), cells=(5,), decode=percent),
        Measure(tells=MEMORY, table=enterprise("14331.5.5.1.4"), cells=(6,), decode=percent_above_zero),
    ),
)

SANGFOR = Source(
    "sangfor",
    (enterprise("35047"), enterprise("45577")),
    first_of(
        # some models leave it 0 for ever
        (Measure(tells=CPU, table=enterprise(root), cells=(3,), real=one_above_zero(3), decode=percent),)
        for root in ("35047.1", "45577.1")
    ),
)

FORTINET = Source(
    "fortinet",
    (enterprise("12356"),),
    (
        Measure(tells=CPU, table=enterprise("12356.101.4.1"), cells=(3,), decode=percent),  # fgSysCpuUsage
        Measure(tells=MEMORY, table=enterprise("12356.101.4.1"), cells=(4,), decode=percent_above_zero),
    ),
)

VENUSTECH = Source(
    "venustech",
    (enterprise("15227"),),
    (
        *first_of(
            tuple(
                Measure(tells=tells, table=enterprise(f"15227.1.{model}.1.1"), cells=(column,), decode=spoken_percent)
                for tells, column in ((CPU, 1), (MEMORY, 2))
            )
            for model in (3, 5)
        ),
        # 1 total, 2 free
        Measure(tells=MEMORY, table=enterprise("15227.200.2.2"), cells=(2, 1), decode=free_of_total, otherwise=True),
    ),
)
