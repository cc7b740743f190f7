"""Huawei UPS2000, UPS5000: HUAWEI-UPS-MIB. Each table has a row for each cabinet; the worst row counts."""

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
from hallwatch_agent.probes.snmp_probe import Oid, text

UPS: Final[Oid] = (*ENTERPRISES, 2011, 6, 174, 1)
IDENTITY: Final[Oid] = (*UPS, 2, 100, 1)
OPERATION: Final[Oid] = (*UPS, 2, 101, 1)
INPUT: Final[Oid] = (*UPS, 3, 100, 1)
OUTPUT: Final[Oid] = (*UPS, 4, 100, 1)
BATTERY: Final[Oid] = (*UPS, 6, 100, 1)
ALARM: Final[Oid] = (*UPS, 12)

# hwUpsDevicePowerSupplyMethod: 1 no supply, 2 bypass, 3 normal, 4 battery, 5 mains and battery together, 6 ECO on
# mains, 7 ECO on battery
METHODS: Final = {1, 2, 3, 4, 6, 7}
NO_BATTERY: Final = 1


def decode(cells: Cells) -> Said:
    """Read HUAWEI-UPS-MIB. It tells the alarms only by their number; what they are comes as traps, or by UPS-MIB."""
    methods = cells.numbers("method")
    count = next(iter(cells.numbers("alarm_count")), None)
    alarms = ["no battery"] if NO_BATTERY in cells.numbers("battery_state") else []
    alarms += [f"{count} active alarms"] if count is not None and 0 < count <= 8000 else []
    percents = [ratio for percent in cells.numbers("charge") if (ratio := charge(percent)) is not None]
    times = [time_s for time in cells.numbers("runtime_s") if (time_s := seconds(time)) is not None]
    return Said(
        on_battery=any_known(*(one_of(method, {4, 7}, METHODS) for method in methods)),
        bypass=any_known(*(one_of(method, {2}, METHODS) for method in methods)),
        output_off=all(method == 1 for method in methods) if methods and set(methods) <= METHODS else None,
        alarms=tuple(alarms) if alarms or count == 0 else None,
        charge_ratio=min(percents, default=None),
        load_ratio=load(tenth / 10 for tenth in cells.numbers("load_a", "load_b", "load_c")),
        runtime_s=min(times, default=None),
        input_v=lowest_voltage(tenth / 10 for tenth in cells.numbers("input_a", "input_b", "input_c")),
        model=next(iter(words(cells, "model")), ""),
        serial=", ".join(words(cells, "serial")),
        firmware=next(iter(words(cells, "firmware")), ""),
    )


def words(cells: Cells, key: str) -> list[str]:
    """Return the texts in a column that say something."""
    column = cells.column(key)
    return [said for index in sorted(column) if (said := text(column[index]))]


HUAWEI_UPS_MIB: Final = Mib(
    name="HUAWEI-UPS-MIB",
    enterprises=frozenset({2011}),
    signs=frozenset({"method", "charge", "load_a"}),
    columns={
        "model": (*IDENTITY, 2), "firmware": (*IDENTITY, 3), "serial": (*IDENTITY, 5),
        "method": (*OPERATION, 1), "battery_state": (*OPERATION, 3),
        "input_a": (*INPUT, 1), "input_b": (*INPUT, 2), "input_c": (*INPUT, 3),
        "load_a": (*OUTPUT, 14), "load_b": (*OUTPUT, 15), "load_c": (*OUTPUT, 16),
        "charge": (*BATTERY, 3), "runtime_s": (*BATTERY, 4), "alarm_count": (*ALARM, 2),
    },
    decode=decode,
)  # fmt: skip
