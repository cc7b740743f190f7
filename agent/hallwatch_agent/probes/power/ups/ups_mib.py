"""UPS-MIB (RFC 1628), as real devices fill it in."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.alarms import Alarms, AlarmTable, parse_alarms
from hallwatch_agent.probes.power.ups.said import (
    Cells,
    Mib,
    Said,
    any_known,
    celsius,
    charge,
    load,
    lowest_voltage,
    one_of,
    seconds,
)
from hallwatch_agent.probes.snmp_probe import MIB_2, Oid

UPS: Final[Oid] = (*MIB_2, 33, 1)
NONE, BYPASS, BATTERY = 2, 4, 5
SOURCES: Final = range(2, 8)  # upsOutputSource: none, normal, bypass, battery, booster, reducer

ALARMS: Final = AlarmTable(
    root=(*UPS, 6, 3),
    conditions={
        1: "replace_battery", 2: "on_battery", 3: "battery_low", 4: "battery_low", 8: "overload", 9: "bypass",
        11: "output_off", 12: "output_off", 14: "output_off", 15: "output_off", 20: "communication_lost", 24: "testing",
    },
    words={
        5: "temperature", 6: "input bad", 7: "output bad", 10: "bypass bad", 13: "charger failed", 16: "fan failed",
        17: "fuse failed", 18: "general fault", 19: "self-test failed", 21: "awaiting power", 22: "shutdown pending",
        23: "shutdown imminent",
    },
)  # fmt: skip


def decode(cells: Cells) -> Said:
    """Read the objects of RFC 1628."""
    alarms = parse_alarms(ALARMS, cells)
    standing = alarms.holding if alarms else frozenset()
    source, battery = cells.number("source"), cells.number("battery")
    by_alarm = {name: name in standing if alarms else None for name in ALARMS.conditions.values()}
    minutes, percent = cells.number("minutes_left"), cells.number("charge")
    return Said(
        on_battery=parse_on_battery(cells.number("on_battery_s"), source, alarms),
        source_is_battery=None if source is None else source == BATTERY,
        battery_low=any_known(one_of(battery, {3, 4}, {2, 3, 4}), by_alarm["battery_low"]),
        overload=by_alarm["overload"],
        replace_battery=by_alarm["replace_battery"],
        communication_lost=by_alarm["communication_lost"],
        bypass=any_known(one_of(source, {BYPASS}, SOURCES), by_alarm["bypass"]),
        output_off=any_known(one_of(source, {NONE}, SOURCES), by_alarm["output_off"]),
        testing="testing" in standing,
        alarms=alarms.others if alarms else None,
        charge_ratio=charge(percent),
        load_ratio=load(cells.numbers("load")),
        runtime_s=None if minutes == 0 and percent == 100 else seconds(minutes, 60.0),
        on_battery_s=seconds(cells.number("on_battery_s")),
        input_v=parse_input(cells),
        temperature_c=celsius(cells.number("temperature")),
        model=" ".join(filter(None, (cells.text("maker"), cells.text("model")))),
        firmware=cells.text("firmware"),
    )


def parse_on_battery(on_battery_s: int | None, source: int | None, alarms: Alarms | None) -> bool | None:
    """Tell whether the load hangs on the battery; None when it is not known.

    The alarm decides. A source "battery" counts with seconds on battery, as some inverters always call it their
    source; a source that is not the battery outweighs seconds left over from the last outage.
    """
    if alarms and "on_battery" in alarms.holding:
        return True
    counting = bool(seconds(on_battery_s))
    if source == BATTERY:
        return True if counting else (None if on_battery_s is None else False)
    if source is not None and source > NONE:
        return False
    if counting:
        return True
    return False if on_battery_s == 0 or alarms is not None else None


def parse_input(cells: Cells) -> float | None:
    """Return the lowest voltage of the input lines in use; some devices tell tenths of a volt."""
    seen = [value for value in cells.in_use("input_v", "input_lines") if 0 <= value < 10_000]
    return lowest_voltage(value / 10 if value >= 1000 else value for value in seen)


UPS_MIB: Final = Mib(
    name="UPS-MIB",
    signs=frozenset({"battery", "charge", "source", "load"}),
    scalars={
        "maker": (*UPS, 1, 1, 0), "model": (*UPS, 1, 2, 0), "firmware": (*UPS, 1, 3, 0),
        "battery": (*UPS, 2, 1, 0), "on_battery_s": (*UPS, 2, 2, 0), "minutes_left": (*UPS, 2, 3, 0),
        "charge": (*UPS, 2, 4, 0), "temperature": (*UPS, 2, 7, 0),
        "input_lines": (*UPS, 3, 2, 0), "source": (*UPS, 4, 1, 0), "alarms": (*UPS, 6, 1, 0),
    },
    columns={"input_v": (*UPS, 3, 3, 1, 3), "load": (*UPS, 4, 4, 1, 5), "alarm_rows": (*UPS, 6, 2, 1, 2)},
    decode=decode,
)  # fmt: skip
