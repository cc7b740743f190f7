"""Eaton, Powerware: XUPS-MIB."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.alarms import AlarmTable, fields, parse_alarms
from hallwatch_agent.probes.power.ups.said import (
    ENTERPRISES,
    Cells,
    Mib,
    Said,
    any_known,
    celsius,
    charge,
    first,
    load,
    lowest_voltage,
    one_of,
    seconds,
    yes_no,
)
from hallwatch_agent.probes.snmp_probe import Oid

UPS: Final[Oid] = (*ENTERPRISES, 534, 1)

# xupsOutputSource: 1 other, 2 none, 3 normal, 4 bypass, 5 battery, 6 booster, 7 reducer, 8 parallel capacity,
# 9 parallel redundant, 10 high efficiency, 11 maintenance bypass, 12 energy saver
SOURCES: Final = range(2, 13)
NONE, BATTERY = 2, 5
BYPASS: Final = {4, 11}

ALARMS: Final = AlarmTable(
    root=(*UPS, 7),
    conditions={
        3: "on_battery", 4: "battery_low", 7: "overload", 9: "battery_low", 11: "bypass", 13: "output_off",
        23: "replace_battery", 24: "output_off", 26: "communication_lost", 28: "testing", 44: "bypass",
    },
    words={
        8: "internal failure", 10: "inverter failed", 12: "bypass bad", 14: "input failed", 15: "building alarm",
        16: "shutdown imminent", 20: "breaker open", 25: "self-test failed", 27: "shutdown pending",
        29: "ambient temperature", 30: "redundancy lost", 31: "temperature", 32: "charger failed", 33: "fan failed",
        34: "fuse failed", 35: "power switch", 36: "module failed", 37: "on the alternate source",
        38: "alternate source bad", 40: "remote temperature", 41: "remote humidity", 42: "output bad",
        43: "awaiting power", 51: "output not protected",
    },
    # mains restored, battery no longer low, on inverter (its normal way), entries added and removed, a notice
    no_fault=frozenset({5, 6, 17, 21, 22, 39}),
)  # fmt: skip


def decode(cells: Cells) -> Said:
    """Read XUPS-MIB."""
    source = cells.number("source")
    alarms = parse_alarms(ALARMS, cells)
    by_alarm = fields(alarms, *ALARMS.conditions.values())
    others = alarms.others if alarms else None
    if yes_no(cells.number("battery_absent")):
        others = ("no battery", *(others or ()))
    return Said(
        on_battery=first(one_of(source, {BATTERY}, SOURCES), by_alarm.get("on_battery")),
        battery_low=any_known(yes_no(cells.number("low_capacity")), by_alarm.get("battery_low")),
        overload=by_alarm.get("overload"),
        replace_battery=any_known(
            *(yes_no(cells.number(key)) for key in ("battery_failure", "battery_aged")),
            by_alarm.get("replace_battery"),
        ),
        communication_lost=by_alarm.get("communication_lost"),
        bypass=any_known(one_of(source, BYPASS, SOURCES), by_alarm.get("bypass")),
        output_off=any_known(one_of(source, {NONE}, SOURCES), by_alarm.get("output_off")),
        testing=cells.number("test") == 4 or by_alarm.get("testing", False),
        alarms=others,
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load([cells.number("load")]),
        runtime_s=seconds(cells.number("runtime_s")),
        input_v=parse_input(cells),
        temperature_c=celsius(cells.number("ambient_temperature")),
        model=" ".join(filter(None, (cells.text("maker"), cells.text("model")))),
        firmware=cells.text("firmware"),
    )


def parse_input(cells: Cells) -> float | None:
    """Return the lowest voltage of the input phases in use."""
    return lowest_voltage(cells.in_use("input_v", "input_phases"))


XUPS_MIB: Final = Mib(
    name="XUPS-MIB",
    enterprises=frozenset({534, 705}),
    signs=frozenset({"source", "charge", "load"}),
    scalars={
        "maker": (*UPS, 1, 1, 0), "model": (*UPS, 1, 2, 0), "firmware": (*UPS, 1, 3, 0),
        "runtime_s": (*UPS, 2, 1, 0), "charge": (*UPS, 2, 4, 0), "battery_failure": (*UPS, 2, 7, 0),
        "battery_absent": (*UPS, 2, 8, 0), "battery_aged": (*UPS, 2, 9, 0), "low_capacity": (*UPS, 2, 10, 0),
        "input_phases": (*UPS, 3, 3, 0), "load": (*UPS, 4, 1, 0), "source": (*UPS, 4, 5, 0),
        "ambient_temperature": (*UPS, 6, 1, 0), "alarms": (*UPS, 7, 1, 0), "test": (*UPS, 8, 2, 0),
    },
    columns={"input_v": (*UPS, 3, 4, 1, 2), "alarm_rows": (*UPS, 7, 2, 1, 2)},
    decode=decode,
)  # fmt: skip
