"""Runs the probes. One that hangs, crashes or tells nonsense costs its own reading only.

The caller keeps the time: a job that has used up its limit is abandoned, and its task not started again before it ends.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from hallwatch_agent.job import Clock, Finished, Job
from hallwatch_agent.threads import Threads

if TYPE_CHECKING:
    from hallwatch_agent.loop import Loop


class Readers:
    """Blocking probes go to threads, awaitable ones to the event loop, which starts with the first of them.

    *finished* is called in the reading thread at the end of every job that began, abandoned or not.
    """

    def __init__(self, finished: Finished, clock: Clock) -> None:
        self._finished = finished
        self._clock = clock
        self._threads = Threads(finished, clock)
        self._loop: Loop | None = None

    def start(self, job: Job) -> None:
        """Run *job* as soon as may be; until then its ``started_at`` is ``None``."""
        self._runner(job).start(job)

    def abandon(self, job: Job) -> bool:
        """Give *job* up, once; tell whether it has begun and hangs. If not, it never will begin."""
        return self._runner(job).abandon(job)

    def loop(self) -> Loop:
        """Return the event loop; it starts with the first who asks for it."""
        if self._loop is None:
            from hallwatch_agent.loop import Loop

            self._loop = Loop(self._finished, self._clock)
        return self._loop

    def close(self) -> None:
        """Stop. A thread that hangs dies with the process."""
        self._threads.close()
        if self._loop is not None:
            self._loop.close()

    def _runner(self, job: Job) -> Threads | Loop:
        return self.loop() if inspect.iscoroutinefunction(type(job.probe).read) else self._threads
