"""Who is to blame when a connection fails: the device, or the agent's own machine?"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hallwatch_agent.assignment import Task
from hallwatch_agent.job import Job, overdue_reading
from hallwatch_agent.probes import Context, CouldNotRead, Probe
from hallwatch_agent.probes.contact import connect, error_of
from hallwatch_agent.probes.power.snmp_ups import SnmpUpsProbe
from hallwatch_agent.probes.systems.http import HttpProbe
from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_agent.threads import Threads
from hallwatch_agent.wire import ProbeOrder, ReadError, Reading
from parts.bureau import half_open, serve_bureau
from parts.mosquitto import free_port
from parts.waiting import wait_until

NOWHERE = ("255.255.255.255", 9)
"""An address that no connection can go to, not even by the default route."""


def probes_of(host: str) -> list[Probe]:
    return [TcpProbe(host=host, port=9), HttpProbe(url=f"http://{host}:9/"), SnmpUpsProbe(host=host, port=9)]


def failure_of(probe: Probe, trouble: contextlib.AbstractContextManager[None]) -> CouldNotRead:
    """Read *probe* amid *trouble* and return why it failed."""

    async def read() -> None:  # the loop has its own sockets before the trouble begins
        with trouble:
            told = probe.read(Context())
            if asyncio.iscoroutine(told):
                await told

    with pytest.raises(CouldNotRead) as caught:
        asyncio.run(read())
    return caught.value


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64, NOWHERE[0]])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_host_that_cannot_be_asked_is_not_silent(host: str, which: int) -> None:
    assert failure_of(probes_of(host)[which], contextlib.nullcontext()).error is ReadError.LOCAL


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_machine_without_free_sockets_says_so(which: int) -> None:
    failure = failure_of(probes_of("127.0.0.1")[which], no_more_files())
    assert failure.error is ReadError.LOCAL
    assert os.strerror(errno.EMFILE) in failure.note


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ECONNREFUSED, ReadError.REFUSED),
        (errno.ECONNRESET, ReadError.REFUSED),
        (errno.ETIMEDOUT, ReadError.TIMEOUT),
        (errno.EHOSTUNREACH, ReadError.UNREACHABLE),
        (errno.EHOSTDOWN, ReadError.UNREACHABLE),
        (errno.ENETUNREACH, ReadError.UNREACHABLE),
        (errno.ENETDOWN, ReadError.LOCAL),
        (errno.ENOBUFS, ReadError.LOCAL),
        (errno.EACCES, ReadError.LOCAL),
        (errno.EADDRNOTAVAIL, ReadError.LOCAL),
    ],
)
def test_what_a_failure_tells(number: int, error: ReadError) -> None:
    assert error_of(OSError(number, "words"), socket.AF_INET, ("127.0.0.1", 9)) is error
    unrouted = ReadError.LOCAL if error is ReadError.UNREACHABLE else error
    assert error_of(OSError(number, "words"), socket.AF_INET, NOWHERE) is unrouted


@pytest.mark.parametrize("answers_first", [True, False])
def test_the_address_that_answers_counts(answers_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [("127.0.0.1", free_port()), NOWHERE]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found if answers_first else found[::-1])
    with pytest.raises(CouldNotRead) as caught:
        connect("two.addresses", 9, 2.0, Context())
    assert caught.value.error is ReadError.REFUSED


@pytest.mark.e2e
def test_a_machine_without_network_calls_nobody_silent() -> None:
    command = [sys.executable, "-m", "hallwatch_agent", "probe", "tcp", "host=192.0.2.1", "port=9"]
    done = subprocess.run(["unshare", "--net", *command], capture_output=True, text=True, timeout=20, check=False)
    assert f"could not be read: local: {os.strerror(errno.ENETUNREACH)}" in done.stdout, done.stderr


def test_a_name_server_that_hangs_is_not_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    ended: list[Reading] = []

    def hang(*_: Any, **__: Any) -> Any:
        let_go.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    probe = TcpProbe(host="core.tax", port=9)
    job = Job(Task(ProbeOrder("srv-1", "tcp", "tcp", 15.0, 5.0), probe), probe)
    threads = Threads(lambda _, reading: ended.append(reading), lambda: 1.0)
    threads.start(job)
    wait_until(lambda: job.task.context.preparing, 5)
    overdue = overdue_reading(job, 5.5, 1.0)
    assert (overdue.error, overdue.note) == (ReadError.LOCAL, "no end of looking up core.tax after 5.5 s")
    let_go.set()
    wait_until(lambda: ended, 5)
    assert ended[0].error is ReadError.LOCAL
    threads.close()


def test_only_who_was_asked_is_silent() -> None:
    probe = TcpProbe(host="127.0.0.1", port=9)
    job = Job(Task(ProbeOrder("srv-1", "tcp", "tcp", 15.0, 5.0), probe), probe)
    assert overdue_reading(job, 5.5, 1.0).error is ReadError.BUSY, "it never began"
    job.started_at = 0.0
    assert overdue_reading(job, 5.5, 1.0).error is ReadError.TIMEOUT


def test_a_hundred_silent_hosts_do_not_hold_up_a_hundred_others() -> None:
    ended: list[Reading] = []
    threads = Threads(lambda _, reading: ended.append(reading), lambda: 1.0)
    with half_open() as silent, serve_bureau() as bureau:
        for number in range(200):
            is_silent = number < 100
            url = f"http://127.0.0.1:{silent if is_silent else bureau.port}/login"
            probe = HttpProbe(url=url, timeout_s=30.0 if is_silent else 5.0)
            order = ProbeOrder("silent" if is_silent else "live", f"http-{number}", "http", 60.0, 30.0)
            threads.start(Job(Task(order, probe), probe))
        wait_until(lambda: len(ended) == 100, 15, "the live ones")
    threads.close()
    assert {(reading.device, reading.conditions["http-ok"]) for reading in ended[:100]} == {("live", True)}
