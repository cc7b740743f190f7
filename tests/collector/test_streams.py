"""How many live streams may be open, counted from their first message to their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from litestar.exceptions import ServiceUnavailableException

from hallwatch_collector.web.streams import MOST, MOST_OF_ONE, Streams


async def two_messages() -> AsyncGenerator[bytes]:
    yield b"1"
    yield b"2"


async def open_all(streams: Streams, addresses: list[str]) -> list[AsyncGenerator[bytes]]:
    opened = [streams.count(address, two_messages()) for address in addresses]
    for each in opened:
        await anext(each)
    return opened


@pytest.mark.parametrize(
    ("addresses", "full", "free"),
    [
        (["10.0.0.1"] * MOST_OF_ONE, "10.0.0.1", "10.0.0.2"),
        ([f"2001:db8::{n:x}" for n in range(MOST_OF_ONE)], "2001:db8::ffff:1", "2001:db8:1::1"),
        ([f"10.0.{n // 200}.{n % 200}" for n in range(MOST)], "10.9.9.9", ""),
    ],
    ids=["one", "one-network", "all"],
)
def test_there_is_an_end_to_them_and_room_again_when_one_is_closed(addresses: list[str], full: str, free: str) -> None:
    async def go() -> None:
        streams = Streams()
        opened = await open_all(streams, addresses)
        with pytest.raises(ServiceUnavailableException) as refused:
            streams.check(full)
        assert refused.value.headers == {"Retry-After": "10"}
        if free:
            streams.check(free)
        assert [message async for message in opened[0]] == [b"2"]
        streams.check(full)
        for each in opened:
            await each.aclose()
        assert not streams._open

    asyncio.run(go())
