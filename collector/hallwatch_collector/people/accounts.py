"""What people sign in with, and what an administrator changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.exc import IntegrityError

from hallwatch_collector.journal.tables import person, session
from hallwatch_collector.people.person import ADMINISTRATOR, Person
from hallwatch_collector.people.storage import Storage

_decode_names = msgspec.json.Decoder(list[str]).decode


class PersonRefused(ValueError):  # noqa: N818 - it says what happened
    """A person cannot be added, changed or removed; the text says why, ``code`` is for the pages."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Account(Struct, frozen=True, kw_only=True):
    """A person, with how they sign in."""

    person: Person
    added_at: float
    password_hash: str | None = None
    must_change: bool = False
    disabled_at: float | None = None
    has_token: bool = False
    totp_secret: str | None = None
    """Sealed."""
    totp_step: int = 0
    """Of the last code that was used."""
    recovery: list[str] = []
    """Hashes of the codes that are left."""
    oidc_subject: str | None = None
    last_sign_in_at: float | None = None


class Accounts:
    """The table of people, as far as signing in goes. Thread-safe; every method raises ``JournalUnavailable``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def all(self) -> list[Account]:
        """Return everybody, by name."""
        with self._storage.ask() as connection:
            return [_account(row) for row in connection.execute(sa.select(person).order_by(person.c.name))]

    def get(self, name: str) -> Account | None:
        """Return somebody by name; None: there is no such person."""
        return self._find(person.c.name == name)

    def by_subject(self, subject: str) -> Account | None:
        """Return somebody by what OpenID Connect knows them as; None: nobody is known as that."""
        return self._find(person.c.oidc_subject == subject)

    def has_administrator(self) -> bool:
        """Tell whether anybody can look after people."""
        with self._storage.ask() as connection:
            return bool(self.administrators(connection))

    def administrators(self, connection: sa.Connection) -> list[str]:
        """Return who is administrator and can sign in."""
        query = sa.select(person).where(person.c.disabled_at.is_(None))
        query = query.where(sa.or_(person.c.password_hash.is_not(None), person.c.oidc_subject.is_not(None)))
        return [row.name for row in connection.execute(query) if ADMINISTRATOR in _decode_names(row.roles)]

    def set_password(self, name: str, password_hash: str, *, must_change: bool) -> None:
        """Give a new password; raise :class:`PersonRefused` for a stranger."""
        self._update(name, password_hash=password_hash, must_change=int(must_change))

    def set_roles(self, name: str, roles: Sequence[str], halls: Sequence[str]) -> None:
        """Say what somebody may act as, and where; raise :class:`PersonRefused` for a stranger, or for the last
        administrator ceasing to be one."""
        told = {"roles": msgspec.json.encode(roles).decode(), "halls": msgspec.json.encode(halls).decode()}
        self._update(name, keeps_administrator=ADMINISTRATOR not in roles, **told)

    def disable(self, name: str, now: float) -> None:
        """Have nobody come in as this person any more; raises as :meth:`set_roles` does."""
        self._update(name, keeps_administrator=True, disabled_at=now)
        with self._storage.ask() as connection:
            connection.execute(sa.delete(session).where(session.c.person == name))

    def enable(self, name: str) -> None:
        """Let a disabled person in again; raise :class:`PersonRefused` for a stranger."""
        self._update(name, disabled_at=None)

    def set_totp(self, name: str, secret: str | None, recovery: Sequence[str] = ()) -> None:
        """Keep what second factors are checked with, or (None) nothing of it; raise for a stranger."""
        told = msgspec.json.encode(recovery).decode()
        self._update(name, totp_secret=secret, totp_step=None, recovery=told)

    def use_step(self, name: str, step: int) -> bool:
        """Note which code was used; tell whether it was not used before, nor a later one."""
        fresh = sa.or_(person.c.totp_step.is_(None), person.c.totp_step < step)
        statement = sa.update(person).where(person.c.name == name, fresh).values(totp_step=step)
        with self._storage.ask() as connection:
            return connection.execute(statement).rowcount == 1

    def use_recovery(self, name: str, hashed: str) -> bool:
        """Strike off a recovery code; tell whether it was one."""
        with self._storage.change(person) as connection:
            row = connection.execute(sa.select(person.c.recovery).where(person.c.name == name)).first()
            left = _decode_names(row.recovery) if row else []
            if hashed not in left:
                return False
            left.remove(hashed)
            told = msgspec.json.encode(left).decode()
            connection.execute(sa.update(person).where(person.c.name == name).values(recovery=told))
        return True

    def set_subject(self, name: str, subject: str | None) -> None:
        """Keep as what OpenID Connect knows somebody, who is signed out; None: as nobody any more.

        Raises :class:`PersonRefused` for a stranger, for what somebody else is known as, and for the last administrator
        not coming in any more.
        """
        account = self.get(name)
        ends = subject is None and account is not None and account.password_hash is None
        try:
            self._update(name, keeps_administrator=ends, oidc_subject=subject)
        except IntegrityError:
            raise PersonRefused("somebody else is known as that", "subject-taken") from None
        with self._storage.ask() as connection:
            connection.execute(sa.delete(session).where(session.c.person == name))

    def note_sign_in(self, name: str, now: float) -> None:
        """Note when somebody signed in last."""
        self._update(name, last_sign_in_at=now)

    def _find(self, condition: sa.ColumnElement[bool]) -> Account | None:
        with self._storage.ask() as connection:
            row = connection.execute(sa.select(person).where(condition)).first()
        return _account(row) if row else None

    def _update(self, name: str, *, keeps_administrator: bool = False, **values: object) -> None:
        with self._storage.change(person) as connection:
            if keeps_administrator and self.administrators(connection) == [name]:
                text = f"{name} is the last administrator; make somebody else one first"
                raise PersonRefused(text, "last-administrator")
            changed = connection.execute(sa.update(person).where(person.c.name == name).values(**values)).rowcount
        if not changed:
            raise PersonRefused(f"there is no {name}; `hallwatch user list` shows who there is", "nobody")


def _account(row: sa.Row[Any]) -> Account:
    return Account(
        person=Person(name=row.name, roles=_decode_names(row.roles), halls=_decode_names(row.halls)),
        added_at=row.added_at, password_hash=row.password_hash, must_change=bool(row.must_change),
        disabled_at=row.disabled_at, has_token=row.token_hash is not None, totp_secret=row.totp_secret,
        totp_step=row.totp_step or 0, recovery=_decode_names(row.recovery), oidc_subject=row.oidc_subject,
        last_sign_in_at=row.last_sign_in_at,
    )  # fmt: skip
