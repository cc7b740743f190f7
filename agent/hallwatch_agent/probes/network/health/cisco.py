"""Cisco IOS, IOS XE and NX-OS: the CISCO-PROCESS, -MEMORY-POOL, -ENVMON, -ENTITY-FRU-CONTROL and -ENTITY-SENSOR MIBs.

Newer MIBs come first; what an older one repeats is taken only where the newer is silent.
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.measure import (
    CPU,
    FAN,
    FANS,
    MEMORY,
    POWER,
    POWER_SUPPLIES,
    TEMPERATURE,
    TOO_WARM,
    Measure,
    Source,
    degrees,
    enterprise,
    percent,
    states,
    used_and_free,
)
from hallwatch_agent.probes.network.health.standards import temperature_sensors

PROCESS = enterprise("9.9.109.1.1.1.1")  # cpmCPUTotalEntry
OLD_CPU = enterprise("9.2.1")  # OLD-CISCO-CPU-MIB
ENHANCED_POOL = enterprise("9.9.221.1.1.1.1")  # cempMemPoolEntry
POOL = enterprise("9.9.48.1.1.1")  # ciscoMemoryPoolEntry
ENVIRONMENT = "9.9.13.1"
SENSOR = enterprise("9.9.91.1.1.1.1")  # entSensorValueEntry, the standard's columns
MODULE_STATUS = enterprise("9.9.117.1.1.2.1")  # cefcFRUPowerStatusEntry, by entPhysicalIndex
FAN_TRAY_STATUS = enterprise("9.9.117.1.4.1.1")  # cefcFanTrayStatusEntry, by entPhysicalIndex

# ciscoEnvMonState: normal 1, warning 2, critical 3, shutdown 4, notPresent 5, notFunctioning 6
WARM = states(good={1}, bad={2, 3, 4})
WORKING = states(good={1}, bad={3, 4, 6})
# PowerOperType: off for the environment 1, on 2, switched off 3, denied 4, no power 5, too warm 6, fan 7, failed 8,
# on though its fan failed 9
POWERED = states(good={2}, bad={1, 5, 6, 7, 8, 9})

CISCO = Source(
    "cisco",
    (enterprise("9"),),
    (
        # cpmCPUTotal1minRev, and the deprecated cpmCPUTotal1min
        Measure(tells=CPU, table=PROCESS, cells=(7,), about=2, label="cpu", decode=percent),
        Measure(tells=CPU, table=PROCESS, cells=(4,), about=2, label="cpu", decode=percent, otherwise=True),
        Measure(tells=CPU, table=OLD_CPU, cells=(57,), decode=percent, otherwise=True),  # avgBusy1
        # 64 bits where a pool has them
        Measure(tells=MEMORY, table=ENHANCED_POOL, cells=(18, 20), name=3, decode=used_and_free),
        Measure(tells=MEMORY, table=ENHANCED_POOL, cells=(7, 8), name=3, decode=used_and_free, otherwise=True),
        Measure(tells=MEMORY, table=POOL, cells=(5, 6), name=2, decode=used_and_free, otherwise=True),
        Measure(tells=MEMORY, table=PROCESS, cells=(12, 13), label="cpu", decode=used_and_free, otherwise=True),
        Measure(tells=TEMPERATURE, table=enterprise(f"{ENVIRONMENT}.3.1"), cells=(3,), name=2, decode=degrees),
        Measure(tells=TOO_WARM, table=enterprise(f"{ENVIRONMENT}.3.1"), cells=(6,), name=2, decode=WARM),
        temperature_sensors(SENSOR),
        Measure(tells=FAN, table=enterprise(f"{ENVIRONMENT}.4.1"), cells=(3,), name=2, decode=WORKING),
        Measure(
            tells=FAN,
            table=FAN_TRAY_STATUS,
            cells=(1,),
            entity=True,
            classes=frozenset({FANS}),
            decode=states(good={2}, bad={3}),
            otherwise=True,
        ),
        Measure(tells=POWER, table=enterprise(f"{ENVIRONMENT}.5.1"), cells=(3,), name=2, decode=WORKING),
        Measure(
            tells=POWER,
            table=MODULE_STATUS,
            cells=(2,),
            entity=True,
            classes=frozenset({POWER_SUPPLIES}),
            decode=POWERED,
            otherwise=True,
        ),
    ),
)
