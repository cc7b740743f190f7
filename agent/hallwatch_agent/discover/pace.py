"""How fast and how much at once: so many questions a second, evenly, and so many open at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]


class Pace:
    """Gives turns: at most *rate* a second, without bursts, whoever asks."""

    def __init__(self, rate: float, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        """*clock* is in seconds and never goes back."""
        self._gap_s = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    async def turn(self) -> None:
        """Wait until one may ask."""
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._gap_s
        if mine > now:
            await self._sleep(mine - now)


async def for_each(items: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Do *work* for every item, *at_once* at a time. Items are taken as they are needed: a /16 costs no memory."""
    left = iter(items)

    async def take() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(take())
