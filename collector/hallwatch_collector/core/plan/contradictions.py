"""What does not go together in a plan, found entry by entry, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from hallwatch_collector.core.plan.misfits import misfits
from hallwatch_collector.core.plan.registers import RegisterForm
from hallwatch_collector.core.plan.templates import FAULT_ROLE, check_words

if TYPE_CHECKING:
    from hallwatch_collector.core.plan import Plan

TABLES: Final = ("roles", "groups", "levels", "classes", "registers", "notices", "measures")
"""Tables of a plan whose entries have an id, beside the clauses and the lines of the round."""
Finding = tuple[str, str]
"""The key, and what is wrong there."""


class Unknown(NamedTuple):
    """A name that a plan uses of a table of its own, which does not have it."""

    key: str
    """Where it is used."""
    table: str
    name: str
    text: str


def contradictions(plan: Plan, broken: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what does not go together in a plan, beside its :func:`unknown_names`.

    *broken* are the entries, as ``measures (post-sign)``, of which something could not be read: of these that alone is
    looked at which needs no other key.
    """
    for key in TABLES:
        yield from say_twins(key, [each.id for each in getattr(plan, key)])
    yield from say_twins("rounds.items", [each.id for each in plan.rounds.items])
    prefixes = [form.prefix for form in plan.registers if form.prefix]
    for prefix in sorted({each for each in prefixes if prefixes.count(each) > 1}):
        yield "registers", f"the prefix {prefix} stands there twice; by it numbers are told apart"
    for form in plan.registers:
        yield from _wrong_fields(form, f"registers ({form.id})", broken)
    for each in plan.measures:
        where = f"measures ({each.id})"
        yield from _wrong_words(where, {"text": each.text, "text_en": each.text_en})
        if where not in broken:
            yield from ((where, text) for text in misfits(each))
    for notice in plan.notices:
        yield from _wrong_words(f"notices ({notice.id})", {"text": notice.text, "text_en": notice.text_en})
    yield from _lacking_rights(plan, broken)


def say_twins(key: str, ids: Sequence[str]) -> Iterator[Finding]:
    """Yield the ids that stand in a table more than once: the key, and where they stand."""
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        places = " and ".join(f"{key}[{number}]" for number, each in enumerate(ids, 1) if each == name)
        yield key, f"the id {name} stands there twice, as {places}; each must be its own"


def unknown_names(plan: Plan, broken: Collection[str] = ()) -> Iterator[Unknown]:
    """Yield what a plan names of its own tables that is not there; of *broken* tables nobody knows."""
    for key, table, names in _references(plan):
        known = [each.id for each in getattr(plan, table)]
        for name in names if table not in broken else ():
            if name and name not in known:
                text = f"{table} has no {name}; there are: {', '.join(known) or 'none'}"
                yield Unknown(key, table, name, text)


def _references(plan: Plan) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield where the plan names something of its own, in which table that must stand, and the names."""
    for group in plan.groups:
        yield f"groups ({group.id}).roles", "roles", group.roles
    for number, rule in enumerate(plan.level_rules, 1):
        yield f"level_rules[{number}].level", "levels", [rule.level]
    for each in plan.measures:
        where = f"measures ({each.id})"
        yield f"{where}.owner", "roles", [each.owner] if each.owner != FAULT_ROLE else []
        yield f"{where}.helpers", "roles", each.helpers
        yield f"{where}.group", "groups", [each.group] if each.group else []
        yield f"{where}.levels", "levels", each.levels
        yield f"{where}.registers", "registers", each.registers
        yield f"{where}.notice", "notices", [each.notice] if each.notice else []


def _wrong_words(where: str, texts: dict[str, str]) -> Iterator[Finding]:
    for key, text in texts.items():
        try:
            check_words(text)
        except ValueError as error:
            yield f"{where}.{key}", str(error)


def _wrong_fields(form: RegisterForm, where: str, broken: Collection[str]) -> Iterator[Finding]:
    names = [field.id for field in form.fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{where}.fields", f"the field {name} stands there twice; each must be its own"
    for field in form.fields if where not in broken else ():
        if (field.kind == "choice") != bool(field.choices):
            yield f"{where}.fields", f'field {field.id}: choices belong to kind = "choice", and only there'


def _lacking_rights(plan: Plan, broken: Collection[str]) -> Iterator[Finding]:
    """Yield the measures whose answer takes a right that their owner does not have (R5, R6, R7)."""
    whole = {role.id: role for role in plan.roles if f"roles ({role.id})" not in broken}
    for each in plan.measures:
        owner = whole.get(each.owner)
        if each.right is not None and owner is not None and each.right not in owner.may:
            holders = ", ".join(sorted(name for name, role in whole.items() if each.right in role.may)) or "none"
            yield (
                f"measures ({each.id}).owner",
                f"{each.owner} has no right to {each.right}; these roles have: {holders}",
            )
