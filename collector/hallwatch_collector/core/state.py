"""What the core remembers of a hall between two calls, and writes out with every decision.

Only what a restart must not lose: standing and pending alarms, agents, incidents, measures, signs, closed windows. The
last readings are not part of it, only when they were taken; they come again with the next cycle.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct, field

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.alerts.state import Alert
from hallwatch_collector.core.arrangement.moves import Move
from hallwatch_collector.core.estimates import EstimateSource
from hallwatch_collector.core.extent import Extent
from hallwatch_collector.core.public_state import Extension, Release, ServiceOutage
from hallwatch_collector.core.readiness.kept import Readiness
from hallwatch_collector.core.register_state import KeptRegister, Register
from hallwatch_collector.core.screen_state import Screen
from hallwatch_collector.core.told import AnswerTaken, EstimateTold
from hallwatch_collector.core.trend import Trend

Phase = Literal["clear", "rising", "held", "raised", "falling"]
"""``held``: its hold is over, but it is no news while another fault of the device brings it along."""
IncidentStatus = Literal["detected", "acknowledged", "repairing", "recovered", "closed"]
Mode = Literal["auto", "ask", "show", "register"]
"""Done by itself; prepared, for a person to confirm; a step for a person to tick; open while a register has entries."""
MeasureStatus = Literal["open", "confirmed", "declined", "done", "over", "undone"]
"""``over``: decided, and its occasion has passed; ``undone``: passed undecided. If it returns, it is asked anew."""

UndoneBecause = Literal["cause-gone", "fault-back", "time-over", "soon-back", "level-lowered", "replaced", "hall-file"]
"""Why a measure that nobody had decided is asked for no longer:

- ``cause-gone``: what it was for is over
- ``fault-back``: it was for afterwards, and the fault came back
- ``time-over``: it was for a short repair, and this one takes longer
- ``soon-back``: it was for a long repair, and this one is now expected to be short
- ``level-lowered``: the plan asks for it at a higher level than the incident now has
- ``replaced``: another measure, or another incident, took its place
- ``hall-file``: the hall file no longer has what it was about
"""


BY_HAND: Final = ""
"""Stands for the incident where a person moved a window without one: only a person moves it back."""


class HandMove(Struct, frozen=True, kw_only=True):
    """Who moved a window by hand, and why."""

    by: str
    at: float
    reason: str


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
    held_at: float | None = None
    """When its hold ended while another fault of the device brought it along."""
    raised_at: float | None = None
    stretch_from: float = 0.0
    """Since when it holds without a break; while it falls: when the last such stretch began."""
    stretches: list[tuple[float, float]] = []
    """From when until when it held, without the present stretch: what another hold would have made of it."""
    worst: float | None = None
    """Of a limit on a metric: the value furthest beyond it, since the first symptom."""
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
    planned: bool = False
    """It comes of planned maintenance: shown, but no incident (S9)."""
    counts_from: float = 0.0
    """Since when it counts as a failure, where that is after its first symptom: when the maintenance was over."""

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
    times: int = 1
    """How often it was raised: under the same id it may be about something else the next time."""
    said_at: float = 0.0
    """When its text was last told to people."""
    due_at: float | None = None
    status: MeasureStatus = "open"
    undone_because: UndoneBecause | Literal[""] = ""
    decided_by: str = ""
    decided_at: float | None = None
    again_at: float | None = None
    """When it is asked again, though declined: the end of its incident, or of a closure, hangs on it."""
    reason: str = ""
    edition: str = ""
    """Of what it is about: when that changes, what was decided is asked anew."""
    moves: list[Move] = []
    """Of windows and classes: what confirming it does, or did (W1, P1, P5)."""
    draft: str = ""
    """The public text that confirming it would release (R6)."""
    draft_en: str = ""
    basis: str = ""
    """That text without its figures that change by the minute: when this changes, what was released is out of date."""


class Note(Struct, frozen=True, kw_only=True):
    """What somebody wrote to an incident, or with what words they gave it to somebody else."""

    at: float
    by: str
    text: str
    what: Literal["note", "hand-over", "taken-over"] = "note"
    """``taken-over``: they took on what had been handed over; there are no words to it."""
    to: str = ""
    """To whom it was handed."""


class PostedSign(Struct, kw_only=True, omit_defaults=True):
    """A printed sign that somebody posted where no connected display is (H2)."""

    incident: str
    text: str
    step: str
    """The step by which somebody said so."""
    by: str
    at: float
    left_at: float | None = None
    """Since when nothing calls for it any more, and it still hangs there."""


class Signature(Struct, frozen=True, kw_only=True):
    """Somebody signed the report on an incident (R5)."""

    version: int
    """From 1; what says the same is the same version."""
    by: str
    at: float
    digest: str
    """SHA-256 of what the report said."""


class LevelStep(Struct, frozen=True, kw_only=True):
    """The plan's rules gave an incident a higher level than before (R1)."""

    level: str
    at: float
    extent: Extent
    """What they saw."""


class Incident(Struct, kw_only=True, omit_defaults=True):
    """A root cause and what follows from it."""

    id: str
    device: str
    joined: list[str] = []
    """Further root devices: of incidents that a person merged into this one."""
    faults: list[str]
    """Faults of the root devices that it holds or held."""
    status: IncidentStatus = "detected"
    level: str = ""
    computed_level: str = ""
    """The highest that the plan's rules gave it, whatever a person set."""
    level_steps: list[LevelStep] = []
    """How it came to that, the lowest first."""
    opened_at: float = 0.0
    began_at: float = 0.0
    """When it was opened or last reopened: from then on count the plan's "not back after so long"."""
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    owner: str = ""
    """Who answers for the repair."""
    handed_by: str = ""
    """Who gave it to them; empty: nobody did, or somebody was named without that."""
    handed_note: str = ""
    """What they said with it."""
    offered_at: float | None = None
    """When it was handed to whoever answers for it and has not taken it on yet; None: nobody is waited for."""
    notes: list[Note] = []
    repairing_at: float | None = None
    told_back_at: float | None = None
    """When the technician says that it will be repaired."""
    told_by: str = ""
    back_at: float | None = None
    """When it is expected to be repaired: what people are told. None: nobody can say."""
    estimated_at: float | None = None
    """When that was found, or said."""
    earliest_at: float | None = None
    latest_at: float | None = None
    """By this hall's past the middle half of such repairs ends between these; None: the estimate is not from there."""
    estimate_source: EstimateSource = ""
    estimated_for: str = ""
    """What the estimate was made from: while that stays the same and the time has not passed, it stands."""
    was_back_at: float | None = None
    """What was expected before that."""
    announced_at: float | None = None
    """The expected time that people were last told; None: none, or that it is not known."""
    was_announced_at: float | None = None
    """What they were told before that."""
    slipped_at: float | None = None
    """When the expected time passed; None: it has not, or a technician gave another since."""
    estimates: list[EstimateTold] = []
    """Every estimate so far, oldest first."""
    taken: list[AnswerTaken] = []
    """The answers to its measures that were taken back, oldest first."""
    false_by: str = ""
    """Who says that it was a false alarm; empty: nobody does. Anew when it comes back."""
    level_by: str = ""
    """Who set another level than the computed one."""
    level_reason: str = ""
    ended_by: str = ""
    """Who declared the end of the response (R7)."""
    signatures: list[Signature] = []
    """Under its report, oldest first."""
    resumed_at: float | None = None
    """Since when the hall has back what it took: it recovered, or an emergency link is up while its cause stands."""
    recovered_at: float | None = None
    closed_at: float | None = None
    reopened: int = 0
    registers: dict[str, Register] = {}
    """Register of the plan → what was written down by hand for this incident."""
    windows: list[str] = []
    """Windows it touched."""
    checked: list[str] = []
    """Of these, the windows whose last transaction was checked for another incident since."""
    before: dict[str, Incident] = {}
    """Incident that a person made part of this one → what this one was before: for the case that they are parted."""
    merged_as: IncidentStatus | Literal[""] = ""
    """What this one was when a person made it part of another one."""
    moved: list[str] = []
    """The windows that were closed or opened for it then, and as ``window/class`` what they were lent."""

    @property
    def stands(self) -> bool:
        """Whether its cause is still there, or what it explains has not come back."""
        return self.status in ("detected", "acknowledged", "repairing")

    @property
    def is_untaken(self) -> bool:
        """Whether somebody is still to take it on: nobody has, or it was handed to somebody who has not."""
        return self.status == "detected" or (self.stands and self.offered_at is not None)

    @property
    def roots(self) -> list[str]:
        """Its root devices, the one that opened it first."""
        return [self.device, *self.joined]


class Queue(Struct, kw_only=True, omit_defaults=True):
    """Who waits in the hall, as it was last told to people (A1, P1 to P5)."""

    total: float | None = None
    """None: nobody counts."""
    by_class: dict[str, float] = {}
    trend: Trend = ""
    points: list[tuple[float, float]] = []
    """(moment, people), the last minutes of them, for the trend."""


class Failure(Struct, kw_only=True, omit_defaults=True):
    """A time in which a device was out of order by a fault of its own (A1)."""

    device: str
    since: float
    until: float | None = None
    """None: it still is."""


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
    posted: dict[str, PostedSign] = field(default_factory=dict)
    """Place → the printed sign that hangs there."""
    screens: dict[str, Screen] = field(default_factory=dict)
    """Those that were paired, by their ids."""
    closed_windows: dict[str, str] = field(default_factory=dict)
    """Window id → incident for which it closed."""
    opened: dict[str, str] = field(default_factory=dict)
    """Reserve window → incident for which it was opened."""
    lent: dict[str, dict[str, str]] = field(default_factory=dict)
    """Window → class that it was lent → incident for which it was."""
    hand_moves: dict[str, HandMove] = field(default_factory=dict)
    """``window``, or ``window/class``, that was moved by hand → by whom, and why."""
    queue: Queue = field(default_factory=Queue)
    failures: list[Failure] = []
    lost: dict[str, list[str]] = field(default_factory=dict)
    """Window id → business classes lost."""
    unseen: dict[str, str] = field(default_factory=dict)
    """Device id → why nobody sees it."""
    seen: list[str] = []
    """The other devices: those that somebody sees."""
    first_read: dict[str, float] = field(default_factory=dict)
    """Device id → when it was read for the first time; where that was not written down: since when it surely was."""
    taken_at: dict[str, float] = field(default_factory=dict)
    """``device/probe`` → ``at`` of its last reading, by the agent's clock. What a crash kept from being acknowledged
    comes again, and is no news."""
    read_at: dict[str, float] = field(default_factory=dict)
    """``device/probe`` → when it last could read its device, by the collector's clock."""
    repairs: dict[str, list[float]] = field(default_factory=dict)
    """``kind/fault`` → how long the last repairs took, seconds."""
    readiness: Readiness = field(default_factory=Readiness)
    settling: dict[str, float] = field(default_factory=dict)
    """Device that recovered from cutting others off → until when these may not alert."""
    releases: dict[str, Release] = field(default_factory=dict)
    """Public texts that are out, and the last of those that were."""
    outages: list[ServiceOutage] = []
    """Of the online bureau and the core system, past ones that may count for a filing deadline included."""
    extensions: list[Extension] = []
    """Of filing deadlines, in the order in which they were decided; of one deadline the last counts."""
    alerts: list[Alert] = []
    """What people were told, as long as its incident is remembered or somebody is still to be told."""
    counter: int = 0
    """For the ids of incidents, measures and public texts."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Beginning of a register's numbers (``SG-20260310``) → the last one given out."""
    kept_registers: list[KeptRegister] = []
