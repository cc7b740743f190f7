"""One reading of one probe: run it, and put whatever comes of it into the words of the wire."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from hallwatch_agent.assignment import Task
from hallwatch_agent.probes.probe import CouldNotRead, Probe, Told
from hallwatch_agent.wire import MAX_TEXT_CHARS, NotOnTheWire, ProbeOrder, ReadError, Reading, check_keys, encode

NOTE_CHARS: Final = 200
READING_BYTES: Final = 65_536
"""A probe that tells more in one reading is out of its mind; a switch of 80 ports needs a quarter of it."""

Clock = Callable[[], float]
"""Unix seconds."""

_decode_reading = msgspec.json.Decoder(Reading).decode


class Job(Struct, eq=False):
    """One reading of one task."""

    task: Task
    probe: Probe
    started_at: float | None = None
    """Monotonic seconds; ``None`` while it waits for a thread."""
    abandoned: bool = False
    """Its time is up and its result not wanted any more; it hangs until it is told as finished."""
    ended: bool = False
    """Its thread is free again."""


Finished = Callable[[Job, Reading], None]
"""Told the end of every job that began, abandoned or not; called in the thread that read."""


def begin(job: Job, clock: Clock) -> None:
    """Note that *job* starts now."""
    job.started_at = job.task.context.monotonic = time.monotonic()
    job.task.context.now = clock()
    job.task.context.preparing = ""


def run(job: Job, clock: Clock) -> Reading:
    """Read the blocking probe of a job that has begun. Raises nothing: whatever goes wrong is in the reading."""
    try:
        told = job.probe.read(job.task.context)
    except BaseException as error:  # noqa: BLE001 - a probe that calls sys.exit() must not end the agent's thread
        return _failure(job, error, clock)
    return _success(job, told, clock)


async def run_awaitable(job: Job, clock: Clock) -> Reading:
    """Read the awaitable probe of a job that has begun. Raises nothing, unless it is cancelled."""
    try:
        told = await job.probe.read(job.task.context)
    except Exception as error:  # noqa: BLE001 - it costs this reading only
        return _failure(job, error, clock)
    return _success(job, told, clock)


def failed_reading(order: ProbeOrder, error: ReadError, note: str, at: float, took_s: float = 0.0) -> Reading:
    """Say that a probe could not read its device."""
    return Reading(order.device, order.name, at=at, took_s=took_s, error=error, note=note[:NOTE_CHARS])


def overdue_reading(job: Job, limit_s: float, at: float) -> Reading:
    """Say that *job* did not end in time. Only a reading that came as far as asking tells that the device is silent."""
    order, doing = job.task.order, job.task.context.preparing
    if job.started_at is None:
        return failed_reading(order, ReadError.BUSY, "too many other readings hang", at, limit_s)
    if doing:
        return failed_reading(order, ReadError.LOCAL, f"no end of {doing} after {limit_s:g} s", at, limit_s)
    return failed_reading(order, ReadError.TIMEOUT, f"no end after {limit_s:g} s", at, limit_s)


def _success(job: Job, told: Any, clock: Clock) -> Reading:
    order, took_s = job.task.order, _took_s(job)
    if not isinstance(told, Told):
        return failed_reading(order, ReadError.CRASHED, f"probe returned {type(told).__name__}", clock(), took_s)
    try:
        # Infinity and NaN have no JSON: such a value is as good as unread.
        metrics = {key: value for key, value in told.metrics.items() if math.isfinite(value)}
        facts = {key: _sendable(words)[:MAX_TEXT_CHARS] for key, words in told.facts.items()}
        reading = Reading(order.device, order.name, clock(), took_s, None, "", metrics, told.conditions, facts)
        return _checked(reading)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, AttributeError) as error:
        return failed_reading(order, ReadError.CRASHED, f"probe told nonsense: {error}", clock(), took_s)


def _checked(reading: Reading) -> Reading:
    """Return *reading* as the collector will see it: one ill-typed value would make it refuse the whole report."""
    body = encode(reading)
    if len(body) > READING_BYTES:
        raise NotOnTheWire(f"{len(body)} bytes in one reading; at most {READING_BYTES}")
    checked = _decode_reading(body)
    check_keys([checked])
    return checked


def _failure(job: Job, error: BaseException, clock: Clock) -> Reading:
    if isinstance(error, CouldNotRead):
        kind, note = error.error, error.note
    elif isinstance(error, TimeoutError):
        kind, note = ReadError.TIMEOUT, str(error)
    elif isinstance(error, ModuleNotFoundError):
        kind, note = ReadError.UNSUPPORTED, f"needs the package {error.name}: pip install 'hallwatch[agent]'"
    else:
        kind, note = ReadError.CRASHED, f"{type(error).__name__}: {error}"
    return failed_reading(job.task.order, kind, _sendable(note), clock(), _took_s(job))


def _sendable(words: str) -> str:
    """Return words that may quote what a device sent: what is no text cannot be sent."""
    return words.encode("utf-8", "replace").decode("utf-8")


def _took_s(job: Job) -> float:
    return round(time.monotonic() - job.task.context.monotonic, 6)
