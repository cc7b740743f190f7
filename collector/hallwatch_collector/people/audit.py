"""The audit log: who did what, when and from where, and what came of it; what was refused too.

Beside the journal, which holds the plan's decisions for good: this one also knows sign-ins, settings, addresses and
what was tried. It is kept for a time (``web.audit_days``) and then deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.journal.tables import audit
from hallwatch_collector.people.deeds import Deed, Outcome
from hallwatch_collector.people.storage import Storage
from hallwatch_collector.people.strangers import Strangers

LONGEST_TEXT: Final = 300
PAGE: Final = 500

_decode_names = msgspec.json.Decoder(list[str]).decode
_decode_details = msgspec.json.Decoder(dict[str, str]).decode


class Wanted(Struct, frozen=True, kw_only=True):
    """Which of it is asked for; what is empty does not matter."""

    who: str = ""
    action: str = ""
    """Or the beginning of it: ``command`` is every command."""
    hall: str = ""
    outcome: str = ""
    since: float | None = None
    until: float | None = None
    halls: tuple[str, ...] = ()
    """Only of these halls; for who may see no others."""


class AuditLog:
    """The table of it. Thread-safe; every method raises ``JournalUnavailable``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._strangers = Strangers()

    def write_stranger(self, deed: Deed) -> None:
        """Write down what nobody who is known tried in vain; after the first few a minute :meth:`tell_more` does."""
        self.tell_more(deed.at)
        if self._strangers.take(deed):
            self.write(deed)

    def tell_more(self, now: float) -> None:
        """Write down how many more there were, of the minutes that are over. Cheap; call it often."""
        told = self._strangers.tell(now)
        while told:
            try:
                self.write(told[-1])
            except JournalUnavailable:
                self._strangers.give_back(told)
                raise
            told.pop()

    def write(self, deed: Deed) -> None:
        """Write one down."""
        row = {
            "at": deed.at, "who": deed.who[:LONGEST_TEXT], "roles": _json(deed.roles),
            "address": deed.address[:LONGEST_TEXT], "action": deed.action, "hall": deed.hall[:LONGEST_TEXT],
            "object": deed.object[:LONGEST_TEXT], "outcome": deed.outcome,
            "details": _json({name: text[:LONGEST_TEXT] for name, text in deed.details.items()}),
        }  # fmt: skip
        with self._storage.ask() as connection:
            connection.execute(sa.insert(audit).values(**row))

    def read(self, wanted: Wanted, *, before: int = 0, most: int = 100) -> list[Deed]:
        """Return the last ones, the newest first; *before*: older than the one with this id."""
        query = sa.select(audit).where(*_conditions(wanted)).order_by(audit.c.id.desc()).limit(most)
        if before:
            query = query.where(audit.c.id < before)
        with self._storage.ask() as connection:
            return [_deed(row) for row in connection.execute(query)]

    def all(self, wanted: Wanted) -> Iterator[Deed]:
        """Yield every one, the newest first."""
        before = 0
        while page := self.read(wanted, before=before, most=PAGE):
            yield from page
            before = page[-1].id

    def oldest(self) -> float | None:
        """Return when the oldest one was; None: there is none."""
        with self._storage.ask() as connection:
            at: float | None = connection.execute(sa.select(sa.func.min(audit.c.at))).scalar_one()
        return at

    def purge(self, before: float) -> int:
        """Delete what is older; return how many that were."""
        with self._storage.ask() as connection:
            return connection.execute(sa.delete(audit).where(audit.c.at < before)).rowcount


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    exact: Mapping[str, str] = {"who": wanted.who, "hall": wanted.hall, "outcome": wanted.outcome}
    yield from (audit.c[name] == text for name, text in exact.items() if text)
    if wanted.action:
        begins = audit.c.action.startswith(f"{wanted.action}.", autoescape=True)
        yield sa.or_(audit.c.action == wanted.action, begins)
    if wanted.since is not None:
        yield audit.c.at >= wanted.since
    if wanted.until is not None:
        yield audit.c.at < wanted.until
    if wanted.halls:
        yield audit.c.hall.in_(wanted.halls)


def _json(told: object) -> str:
    return msgspec.json.encode(told).decode()


def _deed(row: sa.Row[Any]) -> Deed:
    told = {name: getattr(row, name) for name in Deed.__struct_fields__}
    return Deed(**told | {"roles": _decode_names(row.roles), "details": _decode_details(row.details)})


__all__ = ["AuditLog", "Deed", "Outcome", "Wanted"]
