"""What one hall file says: windows, devices, systems, agents, contacts. ``halls/read.py`` reads the file."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

from msgspec import Meta, Struct, field

from hallwatch_agent.wire import Id

Kind = Literal[
    "pc", "printer", "ticket-printer", "certification", "tax-copy", "id-reader", "card-reader", "camera", "kiosk",
    "queue-machine", "display", "touch-screen", "switch", "router", "firewall", "access-point", "ups", "server",
    "system", "other",
]  # fmt: skip
"""Kinds of device (clauses S1 to S6); the fault catalogue binds its rules to them."""

Name = Annotated[
    str,
    Meta(
        pattern=(
            r"^(?=.*[^\s\u3164])[^\x00-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f"
            r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]{1,80}$(?!\n)"
        ),
        min_length=1,
        max_length=80,
        description="a name of 1 to 80 letters, all of which can be seen, on one line",
        examples=["1号窗口"],
    ),
]
"""What people read: nothing in it may be invisible, turn the direction of writing around, or end a line."""
Phone = Annotated[
    str,
    Meta(
        pattern=r"^(?:(?=(?:[^0-9]*[0-9]){3})[0-9+(（][0-9+() （）/,;、;，转#*-]{2,79})?$(?!\n)",
        description="a telephone number: digits, with + - ( ) / 转 and spaces among them",
        examples=["0571-87654321 转 8012"],
    ),
]
"""Empty: none."""
Decision = Literal["ask", "auto"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""In the order of :meth:`datetime.date.weekday`."""
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)",
        description="a time of day from 00:00 to 24:00, the hour with two digits",
        examples=["08:30"],
    ),
]
DeviceId = Annotated[str, Meta(description="the id of a device", examples=["sw1"])]
"""Without the pattern of an id: that it is a device's is checked anyway, and msgspec 0.22 crashes when it forgets a
union of text with a pattern and a list."""
Hold = Annotated[float, Meta(ge=0, le=31_536_000)]
"""Seconds, at most a year."""
Duration = Annotated[float, Meta(gt=0, le=31_536_000)]
"""Seconds, at most a year."""
Limit = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""Of a metric, in its unit."""


class HallKey(NamedTuple):
    """Names a hall: its area and its own id."""

    area: str
    hall: str

    def __str__(self) -> str:
        return f"{self.area}/{self.hall}"


class Agent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent of the hall. ``host`` is the device it runs on, when that device is in the hall file."""

    id: Id
    name: Name = ""
    host: Id | None = None


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somewhere in the hall that is not a window: where devices stand and signs can be shown."""

    id: Id
    name: Name


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service window and the business classes it takes."""

    id: Id
    number: Annotated[int, Meta(ge=1, le=9999)]
    """As it stands on the window."""
    name: Name
    classes: Annotated[list[Id], Meta(min_length=1)]


class BusinessClass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of business (办税业务) and the capabilities a window needs to take it."""

    id: Id
    name: Name
    name_en: Name = ""
    needs: list[Id]


class OpeningHours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of business on some weekdays, by the hall's clocks; a day may have several."""

    days: Annotated[list[Weekday], Meta(min_length=1, max_length=7)]
    from_: TimeOfDay = field(name="from")
    to: TimeOfDay
    """Not included; ``24:00`` is the end of the day."""

    @property
    def starts(self) -> int:
        """The first minute of the day."""
        return _minute(self.from_)

    @property
    def ends(self) -> int:
        """The minute of the day after the last."""
        return _minute(self.to)


class Device(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device or business system, what it gives, and what it cannot work without.

    ``probes`` holds the probe options as the agent package's structs; of these the core reads only what every probe
    has: kind, name, agent, interval and time limit.
    """

    id: Id
    kind: Kind
    name: Name
    place: Id | None = None
    gives: list[Id] = []
    """Capabilities, such as ``computer``, ``print``, ``certify``, ``tax-copy``, ``network``."""
    serves: list[Id] | None = None
    """Windows that get these capabilities; left out: the window it stands at, or all when it stands nowhere in
    particular and is nobody's spare."""
    depends_on: list[DeviceId | list[DeviceId]] = []
    """Devices it cannot work without; a list within the list is redundant: one of it is enough."""
    spare: Id | None = None
    """The spare that replaces it (备用设备, H1)."""
    substitute: Id | None = None
    """A device that people can be led to meanwhile (替代设施, H2)."""
    parts: dict[Id, list[Id]] = {}
    """Part of the device, as faults name it (``card-reader``, ``tray-2``) → what it cannot give without that part: a
    fault of the part takes only this. A part that is not here costs what the catalogue says of the fault."""
    probes: list[Any] = []


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to call, by role (clause B2)."""

    role: Id
    name: Name
    phone: Phone = ""


class FaultOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this hall changes of a fault of the catalogue; left out keeps the catalogue's value."""

    fault: Id
    device: Id | None = None
    """Only for this device; left out: for every device of the hall."""
    enabled: bool = True
    hold_s: Hold | None = None
    clear_hold_s: Hold | None = None
    above: Limit | None = None
    below: Limit | None = None
    clear_at: Limit | None = None
    warn_within_s: Duration | None = None
    for_s: Duration | None = None
    factor: Limit | None = None
    only_open: bool | None = None
    usual_repair_s: Duration | None = None


LIMITS: Final = ("above", "below", "clear_at", "warn_within_s", "for_s", "factor")
"""What an override changes of the rule itself; each kind of rule has some of these."""


class Hall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hall, as its file describes it."""

    area: Id
    hall: Id
    name: Name
    timezone: str = "Asia/Shanghai"
    simulated: bool = False
    """Marks everything of this hall as simulated, on every sign, page and metric."""
    closure: Decision = "ask"
    """Whether a window that can take nothing closes by itself, or when the head of the hall says so (W1, W2)."""
    reopening: Decision = "auto"
    """Whether a window reopens by itself once its devices are back and D4 is ticked (W3)."""
    hours: list[OpeningHours] = []
    """When there is business; none: always."""
    closed: list[dt.date] = []
    """Days without business although their weekday has hours: holidays."""
    open: list[dt.date] = []
    """Make-up days (调休): worked although their weekday has no hours, with the hours of the first weekday that has."""
    agents: list[Agent] = []
    places: list[Place] = []
    windows: list[Window] = []
    classes: list[BusinessClass] = []
    """Business classes of this hall beside those of the plan; the same id replaces the plan's."""
    devices: list[Device] = []
    systems: list[Device] = []
    """Business systems beyond the uplink (S1, S2, S7): devices of kind ``system``."""
    contacts: list[Contact] = []
    faults: list[FaultOverride] = []

    @property
    def key(self) -> HallKey:
        """The hall's key."""
        return HallKey(self.area, self.hall)


def _minute(time: TimeOfDay) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def agent_of(hall: Hall, probe: Any) -> str:
    """Return the agent that reads this probe: the one it names, or else the hall's only one; empty: nobody."""
    return probe.agent or (hall.agents[0].id if hall.agents else "")


def name_of_probe(probe: Any) -> str:
    """Return what readings of this probe are called: the name it was given, or else its kind."""
    return probe.name or str(probe.__struct_config__.tag)
