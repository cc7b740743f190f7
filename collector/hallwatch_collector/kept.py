"""Keeps the last good text of files that people edit, so that a mistake in one costs nothing at a restart either."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


class KeptFiles:
    """Copies of files in a folder of the collector's own, each under its file's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_of(self, path: Path) -> Path:
        """Return where the last good text of a file is, if there ever was one."""
        return self._folder / path.name

    def keep(self, path: Path, content: bytes) -> None:
        """Keep the text of a good file. A disk that refuses it is told in the log, and costs only the copy."""
        copy = self.copy_of(path)
        try:
            if copy.is_file() and copy.read_bytes() == content:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = copy.with_name(f"{copy.name}.new")
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(copy)
        except OSError as error:
            log.warning("%s cannot be kept for a restart with a broken file: %s", copy, error)

    def forget(self, path: Path) -> None:
        """Remove the copy of a file that is gone."""
        try:
            self.copy_of(path).unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", self.copy_of(path), error)
