"""A collector in one process whose hall takes nothing any more, so that a register can be opened; and its pages."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hallwatch_collector import plans
from hallwatch_collector.clock import Clock
from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Web
from hallwatch_collector.core import commands
from hallwatch_collector.core.availability import DevicePast, Present
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.register_events import EntryTaken
from hallwatch_collector.core.views import RegisterView
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.journal import Journal
from hallwatch_collector.live import LiveSource
from hallwatch_collector.parts import Parts
from hallwatch_collector.people import People
from hallwatch_collector.photos.album import Album
from hallwatch_collector.records import Records
from hallwatch_collector.registers import Cabinet
from hallwatch_collector.screens import ScreenKeys
from parts.answers import say_yes
from parts.fake_source import TOKEN
from parts.hall_file import GOOD
from parts.hall_files import open_hall_files

KEY = HallKey("330106", "xihu")
NOW = 1_763_692_800.0  # 2025-11-21 10:40 in Shanghai
PLAN, CATALOGUE = plans.load()
FIELDS = {"name": "测试甲公司", "contact": "甲某", "phone": "13800000001", "business": "申报"}


class RegisterHall:
    """A hall that a person reported to be out of use, a collector for it, and the collector as the pages see it."""

    def __init__(self, folder: Path, url: str = "", text: str = GOOD) -> None:
        """*url*: of a journal elsewhere than in the folder; *text*: the hall file."""
        self.album = Album(folder / "photos")
        self.file = folder / "xihu.toml"
        self.file.write_text(text, encoding="utf-8")
        self.url = url or f"sqlite:///{folder / 'journal.sqlite'}"
        self.wall = NOW
        self.start()

    def start(self) -> None:
        """Start the collector on what the journal holds."""
        self.journal, self.cabinet = Journal(self.url), Cabinet(self.url)
        self.screen_keys = ScreenKeys(self.url)
        self.journal.migrate()
        known = Known.of(PLAN, CATALOGUE)
        parts = Parts(
            engine=Engine(PLAN, CATALOGUE),
            journal=self.journal,
            folder=HallFolder([self.file], lambda path: read_hall(path, known)),
            clock=Clock(lambda: self.wall, lambda: self.wall),
            boot="b0",
            cabinet=self.cabinet,
        )
        self.collector = Collector(parts)
        self.people = People(self.url)
        self.records: Any = SimpleNamespace(
            plan=PLAN, catalogue=CATALOGUE, seal=lambda _hall, _incident: "0" * 64, device_past=self.device_past
        )
        web = Web(hosts=["testserver.local"])
        self.source = LiveSource(
            self.collector, self.people, self.records, self.cabinet, self.album,
            hall_files=open_hall_files(self.file.parent, self.file), screen_keys=self.screen_keys, web=web,
            token=TOKEN, now=lambda: self.wall,
        )  # fmt: skip
        self.collector.start()

    def device_past(self, hall: Hall, present: Present, now: float) -> DevicePast:
        """Return how a device was, as the collector's own record has it."""
        config: Any = SimpleNamespace(journal_url=self.url)
        return Records(config, PLAN, CATALOGUE).device_past(hall, present, now)

    def stop(self) -> None:
        """Let go of the database; what is not written is lost."""
        for part in (self.journal, self.cabinet, self.people, self.screen_keys):
            part.close()

    def restart(self) -> None:
        """Kill the collector and start it again."""
        self.stop()
        self.start()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.collector.tick()

    def do(
        self, command: type[commands.Command], by: str = "小陈", roles: tuple[str, ...] = ("*",), **more: Any
    ) -> Any:
        """Give a command; return what came of it."""
        told: Any = command(by=by, roles=list(roles), **more)
        return self.collector.command(KEY, told)

    def close_down(self) -> None:
        """Report that the hall is out of use, and have business accepted by hand."""
        self.do(commands.ReportFault, thing="hall:", effect="unusable", text="停电")
        self.do(commands.Confirm, measure=self.measure("D2"))

    def take(self, **more: Any) -> str:
        """Write something into the register; return its number."""
        events = self.do(commands.TakeEntry, incident=self.incident, register="by-hand", **({"fields": FIELDS} | more))
        return next(event.number for event in events if isinstance(event, EntryTaken))

    def measure(self, clause: str) -> str:
        """Return the id of the open measure of a clause."""
        view = self.collector.view(KEY)
        assert view
        return next(each.id for each in view.measures if (each.clause, each.status) == (clause, "open"))

    @property
    def incident(self) -> str:
        """The incident of the hall."""
        view = self.collector.view(KEY)
        assert view
        return next(each.id for each in view.incidents if each.device == "hall:")

    @property
    def status(self) -> str:
        """How far that incident is."""
        view = self.collector.view(KEY)
        assert view
        return next((each.status for each in view.incidents if each.device == "hall:"), "forgotten")

    @property
    def register(self) -> RegisterView:
        """The register."""
        view = self.collector.view(KEY)
        assert view
        return view.registers[0]

    def events(self) -> list[AnyEvent]:
        """Return what the journal holds."""
        return [entry.event for entry in self.journal.entries(KEY)]

    def settle(self) -> None:
        """Do everything else that the incident needs to close."""
        for _ in range(8):
            view = self.collector.view(KEY)
            assert view
            if self.status == "closed":
                return
            for each in view.measures:
                if each.status == "open" and each.mode == "show" and each.clause in ("D4", "R4", "R5"):
                    self.collector.command(KEY, say_yes(each, "小陈", "*"))
                elif each.status == "open" and each.clause in ("R7", "W3"):
                    self.do(commands.Confirm, measure=each.id)
            self.wait(1800)
