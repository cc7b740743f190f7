"""People who sign in, for the pages' tests: in a database of their own, without the cost of real passwords."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from litestar.testing import TestClient

from hallwatch_collector.journal import Journal
from hallwatch_collector.people import People, Person, passwords
from hallwatch_collector.web.cookies import SESSION_COOKIE, token_of
from hallwatch_collector.web.forms import TOKEN_HEADER
from hallwatch_collector.web.source import Source

passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # real ones take a tenth of a second each
ADMINISTRATOR: Final = Person(name="管理员", roles=["administrator"])
_numbers = itertools.count()


def open_people() -> People:
    """Return an empty table of people but for an administrator; it goes with what holds it."""
    file = _folder() / f"{next(_numbers)}.sqlite"
    shutil.copyfile(_template(), file)
    people = People(f"sqlite:///{file}")
    weakref.finalize(people, people._database.dispose)
    return people


def sign_in(client: TestClient, source: Source, person: Person) -> str:
    """Have a client be signed in as somebody, who is made if need be; return the session's id.

    Its forms bring what shows that they are ours.
    """
    id_ = open_session(source, person.name, *person.roles, halls=person.halls)
    client.cookies.set(SESSION_COOKIE, id_)
    client.headers[TOKEN_HEADER] = token_of(id_)
    return id_


def open_session(source: Source, name: str, *roles: str, halls: Sequence[str] = ()) -> str:
    """Return the id of a session of somebody, who is made if need be, with ``*`` unless roles are given."""
    people = source.people
    if people.accounts.get(name) is None:
        person = Person(name=name, roles=list(roles or ("*",)), halls=list(halls))
        people.admit(person, source.now(), password_hash=None, must_change=False)
    return people.sessions.open(name, source.now(), lasts_s=1e9, address="127.0.0.1", agent="test")


def cookie_of(source: Source, person: Person) -> str:
    """Return what a browser sends that is signed in as somebody, who is made if need be."""
    return f"{SESSION_COOKIE}={open_session(source, person.name, *person.roles, halls=person.halls)}"


PASSWORD: Final = "correct horse battery"


def admit(source: Source, name: str, *roles: str, password: str = PASSWORD, halls: Sequence[str] = ()) -> Person:
    """Return somebody who can sign in with a password."""
    person = Person(name=name, roles=list(roles), halls=list(halls))
    kept = passwords.hash_password(password)
    source.people.admit(person, source.now(), password_hash=kept, must_change=False)
    return person


@cache
def _template() -> Path:
    file = _folder() / "template.sqlite"
    journal = Journal(f"sqlite:///{file}")
    journal.migrate()
    journal.close()
    people = People(f"sqlite:///{file}")
    people.admit(ADMINISTRATOR, 0.0, password_hash="none", must_change=False)
    people.close()
    return file


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hallwatch-people-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
