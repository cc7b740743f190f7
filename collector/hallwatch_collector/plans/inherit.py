"""Plans that only say what is different in another: ``extends`` names it, ``without`` what of it does not apply.

Own clauses, roles, groups, classes, registers, public texts and measures with an id of the other plan take its place
there; new ones come after. ``without`` names them by their id, or where that stands in several tables by table and id:
``registers.filing``. Levels and their rules are taken as a whole or not at all, because their order means
something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from hallwatch_collector.core.plan import say_twins
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.tables import read_toml

Table = dict[str, Any]
BY_ID: Final = ("clauses", "roles", "groups", "classes", "registers", "notices", "measures")
MOST_STEPS: Final = 8


class Whole(NamedTuple):
    """A plan with all that it takes over."""

    table: Table
    origins: dict[str, Path]
    """Entry, as ``measures (post-sign)`` → the file in which it stands, where that is another one."""


def read_whole(path: Path, find: Callable[[str], Path]) -> Whole:
    """Return the table of a plan with all that it takes over; *find* turns the name of another plan into its file.

    Raises :class:`FileRefused`.
    """
    table, _ = read_toml(path)
    chain = [path]
    own = set(_entries(table))
    origins: dict[str, Path] = {}
    while (name := table.pop("extends", None)) is not None:
        if not isinstance(name, str):
            raise FileRefused([Problem(str(chain[-1]), "extends", "should be the name or file of one other plan")])
        other = chain[-1].parent / name if name.endswith(".toml") else find(name)
        if other in chain or len(chain) > MOST_STEPS:
            raise FileRefused([Problem(str(path), "extends", f"{name} leads back to where it began")])
        chain.append(other)
        base, _ = read_toml(other)
        origins |= {entry: other for entry in _entries(base) if entry not in own and entry not in origins}
        table = _merge(base, table, path)
    return Whole(table, origins)


def _entries(table: Mapping[str, Any]) -> list[str]:
    """Return the entries of a plan's file that have an id, as problems name them."""
    return [f"{key} ({each.get('id')})" for key in BY_ID for each in _tables(table, key)]


def _merge(base: Table, changes: Mapping[str, Any], path: Path) -> Table:
    _check_own(changes, path)
    merged = base | {key: value for key, value in changes.items() if key not in (*BY_ID, "without")}
    dropped = _dropped(base, changes, path)
    for key in BY_ID:
        changed = {str(each.get("id")): each for each in _tables(changes, key)}
        staying = [each for each in _tables(base, key) if _place(key, each) not in dropped]
        kept = [changed.pop(str(each.get("id")), each) for each in staying]
        if key in merged or changed:
            merged[key] = [*kept, *changed.values()]
        if not _is_tables(changes.get(key, [])):
            merged[key] = changes[key]  # whoever reads it says what is wrong with it
    return merged


def _check_own(changes: Mapping[str, Any], path: Path) -> None:
    """Raise :class:`FileRefused` for what would not be seen, or not be understood, in the whole any more."""
    findings = [
        (f"{key}[{number}]", "needs an id of its own, as text in quotes")
        for key in BY_ID
        for number, each in enumerate(_tables(changes, key), 1)
        if not isinstance(each.get("id"), str)
    ]
    findings += [finding for key in BY_ID for finding in say_twins(key, _ids(changes, key))]
    if "levels" in changes and "level_rules" not in changes:
        text = "are taken over with their rules, or not at all: say with [[level_rules]] what makes each of these"
        findings.append(("levels", text))
    if findings:
        raise FileRefused(Problem(str(path), key, text) for key, text in findings)


def _dropped(base: Table, changes: Mapping[str, Any], path: Path) -> set[str]:
    """Return what of the other plan does not apply, by table and id; raise :class:`FileRefused`."""
    written = changes.get("without", [])
    names = written if isinstance(written, list) else [written]
    places = {_place(key, each): str(each.get("id")) for key in BY_ID for each in _tables(base, key)}
    own = {_place(key, each) for key in BY_ID for each in _tables(changes, key)}
    dropped = set()
    for name in map(str, names):
        meant = [place for place, known in places.items() if name in (place, known)]
        wrong = ""
        if not meant:
            wrong = f"the plan it extends has no {name}"
        elif len(meant) > 1:
            wrong = f"{name} may be {' or '.join(meant)}; write which"
        elif meant[0] in own:
            wrong = f"{name} stands in this plan itself; take one of them out"
        if wrong:
            raise FileRefused([Problem(str(path), "without", wrong)])
        dropped.add(meant[0])
    return dropped


def _place(key: str, entry: Table) -> str:
    return f"{key}.{entry.get('id')}"


def _ids(table: Mapping[str, Any], key: str) -> list[str]:
    return [each["id"] for each in _tables(table, key) if isinstance(each.get("id"), str)]


def _tables(table: Mapping[str, Any], key: str) -> list[Table]:
    value = table.get(key, [])
    return value if _is_tables(value) else []


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
