"""APC: PowerNet-MIB, upsBasic…, upsAdv…, upsHighPrec… and the tables of three-phase models."""

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
from hallwatch_agent.probes.snmp_probe import Oid, number

UPS: Final[Oid] = (*ENTERPRISES, 318, 1, 1, 1)
TICK_S: Final = 0.01

# upsBasicOutputStatus: 1 unknown, 2 on line, 3 on battery, 4 boost, 5 timed sleep, 6 software bypass, 7 off,
# 8 rebooting, 9 switched bypass, 10 hardware failure bypass, 11 sleeping until power returns, 12 trim, 13 ECO mode,
# 14 hot standby, 15 battery test, 16 emergency static bypass, 17 static bypass standby, 18 power saving, 19 spot mode,
# 20 eConversion, 21-26 service modes, 27 distributed energy reserve, 28 self-test
STATUSES: Final = set(range(2, 29)) - {8, 17, 19, 21, 22, 23, 25, 26}
ON_BATTERY: Final = {3, 15, 24, 28}
OFF: Final = {5, 7, 11}
ON_BYPASS: Final = {6, 9, 10, 16}
TESTING: Final = {15, 24, 28}

BYPASS_FLAGS: Final = (12, 13, 14, 15, 16, 44)
OFF_FLAGS: Final = (17, 18, 58)
TEST_FLAGS: Final = (10, 29)
FLAG_WORDS: Final[dict[int, str]] = {
    21: "battery communication lost", 23: "boost or trim fault", 24: "output bad", 25: "charger failed",
    26: "battery hot", 27: "battery warm", 28: "battery dangerously hot", 33: "no battery", 37: "inverter DC imbalance",
    38: "transfer relay failed", 39: "cannot transfer", 40: "low battery shutdown", 41: "fan failed",
    42: "main relay failed", 43: "bypass relay failed", 45: "temperature", 46: "battery temperature sensor failed",
    47: "bypass bad", 48: "DC bus overvoltage", 49: "PFC failed", 50: "critical hardware fault", 53: "emergency off",
    54: "load alarm", 55: "bypass phase fault", 56: "internal communication failed", 60: "minor or environment alarm",
}  # fmt: skip
"""Places in upsBasicStateOutputState, from 1, that have no condition of their own."""


def decode(cells: Cells) -> Said:
    """Read PowerNet-MIB."""
    status, battery = cells.number("status"), cells.number("battery")
    flags = parse_flags(cells.text("flags"))

    def by_flags(*places: int) -> bool | None:
        return None if flags is None else any(place in flags for place in places)

    return Said(
        on_battery=first(one_of(status, ON_BATTERY, STATUSES), by_flags(2)),
        battery_low=any_known(one_of(battery, {3}, {2, 3}), by_flags(3, 30)),
        overload=by_flags(9),
        replace_battery=any_known(one_of(cells.number("replace"), {2}, {1, 2}), by_flags(5), one_of(battery, {4}, {4})),
        communication_lost=one_of(cells.number("communication"), {2}, {1, 2}),
        bypass=any_known(one_of(status, ON_BYPASS, STATUSES), by_flags(*BYPASS_FLAGS)),
        output_off=any_known(one_of(status, OFF, STATUSES), by_flags(*OFF_FLAGS)),
        testing=status in TESTING or bool(by_flags(*TEST_FLAGS)) or cells.number("calibration") == 3,
        alarms=None if flags is None else tuple(words for place, words in FLAG_WORDS.items() if place in flags),
        charge_ratio=charge(finer(cells, "charge")),
        load_ratio=load([finer(cells, "load"), *cells.numbers("phase_load")]),
        runtime_s=seconds(cells.number("runtime"), TICK_S),
        on_battery_s=seconds(cells.number("on_battery"), TICK_S),
        input_v=parse_input(cells),
        temperature_c=celsius(finer(cells, "temperature")),
        model=cells.text("model"),
        serial=cells.text("serial"),
        firmware=cells.text("firmware"),
    )


def parse_flags(states: str) -> set[int] | None:
    """Return the places of the ones in upsBasicStateOutputState, from 1; None when it is none.

    It is 64 ASCII digits; a card that has lost its UPS or does not know it fills in ``UNKNOWN``.
    """
    if len(states) < 19 or set(states) - {"0", "1"}:
        return None
    return {place for place, digit in enumerate(states, 1) if digit == "1"}


def finer(cells: Cells, key: str) -> float | None:
    """Return a value that may be told twice: in tenths, unless these are -1 or 0 for "not known", or whole."""
    fine = tenths(cells.number(f"{key}_tenths"))
    return fine or first(cells.number(key), fine)


def parse_input(cells: Cells) -> float | None:
    """Return the input voltage; of a three-phase UPS the lowest of its first input (others are bypass feeds)."""
    phases = cells.column("phase_input_v")
    single_v = lowest_voltage([finer(cells, "input_v")])
    phases_v = lowest_voltage(number(phases[index]) for index in phases if index[:1] == (1,))
    return first(single_v or None, phases_v, single_v)


POWERNET_MIB: Final = Mib(
    name="PowerNet-MIB",
    enterprises=frozenset({318}),
    signs=frozenset({"status", "battery", "charge", "charge_tenths", "load", "load_tenths", "runtime", "flags"}),
    scalars={
        "model": (*UPS, 1, 1, 1, 0), "firmware": (*UPS, 1, 2, 1, 0), "serial": (*UPS, 1, 2, 3, 0),
        "battery": (*UPS, 2, 1, 1, 0), "on_battery": (*UPS, 2, 1, 2, 0),
        "charge": (*UPS, 2, 2, 1, 0), "temperature": (*UPS, 2, 2, 2, 0), "runtime": (*UPS, 2, 2, 3, 0),
        "replace": (*UPS, 2, 2, 4, 0), "charge_tenths": (*UPS, 2, 3, 1, 0), "temperature_tenths": (*UPS, 2, 3, 2, 0),
        "input_v": (*UPS, 3, 2, 1, 0), "input_v_tenths": (*UPS, 3, 3, 1, 0),
        "status": (*UPS, 4, 1, 1, 0), "load": (*UPS, 4, 2, 3, 0), "load_tenths": (*UPS, 4, 3, 3, 0),
        "calibration": (*UPS, 7, 2, 6, 0), "communication": (*UPS, 8, 1, 0), "flags": (*UPS, 11, 1, 1, 0),
    },
    columns={"phase_input_v": (*UPS, 9, 2, 3, 1, 3), "phase_load": (*UPS, 9, 3, 3, 1, 10)},
    decode=decode,
)  # fmt: skip
