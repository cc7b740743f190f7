"""A device that does not answer, or answers nonsense, never delays another one's reading."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_agent.assignment import Task
from hallwatch_agent.job import Job
from hallwatch_agent.probes.network.snmp_interfaces import SnmpInterfacesProbe
from hallwatch_agent.probes.probe import Context
from hallwatch_agent.readers import Readers
from hallwatch_agent.wire import ProbeOrder, ReadError, Reading
from parts.snmpsim import serve_recordings
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

LIVE, DEAD = 100, 100
TIMEOUT_S = 8.0
"""Of the dead ones; by then the live ones have long been read."""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[str, int]]:
    (tmp_path / "switch.snmprec").write_text(
        "1.3.6.1.2.1.1.1.0|4|A switch\n1.3.6.1.2.1.1.3.0|67|86400\n1.3.6.1.2.1.1.5.0|4|sw\n"
    )
    with serve_recordings(tmp_path) as address:
        yield address


@pytest.fixture
def dead() -> Iterator[list[tuple[str, int]]]:
    """Ports that take everything and answer nothing; the last quarter answers nonsense."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(DEAD):
            sockets.append(link := stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
            link.bind(("127.0.0.1", 0))
        ended = threading.Event()
        babblers = [threading.Thread(target=babble, args=(link, ended)) for link in sockets[-DEAD // 4 :]]
        for thread in babblers:
            thread.start()
        yield [link.getsockname() for link in sockets]
        ended.set()
        for thread in babblers:
            thread.join()


def babble(link: socket.socket, ended: threading.Event) -> None:
    link.settimeout(0.2)
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            _, sender = link.recvfrom(2048)
            link.sendto(os.urandom(60), sender)


def task(number: int, address: tuple[str, int]) -> Task:
    host, port = address
    probe = SnmpInterfacesProbe(host=host, port=port, community_file="c", timeout_s=TIMEOUT_S)
    order = ProbeOrder(f"sw-{number}", "snmp", "snmp-interfaces", 30.0, TIMEOUT_S, {})
    return Task(order, probe, context=Context(typed={"c": "switch"}))


def read(live: tuple[str, int], dead: list[tuple[str, int]]) -> tuple[float, list[Reading]]:
    """Read the dead ones and then the live ones; return how long the live ones took, and all readings."""
    ended: list[tuple[Job, Reading]] = []
    readers = Readers(lambda job, reading: ended.append((job, reading)), time.monotonic)
    try:
        tasks = [task(number, address) for number, address in enumerate([*dead, *[live] * LIVE])]
        began = time.monotonic()
        for each in tasks:
            assert each.probe
            readers.start(Job(each, each.probe))
        wait_until(lambda: sum(reading.error is None for _, reading in ended) == LIVE, TIMEOUT_S)
        took_s = time.monotonic() - began
        wait_until(lambda: len(ended) == len(tasks), TIMEOUT_S + 2)
    finally:
        readers.close()
    return took_s, [reading for _, reading in ended]


def test_a_hundred_dead_hosts_do_not_delay_a_hundred_live_ones(
    live: tuple[str, int], dead: list[tuple[str, int]]
) -> None:
    alone_s = min(read(live, [])[0] for _ in range(2))
    took_s, readings = read(live, dead)
    assert took_s < alone_s * 1.5 + 0.5
    assert took_s < TIMEOUT_S / 2, "no live one waits for a dead one to time out"
    errors = [reading.error for reading in readings if reading.error is not None]
    assert set(errors) == {ReadError.TIMEOUT, ReadError.GARBAGE}
    assert errors.count(ReadError.TIMEOUT) == DEAD * 3 // 4
