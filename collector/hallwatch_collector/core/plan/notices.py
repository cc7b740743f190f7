"""Public texts (clauses R6, O1, O5, S9): one wording for display, notice board and SMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from hallwatch_agent.wire import Id

Outlet = Literal["hall-display", "notice-board", "portal", "sms", "media"]
"""Where a public text goes. What no machine can reach is a step for a person."""
OUTLETS: Final[Mapping[str, tuple[str, str]]] = {
    "hall-display": ("大厅显示屏", "the displays of the hall"),
    "notice-board": ("公告栏", "the notice board"),
    "portal": ("门户网站", "the web portal"),
    "sms": ("12366短信", "12366 SMS"),
    "media": ("媒体", "the media"),
}
"""What each outlet is called, in Chinese and in English."""
BEYOND: Final[frozenset[str]] = frozenset({"portal", "sms", "media"})
"""Outlets that reach people outside the hall: nothing of a drill or a simulated hall goes there (B3)."""
LASTING: Final[frozenset[str]] = frozenset({"hall-display", "notice-board", "portal"})
"""Outlets where a text stays until it is taken away; what was sent or printed cannot be called back."""


class PublicText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prepared public text; it may name the same words in braces as a measure."""

    id: Id
    name: str
    outlets: list[Outlet]
    text: str
    text_en: str = ""
