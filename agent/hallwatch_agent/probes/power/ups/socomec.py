"""Socomec NetVision: SOCOMECUPS-MIB, laid out like UPS-MIB but with numbers of its own."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.said import (
    ENTERPRISES,
    Cells,
    Mib,
    Said,
    any_known,
    charge,
    load,
    lowest_voltage,
    one_of,
    seconds,
)
from hallwatch_agent.probes.snmp_probe import Oid

UPS: Final[Oid] = (*ENTERPRISES, 4555, 1, 1, 1, 1)

# upsOutputSource: 1 unknown, 2 on inverter, 3 on mains, 4 ECO, 5 bypass, 6 standby, 7 maintenance bypass, 8 off,
# 9 normal
SOURCES: Final = range(2, 10)
# upsBatteryStatus: 1 unknown, 2 normal, 3 low, 4 depleted, 5 discharging, 6 failure, 7 UPS off
BATTERY: Final = {2, 3, 4, 5, 6}


def decode(cells: Cells) -> Said:
    """Read SOCOMECUPS-MIB. "On inverter" is how a double converter always runs; the battery tells when it feeds it."""
    source, battery = cells.number("source"), cells.number("battery")
    on_battery_s = seconds(cells.number("on_battery_s"))
    mains = one_of(source, (), {3, 4, 5, 7, 9})
    return Said(
        on_battery=any_known(
            one_of(battery, {5}, {2, 5}), mains, None if on_battery_s is None else on_battery_s > 0 and mains is None
        ),
        battery_low=one_of(battery, {3, 4}, BATTERY),
        replace_battery=one_of(battery, {6}, BATTERY),
        bypass=one_of(source, {5, 7}, SOURCES),
        output_off=one_of(source, {6, 8}, SOURCES),
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load(cells.numbers("load")),
        runtime_s=seconds(cells.number("minutes_left"), 60.0),
        on_battery_s=on_battery_s,
        input_v=lowest_voltage(value / 10 for value in cells.numbers("input_v_tenths")),
        model=cells.text("model"),
        serial=cells.text("serial"),
    )


SOCOMEC_MIB: Final = Mib(
    name="SOCOMECUPS-MIB",
    enterprises=frozenset({4555}),
    signs=frozenset({"source", "battery", "charge"}),
    scalars={
        "model": (*UPS, 1, 1, 0), "serial": (*UPS, 1, 4, 0), "battery": (*UPS, 2, 1, 0),
        "on_battery_s": (*UPS, 2, 2, 0), "minutes_left": (*UPS, 2, 3, 0), "charge": (*UPS, 2, 4, 0),
        "source": (*UPS, 4, 1, 0),
    },
    columns={"input_v_tenths": (*UPS, 3, 3, 1, 2), "load": (*UPS, 4, 4, 1, 4)},
    decode=decode,
)  # fmt: skip
