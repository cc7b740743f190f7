"""Live pages by server-sent events: the server renders, the browser swaps what changed.

The stream is written by hand, a line per field as the HTML standard has it: with hundreds of boards open, taking the
same text apart for each of them is what a change would wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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
GAP_S: Final = 0.1
"""Changes that follow each other faster than this come together."""
RETRY_MS: Final = 2000
_MARK: Final = FORM_MARK.encode()
SAME_AT_MOST: Final = 64
"""So many encoded changes are kept, so that what goes to many boards is encoded once."""
LOOK_S: Final = 10.0
"""So often it is looked whether who is signed in still is."""


class PartChange(Struct, frozen=True, kw_only=True):
    """A section of the page, rendered."""

    id: str
    digest: str
    html: str


class Change(Struct, frozen=True, kw_only=True):
    """What a stream sends: the parts of the page that are new to this browser."""

    clock: str
    as_of: str
    tab: str
    parts: list[PartChange]


class Announcer:
    """Encodes changes, each once however many boards it goes to."""

    def __init__(self) -> None:
        self._same: dict[tuple[str, ...], bytes] = {}

    def encode(self, picture: Picture, parts: list[Part]) -> bytes:
        """Return the event that tells of these parts of a picture; without parts it is a beat."""
        key = (picture.clock, picture.tab, *(f"{part.id} {part.digest}" for part in parts))
        if key not in self._same:
            if len(self._same) >= SAME_AT_MOST:
                self._same.clear()
            self._same[key] = write_event("picture" if parts else "beat", _encode(picture, parts))
        return self._same[key]


async def follow(
    news: News,
    key: HallKey | None,
    draw: Callable[[], Awaitable[Picture | None]],
    announcer: Announcer,
    *,
    token: str = "",
    is_good: Callable[[], Awaitable[bool]] | None = None,
) -> AsyncIterator[bytes]:
    """Yield what changed, at once and at most every :data:`GAP_S`; a beat while nothing does; ``gone`` at the end.

    *token*: of the forms in it. *is_good* is asked now and then whether this reader may still look; ``over`` when not.
    """
    sent: dict[str, str] = {}
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
            picture = await draw()
            if picture is None:
                yield write_event("gone", b"")
                return
            parts = [part for part in picture.parts if sent.get(part.id) != part.digest]
            sent = {part.id: part.digest for part in picture.parts}
            if parts or moment() - quiet_since >= BEAT_S:
                yield announcer.encode(picture, parts).replace(_MARK, token.encode())
                quiet_since = moment()
            await asyncio.sleep(GAP_S)
            await watch.wait(quiet_since + BEAT_S - moment())


def write_event(name: str, data: bytes) -> bytes:
    """Return an event as it goes over the line; *data* has no line ends."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def _encode(picture: Picture, parts: list[Part]) -> bytes:
    return msgspec.json.encode(
        Change(
            clock=picture.clock, as_of=picture.as_of, tab=picture.tab,
            parts=[PartChange(id=part.id, digest=part.digest, html=part.html) for part in parts],
        )
    )  # fmt: skip


def answer_stream(messages: AsyncIterator[bytes]) -> Stream:
    """Answer with a stream."""
    headers: dict[str, Any] = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(messages, media_type="text/event-stream", headers=headers)
