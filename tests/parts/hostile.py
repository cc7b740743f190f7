"""Texts that nobody means well with, put wherever the program shows a text that is not its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from hallwatch_collector.core.views import IncidentView

HOSTILE: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "{{7*7}}{% raw %}${7*7}",
    '=HYPERLINK("http://evil","x")',
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "' OR 1=1 --",
    "a\u202egnp.exe",
    "a\x00b\x1b[2J\x7f\x85",
    "长" * 10_000,
    "🖨️👩\u200d💻",
    "</title></textarea></style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;script&gt;&#x3c;b&#x3e;",
    "]]>--><!--\r\nSet-Cookie: a=b",
)
NAMEABLE: Final = tuple(text for text in HOSTILE if text.isprintable() and len(text) <= 80 and "\u200d" not in text)
"""Those that a hall file takes for a name: they can be seen, and are no longer than a name may be."""
HARMLESS: Final = tuple(f"平常{number}" for number in range(len(HOSTILE)))
TOLD: Final = frozenset(
    {
        "name", "name_en", "device_name", "subject_name", "fault_names", "fault_names_en", "text", "text_en",
        "evidence", "first_step", "first_step_en", "reason", "reason_zh", "level_reason", "by", "decided_by",
        "acknowledged_by",
        "told_by", "false_by", "level_by", "handed_by", "host", "version", "about", "instead", "instead_en", "draft",
        "draft_en", "mark", "opened_by", "withdrawn_by", "reference", "people", "fault_name", "fault_name_en", "facts",
        "class_names", "class_names_en", "place_names", "part_names", "part_names_en", "reachable", "note", "to",
        "unit", "place_name", "value", "answer", "title", "person", "to_whom",
    }
)  # fmt: skip
"""Fields in which stands what people or devices said; all others are ids and coded words."""


class Poison:
    """Gives one text after the other."""

    def __init__(self, *texts: str, first: int = 0) -> None:
        self._texts = itertools.islice(itertools.cycle(texts), first, None)

    def take(self) -> str:
        """Return the next text."""
        return next(self._texts)

    def put(self, thing: Any) -> Any:
        """Return a picture, or whatever struct, with these texts in the place of what people and devices said."""
        if isinstance(thing, Struct):
            told = {name: self._field(thing, name) for name in thing.__struct_fields__}
            return msgspec.structs.replace(thing, **told)
        if isinstance(thing, tuple):
            return tuple(self.put(each) for each in thing)
        return thing

    def _field(self, thing: Struct, name: str) -> Any:
        value = getattr(thing, name)
        if name == "contacts":
            return tuple((role, self.take(), self.take()) for role, _, _ in value)
        if name == "owner" and isinstance(thing, IncidentView):
            return self.take()
        return self._texts_of(value) if name in TOLD else self.put(value)

    def _texts_of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.take() if value else value
        if isinstance(value, dict):
            return {key: self._texts_of(each) for key, each in value.items()}
        if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            return tuple(self.take() for _ in value)
        return self.put(value)


def rotations(step: int) -> Iterator[tuple[str, int]]:
    """Yield with which of the texts to begin, so that each field gets several of them."""
    yield from ((f"from-{first}", first) for first in range(0, len(HOSTILE), step))
