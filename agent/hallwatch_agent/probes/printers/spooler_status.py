"""What the Windows print spooler says of a queue: bits of its status and attributes, and its jobs. Pure.

Source: ``winspool.h`` and Microsoft's pages on PRINTER_INFO_2 and JOB_INFO_2. The spooler passes on what a port or
driver tells it, and many tell nothing: a status of 0 says only that nobody has complained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableSet
from datetime import UTC, datetime
from typing import Any, Final

from hallwatch_agent.probes.probe import CouldNotRead, Told
from hallwatch_agent.wire import ReadError

WORK_OFFLINE: Final = 0x400
"""Of the attributes: a USB plug is pulled, or somebody chose "use printer offline"."""
PAUSED: Final = 0x1
PENDING_DELETION: Final = 0x4
OFFLINE: Final = 0x80 | 0x1000 | 0x200_0000
"""Offline, not available, server offline."""
SERVER_UNKNOWN: Final = 0x80_0000
FROM_THE_PRINTER: Final[Mapping[str, int]] = {
    "jam": 0x8,
    "input-empty": 0x10,
    "output-full": 0x800,
    "toner-low": 0x2_0000,
    "toner-empty": 0x4_0000,
    "cover-open": 0x40_0000,
    "stopped": 0x2 | 0x40 | 0x10_0000 | 0x20_0000,
}
"""What only the printer can know. ``stopped``: error, paper problem, user intervention, out of memory."""
WORDS: Final[Mapping[int, str]] = {
    0x1: "paused", 0x2: "error", 0x4: "being deleted", 0x8: "paper jam", 0x10: "out of paper", 0x20: "manual feed",
    0x40: "paper problem", 0x80: "offline", 0x800: "output bin full", 0x1000: "not available", 0x2_0000: "toner low",
    0x4_0000: "no toner", 0x8_0000: "cannot print the page", 0x10_0000: "user intervention", 0x20_0000: "out of memory",
    0x40_0000: "door open", 0x80_0000: "state unknown", 0x100_0000: "power save", 0x200_0000: "server offline",
    0x400_0000: "driver update needed",
}  # fmt: skip
JOB_PAUSED: Final = 0x1
JOB_OFFLINE: Final = 0x20
JOB_PAPER_OUT: Final = 0x40
JOB_STUCK: Final = 0x2 | 0x200 | 0x400
"""Error, the driver cannot print it, user intervention: the jobs behind it wait too."""
JOB_DONE: Final = 0x80 | 0x100 | 0x1000 | 0x2000
"""Printed, deleted, sent to the printer, kept after printing."""


def judge_queue(
    printer: Mapping[str, Any], jobs: Iterable[Mapping[str, Any]], now: float, heard: MutableSet[str]
) -> Told:
    """Put a PRINTER_INFO_2 and its jobs, as pywin32 gives them, into readings.

    *heard* holds the conditions that this queue has told since the agent started, and takes up new ones. A bit that is
    clear is told as false only in a queue that has set that bit before, or any that only the printer knows: then its
    port listens to the printer. While the printer is offline its clear bits mean nothing.

    Raises :class:`CouldNotRead` (``garbage``) when the status is no number.
    """
    status, attributes = printer.get("Status"), printer.get("Attributes")
    if not isinstance(status, int) or not isinstance(attributes, int):
        raise CouldNotRead(ReadError.GARBAGE, f"the spooler's status is no number: {status!r}, {attributes!r}"[:200])
    waiting = [job for job in jobs if _waits(job, now)]
    job_bits = 0
    for job in waiting:
        job_bits |= _bits(job)
    holding = {key for key, bits in FROM_THE_PRINTER.items() if status & bits}
    if job_bits & JOB_PAPER_OUT:
        holding.add("input-empty")
    offline = bool(status & OFFLINE or attributes & WORK_OFFLINE or job_bits & JOB_OFFLINE)
    heard |= holding | ({"offline"} if offline else set())
    conditions = {"paused": bool(status & PAUSED), "queue-refusing": bool(status & PENDING_DELETION)}
    conditions |= _of_printer(holding, offline, not status & SERVER_UNKNOWN, heard)
    if job_bits & JOB_STUCK:  # which does not show that the printer is listened to
        conditions["stopped"] = True
    return Told(_of_jobs(waiting, now), conditions, _facts(printer, status, attributes))


def parse_refusal(number: int, words: str, queue: str) -> CouldNotRead:
    """Return what a Windows error code means for the reading of *queue*: mostly nothing about the printer."""
    if number == 1801:  # ERROR_INVALID_PRINTER_NAME
        return CouldNotRead(ReadError.UNSUPPORTED, f"this machine has no print queue {queue!r} for the agent's user")
    if number == 1722:  # RPC_S_SERVER_UNAVAILABLE
        return CouldNotRead(ReadError.LOCAL, f"queue {queue!r}: the print spooler service does not run")
    return CouldNotRead(ReadError.LOCAL, f"queue {queue!r}: {words} (Windows error {number})")


def _of_printer(holding: set[str], offline: bool, known: bool, heard: MutableSet[str]) -> dict[str, bool]:
    listens = not heard.isdisjoint(FROM_THE_PRINTER)
    conditions = dict.fromkeys(holding, True)
    if offline:
        return conditions | {"offline": True}
    if known and (listens or "offline" in heard):
        conditions["offline"] = False
    if known and listens:
        conditions |= {key: key in holding for key in FROM_THE_PRINTER}
    return conditions


def _of_jobs(waiting: list[Mapping[str, Any]], now: float) -> dict[str, float]:
    """Count the jobs that should be printed, and find the age of the oldest; of no job it is 0 by its meaning."""
    metrics = {"jobs_queued": float(len(waiting))}
    ages = [max(0.0, now - at) for job in waiting if (at := _submitted_at(job)) is not None]
    if ages or not waiting:
        metrics["oldest_job_s"] = max(ages, default=0.0)
    return metrics


def _waits(job: Mapping[str, Any], now: float) -> bool:
    """Tell whether a job should be printed now: not held by a person or for a later hour, nor done."""
    return not _bits(job) & (JOB_PAUSED | JOB_DONE) and _in_its_hours(job, now)


def _in_its_hours(job: Mapping[str, Any], now: float) -> bool:
    """Look at the hours in which a job may be printed: minutes after midnight UTC; equal when it may be always."""
    start, until = job.get("StartTime"), job.get("UntilTime")
    if not isinstance(start, int) or not isinstance(until, int) or start == until:
        return True
    minute = int(now // 60) % 1440
    return start <= minute < until if start < until else minute >= start or minute < until


def _bits(job: Mapping[str, Any]) -> int:
    status = job.get("Status")
    return status if isinstance(status, int) else 0


def _submitted_at(job: Mapping[str, Any]) -> float | None:
    """Return when a job was given to the queue; Windows says it in UTC."""
    at = job.get("Submitted")
    if not isinstance(at, datetime):
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def _facts(printer: Mapping[str, Any], status: int, attributes: int) -> dict[str, str]:
    said = [words for bit, words in WORDS.items() if status & bit]
    if attributes & WORK_OFFLINE:
        said.append("works offline")
    facts = {
        "model": str(printer.get("pDriverName") or ""),
        "port": str(printer.get("pPortName") or ""),
        "state-text": ", ".join(said),
    }
    return {key: words[:120] for key, words in facts.items() if words}
