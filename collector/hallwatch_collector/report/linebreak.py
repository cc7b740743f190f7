"""Breaks Chinese text into lines. Pure; the rules are those of GB/T 15834: no line begins with a mark that closes
something or ends with one that opens it, and words of other scripts and numbers stay whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

NOT_FIRST: Final = frozenset("、。,.;:;:!?!?)]}」』】》〉”’%‰,)")
NOT_LAST: Final = frozenset("([{「『【《〈“‘(")
_UNIT: Final = re.compile(r"[A-Za-z0-9_@#&+\-./:\\]+| +|.", re.DOTALL)


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return the lines of a text that *measure* finds at most *width* wide, as far as single words allow."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and measure(line + piece.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line = piece.lstrip() if not line else line + piece
            line = _cut(line, width, measure, lines)
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """Return what may not be broken: a letter or word with the marks that must stay with it."""
    pieces: list[str] = []
    for unit in _UNIT.findall(text):
        if pieces and (unit[0] in NOT_FIRST or pieces[-1][-1] in NOT_LAST):
            pieces[-1] += unit
        else:
            pieces.append(unit)
    return pieces


def _cut(line: str, width: float, measure: Callable[[str], float], lines: list[str]) -> str:
    """Move what is wider than a line by itself to *lines*, letter by letter; return the rest."""
    while len(line) > 1 and measure(line) > width:
        fits = next((end for end in range(len(line) - 1, 1, -1) if measure(line[:end]) <= width), 1)
        lines.append(line[:fits])
        line = line[fits:]
    return line
