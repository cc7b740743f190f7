"""A receipt printer that speaks ESC/POS, on TCP and on a pseudo-terminal; its faults are switched while it runs."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FINE = 0x12
ASB = bytes((0x14, 0x00, 0x00, 0x0F))
"""An automatic status packet: drawer closed, and what a printer with paper sends."""
TURN_S = 0.02


class FakePrinter:
    """What the printer answers, and how badly."""

    def __init__(self) -> None:
        self.status = {1: FINE, 2: FINE, 3: FINE, 4: FINE}
        self.unknown: set[int] = set()
        """Questions that it does not answer."""
        self.ahead = b""
        """Sent before each answer."""
        self.delay_s = 0.0
        self.asked: list[int] = []

    def fault(self, question: int, bits: int) -> None:
        """Set bits of an answer; those of a healthy printer with 0."""
        self.status[question] = FINE | bits

    def answer(self, heard: bytes) -> bytes:
        """Return what the printer says to what it has heard."""
        said = b""
        for number in range(len(heard) - 2):
            dle, eot, question = heard[number : number + 3]
            if (dle, eot) == (0x10, 0x04):
                self.asked.append(question)
                if question not in self.unknown:
                    said += self.ahead + bytes((self.status[question],))
        return said


@contextmanager
def on_tcp(printer: FakePrinter) -> Iterator[tuple[str, int]]:
    """Let *printer* listen on loopback for one client at a time; yield host and port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TURN_S)

        def serve() -> None:
            while not stop.is_set():
                try:
                    link, _ = listener.accept()
                except TimeoutError:
                    continue
                with link:
                    _talk(printer, link.fileno(), link.recv, link.sendall, stop)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield "127.0.0.1", int(listener.getsockname()[1])
        finally:
            stop.set()
            thread.join(10)


@contextmanager
def on_pty(printer: FakePrinter) -> Iterator[str]:
    """Let *printer* sit behind a pseudo-terminal; yield the path of its other end, as good as a serial port."""
    stop = threading.Event()
    ours, theirs = os.openpty()
    thread = threading.Thread(
        target=_talk,
        args=(printer, ours, lambda most: os.read(ours, most), lambda octets: os.write(ours, octets), stop),
    )
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        thread.join(10)
        os.close(ours)
        os.close(theirs)


def _talk(
    printer: FakePrinter,
    handle: int,
    receive: Callable[[int], bytes],
    send: Callable[[bytes], object],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        if not select.select([handle], [], [], TURN_S)[0]:
            continue
        try:
            heard = receive(256)
            if not heard:
                return
            stop.wait(printer.delay_s)
            send(printer.answer(heard))
        except OSError:
            return
