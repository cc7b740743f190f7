"""Collectors that begin in a fraction of a second: a process that has imported everything, and forks for each of them.

Run as a program it waits for lines on its standard input, a command line of ``hallwatch`` as JSON each; it forks,
answers with the number of the process, and, when that has ended, with how. Nothing is made ready in it but modules: it
has no thread, no file and no connection that two lives could share.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Queue

LATE_IMPORTS = ("alembic.command", "alembic.util", "uvicorn", "uvicorn.loops.auto", "uvicorn.protocols.http.auto",
                "uvicorn.lifespan.on", "paho.mqtt.client", "sqlalchemy.dialects.sqlite", "smtplib")  # fmt: skip


class Zygote:
    """The process. Each life writes what it has to say to *log*."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._answers: Queue[str] = Queue()
        self._life = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._next("ready")

    def start(self, command: Sequence[str]) -> int:
        """Begin a life; return the number of its process."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(list(command)) + "\n")
        self._life = int(self._next("began"))
        return self._life

    def wait(self) -> int:
        """Wait for the end of a life; return its exit status, negative: the signal that ended it."""
        status, self._life = int(self._next("ended")), 0
        return status

    def close(self) -> None:
        """End it, and the life that a failed test has left."""
        if self._life:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                os.kill(self._life, signal.SIGKILL)
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(5)
        assert self._process.stdout
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)

    def _next(self, word: str) -> str:
        told, _, value = self._answers.get(timeout=60).strip().partition(" ")
        if told != word:
            raise AssertionError(f"{told} {value} in place of {word}:\n{self._log.read_text()[-3000:]}")
        return value


@contextlib.contextmanager
def raise_zygote(log: Path) -> Iterator[Zygote]:
    """Run one for the time of a ``with`` block."""
    zygote = Zygote(log)
    try:
        yield zygote
    finally:
        zygote.close()


def _import_everything() -> None:
    package = importlib.import_module("hallwatch_collector")
    for module in pkgutil.walk_packages(package.__path__, "hallwatch_collector."):
        if not module.name.endswith("__main__") and ".versions" not in module.name and ".migrations" not in module.name:
            importlib.import_module(module.name)
    for name in LATE_IMPORTS:
        importlib.import_module(name)


def _live(command: Sequence[str], log: str) -> int:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(out, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from hallwatch_collector.cli import main

    try:
        return main(command)
    except Exception:  # noqa: BLE001 - a child ends here, whatever it was
        traceback.print_exc()
        return 1


def _serve(log: str) -> None:
    _import_everything()
    gc.freeze()
    print("ready", flush=True)  # noqa: T201 - this is the answer
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_live(json.loads(line), log))
        print(f"began {child}", flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    _serve(sys.argv[1])
