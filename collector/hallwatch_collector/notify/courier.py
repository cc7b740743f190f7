"""Carries messages to the channels and tells the core what became of them.

Each channel has threads of its own, so that one that is slow or silent holds up no other. Before something is sent it
is written down that it is on its way: after a crash it is known what may have arrived.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec import Struct

from hallwatch_agent.chat.reason import DEFECT
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.notify.channel import (
    Answer,
    Channel,
    Http,
    Kit,
    Never,
    NotNow,
    Taken,
)
from hallwatch_collector.notify.delivery import deliver
from hallwatch_collector.notify.lane import Item, Lane, Sending
from hallwatch_collector.notify.message import Message, Part
from hallwatch_collector.notify.refresh import Standing

log = logging.getLogger(__name__)

WORKERS: Final = 4
"""So many places of one channel are told at the same time."""
LOOK_S: Final = 0.5
"""How often it is looked at least whether something is due."""

Tell = Callable[[HallKey, Sequence[Receipt]], None]


class Place(Struct, frozen=True):
    """Where messages go: an address on a channel."""

    channel: str
    to: str = ""


class Post(Struct, frozen=True, kw_only=True):
    """Something to tell, and where."""

    place: Place
    item: Item
    language: str = "zh"


class Courier:
    """Sends what it is given. Thread-safe."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        kit: Callable[[], Kit],
        now: Callable[[], float],
        http: Http,
        page: Callable[[Sequence[Part]], str] = lambda _parts: "",
    ) -> None:
        """*http* sends what channels ask to be sent; *page* tells the address at which all of a digest is found."""
        self._channels = dict(channels)
        self._kit = kit
        self._now = now
        self._http = http
        self._page = page
        self._tell: Tell = lambda _key, _receipts: None
        self._lanes: dict[Place, Lane] = {}
        self._standing: dict[Place, Standing] = {}
        self._languages: dict[Place, str] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._pools = {name: ThreadPoolExecutor(WORKERS, f"channel-{name}") for name in channels}
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self, tell: Tell) -> None:
        """Begin to send; *tell* is given each receipt, and must not return before what it says is written down."""
        self._tell = tell
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for, as long as its channel's time limit."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def use(self, channels: Mapping[str, Channel]) -> None:
        """Send by these channels from now on; what was to go by one that is not among them is told no more."""
        with self._changed:
            self._channels = dict(channels)
            for name in channels:
                if name not in self._pools:
                    self._pools[name] = ThreadPoolExecutor(WORKERS, f"channel-{name}")
            self._lanes = {place: lane for place, lane in self._lanes.items() if place.channel in channels}
            for place, lane in self._lanes.items():
                channel = channels[place.channel]
                lane.keep_to(channel.pace, read_by_people=not channel.feed)
            self._standing = {place: told for place, told in self._standing.items() if place.channel in channels}
            for place, standing in self._standing.items():
                standing.every_s = channels[place.channel].refresh_every_s() or standing.every_s
            self._changed.notify()

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive()

    def show(self, key: HallKey, posts: Iterable[Post]) -> None:
        """Take all that is to be told of a hall now: what it held of that hall beside this is told no more."""
        by_place: dict[Place, list[Item]] = {}
        with self._changed:
            for post in posts:
                by_place.setdefault(post.place, []).append(post.item)
                self._languages[post.place] = post.language
            stem = f"{key}/"
            for place, lane in self._lanes.items():
                wanted = {item.name for item in by_place.get(place, ())}
                lane.drop([name for name in lane.names() if name.startswith(stem) and name not in wanted])
            for place, items in by_place.items():
                if (channel := self._channels.get(place.channel)) is not None:
                    lane = self._lanes.setdefault(place, Lane(channel.pace, read_by_people=not channel.feed))
                    lane.want(items)
            self._changed.notify()

    def stand(self, key: HallKey, posts: Iterable[Post]) -> None:
        """Take all that a hall's channels have taken and that stands: where it would be forgotten it is told again."""
        by_place: dict[Place, list[Item]] = {}
        for post in posts:
            by_place.setdefault(post.place, []).append(post.item)
        with self._changed:
            for place in {*by_place, *self._standing}:
                if standing := self._standing_at(place):
                    standing.hold(f"{key}/", by_place.get(place, ()))
            self._changed.notify()

    def _standing_at(self, place: Place) -> Standing | None:
        """Return what stands at a place that forgets; None: it does not."""
        channel = self._channels.get(place.channel)
        every_s = channel.refresh_every_s() if channel else None
        return None if every_s is None else self._standing.setdefault(place, Standing(every_s))

    @property
    def trouble(self) -> str:
        """Where what stands cannot be told again, in words for people; empty: nowhere."""
        with self._changed:
            for place, standing in self._standing.items():
                if standing.reason:
                    return f"What stands cannot be told again by {place.channel}, it may forget it: {standing.reason}"
        return ""

    def waiting(self) -> dict[str, int]:
        """Return how many messages wait, by channel."""
        with self._changed:
            counts = dict.fromkeys(self._channels, 0)
            for place, lane in self._lanes.items():
                counts[place.channel] += lane.waiting
            return counts

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                refreshes = list(self._refreshes())
                work = list(self._due())
                if not work and not refreshes:
                    self._changed.wait(self._pause_s())
                    continue
            for place, channel, sending in work:
                self._pools[place.channel].submit(self._deliver, place, channel, sending)
            for place, channel, sending in refreshes:
                self._pools[place.channel].submit(self._refresh, place, channel, sending)

    def _refreshes(self) -> Iterator[tuple[Place, Channel, Sending]]:
        """Yield what is to be told again, where nothing new is to be told."""
        now = self._now()
        for place, standing in self._standing.items():
            lane = self._lanes.get(place)
            if not (lane and lane.waiting) and (items := standing.take(now)):
                yield place, self._channels[place.channel], Sending(items=items, again=False)

    def _refresh(self, place: Place, channel: Channel, sending: Sending) -> None:
        message = self._message(place, sending, again=False)
        answer = deliver(channel, message, self._kit(), self._http)
        with self._changed:
            if standing := self._standing.get(place):
                standing.settle(answer, self._now())
            self._changed.notify()

    def _due(self) -> Iterator[tuple[Place, Channel, Sending]]:
        now = self._now()
        for place, lane in self._lanes.items():
            if (standing := self._standing.get(place)) is not None and standing.under_way:
                continue
            channel = self._channels[place.channel]

            def names(items: Sequence[Item], place: Place = place, channel: Channel = channel) -> int:
                try:
                    return channel.names(self._message(place, Sending(items=tuple(items), again=True), again=True))
                except Exception:  # one channel's defect must not keep the others from being served
                    log.exception("channel %s cannot tell how many incidents it can name", place.channel)
                    return len(items)

            if (sending := lane.take(now, names)) is not None:
                yield place, channel, sending

    def _pause_s(self) -> float:
        now = self._now()
        dues = [due for lane in self._lanes.values() if (due := lane.due_at(now)) is not None]
        return max(0.001, min([LOOK_S, *(due - now for due in dues)]))

    def _deliver(self, place: Place, channel: Channel, sending: Sending) -> None:
        again = sending.again and not channel.knows_repeats
        try:
            self._report(sending.items, "sent", again=again)
            message = self._message(place, sending, again=again)
            answer = deliver(channel, message, self._kit(), self._http)
        except Exception:
            log.exception("channel %s failed; it is tried again", place.channel)
            answer = NotNow(DEFECT, maybe_taken=True)
        try:
            self._note(sending.items, answer)  # before the lane lets go: nobody hands it the same again meanwhile
        except Exception:
            log.exception("what became of a message on channel %s could not be noted", place.channel)
        with self._changed:
            if lane := self._lanes.get(place):
                lane.settle(answer, self._now())
            if standing := self._standing_at(place):
                standing.note_answer(sending.items, answer)
            self._changed.notify()

    def _message(self, place: Place, sending: Sending, *, again: bool) -> Message:
        items = sending.items
        parts = tuple(item.part for item in items)
        mentions = dict.fromkeys(name for item in items for name in item.mentions)
        return Message(
            channel=place.channel, to=place.to, mentions=tuple(mentions), again=again,
            language="en" if self._languages.get(place) == "en" else "zh",
            is_test=all(item.part.occasion == "test" for item in items),
            parts=parts, page=self._page(parts), reference=items[0].reference if len(items) == 1 else "",
        )  # fmt: skip

    def _note(self, items: Sequence[Item], answer: Answer) -> None:
        match answer:
            case Taken(reference=reference):
                self._report(items, "accepted", reference=reference, digest=len(items) > 1)
            case NotNow(reason=reason):
                self._report(items, "held", reason=reason.en, reason_zh=reason.zh)
            case Never(reason=reason):
                self._report(items, "failed", reason=reason.en, reason_zh=reason.zh)

    def _report(self, items: Sequence[Item], outcome: str, **more: object) -> None:
        by_hall: dict[HallKey, list[Receipt]] = {}
        for item in items:
            part = item.part
            told = {"alert": part.alert, "edition": part.edition, "stamp": part.stamp, "outcome": outcome}
            receipt = Receipt(**told, **more)  # type: ignore[arg-type]
            by_hall.setdefault(HallKey(part.area, part.hall), []).append(receipt)
        for key, receipts in by_hall.items():
            self._tell(key, receipts)
