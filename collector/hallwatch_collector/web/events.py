"""Live pages by server-sent events: the server renders, the browser swaps what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.news import News
from hallwatch_collector.web.render import Part, Picture

BEAT_S: Final = 5.0
"""A stream says something at least this often; a browser that hears nothing for three beats says so to its people."""
GAP_S: Final = 0.2
"""Changes that follow each other faster than this come together."""
RETRY_MS: Final = 2000


class PartChange(Struct, frozen=True, kw_only=True):
    """A section of the page, rendered."""

    id: str
    digest: str
    html: str


class Change(Struct, frozen=True, kw_only=True):
    """What a stream sends: the parts of the page that are new to this browser."""

    version: int
    clock: str
    as_of: str
    tab: str
    parts: list[PartChange]


async def follow(
    news: News, key: HallKey | None, draw: Callable[[], Picture | None]
) -> AsyncIterator[ServerSentEventMessage]:
    """Yield what changed, at once and at most every :data:`GAP_S`; a beat while nothing does; ``gone`` at the end."""
    sent: dict[str, str] = {}
    with news.watch(key) as watch:
        while not news.closed:
            picture = draw()
            if picture is None:
                yield ServerSentEventMessage(event="gone", data="")
                return
            parts = [part for part in picture.parts if sent.get(part.id) != part.digest]
            sent = {part.id: part.digest for part in picture.parts}
            yield ServerSentEventMessage(event="picture" if parts else "beat", data=_encode(picture, parts))
            await asyncio.sleep(GAP_S)
            await watch.wait(BEAT_S)


def _encode(picture: Picture, parts: list[Part]) -> bytes:
    return msgspec.json.encode(
        Change(
            version=picture.version, clock=picture.clock, as_of=picture.as_of, tab=picture.tab,
            parts=[PartChange(id=part.id, digest=part.digest, html=part.html) for part in parts],
        )
    )  # fmt: skip


def answer_stream(messages: AsyncIterator[ServerSentEventMessage]) -> ServerSentEvent:
    """Answer with a stream."""
    return ServerSentEvent(messages, retry_duration=RETRY_MS)
