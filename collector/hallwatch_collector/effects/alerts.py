"""Hands what people are to be told to the courier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import structs

from hallwatch_collector.core.alerts.escalation import address_of
from hallwatch_collector.core.alerts.events import AlertDecided, AlertFailed
from hallwatch_collector.core.alerts.state import Occasion, Way
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.views import AlertView, DeliveryView, HallView
from hallwatch_collector.effects.effect import Effect
from hallwatch_collector.notify.courier import Place, Post
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.lane import Item
from hallwatch_collector.notify.message import Part

URGENT: Final[frozenset[Occasion]] = frozenset({"new", "worse", "back", "other"})
"""What is told so of an incident of the highest level waits for no digest."""
OPEN: Final[tuple[Way, ...]] = ("waiting", "sending")
"""How far what is still to be told is."""


class Alerts(Effect):
    """Has the courier hold exactly what a hall has still to tell."""

    of_self = True

    def stand(self, hall: Hall, now: float) -> None:
        """Take up what was not told when the collector ended, and what was and stands."""
        self.show(hall.key, now)
        if dispatch := self.outlets.dispatch:
            view = self.view(hall.key, now)
            dispatch.courier.stand(hall.key, make_posts(view, dispatch, statuses=("accepted",)))

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Hand over what was decided."""
        if any(isinstance(event, AlertDecided | AlertFailed) for event in events):
            self.show(key, now)

    def urge(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Hand over what was decided, and say that it may come again."""
        if any(isinstance(event, AlertDecided | AlertFailed) for event in events):
            self.show(key, now, unwritten=True)

    def drop(self, key: HallKey) -> None:
        """Tell nothing more of a hall."""
        if self.outlets.dispatch:
            self.outlets.dispatch.courier.show(key, [])
            self.outlets.dispatch.courier.stand(key, [])

    def show(self, key: HallKey, now: float, *, unwritten: bool = False) -> None:
        """Hand over exactly what a hall has still to tell; *unwritten*: before it is in the journal."""
        dispatch = self.outlets.dispatch
        if dispatch:
            posts = make_posts(self.view(key, now), dispatch)
            dispatch.courier.show(key, map(_mark_unwritten, posts) if unwritten else posts)


def make_posts(view: HallView, dispatch: Dispatch, statuses: Sequence[Way] = OPEN) -> Iterator[Post]:
    """Yield what a hall has still to tell, and where; or what is so far in its way."""
    for alert in view.alerts:
        for delivery in alert.deliveries:
            if delivery.status in statuses and dispatch.alerting.leads(delivery.channel, delivery.people):
                yield _make_post(view, alert, delivery, dispatch)


def _mark_unwritten(post: Post) -> Post:
    part = structs.replace(post.item.part, unwritten=True)
    return structs.replace(post, item=structs.replace(post.item, part=part))


def _make_post(view: HallView, alert: AlertView, delivery: DeliveryView, dispatch: Dispatch) -> Post:
    alerting = dispatch.alerting
    people = [person for name in delivery.people if (person := alerting.recipient(name))]
    ways = [way for person in people for way in person.ways if way.channel == delivery.channel]
    mentions = tuple(way.mention for way in ways if way.mention)
    english = bool(people) and all(person.language == "en" for person in people)
    said = alert.wording
    part = Part(
        alert=delivery.id, edition=delivery.edition, round=delivery.round, stamp=delivery.stamp,
        area=view.area, hall=view.hall, hall_name=view.name, incident=alert.incident,
        device=alert.device, fault=alert.fault,
        fault_name=alert.fault_name_en if english else alert.fault_name, level=said.level,
        occasion=delivery.occasion, title=said.title_en if english else said.title,
        lines=tuple(said.lines_en if english else said.lines), began_at=alert.since, over_at=alert.over_at,
        link=dispatch.link(view, alert, delivery), drill=view.drill,
    )  # fmt: skip
    item = Item(
        part=part, decided_at=delivery.decided_at, hold_until=delivery.hold_until, mentions=mentions,
        reference=delivery.reference, maybe_taken=delivery.maybe_taken, rank=said.rank,
        urgent=delivery.occasion in URGENT and said.level == dispatch.top_level != "",
    )  # fmt: skip
    place = Place(delivery.channel, address_of(alerting, delivery.channel, delivery.people))
    return Post(place=place, item=item, language="en" if english else "zh")
