"""What is told to people in English, and can be said in another language: a template, and what stands in it.

The programs on the command line speak English; the pages speak the reader's language, and look a template up there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce


class Sentence(str):
    """A text in English that knows what it was made of; anywhere else it is a text like any other."""

    template: str
    values: Mapping[str, object]
    """What stands in it: words as they are, numbers, and further sentences."""


def tell(template: str, /, **values: object) -> Sentence:
    """Return a sentence of a template of :meth:`str.format` and what stands in it."""
    told = Sentence(template.format(**values))
    told.template, told.values = template, values
    return told


def either(words: Iterable[str]) -> str:
    """Return one of several: ``a or b``; of one just that, of none nothing."""
    first, *others = [*words] or [""]
    return reduce(lambda one, other: tell("{first} or {second}", first=one, second=other), others, first)


def reason_of(error: Exception) -> str:
    """Return what an error says, as the sentence that it was raised with if it was one."""
    return error.args[0] if error.args and isinstance(error.args[0], Sentence) else str(error)
