"""A UPS on another machine's serial or USB port, read from the Network UPS Tools server there (RFC 9271)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from hallwatch_agent.probes.power.ups.said import Said, celsius, charge, load, lowest_voltage
from hallwatch_agent.probes.power.ups.verdict import judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Port, Probe, SecretName, Told
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

Word = Annotated[
    str,
    Meta(
        pattern=r'^[^\s"\\\x00-\x1f]{1,100}$(?!\n)',
        description="one word without quotes and backslashes",
        examples=["ups-1"],
    ),
]
"""What stands in a line of the protocol as it is."""

OWN_TIME_RATIO: Final = 0.9
"""The share of the probe's time limit that is spent waiting, so that its own words say what happened."""

# Words of ups.status. CHRG, DISCHRG, TRIM, BOOST and ECO are neither here nor there: they say how, not what is wrong.
STATES: Final = {"OL", "OB", "OFF", "BYPASS"}
FLAG_WORDS: Final = {"HB": "battery voltage high", "FSD": "forced shutdown", "ALARM": "alarm"}
TESTS: Final = {"CAL", "TEST"}


class NutUpsProbe(Probe, tag="nut-ups", frozen=True, kw_only=True):
    """Reads a UPS from ``upsd``."""

    host: Host
    port: Port = 3493
    ups: Word
    """Its name in the server's ``ups.conf``."""
    user: Word | None = None
    """Only for a server that lets nobody read without a name; NUT itself lets everybody."""
    password_file: SecretName = ""

    def __post_init__(self) -> None:
        """Refuse a name without a password, and the other way round."""
        if bool(self.password_file) != (self.user is not None):
            raise ValueError(tell("`user` and `password_file` go together: give both or none"))

    async def read(self, context: Context) -> Told:
        """Tell what the server knows of the UPS.

        Raises :class:`CouldNotRead`: ``unsupported`` when the server has no such UPS, ``denied`` when it lets us not
        read, and what a failed connection tells of the host.
        """
        from hallwatch_agent.probes.power.nut_link import NutLink

        password = quoted(context.secret(self.password_file)) if self.password_file else None
        link = NutLink(self.host, self.port, self.user, password)
        return parse_variables(await link.read(self.ups, self.timeout_s * OWN_TIME_RATIO, context))


def quoted(secret: str) -> str:
    """Return a password as it stands in a line of the protocol; raise :class:`CouldNotRead` when it cannot."""
    if not secret.isascii() or not secret.isprintable():
        raise CouldNotRead(ReadError.LOCAL, "the password cannot be sent: NUT takes printable ASCII only")
    return '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_variables(variables: Mapping[str, str] | None) -> Told:
    """Judge the variables of a UPS (NUT, docs/nut-names.txt); None: the server has lost it."""
    if variables is None:
        return judge(Said(communication_lost=True))
    flags = frozenset(variables.get("ups.status", "").split())
    known = not flags.isdisjoint(STATES)
    numbers = {key: parse_number(value) for key, value in variables.items()}
    percent, low_percent, runtime_s = (numbers.get(f"battery.{key}") for key in ("charge", "charge.low", "runtime"))
    empty = "OB" in flags and percent is not None and low_percent is not None and percent <= low_percent
    said = Said(
        on_battery=True if "OB" in flags else (False if "OL" in flags else None),
        battery_low=("LB" in flags or empty) if known else None,
        overload="OVER" in flags if known else None,
        replace_battery="RB" in flags if known else None,
        communication_lost=False,
        bypass="BYPASS" in flags if known else None,
        output_off="OFF" in flags if known else None,
        testing=not flags.isdisjoint(TESTS),
        alarms=parse_alarms(flags, variables.get("ups.alarm", "")) if known else None,
        charge_ratio=charge(percent),
        load_ratio=load(value for key, value in numbers.items() if re.fullmatch(r"ups\.(L\d\.)?load", key)),
        runtime_s=runtime_s if runtime_s is not None and runtime_s > 0 else None,
        input_v=lowest_voltage(v for key, v in numbers.items() if re.fullmatch(r"input\.(L\d-N\.)?voltage", key)),
        temperature_c=celsius(numbers.get("ups.temperature")) or celsius(numbers.get("battery.temperature")),
        model=" ".join(filter(None, (one_line(variables.get(f"device.{key}", "")) for key in ("mfr", "model")))),
        serial=one_line(variables.get("device.serial", "")),
        firmware=one_line(variables.get("ups.firmware", "")),
    )
    return judge(said)


def parse_alarms(flags: frozenset[str], words: str) -> tuple[str, ...]:
    """Return the alarms that have no condition of their own, in the driver's words where it has any."""
    alarms = [said for flag, said in FLAG_WORDS.items() if flag in flags]
    if (spoken := one_line(words)) and "alarm" in alarms:
        alarms[alarms.index("alarm")] = spoken
    return tuple(alarms)


def parse_number(value: str) -> float | None:
    """Return a plain decimal number, None for anything else."""
    return float(value) if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", value.strip(), re.ASCII) else None


def one_line(words: str) -> str:
    """Return words without whatever does not print."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
