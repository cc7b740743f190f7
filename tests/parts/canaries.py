"""Secrets that are found wherever they turn up: plain, quoted, in hex or in base64."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

NEARLY_ALL = 0.75
"""A secret of which so much is seen is no secret any more: base64 cuts it at other places, texts are shortened."""


class Canaries:
    """Secrets by name, each drawn once."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def make(self, name: str, form: str = "{}", size: int = 6) -> str:
        """Return a new secret; *form* says what stands around what is drawn."""
        return self.keep(name, form.format(secrets.token_hex(size)))

    def keep(self, name: str, secret: str | bytes) -> str:
        """Take a secret that something else has drawn."""
        self._held[name] = secret if isinstance(secret, bytes) else secret.encode()
        return secret if isinstance(secret, str) else ""

    @property
    def names(self) -> set[str]:
        """Return the names of all."""
        return set(self._held)

    def find(self, places: Mapping[str, bytes], known: Iterable[str] = ()) -> dict[str, list[str]]:
        """Return where which secrets stand, but for those that are *known* there."""
        wanted = {name: _forms(secret) for name, secret in self._held.items() if name not in set(known)}
        found: dict[str, list[str]] = {}
        for place, content in places.items():
            low = content.lower()
            names = [name for name, forms in wanted.items() if any(form in low for form in forms)]
            if names:
                found[place] = names
        return found


def _forms(secret: bytes) -> set[bytes]:
    forms = {secret, secret.hex().encode()}
    for before in range(3):
        coded = base64.b64encode(bytes(before) + secret)
        inner = coded[before + 1 if before else 0 :].rstrip(b"=")
        shortened = inner[: int(len(inner) * NEARLY_ALL)]
        forms |= {shortened, shortened.translate(bytes.maketrans(b"+/", b"-_"))}
    if secret.isascii() or _is_text(secret):
        text = secret.decode()
        forms |= {each.encode() for each in (quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1])}
        forms.add(text[: int(len(text) * NEARLY_ALL)].encode())
    return {form.lower() for form in forms}


def _is_text(secret: bytes) -> bool:
    try:
        secret.decode()
    except UnicodeDecodeError:
        return False
    return True
