"""The probes at work: what is started when, what has used up its time, and which readings go together."""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from hallwatch_agent.assignment import Key, Task, tasks_from
from hallwatch_agent.callers import Called, Callers
from hallwatch_agent.gather import Gather
from hallwatch_agent.job import Clock, Finished, Job, failed_reading, overdue_reading
from hallwatch_agent.readers import Readers
from hallwatch_agent.schedule import Schedule
from hallwatch_agent.wire import Assignment, ReadError, Reading

GRACE_S: Final = 0.5
"""A probe gets so much beyond its time limit to say in its own words what happened."""

log = logging.getLogger(__name__)


class Work:
    """The tasks of the assignment and the jobs that run for them. For one thread; a job ends in another one, which
    tells *finished*, and the owner passes it on to :meth:`end`."""

    def __init__(
        self,
        finished: Finished,
        called: Called,
        clock: Clock,
        secrets: Path,
        traps_at: tuple[str, int] | None = None,
    ) -> None:
        """*called* is told each device that calls by itself, in another thread; the owner passes it on to
        :meth:`probe_now`. *traps_at* is where traps are received."""
        self._clock = clock
        self._secrets = secrets
        self._readers = Readers(finished, clock)
        self._callers = Callers(self._readers.loop, called, traps_at)
        self._schedule: Schedule[Key] = Schedule(time.monotonic())
        self._gather = Gather()
        self._tasks: dict[Key, Task] = {}
        self._running: dict[Task, Job] = {}  # until they end, also when their time is up
        self._again: set[Task] = set()  # to be read once more, as they are being read already
        self._limits: list[tuple[float, int, Job]] = []  # a heap of when to look at a running job again
        self._order = itertools.count()

    @property
    def devices(self) -> set[str]:
        """The devices that this agent probes."""
        return {device for device, _ in self._tasks}

    def replace(self, assignment: Assignment) -> None:
        """Work by *assignment* from now on; what is unchanged goes on undisturbed."""
        now = time.monotonic()
        before, self._tasks = self._tasks, tasks_from(assignment, self._tasks, self._secrets)
        for key, task in before.items():
            if not self._is_current(task):
                self._gather.forget(key, now)
        for task in self._tasks.values():
            if task.probe is None:
                log.warning("probe %s of %s cannot be run: %s", task.order.name, task.order.device, task.refusal)
        self._again.intersection_update(self._tasks.values())
        self._schedule.replace({key: task.order.interval_s for key, task in self._tasks.items()}, now)
        self._callers.replace(self._tasks.values())

    def next_at(self) -> float | None:
        """Return when :meth:`advance` or :meth:`take` has something to do, monotonic seconds."""
        moments = (self._schedule.next_due(), self._gather.closes_at(), self._limits[0][0] if self._limits else None)
        return min((moment for moment in moments if moment is not None), default=None)

    def advance(self) -> None:
        """Give up what has used up its time and start what is due."""
        self._give_up_overdue()
        self._start(self._schedule.due(time.monotonic()))

    def probe_now(self, devices: Collection[str]) -> None:
        """Read devices out of turn; their next regular readings stay where they are.

        What is being read just now is read once more: it may have been asked before there was a reason to.
        """
        keys = [key for key in self._tasks if key[0] in devices]
        running = (self._running.get(self._tasks[key]) for key in keys)
        self._again.update(job.task for job in running if job and job.started_at is not None and not job.abandoned)
        self._start(keys)

    def end(self, job: Job, reading: Reading) -> None:
        """Take in the end of a job; its reading too, unless it is not wanted any more."""
        if self._running.get(job.task) is job:
            del self._running[job.task]
        if not job.abandoned and self._is_current(job.task):
            self._add(job.task, reading)
        if job.task in self._again:
            self._again.remove(job.task)
            self._start([job.task.key])

    def take(self, *, all_there_is: bool = False) -> list[Reading]:
        """Return the readings of the next report; empty when none is to go yet."""
        closes_at = self._gather.closes_at()
        if closes_at is None or (closes_at > time.monotonic() and not all_there_is):
            return []
        return self._gather.take()

    def close(self) -> None:
        """Stop reading."""
        self._readers.close()

    def _start(self, keys: Iterable[Key]) -> None:
        """Start tasks; say at once of each that cannot be started why."""
        started = []
        for key in keys:
            task = self._tasks[key]
            running = self._running.get(task)
            if task.probe is None:
                self._fail(task, ReadError.UNSUPPORTED, task.refusal)
            elif running is None:
                started.append(Job(task, task.probe))
            elif running.abandoned:
                self._fail(task, ReadError.BUSY, "the previous reading still hangs")
        self._gather.expect(job.task.key for job in started)
        now = time.monotonic()
        for job in started:
            self._running[job.task] = job
            self._look_again(job, now)
            self._readers.start(job)

    def _give_up_overdue(self) -> None:
        now = time.monotonic()
        while self._limits and self._limits[0][0] <= now:
            job = heapq.heappop(self._limits)[2]
            if self._running.get(job.task) is not job:
                continue
            limit_s = job.task.order.timeout_s + GRACE_S
            began = now if job.started_at is None else job.started_at
            if now < began + limit_s:
                self._look_again(job, began)
                continue
            if not self._readers.abandon(job):
                del self._running[job.task]
            if self._is_current(job.task):
                self._add(job.task, overdue_reading(job, limit_s, self._clock()))

    def _look_again(self, job: Job, began: float) -> None:
        heapq.heappush(self._limits, (began + job.task.order.timeout_s + GRACE_S, next(self._order), job))

    def _fail(self, task: Task, error: ReadError, note: str) -> None:
        self._add(task, failed_reading(task.order, error, note, self._clock()))

    def _add(self, task: Task, reading: Reading) -> None:
        self._gather.add(task.key, reading, time.monotonic())

    def _is_current(self, task: Task) -> bool:
        return self._tasks.get(task.key) is task
