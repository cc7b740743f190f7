"""Where the twin of a hall is, on which its drills are held (B3)."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.hall import HallKey

SUFFIX: Final = "-drill"
LONGEST_ID: Final = 63


def twin_key(key: HallKey) -> HallKey:
    """Return where the twin of a hall is found."""
    return HallKey(key.area, key.hall[: LONGEST_ID - len(SUFFIX)] + SUFFIX)
