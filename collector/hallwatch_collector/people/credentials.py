"""What people show to prove who they are, and what is kept of it: nothing by which it could be shown again."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32
CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that are read as others."""
RECOVERY_CODES: Final = 10


def draw_token() -> str:
    """Return a new token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token. It is as random as a key, so no slow hash has to protect it from guessing."""
    return hashlib.sha256(token.encode()).hexdigest()


def draw_code(groups: int = 3) -> str:
    """Return a new code that people type in: groups of four, of 19 bits each."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(groups))


def plain_code(text: str) -> str:
    """Return a code as it was drawn, however it was typed."""
    letters = "".join(letter for letter in text.upper() if letter in CODE_LETTERS)
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def hash_code(name: str, code: str) -> str:
    """Return what is kept of a recovery code; whoever guesses at it is slowed down."""
    return hashlib.sha256(f"recovery\n{name}\n{plain_code(code)}".encode()).hexdigest()
