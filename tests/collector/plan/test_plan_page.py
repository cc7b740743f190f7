"""The page on how to write a plan says what there is: its tables are the code's, its example is a plan."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_origin

import msgspec
import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.conditions import CONDITIONS
from hallwatch_collector.core.plan import Occasion, Plan, Right
from hallwatch_collector.core.plan.templates import WORDS, Confirmed, Template
from hallwatch_collector.core.why.words import OCCASIONS
from hallwatch_collector.web.docstrings import field_docstrings
from parts.documents import blocks, example, prose

PAGE = "docs/plan.md"
TIMES = ("after_s", "clock", "due_s", "holds_close", "waits_for_answer")


def table(head: str) -> list[str]:
    """Return the rows of the table of the page whose first cell is *head*."""
    lines = prose(PAGE).splitlines()
    rows = lines[lines.index(f"| {head} | |") + 2 :]
    return rows[: rows.index("")]


def names(rows: list[str]) -> set[str]:
    """Return what the first cells name."""
    return {name for row in rows for name in re.findall(r"`([\w-]+)`", row.split(" | ")[0])}


def occasions() -> list[str]:
    """Return the rows of the table of occasions, as the code has them."""
    return [f"| `{name}` | {OCCASIONS[name][1]} |" for name in get_args(Occasion)]


def conditions() -> list[str]:
    """Return the rows of the table of a measure's conditions and times, as the code has them."""
    told = {key: " ".join(text.replace("``", "").split()) for key, text in field_docstrings(Template).items()}
    return [f"| `{key}` | {told[key].removesuffix('.')} |" for key in (*CONDITIONS, *TIMES)]


def test_the_occasions_are_those_of_the_code() -> None:
    assert table("`on`") == occasions()


def test_the_conditions_are_those_of_the_code() -> None:
    assert table("key") == conditions()


def test_what_a_yes_does_and_what_roles_may_is_named_in_full() -> None:
    assert names(table("`on_confirm`")) == set(get_args(Confirmed)) - {""}
    assert names(table("right")) == set(get_args(Right))


def test_every_table_of_a_plan_is_named() -> None:
    lists = {each.name for each in msgspec.structs.fields(Plan) if get_origin(each.type) is list}
    assert {
        name for name in lists | {"rounds", "deadlines", "arrangement", "drill"} if f"`{name}`" not in prose(PAGE)
    } == set()


def test_every_word_of_a_text_is_named() -> None:
    assert {word for word in WORDS if f"`{{{word}}}`" not in prose(PAGE)} == set()


def test_the_example_is_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "our-county.toml"
    file.write_text(example(PAGE, "our-county.toml"), encoding="utf-8")
    ours, county = plans.load(file)[0], plans.read_plan(plans.find_plan("county"))
    assert len(ours.measures) == len(county.measures)  # one left out, one of its own
    assert [each.owner for each in ours.measures if each.id == "post-sign"] == ["staff"]


@pytest.mark.parametrize("text", [block.text for block in blocks(PAGE) if block.language == "toml" and not block.file])
def test_the_pieces_fit_into_the_plan(text: str, tmp_path: Path) -> None:
    file = tmp_path / "piece.toml"
    others = {each.id for each in plans.load()[0].measures if each.levels} - {"pass-on-county"}
    file.write_text(f'extends = "county"\nwithout = {sorted(others)}\n{text}', encoding="utf-8")
    plans.load(file)
