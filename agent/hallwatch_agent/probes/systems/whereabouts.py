"""Whose fault is a silence? Asks the hall's gateway and hosts beyond the uplink, all at the same time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.probe import HOST_PATTERN, Context, CouldNotRead
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

Place = Annotated[
    str,
    Meta(
        pattern=r"^(?:\[[0-9A-Fa-f:.]+\]|[\w.-]{1,253}):[0-9]{1,5}$(?!\n)",
        description="a host and its TCP port",
        examples=["192.168.1.1:22", "[fd00::1]:443"],
    ),
]
"""A refusal is an answer too."""
MOST_PLACES: Final = 5
MARGIN_S: Final = 0.2
"""For a thread to say that its time is up."""


def split_place(place: str) -> tuple[str, int]:
    """Take a place apart; raise :class:`ValueError` for a wrong port."""
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:  # in the library's words
        host, port = None, None
    if not host or not re.search(HOST_PATTERN, host) or not port:
        raise ValueError(tell("{place}: needs a host and a port from 1 to 65535, such as 192.168.1.1:22", place=place))
    return host, port


def ask_places(places: Sequence[str], limit_s: float) -> list[bool | None]:
    """Tell of each place whether it answers; None when this machine could not ask it."""
    ends_at = time.monotonic() + limit_s
    answers: SimpleQueue[tuple[int, bool | None]] = SimpleQueue()
    for at, place in enumerate(places):

        def ask(at: int = at, place: str = place) -> None:
            answers.put((at, is_there(place, limit_s)))

        threading.Thread(target=ask, name=f"ask-{place}", daemon=True).start()
    found: list[bool | None] = [None] * len(places)  # so stays one whose name no server looks up
    try:
        for _ in places:
            at, answered = answers.get(timeout=max(0.0, ends_at + MARGIN_S - time.monotonic()))
            found[at] = answered
    except Empty:
        pass
    return found


def is_there(place: str, limit_s: float) -> bool | None:
    """Tell whether a host answers on a port, be it with a refusal; None when this machine could not ask it."""
    host, port = split_place(place)
    try:
        connect(host, port, limit_s, Context()).close()
    except CouldNotRead as failure:
        return {ReadError.REFUSED: True, ReadError.LOCAL: None}.get(failure.error, False)
    return True
