"""Who signs in to the demo: one person a role, with passwords drawn at its first start and kept in its folder."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from hallwatch_collector.journal import Journal
from hallwatch_collector.people import People, Person
from hallwatch_collector.people.passwords import draw_password, hash_password

SIGN_INS_FILE: Final = "sign-ins.json"
PEOPLE: Final = (
    Person(name="管理员", roles=["administrator"]),
    Person(name="审计员", roles=["auditor"]),
    Person(name="王主任", roles=["head"]),
    Person(name="周局长", roles=["deputy"]),
    Person(name="陈导税", roles=["guide"]),
    Person(name="林窗口", roles=["staff"]),
    Person(name="李工", roles=["technician", "network", "system"]),
    Person(name="赵后勤", roles=["logistics"]),
    Person(name="孙宣传", roles=["publicity"]),
)


def admit_people(folder: Path, journal_url: str, now: float) -> dict[str, str]:
    """Make who is not there yet; return each name with its password, as the folder keeps them."""
    file = folder / SIGN_INS_FILE
    kept = read_sign_ins(folder)
    with closing(Journal(journal_url)) as journal:
        journal.migrate()
    with closing(People(journal_url)) as people:
        there = {account.person.name for account in people.accounts.all()}
        for who in PEOPLE:
            if who.name not in there:
                kept[who.name] = draw_password()
                people.admit(who, now, password_hash=hash_password(kept[who.name]), must_change=False)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(msgspec.json.format(msgspec.json.encode(kept)))
    return kept


def read_sign_ins(folder: Path) -> dict[str, str]:
    """Return names and passwords that a demo in this folder drew; none when there was none."""
    try:
        return msgspec.json.decode((folder / SIGN_INS_FILE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
