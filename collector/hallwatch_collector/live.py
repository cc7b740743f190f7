"""The running collector as the pages see it."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from hallwatch_collector.chronicle import Chronicle
from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Web
from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.availability import DevicePast, Present
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.commands import AnyCommand, CommandRefused, PairScreen, SignReport
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.foresight import Outlook
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.past import Past
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.device_pasts import DevicePasts
from hallwatch_collector.hallfiles import HallFiles
from hallwatch_collector.journal import Entry, JournalUnavailable, JournalUnusable
from hallwatch_collector.lookaround import LookAround
from hallwatch_collector.notify.links import Redeemed
from hallwatch_collector.people import People, Person
from hallwatch_collector.photos.album import Album
from hallwatch_collector.records import Records
from hallwatch_collector.registers import Cabinet, RegisterPage, Written, put_together
from hallwatch_collector.report.fonts import FontMissing
from hallwatch_collector.report.story import NoSuchIncident
from hallwatch_collector.screens import KnownScreen, Pairings, ScreenKeys
from hallwatch_collector.selfwatch import SELF_KEY
from hallwatch_collector.tryouts import Tryouts
from hallwatch_collector.web.source import CannotBeMade, DeviceRecord, Listener, ReportForm

WEIGHED_FOR_S: Final = 15.0
"""So long what was counted of a week is told to others who ask the same."""


class LiveSource:
    """Implements :class:`hallwatch_collector.web.source.Source`."""

    def __init__(
        self,
        collector: Collector,
        people: People,
        records: Records,
        cabinet: Cabinet,
        album: Album,
        *,
        hall_files: HallFiles,
        screen_keys: ScreenKeys,
        web: Web,
        token: str,
        now: Callable[[], float],
        set_up_code: str = "",
    ) -> None:
        self._records = records
        self._chronicle = Chronicle(self._read_entries)
        self._screen_keys = screen_keys
        self._pairings = Pairings()
        self._weighing = threading.Lock()
        self._weighed: dict[tuple[str, frozenset[str]], tuple[float, Quality]] = {}
        self._collector = collector
        self._device_pasts = DevicePasts(self._read_device_past)
        self._tryouts = Tryouts(collector.view, collector.pack)
        self._cabinet = cabinet
        self.album = album
        self.hall_files = hall_files
        self.look_around = LookAround(now)
        self.people = people
        self.web = web
        self.set_up_code = set_up_code
        self._now = now
        self.token = token
        self.hosts: Sequence[str] = web.names

    @property
    def plan(self) -> Plan:
        """The emergency plan in force."""
        return self._records.plan

    @property
    def catalogue(self) -> Catalogue:
        """The fault catalogue in force."""
        return self._records.catalogue

    def now(self) -> float:
        """Return the collector's clock, Unix seconds UTC."""
        return self._now()

    def halls(self) -> Sequence[HallView]:
        """Return the present picture of every hall, Hallwatch's own included."""
        return list(self._collector.views())

    def own(self) -> Sequence[HallView]:
        """Return the present picture of Hallwatch's own health; empty: there is none."""
        view = self._collector.view(SELF_KEY)
        return [view] if view else []

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of one hall, or None when there is no such hall."""
        return self._collector.view(key)

    def explain(self, key: HallKey, kind: Kind, name: str) -> Why | None:
        """Return why something is so; None when there is no such thing now."""
        return self._collector.explain(key, kind, name)

    def device(self, key: HallKey, name: str) -> DeviceRecord | None:
        """Return a device from near and how it was; None when there is no such one."""
        hall, closeup = self._collector.hall(key), self._collector.look_closely(key, name)
        if hall is None or closeup is None:
            return None
        return DeviceRecord(closeup, self._device_pasts.read(hall, closeup.present, self._now()))

    def _read_device_past(self, hall: Hall, present: Present, now: float) -> DevicePast:
        return self._records.device_past(hall, present, now)

    def foresee(self, key: HallKey, commands: Sequence[AnyCommand]) -> Sequence[Outlook]:
        """Return what the first of these decisions would do, each by itself."""
        return self._tryouts.foresee(key, commands, self._now())

    def report(self, key: HallKey, incident: str, form: ReportForm) -> bytes | None:
        """Return the report on an incident; None when the record has no such incident."""
        hall = self._collector.hall(key)
        try:
            return self._records.report(hall, incident, form, now=self._now()) if hall else None
        except NoSuchIncident:
            return None
        except FontMissing as error:
            raise CannotBeMade(str(error)) from error
        except (JournalUnavailable, JournalUnusable) as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def quality(self, key: HallKey | None, week: str) -> Quality:
        """Return how good the alerts of a hall, or of all, were in a week."""
        halls = {file: hall for file, hall in self._collector.hall_files().items() if key in (None, hall.key)}
        try:
            with self._weighing:  # anybody may ask, and a week is much to read
                return self._weigh(halls, week, self._now())
        except (JournalUnavailable, JournalUnusable) as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def _weigh(self, halls: Mapping[str, Hall], week: str, now: float) -> Quality:
        """Return what was found for the same question a moment ago, or find it."""
        asked = (week, frozenset(halls))
        self._weighed = {name: kept for name, kept in self._weighed.items() if 0 <= now - kept[0] < WEIGHED_FOR_S}
        if asked not in self._weighed:
            self._weighed[asked] = (now, self._records.quality(halls, week, now=now))
        return self._weighed[asked][1]

    def past(self, key: HallKey) -> Past:
        """Return what the record tells of a hall's past."""
        try:
            return self._chronicle.past(key)
        except (JournalUnavailable, JournalUnusable) as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def _read_entries(self, key: HallKey, after: int) -> Iterator[Entry]:
        return self._records.entries(key, after)

    def hall(self, key: HallKey) -> Hall | None:
        """Return what the file of a hall in force says; None when there is no such hall."""
        return self._collector.hall(key)

    @property
    def fault_names(self) -> Mapping[str, tuple[str, str]]:
        """What each fault of the catalogue is called, in Chinese and in English."""
        return self._records.fault_names

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last event of the record."""
        try:
            head = self._records.head()
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error
        return head.seq, head.hash

    def find_person(self, token: str) -> Person | None:
        """Return the person whose token this is; raise ``CommandRefused`` when the journal's database is away."""
        try:
            return self.people.find(token)
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def command(self, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
        """Carry out what a person decided and return what came of it; raise ``CommandRefused`` when it cannot be."""
        if isinstance(command, PairScreen) and self._collector.may(command.roles, "manage"):
            with self._pairings.redeem(command.code, self._now()) as key_hash:
                self._screen_keys.forget()
                return self._collector.command(key, structs.replace(command, key_hash=key_hash))
        if isinstance(command, SignReport) and self._collector.may(command.roles, "sign-report"):
            command = self._seal(key, command)
        return self._collector.command(key, command)

    def _seal(self, key: HallKey, command: SignReport) -> SignReport:
        """Return the command with the digest of what is signed."""
        hall = self._collector.hall(key)
        try:
            digest = self._records.seal(hall, command.incident) if hall else ""
        except NoSuchIncident:
            digest = ""  # which is refused where all that is not there is
        except (JournalUnavailable, JournalUnusable) as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error
        return structs.replace(command, digest=digest)

    def redeem(self, ticket: str) -> Redeemed:
        """Return what the link in a message is about, as of now; raise ``LinkRefused`` for what is none of ours."""
        return self._collector.redeem(ticket)

    def register(self, key: HallKey, incident: str, register: str, roles: Sequence[str]) -> RegisterPage | None:
        """Return a register as these roles may see it; raise ``CommandRefused`` when it cannot be read."""
        sheet = self._collector.sheet(key, incident, register)
        if sheet is None:
            return None
        written = self._read(key, [entry.number for entry in sheet.entries if entry.digest])
        return put_together(sheet, written, personal=self._collector.may(roles, "see-personal"))

    def _read(self, key: HallKey, numbers: Sequence[str]) -> dict[str, Written]:
        try:
            return self._cabinet.read(key, numbers)
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def find_screen(self, key: str) -> KnownScreen | None:
        """Return the paired screen whose browser holds this key; None when there is none."""
        try:
            known = self._screen_keys.find(key)
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error
        view = self._collector.view(known.hall) if known else None
        return known if known and view and any(each.id == known.id for each in view.screens) else None

    def code_of_screen(self, key: str, *, draw: bool = False) -> str:
        """Return the code by which a person pairs the browser that holds this key; empty: it has none."""
        code = self._pairings.code_of(key, self._now())
        return code or (self._pairings.draw_code(key, self._now()) if draw else "")

    def hear_screen(self, screen: KnownScreen, shows: str) -> bool:
        """Take in what a paired screen says that it shows; return False when it is none any more."""
        return self._collector.hear_screen(screen.hall, screen.id, shows)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with a hall's key after each change of its picture; return what ends that."""
        return self._collector.subscribe(listener)

    def problems(self, *, alerts: bool = True) -> Sequence[str]:
        """Return what keeps the collector from its work now, a sentence each."""
        return self._collector.problems(alerts=alerts)

    def tested(self) -> AlertsTested | None:
        """Return what came of the last weekly test of alerts."""
        return self._collector.tested

    def metrics(self) -> bytes:
        """Return the Prometheus exposition of everything."""
        return self._collector.scrape()


def keep_token(path: Path) -> str:
    """Return the operator's token, which this file keeps; drawn at the first start, readable by its owner only."""
    try:
        known = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        known = ""
    if known:
        return known
    token = secrets.token_urlsafe(24)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token
