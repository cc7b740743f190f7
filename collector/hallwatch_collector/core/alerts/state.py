"""What is remembered of what people were told, until the incident is forgotten."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Occasion = Literal["new", "update", "worse", "reminder", "over", "joined", "hand-over", "back", "other", "test"]
"""Why somebody is told: a new incident; how it went on; that it grew worse; that nobody has acknowledged it yet; that
it is over; that it was joined to another one; that it was handed to them; that it came back (F3), by a fault that
it had or by another one of the device; a test."""
Way = Literal["waiting", "sending", "accepted", "failed"]
"""How far a message is: decided; on its way, so that the channel may have it; taken by the channel; given up."""


class Wording(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of an incident. A new edition of it is said when what it says matters, not each minute."""

    edition: int
    at: float
    title: str
    lines: list[str]
    title_en: str
    lines_en: list[str]
    basis: str
    """Of what it says, without figures that change by the minute."""
    level: str = ""
    """Response level (R1): what can wait until the quiet hours are over."""
    rank: int
    """How bad it is; a higher one is told at once."""


class Delivery(Struct, kw_only=True, omit_defaults=True):
    """What some people are told of an incident on one channel: always the newest edition, never two at once.

    An older edition that nobody took yet is not sent any more; so a channel that was down for long has exactly one
    message to take for an incident.
    """

    id: str
    """Names it toward the channel, with the edition: by it what is sent twice is taken once, where a channel can."""
    channel: str
    people: list[str]
    """Whom it reaches; none: a system."""
    occasion: Occasion = "new"
    edition: int
    """What is to be told."""
    round: int = 0
    """How often the same people were called on the same edition."""
    decided_at: float
    owed_at: float = 0.0
    """Since when something is to be told here, without a break: a newer edition does not begin it anew."""
    hold_until: float | None = None
    """Quiet hours: not before this."""
    stamp: int = 0
    """Milliseconds of the decision, whatever the clock was set to later. What was decided while the journal could not
    be written is forgotten by a restart, and its numbers are given again: this keeps the two apart."""
    status: Way = "waiting"
    sent: int = 0
    """The last edition that was on its way, so that the channel may have it; 0: none."""
    accepted: int = 0
    """The last edition that the channel took; 0: none."""
    sent_at: float | None = None
    accepted_at: float | None = None
    reason: str = ""
    """Why it could not be delivered, or not yet."""
    reason_zh: str = ""
    reference: str = ""
    """By which the channel knows the message that it took, to edit it."""

    @property
    def maybe_taken(self) -> bool:
        """Whether the channel may have what is to be told already."""
        return self.status == "sending" and self.sent == self.edition

    @property
    def is_open(self) -> bool:
        """Whether something is still to be sent."""
        return self.status in ("waiting", "sending")


class StepTaken(Struct, kw_only=True, omit_defaults=True):
    """A step of escalation that was taken."""

    at: float
    times: int = 1


class Alert(Struct, kw_only=True, omit_defaults=True):
    """What people were told of one incident."""

    incident: str
    device: str
    fault: str
    began_at: float
    """Of the incident, when the first step was counted: it is counted anew when the incident comes back (F3)."""
    since: float
    """The first symptom."""
    faults: list[str] = field(default_factory=list)
    """All that it had when people were last told, or could have been."""
    wording: Wording
    deliveries: list[Delivery] = field(default_factory=list)
    steps: dict[str, StepTaken] = field(default_factory=dict)
    """Name of the step → when it was last taken."""
    reminders: dict[str, float] = field(default_factory=dict)
    """Person → when they want to be told again."""
    over: bool = False
    """Its end was told."""
