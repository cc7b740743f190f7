"""A hall in which all is well, the people who are told when it is not, and what was decided to tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hallwatch_collector.core.alerts.events import AlertDecided
from hallwatch_collector.core.alerts.people import Alerting, Recipient, Step, Way
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.alerts.state import Delivery
from hallwatch_collector.core.events import AnyEvent
from parts.county import Bench, hall, pc, printer

ZHANG = Recipient(name="张伟", roles=["technician"], ways=[Way(channel="bot"), Way(channel="sms", to="13800000001")])
LI = Recipient(name="李敏", roles=["network"], ways=[Way(channel="bot"), Way(channel="sms", to="13800000002")])
WANG = Recipient(name="王主任", roles=["head"], ways=[Way(channel="sms", to="13800000003")])
STEPS = (Step(to=["technical"], repeat_s=600, times=2), Step(to=["head"], after_s=900))
ALERTING = Alerting(recipients=(ZHANG, LI, WANG), steps=STEPS)
FINE = {"prn_1": {"jam": False}, "pc_1": {"reachable": True}, "prn_2": {"jam": False}, "pc_2": {"reachable": True}}

Told = tuple[str, str, tuple[str, ...], int]


def bench(alerting: Alerting = ALERTING, **more: Any) -> Bench:
    """Return a hall of two windows in which all is well."""
    there = Bench(
        hall([printer("prn-1", "w1"), pc("pc-1", "w1"), printer("prn-2", "w2"), pc("pc-2", "w2")], **more),
        alerting=alerting,
    )
    there.born()
    there.tell(**FINE)
    return there


def jam(there: Bench, *, printer: str = "prn_1", jammed: bool = True) -> None:
    """Let a printer jam."""
    there.tell(**{printer: {"jam": jammed}})


def told(there: Bench) -> list[Told]:
    """Return what was decided since the last call."""
    found = [(e.occasion, e.channel, tuple(e.people), e.edition) for e in there.events if isinstance(e, AlertDecided)]
    there.events.clear()
    return found


def deliveries(there: Bench) -> list[Delivery]:
    """Return every delivery."""
    return [each for alert in there.engine.state(there.key).alerts for each in alert.deliveries]


def receive(there: Bench, outcome: Any, delivery: Delivery, **more: Any) -> Sequence[AnyEvent]:
    """Let a channel answer; return what came of it."""
    receipt = Receipt(alert=delivery.id, edition=delivery.edition, outcome=outcome, **more)
    events = there.engine.on_receipts(there.key, [receipt], there.now)
    there.events += events
    return events
