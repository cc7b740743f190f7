"""Is a query one SELECT that changes nothing, and can this database be asked? Pure.

Looking at the query is the first of three locks: the transaction is read-only where the database offers that and
always rolled back, and the database's own user should have no right but to SELECT. So it may refuse a harmless query,
but no doubtful one may pass: what servers understand differently (comments, dollar quotes, backslashes, several
statements) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from hallwatch_agent.expectations import show_value
from hallwatch_agent.probes.systems.web_probe import check_no_password
from hallwatch_agent.sentences import tell

DATABASES: Final = (
    "mariadb+mysqldb", "mariadb+pymysql", "mssql+pymssql", "mysql+mysqlconnector", "mysql+mysqldb", "mysql+pymysql",
    "postgresql+pg8000", "postgresql+psycopg", "postgresql+psycopg2", "sqlite",
)  # fmt: skip
"""What SQLAlchemy calls the databases and drivers that can be told to give up in time."""
CHANGING: Final = {
    "alter", "attach", "backup", "call", "copy", "create", "dbcc", "delete", "deny", "detach", "do", "drop", "exec",
    "execute", "grant", "insert", "into", "kill", "load", "lock", "merge", "opendatasource", "openquery", "openrowset",
    "pragma", "reconfigure", "restore", "revoke", "share", "shutdown", "truncate", "update", "updatetext", "vacuum",
    "waitfor", "writetext",
}  # fmt: skip
"""Words that stand in no reading query; T-SQL needs no semicolon before a second statement."""

_quoted = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]""")
_word = re.compile(r"\w+")
_count = re.compile(r"count\s*\(\s*\*\s*\)", re.IGNORECASE)
_sqlite_file = re.compile(r"^/(?:/|[A-Za-z]:[\\/])[^?]")


def check_select(query: str) -> str:
    """Return *query* without a semicolon at its end; raise :class:`ValueError` when it may do more than read."""
    query = query.strip().removesuffix(";").rstrip()
    bare = _quoted.sub(_unquote, query)
    for doubtful in (";", "\\", "--", "/*", "#", "$", "'", '"', "`"):
        if doubtful in (query if doubtful in ";\\" else bare):
            raise ValueError(
                tell("`query` must be one SELECT without comments; it holds {doubtful}", doubtful=doubtful)
            )
    words = [word.lower() for word in _word.findall(bare)]
    if not words or words[0] not in ("select", "with"):
        raise ValueError(tell("`query` must begin with SELECT or WITH"))
    if changing := sorted(CHANGING.intersection(words)):
        raise ValueError(tell("`query` must only read; it holds {word}", word=changing[0].upper()))
    return query


def check_columns(query: str, columns: Iterable[str]) -> None:
    """Raise :class:`ValueError` when a query does not name a column of its result that is to be read.

    Of ``SELECT *`` nothing is known.
    """
    lacking = sorted(column for column in columns if column.lower() not in query.lower())
    if lacking and "*" not in _count.sub("", query):
        wrong = tell(
            "`query` must name the column {column} that `mapping` reads; "
            "write … AS {name}, or say in `mapping` which of its columns is meant",
            column=show_value(lacking[0]), name=lacking[0],
        )  # fmt: skip
        raise ValueError(wrong)


def check_database_url(url: str) -> None:
    """Raise :class:`ValueError` when an address is none of a known database, or holds a password."""
    kind, _, place = url.partition("://")
    if kind not in DATABASES:
        known = ", ".join(f"{each}://" for each in DATABASES)
        raise ValueError(tell("`url` must begin with one of {known}", known=known))
    if kind == "sqlite" and not _sqlite_file.match(place):
        raise ValueError(
            tell("`url` must name a file: sqlite:////srv/queue/queue.db, on Windows sqlite:///C:/queue.db")
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # in the library's words
        parts, host = urlsplit(""), None
    if kind != "sqlite" and not host:
        raise ValueError(
            tell("`url` must name a host, such as {example}", example=f"{kind}://hallwatch@192.168.1.60/queue")
        )
    check_no_password(parts, instead=tell("put it into a secret file and name that: `password_file`"))


def _unquote(quoted: re.Match[str]) -> str:
    """Take out what a text says; names stay, as a word in quotes is a text to one server and a name to another."""
    if quoted[0].startswith("'"):
        return " "
    if "'" in quoted[0]:
        raise ValueError(tell("`query` must have no ' in a name; it holds {name}", name=quoted[0][:40]))
    return f" {quoted[0][1:-1]} "
