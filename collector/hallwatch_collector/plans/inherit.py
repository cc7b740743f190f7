"""Plans that only say what is different in another: ``extends`` names it, ``without`` what of it does not apply.

Own clauses, roles, groups, classes, registers, public texts and measures with an id of the other plan take its place
there; new ones come after. ``without`` names them by their id, or where that stands in several tables by table and id:
``registers.filing``. Levels and their rules are taken as a whole or not at all, because their order means
something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from hallwatch_collector.core.plan import say_twins
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

Table = dict[str, Any]
BY_ID: Final = ("clauses", "roles", "groups", "classes", "registers", "notices", "measures")
MOST_STEPS: Final = 8


class Whole(NamedTuple):
    """A plan with all that it takes over."""

    table: Table
    origins: dict[str, Path]
    """Entry, as ``measures (post-sign)`` → the file in which it stands, where that is another one."""
    dropped: set[str]
    """What ``without`` leaves out, by table and id: ``roles.head``."""
    problems: list[Problem]
    """What is wrong with how it takes over; the table has all that could be taken over none the less."""


def read_whole(path: Path, find: Callable[[str], Path]) -> Whole:
    """Return the table of a plan with all that it takes over; *find* turns the name of another plan into its file.

    Raises :class:`FileRefused` for a file that cannot be read.
    """
    table, _ = read_toml(path)
    chain = [path]
    own = set(_entries(table))
    whole = Whole(table, {}, set(), [])
    while (name := whole.table.pop("extends", None)) is not None:
        other = _find_other(name, chain, find)
        chain.append(other)
        base, _ = read_toml(other)
        taken = {entry: other for entry in _entries(base) if entry not in own and entry not in whole.origins}
        whole.origins.update(taken)
        whole = whole._replace(table=_merge(base, whole, chain[-2]))
    return whole


def _find_other(name: Any, chain: Sequence[Path], find: Callable[[str], Path]) -> Path:
    """Return the file of the plan that the last of a chain extends; raise :class:`FileRefused` when there is none."""
    path = chain[-1]
    if not isinstance(name, str):
        raise FileRefused([Problem(str(path), "extends", "should be the name or file of one other plan")])
    try:
        other = path.parent / name if name.endswith(".toml") else find(name)
    except FileRefused as error:
        told = " ".join(f"{each.file} {each.text}" for each in error.problems)
        raise FileRefused([Problem(str(path), "extends", told)]) from None
    if not other.exists():
        raise FileRefused([Problem(str(path), "extends", f"{other}: No such file or directory")])
    if other in chain or len(chain) > MOST_STEPS:
        raise FileRefused([Problem(str(path), "extends", f"{name} leads back to where it began")])
    return other


def _entries(table: Mapping[str, Any]) -> list[str]:
    """Return the entries of a plan's file that have an id, as problems name them."""
    return [f"{key} ({each.get('id')})" for key in BY_ID for each in _tables(table, key)]


def _merge(base: Table, whole: Whole, path: Path) -> Table:
    """Return a plan with what the file *path* and those before it say otherwise; note what is wrong with that."""
    changes = whole.table
    findings = list(_find_wrong_own(changes))
    merged = base | {key: value for key, value in changes.items() if key not in (*BY_ID, "without")}
    dropped = set(_dropped(base, changes, findings))
    for key in BY_ID:
        changed = {each["id"]: each for each in _tables(changes, key) if isinstance(each.get("id"), str)}
        staying = [each for each in _tables(base, key) if _place(key, each) not in dropped]
        kept = [changed.pop(str(each.get("id")), each) for each in staying]
        if key in merged or changed:
            merged[key] = [*kept, *changed.values()]
        if not _is_tables(changes.get(key, [])):
            merged[key] = changes[key]  # whoever reads it says what is wrong with it
    if "levels" in changes and "level_rules" not in changes and "levels" in base:
        merged["levels"] = base["levels"]  # it is said already
    whole.dropped.update(dropped)
    whole.problems.extend(Problem(str(path), key, text) for key, text in findings)
    return merged


def _find_wrong_own(changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what would not be seen, or not be understood, in the whole any more."""
    for key in BY_ID:
        for number, each in enumerate(_tables(changes, key), 1):
            if not isinstance(each.get("id"), str):
                yield f"{key}[{number}]", "needs an id of its own, as text in quotes"
    for key in BY_ID:
        yield from say_twins(key, _ids(changes, key))
    if "levels" in changes and "level_rules" not in changes:
        text = "are taken over with their rules, or not at all: say with [[level_rules]] what makes each of these"
        yield "levels", text


def _dropped(base: Table, changes: Mapping[str, Any], findings: list[tuple[str, str]]) -> Iterator[str]:
    """Yield what of the other plan does not apply, by table and id; note what is wrong with saying so."""
    written = changes.get("without", [])
    names = written if isinstance(written, list) else [written]
    places = {_place(key, each): str(each.get("id")) for key in BY_ID for each in _tables(base, key)}
    own = {_place(key, each) for key in BY_ID for each in _tables(changes, key)}
    for name in map(str, names):
        meant = [place for place, known in places.items() if name in (place, known)]
        if not meant:
            hint = name_choices(name, [*places, *places.values()], most=0)
            told = f"; {hint}" if hint.startswith("did you") else ""
            findings.append(("without", f"the plan it extends has no {name}{told}"))
        elif len(meant) > 1:
            findings.append(("without", f"{name} may be {' or '.join(meant)}; write which"))
        elif meant[0] in own:
            findings.append(("without", f"{name} stands in this plan itself; take one of them out"))
        else:
            yield meant[0]


def _place(key: str, entry: Table) -> str:
    return f"{key}.{entry.get('id')}"


def _ids(table: Mapping[str, Any], key: str) -> list[str]:
    return [each["id"] for each in _tables(table, key) if isinstance(each.get("id"), str)]


def _tables(table: Mapping[str, Any], key: str) -> list[Table]:
    value = table.get(key, [])
    return value if _is_tables(value) else []


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
