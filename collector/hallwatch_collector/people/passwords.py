"""Passwords: which are good enough, and what is kept of them (argon2id, RFC 9106)."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 128
AT_ONCE: Final = 2
"""So many are hashed at the same time: each takes 64 MiB for a moment."""
NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=4$lwva3yVm/pYMhMafVhjaHA$PjMHuwjgQ5xxrXQgEoo5bPLxHQBZHjJ0mjHkkWsadzI"
"""Of a password that nobody has: names that are not there are to take as long as others."""
COMMON: Final = ("password", "1234567890", "0123456789", "qwertyuiop", "1q2w3e4r5t", "hallwatch", "administrator")
"""No password is one of these, however often repeated, or with a few figures after it."""
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of passwords that are drawn: without those that are read as others."""
Weakness = Literal["short", "long", "name", "common", "plain"]

hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(AT_ONCE)


def weakness_of(password: str, name: str) -> Weakness | None:
    """Return why a password is none for this person; None: it is good enough."""
    plain = _normal(password).casefold()
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    if name.casefold() in plain and len(name) * 2 >= len(plain):
        return "name"
    if plain.strip("0123456789.!-_") in (*COMMON, "") or plain in COMMON:
        return "common"
    return "plain" if len(set(plain)) < 5 else None


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    with _turns:
        return hasher.hash(_normal(password))


def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is that of which *kept* was kept; takes as long when there is none (None)."""
    with _turns:
        try:
            return hasher.verify(kept or NOBODYS, _normal(password[: LONGEST * 2])) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def draw_password() -> str:
    """Return a new password that can be read out: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _normal(password: str) -> str:
    """Return one form of what keyboards and input methods write in several (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
