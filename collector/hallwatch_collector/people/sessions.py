"""Who is signed in: a browser keeps a random number, the table its hash."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hallwatch_collector.journal.tables import person, session
from hallwatch_collector.people.accounts import Account, PersonRefused
from hallwatch_collector.people.person import Person
from hallwatch_collector.people.storage import Storage

ID_BYTES: Final = 32
PENDING_S: Final = 300.0
"""So long somebody whose password was right has for the second factor."""
NOTED_EVERY_S: Final = 60.0
"""When a session was used is written down this often, and not at every request."""
MOST_AGENT: Final = 200

_decode_names = msgspec.json.Decoder(list[str]).decode


class Session(Struct, frozen=True, kw_only=True):
    """Somebody's being signed in, at one browser."""

    id_hash: str
    person: str
    created_at: float
    used_at: float
    expires_at: float
    address: str
    agent: str
    """What the browser says that it is."""
    via: str
    """``password`` or ``oidc``."""
    pending: bool
    """The second factor is still to come: good for nothing else."""


class SignedIn(Struct, frozen=True):
    """A session that is good now, and whose it is."""

    session: Session
    person: Person
    must_change: bool
    """Their password was drawn by somebody else; they are to choose one of their own first."""


class Sessions:
    """The table of sessions. Thread-safe; every method raises ``JournalUnavailable``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(
        self, name: str, now: float, *, lasts_s: float, address: str, agent: str, via: str = "password",
        pending: bool = False, account: Account | None = None,
    ) -> str:  # fmt: skip
        """Open a session and return what the browser keeps, which is kept nowhere here.

        *account*: as it was when they were let in. Raises :class:`PersonRefused` when they would not be any more, such
        as after a new password, whose maker ends all sessions: none is opened after that by the old one.
        """
        id_ = secrets.token_urlsafe(ID_BYTES)
        row = {
            "id_hash": hash_id(id_), "person": name, "created_at": now, "used_at": now,
            "expires_at": now + (PENDING_S if pending else lasts_s), "address": address,
            "agent": agent[:MOST_AGENT], "via": via, "pending": int(pending),
        }  # fmt: skip
        with self._storage.change(person) as connection:
            if account is not None and not _is_still(connection, account):
                raise PersonRefused(f"how {name} signs in was changed meanwhile", "changed")
            connection.execute(sa.insert(session).values(**row))
        return id_

    def find(self, id_: str, now: float, *, idle_s: float, uses: bool = True) -> SignedIn | None:
        """Return who a browser is signed in as; None when it is not, or was not used for *idle_s*, or is disabled.

        *uses*: whether this is a person's doing, from which the time without any is counted.
        """
        query = sa.select(session, person.c.name, person.c.roles, person.c.halls, person.c.must_change)
        query = query.join(person, person.c.name == session.c.person)
        query = query.where(session.c.id_hash == hash_id(id_), person.c.disabled_at.is_(None))
        with self._storage.ask() as connection:
            row = connection.execute(query).first()
            if row is None or now >= row.expires_at or not -NOTED_EVERY_S <= now - row.used_at < idle_s:
                return None
            if uses and now - row.used_at >= NOTED_EVERY_S:
                same = session.c.id_hash == row.id_hash
                connection.execute(sa.update(session).where(same).values(used_at=now))
        who = Person(name=row.name, roles=_decode_names(row.roles), halls=_decode_names(row.halls))
        return SignedIn(_session(row), who, bool(row.must_change))

    def of(self, name: str, now: float, *, idle_s: float) -> list[Session]:
        """Return where somebody is signed in, the newest first."""
        query = sa.select(session).where(session.c.person == name, session.c.pending == 0, session.c.expires_at > now)
        query = query.where(session.c.used_at > now - idle_s).order_by(session.c.created_at.desc())
        with self._storage.ask() as connection:
            return [_session(row) for row in connection.execute(query)]

    def end(self, id_hash: str, name: str) -> None:
        """End one of somebody's sessions."""
        same = sa.and_(session.c.id_hash == id_hash, session.c.person == name)
        with self._storage.ask() as connection:
            connection.execute(sa.delete(session).where(same))

    def end_all(self, name: str, but: str = "") -> int:
        """End all sessions of somebody but the one with this hash; return how many."""
        same = sa.and_(session.c.person == name, session.c.id_hash != but)
        with self._storage.ask() as connection:
            return connection.execute(sa.delete(session).where(same)).rowcount

    def sweep(self, now: float, *, idle_s: float) -> None:
        """Delete what is over."""
        over = sa.or_(session.c.expires_at <= now, session.c.used_at <= now - idle_s)
        with self._storage.ask() as connection:
            connection.execute(sa.delete(session).where(over))


def _is_still(connection: sa.Connection, account: Account) -> bool:
    """Tell whether somebody still signs in as they did when this was read."""
    row = connection.execute(sa.select(person).where(person.c.name == account.person.name)).first()
    if row is None or row.disabled_at is not None:
        return False
    now = (row.password_hash, row.totp_secret, row.oidc_subject, row.added_at)
    return now == (account.password_hash, account.totp_secret, account.oidc_subject, account.added_at)


def hash_id(id_: str) -> str:
    """Return what is kept of a session's id."""
    return hashlib.sha256(id_.encode()).hexdigest()


def _session(row: sa.Row[Any]) -> Session:
    told = {name: getattr(row, name) for name in Session.__struct_fields__}
    return Session(**told | {"pending": bool(row.pending)})
