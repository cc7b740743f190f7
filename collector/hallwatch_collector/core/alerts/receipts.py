"""What became of each alert: on its way, taken by the channel, not yet, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from hallwatch_collector.core.alerts.events import AlertAccepted, AlertHeld, AlertSent
from hallwatch_collector.core.alerts.keep import give_up
from hallwatch_collector.core.alerts.state import Alert, Delivery
from hallwatch_collector.core.model import Model, Turn


class Receipt(Struct, frozen=True, kw_only=True):
    """What a sender tells of a delivery."""

    alert: str
    """Of the delivery."""
    edition: int
    stamp: int = 0
    """Of what was sent, as :class:`Delivery` has it: the same edition may be told twice; 0: not known."""
    outcome: Literal["sent", "accepted", "held", "failed"]
    """On its way; taken by the channel; a temporary error; an error for good."""
    reason: str = ""
    reason_zh: str = ""
    reference: str = ""
    digest: bool = False
    again: bool = False


def take_receipts(turn: Turn, receipts: Sequence[Receipt]) -> None:
    """Take in what senders tell; of a delivery that is not known any more nothing is kept."""
    known = {delivery.id: (alert, delivery) for alert in turn.model.alerts.values() for delivery in alert.deliveries}
    for receipt in receipts:
        if receipt.alert in known:
            _TAKE[receipt.outcome](turn, *known[receipt.alert], receipt)


def _note_sent(turn: Turn, alert: Alert, delivery: Delivery, receipt: Receipt) -> None:
    delivery.status, delivery.sent, delivery.sent_at = "sending", receipt.edition, turn.at
    turn.events.append(AlertSent(
        at=turn.at, alert=delivery.id, incident=alert.incident, edition=receipt.edition, again=receipt.again
    ))  # fmt: skip


def _note_accepted(turn: Turn, alert: Alert, delivery: Delivery, receipt: Receipt) -> None:
    delivery.accepted, delivery.accepted_at = max(delivery.accepted, receipt.edition), turn.at
    newest = delivery.accepted >= delivery.edition and receipt.stamp in (0, delivery.stamp)
    delivery.status = "accepted" if newest else "waiting"  # a reminder says the same, and is still to be sent
    delivery.reason = delivery.reason_zh = ""
    delivery.reference = receipt.reference or delivery.reference
    turn.events.append(AlertAccepted(
        at=turn.at, alert=delivery.id, incident=alert.incident, edition=receipt.edition, digest=receipt.digest
    ))  # fmt: skip


def _note_held(turn: Turn, alert: Alert, delivery: Delivery, receipt: Receipt) -> None:
    first = delivery.reason != receipt.reason
    delivery.reason, delivery.reason_zh = receipt.reason, receipt.reason_zh
    if first:  # the same error each time is said once
        turn.events.append(AlertHeld(
            at=turn.at, alert=delivery.id, incident=alert.incident, edition=receipt.edition, reason=receipt.reason,
            reason_zh=receipt.reason_zh,
        ))  # fmt: skip


def _note_failed(turn: Turn, alert: Alert, delivery: Delivery, receipt: Receipt) -> None:
    give_up(turn, alert, delivery, receipt.edition, (receipt.reason, receipt.reason_zh))


_TAKE = {"sent": _note_sent, "accepted": _note_accepted, "held": _note_held, "failed": _note_failed}


class Missed(Struct, frozen=True, kw_only=True):
    """Somebody who was not told of an incident by any way."""

    alert: str
    """The delivery that was given up."""
    incident: str
    channel: str
    person: str
    """Empty: a system."""
    reason: str


def find_missed(model: Model) -> Iterator[Missed]:
    """Yield who was not told of what, and by which way it was given up."""
    for alert, delivery, people in find_undelivered(model):
        for person in people or [""]:
            yield Missed(
                alert=delivery.id, incident=alert.incident, channel=delivery.channel, person=person,
                reason=delivery.reason,
            )  # fmt: skip


def find_undelivered(model: Model) -> Iterator[tuple[Alert, Delivery, list[str]]]:
    """Yield the deliveries that failed, with the people whom no other way reached either.

    Whom, or what, alerts.toml names no more, nobody misses.
    """
    alerting = model.alerting
    for alert in model.alerts.values():
        reached = {name for each in alert.deliveries if each.status != "failed" for name in each.people}
        for delivery in alert.deliveries:
            if delivery.status != "failed":
                continue
            missed = [name for name in delivery.people if name not in reached and alerting.recipient(name)]
            if missed or (not delivery.people and delivery.channel in alerting.feeds):
                yield alert, delivery, missed
