"""Carries "this hall changed" from the collector's threads to the pages that wait in the asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.source import Source


class News:
    """Wakes whoever waits for a change.

    A burst of changes costs the collector's thread one set insertion each: the loop is called once until it has looked.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._fresh: set[HallKey] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiters: set[tuple[HallKey | None, asyncio.Event]] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self.closed = False

    async def open(self) -> None:
        """Begin to listen; call it in the loop in which the pages wait."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._source.subscribe(self._notice)

    async def close(self) -> None:
        """Stop listening and end the open streams."""
        if self._unsubscribe:
            self._unsubscribe()
        self.end()

    def end(self) -> None:
        """Wake everyone for the last time; may be called from any thread."""
        self.closed = True
        self._call(self._wake_all)

    def watch(self, key: HallKey | None) -> Watch:
        """Return a watch over one hall, or over all of them (None)."""
        return Watch(self._waiters, key)

    def _notice(self, key: HallKey) -> None:
        with self._lock:
            first = not self._fresh
            self._fresh.add(key)
        if first:
            self._call(self._wake)

    def _call(self, action: Callable[[], None]) -> None:
        # A loop that is closed, or closes at this moment, has nobody left who waits.
        if self._loop:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(action)

    def _wake(self) -> None:
        with self._lock:
            fresh, self._fresh = self._fresh, set()
        for key, event in self._waiters:
            if key is None or key in fresh:
                event.set()

    def _wake_all(self) -> None:
        for _, event in self._waiters:
            event.set()


class Watch:
    """One page's wait; a context manager, so that a page that left is forgotten."""

    def __init__(self, waiters: set[tuple[HallKey | None, asyncio.Event]], key: HallKey | None) -> None:
        self._waiters = waiters
        self._changed = asyncio.Event()
        self._entry = (key, self._changed)

    def __enter__(self) -> Watch:
        self._waiters.add(self._entry)
        return self

    def __exit__(self, *_: object) -> None:
        self._waiters.discard(self._entry)

    async def wait(self, limit_s: float) -> bool:
        """Wait for the next change, at most *limit_s*; tell whether there was one since the last call."""
        try:
            await asyncio.wait_for(self._changed.wait(), limit_s)
        except TimeoutError:
            return False
        self._changed.clear()
        return True
