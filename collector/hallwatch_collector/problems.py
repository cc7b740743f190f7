"""What is wrong in a file that people wrote: all of it at once, each with its place and the way out."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from hallwatch_agent.expectations import ask_meant, name_choices, share_part

__all__ = ["FileRefused", "Problem", "ask_meant", "name_choices", "share_part"]


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
