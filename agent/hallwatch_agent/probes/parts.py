"""Names for the parts of a device, as they stand in the brackets of a key: short lower-case words."""

from __future__ import annotations

import re
from collections.abc import Container

LONGEST = 40
_WORDS = re.compile(r"[a-z]+|\d+")


def part_name(said: str, fallback: str, taken: Container[str] = ()) -> str:
    """Make a part's name from what the device calls it: ``TRAY1`` and ``Tray 1`` both give ``tray-1``.

    *fallback* is used when there is no Latin word in it, and put behind it when the name is *taken* already.
    """
    words = _WORDS.findall(said.lower())
    name = "-".join(words)[:LONGEST].strip("-") if any(word.isalpha() for word in words) else fallback
    return f"{name}-{fallback}" if name in taken else name
