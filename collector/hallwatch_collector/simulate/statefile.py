"""The faults put into a running simulation, in one small file: a person's commands write it, the fleet reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.simulate.world import Standing


class Simulation(Struct, frozen=True, kw_only=True):
    """What the file holds."""

    hall: str = ""
    """Path of the hall file that the running simulation plays; empty: the shipped county hall."""
    faults: list[Standing] = []


def read_state(path: Path) -> Simulation:
    """Read the file; one that is not there holds nothing. Raise :class:`FileRefused` when it cannot be used."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Simulation)
    except FileNotFoundError:
        return Simulation()
    except OSError as error:
        raise FileRefused([Problem(str(path), "", f"{error.strerror}; name another file with --state")]) from None
    except msgspec.MsgspecError as error:
        text = f"{error}; remove it to start without faults"
        raise FileRefused([Problem(str(path), "", text)]) from None


def write_state(path: Path, state: Simulation) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@contextmanager
def edit_alone(path: Path) -> Iterator[None]:
    """Keep other commands from editing the file meanwhile, where the system has such locks (not on Windows)."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def play(path: Path) -> Iterator[None]:
    """Let other commands know meanwhile that a simulator uses the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _played_by(path).open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def is_played(path: Path) -> bool:
    """Tell whether a simulator uses the file now; where the system has no such locks, whether one ever did."""
    try:
        with _played_by(path).open("r") as lock:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return sys.platform == "win32"


def _played_by(path: Path) -> Path:
    return path.with_name(f"{path.name}.played")


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever the file does; None when it is not there."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino
