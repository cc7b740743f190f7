"""MikroTik: MIKROTIK-MIB for the sensors. CPU and memory come from the standard Host Resources MIB."""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    FAN,
    POWER,
    TEMPERATURE,
    Measure,
    Row,
    Source,
    degrees,
    enterprise,
    states,
    tenths_of_degree,
)
from hallwatch_agent.probes.snmp_probe import number, text

HEALTH = enterprise("14988.1.1.3")  # mtxrHealth, RouterOS 6
GAUGES = enterprise("14988.1.1.3.100.1")  # mtxrGaugeEntry, RouterOS 7: 2 name, 3 value, 4 unit
CELSIUS, STATUS = 1, 6
FINE = states(good={1}, bad={0})


def _is_celsius(row: Row) -> bool:
    return number(row.get(4)) == CELSIUS


def _is_power_supply(row: Row) -> bool:
    return number(row.get(4)) == STATUS and text(row.get(2)).startswith("psu")


def _is_fan(row: Row) -> bool:
    return number(row.get(4)) == STATUS and text(row.get(2)).startswith("fan")


MIKROTIK = Source(
    "mikrotik",
    (enterprise("14988"),),
    (
        Measure(tells=TEMPERATURE, table=GAUGES, cells=(3,), name=2, also=(4,), real=_is_celsius, decode=degrees),
        Measure(tells=TEMPERATURE, table=HEALTH, cells=(10,), decode=tenths_of_degree, otherwise=True),
        # in the table a status is a fault's number: 0 is fine
        Measure(
            tells=POWER,
            table=GAUGES,
            cells=(3,),
            name=2,
            also=(4,),
            real=_is_power_supply,
            decode=states(good={0}, bad={1}),
        ),
        Measure(tells=FAN, table=GAUGES, cells=(3,), name=2, also=(4,), real=_is_fan, decode=states(good={0}, bad={1})),
        Measure(tells=POWER, table=HEALTH, cells=(15,), decode=FINE, otherwise=True),
    ),
)
