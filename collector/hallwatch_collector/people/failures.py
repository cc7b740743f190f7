"""Wrong passwords and codes: after a few of them a name, and after more an address, has to wait.

A name is counted whether there is such a person or not, so that nobody learns from it who there is.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from hallwatch_collector.journal.tables import sign_in_failure
from hallwatch_collector.people.neighbours import neighbourhood_of
from hallwatch_collector.people.storage import Storage

MOST_OF_PERSON: Final = 5
MOST_OF_ADDRESS: Final = 30
"""More than of a name: behind one address there may be a whole hall."""
WITHIN_S: Final = 900.0
LOCKED_S: Final = 900.0
MOST_KEPT: Final = 10_000
"""So many names and addresses are counted; then those whose time is over are forgotten, and the oldest."""


class Failures:
    """The table of what failed. Thread-safe; every method raises ``JournalUnavailable``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def count(self, name: str, address: str, now: float) -> float:
        """Count an attempt before it is looked at; return how long to wait instead, 0: it may be looked at.

        It counts as wrong until :meth:`forgive` is called, so that attempts side by side are not more than one by one.
        """
        with self._storage.change(sign_in_failure) as connection:
            told = {subject: _read(connection, subject, now) for subject in (_person(name), _address(address))}
            wait_s = max(locked_until - now for _, _, locked_until in told.values())
            if wait_s > 0:
                return wait_s
            for (subject, (count, began_at, _)), most in zip(
                told.items(), (MOST_OF_PERSON, MOST_OF_ADDRESS), strict=True
            ):
                locked_until = now + LOCKED_S if count + 1 >= most else 0.0
                _write(connection, subject, (count + 1, began_at, locked_until))
            _forget_oldest(connection, now)
        return 0.0

    def forgive(self, name: str, address: str, now: float) -> None:
        """Forget the wrong ones of a name, because this one was right; of the address only this one.

        So a right password in between gives nobody more guesses at the names of others. Only for what was counted.
        """
        with self._storage.change(sign_in_failure) as connection:
            connection.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.subject == _person(name)))
            _take_off(connection, _address(address), now)

    def forgive_address(self, address: str, now: float) -> None:
        """Forget of an address the one that was counted last: it was right, but the name has more to show."""
        with self._storage.change(sign_in_failure) as connection:
            _take_off(connection, _address(address), now)

    def unlock(self, name: str) -> None:
        """Forget the wrong ones of a name."""
        with self._storage.ask() as connection:
            connection.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.subject == _person(name)))

    def locked(self, now: float) -> dict[str, float]:
        """Return the names that have to wait, and until when."""
        query = sa.select(sign_in_failure).where(sign_in_failure.c.locked_until > now)
        with self._storage.ask() as connection:
            rows = connection.execute(query.where(sign_in_failure.c.subject.startswith("person:"))).all()
        return {row.subject.removeprefix("person:"): row.locked_until for row in rows}


def same_name(name: str) -> str:
    """Return how a name is counted."""
    return name.casefold()


def _person(name: str) -> str:
    return f"person:{same_name(name)}"


def _address(address: str) -> str:
    return f"address:{neighbourhood_of(address)}"


def _read(connection: sa.Connection, subject: str, now: float) -> tuple[int, float, float]:
    """Return how many there were, since when, and until when it is locked."""
    row = connection.execute(sa.select(sign_in_failure).where(sign_in_failure.c.subject == subject)).first()
    if row is not None and now < row.locked_until <= now + LOCKED_S:
        return row.wrong, row.began_at, row.locked_until
    # Over; or the clock was set back.
    if row is None or row.locked_until or not 0 <= now - row.began_at < WITHIN_S:
        return 0, now, 0.0
    return row.wrong, row.began_at, 0.0


def _take_off(connection: sa.Connection, subject: str, now: float) -> None:
    count, began_at, _ = _read(connection, subject, now)
    if count:
        _write(connection, subject, (count - 1, began_at, 0.0))


def _write(connection: sa.Connection, subject: str, told: tuple[int, float, float]) -> None:
    values = dict(zip(("wrong", "began_at", "locked_until"), told, strict=True))
    same = sign_in_failure.c.subject == subject
    if connection.execute(sa.update(sign_in_failure).where(same).values(**values)).rowcount == 0:
        connection.execute(sa.insert(sign_in_failure).values(subject=subject, **values))


def _forget_oldest(connection: sa.Connection, now: float) -> None:
    table = sign_in_failure
    number = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if number <= MOST_KEPT:
        return
    over = sa.and_(table.c.locked_until <= now, table.c.began_at <= now - WITHIN_S)
    gone = connection.execute(sa.delete(table).where(over)).rowcount
    if number - gone > MOST_KEPT:
        oldest = sa.select(table.c.subject).order_by(table.c.began_at).limit(number - gone - MOST_KEPT)
        connection.execute(sa.delete(table).where(table.c.subject.in_(oldest)))
