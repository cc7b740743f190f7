"""Is a query one SELECT that changes nothing? Pure.

This is the first of three locks: the transaction is read-only where the database offers that and always rolled back,
and the database's own user should have no right but to SELECT. So it may refuse a harmless query, but no doubtful one
may pass: what servers understand differently (comments, dollar quotes, backslashes, several statements) is refused.
"""

from __future__ import annotations

import re
from typing import Final

CHANGING: Final = {
    "alter", "attach", "backup", "call", "copy", "create", "dbcc", "delete", "deny", "detach", "do", "drop", "exec",
    "execute", "grant", "insert", "into", "kill", "load", "lock", "merge", "opendatasource", "openquery", "openrowset",
    "pragma", "reconfigure", "restore", "revoke", "share", "shutdown", "truncate", "update", "updatetext", "vacuum",
    "waitfor", "writetext",
}  # fmt: skip
"""Words that stand in no reading query; T-SQL needs no semicolon before a second statement."""

_quoted = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]""")
_word = re.compile(r"\w+")


def check_select(query: str) -> str:
    """Return *query* without a semicolon at its end; raise :class:`ValueError` when it may do more than read."""
    query = query.strip().removesuffix(";").rstrip()
    bare = _quoted.sub(_unquote, query)
    for doubtful in (";", "\\", "--", "/*", "#", "$", "'", '"', "`"):
        if doubtful in (query if doubtful in ";\\" else bare):
            raise ValueError(f"`query` must be one SELECT without comments; it holds {doubtful}")
    words = [word.lower() for word in _word.findall(bare)]
    if not words or words[0] not in ("select", "with"):
        raise ValueError("`query` must begin with SELECT or WITH")
    if changing := sorted(CHANGING.intersection(words)):
        raise ValueError(f"`query` must only read; it holds {changing[0].upper()}")
    return query


def _unquote(quoted: re.Match[str]) -> str:
    """Take out what a text says; names stay, as a word in quotes is a text to one server and a name to another."""
    if quoted[0].startswith("'"):
        return " "
    if "'" in quoted[0]:
        raise ValueError(f"`query` must have no ' in a name; it holds {quoted[0][:40]}")
    return f" {quoted[0][1:-1]} "
