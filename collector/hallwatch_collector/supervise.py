"""Keeps a child process running: restarts it with growing pauses, logs what it says, ends it with us.

On Linux a child also ends when we are killed with -9, because ``setpriv --pdeathsig`` (util-linux) asks the kernel for
that. The kernel means the death of the *thread* that started the child, so each child has a thread of its own that
lives exactly as long.
"""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 15.0
STEADY_AFTER_S: Final = 30.0
"""A child that ran so long starts again at once: it was no failure to start."""
MAX_LOG_BYTES: Final = 10 * 1024 * 1024
TAIL_BYTES: Final = 4096


class Child:
    """A supervised process. What it writes goes to the end of *log_file*; *keep_open* are descriptors it inherits."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log_file: Path,
        *,
        environment: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._command = [*_leash(), *command]
        self._environment = environment
        self._keep_open = tuple(keep_open)
        self.failures = 0
        """How often it has ended although nobody asked it to."""
        self._said_from = 0
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._supervise, name=f"child-{name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id of the child that runs now; None between two runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the child and look after it from now on."""
        self._thread.start()

    def stop(self, limit_s: float = 5.0) -> None:
        """End the child: ask (SIGTERM), and after *limit_s* make it end (SIGKILL). Returns when it is gone."""
        with self._lock:
            self._ending.set()
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(limit_s)
            except subprocess.TimeoutExpired:
                log.warning("%s does not end within %.0f s and is killed", self.name, limit_s)
                process.kill()
                process.wait()
        if self._thread.is_alive():
            self._thread.join()

    def last_words(self, lines: int = 5) -> str:
        """Return the end of its log, to show why it does not run."""
        return "\n".join(self._end_of_log(0)[-lines:])

    def _parting_words(self) -> str:
        """Return the last line that this run of it has written."""
        lines = self._end_of_log(self._said_from)
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _end_of_log(self, start: int) -> list[str]:
        """Return the lines at the end of its log, none from before byte *start*."""
        try:
            with self.log_file.open("rb") as said:
                said.seek(max(start, self.log_file.stat().st_size - TAIL_BYTES))
                return said.read().decode("utf-8", "replace").rstrip("\n").split("\n")
        except OSError:
            return []

    def _supervise(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            status = self._run_once()
            if self._ending.is_set():
                return
            self.failures += 1
            ran_s = time.monotonic() - began
            pause_s = FIRST_PAUSE_S if ran_s > STEADY_AFTER_S else pause_s
            log.warning("%s ended (%s) after %.1f s; again in %.1f s", self.name, _say(status), ran_s, pause_s)
            log.warning("  it said last: %s (%s)", self._parting_words() or "nothing", self.log_file)
            if self._ending.wait(pause_s):
                return
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _run_once(self) -> int:
        """Run the child to its end; return its status, or -1000 when it could not be started at all."""
        try:
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            _turn_over(self.log_file)
            with self.log_file.open("ab") as output, self._lock:
                if self._ending.is_set():
                    return 0
                self._said_from = output.tell()
                self._process = process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    pass_fds=self._keep_open,
                    # Ctrl-C reaches the whole foreground group; children are ended by us, in order.
                    process_group=0 if sys.platform != "win32" else None,
                )
        except OSError as error:
            log.error("%s cannot be started: %s", self.name, error)
            return NOT_STARTED
        return process.wait()


NOT_STARTED: Final = -1000


def _leash() -> list[str]:
    """Return the command prefix that ties a child to our life, where the system has one."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _turn_over(log_file: Path) -> None:
    """Put a log that grew large aside, so that a child that fails for weeks does not fill the disk."""
    if log_file.exists() and log_file.stat().st_size > MAX_LOG_BYTES:
        log_file.replace(log_file.with_name(log_file.name + ".1"))


def _say(status: int) -> str:
    if status == NOT_STARTED:
        return "not started"
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
