"""Files as no hall should write them: one that is right, with something in it put, removed or renamed at random."""

from __future__ import annotations

import copy
import re
from typing import Any, Final

from hypothesis import strategies as st

from hallwatch_collector.problems import FileRefused

RAW: Final = re.compile(
    r"`(?:int|float|str|bool|array|object)|Expected|regex|msgspec|NoneType|<class|\(\?|\[0-9", re.ASCII
)
"""Words of Python and msgspec, and pieces of patterns."""
VALUES: Final[list[Any]] = [
    0, -1, 1.5, "", "x", [], {}, [[]], [{}], {"a": 1}, True, "a b", "http://h", float("nan"), float("inf"), ["x"], [1],
    {"id": "x"}, [{"id": "x", "kind": "tcp"}], 10**30, "\n", "x" * 500,
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw one of the tables with up to three things wrong in it."""
    table = copy.deepcopy(draw(st.sampled_from(tables)))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(table)
        inside, key = places[draw(st.integers(0, len(places) - 1))]
        value = copy.deepcopy(draw(st.sampled_from(VALUES)))
        damage = draw(st.sampled_from(["put", "remove", "rename"]))
        if damage == "put" or not isinstance(inside, dict):
            inside[key] = value
        elif damage == "remove":
            del inside[key]
        else:
            inside[f"{key}s"] = inside.pop(key)
    return table


def hold_to_words(refused: FileRefused) -> None:
    """Hold that what is wrong is told in words for people, and not at length."""
    for problem in refused.problems:
        assert not RAW.search(problem.text), problem
        assert len(problem.text) < 400, problem


def _places(table: Any) -> list[tuple[Any, Any]]:
    inner = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    return [place for key, value in inner for place in ((table, key), *_places(value))]
