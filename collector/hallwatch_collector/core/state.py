"""What the core remembers of a hall between two calls, and writes out with every decision.

Only what a restart must not lose: standing and pending alarms, agents, incidents, measures, signs, closed windows. The
last readings are not part of it, only when they were taken; they come again with the next cycle.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from hallwatch_agent.wire import Sign

Phase = Literal["clear", "rising", "raised", "falling"]
IncidentStatus = Literal["detected", "acknowledged", "recovered", "closed"]
Mode = Literal["auto", "ask", "show"]
"""Done by itself; prepared, for a person to confirm; a step for a person to tick."""
MeasureStatus = Literal["open", "confirmed", "declined", "done", "over", "undone"]
"""``over``: decided, and its occasion has passed; ``undone``: passed undecided. If it returns, it is asked anew."""

UndoneBecause = Literal["cause-gone", "fault-back", "time-over", "soon-back", "replaced", "hall-file"]
"""Why a measure that nobody had decided is asked for no longer:

- ``cause-gone``: what it was for is over
- ``fault-back``: it was for afterwards, and the fault came back
- ``time-over``: it was for a short repair, and this one takes longer
- ``soon-back``: it was for a long repair, and this one is now expected to be short
- ``replaced``: another measure, or another incident, took its place
- ``hall-file``: the hall file no longer has what it was about
"""


class Alarm(Struct, kw_only=True, omit_defaults=True):
    """One fault on one device (or part of it) that is not clear."""

    device: str
    fault: str
    part: str = ""
    phase: Phase = "rising"
    since: float = 0.0
    """The first symptom of this occurrence."""
    due: float | None = None
    """When the phase ends by itself: a hold that is running."""
    raised_at: float | None = None
    flips: list[float] = []
    """Moments of the last raises, for flapping."""
    flapping: bool = False
    told_at: float = 0.0
    """When a probe last told what the fault hangs on."""
    probe: str = ""
    evidence: str = ""
    expected_at: float | None = None
    """When it began: the likely moment of what it warns of, if it warns of something to come."""
    cause: str = ""
    """The device upstream that explains it; empty: none."""
    awaiting: bool = False
    """Raised and shown, but an upstream device has not yet been seen since: no incident before it has."""
    settle_until: float | None = None
    """Its cause recovered; until then it may not become an incident of its own."""

    @property
    def key(self) -> str:
        """Names the alarm within its device."""
        return f"{self.fault}[{self.part}]" if self.part else self.fault


class AgentState(Struct, kw_only=True, omit_defaults=True):
    """The life of an agent."""

    boot: str = ""
    session: int = 0
    alive: bool = False
    since: float = 0.0
    stopped: bool = False
    keepalive_s: int = 0
    version: str = ""
    host: str = ""
    system: str = ""
    assignment: str = ""
    last_report_at: float | None = None
    spooled: int = 0
    dropped: int = 0
    gaps: int = 0
    """Sequence numbers that are missing now."""
    clock_offset_s: float | None = None
    """Collector's clock minus agent's clock."""


class Measure(Struct, kw_only=True, omit_defaults=True):
    """One measure of the plan, raised for one subject."""

    id: str
    template: str
    """The measure's id in the plan file."""
    incident: str
    clause: str
    mode: Mode
    subject: str
    """Device or window id."""
    owner: str
    """Role that owes it."""
    group: str = ""
    text: str = ""
    text_en: str = ""
    raised_at: float = 0.0
    due_at: float | None = None
    status: MeasureStatus = "open"
    undone_because: UndoneBecause | Literal[""] = ""
    decided_by: str = ""
    decided_at: float | None = None
    reason: str = ""


class Incident(Struct, kw_only=True, omit_defaults=True):
    """A root cause and what follows from it."""

    id: str
    device: str
    faults: list[str]
    """Faults of the root device that it holds or held."""
    status: IncidentStatus = "detected"
    level: str = ""
    opened_at: float = 0.0
    began_at: float = 0.0
    """When it was opened or last reopened: from then on count the plan's "not back after so long"."""
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    recovered_at: float | None = None
    closed_at: float | None = None
    reopened: int = 0
    windows: list[str] = []
    """Windows it touched."""
    checked: list[str] = []
    """Of these, the windows whose last transaction was checked for another incident since."""

    @property
    def stands(self) -> bool:
        """Whether its cause is still there, or what it explains has not come back."""
        return self.status in ("detected", "acknowledged")


class HallState(Struct, kw_only=True, omit_defaults=True):
    """Everything the core keeps of one hall."""

    version: int = 1
    digest: str = ""
    """Of the hall file in force when this was written."""
    alarms: list[Alarm] = []
    agents: dict[str, AgentState] = {}
    incidents: list[Incident] = []
    """Open ones, and closed ones young enough to be reopened."""
    measures: list[Measure] = []
    """Of the incidents above."""
    signs: dict[str, Sign] = field(default_factory=dict)
    closed_windows: dict[str, str] = field(default_factory=dict)
    """Window id → incident for which it closed."""
    lost: dict[str, list[str]] = field(default_factory=dict)
    """Window id → business classes lost."""
    unseen: dict[str, str] = field(default_factory=dict)
    """Device id → why nobody sees it."""
    seen: list[str] = []
    """The other devices: those that somebody sees."""
    taken_at: dict[str, float] = field(default_factory=dict)
    """``device/probe`` → ``at`` of its last reading, by the agent's clock. What a crash kept from being acknowledged
    comes again, and is no news."""
    read_at: dict[str, float] = field(default_factory=dict)
    """``device/probe`` → when it last could read its device, by the collector's clock."""
    settling: dict[str, float] = field(default_factory=dict)
    """Device that recovered from cutting others off → until when these may not alert."""
    counter: int = 0
    """For the ids of incidents and measures."""
