"""Live pages by server-sent events: the server renders, the browser swaps what changed.

The stream is written by hand, a line per field as the HTML standard has it: with hundreds of boards open, taking the
same text apart for each of them is what a change would wait for.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar.response import Stream
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.cookies import FORM_MARK
from hallwatch_collector.web.news import News
from hallwatch_collector.web.render import Part, Picture

BEAT_S: Final = 5.0
"""A stream says something at least this often; a browser that hears nothing for three beats says so to its people."""
GAP_S: Final = 0.05
"""Changes that follow each other faster than this come together."""
REST: Final = 4
"""A page of all halls rests so many times as long as it took to draw: there may be hundreds, whose pictures are made
anew for it while others wait."""
RETRY_MS: Final = 2000
_MARK: Final = FORM_MARK.encode()
SAME_AT_MOST: Final = 64
"""So many encoded changes are kept, so that what goes to many boards is encoded once."""
LOOK_S: Final = 10.0
"""So often it is looked whether who is signed in still is."""


NOTHING: Final = Part("", "", "")
"""What a browser has of a part that it was never sent."""


class PartChange(Struct, frozen=True, kw_only=True):
    """A section of the page, rendered: its lines between the first and the last ones, which are as they were."""

    id: str
    digest: str
    first: int
    """So many of the lines that were sent before begin it; with neither these nor the last ones it is whole."""
    last: int
    """So many end it."""
    lines: list[str]


class Change(Struct, frozen=True, kw_only=True):
    """What a stream sends: the parts of the page that are new to this browser."""

    clock: str
    as_of: str
    tab: str
    frame: str
    """Stands for what is around the parts: a browser that has another one loads the page anew."""
    parts: list[PartChange]


class Announcer:
    """Encodes changes, each once however many boards it goes to."""

    def __init__(self) -> None:
        self._same: dict[tuple[str, ...], bytes] = {}

    def encode(self, picture: Picture, sent: Mapping[str, Part]) -> bytes | None:
        """Return the event that tells what of a picture is new to whom these parts were sent; None: nothing is."""
        new = [(sent.get(part.id, NOTHING), part) for part in picture.parts]
        new = [(before, part) for before, part in new if before.digest != part.digest]
        return self._encode("picture", picture, new) if new else None

    def encode_beat(self, picture: Picture) -> bytes:
        """Return the event that tells the time."""
        return self._encode("beat", picture, [])

    def _encode(self, name: str, picture: Picture, new: list[tuple[Part, Part]]) -> bytes:
        key = (
            picture.clock,
            picture.tab,
            picture.frame,
            *(f"{part.id} {before.digest} {part.digest}" for before, part in new),
        )
        if key not in self._same:
            if len(self._same) >= SAME_AT_MOST:
                self._same.clear()
            parts = [compare(before, part) for before, part in new]
            change = Change(clock=picture.clock, as_of=picture.as_of, tab=picture.tab, frame=picture.frame, parts=parts)
            self._same[key] = write_event(name, msgspec.json.encode(change))
        return self._same[key]


def compare(before: Part, part: Part) -> PartChange:
    """Return what of a part is new.

    Of a hall's picture a fault changes a line or two: hundreds of boards are sent these, not the whole of it.
    """
    old, new = (each.html.split("\n") if each.digest else [] for each in (before, part))
    first = _count_same(zip(old, new, strict=False))
    last = _count_same(zip(reversed(old[first:]), reversed(new[first:]), strict=False))
    return PartChange(id=part.id, digest=part.digest, first=first, last=last, lines=new[first : len(new) - last])


def _count_same(pairs: Iterable[tuple[str, str]]) -> int:
    """Return how many pairs are of the same until the first that is not."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


async def follow(
    news: News,
    key: HallKey | None,
    draw: Callable[[], Awaitable[Picture | None]],
    announcer: Announcer,
    *,
    token: str = "",
    is_good: Callable[[], Awaitable[bool]] | None = None,
) -> AsyncGenerator[bytes]:
    """Yield what changed, at once and at most every :data:`GAP_S`; a beat while nothing does; ``gone`` at the end.

    *key* None: a page of all halls. *token*: of the forms in it. *is_good* is asked now and then whether this
    reader may still look; ``over`` when not.
    """
    sent: dict[str, Part] = {}
    moment = asyncio.get_running_loop().time
    quiet_since, looked_at = -BEAT_S, moment()
    yield b"retry: %d\n\n" % RETRY_MS
    with news.watch(key) as watch:
        while not news.closed:
            if is_good and moment() - looked_at >= LOOK_S:
                looked_at = moment()
                if not await is_good():
                    yield write_event("over", b"")
                    return
            began = moment()
            picture = await draw()
            gap_s = GAP_S if key else min(max(GAP_S, REST * (moment() - began)), BEAT_S)
            if picture is None:
                yield write_event("gone", b"")
                return
            event = announcer.encode(picture, sent)
            sent = {part.id: part for part in picture.parts}
            if event is None and moment() - quiet_since >= BEAT_S:
                event = announcer.encode_beat(picture)
            if event:
                yield event.replace(_MARK, token.encode())
                quiet_since = moment()
            await asyncio.sleep(gap_s)
            await watch.wait(quiet_since + BEAT_S - moment())


def write_event(name: str, data: bytes) -> bytes:
    """Return an event as it goes over the line; *data* has no line ends."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def answer_stream(messages: AsyncIterator[bytes]) -> Stream:
    """Answer with a stream."""
    headers: dict[str, Any] = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(messages, media_type="text/event-stream", headers=headers)
