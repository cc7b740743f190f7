"""ESC/POS real-time status (``DLE EOT n``) of receipt and ticket printers: the conversation, and what the bytes mean.

A printer answers while it is offline, open or out of paper, with one byte for each question. Bits 0, 1, 4 and 7 of
that byte are fixed (``x & 0x93 == 0x12``), and so are those of the packets that a printer sends unasked (automatic
status back, ``GS a``), which the software that uses the printer may have switched on. Source: Epson's ESC/POS command
reference, "Transmit real-time status" and "Status identification".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, Protocol

from hallwatch_agent.probes.probe import CouldNotRead, Told
from hallwatch_agent.wire import ReadError

PRINTER: Final = 1
OFFLINE_CAUSE: Final = 2
ERROR_CAUSE: Final = 3
PAPER: Final = 4
QUESTIONS: Final = (PRINTER, PAPER, OFFLINE_CAUSE, ERROR_CAUSE)
"""In this order: a printer that does not know one of them stays silent, and is then asked no more."""
MEANINGS: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "offline": ((PRINTER, 0x08),),
    "input-low": ((PAPER, 0x0C),),
    "input-empty": ((PAPER, 0x60), (OFFLINE_CAUSE, 0x20)),
    "cover-open": ((OFFLINE_CAUSE, 0x04),),
    "stopped": ((OFFLINE_CAUSE, 0x60), (PRINTER, 0x20)),
    "cutter-failed": ((ERROR_CAUSE, 0x08),),
    "service-needed": ((ERROR_CAUSE, 0x20),),
    "head-failed": ((ERROR_CAUSE, 0x40),),
}
"""Condition → the answers and bits that mean it, each enough; when the first is known to be clear, it does not hold.

The error that goes by itself (n = 3, 0x40) is a print head out of its limits: too hot, or its voltage wrong.
"""
XON, XOFF = 0x11, 0x13
MOST_HEARD_BYTES: Final = 1024


class Line(Protocol):
    """A way to the printer, over TCP or a serial port."""

    def send(self, octets: bytes) -> None:
        """Send a question."""

    def receive(self, limit_s: float) -> bytes:
        """Return what has come within *limit_s*, at least one byte; nothing when nothing has come."""


def ask(line: Line, ends_at: float) -> dict[int, int]:
    """Put the questions one by one; return the answers that came before *ends_at* (``time.perf_counter``).

    An answer does not say which question it belongs to: after one that does not come, none is asked any more. Raises
    :class:`CouldNotRead` (``garbage``) when something comes that no ESC/POS printer says.
    """
    heard = bytearray()
    answers: dict[int, int] = {}
    for question in QUESTIONS:
        try:
            line.send(bytes((0x10, 0x04, question)))
            while len(statuses := parse_statuses(heard)) == len(answers):
                left_s = ends_at - time.perf_counter()
                chunk = line.receive(left_s) if left_s > 0 else b""
                if not chunk:
                    return answers
                heard += chunk
        except OSError:  # hung up, or pulled out
            return answers
        if len(statuses) > len(answers) + 1:
            raise CouldNotRead(ReadError.GARBAGE, f"more than one answer to DLE EOT {question}: {heard.hex(' ')[:60]}")
        answers[question] = statuses[-1]
    return answers


def parse_statuses(heard: bytes | bytearray) -> list[int]:
    """Return the real-time status bytes among what a printer sent, in their order; a packet may still be incomplete.

    Automatic status packets (four bytes) and flow control are passed over. Raises :class:`CouldNotRead` (``garbage``)
    on any other byte.
    """
    if len(heard) > MOST_HEARD_BYTES:
        raise CouldNotRead(ReadError.GARBAGE, f"it talks without end: {heard[:20].hex(' ')} …")
    statuses = []
    packet_left = 0
    for octet in heard:
        if octet & 0x93 == 0x12:
            statuses.append(octet)
        elif octet & 0x93 == 0x10:
            packet_left = 3
        elif octet & 0x90 == 0 and packet_left:
            packet_left -= 1
        elif octet not in (XON, XOFF):
            raise CouldNotRead(ReadError.GARBAGE, f"no ESC/POS status: {bytes(heard[:20]).hex(' ')}")
    return statuses


def judge(answers: Mapping[int, int]) -> Told:
    """Return what the answers mean; what only an unanswered question would tell is absent."""
    conditions = {"reachable": True}
    for condition, bits in MEANINGS.items():
        holds = any(answers.get(question, 0) & bit for question, bit in bits)
        if holds or bits[0][0] in answers:
            conditions[condition] = holds
    return Told(conditions=conditions)
