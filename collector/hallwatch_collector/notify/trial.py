"""The test of alerts: a marked message by every way of everybody, sent by the same courier as a real one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from hallwatch_agent.chat.reason import OUT_OF_TIME
from hallwatch_collector.core.alerts.people import Recipient, Way
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.notify.channel import Channel, Http, Kit
from hallwatch_collector.notify.courier import Courier, Place, Post
from hallwatch_collector.notify.http import Client
from hallwatch_collector.notify.lane import Item
from hallwatch_collector.notify.message import Part
from hallwatch_collector.notify.settings import AlertFile, read_secret

TEST_KEY: Final = HallKey("hallwatch", "test")
PATIENCE_S: Final = 20.0
"""A channel that does not take it now is asked again; after so long that is an answer too."""
Outcome = Literal["accepted", "failed", "held", "unanswered"]


class Tried(Struct, frozen=True, kw_only=True):
    """What became of the message to one place."""

    channel: str
    to: str
    people: tuple[str, ...]
    outcome: Outcome
    """Taken by the channel; refused for good; not taken yet, and tried again; no answer."""
    reason: str = ""


class Trial(Struct, frozen=True, kw_only=True):
    """What became of a test."""

    tried: tuple[Tried, ...]

    @property
    def reached(self) -> list[str]:
        """Who has it by one way at least."""
        return list(dict.fromkeys(name for each in self.tried if each.outcome == "accepted" for name in each.people))

    @property
    def unreached(self) -> list[str]:
        """Who has it by none."""
        reached = set(self.reached)
        return list(dict.fromkeys(name for each in self.tried for name in each.people if name not in reached))


def gather_places(
    people: Iterable[Recipient], channels: Sequence[str] = ()
) -> dict[Place, list[tuple[Recipient, Way]]]:
    """Return where a test goes: every way of these people, by these channels only if some are named."""
    places: dict[Place, list[tuple[Recipient, Way]]] = {}
    for person in people:
        for way in person.ways:
            if not channels or way.channel in channels:
                places.setdefault(Place(way.channel, way.to), []).append((person, way))
    return places


def try_out(
    told: AlertFile, folder: Path, people: Iterable[Recipient], *, halls: Sequence[str], now: Callable[[], float],
    channels: Sequence[str] = (), patience_s: float = PATIENCE_S, http: Http | None = None,
) -> Trial:  # fmt: skip
    """Send a test to people, and wait for what comes of it; *halls*: the names of those that it is about."""
    places = gather_places(people, channels)
    at = now()
    posts = {
        f"test-{int(at)}-{number}": _make_post(place, reached, f"test-{int(at)}-{number}", halls, at)
        for number, (place, reached) in enumerate(places.items(), 1)
    }

    def kit() -> Kit:
        return Kit(secret=lambda name: read_secret(folder, name), now=now())

    channels_of: dict[str, Channel] = {channel.id: channel for channel in told.channels}
    client = Client()
    try:
        answers = _carry(Courier(channels_of, kit, now, http or client), posts, patience_s)
    finally:
        client.close()
    return Trial(tried=tuple(_settle(post, answers.get(name), places) for name, post in posts.items()))


def _carry(courier: Courier, posts: dict[str, Post], patience_s: float) -> dict[str, Receipt]:
    """Return the last word on each post; the courier is stopped when all have an answer, or patience ends."""
    answers: dict[str, Receipt] = {}
    heard = threading.Condition()

    def hear(_key: HallKey, receipts: Sequence[Receipt]) -> None:
        with heard:
            answers.update({each.alert: each for each in receipts if each.outcome != "sent"})
            heard.notify()

    courier.start(hear)
    courier.show(TEST_KEY, posts.values())
    until = time.monotonic() + patience_s
    with heard:
        while not _all_settled(posts, answers) and (left := until - time.monotonic()) > 0:
            heard.wait(left)
    courier.stop()
    return answers


def _all_settled(posts: dict[str, Post], answers: dict[str, Receipt]) -> bool:
    return all(name in answers and answers[name].outcome in ("accepted", "failed") for name in posts)


def _settle(post: Post, answer: Receipt | None, places: dict[Place, list[tuple[Recipient, Way]]]) -> Tried:
    outcomes: dict[str, Outcome] = {"accepted": "accepted", "failed": "failed", "held": "held"}
    outcome = outcomes[answer.outcome] if answer else "unanswered"
    people = tuple(person.name for person, _ in places[post.place])
    return Tried(
        channel=post.place.channel, to=post.place.to, people=people, outcome=outcome,
        reason=answer.reason if answer else str(OUT_OF_TIME),
    )  # fmt: skip


def _make_post(place: Place, reached: list[tuple[Recipient, Way]], name: str, halls: Sequence[str], at: float) -> Post:
    english = all(person.language == "en" for person, _ in reached)
    names = ", ".join(person.name for person, _ in reached)
    about = "、".join(halls)
    title = f"Alerts of {', '.join(halls)} reach you" if english else f"{about}的通知可以送到这里"
    lines = (f"For: {names}",) if english else (f"收件人:{names}",)
    part = Part(
        alert=name, edition=1, area=TEST_KEY.area, hall=TEST_KEY.hall, hall_name=about, incident=name, device="",
        fault="", level="", occasion="test", title=title, lines=lines, began_at=at, over_at=at,
    )  # fmt: skip
    mentions = tuple(way.mention for _, way in reached if way.mention)
    item = Item(part=part, decided_at=at, mentions=mentions)
    return Post(place=place, item=item, language="en" if english else "zh")
