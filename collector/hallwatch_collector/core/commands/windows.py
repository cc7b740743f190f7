"""What the head of the hall does with windows by hand, without a proposal (W1 to W3)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command, Words

WindowId = Annotated[str, Meta(description="A window of the hall file, by its id.", examples=["w3"])]
Business = Annotated[str, Meta(description="A business class of the hall, by its id.", examples=["filing"])]


class OpenWindow(Command, tag="open-window", frozen=True, kw_only=True):
    """Open a window: one in reserve, or one that is closed for whatever reason."""

    window: WindowId
    reason: Words


class CloseWindow(Command, tag="close-window", frozen=True, kw_only=True):
    """Close a window, until somebody opens it by hand; one of the reserve goes back into it."""

    window: WindowId
    reason: Words


class LendClass(Command, tag="lend-class", frozen=True, kw_only=True):
    """Let a window take a class that it does not offer by itself, one that the hall file says it may."""

    window: WindowId
    business: Business
    reason: Words


class ReturnClass(Command, tag="return-class", frozen=True, kw_only=True):
    """Let a window give back a class that it was lent."""

    window: WindowId
    business: Business
    reason: Words


WindowCommand = OpenWindow | CloseWindow | LendClass | ReturnClass
