"""A real agent process on loopback."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from parts.waiting import wait_until

CONFIG = """\
[identity]
area = "{area}"
hall = "{hall}"
agent = "{agent}"

[broker]
host = "{host}"
port = {port}
keepalive_s = {keepalive_s}

[spool]
directory = "spool"
"""


class AgentProcess:
    """``hallwatch-agent run`` in a folder of its own; can be killed and started again on the same spool.

    *prefix* is put before the command, to run it in a network namespace for example.
    """

    def __init__(
        self, folder: Path, agent: str, broker: tuple[str, int], keepalive_s: int = 8, prefix: Sequence[str] = ()
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.config = folder / "agent.toml"
        self.log = folder / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._prefix = prefix
        host, port = broker
        self.config.write_text(
            CONFIG.format(area="330106", hall="xihu", agent=agent, host=host, port=port, keepalive_s=keepalive_s)
        )

    def start(self) -> None:
        """Start it and wait until it has connected."""
        before = self._connections()
        command = [*self._prefix, sys.executable, "-m", "hallwatch_agent", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: self._connections() > before, 15, "the agent is connected")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; return its exit status."""
        assert self.process
        self.process.send_signal(number)
        status = self.process.wait(10)
        self.process = None
        return status

    def _connections(self) -> int:
        if self.process and self.process.poll() is not None:
            raise AssertionError(f"the agent ended:\n{self.log.read_text()}")
        return self.log.read_text().count("connected to broker") if self.log.exists() else 0


@contextlib.contextmanager
def run_agent(
    folder: Path, agent: str, broker: tuple[str, int], keepalive_s: int = 8, prefix: Sequence[str] = ()
) -> Iterator[AgentProcess]:
    """Give a running agent of the hall ``330106/xihu`` whose files are in *folder*."""
    process = AgentProcess(folder, agent, broker, keepalive_s, prefix)
    try:
        process.start()
        yield process
    finally:
        if process.process:
            process.stop(signal.SIGKILL)
