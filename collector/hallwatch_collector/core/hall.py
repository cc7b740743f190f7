"""What one hall file says: windows, devices, systems, agents, contacts. ``halls/read.py`` reads the file."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta, Struct, field

from hallwatch_agent.wire import Id
from hallwatch_collector.core.readiness.tables import DutyTurn, MaintenancePlan, Supply
from hallwatch_collector.core.values import Duration, Hold, Limit, Name, Phone, TimeOfDay, Weekday, minute_of
from hallwatch_collector.core.workdays import Calendar

Kind = Literal[
    "pc", "printer", "ticket-printer", "certification", "tax-copy", "id-reader", "card-reader", "camera", "kiosk",
    "queue-machine", "display", "touch-screen", "switch", "router", "firewall", "access-point", "ups", "server",
    "system", "other", "window", "class", "hall",
]  # fmt: skip
"""Kinds of device (clauses S1 to S6); the fault catalogue binds its rules to them. The last three are no devices: the
core follows the hall's windows, its business classes and the hall itself in the same way (see :data:`THINGS`)."""
THINGS: Final[frozenset[Kind]] = frozenset({"window", "class", "hall"})
"""What is no device and yet can have faults: reported by a person (R3), or found by the core."""

Reach = Literal["hall", "county"]
"""How far trouble with something reaches: this hall, or every hall of the county and beyond (R1)."""
Decision = Literal["ask", "auto"]
DeviceId = Annotated[str, Meta(description="the id of a device", examples=["sw1"])]
"""Without the pattern of an id: that it is a device's is checked anyway, and msgspec 0.22 crashes when it forgets a
union of text with a pattern and a list."""


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


FLOOR_CELLS: Final = 40
"""The picture of a hall is at most so many cells wide and high."""
Cell = Annotated[int, Meta(ge=1, le=FLOOR_CELLS)]


class Position(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something is on the hall's picture, in cells of a grid that begins at 1, 1 in the upper left corner."""

    x: Cell
    y: Cell
    w: Cell = 1
    """How many cells it is wide."""
    h: Cell = 1
    """How many cells it is high."""


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somewhere in the hall that is not a window: where devices stand and signs can be shown."""

    id: Id
    name: Name
    shows_signs: bool = False
    """A connected display there shows its signs; where there is none, somebody posts a printed one (H2)."""
    position: Position | None = None
    """Where it is on the hall's picture; left out: in a row with what is like it."""


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service window and the business classes it takes."""

    id: Id
    number: Annotated[int, Meta(ge=1, le=9999)]
    """As it stands on the window."""
    name: Name
    classes: Annotated[list[Id], Meta(min_length=1)]
    may: list[Id] = []
    """Classes that it does not offer, but can be lent when no other window takes them, or too many wait (W1, P5)."""
    reserve: bool = False
    """Not open unless it is needed; it can be opened then (W1, P1)."""
    shows_signs: bool = False
    """A connected display in front of it shows its signs; where there is none, somebody posts a printed one (W2)."""
    position: Position | None = None
    """Where it is on the hall's picture; left out: in a row with what is like it."""


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
        return minute_of(self.from_)

    @property
    def ends(self) -> int:
        """The minute of the day after the last."""
        return minute_of(self.to)


class Filing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of filing (申报) and the last days of its periods, as the bureau announces them for the year."""

    name: Name
    last_days: Annotated[list[dt.date], Meta(min_length=1)]


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
    shows_signs: bool = False
    """Its own screen, or a connected display at it, shows its signs; else somebody posts a printed one (H2)."""
    position: Position | None = None
    """Where it is on the hall's picture; left out: on the tile of its window or place."""
    reach: Reach | None = None
    """How far it reaches when it fails; left out: the county for a business system, the hall for all else (R1)."""

    @property
    def reaches(self) -> Reach:
        """How far it reaches when it fails, as the file says or goes without saying."""
        return self.reach or ("county" if self.kind == "system" else "hall")

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
    drill: bool = False
    """A hall's twin for a drill (B3): marked on every sign, page and report, in no statistics, and nothing of it
    goes to the public. ``hallwatch drill`` makes its file."""
    open_reports: bool = False
    """Whether anybody who reaches the pages may report what is out of order, without signing in (R3). Such a report
    costs no window anything until a person of the hall confirms it by reporting the same."""
    open_board: bool = True
    """Whether anybody who reaches the pages may look at the board and the displays of this hall without signing in.
    Names of people, incidents, registers and reports are for those who are signed in either way."""
    closure: Decision = "ask"
    """Whether a window that can take nothing closes by itself, or when the head of the hall says so (W1, W2)."""
    reopening: Decision = "auto"
    """Whether a window reopens by itself once its devices are back and D4 is ticked (W3)."""
    hours: list[OpeningHours] = []
    """When there is business; none: always."""
    calendar: Calendar = Calendar()
    """Holidays and make-up days (调休) as published. The file names it, ``CN`` unless it says otherwise; the reader
    puts the calendar itself here."""
    closed: list[dt.date] = []
    """Days without business beside those of the calendar."""
    open: list[dt.date] = []
    """Days with business although their weekday has no hours (then with those of the first weekday that has) or the
    calendar has it off."""
    filing: list[Filing] = []
    """Whose deadlines an outage may move (O2 to O4)."""
    agents: list[Agent] = []
    places: list[Place] = []
    windows: list[Window] = []
    classes: list[BusinessClass] = []
    """Business classes of this hall beside those of the plan; the same id replaces the plan's."""
    devices: list[Device] = []
    systems: list[Device] = []
    """Business systems beyond the uplink (S1, S2, S7): devices of kind ``system``."""
    contacts: list[Contact] = []
    duty: list[DutyTurn] = []
    """Who is on duty when, by role (B2); at other times, and for other roles, the contacts are asked."""
    maintenance: list[MaintenancePlan] = []
    """Planned work on devices and systems, once or every week (S9, R8)."""
    supplies: list[Supply] = []
    """Supplies in the store (B1); spares are devices."""
    faults: list[FaultOverride] = []

    @property
    def is_played(self) -> bool:
        """Whether nothing here is real, so that nothing may leave the hall."""
        return self.simulated or self.drill

    @property
    def key(self) -> HallKey:
        """The hall's key."""
        return HallKey(self.area, self.hall)


def positions_of(hall: Hall) -> dict[str, Position]:
    """Return where windows, places, devices and systems are on the hall's picture, by id."""
    things: list[Window | Place | Device] = [*hall.windows, *hall.places, *hall.devices, *hall.systems]
    return {thing.id: thing.position for thing in things if thing.position is not None}


def agent_of(hall: Hall, probe: Any) -> str:
    """Return the agent that reads this probe: the one it names, or else the hall's only one; empty: nobody."""
    return probe.agent or (hall.agents[0].id if hall.agents else "")


def name_of_probe(probe: Any) -> str:
    """Return what readings of this probe are called: the name it was given, or else its kind."""
    return probe.name or str(probe.__struct_config__.tag)
