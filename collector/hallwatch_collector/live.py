"""The running collector as the pages see it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import structs

from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Web
from hallwatch_collector.core.commands import AnyCommand, CommandRefused, SignReport
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
from hallwatch_collector.people import People, Person
from hallwatch_collector.records import Records
from hallwatch_collector.registers import Cabinet, RegisterPage, Written, put_together
from hallwatch_collector.report.fonts import FontMissing
from hallwatch_collector.report.story import NoSuchIncident
from hallwatch_collector.web.source import CannotBeMade, Listener, ReportForm


class LiveSource:
    """Implements :class:`hallwatch_collector.web.source.Source`."""

    def __init__(
        self,
        collector: Collector,
        people: People,
        records: Records,
        cabinet: Cabinet,
        *,
        web: Web,
        token: str,
        now: Callable[[], float],
    ) -> None:
        self._records = records
        self._collector = collector
        self._cabinet = cabinet
        self._people = people
        self._now = now
        self.token = token
        self.hosts: Sequence[str] = [web.host, *web.hosts]

    @property
    def plan(self) -> Plan:
        """The emergency plan in force."""
        return self._records.plan

    def now(self) -> float:
        """Return the collector's clock, Unix seconds UTC."""
        return self._now()

    def halls(self) -> Sequence[HallView]:
        """Return the present picture of every hall, Hallwatch's own included."""
        return list(self._collector.views())

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of one hall, or None when there is no such hall."""
        return self._collector.view(key)

    def explain(self, key: HallKey, kind: Kind, name: str) -> Why | None:
        """Return why something is so; None when there is no such thing now."""
        return self._collector.explain(key, kind, name)

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
            return self._people.find(token)
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from error

    def command(self, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
        """Carry out what a person decided and return what came of it; raise ``CommandRefused`` when it cannot be."""
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

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with a hall's key after each change of its picture; return what ends that."""
        return self._collector.subscribe(listener)

    def problems(self) -> Sequence[str]:
        """Return what keeps the collector from its work now, a sentence each."""
        return self._collector.problems()

    def metrics(self) -> bytes:
        """Return the Prometheus exposition of everything."""
        return self._collector.metrics.render(self._collector.views())


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
