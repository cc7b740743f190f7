"""Devices that call by themselves: how often a call starts a reading, and watches that end, fail and change."""

from __future__ import annotations

import asyncio
import itertools
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from hallwatch_agent import calls as calls_module
from hallwatch_agent.assignment import Task
from hallwatch_agent.callers import Callers, devices_by_host
from hallwatch_agent.calls import Calls, keep_going
from hallwatch_agent.job import Job
from hallwatch_agent.loop import Loop
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told, Wake
from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_agent.wire import Assignment, ProbeOrder, ReadError, Reading
from hallwatch_agent.work import Work
from parts.waiting import wait_until

QUIET_S = 0.2


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "QUIET_S", QUIET_S)
    monkeypatch.setattr(calls_module, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(calls_module, "LONGEST_PAUSE_S", 0.1)


class Watching(Probe, tag="watching", frozen=True, kw_only=True):
    """Watches as the test says."""

    what: Callable[[Context, Wake], Awaitable[None]]

    def read(self, context: Context) -> Told:
        return Told()

    async def watch(self, context: Context, wake: Wake) -> None:
        await self.what(context, wake)


def order(device: str = "prn", kind: str = "watching") -> ProbeOrder:
    return ProbeOrder(device, kind, kind, 3600.0, 1.0, {})


def watching(what: Callable[[Context, Wake], Awaitable[None]], device: str = "prn") -> Task:
    return Task(order(device), Watching(what=what))


@pytest.fixture
def loop() -> Iterator[Loop]:
    running = Loop(lambda job, reading: None, time.monotonic)
    yield running
    running.close()


def test_the_first_call_rings_at_once_and_all_others_ring_once_more_after_the_last() -> None:
    rung: list[tuple[str, float]] = []

    async def storm() -> float:
        loop = asyncio.get_running_loop()
        calls = Calls(lambda device: rung.append((device, loop.time())))
        began = loop.time()
        while loop.time() < began + 2.5 * QUIET_S:
            calls.call("prn", "trap")
            await asyncio.sleep(0.001)
        calls.call("ups", "trap")
        await asyncio.sleep(3 * QUIET_S)
        return began

    began = asyncio.run(storm())
    printer = [at - began for device, at in rung if device == "prn"]
    assert printer[0] < QUIET_S / 2
    assert all(later - earlier > QUIET_S * 0.95 for earlier, later in itertools.pairwise(printer))
    assert len(printer) == 4, "0, 1, 2 and, for the last call, 3 times the quiet"
    assert [device for device, _ in rung].count("ups") == 1, "a single call is a single reading"


def test_a_watch_runs_until_its_probe_leaves(loop: Loop) -> None:
    rung, ended = list[str](), threading.Event()

    async def watch(context: Context, wake: Wake) -> None:
        try:
            assert (context.secrets, context.memory) == (Path("secrets"), {"kept": True})
            wake("the paper is out")
            await asyncio.Event().wait()
        finally:
            ended.set()

    task, other = watching(watch), watching(watch, "other")
    for each in (task, other):
        each.context.memory["kept"] = True
    callers = Callers(lambda: loop, rung.append, None)
    callers.replace([task])
    wait_until(lambda: rung == ["prn"], 2)
    callers.replace([task, other])
    wait_until(lambda: rung == ["prn", "other"], 2)
    assert not ended.is_set(), "what is unchanged is not disturbed"
    callers.replace([])
    assert ended.wait(2)


def test_a_watch_that_ends_or_fails_starts_again_after_pauses_that_grow(
    loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    starts: list[float] = []

    async def watch(_context: Context, _wake: Wake) -> None:
        starts.append(time.monotonic())
        if len(starts) % 2:
            raise CouldNotRead(ReadError.REFUSED, "no notifications today")

    callers = Callers(lambda: loop, lambda _: None, None)
    with caplog.at_level(logging.INFO):
        callers.replace([watching(watch)])
        wait_until(lambda: len(starts) >= 6, 3)
        callers.replace([])
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses[0] < 0.04
    assert min(pauses[3:]) > 0.08
    assert max(pauses) < 0.3, "but no longer than the longest"
    assert caplog.text.count("watching prn/watching: no notifications today") == 1


def test_after_a_long_good_time_the_pause_is_short_again() -> None:
    starts: list[float] = []

    async def go() -> None:
        loop = asyncio.get_running_loop()

        async def start() -> None:
            starts.append(loop.time())
            if len(starts) == 5:
                await asyncio.sleep(0.12)
                starts[-1] = loop.time()

        running = asyncio.create_task(keep_going(start, "a test"))
        await asyncio.to_thread(wait_until, lambda: len(starts) >= 6, 3)
        running.cancel()

    asyncio.run(go())
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses[3] > 0.08
    assert pauses[4] < 0.06


def test_no_loop_runs_where_nobody_calls() -> None:
    def no_loop() -> Loop:
        raise AssertionError("nothing to listen to")

    callers = Callers(no_loop, lambda _: None, None)
    callers.replace([Task(order("srv", "tcp"), TcpProbe(host="h", port=9)), Task(order("x"), None, "no such kind")])


def test_what_listens_is_not_loaded_before_there_is_something_to_listen_to() -> None:
    lazy = {f"hallwatch_agent.{name}" for name in ("calls", "traps", "loop", "snmp", "snmp_v3")}
    script = f"import sys, hallwatch_agent.run; print({lazy} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


def test_who_may_be_called_by_which_address() -> None:
    probes = [("a", TcpProbe(host="10.0.0.1", port=9)), ("b", TcpProbe(host="10.0.0.1", port=80)), ("c", None)]
    assert devices_by_host([Task(order(device), probe) for device, probe in probes]) == {"10.0.0.1": {"a", "b"}}


def test_a_device_that_calls_while_it_is_read_is_read_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been asked before what it calls about happened."""
    begun, go_on = threading.Semaphore(0), threading.Semaphore(0)

    class Slow(Probe, tag="slow", frozen=True, kw_only=True):
        def read(self, context: Context) -> Told:
            begun.release()
            go_on.acquire(timeout=5)
            return Told()

    ended: list[tuple[Job, Reading]] = []
    work = Work(lambda job, reading: ended.append((job, reading)), lambda _: None, time.monotonic, Path("secrets"))
    task = Task(order("prn", "slow"), Slow())
    monkeypatch.setattr("hallwatch_agent.work.tasks_from", lambda *_: {task.key: task})
    work.replace(Assignment("gw", "d1", [task.order]))
    try:
        work.advance()
        assert begun.acquire(timeout=2)
        for _ in range(3):
            work.probe_now(["prn"])
        go_on.release()
        wait_until(lambda: ended, 2)
        work.end(*ended.pop())
        assert begun.acquire(timeout=2), "it is read once more"
        go_on.release()
        wait_until(lambda: ended, 2)
        work.end(*ended.pop())
        assert not begun.acquire(timeout=0.1), "but no more than once"
    finally:
        go_on.release(5)
        work.close()
