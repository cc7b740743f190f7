"""A running collector that is none, for the pages' tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from hallwatch_collector import plans
from hallwatch_collector.config import Web
from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.foresight import Load, Outlook
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.past import Past
from hallwatch_collector.core.quality.counts import Told
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.core.quality.week import span_of
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.lookaround import LookAround
from hallwatch_collector.notify.links import LinkRefused, Redeemed
from hallwatch_collector.people import Person
from hallwatch_collector.photos.album import Album
from hallwatch_collector.registers import RegisterPage
from hallwatch_collector.screens import KnownScreen, Pairings
from hallwatch_collector.web.source import DeviceRecord, Listener, ReportForm
from parts.hall_files import open_hall_files
from parts.hall_views import NOW, look_at
from parts.people import open_people

TOKEN = "test-token-0123456789"
NOW_OPEN = Load(windows=4, windows_in_use=6, people=None, queue=None, wait_s=None, unserved=())
STILL = Outlook(before=NOW_OPEN, after=NOW_OPEN)
"""A decision that changes nothing."""
PLAN, CATALOGUE = plans.load()


class FakeSource:
    """Keeps what a test puts in and what the pages send; tells listeners when a test changes a hall."""

    def __init__(self, *views: HallView) -> None:
        self.token = TOKEN
        self.web = Web()
        self.people = open_people()
        self.set_up_code = ""
        self.tokens: dict[str, Person] = {}
        self.hosts: tuple[str, ...] = ("testserver.local",)
        self.clock = NOW
        self.views = {HallKey(view.area, view.hall): view for view in views}
        self.commands: list[tuple[HallKey, AnyCommand]] = []
        self.refuse_with: CommandRefused | None = None
        self.events: list[AnyEvent] = []
        """What comes of a command."""
        self.troubles: list[str] = []
        self.alert_troubles: list[str] = []
        """Those that are of alerts."""
        self.searches = 0
        self._listeners: list[Listener] = []
        self.screens: dict[str, KnownScreen] = {}
        """By the keys of their browsers."""
        self.pairings = Pairings()
        self.shown: list[tuple[str, str]] = []
        """What screens said that they show."""

        self.plan = PLAN
        self.catalogue = CATALOGUE
        self.hall_files = open_hall_files(Path("no-folder"))
        self.look_around = LookAround(lambda: NOW, ["true"])
        self.album = Album(Path("no-photos"))
        """A test that sends photos puts one of its own here."""
        self.whys: dict[tuple[Kind, str], Why] = {}
        self.test: AlertsTested | None = None
        self.weighed = Quality(week="", start=NOW - 604_800, end=NOW, told=Told(), people=(), rules=(), suggestions=())
        self.asked: tuple[HallKey | None, str] | None = None
        """For what quality was asked."""
        self.tickets: dict[str, Redeemed] = {}
        """What the links of messages are about; beside them there is one that is ``expired``."""
        self.records: dict[str, DeviceRecord] = {}
        """Device → how it is from near, and was."""
        self.unknown: set[str] = set()
        """Devices that are not there."""
        self.outlooks: dict[str, Outlook] = {}
        """What decisions would do: measure or window → that."""
        self.reports: dict[str, bytes | Exception] = {}
        """Incident → its report, or why there is none."""

        self.pasts: dict[HallKey, Past] = {}
        self.files: dict[HallKey, Hall] = {}
        self.fault_names = {fault.id: (fault.name, fault.name_en) for fault in CATALOGUE.faults}

    def past(self, key: HallKey) -> Past:
        if self.refuse_with:
            raise self.refuse_with
        return self.pasts.get(key, Past())

    def hall(self, key: HallKey) -> Hall | None:
        return self.files.get(key)

    def now(self) -> float:
        return self.clock

    def halls(self) -> list[HallView]:
        return list(self.views.values())

    def own(self) -> list[HallView]:
        return [view for view in self.views.values() if view.internal]

    def view(self, key: HallKey) -> HallView | None:
        return self.views.get(key)

    def explain(self, key: HallKey, kind: Kind, name: str) -> Why | None:
        return self.whys.get((kind, name)) if key in self.views else None

    def device(self, key: HallKey, name: str) -> DeviceRecord | None:
        if key not in self.views or name in self.unknown:
            return None
        return self.records.get(name) or DeviceRecord(look_at(name), None)

    def foresee(self, key: HallKey, commands: Sequence[AnyCommand]) -> Sequence[Outlook]:
        about = [getattr(each, "measure", getattr(each, "window", "")) for each in commands]
        return [self.outlooks.get(name, STILL) for name in about]

    def report(self, key: HallKey, incident: str, form: ReportForm) -> bytes | None:
        report = self.reports.get(incident)
        if isinstance(report, Exception):
            raise report
        return f"{form} ".encode() + report if report is not None and key in self.views else None

    def quality(self, key: HallKey | None, week: str) -> Quality:
        self.asked = (key, week)
        if week:
            span_of(week, "Asia/Shanghai")
        return msgspec.structs.replace(self.weighed, week=week)

    def head(self) -> tuple[int, str]:
        return 7, "0" * 64

    def find_person(self, token: str) -> Person | None:
        self.searches += 1
        return self.tokens.get(token)

    def command(self, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
        if self.refuse_with:
            raise self.refuse_with
        self.commands.append((key, command))
        return self.events

    def register(self, key: HallKey, incident: str, register: str, roles: Sequence[str]) -> RegisterPage | None:
        return None

    def redeem(self, ticket: str) -> Redeemed:
        told = self.tickets.get(ticket)
        if told is None:
            raise LinkRefused(expired=ticket == "expired")
        return msgspec.structs.replace(told, view=self.views.get(HallKey(told.ticket.area, told.ticket.hall)))

    def find_screen(self, key: str) -> KnownScreen | None:
        known = self.screens.get(key)
        view = self.views.get(known.hall) if known else None
        return known if view and any(each.id == known.id for each in view.screens) else None

    def code_of_screen(self, key: str, *, draw: bool = False) -> str:
        code = self.pairings.code_of(key, self.clock)
        return code or (self.pairings.draw_code(key, self.clock) if draw else "")

    def hear_screen(self, screen: KnownScreen, shows: str) -> bool:
        self.shown.append((screen.id, shows))
        return True

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def problems(self, *, alerts: bool = True) -> list[str]:
        return self.troubles + self.alert_troubles * alerts

    def tested(self) -> AlertsTested | None:
        return self.test

    def metrics(self) -> bytes:
        return b"# TYPE hallwatch_up gauge\nhallwatch_up 1\n"

    def put(self, view: HallView) -> None:
        """Replace a hall's picture and tell it, as the engine's thread would."""
        key = HallKey(view.area, view.hall)
        self.views[key] = msgspec.structs.replace(view, version=self.views[key].version + 1 if key in self.views else 1)
        for listener in list(self._listeners):
            listener(key)

    def drop(self, key: HallKey) -> None:
        """Take a hall away and tell it."""
        del self.views[key]
        for listener in list(self._listeners):
            listener(key)
