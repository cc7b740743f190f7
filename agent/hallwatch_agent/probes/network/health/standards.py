"""What devices of any maker may tell: ENTITY-SENSOR-MIB (RFC 3433), ENTITY-STATE-MIB (RFC 4268), HOST-RESOURCES-MIB
(RFC 2790) and UCD-SNMP-MIB. Each fills in only what the maker's own MIB did not tell.
"""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    FANS,
    MEMORY,
    POWER,
    POWER_SUPPLIES,
    TEMPERATURE,
    Cells,
    Measure,
    Row,
    Source,
    enterprise,
    in_range,
    percent,
    percent_idle,
    states,
)
from hallwatch_agent.probes.snmp_probe import MIB_2, Oid, number, text

SENSOR: Final[Oid] = (*MIB_2, 99, 1, 1, 1)  # entPhySensorEntry: 1 type, 2 scale, 3 precision, 4 value, 5 status
ENTITY_STATE: Final[Oid] = (*MIB_2, 131, 1, 1, 1)  # entStateEntry: 3 operational
UCD_MEMORY: Final[Oid] = enterprise("2021.4")  # 5 total, 6 free, 14 buffers, 15 cached
UCD_CPU: Final[Oid] = enterprise("2021.11")  # 11 idle
PROCESSOR: Final[Oid] = (*MIB_2, 25, 3, 3, 1)  # hrProcessorEntry: 2 load of the last minute in percent
STORAGE: Final[Oid] = (*MIB_2, 25, 2, 3, 1)  # hrStorageEntry: 2 type, 3 description, 4 unit, 5 size, 6 used
RAM: Final[Oid] = (*MIB_2, 25, 2, 1, 2)
GIVEN_BACK: Final = {"memory buffers", "cached memory", "ram (buffers)", "ram (cache)"}
"""How net-snmp and Arista call what the system gives back on demand."""
CELSIUS, UNITS, SENSOR_OK = 8, 9, 1


def shows_celsius(row: Row) -> bool:
    """Tell whether a sensor's row is a temperature."""
    return number(row.get(1)) == CELSIUS


def sensor_temperature(cells: Cells) -> float | None:
    """Take value, status, type, scale and precision of a sensor: °C, if it is working.

    The scale is a power of 1000 (units are 9), the precision the number of decimals.
    """
    value, status, kind, scale, precision = map(number, cells)
    if value is None or status != SENSOR_OK or kind != CELSIUS:
        return None
    if scale is None or not 1 <= scale <= 17 or precision is None or not -8 <= precision <= 9:
        return None
    return in_range(value * 10.0 ** (3 * (scale - UNITS) - precision))


def unix_memory(cells: Cells) -> float | None:
    """Take total, free, buffers and cache: what programs use. Buffers and cache are given back on demand."""
    total, free, buffers, cached = map(number, cells)
    if total is None or free is None or buffers is None or cached is None or total <= 0:
        return None
    used = total - free - buffers - cached
    return used / total if 0 < used <= total else None


def mean_percent(cells: Cells) -> float | None:
    """Take the load of all processors: what one of many does says little of a device."""
    loads = [load for cell in cells if (load := percent([cell])) is not None]
    return sum(loads) / len(loads) if loads else None


def is_about_memory(row: Row) -> bool:
    """Tell whether a row of the storage table is main memory, or the part of it that is given back on demand."""
    return row.get(2) == RAM or text(row.get(3)).casefold() in GIVEN_BACK


def main_memory(cells: Cells) -> float | None:
    """Take all rows about memory: what is used of the first RAM, without buffers and cache."""
    rows = [tuple(cells[at : at + 5]) for at in range(0, len(cells), 5)]
    total = used = given_back = 0
    for kind, said, unit, size, taken in rows:
        blocks, filled, each = number(size), number(taken), number(unit)
        if blocks is None or filled is None or each is None or each <= 0 or not 0 <= filled <= blocks:
            continue
        if text(said).casefold() in GIVEN_BACK:
            given_back += filled * each
        elif kind == RAM and not total:
            total, used = blocks * each, filled * each
    return (used - given_back) / total if total and used - given_back > 0 else None


def temperature_sensors(table: Oid) -> Measure:
    """Return how temperatures are read from *table*, which has the columns of entPhySensorEntry (RFC 3433)."""
    return Measure(
        tells=TEMPERATURE,
        table=table,
        cells=(4, 5, 1, 2, 3),
        entity=True,
        label="sensor",
        real=shows_celsius,
        decode=sensor_temperature,
        otherwise=True,
    )


SENSORS = Source(
    "entity-mib",
    (),
    (
        temperature_sensors(SENSOR),
        # disabled 2: not able to do its work; enabled 3
        *(
            Measure(
                tells=tells,
                table=ENTITY_STATE,
                cells=(3,),
                entity=True,
                classes=frozenset({kind}),
                decode=states(good={3}, bad={2}),
                otherwise=True,
            )
            for tells, kind in ((FAN, FANS), (POWER, POWER_SUPPLIES))
        ),
    ),
)

HOST_CPU = Source(
    "host-resources",
    (),
    (Measure(tells=CPU, table=PROCESSOR, cells=(2,), together=True, decode=mean_percent, otherwise=True),),
)

UCD = Source(
    "ucd-snmp",
    (),
    (
        Measure(tells=MEMORY, table=UCD_MEMORY, cells=(5, 6, 14, 15), decode=unix_memory, otherwise=True),
        Measure(tells=CPU, table=UCD_CPU, cells=(11,), decode=percent_idle, otherwise=True),
    ),
)

HOST_MEMORY = Source(
    "host-resources",
    (),
    (
        Measure(
            tells=MEMORY,
            table=STORAGE,
            cells=(2, 3, 4, 5, 6),
            real=is_about_memory,
            together=True,
            decode=main_memory,
            otherwise=True,
        ),
    ),
)

STANDARDS = (SENSORS, HOST_CPU, UCD, HOST_MEMORY)
