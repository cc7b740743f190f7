"""Appends every message to a file, for ``hallwatch replay``."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)


class Recorder:
    """A recording, one JSON object a line. A file that cannot be written ends the recording and nothing else.

    Raises :class:`OSError` when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self.recording = True
        """Whether messages are still written."""

    def record(self, received_at: float, topic: str, payload: bytes) -> None:
        """Append a message; *received_at* in Unix seconds UTC."""
        if not self.recording:
            return
        line = {"received_at": received_at, "topic": topic, "payload": payload.decode("utf-8", "backslashreplace")}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            log.error("%s cannot be written (%s); the recording ends here", self._path, error.strerror or error)
            self.close()

    def close(self) -> None:
        """End the recording."""
        self.recording = False
        with contextlib.suppress(OSError):  # what could not be written is tried once more on closing
            self._file.close()
