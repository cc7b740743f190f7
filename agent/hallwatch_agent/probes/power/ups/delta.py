"""Delta, and Socomec models that Delta builds: DeltaUPS-MIB."""

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
    first,
    load,
    lowest_voltage,
    one_of,
    seconds,
    tenths,
)
from hallwatch_agent.probes.snmp_probe import Oid

UPS: Final[Oid] = (*ENTERPRISES, 2254, 2, 4)

# dupsOutputSource: 0 normal, 1 battery, 2 bypass, 3 reducing, 4 boosting, 5 manual bypass, 6 other, 7 none
SOURCES: Final = {0, 1, 2, 3, 4, 5, 7}
ALARM_WORDS: Final = {
    7: "UPS fault", 10: "battery test failed", 11: "fuse failed", 14: "inverter abnormal", 15: "rectifier abnormal",
    18: "temperature", 19: "output bad", 20: "bypass bad", 22: "charger failed", 23: "fan failed", 27: "emergency off",
}  # fmt: skip
"""Numbers below dupsAlarm that have no condition of their own."""


def decode(cells: Cells) -> Said:
    """Read DeltaUPS-MIB, which counts from 0: every alarm is off(0) or on(1)."""
    source, condition = cells.number("source"), cells.number("condition")

    def alarm(place: int) -> bool | None:
        return one_of(cells.number(f"alarm_{place}"), {1}, {0, 1})

    told = {words: alarm(place) for place, words in ALARM_WORDS.items()}
    told["battery weak"] = one_of(condition, {1}, {0, 1, 2})
    return Said(
        on_battery=first(one_of(source, {1}, SOURCES), alarm(2)),
        battery_low=any_known(one_of(cells.number("battery"), {1, 2}, {0, 1, 2}), alarm(3)),
        overload=alarm(12),
        replace_battery=one_of(condition, {2}, {0, 1, 2}),
        communication_lost=alarm(1),
        bypass=any_known(one_of(source, {2, 5}, SOURCES), alarm(6)),
        output_off=any_known(one_of(source, {7}, SOURCES), alarm(25)),
        testing=bool(alarm(9)),
        alarms=None if any_known(*told.values()) is None else tuple(words for words, holds in told.items() if holds),
        charge_ratio=charge(cells.number("charge")),
        load_ratio=load(cells.number(f"load_{line}") for line in (1, 2, 3)),
        runtime_s=seconds(cells.number("minutes_left"), 60.0),
        on_battery_s=seconds(cells.number("on_battery_s")),
        input_v=lowest_voltage(tenths(cells.number(f"input_{line}")) for line in (1, 2, 3)),
        temperature_c=celsius(cells.number("temperature")),
        model=" ".join(filter(None, (cells.text("maker"), cells.text("model")))),
        firmware=cells.text("firmware"),
    )


DELTA_MIB: Final = Mib(
    name="DeltaUPS-MIB",
    enterprises=frozenset({2254, 4555}),
    signs=frozenset({"source", "battery", "charge"}),
    scalars={
        "maker": (*UPS, 1, 1, 0), "model": (*UPS, 1, 2, 0), "firmware": (*UPS, 1, 3, 0),
        "input_1": (*UPS, 4, 3, 0), "input_2": (*UPS, 4, 6, 0), "input_3": (*UPS, 4, 9, 0),
        "source": (*UPS, 5, 1, 0), "load_1": (*UPS, 5, 7, 0), "load_2": (*UPS, 5, 11, 0), "load_3": (*UPS, 5, 15, 0),
        "condition": (*UPS, 7, 1, 0), "battery": (*UPS, 7, 2, 0), "on_battery_s": (*UPS, 7, 4, 0),
        "minutes_left": (*UPS, 7, 5, 0), "charge": (*UPS, 7, 8, 0), "temperature": (*UPS, 7, 9, 0),
        **{f"alarm_{place}": (*UPS, 9, place, 0) for place in (1, 2, 3, 6, 9, 12, 25, *ALARM_WORDS)},
    },
    decode=decode,
)  # fmt: skip
