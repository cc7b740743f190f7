"""The words of the text format (exposition format 0.0.4): families, labels, one line a sample. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple


class Family(NamedTuple):
    """Series of one name. Of a histogram, ``name`` is that of the family, without ``_bucket``."""

    name: str
    kind: str
    help: str


Lines = defaultdict[str, list[str]]
"""Family name → its sample lines."""


Blocks = dict[str, bytes]
"""Family name → its sample lines as text."""


def to_blocks(lines: Lines) -> Blocks:
    """Return the lines as they stand on the page."""
    return {family: ("\n".join(samples) + "\n").encode("utf-8", "replace") for family, samples in lines.items()}


def escape(value: str) -> str:
    """Escape a label value as the text format demands."""
    if value.isalnum():
        return value
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labels(**values: str) -> str:
    """Return label pairs without the braces."""
    return ",".join(f'{name}="{escape(value)}"' for name, value in values.items())


def put(lines: Lines, family: str, base: str, value: float, *, suffix: str = "") -> None:
    """Add a sample; *base* is its label pairs, *suffix* what a histogram's series have behind the family's name."""
    pairs = f"{{{base}}}" if base else ""
    lines[family].append(f"{family}{suffix}{pairs} {number(value)}")


def number(value: float) -> str:
    """Write a number as Go reads it: the shortest text that gives the same float, infinities and NaN included."""
    return repr(float(value))


def word(flag: bool) -> str:
    """Write a flag as a label value."""
    return "true" if flag else "false"
