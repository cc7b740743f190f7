"""A real collector in this process, with journal, courier and pages, on a clock that the test moves by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path

from hallwatch_agent.wire import Birth, Reading, Report, encode, topic
from hallwatch_collector.clock import Clock
from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Web
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.views import AlertView, HallView
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.journal import Journal
from hallwatch_collector.live import LiveSource
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.settings import load_alerts
from hallwatch_collector.parts import Parts
from hallwatch_collector.people import People
from hallwatch_collector.photos.album import Album
from hallwatch_collector.records import Records
from hallwatch_collector.registers import Cabinet
from hallwatch_collector.screens import ScreenKeys
from parts.county import CATALOGUE, PLAN
from parts.hall_files import open_hall_files

NOW = 1_763_692_800.0
ADDRESS = "https://hall.example.cn"
AGENT = "gw"


class _Broker:
    """A broker that works, and gives back what is published."""

    answers, trouble = True, ""

    def __init__(self) -> None:
        self.on_the_way: list[tuple[str, bytes]] = []

    def publish(self, name: str, payload: bytes, *, retain: bool = True) -> None:
        self.on_the_way.append((name, payload))

    def hold(self, reason: str) -> None:
        raise AssertionError(reason)

    def release(self) -> None:
        """Nothing was held."""


class MovedCollector:
    """A collector whose time stands still until a test moves it. Its courier has no thread: it is told when to look."""

    def __init__(self, folder: Path, halls: Sequence[Hall]) -> None:
        self.now, self.monotonic, self.halls = NOW, 100.0, list(halls)
        self.dispatch = Dispatch(load_alerts(folder / "alerts.toml", PLAN), folder, PLAN, lambda: self.now)
        self.dispatch.link_to(ADDRESS, b"k" * 32)
        self._url = f"sqlite:///{folder / 'journal.sqlite'}"
        self.journal = Journal(self._url)
        self.journal.migrate()
        files = {folder / f"{hall.hall}.toml": hall for hall in halls}
        for path in files:
            path.touch()
        self.collector = Collector(Parts(
            engine=Engine(PLAN, CATALOGUE, self.alerting),
            journal=self.journal,
            folder=HallFolder(list(files), lambda path: HallFile(path, files[path], "d1")),
            clock=Clock(lambda: self.now, lambda: self.monotonic),
            boot="b0",
            dispatch=self.dispatch,
        ))  # fmt: skip
        self._broker = _Broker()
        self.collector.use(self._broker)  # type: ignore[arg-type]
        self.collector.start()
        self.dispatch.courier._tell = self.collector.take_receipts
        self._seq = itertools.count(1)
        for hall in halls:
            birth = encode(Birth(AGENT, "b1", 1, self.now, 3600))
            self.collector.on_message(topic(*hall.key, "agents", AGENT), birth)

    @property
    def alerting(self) -> Alerting:
        """Who is told."""
        return self.dispatch.alerting

    def tell(self, hall: Hall, conditions: dict[str, dict[str, bool]]) -> None:
        """Let the hall's agent report some devices, all in one report."""
        readings = [Reading(device, "tcp", self.now, conditions=held) for device, held in conditions.items()]
        report = Report(AGENT, "b1", next(self._seq), self.now, readings)
        self.collector.on_message(topic(*hall.key, "reports", AGENT), encode(report))

    def move(self, seconds: float, step_s: float = 1.0) -> None:
        """Let time pass, and the courier do what becomes due in it."""
        until = self.now + seconds
        while self.now < until:
            step = min(step_s, until - self.now)
            self.now, self.monotonic = self.now + step, self.monotonic + step
            self.collector.tick()
            heard, self._broker.on_the_way = self._broker.on_the_way, []
            for message in heard:
                self.collector.on_message(*message)
            self.deliver()

    def deliver(self) -> None:
        """Have the courier send what is due, until nothing is."""
        courier = self.dispatch.courier
        while True:
            with courier._changed:
                work = list(courier._due())
            if not work:
                return
            wait([courier._pools[place.channel].submit(courier._deliver, place, *rest) for place, *rest in work])

    def view(self, hall: Hall) -> HallView:
        """Return the picture of a hall."""
        view = self.collector.view(hall.key)
        assert view is not None
        return view

    def alerts(self) -> list[AlertView]:
        """Return what people were told, or are still to be told, in all halls."""
        return [alert for hall in self.halls for alert in self.view(hall).alerts]

    @contextmanager
    def source(self) -> Iterator[LiveSource]:
        """Give what the pages ask."""
        people, cabinet, screen_keys = People(self._url), Cabinet(self._url), ScreenKeys(self._url)
        records = Records(None, PLAN, CATALOGUE)  # type: ignore[arg-type] - no report is asked for
        try:
            yield LiveSource(
                self.collector, people, records, cabinet, Album(Path("none")),
                hall_files=open_hall_files(Path("none")), screen_keys=screen_keys,
                web=Web(), token="operator", now=lambda: self.now,
            )  # fmt: skip
        finally:
            people.close()
            cabinet.close()
            screen_keys.close()

    def close(self) -> None:
        """End what is open."""
        for pool in self.dispatch.courier._pools.values():
            pool.shutdown()
        self.journal.close()
