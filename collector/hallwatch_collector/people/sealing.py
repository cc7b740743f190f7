"""Seals what has to be read again, such as the secret of a second factor, with a key that is not in the database."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE: Final = "accounts.key"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class SealBroken(ValueError):  # noqa: N818 - it says what happened
    """What was sealed cannot be read: it was changed, is somebody else's, or the key is another one."""


class Sealer:
    """Seals by AES-256-GCM, each text for what it is about."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, about: str) -> str:
        """Return a text sealed; only who has the key, and says what it is about, reads it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())
        return base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, about: str) -> str:
        """Return what was sealed; raise :class:`SealBroken`."""
        try:
            told = base64.urlsafe_b64decode(sealed.encode())
            return self._cipher.decrypt(told[:NONCE_BYTES], told[NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"what was sealed for {about} cannot be read") from error


def keep_seal_key(path: Path) -> bytes:
    """Return the key that this file keeps; drawn when there is none, readable by its owner only."""
    try:
        known = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        known = b""
    if len(known) == KEY_BYTES:
        return known
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key
