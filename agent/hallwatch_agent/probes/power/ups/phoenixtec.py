"""Phoenixtec (PPC) and those who build on it, Santak and many unnamed ones among them: XPPC-MIB."""

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

UPS: Final[Oid] = (*ENTERPRISES, 935, 1, 1, 1)

# upsBaseOutputStatus: 1 unknown, 2 on line, 3 on battery, 4 boost, 5 sleeping, 6 bypass, 7 rebooting, 8 standby, 9 buck
STATUSES: Final = {2, 3, 4, 5, 6, 8, 9}


def decode(cells: Cells) -> Said:
    """Read XPPC-MIB; what it calls ``Smart`` is 0 where the UPS behind the card does not tell it."""
    status, runtime_s = cells.number("status"), cells.number("runtime_s")
    return Said(
        on_battery=one_of(status, {3}, STATUSES),
        battery_low=one_of(cells.number("battery"), {3}, {2, 3}),
        replace_battery=one_of(cells.number("replace"), {2}, {1, 2}),
        bypass=one_of(status, {6}, STATUSES),
        output_off=one_of(status, {5, 8}, STATUSES),
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load([cells.number("load")]),
        runtime_s=seconds(runtime_s) if runtime_s else None,
        on_battery_s=seconds(cells.number("on_battery_s")),
        input_v=lowest_voltage([tenths(cells.number("input_v_tenths"))]),
        temperature_c=celsius(tenths(cells.number("temperature_tenths"))),
        model=cells.text("model"),
        serial=cells.text("serial"),
        firmware=cells.text("firmware"),
    )


XPPC_MIB: Final = Mib(
    name="XPPC-MIB",
    enterprises=frozenset({935}),
    signs=frozenset({"status", "battery", "charge"}),
    scalars={
        "model": (*UPS, 1, 1, 1, 0), "firmware": (*UPS, 1, 2, 1, 0), "serial": (*UPS, 1, 2, 3, 0),
        "battery": (*UPS, 2, 1, 1, 0), "on_battery_s": (*UPS, 2, 1, 2, 0), "charge": (*UPS, 2, 2, 1, 0),
        "temperature_tenths": (*UPS, 2, 2, 3, 0), "runtime_s": (*UPS, 2, 2, 4, 0), "replace": (*UPS, 2, 2, 5, 0),
        "input_v_tenths": (*UPS, 3, 2, 1, 0), "status": (*UPS, 4, 1, 1, 0), "load": (*UPS, 4, 2, 3, 0),
    },
    decode=decode,
)  # fmt: skip
