"""A print queue of a CUPS server: is it open, and do its jobs get printed?

What a queue says of its printer is as old as the last job, and nothing at all while the printer does not answer. So a
trouble is believed when it is told, and its absence only when it had been told before and is gone. What never lies is
the age of the oldest job that should have been printed.
"""

from __future__ import annotations

from collections.abc import MutableSet, Sequence
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from hallwatch_agent.probes.printers.ipp import JOB, PRINTER, Attributes, moment, number, words
from hallwatch_agent.probes.printers.ipp_probe import IppProbe
from hallwatch_agent.probes.printers.ipp_words import STATE, accepts_jobs, parse_stock, said_over_ipp, state_text
from hallwatch_agent.probes.printers.printer import Stock, Symptom
from hallwatch_agent.probes.printers.printer_verdict import judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Told
from hallwatch_agent.wire import ReadError

OF_JOBS: Final = ("job-state", "job-state-reasons", "time-at-creation", "date-time-at-creation", "job-printer-up-time")
MOST_JOBS: Final = 1000
WAITS: Final = {3, 5, 6}
"""job-state (RFC 8011, 5.3.7): pending, processing, stopped."""
HELD: Final = 4
HELD_ON_PURPOSE: Final = {"job-hold-until-specified", "job-incoming", "job-data-insufficient"}
"""A held job waits for a person or for its hour, or is not complete. CUPS holds others that it failed to print, until
it tries again: those are stuck."""


QueueName = Annotated[
    str,
    Meta(
        pattern=r"^[^\s/#?]{1,127}$(?!\n)",
        description="a queue's name without spaces, as lpstat -e shows it",
        examples=["window-3"],
    ),
]


class CupsQueueProbe(IppProbe, tag="cups-queue", frozen=True, kw_only=True):
    """Asks the print server for a queue and its jobs, never the printer: watch that by a probe of its own."""

    asks_device: ClassVar[bool] = False

    host: Host = "localhost"
    queue: QueueName
    """The queue's name, as ``lpstat -e`` shows it."""

    @property
    def resource(self) -> str:
        """The path at which it is asked."""
        return f"/printers/{self.queue}"

    async def read(self, context: Context) -> Told:
        """Tell the queue's state and jobs, and troubles it knows of; raise :class:`CouldNotRead` without an answer."""
        from pyipp.enums import IppOperation, IppTag

        from hallwatch_agent.probes.printers.ipp_events import wanted

        which = [(IppTag.INTEGER, "limit", MOST_JOBS), (IppTag.KEYWORD, "which-jobs", "not-completed"), wanted(OF_JOBS)]
        async with self.link(context) as link:
            queue = await link.demand(IppOperation.GET_PRINTER_ATTRIBUTES, [wanted(STATE)])
            jobs = await link.demand(IppOperation.GET_JOBS, which)
        heard: set[str] = context.memory.setdefault("heard", set())
        return parse_queue(queue.group(PRINTER), jobs.all(JOB), context.now, heard)


def parse_queue(queue: Attributes, jobs: Sequence[Attributes], now: float, heard: MutableSet[str]) -> Told:
    """Put a queue's attributes and those of its jobs into a reading.

    *heard* holds the troubles that the queue has told since the agent started, and takes up new ones. Raises
    :class:`CouldNotRead` (``garbage``) when the queue's state is not among the attributes.
    """
    if number(queue, "printer-state") is None:
        raise CouldNotRead(ReadError.GARBAGE, "it answers, but not with the state of a queue")
    said = said_over_ipp(queue, Stock())
    judged = judge(said)
    heard |= {key for key, holds in judged.items() if holds}
    own: dict[str, bool | None] = {
        "stopped": said.stopped,
        "paused": said.of_whole(Symptom.PAUSED),
        "queue-refusing": None if (accepts := accepts_jobs(queue)) is None else not accepts,
    }
    conditions = {key: holds for key, holds in judged.items() if holds or key in heard}
    conditions |= {key: holds for key, holds in own.items() if holds is not None}
    facts = {"model": parse_stock(queue).facts.get("model", ""), "state-text": state_text(queue)}
    return Told(parse_jobs(queue, jobs, now), conditions, {key: said for key, said in facts.items() if said})


def parse_jobs(queue: Attributes, jobs: Sequence[Attributes], now: float) -> dict[str, float]:
    """Count the jobs that should be printed, and find the age of the oldest; of no job it is 0 by its meaning."""
    waiting = [job for job in jobs if _waits(job)]
    ages = [age for job in waiting if (age := _age_s(queue, job, now)) is not None]
    metrics = {"jobs_queued": float(len(waiting))}
    if ages or not waiting:
        metrics["oldest_job_s"] = max(ages, default=0.0)
    return metrics


def _waits(job: Attributes) -> bool:
    state, reasons = number(job, "job-state"), words(job, "job-state-reasons")
    return state in WAITS or (state == HELD and bool(reasons) and HELD_ON_PURPOSE.isdisjoint(reasons))


def _age_s(queue: Attributes, job: Attributes, now: float) -> float | None:
    """Return a job's age by the server's own clock, as it may be set wrong; None when it is not told.

    time-at-creation counts with printer-up-time (RFC 8011, 5.3.14.1); it is negative for a job from before a restart.
    """
    created, up = (
        number(job, "time-at-creation"),
        number(job, "job-printer-up-time") or number(queue, "printer-up-time"),
    )
    if created is not None and up is not None:
        return max(0.0, float(up - created))
    created_at, server_now = moment(job, "date-time-at-creation"), moment(queue, "printer-current-time")
    if created_at is None:
        return None
    return max(0.0, (now if server_now is None else server_now) - created_at)
