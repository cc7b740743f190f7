"""From a fault to the message that a channel took, beside Prometheus with Alertmanager, in one run on one machine.

    python -m bench.alert [--quick]

The channel is a webhook receiver on loopback; its answer 200 ends each measurement.

*Event driven*: the real collector with its journal on disk and a real Mosquitto. A printer jams, its reading is
published as an agent does it, and the technician on duty is told at once; then it recovers, and that is waited for too.
Each printer stands in a hall of its own with a technician of its own, one after the other: to the same person a third
message within a minute would be kept for a digest on purpose.

*Polled*: pages of one exporter go wrong at random moments, and everything reads the same pages at the same time: the
real agent, at the same intervals as Prometheus and without the hold of 15 s that the catalogue gives this fault (one
row has it), as the rules of Prometheus have no ``for``; Prometheus and Alertmanager of Debian with the times that their
documentation starts from, and with the shortest sensible ones.

CPU time of the processes, for each fault: event driven this is the fault and its end; polled it is nearly all reading,
over the same span for all.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.flags import News, Pages, Receiver
from bench.footprint import cpu_s
from bench.latency import QUEUE, connect
from bench.pollers import Poller, show_at_failure, start_hallwatch, start_prometheus, versions
from hallwatch_agent.wire import Birth, Reading, Report, encode, topic
from parts.collector import CollectorProcess, wall_clock
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.vendors.web import serve
from parts.waiting import wait_until

AREA, AGENT, PATH = "330106", "gw", "events"
WARM_UP = 10
"""Faults before the measured ones: the first message opens the connection."""
P50_AIM_S, P99_AIM_S = 0.3, 1.0
LIMIT_S = 120.0
SEED = 5


class Row(NamedTuple):
    """A line of the table."""

    system: str
    settings: str
    delays_s: Sequence[float]
    cpu_s: float

    def at(self, share: float) -> float:
        """Return the least delay that such a share is not above."""
        return sorted(self.delays_s)[math.ceil(len(self.delays_s) * share) - 1]


def main() -> int:
    """Measure, print the table, and return 1 when ours, event driven, misses its aims."""
    parser = argparse.ArgumentParser(prog="python -m bench.alert", description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=100, help="faults that are told by an event (%(default)s)")
    parser.add_argument("--pages", type=int, default=50, help="pages that go wrong (%(default)s)")
    parser.add_argument("--span", type=float, default=60.0, help="seconds within which they do (%(default)g)")
    parser.add_argument("--quick", action="store_true", help="few faults, and no intervals of 15 s: half a minute")
    options = parser.parse_args()
    if options.quick:
        options.faults, options.pages, options.span = 30, 10, 10.0
    with tempfile.TemporaryDirectory(prefix="alert-") as name, serve(Receiver()) as receiver:
        rows = [measure_events(Path(name), receiver, options.faults)]
        rows += measure_polled(Path(name), receiver, options.pages, options.span, quick=options.quick)
    return show(rows)


def show(rows: Sequence[Row]) -> int:
    """Print the table; return 1 when the first row misses its aims."""
    ours = rows[0]
    print(versions())
    print(f"{'':28}{'':38}{'n':>5}{'p50 s':>9}{'p99 s':>9}{'max s':>9}{'p50 ratio':>11}{'CPU ms/fault':>14}")
    for row in rows:
        count = len(row.delays_s)
        print(
            f"{row.system:28}{row.settings:38}{count:5}{row.at(0.5):9.3f}{row.at(0.99):9.3f}{row.at(1):9.3f}"
            f"{row.at(0.5) / ours.at(0.5):11.1f}{row.cpu_s * 1000 / count:14.1f}"
        )
    aims = {"p50": (ours.at(0.5), P50_AIM_S), "p99": (ours.at(0.99), P99_AIM_S)}
    misses = [f"{name}: {delay:.3f} s, aim {aim:g} s" for name, (delay, aim) in aims.items() if delay > aim]
    print("\n".join(f"MISSED {miss}" for miss in misses) or "all aims met")
    return 1 if misses else 0


def measure_events(folder: Path, receiver: Receiver, faults: int) -> Row:
    """Let printers jam and recover, one after the other; return how long each jam took to be told."""
    home = folder / PATH
    home.mkdir()
    halls = [f"hall-{number}" for number in range(WARM_UP + faults)]
    with serve_mosquitto(QUEUE) as broker, ExitStack() as stack:
        collector = CollectorProcess(home, broker.port, before='alerts = "alerts.toml"\n')
        stack.callback(lambda: collector.process and collector.stop())
        stack.push(show_at_failure(collector.log))
        (home / "alerts.toml").write_text(describe_people(halls, f"{receiver.url}/{PATH}"), encoding="utf-8")
        for hall in halls:
            (home / "halls" / f"{hall}.toml").write_text(describe_hall(hall), encoding="utf-8")
        collector.start()
        agents = Agents(broker, halls)
        for hall in halls:
            agents.report(hall, jam=False)
        wait_until(lambda: (collector.metric("hallwatch_readings_total") or 0) >= len(halls), 30, "the first readings")
        for hall in halls[:WARM_UP]:
            agents.jam(hall, receiver)
        pids = [process.pid for process in (broker._process, collector.process) if process]
        before = sum(map(cpu_s, pids))
        delays = [agents.jam(hall, receiver) for hall in halls[WARM_UP:]]
        return Row("Hallwatch, event driven", "to the technician, after 0 s", delays, sum(map(cpu_s, pids)) - before)


class Agents:
    """The agents of all halls, over one connection."""

    def __init__(self, broker: Mosquitto, halls: Sequence[str]) -> None:
        self._client = connect(broker.port, "bench-agents")
        self._seq = itertools.count(1)
        birth = Birth(agent=AGENT, boot="bench", session=1, at=wall_clock(), keepalive_s=600)
        for hall in halls:
            self._client.publish(topic(AREA, hall, "agents", AGENT), encode(birth), 1, retain=True).wait_for_publish(10)

    def jam(self, hall: str, receiver: Receiver) -> float:
        """Let a hall's printer jam and recover; return how long it took until the jam was told."""
        began = time.perf_counter()
        self.report(hall, jam=True)
        told = receiver.wait(News(PATH, f"prn-{hall}"), LIMIT_S)
        self.report(hall, jam=False)
        receiver.wait(News(PATH, f"prn-{hall}", over=True), LIMIT_S)
        return told - began

    def report(self, hall: str, *, jam: bool) -> None:
        """Publish what the printer says."""
        now = wall_clock()
        reading = Reading(f"prn-{hall}", "snmp-printer", now, conditions={"reachable": True, "jam": jam})
        report = Report(agent=AGENT, boot="bench", seq=next(self._seq), sent_at=now, readings=[reading])
        self._client.publish(topic(AREA, hall, "reports", AGENT), encode(report), qos=1)


def describe_hall(hall: str) -> str:
    """Return the file of a hall with one printer."""
    probe = '{ kind = "snmp-printer", interval_s = 3600, host = "127.0.0.1" }'
    return f"""\
area = "{AREA}"
hall = "{hall}"
name = "测速"
agents = [{{ id = "{AGENT}" }}]
classes = [{{ id = "certificates", name = "完税证明开具", needs = ["print"] }}]
windows = [{{ id = "w1", number = 1, name = "1号窗口", classes = ["certificates"] }}]
devices = [
  {{ id = "prn-{hall}", kind = "printer", name = "打印机", place = "w1", gives = ["print"], probes = [{probe}] }},
]
"""


def describe_people(halls: Sequence[str], url: str) -> str:
    """Return alerts.toml: each hall has a technician with a webhook of their own, who is told at once."""
    channels = [f'  {{ id = "hook-{hall}", kind = "webhook", url = "{url}" }},' for hall in halls]
    people = [
        f'  {{ name = "{hall}", roles = ["technician"], halls = ["{AREA}/{hall}"], '
        f'ways = [{{ channel = "hook-{hall}" }}] }},'
        for hall in halls
    ]
    step = 'steps = [{ to = ["technician"] }]'
    return "\n".join([step, "channels = [", *channels, "]", "people = [", *people, "]", ""])


def measure_polled(folder: Path, receiver: Receiver, count: int, span_s: float, *, quick: bool) -> list[Row]:
    """Let pages go wrong at random moments; return how long each poller took to tell of them."""
    with ExitStack() as stack:
        pages = Pages(count)
        stack.callback(pages.close)
        hallwatch = partial(start_hallwatch, stack, folder, pages, receiver)
        prometheus = partial(start_prometheus, stack, folder, pages, receiver)
        pollers = [hallwatch(interval_s=1, hold_s=0), prometheus(interval_s=1, group_wait_s=0)]
        if not quick:
            pollers += [hallwatch(interval_s=15, hold_s=0), hallwatch(interval_s=15, hold_s=15)]
            pollers += [prometheus(interval_s=15, group_wait_s=30)]
        for poller in pollers:
            wait_until(poller.is_ready, LIMIT_S, f"{poller.system}, {poller.settings}: every page was read", 0.5)
        before = [poller.cpu_s() for poller in pollers]
        flipped = flip(pages, span_s)
        delays = [wait_for_all(receiver, poller, flipped) for poller in pollers]
        spent = [poller.cpu_s() - cost for poller, cost in zip(pollers, before, strict=True)]
        return [
            Row(poller.system, poller.settings, told, cost)
            for poller, told, cost in zip(pollers, delays, spent, strict=True)
        ]


def flip(pages: Pages, span_s: float) -> dict[str, float]:
    """Let each page go wrong at a moment of its own; return these moments."""
    chance, began, flipped = random.Random(SEED), time.perf_counter(), {}
    moments = sorted(chance.uniform(0, span_s) for _ in pages.names)
    for name, moment in zip(chance.sample(pages.names, len(pages.names)), moments, strict=True):
        time.sleep(max(0.0, began + moment - time.perf_counter()))  # noqa: TID251 - faults come at random
        flipped[name] = pages.flip(name)
    return flipped


def wait_for_all(receiver: Receiver, poller: Poller, flipped: dict[str, float]) -> list[float]:
    """Return how long it took to tell of each page."""
    return [receiver.wait(News(poller.path, name), LIMIT_S) - at for name, at in flipped.items()]


if __name__ == "__main__":
    raise SystemExit(main())
