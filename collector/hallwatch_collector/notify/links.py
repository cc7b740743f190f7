"""Links by which a message can be acknowledged: signed, for one person or group, one incident, once, for some hours.

Whoever holds the link can do what its page offers, in the name of those to whom the message went, and nothing else.
Opening it changes nothing: chat programs open links by themselves to show what is behind them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hallwatch_collector.core.alerts.state import Wording
from hallwatch_collector.core.views import HallView

LINK_KEY: Final = "alert-links.key"
"""The file of the key, in the data folder."""
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 16
LONGEST: Final = 2_000

_encode = msgspec.json.Encoder().encode


class Ticket(Struct, frozen=True, kw_only=True, array_like=True):
    """What a link says."""

    area: str
    hall: str
    incident: str
    people: tuple[str, ...]
    """Who it was sent to; of several, whoever acknowledges says which one they are."""
    reopened: int
    """How often the incident had come back (F3) by then: when it does again, this link is good for nothing. No moment,
    because those move when the clock is set."""
    until: int
    """Not after this, Unix seconds."""


class Redeemed(Struct, frozen=True, kw_only=True):
    """What a link is about, as of now."""

    ticket: Ticket
    view: HallView | None = None
    """The hall; None: it is watched no more."""
    wording: Wording | None = None
    """What is to be said of the incident; None: it was forgotten since."""


class LinkRefused(ValueError):  # noqa: N818 - it says what happened
    """The link is none of ours, or its time is over (``expired``)."""

    def __init__(self, *, expired: bool = False) -> None:
        self.expired = expired
        super().__init__("expired" if expired else "forged")


def keep_key(path: Path) -> bytes:
    """Return the key that signs links, drawn at the first call; the file is for its owner alone."""
    try:
        key = path.read_bytes()
        if len(key) == KEY_BYTES:
            return key
    except FileNotFoundError:
        pass
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    written.replace(path)
    return key


def sign(ticket: Ticket, key: bytes) -> str:
    """Return the text of a ticket that goes into a link."""
    body = _encode(ticket)
    return base64.urlsafe_b64encode(_seal(body, key) + body).rstrip(b"=").decode()


def check(text: str, key: bytes, now: float) -> Ticket:
    """Return what a link says; raise :class:`LinkRefused`."""
    if len(text) > LONGEST:
        raise LinkRefused
    try:
        told = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        seal, body = told[:SIGNATURE_BYTES], told[SIGNATURE_BYTES:]
        if not hmac.compare_digest(seal, _seal(body, key)) or sign_again(seal, body) != text:
            raise LinkRefused
        ticket = msgspec.json.decode(body, type=Ticket)
    except (ValueError, msgspec.MsgspecError):
        raise LinkRefused from None
    if now > ticket.until:
        raise LinkRefused(expired=True)
    return ticket


def sign_again(seal: bytes, body: bytes) -> str:
    """Return the one text that says this: the same bytes can be written in more than one way."""
    return base64.urlsafe_b64encode(seal + body).rstrip(b"=").decode()


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"acknowledge\n" + body, hashlib.sha256).digest()[:SIGNATURE_BYTES]
