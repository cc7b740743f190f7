"""Having a device read at once, out of turn."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command

Watched = Annotated[str, Meta(description="A device of the hall file that is read.", examples=["prn-3"])]


class LookNow(Command, tag="look-now", frozen=True, kw_only=True):
    """Have the agents that read a device read it now."""

    device: Watched
