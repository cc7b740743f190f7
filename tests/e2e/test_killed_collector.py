"""Must hold: a collector killed with -9 a hundred times at random moments decides everything once, and loses nothing.

Faults come and go all the while, on the wire of a real Mosquitto: some reports come while the collector is dead, some
while it starts, most right before it is killed. How each fault came and went is known here, so the journal must tell
exactly that, however often the collector was interrupted.
"""

from __future__ import annotations

import itertools
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hallwatch_agent.wire import Reading
from parts.audit import audit, faults_standing, signs_standing
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.display import Display, switch_on_display
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

SEED = 20_260_102
KILLS = 100
PRINTERS = 40
WINDOWS = 6
"""So many of the printers stand at a window of their own."""
FAULTS = ("jam", "toner-empty")
"""What the printers report; what the collector makes of it (fails often, a class unserved) is left to the audit."""
STARTING_SHARE = 0.3
"""Of the kills hit the collector while it starts, which takes about START_S."""
START_S = 1.2
DECIDING_SHARE = 0.5
"""Of the others hit it when it has just written down a decision and not yet carried it out; the rest, at work."""
WORKING_S = 0.12
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]

[[devices]]
id = "all"
kind = "other"
name = "其余"
gives = ["computer", "core-system"]
"""

Alarm = tuple[str, str]


def describe() -> str:
    windows = (
        f'[[windows]]\nid = "w{number}"\nnumber = {number}\nname = "{number}号窗口"\n'
        'classes = ["filing", "certificates"]\n'
        for number in range(1, WINDOWS + 1)
    )
    printers = (
        f'[[devices]]\nid = "prn-{number}"\nkind = "printer"\nname = "{number}号打印机"\ngives = ["print"]\n'
        + (f'place = "w{number}"\n' if number <= WINDOWS else "serves = []\n")
        + f'probes = [{{ kind = "snmp-printer", interval_s = 60, host = "192.0.2.{number}" }}]\n'
        for number in range(1, PRINTERS + 1)
    )
    return "\n".join([HALL, *windows, *printers])


class Printers:
    """The faults of the printers as they are, and how often each came."""

    def __init__(self, agent: FakeAgent, rng: random.Random) -> None:
        self.standing: set[Alarm] = set()
        self.came: Counter[Alarm] = Counter()
        self._agent = agent
        every = [(f"prn-{number}", fault) for number in range(1, PRINTERS + 1) for fault in FAULTS]
        # Twice each, because a fault that comes back a third time is flapping; some are left standing.
        self._turns = [alarm for alarm in every for _ in range(rng.choice((3, 4, 4)))]
        rng.shuffle(self._turns)

    def change(self, times: int = 1) -> None:
        """Let faults come or go, one report each."""
        for alarm in self._turns[:times]:
            self.standing ^= {alarm}
            self.came[alarm] += alarm in self.standing
            device = alarm[0]
            conditions = {"reachable": True} | {fault: (device, fault) in self.standing for fault in FAULTS}
            self._agent.report(Reading(device, "snmp-printer", wall_clock(), conditions=conditions))
        del self._turns[:times]

    def finish(self) -> None:
        """Let come and go what is left."""
        self.change(len(self._turns))


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.fixture
def collector(tmp_path: Path, broker: Mosquitto) -> Iterator[CollectorProcess]:
    collector = CollectorProcess(tmp_path, broker.port)
    (tmp_path / "halls" / "xihu.toml").write_text(describe(), encoding="utf-8")
    yield collector
    if collector.process:
        collector.stop(signal.SIGKILL)


@pytest.fixture
def agent(broker: Mosquitto) -> Iterator[FakeAgent]:
    agent = FakeAgent(broker.port, "330106", "xihu", "gw")
    yield agent
    agent.close()


@pytest.mark.timeout(900)
def test_killed_a_hundred_times(collector: CollectorProcess, agent: FakeAgent, broker: Mosquitto) -> None:
    """Journal consistent, signs equal to the core's view in the end, no duplicate measure."""
    rng = random.Random(SEED)
    printers = Printers(agent, rng)
    collector.start()  # once in peace, so that the broker keeps its session: what comes while it is dead then waits
    collector.stop(signal.SIGKILL)
    lengths = [journal_length(collector)]
    for number in range(1, KILLS + 1):
        live_and_die(collector, agent, printers, rng)
        lengths.append(journal_length(collector))
        if number % 10 == 0:
            collector.start()
            check_signs(collector, broker)
            collector.stop(signal.SIGKILL)
    at_work = sum(before < after for before, after in itertools.pairwise(lengths))
    print(f"seed {SEED}; {at_work} of {KILLS} lives left something in the journal")  # noqa: T201 - told when it fails
    assert at_work > KILLS / 2, "most kills hit it at work"

    collector.start()
    printers.finish()
    wait_until(lambda: faults_shown(collector) == printers.standing, 60, "every fault is known", every_s=0.1)
    check_signs(collector, broker)
    check_journal(collector, printers)


def check_signs(collector: CollectorProcess, broker: Mosquitto) -> None:
    """A display that is switched on now shows the signs of the core's view."""
    with switch_on_display(broker.port) as display:
        what = "the signs are those of the core's view"
        wait_until(lambda: signs_of(display) == signs_shown(collector), 10, what, every_s=0.1)


def check_journal(collector: CollectorProcess, printers: Printers) -> None:
    """Every fault came and went as often as on the wire, and all else follows from that once."""
    everything = collector.journal()
    journal = [entry for entry in everything if entry["hall"] == "330106/xihu"]
    assert audit(journal) == []
    assert audit(entry for entry in everything if entry["hall"] == "hallwatch/self") == []
    standing = {told for told in faults_standing(journal) if told[1] in FAULTS}
    assert standing == {(device, fault, "") for device, fault in printers.standing}
    assert signs_standing(journal) == signs_shown(collector)
    raised = [entry["event"] for entry in journal if entry["kind"] == "fault-raised"]
    came = Counter((event["device"], event["fault"]) for event in raised if event["fault"] in FAULTS)
    assert came == +printers.came
    kinds = Counter(entry["kind"] for entry in journal)
    assert kinds["agent-born"] == 1, "the agent lived all the time"
    assert not kinds["agent-lost"]
    assert not kinds["sight-lost"]


def faults_shown(collector: CollectorProcess) -> set[Alarm]:
    devices = collector.get("/api/halls/330106/xihu")["devices"]
    shown = {(device["id"], fault["fault"]) for device in devices for fault in device["faults"]}
    return {alarm for alarm in shown if alarm[1] in FAULTS}


def signs_shown(collector: CollectorProcess) -> dict[str, Any]:
    return {sign["place"]: sign for sign in collector.get("/api/halls/330106/xihu")["signs"]}


def signs_of(display: Display) -> dict[str, Any]:
    return {place: msgspec.to_builtins(sign) for place, sign in display.signs.items()}


def live_and_die(collector: CollectorProcess, agent: FakeAgent, printers: Printers, rng: random.Random) -> None:
    """Start the collector and kill it at a random moment, while faults come and go."""
    printers.change(rng.randrange(3))
    agent.heard.clear()
    with collector.log.open("ab") as log:
        process = subprocess.Popen(collector.command("run"), stdout=log, stderr=log)
    pause = threading.Event()
    if rng.random() < STARTING_SHARE:
        pause.wait(rng.uniform(0, START_S))
    else:
        wait_until(lambda: agent.heard, 20, "it speaks")
    if rng.random() < DECIDING_SHARE:
        wait_for_decision(collector, printers)
    else:
        printers.change(rng.randrange(4))
        pause.wait(rng.uniform(0, WORKING_S))
    process.kill()
    assert process.wait(10) == -signal.SIGKILL, collector.log.read_text()[-2000:]


def wait_for_decision(collector: CollectorProcess, printers: Printers) -> None:
    """Let a fault come or go, and return the moment it is in the journal, or when that takes too long."""
    with closing(open_journal(collector)) as journal:
        before = version(journal)
        printers.change()
        until = time.monotonic() + WORKING_S
        while version(journal) == before and time.monotonic() < until:
            pass  # a pause would miss the moment


def open_journal(collector: CollectorProcess) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{collector.folder / 'data' / 'journal.sqlite'}?mode=ro", uri=True)


def version(journal: sqlite3.Connection) -> int:
    """Return a number that another process changes by writing."""
    number: int = journal.execute("PRAGMA data_version").fetchone()[0]
    return number


def journal_length(collector: CollectorProcess) -> int:
    with closing(open_journal(collector)) as journal:
        length: int = journal.execute("SELECT count(*) FROM event").fetchone()[0]
        return length
