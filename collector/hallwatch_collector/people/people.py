"""The table of people, in the journal's database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hallwatch_collector.core.values import AUTOMATIC, HALL_FILE
from hallwatch_collector.journal.database import JournalUnavailable, connect, reason
from hallwatch_collector.journal.tables import person
from hallwatch_collector.people.credentials import draw_token, hash_token
from hallwatch_collector.people.person import LONGEST_NAME, Person, clean_name

TAKEN: Final = frozenset({AUTOMATIC, HALL_FILE})
"""Names under which the record keeps what nobody decided."""

_decode_names = msgspec.json.Decoder(list[str]).decode


class PersonRefused(ValueError):  # noqa: N818 - it says what happened
    """A person cannot be added, changed or removed; the text says why."""


class People:
    """Who may decide something. Thread-safe: each call takes a connection of its own.

    Every method raises :class:`~hallwatch_collector.journal.JournalUnavailable` when the database cannot be asked; the
    journal's migrations make the table.
    """

    def __init__(self, url: str) -> None:
        """*url* is the journal's; raises ``JournalUnusable`` when no database can be behind it."""
        self._database = connect(url)

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        with self._ask() as connection:
            return [_person(row) for row in connection.execute(sa.select(person).order_by(person.c.name))]

    def find(self, token: str) -> Person | None:
        """Return whose token this is; None when it is nobody's."""
        with self._ask() as connection:
            row = connection.execute(sa.select(person).where(person.c.token_hash == hash_token(token))).first()
        return _person(row) if row else None

    def add(self, who: Person, now: float) -> str:
        """Add a person and return their token, which is kept nowhere.

        Raises :class:`PersonRefused` when the name cannot be one, or is taken.
        """
        if who.name != clean_name(who.name) or not who.name or who.name in TAKEN:
            raise PersonRefused(
                f"{who.name!r} is no name for a person: 1 to {LONGEST_NAME} printable characters without blanks around "
                f"them, and not {' or '.join(sorted(TAKEN))}"
            )
        token = draw_token()
        row = {
            "name": who.name,
            "roles": _encode(who.roles),
            "halls": _encode(who.halls),
            "token_hash": hash_token(token),
            "added_at": now,
        }
        try:
            with self._ask() as connection:
                connection.execute(sa.insert(person).values(**row))
        except IntegrityError:
            raise PersonRefused(f"there is a {who.name} already; remove that one first, or take another name") from None
        return token

    def renew_token(self, name: str) -> str:
        """Return a new token of a person, in place of the one before; raise :class:`PersonRefused` for a stranger."""
        token = draw_token()
        self._change(sa.update(person).where(person.c.name == name).values(token_hash=hash_token(token)), name)
        return token

    def remove(self, name: str) -> None:
        """Remove a person: their token is good for nothing any more. Raise :class:`PersonRefused` for a stranger."""
        self._change(sa.delete(person).where(person.c.name == name), name)

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _change(self, statement: sa.Update | sa.Delete, name: str) -> None:
        with self._ask() as connection:
            changed = connection.execute(statement).rowcount
        if not changed:
            raise PersonRefused(f"there is no {name}; `hallwatch user list` shows who there is")

    @contextmanager
    def _ask(self) -> Iterator[sa.Connection]:
        try:
            with self._database.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error


def _encode(names: Sequence[str]) -> str:
    return msgspec.json.encode(names).decode()


def _person(row: sa.Row[Any]) -> Person:
    return Person(name=row.name, roles=_decode_names(row.roles), halls=_decode_names(row.halls))
