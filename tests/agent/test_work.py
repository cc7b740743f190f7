"""Running probes: threads that hang are replaced, readings are always sendable, assignments are checked as a whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.assignment import Task, check_assignment, load_assignment, save_assignment, task_from, tasks_from
from hallwatch_agent.job import Job, begin, run
from hallwatch_agent.loop import Loop
from hallwatch_agent.probes import probe_from_order
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.readers import Readers
from hallwatch_agent.threads import Threads
from hallwatch_agent.wire import (
    MAX_TEXT_CHARS,
    Assignment,
    NotOnTheWire,
    ProbeOrder,
    ReadError,
    Reading,
    Report,
    decode_report,
    encode,
)
from hallwatch_agent.work import Work
from parts.waiting import wait_until

LIMIT_S = 5
SECRETS = Path("secrets")


def clock() -> float:
    return 1_790_000_000.0


def order(device: str = "a", kind: str = "tcp", interval_s: float = 15.0, **options: Any) -> ProbeOrder:
    options = options or {"host": "127.0.0.1", "port": 9}
    return ProbeOrder(device, kind, kind, interval_s, 1.0, options)


class Doing(Probe, tag="doing", frozen=True, kw_only=True):
    """Does what the test says."""

    what: Callable[[Context], Any]

    def read(self, context: Context) -> Any:
        return self.what(context)


class Awaiting(Probe, tag="awaiting", frozen=True, kw_only=True):
    """Awaits what the test says."""

    what: Callable[[Context], Any]

    async def read(self, context: Context) -> Any:
        return await self.what(context)


def job(what: Callable[[Context], Any], kind: type[Doing | Awaiting] = Doing) -> Job:
    probe = kind(what=what)
    return Job(Task(order(), probe), probe)


def read(what: Callable[[Context], Any]) -> Reading:
    started = job(what)
    begin(started, clock)
    return run(started, clock)


def fail(error: BaseException) -> Callable[[Context], Any]:
    def what(_context: Context) -> Any:
        raise error

    return what


@pytest.mark.parametrize(
    ("what", "error", "note"),
    [
        (fail(CouldNotRead(ReadError.DENIED, "wrong community")), ReadError.DENIED, "wrong community"),
        (fail(TimeoutError()), ReadError.TIMEOUT, ""),
        (fail(ZeroDivisionError("oops")), ReadError.CRASHED, "ZeroDivisionError: oops"),
        (fail(SystemExit(3)), ReadError.CRASHED, "SystemExit: 3"),
        (fail(ValueError("tray \udcff" + "x" * 900)), ReadError.CRASHED, "ValueError: tray ?"),
        (lambda _: {"jam": True}, ReadError.CRASHED, "probe returned dict"),
        (lambda _: Told(metrics={"x": "1"}), ReadError.CRASHED, "probe told nonsense"),  # type: ignore[dict-item]
        (lambda _: Told(conditions={"x": 1}), ReadError.CRASHED, "probe told nonsense"),  # type: ignore[dict-item]
        (fail(ModuleNotFoundError("No module", name="pyipp")), ReadError.UNSUPPORTED, "needs the package pyipp: pip"),
        (lambda _: Told({"x" * 161: 1.0}), ReadError.CRASHED, "probe told nonsense: key 'xxx"),
        (lambda _: Told({str(n): 1.0 for n in range(501)}), ReadError.CRASHED, "probe told nonsense"),
        (lambda _: Told(facts={str(n): "x" * 999 for n in range(90)}), ReadError.CRASHED, "probe told nonsense: 9"),
    ],
)
def test_whatever_goes_wrong_is_in_the_reading(what: Callable[[Context], Any], error: ReadError, note: str) -> None:
    reading = read(what)
    assert reading.error is error
    assert reading.note.startswith(note)
    assert decode_report(encode(Report("gw", "b1", 1, 1.0, [reading]))).readings == [reading]


def test_a_fact_is_cut_to_what_the_wire_takes() -> None:
    reading = read(lambda _: Told(facts={"alarms": "窗" * 5000}))
    assert reading.facts == {"alarms": "窗" * MAX_TEXT_CHARS}
    assert decode_report(encode(Report("gw", "b1", 1, 1.0, [reading]))).readings == [reading]


def test_a_fact_that_is_no_text_is_sent_as_far_as_it_can_be() -> None:
    reading = read(lambda _: Told({"a": 1}, facts={"backup": "\udcd6\udcd0 1.bak"}))
    assert (reading.error, reading.facts) == (None, {"backup": "?? 1.bak"})
    assert decode_report(encode(Report("gw", "b1", 1, 1.0, [reading]))).readings == [reading]


def test_what_is_not_finite_is_not_known() -> None:
    reading = read(lambda _: Told({"a": 1, "b": float("nan"), "c": float("inf")}, {"jam": True}))
    assert reading.error is None
    assert (reading.metrics, reading.conditions) == ({"a": 1.0}, {"jam": True})


def test_a_probe_remembers_and_knows_the_time() -> None:
    def what(context: Context) -> Told:
        context.memory["n"] = context.memory.get("n", 0) + 1
        return Told({"n": context.memory["n"], "now": context.now})

    task_job = job(what)
    for expected in (1.0, 2.0):
        begin(task_job, clock)
        assert run(task_job, clock).metrics == {"n": expected, "now": clock()}


class Bench:
    """Jobs that hang until let go, and what was told of them."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.ended: list[tuple[Job, Reading]] = []

    def finished(self, ended: Job, reading: Reading) -> None:
        self.ended.append((ended, reading))

    def hang(self, _context: Context) -> Told:
        self.let_go.wait(30)
        return Told()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.let_go.set()


def test_a_hung_thread_is_replaced_within_the_bound(bench: Bench) -> None:
    threads = Threads(bench.finished, clock, pool=2, limit=3)
    hung = [job(bench.hang) for _ in range(3)]
    for number in (0, 1):
        threads.start(hung[number])
    wait_until(lambda: all(j.started_at for j in hung[:2]), LIMIT_S)
    quick = job(lambda _: Told())
    threads.start(quick)
    assert quick.started_at is None, "the pool is taken"
    assert threads.abandon(hung[0]) is True
    wait_until(lambda: bench.ended, LIMIT_S, "a third thread reads the quick one")
    assert bench.ended[0][0] is quick
    threads.start(hung[2])
    wait_until(lambda: hung[2].started_at, LIMIT_S)
    assert threads.abandon(hung[1]) is True
    late = job(lambda _: Told())
    threads.start(late)
    assert threads.abandon(late) is False, "all three threads are taken, it never began"
    bench.let_go.set()
    wait_until(lambda: len(bench.ended) == 4, LIMIT_S)
    assert {ended for ended, _ in bench.ended} == {quick, *hung}
    again = job(lambda _: Told())
    threads.start(again)
    wait_until(lambda: bench.ended[-1][0] is again, LIMIT_S)
    assert late.started_at is None
    threads.close()


def test_a_job_given_up_just_as_it_ended_holds_no_thread(bench: Bench) -> None:
    threads = Threads(bench.finished, clock, pool=1, limit=3)
    quick = job(lambda _: Told())
    threads.start(quick)
    wait_until(lambda: bench.ended, LIMIT_S)
    assert threads.abandon(quick) is True
    for _ in range(3):
        threads.start(job(bench.hang))
    assert threads._alive == 1, "the one sound thread works, and the pool has no more"
    bench.let_go.set()
    wait_until(lambda: len(bench.ended) == 4, LIMIT_S)
    threads.close()


def test_awaitable_probes_are_cancelled_when_given_up(bench: Bench) -> None:
    readers = Readers(bench.finished, clock)

    async def quick(_context: Context) -> Told:
        return Told({"x": 1.0})

    hung = job(lambda _: asyncio.sleep(3600), Awaiting)
    readers.start(hung)
    fast = job(quick, Awaiting)
    readers.start(fast)
    wait_until(lambda: bench.ended, LIMIT_S)
    assert bench.ended[0][1].metrics == {"x": 1.0}
    assert readers.abandon(hung) is True
    wait_until(lambda: len(bench.ended) == 2, LIMIT_S)
    assert bench.ended[1][0] is hung
    readers.close()


def test_the_event_loop_starts_with_the_first_awaitable_probe_only(bench: Bench) -> None:
    readers = Readers(bench.finished, clock)
    readers.start(job(lambda _: Told()))
    wait_until(lambda: bench.ended, LIMIT_S)
    assert not any(thread.name == "probe-loop" for thread in threading.enumerate())
    readers.close()


def test_unchanged_orders_keep_their_tasks() -> None:
    first = tasks_from(Assignment("gw", "1", [order("a"), order("b")]), {}, SECRETS)
    second = tasks_from(Assignment("gw", "2", [order("b"), order("a", interval_s=5.0), order("c")]), first, SECRETS)
    assert second["b", "tcp"] is first["b", "tcp"]
    assert second["a", "tcp"] is not first["a", "tcp"]
    assert list(second) == [("b", "tcp"), ("a", "tcp"), ("c", "tcp")]


@pytest.mark.parametrize("wrong", [order(kind="teleport"), order(port="x"), order(host="h", port=1, hots="h")])
def test_an_order_that_cannot_be_run_says_why(wrong: ProbeOrder) -> None:
    task = task_from(wrong, SECRETS)
    assert task.probe is None
    assert task.refusal.startswith(f"{wrong.kind}: ")
    assert task_from(order(), SECRETS).probe == probe_from_order(order())


def test_options_that_meet_a_defect_cost_their_own_probe_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(one: ProbeOrder) -> Probe:
        if one.device == "bad":
            raise RecursionError("too deep")
        return probe_from_order(one)

    monkeypatch.setattr("hallwatch_agent.assignment.probe_from_order", build)
    tasks = tasks_from(Assignment("gw", "d1", [order("bad"), order("good")]), {}, SECRETS)
    refused, sound = tasks.values()
    assert refused.probe is None
    assert "RecursionError('too deep')" in refused.refusal
    assert sound.probe is not None


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        (Assignment("other", "1", []), "'other', but this is 'gw'"),
        (Assignment("gw", "1", [order(), order()]), "a/tcp twice"),
        (Assignment("gw", "1", [order(interval_s=0.0)]), "interval_s 0"),
        (Assignment("gw", "1", [order(interval_s=1e9)]), "interval_s"),
        (Assignment("gw", "1", [ProbeOrder("a", "tcp", "tcp", 1.0, -1.0)]), "timeout_s"),
    ],
)
def test_an_assignment_is_refused_as_a_whole(assignment: Assignment, reason: str) -> None:
    with pytest.raises(NotOnTheWire, match=reason):
        check_assignment(assignment, "gw")


def test_the_assignment_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "spool" / "assignment.json"
    assert load_assignment(file, "gw") is None
    for digest in ("1", "2"):
        kept = Assignment("gw", digest, [order(community="secret")])
        save_assignment(file, kept)
        assert load_assignment(file, "gw") == kept
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0, "it may hold passwords"
    assert [path.name for path in file.parent.iterdir()] == ["assignment.json"]
    with pytest.raises(NotOnTheWire, match="this is 'kiosk'"):
        load_assignment(file, "kiosk")


@given(st.binary(max_size=300))
def test_any_kept_bytes_are_an_assignment_or_refused(tmp_path_factory: pytest.TempPathFactory, damage: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.json"
    file.write_bytes(damage)
    with pytest.raises(NotOnTheWire):
        load_assignment(file, "gw")


def test_a_device_that_is_about_to_be_read_is_not_called_busy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A trap may come between the start of a reading and the moment at which its thread takes it up."""
    started: list[Job] = []
    monkeypatch.setattr(Readers, "start", lambda _, job: started.append(job))
    work = Work(lambda *_: None, lambda _: None, clock, tmp_path)
    work.replace(Assignment("gw", "d1", [order()]))
    work.advance()
    work.probe_now(["a"])
    assert len(started) == 1
    assert work.take(all_there_is=True) == []
    work.close()


def test_a_task_that_does_not_heed_its_end_leaves_no_loop_open() -> None:
    threads, begun, let_go = set(threading.enumerate()), threading.Event(), asyncio.Event()

    async def cling() -> None:
        while not let_go.is_set():
            begun.set()
            with contextlib.suppress(asyncio.CancelledError):
                await let_go.wait()

    loop = Loop(lambda *_: None, clock)
    loop.spawn(cling())
    assert begun.wait(LIMIT_S)
    loop.close()
    wait_until(lambda: set(threading.enumerate()) <= threads, LIMIT_S)
    assert loop._loop.is_closed()


def test_names_that_nobody_knows_hold_up_neither_other_names_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, real, threads = threading.Event(), socket.getaddrinfo, set(threading.enumerate())

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        if host == "nowhere":
            let_go.wait(LIMIT_S)
            return []
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    def asking(host: str) -> Job:
        return job(lambda _: asyncio.get_running_loop().getaddrinfo(host, 9), Awaiting)

    ended: list[Job] = []
    loop = Loop(lambda job, _: ended.append(job), clock)
    for _ in range(40):
        loop.start(asking("nowhere"))
    known = asking("localhost")
    loop.start(known)
    wait_until(lambda: ended == [known], LIMIT_S)
    assert all(thread.daemon for thread in set(threading.enumerate()) - threads)
    let_go.set()
    wait_until(lambda: len(ended) == 41, LIMIT_S)
    loop.close()
    wait_until(lambda: set(threading.enumerate()) <= threads, LIMIT_S)
