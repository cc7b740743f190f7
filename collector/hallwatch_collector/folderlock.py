"""Keeps two programs from working in one folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FolderTaken(Exception):  # noqa: N818 - it says what happened
    """Another program holds the lock of the folder."""


def lock_folder(folder: Path) -> int | None:
    """Lock a folder, made when it is not there; the lock ends when the descriptor and its copies are closed.

    A child that inherits the descriptor holds the lock too, even when it outlives us. None where the system has no
    such locks (Windows). Raises :class:`FolderTaken`, or OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        return None
    import fcntl

    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderTaken(str(folder)) from None
    return lock
