"""What the core decides, as facts for the journal. An event is written down before anything is done about it.

``at`` is the computed moment (a fault held for ten seconds is raised ten seconds after its first symptom, however late
that was noticed); the journal adds when it was written. Times are Unix seconds by the collector's clock.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import field

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.alerts.events import AnyAlertEvent
from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.estimates import EstimateSource
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.public_events import AnyPublicEvent
from hallwatch_collector.core.readiness.events import AnyReadinessEvent
from hallwatch_collector.core.register_events import AnyRegisterEvent
from hallwatch_collector.core.screen_events import AnyScreenEvent
from hallwatch_collector.core.state import UndoneBecause
from hallwatch_collector.core.window_events import AnyWindowEvent


class HallLoaded(Event, tag="hall-loaded", frozen=True, kw_only=True):
    """A hall file came into force."""

    digest: str


class ClockSet(Event, tag="clock-set", frozen=True, kw_only=True):
    """The collector's clock was set: what was told before this was told by another one."""

    step_s: float
    """How far; negative: back."""


class AgentBorn(Event, tag="agent-born", frozen=True, kw_only=True):
    """An agent connected."""

    agent: str
    boot: str


class AgentLost(Event, tag="agent-lost", frozen=True, kw_only=True):
    """An agent is gone."""

    agent: str
    boot: str
    stopped: bool = False
    """By its own word, not by the broker's."""


class SightLost(Event, tag="sight-lost", frozen=True, kw_only=True):
    """Nobody sees this device any more: its state is unknown, neither faulty nor fine."""

    device: str
    reason: Literal["agent-lost", "overdue", "unread"]


class SightRegained(Event, tag="sight-regained", frozen=True, kw_only=True):
    """The device is seen again."""

    device: str


class LookAsked(Event, tag="look-asked", frozen=True, kw_only=True):
    """An agent is asked to look at some devices now, because what they tell decides something that waits."""

    agent: str
    devices: list[str]
    reason: Literal["agent-lost", "upstream", "person"]
    by: str = ""
    """The person who asked; empty: Hallwatch itself."""


class FaultRaised(Event, tag="fault-raised", frozen=True, kw_only=True):
    """A fault of the catalogue holds on a device, or on a part of it."""

    device: str
    fault: str
    part: str = ""
    since: float
    """The first symptom."""
    known_at: float
    """When the reading that decided it was processed: ``known_at - since`` is the detection delay (clause A3). Of one
    that another fault brought along until now: when its hold ended."""
    probe: str = ""
    evidence: str = ""
    """What the device said, for "why?"."""
    expected_at: float | None = None
    """Of a forecast: when what it warns of will likely come."""
    cause: str = ""
    """The device upstream that explains it; empty: it is its own root cause."""
    planned: bool = False
    """It is of a device under maintenance, or explained by one: no incident, no alert, no failure (S9)."""


class FaultCleared(Event, tag="fault-cleared", frozen=True, kw_only=True):
    """The fault is over."""

    device: str
    fault: str
    part: str = ""
    since: float
    stretches: list[tuple[float, float]] = field(default_factory=list)
    """From when until when it held; between them it was gone, but not for long enough to be over. Where there were too
    many, the last ones are told as one."""
    worst: float | None = None
    """Of a limit on a metric: the value furthest beyond it."""


class CauseChanged(Event, tag="cause-changed", frozen=True, kw_only=True):
    """A standing fault is now explained by another device, or by none."""

    device: str
    fault: str
    part: str = ""
    cause: str = ""


class WindowChanged(Event, tag="window-changed", frozen=True, kw_only=True):
    """What a window can take has changed."""

    window: str
    lost: list[str]
    """Business classes it cannot take now."""


class WindowClosed(Event, tag="window-closed", frozen=True, kw_only=True):
    """The window stopped (W2)."""

    window: str
    by: str
    reason: str = ""
    """Of whoever closed it by hand, without a proposal."""


class WindowReopened(Event, tag="window-reopened", frozen=True, kw_only=True):
    """The window works again (W3)."""

    window: str
    by: str
    reason: str = ""


class IncidentOpened(Event, tag="incident-opened", frozen=True, kw_only=True):
    """A root cause became an incident: the one flip that is worth an alert."""

    incident: str
    device: str
    fault: str
    reopened: bool = False
    """The same fault came back (F3)."""
    waiting: float | None = None
    """How many people waited in the hall at that time; None: nobody counts."""


MERGED_INTO: Final = "merged-into:"
MERGED_WITH: Final = "merged-with:"
PARTED_FROM: Final = "parted-from:"
BY_MERGING: Final = (MERGED_INTO, MERGED_WITH, PARTED_FROM)
"""Stand for who moved an incident where that came of two being made one, or parted again."""


class IncidentMoved(Event, tag="incident-moved", frozen=True, kw_only=True):
    """An incident took a step of its life."""

    incident: str
    status: str
    by: str = ""
    via: Literal["", "link"] = ""
    """``link``: by the link in a message."""


class LevelChanged(Event, tag="level-changed", frozen=True, kw_only=True):
    """The response level of an incident (R1): computed, or set by a person with a reason."""

    incident: str
    level: str
    by: str = ""
    reason: str = ""


class EstimateChanged(Event, tag="estimate-changed", frozen=True, kw_only=True):
    """Another moment at which the repair is expected to be done; none: nobody can say."""

    incident: str
    back_at: float | None = None
    source: EstimateSource = ""
    was_back_at: float | None = None
    slipped: bool = False
    """The moment before has passed."""
    by: str = ""


class IncidentAssigned(Event, tag="incident-assigned", frozen=True, kw_only=True):
    """Who answers for the repair."""

    incident: str
    owner: str
    by: str
    via: Literal["", "link"] = ""
    """``link``: by the link in a message."""


class NoteTaken(Event, tag="note-taken", frozen=True, kw_only=True):
    """Somebody wrote something to an incident."""

    incident: str
    by: str
    text: str


class IncidentMerged(Event, tag="incident-merged", frozen=True, kw_only=True):
    """A person joined an incident to another: from now on they are one."""

    incident: str
    into: str
    by: str
    reason: str


class IncidentSplit(Event, tag="incident-split", frozen=True, kw_only=True):
    """A person took a device out of an incident: what it has is one of its own."""

    incident: str
    device: str
    by: str
    reason: str


class FaultReported(Event, tag="fault-reported", frozen=True, kw_only=True):
    """A person found something out of order (R3), or says that it is over."""

    device: str
    """The device, or a window, or the hall."""
    effect: str
    """``hazard``, ``unusable``, ``degraded``, ``unconfirmed``; empty: it is over."""
    text: str
    by: str


class AlarmJudged(Event, tag="alarm-judged", frozen=True, kw_only=True):
    """A person said that an incident was a false alarm, or that it was none after all."""

    incident: str
    false: bool
    by: str
    via: Literal["", "link"] = ""
    """``link``: by the link in a message."""


class ResponseEnded(Event, tag="response-ended", frozen=True, kw_only=True):
    """A person declared the end of the response (R7)."""

    incident: str
    by: str


class ReportSigned(Event, tag="report-signed", frozen=True, kw_only=True):
    """A person signed the report on an incident (R5)."""

    incident: str
    version: int
    digest: str
    """SHA-256 of what the report said, worked out from the record before this event."""
    by: str


class MeasureRaised(Event, tag="measure-raised", frozen=True, kw_only=True):
    """The plan asks for something (see :class:`hallwatch_collector.core.state.Measure`)."""

    measure: str
    incident: str
    """Empty for what the hall owes without one."""
    template: str
    """The measure's id in the plan."""
    clause: str
    mode: str
    subject: str
    owner: str
    group: str = ""
    text: str
    text_en: str = ""
    due_at: float | None = None
    updated: bool = False
    """It stood already, and is now said with another text or to another owner."""


class MeasureUndone(Event, tag="measure-undone", frozen=True, kw_only=True):
    """A measure that nobody had decided is asked for no longer."""

    measure: str
    incident: str = ""
    clause: str = ""
    subject: str = ""
    text: str = ""
    """As it was last said."""
    because: UndoneBecause = "cause-gone"


class MeasureDecided(Event, tag="measure-decided", frozen=True, kw_only=True):
    """A person confirmed, declined or ticked a measure."""

    measure: str
    by: str
    decision: Literal["confirmed", "declined", "done"]
    reason: str = ""


class MeasureRetracted(Event, tag="measure-retracted", frozen=True, kw_only=True):
    """What was answered by mistake was taken back."""

    measure: str
    by: str
    reason: str


class MeasureHanded(Event, tag="measure-handed", frozen=True, kw_only=True):
    """A measure is one of another incident, or about its first device, now that people merged or split them."""

    measure: str
    incident: str
    subject: str


class SignPosted(Event, tag="sign-posted", frozen=True, kw_only=True):
    """Somebody posted a printed sign, or took it down (no text)."""

    place: str
    text: str = ""
    by: str


class SignPut(Event, tag="sign-put", frozen=True, kw_only=True):
    """A sign goes up at a place, or changes; or is due there."""

    sign: Sign
    by_hand: bool = False
    """No connected display shows it: it is up when somebody has posted it."""


class SignTaken(Event, tag="sign-taken", frozen=True, kw_only=True):
    """The sign at a place comes down."""

    place: str


AnyEvent = (
    HallLoaded
    | ClockSet
    | AgentBorn
    | AgentLost
    | SightLost
    | SightRegained
    | LookAsked
    | FaultRaised
    | FaultCleared
    | CauseChanged
    | WindowChanged
    | WindowClosed
    | WindowReopened
    | IncidentOpened
    | IncidentMoved
    | LevelChanged
    | EstimateChanged
    | IncidentAssigned
    | NoteTaken
    | IncidentMerged
    | IncidentSplit
    | FaultReported
    | AlarmJudged
    | ResponseEnded
    | ReportSigned
    | MeasureRaised
    | MeasureUndone
    | MeasureDecided
    | MeasureRetracted
    | MeasureHanded
    | SignPosted
    | SignPut
    | SignTaken
    | AnyScreenEvent
    | AnyRegisterEvent
    | AnyReadinessEvent
    | AnyWindowEvent
    | AnyPublicEvent
    | AnyAlertEvent
    | DrillStepped
)
