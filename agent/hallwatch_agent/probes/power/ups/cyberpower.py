"""CyberPower: CPS-MIB."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.said import (
    ENTERPRISES,
    Cells,
    Mib,
    Said,
    celsius,
    charge,
    load,
    lowest_voltage,
    one_of,
    seconds,
    tenths,
)
from hallwatch_agent.probes.snmp_probe import Oid

UPS: Final[Oid] = (*ENTERPRISES, 3808, 1, 1, 1)
TICK_S: Final = 0.01

# upsBaseOutputStatus: 1 unknown, 2 on line, 3 on battery, 4 boost, 5 sleeping, 6 off, 7 rebooting, 8 ECO, 9 bypass,
# 10 buck, 11 overload
STATUSES: Final = {2, 3, 4, 5, 6, 8, 9, 10, 11}
NO_BATTERY: Final = 4


def decode(cells: Cells) -> Said:
    """Read CPS-MIB. While it says "overload" it tells neither battery nor bypass."""
    status, battery = cells.number("status"), cells.number("battery")
    sources = STATUSES - {11}
    return Said(
        on_battery=one_of(status, {3}, sources),
        battery_low=one_of(battery, {3}, {2, 3}),
        overload=one_of(status, {11}, STATUSES),
        replace_battery=one_of(cells.number("replace"), {2}, {1, 2}),
        bypass=one_of(status, {9}, sources),
        output_off=one_of(status, {5, 6}, STATUSES),
        alarms=("no battery",) if battery == NO_BATTERY else None,
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load([cells.number("load")]),
        runtime_s=seconds(cells.number("runtime"), TICK_S),
        on_battery_s=seconds(cells.number("on_battery"), TICK_S),
        input_v=lowest_voltage([tenths(cells.number("input_v_tenths"))]),
        temperature_c=celsius(cells.number("temperature")),
        model=cells.text("model"),
        serial=cells.text("serial"),
        firmware=cells.text("firmware"),
    )


CPS_MIB: Final = Mib(
    name="CPS-MIB",
    enterprises=frozenset({3808}),
    signs=frozenset({"status", "battery", "charge"}),
    scalars={
        "model": (*UPS, 1, 1, 1, 0), "firmware": (*UPS, 1, 2, 1, 0), "serial": (*UPS, 1, 2, 3, 0),
        "battery": (*UPS, 2, 1, 1, 0), "on_battery": (*UPS, 2, 1, 2, 0), "charge": (*UPS, 2, 2, 1, 0),
        "temperature": (*UPS, 2, 2, 3, 0), "runtime": (*UPS, 2, 2, 4, 0), "replace": (*UPS, 2, 2, 5, 0),
        "input_v_tenths": (*UPS, 3, 2, 1, 0), "status": (*UPS, 4, 1, 1, 0), "load": (*UPS, 4, 2, 3, 0),
    },
    decode=decode,
)  # fmt: skip
