"""Looks around in the hall's network from this machine: ``hallwatch-agent discover`` as a child, one at a time."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from typing import Final, Literal

from msgspec import Struct, structs

MOST_HOSTS: Final = 1024
"""In all networks of one look; who wants more runs the command and hands in what it wrote."""
LONGEST_S: Final = 900.0
GRACE_S: Final = 10.0
"""One that is told to end and does not is killed."""
LONGEST_TEXT: Final = 1_000_000
Status = Literal["idle", "looking", "done", "failed"]
_progress: Final = re.compile(r"([a-z ]+): (\d{1,9}) of (\d{1,9}); (\d{1,9}) hosts? found")


class Progress(Struct, frozen=True):
    """How far a look is, as ``hallwatch-agent discover`` says it."""

    stage: str
    """What is being done, in English."""
    done: int
    total: int
    hosts: int
    """So many are found by now."""


class Looking(Struct, frozen=True, kw_only=True):
    """How far a look is."""

    status: Status = "idle"
    networks: tuple[str, ...] = ()
    by: str = ""
    began_at: float = 0.0
    said: str = ""
    """What it said last, in English."""
    found: str = ""
    """What it wrote: a piece of a hall file; empty: nothing yet."""

    @property
    def progress(self) -> Progress | None:
        """What it said last, where that was how far it is."""
        told = _progress.fullmatch(self.said)
        return Progress(told[1], int(told[2]), int(told[3]), int(told[4])) if told else None


class CannotLook(ValueError):  # noqa: N818 - it says what happened
    """There is nothing to look at; ``code`` is a word of the catalogues: ``network``, ``too-many`` or ``busy``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class LookAround:
    """The one look that goes on, or the last one. Thread-safe."""

    def __init__(self, now: Callable[[], float], command: Sequence[str] = (), longest_s: float = LONGEST_S) -> None:
        """*command*: what is run instead of the agent's program; *longest_s*: it is ended after so long."""
        self._now = now
        self._longest_s = longest_s
        self._command = tuple(command) or (sys.executable, "-m", "hallwatch_agent", "discover")
        self._lock = threading.Lock()
        self._state = Looking()
        self._child: subprocess.Popen[str] | None = None

    @property
    def state(self) -> Looking:
        """How it is now."""
        with self._lock:
            return self._state

    def start(self, networks: Sequence[str], by: str) -> None:
        """Begin to look at these networks (none: this machine's own); raise :class:`CannotLook`."""
        named = check_networks(networks)
        with self._lock:
            if self._state.status == "looking":
                raise CannotLook("busy")
            words = [*self._command, *(f"--net={each}" for each in named)]
            try:
                child = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    encoding="utf-8", errors="replace",
                )  # fmt: skip
            except OSError as error:
                self._state = Looking(status="failed", said=f"{error.filename}: {error.strerror}")
                return
            self._child = child
            self._state = Looking(status="looking", networks=tuple(named), by=by, began_at=self._now())
        threading.Thread(target=self._wait, args=(child,), name="look-around", daemon=True).start()

    def stop(self) -> None:
        """End the look; what was found so far is kept. Nothing happens when none goes on."""
        with self._lock:
            child = self._child
        if child is not None:
            with contextlib.suppress(OSError):
                child.send_signal(signal.SIGINT)
            self._later(GRACE_S, child.kill)  # which does nothing to one that has ended

    def hand_in(self, text: str, by: str) -> None:
        """Take what a look elsewhere wrote."""
        with self._lock:
            if self._state.status == "looking":
                raise CannotLook("busy")
            self._state = Looking(status="done", by=by, began_at=self._now(), found=text[:LONGEST_TEXT])

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            child = self._child
        if child is not None:
            child.kill()
            child.wait()

    @staticmethod
    def _later(seconds: float, action: Callable[[], None]) -> threading.Timer:
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
        return timer

    def _listen(self, child: subprocess.Popen[str]) -> None:
        """Keep what it says of its progress."""
        for line in child.stderr or ():
            with self._lock:
                if self._child is child and line.strip():
                    self._state = structs.replace(self._state, said=line.strip()[:300])

    def _wait(self, child: subprocess.Popen[str]) -> None:
        """Keep what it found; end it when it takes too long."""
        overdue = self._later(self._longest_s, self.stop)
        listener = threading.Thread(target=self._listen, args=(child,), name="look-around-words", daemon=True)
        listener.start()
        with child:
            found = child.stdout.read(LONGEST_TEXT) if child.stdout else ""
            if len(found) >= LONGEST_TEXT:  # it would wait for ever for somebody to read on
                child.kill()
            child.wait()
            listener.join()
        overdue.cancel()
        found = found.strip()
        with self._lock:
            status: Status = "done" if found else "failed"
            self._state = structs.replace(self._state, status=status, found=found)
            self._child = None


def check_networks(networks: Sequence[str]) -> list[str]:
    """Return networks as they are written; raise :class:`CannotLook` for what is none, or too many hosts."""
    try:
        named = [IPv4Network(text, strict=False) for text in networks]
    except ValueError:
        raise CannotLook("network") from None
    if sum(each.num_addresses for each in named) > MOST_HOSTS:
        raise CannotLook("too-many")
    return [str(each) for each in named]
