"""How calls of devices are taken in, on the event loop: seldom enough, and without end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from hallwatch_agent.probes.probe import CouldNotRead

QUIET_S: Final = 2.0
"""A device that calls all the time is read once in so many seconds, and once more after its last call."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
"""A watch that ends is started again after a pause that grows from the first to the longest; one that has gone well for
as long as the longest begins with the first again."""

log = logging.getLogger(__name__)


class Calls:
    """Passes calls on to *called*: the first at once, those of the next seconds together. For the loop's thread."""

    def __init__(self, called: Callable[[str], None]) -> None:
        self._called = called
        self._again: dict[str, bool] = {}  # of each device that called just now: whether it has called since

    def call(self, device: str, why: str) -> None:
        """Take a call."""
        if device in self._again:
            self._again[device] = True
            return
        log.debug("%s calls: %s", device, why)
        self._ring(device)

    def _ring(self, device: str) -> None:
        self._again[device] = False
        asyncio.get_running_loop().call_later(QUIET_S, self._end_quiet, device)
        self._called(device)

    def _end_quiet(self, device: str) -> None:
        if self._again.pop(device):
            self._ring(device)


async def keep_going(start: Callable[[], Awaitable[None]], what: str) -> None:
    """Run what *start* gives until cancelled: again and again, after pauses that grow. A new failure is logged once."""
    loop, pause_s, known = asyncio.get_running_loop(), FIRST_PAUSE_S, ""
    while True:
        began = loop.time()
        try:
            await start()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the loop, and may be over soon
            note = error.note if isinstance(error, CouldNotRead) else f"{type(error).__name__}: {error}"
            log.log(logging.DEBUG if note == known else logging.WARNING, "%s: %s; trying again", what, note)
            known = note
        if loop.time() - began >= LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
