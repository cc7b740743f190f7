"""What is gathered of a hall's past. Moments are Unix seconds UTC; None: it has not happened."""

from __future__ import annotations

from msgspec import Struct

from hallwatch_collector.core.readiness.kept import RoundLine


class Signature(Struct, frozen=True, kw_only=True):
    """A report that somebody signed (R5)."""

    version: int
    by: str
    at: float


class PastIncident(Struct, frozen=True, kw_only=True):
    """An incident from its first fault to its end."""

    id: str
    device: str
    fault: str
    opened_at: float
    waiting: float | None = None
    """How many people waited in the hall when it began; None: nobody counts."""
    reopened: int = 0
    """How often its fault came back (F3)."""
    status: str = "detected"
    level: str = ""
    """The gravest that it ever had (R1)."""
    owner: str = ""
    """Who answered for the repair last."""
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    repairing_at: float | None = None
    recovered_at: float | None = None
    closed_at: float | None = None
    closed_by: str = ""
    false_by: str = ""
    """Who says that it was a false alarm; empty: nobody."""
    merged_into: str = ""
    """Of which incident it became a part; empty: of none."""
    signatures: tuple[Signature, ...] = ()


class PastRegister(Struct, frozen=True, kw_only=True):
    """An emergency register (D2, O6), by its numbers: never what was written down."""

    incident: str
    register: str
    opened_at: float
    opened_by: str
    taken_back: bool = False
    entries: dict[str, str] = {}
    """Number → how far it is: ``blank``, ``accepted``, ``entered``, ``told``, ``void`` or ``purged``."""


class PastRound(Struct, frozen=True, kw_only=True):
    """A daily round (A4)."""

    id: str
    due_at: float
    ended_at: float | None = None
    by: str = ""
    """Empty though it ended: nobody did it that day."""
    lines: tuple[RoundLine, ...] = ()


class PastWork(Struct, frozen=True, kw_only=True):
    """Planned maintenance (S9, R8)."""

    id: str
    devices: tuple[str, ...]
    text: str
    planned_at: float | None = None
    begins_at: float | None = None
    ends_at: float | None = None
    began_at: float | None = None
    ended_at: float | None = None
    overdue: bool = False
    cancelled: bool = False
    by: str = ""


class PastMove(Struct, frozen=True, kw_only=True):
    """Something that came into the store, went out of it, or was counted (B1), or a spare that was lent (H1)."""

    at: float
    thing: str
    how: str
    """``counted``, ``taken``, ``added``, ``lent`` or ``returned``."""
    count: float | None = None
    was: float | None = None
    device: str = ""
    """Of a spare: for which device."""
    by: str = ""
    note: str = ""


class PastDrill(Struct, frozen=True, kw_only=True):
    """A drill that was held on this hall's twin (B3)."""

    scenario: str
    began_at: float
    by: str
    over_at: float | None = None
    stopped_by: str = ""
    """Who ended it before its time; empty: nobody."""
    troubles: int = 0
