"""Everything that is wrong in a plan that was read, at once: what could not be read hides nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from msgspec import Struct, structs

from hallwatch_agent.tables import Finding
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.plan import Plan, Rounds, contradictions, unknown_names
from hallwatch_collector.plans.clauses import check_clauses
from hallwatch_collector.plans.inherit import BY_ID
from hallwatch_collector.problems import ask_meant, name_choices, share_part

MOST_NAMED: Final = 3
"""So many entries are named that miss one that was left out."""
_numbered = re.compile(r"^(\w+)\[\d+\] \(([^)]+)\)")
_entry = re.compile(r"^\w+ \([^)]+\)")


def by_id(key: str) -> str:
    """Return a key with its entry's id instead of its number, which is that in the whole with what is taken over."""
    return _numbered.sub(r"\1 (\2)", key)


def entry_of(key: str) -> str:
    """Return the entry that a key is in, as ``measures (post-sign)``, else the table or the key itself."""
    head = _entry.match(by_id(key))
    return head[0] if head else re.split(r"[.\[]", key, maxsplit=1)[0]


def find_wrong(
    plan: Plan,
    table: Mapping[str, Any],
    unread: Sequence[Finding],
    dropped: Collection[str],
    catalogue: Catalogue | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong in a plan beside what could not be read of its *table*: the key, and what is wrong there.

    *dropped* are the entries left out by ``without``, as ``roles.head``: all that misses one is one thing wrong.
    """
    sound = _sound(plan, table)
    broken = {entry_of(key) for key, _ in unread}
    yield from contradictions(sound, broken)
    missed: dict[str, list[str]] = {}
    for unknown in unknown_names(sound, broken):
        place = f"{unknown.table}.{unknown.name}"
        if place in dropped:
            missed.setdefault(place, []).append(entry_of(unknown.key))
        else:
            yield unknown.key, unknown.text
    yield from (("without", _say_missed(place, entries)) for place, entries in missed.items())
    yield from check_clauses(sound)
    yield from _unknown_faults(sound, catalogue)


def _say_missed(place: str, entries: Iterable[str]) -> str:
    names = list(dict.fromkeys(entries))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        f"{place} is left out, but is named by {', '.join(names[:MOST_NAMED])}{more}; "
        "word these anew, leave them out too, or keep it"
    )


def _sound(plan: Plan, table: Mapping[str, Any]) -> Plan:
    """Return a plan that can be looked through, whatever could not be read of it; entries have the ids as written."""
    lists = {key: _with_ids(getattr(plan, key), table.get(key)) for key in (*BY_ID, "levels")}
    rounds = plan.rounds if isinstance(plan.rounds, Rounds) else Rounds()
    return structs.replace(plan, rounds=rounds, **lists)


def _with_ids(entries: Sequence[Struct], written: Any) -> list[Struct]:
    """Return entries with their ids as they are written; one that has none gets its number."""
    tables = [each for each in written if isinstance(each, dict)] if isinstance(written, list) else []
    told = [each.get("id") for each in tables]
    return [
        structs.replace(entry, id=name if isinstance(name, str) else str(number))
        for number, (entry, name) in enumerate(zip_longest(entries, told[: len(entries)]), 1)
    ]


def _unknown_faults(plan: Plan, catalogue: Catalogue | None) -> Iterator[Finding]:
    known = {fault.id: fault.name_en for fault in catalogue.faults} if catalogue else {}
    for each in plan.measures:
        for name in each.faults if catalogue else ():
            if name not in known:
                alike = [fault for fault, told in known.items() if share_part(name, told.replace(",", " ").split())]
                hint = ask_meant(alike[:3]) if alike else name_choices(name, known)
                yield f"measures ({each.id}).faults", f"no fault {name!r} in the catalogue; {hint}"
