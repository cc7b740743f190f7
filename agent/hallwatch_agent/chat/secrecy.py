"""Keeps secrets out of what is written down: another program's words may repeat what it was sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

HIDDEN: Final = "…"
SHORTEST_SECRET: Final = 4
"""What is shorter is no secret, and stands in too many other words."""
_KEY_SEGMENT: Final = re.compile(r"(?=.*\d)[\w-]{6,}|[\w-]{16,}", re.ASCII)
"""A part of an address's path that may be a key."""
_BASE64_TURNS: Final = 3


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which no secret stands: neither plain nor quoted, in hex or in base64, nor the keys of one that
    is a web address."""
    forms = {form for secret in secrets for piece in _pieces(secret) for form in _forms(piece)}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(re.escape(form), HIDDEN, text, flags=re.IGNORECASE)
    return _hide_cut(text, forms) if text.endswith(HIDDEN) else text


def _hide_cut(text: str, forms: Iterable[str]) -> str:
    """Return a text that was cut off without the beginning of a secret at its end."""
    stem = text.removesuffix(HIDDEN)
    shown = 0
    for form in forms:
        for length in range(shown + 1, min(len(form), len(stem) + 1)):
            if length >= SHORTEST_SECRET and stem[-length:].lower() == form[:length].lower():
                shown = length
    return stem[: len(stem) - shown] + HIDDEN


def _pieces(secret: str) -> Iterator[str]:
    """Yield what of a secret must not be seen."""
    if len(secret) >= SHORTEST_SECRET:
        yield secret
    if "://" not in secret:
        return
    try:
        parts = urlsplit(secret)
    except ValueError:
        return
    yield from (part for part in parts.path.split("/") if _KEY_SEGMENT.fullmatch(part))
    values = [value for _, value in parse_qsl(parts.query)]
    yield from (part for part in (parts.username, parts.password, *values) if part and len(part) >= SHORTEST_SECRET)


def _forms(piece: str) -> Iterator[str]:
    """Yield the ways in which other programs write a text."""
    held = piece.encode()
    yield from (piece, quote(piece, safe=""), quote(piece), quote_plus(piece), json.dumps(piece)[1:-1], held.hex())
    for turn in range(_BASE64_TURNS):  # it may stand in the middle of what was encoded
        coded = base64.b64encode(bytes(turn) + held).decode()
        inner = coded[-(-turn * 8 // 6) : (turn + len(held)) * 8 // 6]
        if len(inner) >= SHORTEST_SECRET:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))
