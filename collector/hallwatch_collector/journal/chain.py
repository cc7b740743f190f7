"""The chain through the journal: each event carries a hash over itself and the hash of the event before it.

So a record cannot be changed, taken out, put in or moved without the chain breaking there. Two things the chain by
itself does not show: that its end was cut off, and that somebody who may write the database worked out every hash after
a change anew. Both show when the head of an earlier day is known from elsewhere: printed, signed, or in a log.

The hash is SHA-256, in hexadecimal, over these seven lines in UTF-8, with a line feed between them: the hash of the
event before (64 zeros before the first), ``seq``, ``hall``, ``at``, ``written_at`` (Unix seconds, the shortest decimal
that reads back as the same double, with at least one digit after the point), ``kind``, ``body``. None of them holds a
line feed: JSON escapes it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from msgspec import Struct

_head = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Head(Struct, frozen=True):
    """Where the chain ends: the number and hash of its last event."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


START: Final = Head(0, "0" * 64)
"""The head of a journal that holds nothing."""


def parse_head(text: str) -> Head:
    """Return the head that a person noted; raise :class:`ValueError` when it is none."""
    found = _head.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no head; write SEQ:HASH as `hallwatch journal verify` prints it")
    return Head(int(found[1]), found[2])


def seal(before: str, *, seq: int, hall: str, at: float, written_at: float, kind: str, body: str) -> str:
    """Return the hash of an event; *before* is that of the event before it."""
    return sha256(f"{before}\n{seq}\n{hall}\n{at!r}\n{written_at!r}\n{kind}\n{body}".encode()).hexdigest()
