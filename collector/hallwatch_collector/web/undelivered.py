"""What people of a hall ought to have been told and were not: shown in red, so that somebody takes the telephone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.views import AlertView, DeliveryView, HallView

LATE_S: Final = 60.0
"""A message that a channel does not take is tried again; after so long it is shown."""


class Missed(Struct, frozen=True, kw_only=True):
    """Something that was not told."""

    incident: str
    title: str
    title_en: str
    people: tuple[str, ...]
    """None: a system."""
    channel: str
    reason: str
    reason_zh: str
    since: float


class Undelivered(Struct, frozen=True, kw_only=True):
    """What was not told in a hall."""

    failed: tuple[Missed, ...] = ()
    """Given up, and no other way reached these people either."""
    late: tuple[Missed, ...] = ()
    """Tried again and again."""


def find_undelivered(view: HallView, now: float) -> Undelivered:
    """Return what was not told in a hall."""
    return Undelivered(failed=tuple(_failed(view)), late=tuple(_late(view, now)))


def _failed(view: HallView) -> Iterator[Missed]:
    for alert in view.alerts:
        for each in alert.deliveries:
            if each.status == "failed" and (each.missed or not each.people):
                yield _missed(alert, each, each.missed)


def _late(view: HallView, now: float) -> Iterator[Missed]:
    for alert in view.alerts:
        for each in alert.deliveries:
            since = max(each.owed_at or each.decided_at, each.hold_until or 0.0)
            if each.status in ("waiting", "sending") and each.reason and now - since >= LATE_S:
                yield _missed(alert, each, each.people)


def _missed(alert: AlertView, delivery: DeliveryView, people: tuple[str, ...]) -> Missed:
    return Missed(
        incident=alert.incident, title=alert.wording.title, title_en=alert.wording.title_en, people=people,
        channel=delivery.channel, reason=delivery.reason, reason_zh=delivery.reason_zh,
        since=delivery.owed_at or delivery.decided_at,
    )  # fmt: skip
