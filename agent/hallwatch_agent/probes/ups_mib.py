"""An uninterruptible power supply over SNMP: UPS-MIB (RFC 1628), as real devices fill it in.

Many fill what they do not know with -1, 0 or the largest number there is. Such values are absent here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes.probe import Context, CouldNotRead, Told
from hallwatch_agent.probes.snmp_probe import MIB_2, Column, Oid, SnmpProbe, Value, number, text
from hallwatch_agent.wire import ReadError

UPS: Final[Oid] = (*MIB_2, 33, 1)
SCALARS: Final[dict[str, Oid]] = {
    "maker": (*UPS, 1, 1, 0), "model": (*UPS, 1, 2, 0), "firmware": (*UPS, 1, 3, 0),
    "battery": (*UPS, 2, 1, 0), "on_battery_s": (*UPS, 2, 2, 0), "minutes_left": (*UPS, 2, 3, 0),
    "charge": (*UPS, 2, 4, 0), "temperature": (*UPS, 2, 7, 0),
    "input_lines": (*UPS, 3, 2, 0), "source": (*UPS, 4, 1, 0), "alarms": (*UPS, 6, 1, 0),
}  # fmt: skip
INPUT_ENTRY: Final[Oid] = (*UPS, 3, 3, 1)
OUTPUT_ENTRY: Final[Oid] = (*UPS, 4, 4, 1)
ALARM_ENTRY: Final[Oid] = (*UPS, 6, 2, 1)
WELL_KNOWN: Final[Oid] = (*UPS, 6, 3)

BATTERY_NORMAL, BATTERY_LOW, BATTERY_DEPLETED = 2, 3, 4
FROM_BYPASS, FROM_BATTERY = 4, 5
NOT_KNOWN: Final = {-1, 65_535, 2**31 - 1, 2**32 - 1}

ALARM_CONDITIONS: Final[dict[int, str]] = {
    1: "replace-battery",
    2: "on-battery",
    3: "battery-low",
    4: "battery-low",
    8: "overload",
    9: "bypass",
    20: "communication-lost",
}
ALARM_WORDS: Final[dict[int, str]] = {
    5: "temperature", 6: "input bad", 7: "output bad", 10: "bypass bad", 13: "charger failed", 14: "output off",
    15: "UPS off", 16: "fan failed", 17: "fuse failed", 18: "general fault", 19: "self-test failed",
    21: "awaiting power", 22: "shutdown pending", 23: "shutdown imminent",
}  # fmt: skip
"""Alarms that have no condition of their own: they make ``ups-alarm``, and so does any of the maker's own."""
NO_FAULT: Final = {11, 12, 24}
"""Switched off as requested, and a test that is running."""


class Alarms(Struct, frozen=True):
    """The alarms that stand: conditions, and the words for all others."""

    conditions: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


class Power(Struct, frozen=True):
    """Where the output came from at the last reading, and whether it moved to the battery since it was first read."""

    source: int | None = None
    switched: bool = False


class UpsMibProbe(SnmpProbe, tag="ups-mib", frozen=True, kw_only=True):
    """Reads a UPS by the UPS-MIB."""

    async def read(self, context: Context) -> Told:
        """Tell conditions, charge, load, run time; raise :class:`CouldNotRead` when it is silent or has no UPS-MIB."""
        async with self.session(context) as session:
            said = await session.get(*SCALARS.values())
            scalars = {key: said[oid] for key, oid in SCALARS.items() if oid in said}
            alarm_rows = (await session.walk(ALARM_ENTRY, [2], rows=4))[2]
            if not alarm_rows and not scalars.keys() & {"battery", "source", "charge", "alarms"}:
                raise CouldNotRead(ReadError.UNSUPPORTED, "it answers SNMP, but does not know the UPS-MIB")
            input_v = (await session.walk(INPUT_ENTRY, [3], rows=4))[3]
            load_percent = (await session.walk(OUTPUT_ENTRY, [5], rows=4))[5]
        context.memory["alarmed"] = context.memory.get("alarmed", False) or bool(alarm_rows)
        alarms = parse_alarms(alarm_rows.values(), number(scalars.get("alarms")), context.memory["alarmed"])
        power = parse_power(context.memory.get("power", Power()), number(scalars.get("source")))
        context.memory["power"] = power
        return judge(scalars, alarms, power, input_v, load_percent)


def parse_alarms(rows: Iterable[Value], present: int | None, has_table: bool) -> Alarms | None:
    """Read upsAlarmDescr of the standing alarms; None when nothing tells whether any stands.

    *present* is upsAlarmsPresent, *has_table* whether there ever was a row.
    """
    conditions: set[str] = set()
    others: list[str] = []
    for oid in rows:
        if not isinstance(oid, tuple):
            continue
        known = oid[-1] if oid[: len(WELL_KNOWN)] == WELL_KNOWN and len(oid) == len(WELL_KNOWN) + 1 else None
        if known in ALARM_CONDITIONS:
            conditions.add(ALARM_CONDITIONS[known])
        elif known is None or known not in NO_FAULT:
            others.append(ALARM_WORDS.get(known or 0, ".".join(map(str, oid))))
    if not conditions and not others and present is None and not has_table:
        return None
    return Alarms(frozenset(conditions), tuple(others))


def parse_power(before: Power, source: int | None) -> Power:
    """Note a change to the battery: some inverters always call it their source, so the number proves nothing."""
    if source != FROM_BATTERY:
        return Power(source)
    return Power(source, before.switched or before.source not in (None, FROM_BATTERY))


def judge(
    scalars: Mapping[str, Value], alarms: Alarms | None, power: Power, input_v: Column, load_percent: Column
) -> Told:
    """Put together what the UPS says. One that lost its link tells nothing but that: the rest is of yesterday."""
    facts = {"model": " ".join(filter(None, (text(scalars.get("maker")), text(scalars.get("model")))))}
    facts |= {"firmware": text(scalars.get("firmware")), "alarms": ", ".join(alarms.others) if alarms else ""}
    facts = {key: words for key, words in facts.items() if words}
    if alarms and "communication-lost" in alarms.conditions:
        return Told({}, {"reachable": True, "communication-lost": True}, facts)
    on_battery = parse_on_battery(number(scalars.get("on_battery_s")), alarms, power)
    conditions = parse_conditions(number(scalars.get("battery")), alarms, power, on_battery)
    lines = number(scalars.get("input_lines"))
    metrics = parse_battery(scalars, on_battery)
    metrics |= parse_input(input_v, lines, on_battery) | parse_load(load_percent)
    return Told(metrics, conditions, facts)


def parse_on_battery(seconds: int | None, alarms: Alarms | None, power: Power) -> bool | None:
    """Tell whether the load hangs on the battery; None when it is not known.

    The alarm decides. A source "battery" counts when the UPS moved to it or counts the seconds; a source that is not
    the battery outweighs seconds left over from the last outage.
    """
    if alarms and "on-battery" in alarms.conditions:
        return True
    counting = seconds is not None and seconds > 0 and seconds not in NOT_KNOWN
    if power.source == FROM_BATTERY:
        return True if counting or power.switched else (None if seconds is None else False)
    if power.source is not None and power.source > 2:  # 1 other, 2 none
        return False
    if counting:
        return True
    return False if seconds == 0 or alarms is not None else None


def parse_conditions(
    battery: int | None, alarms: Alarms | None, power: Power, on_battery: bool | None
) -> dict[str, bool]:
    """Judge all conditions; one that nothing speaks of is absent."""
    standing = alarms.conditions if alarms else frozenset()
    known: dict[str, bool | None] = {
        name: name in standing if alarms else None for name in ("overload", "replace-battery", "communication-lost")
    }
    known["ups-alarm"] = bool(alarms.others) if alarms else None
    known["on-battery"] = on_battery
    if "battery-low" in standing or battery in (BATTERY_LOW, BATTERY_DEPLETED):
        known["battery-low"] = True
    else:
        known["battery-low"] = False if battery == BATTERY_NORMAL or alarms else None
    if "bypass" in standing or power.source == FROM_BYPASS:
        known["bypass"] = True
    else:
        known["bypass"] = False if power.source is not None or alarms else None
    return {"reachable": True} | {key: value for key, value in known.items() if value is not None}


def parse_battery(scalars: Mapping[str, Value], on_battery: bool | None) -> dict[str, float]:
    """Return charge, temperature and, only on battery, the seconds on it and the run time that is left.

    On mains the run time is a guess that many devices fill with 0 or the largest number, and nothing hangs on it.
    """
    metrics: dict[str, float] = {}
    charge, temperature = number(scalars.get("charge")), number(scalars.get("temperature"))
    if charge is not None and 0 <= charge <= 100:
        metrics["charge_ratio"] = charge / 100
    if temperature is not None and temperature not in (-1, 0) and -40 < temperature < 120:  # -273, -1, 0: not fitted
        metrics["temperature_c"] = float(temperature)
    if on_battery:
        minutes, seconds = number(scalars.get("minutes_left")), number(scalars.get("on_battery_s"))
        if minutes is not None and minutes >= 0 and minutes not in NOT_KNOWN and (minutes or charge != 100):
            metrics["runtime_s"] = minutes * 60.0
        if seconds is not None and seconds > 0 and seconds not in NOT_KNOWN:
            metrics["on_battery_s"] = float(seconds)
    return metrics


def parse_input(volts: Column, lines: int | None, on_battery: bool | None) -> dict[str, float]:
    """Return the lowest voltage of the input lines in use; some devices tell tenths of a volt."""
    rows = sorted(volts)[:lines] if lines and lines > 0 else sorted(volts)
    seen = [value for row in rows if (value := number(volts[row])) is not None and 0 <= value < 10_000]
    seen = [value for value in seen if value > 0] or (seen if on_battery else [])
    if not seen:
        return {}
    lowest = min(seen)
    return {"input_v": lowest / 10 if lowest >= 1000 else float(lowest)}


def parse_load(percent: Column) -> dict[str, float]:
    """Return the load of the line that bears most, as a share of what it may bear."""
    seen = [value for cell in percent.values() if (value := number(cell)) is not None and 0 <= value <= 300]
    return {"load_ratio": max(seen) / 100} if seen else {}
