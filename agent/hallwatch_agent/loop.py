"""The one event loop for awaitable probes and whatever listens, in a thread of its own.

asyncio is large, so it is loaded only when there is something for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

from hallwatch_agent.job import Clock, Finished, Job, begin, failed_reading, run_awaitable
from hallwatch_agent.wire import ReadError, Reading

CLOSE_S: Final = 0.3
MOST_LOOK_UPS: Final = 64
"""Names that are looked up at the same time; further ones wait."""

P = ParamSpec("P")
T = TypeVar("T")


class Loop:
    """Runs awaitable jobs and tells *finished* of each. The public methods may be called from any thread."""

    def __init__(self, finished: Finished, clock: Clock) -> None:
        self._finished = finished
        self._clock = clock
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(LookUps())
        self._tasks: dict[Job, asyncio.Task[Reading]] = {}
        self._thread = threading.Thread(target=self._run, name="probe-loop", daemon=True)
        self._thread.start()

    def start(self, job: Job) -> None:
        """Run *job* at once."""
        self._loop.call_soon_threadsafe(self._begin, job)

    def abandon(self, job: Job) -> bool:
        """Give *job* up; tell whether it has begun: it is cancelled then, and told as finished when it heeds that."""
        with self._lock:
            job.abandoned = True
            begun = job.started_at is not None
        if begun:
            self._loop.call_soon_threadsafe(self._cancel, job)
        return begun

    def spawn(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        """Run *work* beside the jobs until its end; to cancel what is returned cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function in the loop's thread."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """End all tasks and the loop; leave it behind when a task does not let it go in time."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)

    def _begin(self, job: Job) -> None:
        with self._lock:
            if job.abandoned:
                return
            begin(job, self._clock)
        task = self._tasks[job] = self._loop.create_task(run_awaitable(job, self._clock))
        task.add_done_callback(lambda done: self._end(job, done))

    def _cancel(self, job: Job) -> None:
        if task := self._tasks.get(job):
            task.cancel()

    def _end(self, job: Job, task: asyncio.Task[Reading]) -> None:
        del self._tasks[job]
        if task.cancelled():
            order = job.task.order
            self._finished(job, failed_reading(order, ReadError.TIMEOUT, "cancelled", self._clock()))
        else:
            self._finished(job, task.result())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        if tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=CLOSE_S / 2))
        # A task that has not ended by now never will: nobody wants to hear of it, and its sockets are the loop's.
        self._loop.set_exception_handler(lambda *_: None)
        self._loop.close()


class LookUps(ThreadPoolExecutor):
    """Where the loop's names are looked up. Python's own has few threads, all of which names that nobody knows may
    hold, and waits for them at the end of the program. For one caller's thread."""

    def __init__(self) -> None:
        super().__init__(MOST_LOOK_UPS)
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._alive = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call *fn* in a thread that does not keep the program from ending."""
        future: Future[T] = Future()
        self._calls.put((future, partial(fn, *args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._alive < MOST_LOOK_UPS:
            threading.Thread(target=self._work, name=f"look-up-{self._alive}", daemon=True).start()
            self._alive += 1
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let idle threads end. Those that hang die with the process."""
        for _ in range(self._alive):
            self._calls.put(None)
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _work(self) -> None:
        while (given := self._calls.get()) is not None:
            future, call = given
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - whoever waits for it hears of it
                    future.set_exception(error)
            del given, future, call
            self._idle.release()
