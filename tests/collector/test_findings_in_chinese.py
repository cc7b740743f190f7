"""Everything that can be wrong in a hall file is said in Chinese on the pages, and in English on the command line."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from msgspec import Struct, structs

import hallwatch_agent
import hallwatch_collector
from hallwatch_agent.expectations import members_of, take_apart
from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.sentences import Sentence, tell
from hallwatch_collector import plans
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import parse_hall
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.web.texts import Words, load_sentences
from parts.hall_file import GOOD

ABOVE: Final = [Path(str(files(each))) for each in (hallwatch_agent, hallwatch_collector)]
PLACES: Final = [
    ABOVE[0] / "expectations.py", ABOVE[0] / "tables.py", ABOVE[0] / "sentences.py", ABOVE[1] / "tables.py",
    ABOVE[1] / "hallfiles" / "files.py", *sorted((ABOVE[1] / "halls").glob("*.py")),
    *sorted((ABOVE[0] / "probes").rglob("*.py")), *sorted((ABOVE[1] / "core" / "rules").glob("*.py")),
]  # fmt: skip
MADE: Final = {f"{word} {{limit:.12g}}" for word in ("at least", "above", "at most", "below")}
"""Templates that are put together."""
WORDS: Final = Words("zh-CN", 0.0)


def templates() -> Iterator[str]:
    """Yield the template of every sentence in the checks."""
    for path in PLACES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if isinstance(node, ast.Call) and name in ("tell", "wrong"):
                template = node.args[name == "wrong"]
                if isinstance(template, ast.Constant):
                    yield str(template.value)


def descriptions(hint: Any, seen: set[type]) -> Iterator[str]:
    """Yield how the types of a hall file, and of all its probes, say what to give."""
    bare, bounds = take_apart(hint)
    if "description" in bounds:
        yield bounds["description"][:1].lower() + bounds["description"][1:].rstrip(".")
    for member in members_of(bare):
        for each in get_args(member) if member is bare else [member]:
            yield from descriptions(each, seen) if each is not Ellipsis else ()
    if isinstance(bare, type) and issubclass(bare, Struct) and bare not in seen:
        seen.add(bare)
        for field in structs.fields(bare):
            yield from descriptions(field.type, seen)


def holes(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_sentence_is_in_the_catalogue_and_no_other() -> None:
    seen: set[type] = set()
    wanted = {*templates(), *MADE, *descriptions(Hall, seen), *descriptions(AnyProbe, seen)}
    assert load_sentences("zh-CN").keys() == wanted


def is_value_error(name: ast.expr) -> bool:
    return isinstance(name, ast.Name) and name.id == "ValueError"


def test_no_check_of_options_says_what_nobody_can_translate() -> None:
    plain = [
        f"{path.name}:{raised.lineno}"
        for path in (ABOVE[0] / "probes").rglob("*.py")
        for made in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(made, ast.FunctionDef) and (made.name == "__post_init__" or made.name.startswith("check_"))
        for raised in ast.walk(made)
        if isinstance(raised, ast.Raise) and isinstance(raised.exc, ast.Call) and is_value_error(raised.exc.func)
        for said in raised.exc.args
        if isinstance(said, ast.Constant | ast.JoinedStr)
    ]
    assert not plain, "give each to tell()"


def test_a_translation_has_what_the_sentence_has() -> None:
    for english, chinese in load_sentences("zh-CN").items():
        assert holes(chinese) == holes(english), english
        assert any("\u4e00" <= char <= "\u9fff" for char in chinese) or "{" in english, english


def test_what_is_in_a_sentence_is_translated_with_it_and_words_of_people_are_not() -> None:
    told = tell("{value}: give {right}", value="'no windows'", right=tell("a whole number"))
    assert told == "'no windows': give a whole number"
    assert (WORDS.translate(told), WORDS.language_of(told)) == ("'no windows':应填整数", "zh-CN")
    assert Words("en", 0.0).translate(told) == told
    for unknown in ("is missing", tell("nobody translated {this}", this="that")):
        assert (WORDS.translate(unknown), WORDS.language_of(unknown)) == (unknown, "en")


@pytest.mark.parametrize(
    ("old", "new", "chinese"),
    [
        ("number = 3", "number = 0", "应填整数,1 到"),
        ("number = 3", "numbr = 3", "是不是 'number'?"),
        ('kind = "printer"', 'kind = "{0}"', "没有 '{0}'"),
        ("number = 3", "number = true", "应填整数"),
        ('area = "330106"', 'area = "{area}"', "小写字母"),
    ],
)
def test_a_wrong_hall_file_is_told_in_chinese_whatever_is_in_it(old: str, new: str, chinese: str) -> None:
    assert old in GOOD
    with pytest.raises(FileRefused) as refused:
        parse_hall(GOOD.replace(old, new, 1).encode(), "xihu.toml", Known.of(*plans.load()))
    told = [WORDS.translate(problem.text) for problem in refused.value.problems]
    assert all(isinstance(problem.text, Sentence) for problem in refused.value.problems)
    assert any(chinese in each for each in told), told
