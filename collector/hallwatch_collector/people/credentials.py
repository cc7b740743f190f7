"""What people show to prove who they are, and what is kept of it: nothing by which it could be shown again."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32


def draw_token() -> str:
    """Return a new token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token. It is as random as a key, so no slow hash has to protect it from guessing."""
    return hashlib.sha256(token.encode()).hexdigest()
