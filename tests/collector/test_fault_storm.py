"""Five hundred faults in a minute: of one cause they are one message; of causes of their own, a few digests, and the
pages answer meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from hallwatch_collector.core.hall import Device, Hall, Window
from parts.all_channels import NAMES, AllChannels, serve_all
from parts.county import hall, probe
from parts.moved_collector import MovedCollector
from parts.outcomes import note_line
from parts.web import PAGE, serve

DEVICES: Final = 500
WINDOWS: Final = 30
ROUND_S: Final = 20
"""So often each device is read."""
A_TURN: Final = DEVICES // ROUND_S
MINUTE_S: Final = 60


def describe(*, upstream: bool, interval_s: float) -> Hall:
    """Return a hall of printers at thirty windows, behind one switch or with nothing in common."""
    read = [probe(interval_s=interval_s)]
    classes = ["certificates"] if upstream else ["filing"]  # what many take from a window together has a common cause
    windows = [Window(id=f"w{n}", number=n, name=f"{n}号窗口", classes=classes) for n in range(1, WINDOWS + 1)]
    switch = Device(id="sw-1", kind="switch", name="交换机", probes=read)
    printers = [
        Device(
            id=f"prn-{n}", kind="printer", name=f"{n:03}号打印机", place=f"w{n % WINDOWS + 1}", gives=["print"],
            depends_on=["sw-1"] if upstream else [], probes=read,
        )
        for n in range(DEVICES)
    ]  # fmt: skip
    return hall([*printers, *([switch] if upstream else [])], windows=windows)


@contextmanager
def at_work(folder: Path, described: Hall) -> Iterator[tuple[MovedCollector, AllChannels]]:
    """Give a collector that has seen the hall as it should be, and the channels."""
    with serve_all(folder) as channels:
        there = MovedCollector(folder, [described])
        channels.set_clock(lambda: there.now)
        there.tell(described, {device.id: {"reachable": True, "jam": False} for device in described.devices})
        there.move(5)
        try:
            yield there, channels
        finally:
            there.close()


def count(channels: AllChannels) -> dict[str, int]:
    """Return how many messages each person has."""
    return {name: len(channels.messages(name)) for name in NAMES}


def say(what: str, counts: dict[str, int]) -> None:
    """Tell figures."""
    note_line(f"{what}: " + ", ".join(f"{name} {number}" for name, number in counts.items()))


def test_five_hundred_faults_of_one_cause_are_one_message_to_each_person(tmp_path: Path) -> None:
    described = describe(upstream=True, interval_s=ROUND_S)
    with at_work(tmp_path, described) as (there, channels):

        def read_in_turn(seconds: int, *, reachable: bool) -> None:
            for second in range(seconds):
                at = second % ROUND_S * A_TURN
                turn = [f"prn-{number}" for number in range(at, at + A_TURN)]
                switch = ["sw-1"] if second % ROUND_S == ROUND_S // 2 else []
                there.tell(described, {name: {"reachable": reachable} for name in (*turn, *switch)})
                there.move(1)

        read_in_turn(MINUTE_S, reachable=False)
        first = count(channels)
        say("one cause, within the minute", first)
        down = [device for device in there.view(described).devices if device.state == "unusable"]
        assert len(down) == DEVICES + 1
        assert all(number <= 3 for number in first.values())
        assert all("交换机" in title for name in NAMES for title in channels.entries(name))
        read_in_turn(3 * MINUTE_S, reachable=True)
    whole = count(channels)
    say("one cause, until it is over", whole)
    assert all(number <= 4 for number in whole.values())
    assert all("已恢复" in channels.messages(name)[-1] for name in NAMES)


class Visitor:
    """Looks at the pages again and again, from a thread of its own, and notes how long each took."""

    PATHS: Final = ("/", PAGE, "/health")

    def __init__(self, address: str) -> None:
        self.took_s: dict[str, list[float]] = {path: [] for path in self.PATHS}
        self.longest_page = 0
        self._address, self._stop = address, threading.Event()
        self._thread = threading.Thread(target=self._look, name="visitor")

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with httpx.Client(base_url=self._address, timeout=60) as client:
            while not self._stop.is_set():
                for path in self.PATHS:
                    began = time.perf_counter()
                    answer = client.get(path, follow_redirects=True)
                    self.took_s[path].append(time.perf_counter() - began)
                    assert answer.status_code == 200
                    self.longest_page = max(self.longest_page, len(answer.content))
                self._stop.wait(0.05)

    def quantile(self, path: str, share: float) -> float:
        """Return how long a share of the requests took at most."""
        took = sorted(self.took_s[path])
        return took[min(int(len(took) * share), len(took) - 1)]


def test_five_hundred_faults_of_their_own_are_digests_and_the_pages_answer_meanwhile(tmp_path: Path) -> None:
    described = describe(upstream=False, interval_s=3600)
    with at_work(tmp_path, described) as (there, channels), there.source() as source, serve(source) as address:
        began, worked = time.perf_counter(), time.process_time()
        pause, rested_s = threading.Event(), 0.0
        with Visitor(address) as visitor:
            for second in range(MINUTE_S):
                turn = time.perf_counter()
                jammed = range(second * DEVICES // MINUTE_S, (second + 1) * DEVICES // MINUTE_S)
                there.tell(described, {f"prn-{number}": {"jam": True} for number in jammed})
                there.move(1)
                resting = min(time.perf_counter() - turn, 1.0)  # a real minute leaves more
                pause.wait(resting)
                rested_s += resting
        took_s = time.perf_counter() - began
        slowness = max((took_s - rested_s) / (time.process_time() - worked), 1.0)  # others use the machine too
        note_line(f"a minute of faults in {took_s:.1f} s, on a machine that others make {slowness:.1f} times as slow")
        within = count(channels)
        there.move(2 * MINUTE_S)
        whole = count(channels)
        say("no common cause, within the minute", within)
        say("no common cause, in all", whole)
        for path in Visitor.PATHS:
            p50, p95 = (visitor.quantile(path, share) for share in (0.5, 0.95))
            note_line(f"{path}: {len(visitor.took_s[path])} times, p50 {p50:.3f} s, p95 {p95:.3f} s")
        note_line(f"the longest page: {visitor.longest_page / 1e6:.2f} MB")
        alerts = there.alerts()
        titles = sorted(_short(alert.wording.title) for alert in alerts if alert.device.startswith("prn-"))
    assert len(titles) == DEVICES
    assert all(each.status == "accepted" for alert in alerts for each in alert.deliveries)
    assert all(number <= 5 for number in within.values())
    assert all(number <= 8 for number in whole.values())
    for name in ("dingtalk", "feishu", "hook", "mail"):
        shown = sorted(title for each in channels.entries(name) if "打印机:" in (title := _short(each)))
        assert shown == titles, f"{name}: with room enough each one is named, once"
    assert visitor.longest_page < 1e6
    assert all(visitor.quantile(path, 0.95) < 1.0 * slowness for path in Visitor.PATHS)


def _short(title: str) -> str:
    return title.replace("西湖 ", "", 1)
