"""What people were told, for pages and for whoever sends it."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.alerts.receipts import find_undelivered
from hallwatch_collector.core.alerts.state import Alert, Delivery
from hallwatch_collector.core.alerts.words import name_fault
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.views import AlertView, DeliveryView


def view_alerts(model: Model) -> Iterator[AlertView]:
    """Yield the alerts that are remembered, the oldest first."""
    missed = {delivery.id: people for _, delivery, people in find_undelivered(model)}
    for alert in model.alerts.values():
        incident = model.incidents.get(alert.incident)
        name, name_en = name_fault(model, alert.device, alert.fault)
        yield AlertView(
            incident=alert.incident, device=alert.device, fault=alert.fault, fault_name=name, fault_name_en=name_en,
            since=alert.since, wording=alert.wording,
            over_at=_over_at(alert, incident.recovered_at or incident.closed_at if incident else None),
            deliveries=tuple(_delivery(each, missed.get(each.id, [])) for each in alert.deliveries),
        )  # fmt: skip


def _over_at(alert: Alert, ended_at: float | None) -> float | None:
    return (ended_at or alert.wording.at) if alert.over else None


def _delivery(delivery: Delivery, missed: list[str]) -> DeliveryView:
    return DeliveryView(
        id=delivery.id, channel=delivery.channel, people=tuple(delivery.people), occasion=delivery.occasion,
        edition=delivery.edition, round=delivery.round, status=delivery.status, accepted=delivery.accepted,
        sent=delivery.sent, decided_at=delivery.decided_at, sent_at=delivery.sent_at, accepted_at=delivery.accepted_at,
        hold_until=delivery.hold_until, reason=delivery.reason, reason_zh=delivery.reason_zh,
        reference=delivery.reference, owed_at=delivery.owed_at, missed=tuple(missed),
        stamp=delivery.stamp, maybe_taken=delivery.maybe_taken,
    )  # fmt: skip
