"""The table of people, in the journal's database."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hallwatch_collector.core.values import AUTOMATIC, HALL_FILE
from hallwatch_collector.journal.database import JournalUnavailable, connect
from hallwatch_collector.journal.tables import person, session
from hallwatch_collector.people.accounts import Accounts, PersonRefused
from hallwatch_collector.people.audit import AuditLog
from hallwatch_collector.people.credentials import draw_token, hash_token
from hallwatch_collector.people.failures import Failures
from hallwatch_collector.people.person import LONGEST_NAME, Person, clean_name
from hallwatch_collector.people.sealing import KEY_BYTES, Sealer
from hallwatch_collector.people.sessions import Sessions
from hallwatch_collector.people.storage import Storage

TAKEN: Final = frozenset({AUTOMATIC, HALL_FILE})
"""Names under which the record keeps what nobody decided."""

_decode_names = msgspec.json.Decoder(list[str]).decode


class People:
    """Who may decide something. Thread-safe: each call takes a connection of its own.

    Every method raises :class:`~hallwatch_collector.journal.JournalUnavailable` when the database cannot be asked; the
    journal's migrations make the table.
    """

    def __init__(self, url: str, seal_key: bytes | None = None) -> None:
        """*url* is the journal's; raises ``JournalUnusable`` when no database can be behind it.

        *seal_key*: of :mod:`~hallwatch_collector.people.sealing`; None: a new one, with which nothing kept is read.
        """
        self._database = connect(url)
        self._storage = storage = Storage(self._database)
        self.accounts = Accounts(storage)
        self.sessions = Sessions(storage)
        self.failures = Failures(storage)
        self.audit = AuditLog(storage)
        self.sealer = Sealer(seal_key or secrets.token_bytes(KEY_BYTES))

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        with self._storage.ask() as connection:
            return [_person(row) for row in connection.execute(sa.select(person).order_by(person.c.name))]

    def find(self, token: str) -> Person | None:
        """Return whose token this is; None when it is nobody's, or that of somebody who is disabled."""
        theirs = sa.and_(person.c.token_hash == hash_token(token), person.c.disabled_at.is_(None))
        with self._storage.ask() as connection:
            row = connection.execute(sa.select(person).where(theirs)).first()
        return _person(row) if row else None

    def add(self, who: Person, now: float) -> str:
        """Add a person and return their token, which is kept nowhere.

        Raises :class:`PersonRefused` when the name cannot be one, or is taken.
        """
        token = draw_token()
        self._insert(who, now, token_hash=hash_token(token))
        return token

    def admit(
        self, who: Person, now: float, *, password_hash: str | None, must_change: bool = True,
        subject: str | None = None,
    ) -> None:  # fmt: skip
        """Add a person who signs in at the pages; raises as :meth:`add` does. None: not with a password.

        *subject*: as what OpenID Connect knows them.
        """
        self._insert(who, now, password_hash=password_hash, must_change=int(must_change), oidc_subject=subject)

    def admit_first(self, who: Person, now: float, password_hash: str) -> bool:
        """Add the first administrator; tell whether there was none yet. Raises as :meth:`add` does."""
        row = _row(who, now, password_hash=password_hash)
        try:
            with self._storage.change(person) as connection:
                if self.accounts.administrators(connection):
                    return False
                connection.execute(sa.insert(person).values(**row))
        except IntegrityError:
            raise _taken(who.name) from None
        return True

    def _insert(self, who: Person, now: float, **more: object) -> None:
        row = _row(who, now, **more)
        try:
            with self._storage.ask() as connection:
                connection.execute(sa.insert(person).values(**row))
        except IntegrityError:
            raise _taken(who.name) from None

    def renew_token(self, name: str) -> str:
        """Return a new token of a person, in place of the one before; raise :class:`PersonRefused` for a stranger."""
        token = draw_token()
        self._change(sa.update(person).where(person.c.name == name).values(token_hash=hash_token(token)), name)
        return token

    def withdraw_token(self, name: str) -> None:
        """Have a person's token be good for nothing any more; raise :class:`PersonRefused` for a stranger."""
        self._change(sa.update(person).where(person.c.name == name).values(token_hash=None), name)

    def remove(self, name: str) -> None:
        """Remove a person: their token and sessions are good for nothing any more.

        Raises :class:`PersonRefused` for a stranger.
        """
        # In this order: after the first no session is opened, by somebody who is just signing in.
        self._change(sa.delete(person).where(person.c.name == name), name)
        with self._storage.ask() as connection:
            connection.execute(sa.delete(session).where(session.c.person == name))

    def close(self) -> None:
        """Write down what is still to be, and let go of the database."""
        with suppress(JournalUnavailable):
            self.audit.tell_more(math.inf)
        self._database.dispose()

    def _change(self, statement: sa.Update | sa.Delete, name: str) -> None:
        with self._storage.ask() as connection:
            changed = connection.execute(statement).rowcount
        if not changed:
            raise PersonRefused(f"there is no {name}; `hallwatch user list` shows who there is", "nobody")


def _taken(name: str) -> PersonRefused:
    return PersonRefused(f"there is a {name} already; remove that one first, or take another name", "name-taken")


def check_name(name: str) -> None:
    """Raise :class:`PersonRefused` for what cannot be a person's name."""
    if name != clean_name(name) or not name or name in TAKEN:
        text = (
            f"{name!r} is no name for a person: 1 to {LONGEST_NAME} printable characters without blanks around them, "
            f"and not {' or '.join(sorted(TAKEN))}"
        )
        raise PersonRefused(text, "name-wrong")


def _row(who: Person, now: float, **more: object) -> dict[str, object]:
    check_name(who.name)
    told: dict[str, object] = {"name": who.name, "roles": _encode(who.roles), "halls": _encode(who.halls)}
    return told | {"added_at": now, "must_change": 0, "recovery": "[]"} | more


def _encode(names: Sequence[str]) -> str:
    return msgspec.json.encode(names).decode()


def _person(row: sa.Row[Any]) -> Person:
    return Person(name=row.name, roles=_decode_names(row.roles), halls=_decode_names(row.halls))
