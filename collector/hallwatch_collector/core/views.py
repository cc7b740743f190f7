"""Immutable pictures of a hall, for pages, metrics and the board. Made by the core, read by any thread."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.alerts.state import Occasion, Way, Wording
from hallwatch_collector.core.deadlines import Proposal
from hallwatch_collector.core.hall import Position
from hallwatch_collector.core.public_state import Extension, Moot, NoticeVersion
from hallwatch_collector.core.readiness.views import ReadinessView
from hallwatch_collector.core.screen_state import Lost, ScreenUse
from hallwatch_collector.core.state import Note, Signature
from hallwatch_collector.core.told import AnswerTaken, EstimateTold

DeviceState = Literal["ok", "warning", "degraded", "unusable", "hazard", "unknown", "maintenance"]
"""``unknown``: nobody sees it. ``warning``: works, wants attention (also: not monitored). ``maintenance``: it is worked
on by plan, or all that it has comes of that (S9)."""


class FaultView(Struct, frozen=True, kw_only=True):
    """A raised fault."""

    device: str
    fault: str
    part: str
    name: str
    name_en: str
    severity: str
    effect: str
    since: float
    raised_at: float
    cause: str
    """Device id upstream that explains it; empty: own root."""
    planned: bool = False
    """It comes of planned maintenance: no failure."""
    flapping: bool
    evidence: str
    expected_at: float | None = None
    """Of a forecast: when what it warns of will likely come, as it was when the fault was raised."""
    first_step: str
    first_step_en: str


class ForecastView(Struct, frozen=True, kw_only=True):
    """When a slow-moving value will likely reach its limit; all None: not known (too few days, or no trend)."""

    fault: str
    """The fault that warns of it."""
    name: str
    name_en: str
    metric: str
    """Without the part."""
    part: str
    earliest: float | None = None
    likely: float | None = None
    latest: float | None = None
    """None beside a likely moment: perhaps never."""


class DeviceView(Struct, frozen=True, kw_only=True):
    """A device and how it is."""

    id: str
    kind: str
    name: str
    place: str
    state: DeviceState
    unknown_because: str
    """``agent-lost``, ``overdue``, ``unread``, ``never`` or empty."""
    up: bool | None
    """Whether it answers; None: not known."""
    last_seen: float | None
    """When it could last be read; None: never."""
    faults: tuple[FaultView, ...]
    metrics: dict[str, float]
    """Last values told, over all its probes."""
    facts: dict[str, str]
    forecasts: tuple[ForecastView, ...] = ()
    gives: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    """Of what it gives, what faults take away now."""
    spare: str
    lent_to: str = ""
    """The device that somebody exchanged for it, as its spare."""
    kept_for: str = ""
    """The broken device that it is to replace, or does: of those that share it, the one broken longest."""
    substitute: str


class HandMoveView(Struct, frozen=True, kw_only=True):
    """What a person did to a window by hand, without a proposal, and has not undone."""

    business: str = ""
    """The class that was lent; empty: the window itself was opened or closed."""
    by: str
    at: float
    reason: str


class WindowView(Struct, frozen=True, kw_only=True):
    """A window and what it can take."""

    id: str
    number: int
    name: str
    open: bool
    rests: bool = False
    """It is a reserve window that nobody opened: neither closed nor counted."""
    classes: tuple[str, ...]
    """What it takes, with what it was lent."""
    lent: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    """Classes that it could be lent besides, as the hall file says."""
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    """Classes that hang on a device whose state nobody knows."""
    devices: tuple[str, ...]
    by_hand: tuple[HandMoveView, ...] = ()

    @property
    def takes_business(self) -> bool | None:
        """Whether it is open and takes anything; None: nobody knows of any class whether it does."""
        if not self.open:
            return False
        if set(self.classes) - {*self.lost, *self.unknown} or not self.classes:
            return True
        return None if set(self.unknown) - set(self.lost) else False


class IncidentView(Struct, frozen=True, kw_only=True):
    """An incident."""

    id: str
    device: str
    device_name: str
    faults: tuple[str, ...]
    fault_names: tuple[str, ...]
    fault_names_en: tuple[str, ...]
    status: str
    joined: tuple[str, ...] = ()
    """Further root devices, of incidents that a person merged into it."""
    level: str
    false_by: str = ""
    """Who says that it was a false alarm; empty: nobody does."""
    level_by: str = ""
    """Who set another level than the computed one; empty: nobody did."""
    level_reason: str = ""
    owner: str = ""
    """Who answers for the repair."""
    handed_by: str = ""
    """Who gave it to them; empty: nobody did."""
    offered_at: float | None = None
    """When it was handed to them, who have not taken it on yet; None: nobody is waited for."""
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    repairing_at: float | None = None
    """When the repair began."""
    slipped_at: float | None = None
    """When the expected time passed, and no technician has given another since."""
    notes: tuple[Note, ...] = ()
    signatures: tuple[Signature, ...] = ()
    """Who signed the report on it (R5), the last last."""
    estimates: tuple[EstimateTold, ...] = ()
    """Every moment at which it was expected to be repaired, as people were told, oldest first."""
    taken: tuple[AnswerTaken, ...] = ()
    """The answers to its measures that were taken back, oldest first."""
    back_at: float | None = None
    """When it is expected to be repaired; None: nobody can say."""
    was_back_at: float | None = None
    """What people were told before that."""
    estimate_source: str = ""
    """``person``, ``history``, ``catalogue`` or empty."""
    told_by: str = ""
    opened_at: float
    reopened: int = 0
    """How often its fault came back within the plan's time (F3)."""
    began_at: float = 0.0
    """When it was opened or last reopened."""
    recovered_at: float | None
    closed_at: float | None
    windows: tuple[str, ...]
    """All that it touched."""
    takes: dict[str, tuple[str, ...]] = {}
    """Window → classes that it takes from it now, alone or with others; what else the window lost is not its doing."""
    explained: int
    """Faults of other devices that it explains now."""

    @property
    def is_untaken(self) -> bool:
        """Whether somebody is still to take it on: nobody has, or it was handed to somebody who has not."""
        offered = self.status in ("acknowledged", "repairing") and self.offered_at is not None
        return self.status == "detected" or offered


class MeasureView(Struct, frozen=True, kw_only=True):
    """A measure that is asked for, or was decided, of an incident that is not closed."""

    id: str
    incident: str
    clause: str
    mode: str
    subject: str
    subject_name: str
    owner: str
    helpers: tuple[str, ...] = ()
    """Roles that may answer it too."""
    group: str
    text: str
    text_en: str
    raised_at: float
    times: int = 1
    """How often it was raised: the next time it may be about something else."""
    due_at: float | None
    status: str
    decided_by: str
    decided_at: float | None = None
    reason: str
    sign: str = ""
    """The printed sign that somebody is asked to post; empty: it asks for none."""
    signs_report: bool = False
    """It is ticked by signing the report on its incident (R5)."""
    releases: bool = False
    """Confirming it lets a public text go out; whoever does may change the wording (R6)."""
    draft: str = ""
    """That text as it would go out."""
    draft_en: str = ""
    proposals: tuple[Proposal, ...] = ()
    """Of one that extends filing deadlines: how each was counted (O3, O4)."""


class CheckView(Struct, frozen=True, kw_only=True):
    """A check (D4) that let its incident close, and can still be taken back."""

    measure: str
    subject: str
    """The window."""
    owner: str
    text: str
    text_en: str
    by: str
    at: float


class RegisterView(Struct, frozen=True, kw_only=True):
    """An emergency register and how far it is. What is written in it is in no view."""

    incident: str
    register: str
    clause: str
    name: str
    name_en: str
    mark: str
    """Printed on every sheet: 「应急使用」."""
    opened_at: float
    opened_by: str
    closed_at: float | None = None
    """When its incident closed; nothing is written in it from then on."""
    blank: int = 0
    """Numbers on printed sheets that nobody has used yet."""
    accepted: int = 0
    """Still to be entered into the system."""
    entered: int = 0
    """Still to be told to the taxpayer."""
    told: int = 0
    void: int = 0


class NoticeView(Struct, frozen=True, kw_only=True):
    """A public text that is out, or was (R6)."""

    id: str
    name: str
    incident: str
    clause: str
    outlets: tuple[str, ...]
    held_back: tuple[str, ...] = ()
    """Outlets beyond the hall to which nothing goes, because this is a drill or a simulated hall."""
    by_hand: tuple[str, ...] = ()
    """Outlets that no machine reaches: a person puts it there."""
    posted: dict[str, int] = {}
    """Of these, where it is, in which version."""
    versions: tuple[NoticeVersion, ...]
    """The last one is the one that is out."""
    in_force: bool
    moot: Moot = ""
    """``cause-gone`` or ``facts-changed``: it is out, and no longer true."""
    withdrawn_at: float | None = None
    withdrawn_by: str = ""
    reason: str = ""


class DeadlineView(Struct, frozen=True, kw_only=True):
    """The next last day of a filing period."""

    filing: str
    last_day: dt.date
    """A working day, as announced or the next one after it."""
    days_left: int
    """Less than nothing: it is over, and the extension is in force."""
    near: bool
    """Within the plan's ``near_days``."""
    extension: Extension | None = None
    """What was decided about it last."""


class DeliveryView(Struct, frozen=True, kw_only=True):
    """What some people are told of an incident in one place."""

    id: str
    channel: str
    people: tuple[str, ...]
    """None: a system."""
    occasion: Occasion
    edition: int
    round: int
    status: Way
    accepted: int
    """The last edition that was taken; 0: none."""
    sent: int = 0
    """The last edition that was on its way; 0: none."""
    decided_at: float
    sent_at: float | None
    accepted_at: float | None
    hold_until: float | None
    reason: str
    """Why it could not be delivered, or not yet, in English."""
    reference: str
    reason_zh: str = ""
    """The same for the hall's people, with what to do."""
    owed_at: float = 0.0
    """Since when something is to be told here that was not taken yet; 0: not known."""
    missed: tuple[str, ...] = ()
    """Of one that failed: the people whom nothing else reached either."""
    stamp: int = 0
    """Milliseconds of the decision, which keep apart what bears the same numbers."""
    maybe_taken: bool = False
    """It was on its way, and nobody has said yet what became of it."""


class AlertView(Struct, frozen=True, kw_only=True):
    """What people were told of an incident, and whether it reached them."""

    incident: str
    device: str
    fault: str
    fault_name: str = ""
    fault_name_en: str = ""
    since: float
    over_at: float | None
    wording: Wording
    deliveries: tuple[DeliveryView, ...]


class AgentView(Struct, frozen=True, kw_only=True):
    """An agent."""

    id: str
    name: str
    alive: bool
    seen: bool
    """Whether it ever reported to this collector."""
    since: float
    last_report_at: float | None
    version: str
    host: str
    spooled: int
    dropped: int
    gaps: int
    clock_offset_s: float | None
    probes: int


class ScreenView(Struct, frozen=True, kw_only=True):
    """A screen that somebody paired with a place (H2, W2)."""

    id: str
    use: ScreenUse
    place: str
    by: str
    paired_at: float
    lost: Lost = ""
    """Why it does not count as a connected display; empty: it does."""
    since: float
    """Since when it does, or does not."""


class HallView(Struct, frozen=True, kw_only=True):
    """A hall at one moment."""

    area: str
    hall: str
    name: str
    timezone: str
    simulated: bool
    drill: bool = False
    """A hall's twin, on which a drill is held (B3): every alert, page and report says so."""
    internal: bool
    """Hallwatch's own health, not a hall."""
    version: int
    """Grows with every change; pages compare it."""
    at: float
    class_names: dict[str, str]
    class_names_en: dict[str, str]
    place_names: dict[str, str]
    """Of the places that are no windows."""
    positions: dict[str, Position] = {}
    """Where windows, places and devices are on the hall's picture; what is not here has its place in a row."""
    part_names: dict[str, str] = {}
    """Of the parts of devices that stand in the brackets of a key, business classes among them."""
    part_names_en: dict[str, str] = {}
    devices: tuple[DeviceView, ...]
    windows: tuple[WindowView, ...]
    incidents: tuple[IncidentView, ...]
    measures: tuple[MeasureView, ...]
    checks: tuple[CheckView, ...] = ()
    """Of incidents that are closed, the checks that can still be taken back."""
    signs: tuple[Sign, ...]
    """What the plan calls for to be shown."""
    signs_due: tuple[str, ...] = ()
    """Places of those that are not up yet: no connected display is there, and nobody has posted a printed one."""
    screens: tuple[ScreenView, ...] = ()
    """Those that were paired."""
    registers: tuple[RegisterView, ...] = ()
    """Of incidents that are not closed, and of closed ones as long as their personal data is kept."""
    agents: tuple[AgentView, ...]
    alerts: tuple[AlertView, ...] = ()
    reachable: tuple[str, ...] = ()
    """Names of those who can be told of this hall."""
    readiness: ReadinessView = ReadinessView()
    """Maintenance, rounds, the store, who is on duty."""
    contacts: tuple[tuple[str, str, str], ...]
    """(role, name, phone)."""
    open_reports: bool = False
    """Whether anybody who reaches the page may report what is out of order (R3)."""
    open_board: bool = True
    """Whether anybody who reaches the pages may look at the board."""
    notices: tuple[NoticeView, ...] = ()
    """Public texts, the last one first."""
    deadlines: tuple[DeadlineView, ...] = ()
    """Of each kind of filing the next one."""
    extensions: tuple[Extension, ...] = ()
    """Filing deadlines that were extended, in the order in which that was decided."""
