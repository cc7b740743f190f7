"""Print queues of Windows, on any system: the answers are dicts as pywin32 returns them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.printers.spooler_status import FROM_THE_PRINTER, judge_queue, parse_refusal
from hallwatch_agent.probes.printers.windows_queue import WindowsQueueProbe, read_queue
from hallwatch_agent.wire import ReadError

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
NOW = NOON.timestamp()
PRINTER = {
    "pServerName": None, "pPrinterName": "发票打印机", "pShareName": "", "pPortName": "USB001",
    "pDriverName": "EPSON LQ-630KII", "pComment": "", "pLocation": "", "pDevMode": None, "pSepFile": "",
    "pPrintProcessor": "winprint", "pDatatype": "RAW", "pParameters": "", "pSecurityDescriptor": None,
    "Attributes": 0x40, "Priority": 1, "DefaultPriority": 0, "StartTime": 0, "UntilTime": 0, "Status": 0,
    "cJobs": 0, "AveragePPM": 0,
}  # fmt: skip


def job(minutes_ago: float, status: int = 0, **others: Any) -> dict[str, Any]:
    submitted = NOON - timedelta(minutes=minutes_ago)
    return {
        "JobId": 7, "pPrinterName": "发票打印机", "pMachineName": "\\\\WIN-3", "pUserName": "hall", "pDocument": "票",
        "pDatatype": "RAW", "pStatus": None, "Status": status, "Priority": 1, "Position": 1, "TotalPages": 1,
        "PagesPrinted": 0, "Submitted": submitted, "StartTime": 0, "UntilTime": 0,
    } | others  # fmt: skip


class FakeSpooler:
    """win32print, answering from memory."""

    def __init__(self, status: int = 0, attributes: int = 0x40, jobs: tuple[dict[str, Any], ...] = ()) -> None:
        self.printer = PRINTER | {"Status": status, "Attributes": attributes}
        self.jobs = jobs
        self.open = 0

    def OpenPrinter(self, printer: str, /) -> Any:  # noqa: N802
        self.open += 1
        return ("handle", printer)

    def GetPrinter(self, handle: Any, level: Any, /) -> Any:  # noqa: N802
        assert (handle, level) == (("handle", "发票打印机"), 2)
        return self.printer

    def EnumJobs(self, handle: Any, first: int, count: int, level: Any, /) -> Any:  # noqa: N802
        assert level == 2
        return self.jobs[first:count]

    def ClosePrinter(self, handle: Any, /) -> None:  # noqa: N802
        self.open -= 1


def read(spooler: FakeSpooler, context: Context | None = None) -> Told:
    return read_queue(spooler, "发票打印机", context or Context(now=NOW))


def told_true(spooler: FakeSpooler) -> set[str]:
    return {key for key, value in read(spooler).conditions.items() if value}


def test_a_status_of_zero_says_nothing_of_the_printer() -> None:
    spooler = FakeSpooler()
    told = read(spooler)
    assert told.conditions == {"paused": False, "queue-refusing": False}
    assert told.metrics == {"jobs_queued": 0.0, "oldest_job_s": 0.0}
    assert told.facts == {"model": "EPSON LQ-630KII", "port": "USB001"}
    assert spooler.open == 0, "the handle is given back"


@pytest.mark.parametrize(
    ("status", "attributes", "told"),
    [
        (0x1, 0x40, {"paused"}),
        (0x4, 0x40, {"queue-refusing"}),
        (0x2, 0x40, {"stopped"}),
        (0x8, 0x40, {"jam"}),
        (0x8 | 0x2, 0x40, {"jam", "stopped"}),
        (0x10, 0x40, {"input-empty"}),
        (0x20, 0x40, set()),
        (0x40, 0x40, {"stopped"}),
        (0x80, 0x40, {"offline"}),
        (0x400, 0x40, set()),  # printing; 0x400 is "works offline" among the attributes only
        (0x800, 0x40, {"output-full"}),
        (0x1000, 0x40, {"offline"}),
        (0x2_0000, 0x40, {"toner-low"}),
        (0x4_0000, 0x40, {"toner-empty"}),
        (0x10_0000, 0x40, {"stopped"}),
        (0x40_0000, 0x40, {"cover-open"}),
        (0x100_0000, 0x40, set()),  # saves power
        (0x200_0000, 0x40, {"offline"}),
        (0, 0x440, {"offline"}),
        (0x8, 0x440, {"offline", "jam"}),
    ],
)
def test_bits_that_are_set(status: int, attributes: int, told: set[str]) -> None:
    assert told_true(FakeSpooler(status, attributes)) == told


def test_a_clear_bit_counts_once_the_queue_has_shown_that_it_hears_the_printer() -> None:
    context, spooler = Context(now=NOW), FakeSpooler()
    assert "jam" not in read(spooler, context).conditions
    spooler.printer["Status"] = 0x8
    assert read(spooler, context).conditions == {
        "paused": False, "queue-refusing": False, "offline": False, "jam": True, "input-empty": False,
        "output-full": False, "toner-low": False, "toner-empty": False, "cover-open": False, "stopped": False,
    }  # fmt: skip
    spooler.printer["Status"] = 0
    assert read(spooler, context).conditions["jam"] is False
    spooler.printer["Attributes"] = 0x440
    unplugged = read(spooler, context).conditions
    assert unplugged == {"paused": False, "queue-refusing": False, "offline": True}, (
        "what it cannot hear, it cannot deny"
    )
    spooler.printer["Attributes"] = 0x40
    spooler.printer["Status"] = 0x80_0000
    assert set(read(spooler, context).conditions) == {"paused", "queue-refusing"}, "Windows itself does not know"


def test_a_plug_that_was_pulled_and_put_back_says_nothing_of_paper() -> None:
    context, spooler = Context(now=NOW), FakeSpooler(attributes=0x440)
    assert read(spooler, context).conditions["offline"] is True
    spooler.printer["Attributes"] = 0x40
    assert read(spooler, context).conditions == {"paused": False, "queue-refusing": False, "offline": False}


def test_jobs_that_should_be_printed_are_counted() -> None:
    held_until_night = {"StartTime": 20 * 60, "UntilTime": 6 * 60}
    jobs = (
        job(3), job(12.5, 0x10), job(40, 0x1), job(50, 0x80), job(60, 0x1000), job(70, 0x2000), job(80, 0x100),
        job(90, **held_until_night), job(5, 0x4),
    )  # fmt: skip
    told = read(FakeSpooler(jobs=jobs))
    assert told.metrics == {"jobs_queued": 3.0, "oldest_job_s": 750.0}
    in_hours = job(90, StartTime=11 * 60, UntilTime=13 * 60)
    assert read(FakeSpooler(jobs=(in_hours,))).metrics["oldest_job_s"] == 5400.0


def test_times_of_jobs_are_utc_whatever_they_say() -> None:
    china = timezone(timedelta(hours=8))
    for submitted in (NOON, NOON.replace(tzinfo=None), NOON.astimezone(china)):
        assert read(FakeSpooler(jobs=(job(0, Submitted=submitted),))).metrics["oldest_job_s"] == 0.0
    assert "oldest_job_s" not in read(FakeSpooler(jobs=(job(0, Submitted=None),))).metrics


def test_a_job_may_know_what_the_queue_does_not_say() -> None:
    assert told_true(FakeSpooler(jobs=(job(1, 0x40 | 0x10),))) == {"input-empty"}
    assert told_true(FakeSpooler(jobs=(job(1, 0x20),))) == {"offline"}
    assert told_true(FakeSpooler(jobs=(job(1, 0x40 | 0x1),))) == set(), "paused: it may be of yesterday"


@pytest.mark.parametrize("status", [0x2, 0x2 | 0x10, 0x200, 0x400])
def test_a_job_that_is_stuck_stops_the_queue_and_says_nothing_of_paper(status: int) -> None:
    context, spooler = Context(now=NOW), FakeSpooler(jobs=(job(1, status),))
    assert told_true(spooler) == {"stopped"}
    read(spooler, context)
    spooler.jobs = ()
    assert read(spooler, context).conditions == {"paused": False, "queue-refusing": False}


def test_the_handle_is_given_back_when_windows_refuses() -> None:
    spooler = FakeSpooler()
    spooler.EnumJobs = lambda *_: (_ for _ in ()).throw(OSError("access denied"))  # type: ignore[method-assign]
    with pytest.raises(OSError, match="access denied"):
        read(spooler)
    assert spooler.open == 0


def test_refusals_say_nothing_of_the_printer() -> None:
    assert parse_refusal(1801, "The printer name is invalid.", "x").error is ReadError.UNSUPPORTED
    assert "spooler service" in parse_refusal(1722, "The RPC server is unavailable.", "x").note
    assert parse_refusal(5, "Access is denied.", "x").error is ReadError.LOCAL


@pytest.mark.skipif(sys.platform == "win32", reason="what other systems say")
def test_elsewhere_there_is_no_such_queue() -> None:
    with pytest.raises(CouldNotRead) as caught:
        WindowsQueueProbe(queue="x").read(Context())
    assert caught.value.error is ReadError.UNSUPPORTED


values = st.none() | st.integers() | st.text(max_size=5) | st.datetimes() | st.booleans() | st.floats()
tables = st.dictionaries(st.sampled_from(sorted({*PRINTER, *job(0)})), values)


@given(
    tables, st.lists(tables, max_size=4), st.floats(0, 4e9), st.sets(st.sampled_from([*FROM_THE_PRINTER, "offline"]))
)
def test_whatever_the_spooler_says_is_read_or_refused(
    printer: dict[str, Any], jobs: list[dict[str, Any]], now: float, heard: set[str]
) -> None:
    try:
        told = judge_queue(printer, jobs, now, heard)
    except CouldNotRead:
        assert not (isinstance(printer.get("Status"), int) and isinstance(printer.get("Attributes"), int))
        return
    assert all(isinstance(value, bool) for value in told.conditions.values())
    assert all(value >= 0 for value in told.metrics.values())
