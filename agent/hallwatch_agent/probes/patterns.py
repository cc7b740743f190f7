"""Regular expressions out of hall files, searched in what devices, programs and servers send.

Python's ``re`` tries one way to match after the other and lets no other thread run meanwhile: with ``(a+)+$`` one long
line would halt the whole agent for ever. RE2 reads the text once, whatever the expression, and lets the other threads
run. In exchange it knows no look-around and no reference to an earlier group (https://github.com/google/re2/wiki/Syntax).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol, cast

from hallwatch_agent.sentences import Sentence, tell


def _endless(what: Sentence) -> Sentence:
    return tell("{what} is not supported, as the search for it may never end", what=what)


_TOLD: Final = (
    ("invalid perl operator: (?=", _endless(tell("look-around such as {sign}", sign="(?=…)"))),
    ("invalid perl operator: (?!", _endless(tell("look-around such as {sign}", sign="(?!…)"))),
    ("invalid perl operator: (?<", _endless(tell("look-around such as {sign}", sign="(?<=…)"))),
    ("invalid perl operator: (?", tell("of what begins with (? there are (?:…), (?P<name>…) and (?i) only")),
    ("bad repetition operator: ", tell("one repetition right behind another, such as ++ or a**, is not supported")),
    (
        "invalid repetition size: ",
        tell("a repetition {{…}} goes from less to more, and up to 1000, nested ones together too"),
    ),
    ("pattern too large", tell("it is too large: use smaller repetitions")),
    ("missing ): ", tell("a ) is missing")),
    ("unexpected ): ", tell("there is a ) without its (")),
    ("missing ]: ", tell("a ] is missing")),
    (
        "no argument for repetition operator: ",
        tell("nothing stands before a repetition sign; write \\* for the sign itself"),
    ),
    ("trailing \\", tell("it ends in a single \\; write \\\\ for the sign itself")),
)
"""What RE2 says of an expression that it does not take, and the same for whoever wrote it."""
_group_name = re.compile(r"\(\?P?<(\w+)>")


class Found(Protocol):
    """A match, as ``re`` has it."""

    def __getitem__(self, group: int | str, /) -> str | None: ...


class Pattern(Protocol):
    """A compiled expression, as ``re`` has it."""

    @property
    def groups(self) -> int: ...

    @property
    def groupindex(self) -> Mapping[str, int]: ...

    def search(self, text: str, /) -> Found | None: ...


def compile_pattern(pattern: str, option: str) -> Pattern:
    """Return *pattern* ready to be searched for; the library keeps the last 128.

    Raises :class:`ValueError` that says what is wrong with the value of *option*, or that the library is missing.
    """
    try:
        import re2
    except ModuleNotFoundError:
        raise ValueError(
            tell("`{option}` needs the package google-re2: pip install 'hallwatch[agent]'", option=option)
        ) from None
    names = _group_name.findall(pattern)
    if len(set(names)) < len(names):  # RE2 would fill the first only
        raise _refuse(option, tell("two of its groups have one name"))
    settings = re2.Options()
    settings.log_errors = False  # it would write to the agent's standard error
    try:
        return cast("Pattern", re2.compile(pattern, settings))
    except UnicodeEncodeError:  # in the library's words
        raise _refuse(option, tell("it holds what is no text")) from None
    except re2.error as refusal:
        raise _refuse(option, _in_words(refusal)) from None


def _refuse(option: str, reason: str) -> ValueError:
    return ValueError(tell("`{option}` is no usable regular expression: {reason}", option=option, reason=reason))


def _in_words(refusal: Exception) -> str:
    said = refusal.args[0]
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if said.startswith("invalid escape sequence: \\") and said[-1:].isdigit():
        return _endless(tell("a reference to an earlier group, {sign},", sign=said[-2:]))
    if said == "invalid escape sequence: \\Z":
        return tell("write \\z for the end of the text")
    return next((words for beginning, words in _TOLD if said.startswith(beginning)), said)
