"""What the core remembers of a paired screen (H2, W2)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ScreenUse = Literal["sign", "display"]
"""``sign``: a small screen at a device or window, which shows its sign. ``display``: shows the public the hall."""


Lost = Literal["", "silent", "behind"]
"""``silent``: it says nothing. ``behind``: it says that it shows something else than what is called for."""


class Screen(Struct, kw_only=True, omit_defaults=True):
    """A screen that somebody paired with a place of the hall."""

    id: str
    use: ScreenUse
    place: str = ""
    """Of a sign: the device or window. Of a display: where it hangs; empty: anywhere in the hall."""
    by: str
    paired_at: float
    heard_at: float
    """When it last said what it shows."""
    shows: str = ""
    """What it said: the edition of a sign, or empty for none."""
    behind_at: float | None = None
    """Since when that is not what is called for there; None: it is."""
    lost: Lost = ""
    """Why it does not count as a connected display; empty: it does."""
    since: float
    """Since when it does, or does not."""

    @property
    def up(self) -> bool:
        """Whether it counts as a connected display."""
        return not self.lost
