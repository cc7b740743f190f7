"""Texts made fit for a chat: harmless, and no longer than it takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

CUT: Final = "…"
_GAP: Final = "\u200b"
"""A space of no width: people do not see it, and programs find no link and no mention around it."""
_HIDDEN: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control characters, invisible ones and those that turn the direction of writing, halves of characters."""
_TRIGGERS: Final = re.compile(r"@|://|(?<=[^\W_])\.(?=[^\W\d_])|(?i:\b(?:mailto|tel|javascript):)")
_WIDE: Final = str.maketrans("\\`*_~[]<>#|", "\uff3c\uff40\uff0a\uff3f\uff5e\uff3b\uff3d\uff1c\uff1e\uff03\uff5c")
_BULLET: Final = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def harmless(text: str) -> str:
    """Return one line that says the same, and of which no chat makes a link, a mention or a tag.

    Whoever can name a device or plug one in must not be able to call everybody, or to send them to a page.
    """
    seen = "".join(" " if unicodedata.category(sign) in _HIDDEN else sign for sign in text)
    line = " ".join(seen.split()).replace("<", "\uff1c")
    return _TRIGGERS.sub(lambda found: f"{found[0]}{_GAP}", line)


def unmarked(text: str) -> str:
    """Return :func:`harmless` text that says the same where Markdown is understood.

    Vendors differ in what a backslash does, so that signs are replaced by their wide twins.
    """
    return _BULLET.sub(lambda found: f"{found[1]}{_GAP}{found[2]}{_GAP}", harmless(text).translate(_WIDE))


def link_marked(words: str, address: str) -> str:
    """Return a link in Markdown."""
    return f"[{unmarked(words)}]({address.replace('(', '%28').replace(')', '%29')})"


def in_bytes(text: str) -> int:
    """Return the length that most chats count."""
    return len(text.encode("utf-8", "replace"))


def cut(text: str, most: int, length: Callable[[str], int] = in_bytes) -> str:
    """Return as much of a text as fits, with ``…`` where something is missing; never half a character."""
    if length(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle] + CUT) <= most else (low, middle - 1)
    while low and unicodedata.combining(text[low : low + 1] or "a"):
        low -= 1
    return text[:low] + CUT if length(CUT) <= most else ""
