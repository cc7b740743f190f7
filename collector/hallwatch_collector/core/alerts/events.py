"""The way of each alert as facts for the journal: worded, decided, sent, accepted or failed. The acknowledgement is a
step of the incident's life."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.core.event import Event


class AlertWorded(Event, tag="alert-worded", frozen=True, kw_only=True):
    """What is said of an incident from now on."""

    incident: str
    edition: int
    title: str
    lines: list[str]
    title_en: str
    lines_en: list[str]


class AlertDecided(Event, tag="alert-decided", frozen=True, kw_only=True):
    """Some people are to be told."""

    alert: str
    """Of the delivery."""
    incident: str
    channel: str
    people: list[str]
    """None: a system is told."""
    occasion: Occasion
    edition: int
    hold_until: float | None = None


class AlertSent(Event, tag="alert-sent", frozen=True, kw_only=True):
    """It is on its way: from now on the channel may have it."""

    alert: str
    incident: str
    edition: int
    again: bool = False
    """It was on its way before, and nobody knows whether it arrived."""


class AlertAccepted(Event, tag="alert-accepted", frozen=True, kw_only=True):
    """The channel took it."""

    alert: str
    incident: str
    edition: int
    digest: bool = False
    """Together with others, in one message."""


class AlertFailed(Event, tag="alert-failed", frozen=True, kw_only=True):
    """It cannot be delivered in this way."""

    alert: str
    incident: str
    edition: int
    reason: str
    reason_zh: str = ""


class AlertHeld(Event, tag="alert-held", frozen=True, kw_only=True):
    """It could not be delivered yet, and is tried again."""

    alert: str
    incident: str
    edition: int
    reason: str
    reason_zh: str = ""


class ReminderAsked(Event, tag="reminder-asked", frozen=True, kw_only=True):
    """Somebody wants to be told again."""

    incident: str
    by: str
    remind_at: float
    via: Literal["", "link"] = ""
    """``link``: by the link in a message."""


class AlertsTested(Event, tag="alerts-tested", frozen=True, kw_only=True):
    """A marked test was sent to everybody on duty."""

    reached: list[str]
    """Who has it by one way at least."""
    unreached: list[str]
    failed: list[str]
    """The ways that failed, each with its people and the reason."""


AnyAlertEvent = (
    AlertWorded | AlertDecided | AlertSent | AlertAccepted | AlertFailed | AlertHeld | ReminderAsked | AlertsTested
)
