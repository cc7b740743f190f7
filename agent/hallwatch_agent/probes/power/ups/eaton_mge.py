"""Eaton, MGE: MG-SNMP-UPS-MIB, which answers plain questions with yes(1) and no(2)."""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.said import (
    ENTERPRISES,
    Cells,
    Mib,
    Said,
    any_known,
    celsius,
    charge,
    load,
    lowest_voltage,
    seconds,
    yes_no,
)
from hallwatch_agent.probes.snmp_probe import Oid

UPS: Final[Oid] = (*ENTERPRISES, 705, 1)
ALARM_WORDS: Final = {
    "no_battery": "no battery",
    "battery_unavailable": "battery not available",
    "charger_fault": "charger failed",
    "over_temperature": "temperature",
}


def decode(cells: Cells) -> Said:
    """Read MG-SNMP-UPS-MIB."""
    alarms = {words: yes_no(cells.number(key)) for key, words in ALARM_WORDS.items()}
    return Said(
        on_battery=yes_no(cells.number("on_battery")),
        battery_low=any_known(*(yes_no(cells.number(key)) for key in ("battery_low", "low_condition"))),
        overload=yes_no(cells.number("overload")),
        replace_battery=any_known(*(yes_no(cells.number(key)) for key in ("replace", "battery_fault"))),
        bypass=yes_no(cells.number("bypass")),
        alarms=None if any_known(*alarms.values()) is None else tuple(words for words, told in alarms.items() if told),
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load(cells.numbers("load")),
        runtime_s=seconds(cells.number("runtime_s")),
        input_v=parse_input(cells),
        temperature_c=celsius(cells.number("temperature")),
        model=" ".join(filter(None, (cells.text("family"), cells.text("model")))),
        serial=cells.text("serial"),
        firmware=cells.text("firmware"),
    )


def parse_input(cells: Cells) -> float | None:
    """Return the lowest voltage of the input phases in use, told in tenths."""
    return lowest_voltage(tenth / 10 for tenth in cells.in_use("input_v", "input_phases"))


MGE_MIB: Final = Mib(
    name="MG-SNMP-UPS-MIB",
    enterprises=frozenset({534, 705}),
    signs=frozenset({"on_battery", "charge", "load"}),
    scalars={
        "family": (*UPS, 1, 1, 0), "model": (*UPS, 1, 2, 0), "firmware": (*UPS, 1, 4, 0), "serial": (*UPS, 1, 7, 0),
        "runtime_s": (*UPS, 5, 1, 0), "charge": (*UPS, 5, 2, 0), "temperature": (*UPS, 5, 7, 0),
        "battery_fault": (*UPS, 5, 9, 0), "no_battery": (*UPS, 5, 10, 0), "replace": (*UPS, 5, 11, 0),
        "battery_unavailable": (*UPS, 5, 12, 0), "battery_low": (*UPS, 5, 14, 0), "charger_fault": (*UPS, 5, 15, 0),
        "low_condition": (*UPS, 5, 16, 0), "input_phases": (*UPS, 6, 1, 0), "on_battery": (*UPS, 7, 3, 0),
        "bypass": (*UPS, 7, 4, 0), "overload": (*UPS, 7, 10, 0), "over_temperature": (*UPS, 7, 11, 0),
    },
    columns={"input_v": (*UPS, 6, 2, 1, 2), "load": (*UPS, 7, 2, 1, 4)},
    decode=decode,
)  # fmt: skip
