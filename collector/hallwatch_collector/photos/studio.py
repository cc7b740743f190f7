"""Has photos drawn anew, a few at a time, each by a process with a limit of time and memory."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Final, Literal

from hallwatch_collector.photos.redraw import Verdict

LARGEST_BYTES: Final = 8_000_000
"""What is larger is not taken: most phones' photos are half of that, and the page makes them smaller before sending."""
AT_ONCE: Final = 2
WAIT_S: Final = 20.0
"""So long a photo waits for its turn, and so long its process may take."""

Why = Literal["format", "pixels", "broken", "size", "busy", "many", "unkept"]
"""Why a photo is not kept: no picture of a known format, too many pixels, damaged, too large a file, too many at once,
enough of this incident, or the disk does not take it."""
_because: Final[dict[int, Why]] = {Verdict.FORMAT: "format", Verdict.PIXELS: "pixels", Verdict.BROKEN: "broken"}


class PhotoRefused(ValueError):  # noqa: N818 - it says what happened
    """The photo is not kept. The pages say why in the reader's language."""

    def __init__(self, why: Why) -> None:
        self.why: Why = why
        super().__init__(why)


class Studio:
    """Draws photos anew. Thread-safe; a call may take a while."""

    def __init__(self, at_once: int = AT_ONCE, wait_s: float = WAIT_S) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._wait_s = wait_s

    def redraw(self, photo: bytes) -> bytes:
        """Return a photo as a JPEG of pixels alone; raise :class:`PhotoRefused`."""
        if len(photo) > LARGEST_BYTES:
            raise PhotoRefused("size")
        if not self._turns.acquire(timeout=self._wait_s):
            raise PhotoRefused("busy")
        try:
            return self._ask(photo)
        finally:
            self._turns.release()

    def _ask(self, photo: bytes) -> bytes:
        command = [sys.executable, "-m", "hallwatch_collector.photos.redraw"]
        try:
            done = subprocess.run(command, input=photo, capture_output=True, timeout=self._wait_s, check=False)
        except subprocess.TimeoutExpired:
            raise PhotoRefused("broken") from None
        except OSError:  # no process could be started: memory or processes are short
            raise PhotoRefused("busy") from None
        if done.returncode or not done.stdout:
            raise PhotoRefused(_because.get(done.returncode, "broken"))
        return done.stdout
