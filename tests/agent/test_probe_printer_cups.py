"""A CUPS queue: how old its oldest job is, and which of its words about the printer are believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import CouldNotRead
from hallwatch_agent.probes.printers.cups_queue import parse_jobs, parse_queue
from hallwatch_agent.probes.printers.ipp import Attributes
from hallwatch_agent.wire import ReadError

OPEN: Attributes = {
    "printer-state": [3],
    "printer-state-reasons": ["none"],
    "printer-is-accepting-jobs": [True],
    "printer-up-time": [5000],
}


def job(state: int, created: int | None = None, *reasons: str, **more: list[Any]) -> Attributes:
    told: dict[str, list[Any]] = {"job-state": [state], "job-state-reasons": list(reasons)}
    if created is not None:
        told["time-at-creation"] = [created]
    return told | {name.replace("_", "-"): values for name, values in more.items()}


@pytest.mark.parametrize(
    ("jobs", "queued", "oldest_s"),
    [
        ([], 0, 0.0),
        ([job(3, 4700), job(5, 4900)], 2, 300.0),
        ([job(6, 4000, "printer-stopped")], 1, 1000.0),
        ([job(4, 1000, "job-hold-until-specified")], 0, 0.0),  # somebody wants it so
        ([job(4, 1000, "resources-are-not-ready")], 1, 4000.0),  # tried, failed, tried again later
        ([job(4, 1000, "job-incoming", "job-data-insufficient")], 0, 0.0),
        ([job(4, 1000)], 0, 0.0),
        ([job(3, -200)], 1, 5200.0),  # from before a restart
        ([job(3, 5100)], 1, 0.0),
        ([job(9, 1000), job(7, 1000)], 0, 0.0),
        ([job(3)], 1, None),
        ([job(3, date_time_at_creation=[940.0])], 1, 60.0),
        ([job(3, 100, job_printer_up_time=[400])], 1, 300.0),
    ],
)
def test_the_oldest_job_that_should_be_printed(jobs: list[Attributes], queued: int, oldest_s: float | None) -> None:
    metrics = parse_jobs(OPEN, jobs, now=1000.0)
    assert metrics["jobs_queued"] == queued
    assert metrics.get("oldest_job_s") == oldest_s


def test_dates_count_by_the_servers_own_clock() -> None:
    queue = {"printer-current-time": [5000.0]}
    assert parse_jobs(queue, [job(3, date_time_at_creation=[4000.0])], now=9e9)["oldest_job_s"] == 1000.0


def test_a_queue_says_for_certain_only_what_is_its_own() -> None:
    told = parse_queue(OPEN, [], 0.0, set())
    assert told.conditions == {"stopped": False, "paused": False, "queue-refusing": False}
    closed = {**OPEN, "printer-state": [5], "printer-state-reasons": ["paused"], "printer-is-accepting-jobs": [False]}
    assert parse_queue(closed, [], 0.0, set()).conditions == {
        "stopped": True, "paused": True, "queue-refusing": True,
    }  # fmt: skip


def test_a_trouble_is_over_when_the_queue_says_it_no_more() -> None:
    heard: set[str] = set()
    jammed = parse_queue({**OPEN, "printer-state-reasons": ["media-jam-error"]}, [], 0.0, heard)
    assert jammed.conditions["jam"] is True
    assert "cover-open" not in jammed.conditions
    assert parse_queue(OPEN, [], 0.0, heard).conditions["jam"] is False
    assert "jam" not in parse_queue(OPEN, [], 0.0, set()).conditions


def test_no_state_is_garbage() -> None:
    with pytest.raises(CouldNotRead) as caught:
        parse_queue({"printer-state": ["idle"]}, [], 0.0, set())
    assert caught.value.error is ReadError.GARBAGE


odd = st.lists(st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9), max_size=3)
attributes = st.dictionaries(
    st.sampled_from(("printer-state", "printer-state-reasons", "printer-up-time", "printer-current-time", "job-state",
                     "job-state-reasons", "time-at-creation", "date-time-at-creation", "job-printer-up-time")),
    odd,
)  # fmt: skip


@given(attributes, st.lists(attributes, max_size=4), st.floats(0, 1e10))
def test_whatever_a_queue_tells_is_put_into_a_reading(queue: Attributes, jobs: list[Attributes], now: float) -> None:
    try:
        told = parse_queue(queue, jobs, now, set())
    except CouldNotRead:
        return
    assert all(value >= 0 for value in told.metrics.values())
    assert all(isinstance(holds, bool) for holds in told.conditions.values())
