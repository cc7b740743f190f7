"""What people do with the screens of a hall (H2, W2)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command
from hallwatch_collector.core.screen_state import ScreenUse

PairingCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}$(?!\n)",
        description="The six digits that the screen shows at /screen.",
        examples=["482916"],
    ),
]
ScreenPlace = Annotated[
    str,
    Meta(
        max_length=63,
        description="Of a sign: a window or device, by its id. Of a display: where it hangs, or nothing.",
        examples=["w3", "kiosk-1"],
    ),
]
ScreenId = Annotated[str, Meta(max_length=63, description="A paired screen, by its id.", examples=["screen-7"])]
KeyHash = Annotated[
    str,
    Meta(
        extra_json_schema={
            "description": "Filled in by the collector, whatever stands here.",
            "extra": {"readOnly": True},  # for the API's description
        }
    ),
]


class PairScreen(Command, tag="pair-screen", frozen=True, kw_only=True):
    """Give a screen that shows a code its place: from then on it counts as a connected display there."""

    code: PairingCode
    use: Annotated[
        ScreenUse, Meta(description="What it shows there: the signs of its place, or the display of the hall.")
    ] = "sign"
    place: ScreenPlace = ""
    key_hash: KeyHash = ""
    """Of the key by which the screen's browser will be known."""


class RevokeScreen(Command, tag="revoke-screen", frozen=True, kw_only=True):
    """Let a screen be none of the hall's any more: its browser's key is good for nothing from then on."""

    screen: ScreenId


ScreenCommand = PairScreen | RevokeScreen
