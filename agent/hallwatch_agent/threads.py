"""Threads for probes that block: started one by one as needed, replaced when they hang, within a bound."""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue
from typing import Final

from hallwatch_agent.job import Clock, Finished, Job, begin, run

POOL: Final = 128
"""Threads that do not hang. They mostly wait, for 12 KiB each, and 100 silent devices must not hold up the others."""
LIMIT: Final = 192
"""Threads in all. When so many hang, blocking probes wait and are told as busy."""

log = logging.getLogger(__name__)


class Threads:
    """Runs blocking jobs and tells *finished* of each."""

    def __init__(self, finished: Finished, clock: Clock, pool: int = POOL, limit: int = LIMIT) -> None:
        self._finished = finished
        self._clock = clock
        self._pool = pool
        self._limit = limit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._alive = 0
        self._hung: set[Job] = set()
        self._wanted = 0  # jobs that wait or run and are not abandoned

    def start(self, job: Job) -> None:
        """Run *job* as soon as a thread is free."""
        with self._lock:
            self._wanted += 1
            self._grow()
        self._jobs.put(job)

    def abandon(self, job: Job) -> bool:
        """Give *job* up; tell whether it has begun: its thread hangs then, and another may take its place.

        One that has just ended is given up like any other, but holds no thread.
        """
        with self._lock:
            job.abandoned = True
            begun = job.started_at is not None
            if job.ended:
                return begun
            self._wanted -= 1
            if begun:
                self._hung.add(job)
                self._grow()
            return begun

    def close(self) -> None:
        """Let idle threads end. Those that hang die with the process."""
        with self._lock:
            self._limit = 0
            for _ in range(self._alive):
                self._jobs.put(None)

    def _grow(self) -> None:
        sound = self._alive - len(self._hung)
        if self._wanted > sound and sound < self._pool and self._alive < self._limit:
            thread = threading.Thread(target=self._work, name=f"probe-{self._alive}", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the system grants no more; those that there are go on
                log.error("no further thread for probes: %s", error)
            else:
                self._alive += 1

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                if job.abandoned:
                    continue
                begin(job, self._clock)
            reading = run(job, self._clock)
            with self._lock:
                job.ended = True
                if job in self._hung:
                    self._hung.discard(job)
                else:
                    self._wanted -= 1
                surplus = self._alive - len(self._hung) > self._pool
                self._alive -= surplus
            self._finished(job, reading)
            if surplus:
                return
