"""Codes by which screens are paired: a browser shows one, a person enters it. Kept in memory, for ten minutes each."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

LIVES_S: Final = 600.0
"""So long a code is good; a screen that is still waiting shows another one then."""
MOST: Final = 200
"""So many screens may wait at once; the one that began longest ago is forgotten for another, and shows a new code."""
KEY_BYTES: Final = 32
DIGITS: Final = 6


class _Waiting(Struct, frozen=True):
    key_hash: str
    began_at: float


class Pairings:
    """The screens that wait for a person. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        """Code → who shows it, the longest waiting first."""

    def code_of(self, key: str, now: float) -> str:
        """Return the code that the browser with this key shows; empty: it has none, or it is not good any more."""
        key_hash = hash_key(key)
        with self._lock:
            self._forget_old(now)
            return next((code for code, each in self._waiting.items() if each.key_hash == key_hash), "")

    def draw_code(self, key: str, now: float) -> str:
        """Return a new code for the browser with this key to show."""
        key_hash = hash_key(key)
        with self._lock:
            self._forget_old(now)
            while len(self._waiting) >= MOST:
                del self._waiting[next(iter(self._waiting))]
            code = self._draw()
            self._waiting[code] = _Waiting(key_hash, now)
            return code

    @contextmanager
    def redeem(self, code: str, now: float) -> Iterator[str]:
        """Give the hash of the key of the browser that shows this code; empty: none does. It is good once, unless what
        is done in the ``with`` block fails."""
        with self._lock:
            self._forget_old(now)
            waiting = self._waiting.pop(code, None)
        try:
            yield waiting.key_hash if waiting else ""
        except BaseException:
            with self._lock:
                if waiting:
                    self._waiting[code] = waiting
            raise

    def _forget_old(self, now: float) -> None:
        # a clock that was set back ends them too
        self._waiting = {
            code: waiting for code, waiting in self._waiting.items() if 0 <= now - waiting.began_at < LIVES_S
        }

    def _draw(self) -> str:
        while (code := f"{secrets.randbelow(10**DIGITS):0{DIGITS}}") in self._waiting:
            pass
        return code


def draw_key() -> str:
    """Return a new key for a browser."""
    return secrets.token_urlsafe(KEY_BYTES)


def hash_key(key: str) -> str:
    """Return what is kept of a key: it is random, so no slow hash has to protect it from guessing."""
    return hashlib.sha256(key.encode()).hexdigest()
