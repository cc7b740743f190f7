"""HPE ProCurve and ArubaOS-Switch: STATISTICS-MIB, NETSWITCH-MIB and HP-ICF-CHASSIS."""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    MEMORY,
    POWER,
    TOO_WARM,
    Measure,
    Row,
    Source,
    enterprise,
    percent,
    states,
    used_of_total,
)
from hallwatch_agent.probes.snmp_probe import Oid

SENSORS = enterprise("11.2.14.11.1.2.6.1")  # hpicfSensorEntry: 2 kind, 4 status, 7 description
KINDS = enterprise("11.2.3.7.8.3")
# unknown 1, bad 2, warning 3, good 4, notPresent 5
FINE = states(good={4}, bad={2})


def _of_kind(kind: Oid, tells: str) -> Measure:
    def real(row: Row) -> bool:
        return row.get(2) == kind

    return Measure(tells=tells, table=SENSORS, cells=(4,), name=7, also=(2,), real=real, decode=FINE)


PROCURVE = Source(
    "procurve",
    (enterprise("11.2"),),
    (
        Measure(tells=CPU, table=enterprise("11.2.14.11.5.1.9.6"), cells=(1,), decode=percent),  # hpSwitchCpuStat
        # hpLocalMemEntry: 5 total, 7 allocated
        Measure(
            tells=MEMORY,
            table=enterprise("11.2.14.11.5.1.1.2.1.1.1"),
            cells=(7, 5),
            label="slot",
            decode=used_of_total,
        ),
        _of_kind((*KINDS, 1), POWER),
        _of_kind((*KINDS, 2), FAN),
        _of_kind((*KINDS, 3), TOO_WARM),
    ),
)
