"""What a UPS says by one or several MIBs, put together and judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hallwatch_agent.probes.power.ups.said import Said, any_known, first
from hallwatch_agent.probes.probe import Told

CONDITIONS: Final = {
    "on-battery": "on_battery", "battery-low": "battery_low", "overload": "overload",
    "replace-battery": "replace_battery", "communication-lost": "communication_lost", "bypass": "bypass",
    "output-off": "output_off",
}  # fmt: skip
"""Each condition and the field of :class:`Said` that decides it."""


class Power(Struct, frozen=True):
    """Where the output came from at the last reading, and whether it moved to the battery since it was first read."""

    is_battery: bool | None = None
    switched: bool = False


def follow(before: Power, is_battery: bool | None) -> Power:
    """Note a change to the battery: some inverters always call it their source, so the word proves nothing."""
    if not is_battery:
        return Power(is_battery)
    return Power(is_battery, before.switched or before.is_battery is False)


def settle(said: Said, power: Power) -> Said:
    """Take a source that moved to the battery for an outage."""
    return msgspec.structs.replace(said, on_battery=True) if said.source_is_battery and power.switched else said


def merge(all_said: Sequence[Said]) -> Said:
    """Take each quantity from the first that knows it; a lost link, a test and alarms count whoever tells them."""
    fields: dict[str, Any] = {
        name: first(*(getattr(said, name) for said in all_said)) for name in Said.__struct_fields__
    }
    alarms = [said.alarms for said in all_said if said.alarms is not None]
    fields["alarms"] = tuple(dict.fromkeys(words for some in alarms for words in some)) if alarms else None
    fields["communication_lost"] = any_known(*(said.communication_lost for said in all_said))
    fields["testing"] = any(said.testing for said in all_said)
    fields |= {
        name: next((words for said in all_said if (words := getattr(said, name))), "")
        for name in ("model", "serial", "firmware")
    }
    return Said(**fields)


def judge(said: Said) -> Told:
    """Say what it means for the hall. A card that lost its UPS tells nothing but that: the rest is of yesterday.

    A self-test or a calibration goes to the battery by itself: that is no outage.
    """
    facts = {"model": said.model, "serial": said.serial, "firmware": said.firmware}
    facts |= {"alarms": ", ".join(said.alarms or ()), "test": "running" if said.testing else ""}
    facts = {key: words for key, words in facts.items() if words}
    if said.communication_lost:
        return Told({}, {"reachable": True, "communication-lost": True}, facts)
    conditions = {key: getattr(said, name) for key, name in CONDITIONS.items()}
    conditions["on-battery"] = False if said.on_battery and said.testing else said.on_battery
    conditions["ups-alarm"] = bool(said.alarms) if said.alarms is not None else None
    known = {key: value for key, value in conditions.items() if value is not None}
    return Told(judge_numbers(said), {"reachable": True} | known, facts)


def judge_numbers(said: Said) -> dict[str, float]:
    """Return what was measured; run time and the seconds on battery only there.

    On mains the run time is a guess that many devices fill with 0 or the largest number, and nothing hangs on it. An
    input of 0 V is only believed of a UPS on battery.
    """
    numbers = {
        "charge_ratio": said.charge_ratio,
        "load_ratio": said.load_ratio,
        "temperature_c": said.temperature_c,
        "input_v": said.input_v if said.input_v or said.on_battery else None,
        "runtime_s": said.runtime_s if said.on_battery else None,
        "on_battery_s": (said.on_battery_s or None) if said.on_battery else None,
    }
    return {key: value for key, value in numbers.items() if value is not None}
