"""What people show to prove who they are, and what is kept of it: nothing by which it could be shown again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

TOKEN_BYTES: Final = 32
COST: Final = (2**15, 8, 1)
"""scrypt's n, r and p (RFC 7914): 32 MiB and about a tenth of a second a guess."""


def draw_token() -> str:
    """Return a new token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token. It is as random as a key, so no slow hash has to protect it from guessing."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Return what is kept of a password: the cost, a salt of its own, and scrypt's hash."""
    salt = secrets.token_bytes(16)
    return ":".join(["scrypt", *map(str, COST), salt.hex(), _scrypt(password, salt, COST).hex()])


def fits_password(password: str, kept: str) -> bool:
    """Tell whether a password is the one of which *kept* was kept; the empty text fits none."""
    name, *told = kept.split(":")
    if name != "scrypt":
        return False
    n, r, p, salt, wanted = told
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt), (int(n), int(r), int(p))), bytes.fromhex(wanted))


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r)
