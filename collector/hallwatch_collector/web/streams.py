"""How many live streams there are: each holds a connection open, and there is an end to those."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from litestar.exceptions import ServiceUnavailableException

from hallwatch_collector.people.neighbours import neighbourhood_of

MOST: Final = 2000
MOST_OF_ONE: Final = 500
"""Of one address: behind it there may be a whole hall, with a board at each of its windows."""
RETRY_S: Final = 10


class Streams:
    """Counts the streams that are open, by address. Lives in the loop's thread alone."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """Raise 503 when there is no room for one more to this address."""
        if self._open.total() >= MOST or self._open[neighbourhood_of(address)] >= MOST_OF_ONE:
            raise ServiceUnavailableException("too_many_streams", headers={"Retry-After": str(RETRY_S)})

    async def count(self, address: str, messages: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Yield the messages of a stream, and count it for as long as it is open."""
        address = neighbourhood_of(address)
        self._open[address] += 1
        try:
            async with contextlib.aclosing(messages):
                async for message in messages:
                    yield message
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
