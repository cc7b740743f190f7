"""What is wrong in a file that people wrote: all of it at once, each with its place and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from msgspec import Struct


class Problem(Struct, frozen=True, order=True):
    """One thing wrong in a file."""

    file: str
    key: str
    """Path of the key, for example ``devices[3] (prn-3).depends_on``; empty: the file as a whole."""
    text: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.text) if part)


class FileRefused(ValueError):  # noqa: N818 - it says what happened
    """A file cannot be used; ``problems`` holds every reason that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def name_choices(wrong: str, choices: Iterable[str], nothing: str = "none") -> str:
    """Return a hint for a wrong word: the nearest valid ones, or else all of them when they are few."""
    known = sorted(set(choices))
    near = difflib.get_close_matches(wrong, known, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(word) for word in near)}?"
    if not known:
        return f"there are {nothing}"
    shown = ", ".join(known[:12])
    return f"there are {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
