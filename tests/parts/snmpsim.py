"""A real SNMP agent for tests: snmpsim, answering from recordings on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pysnmp.proto.api import v2c

from hallwatch_agent.probes.snmp_probe import SYS_DESCR
from hallwatch_agent.snmp_message import encode_request, next_pdu

START_LIMIT_S = 60.0


def free_udp_port() -> int:
    """Return a UDP port of 127.0.0.1 that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_recordings(data_dir: Path) -> Iterator[tuple[str, int]]:
    """Serve the ``.snmprec`` files of a folder; yield host and port once it listens.

    The community is a file's path below the folder without its ending. A file that is rewritten by
    :func:`rewrite_recording` is read anew; a new file needs a restart.
    """
    port = free_udp_port()
    with tempfile.TemporaryDirectory(prefix="snmpsim-") as cache:
        command = [
            str(Path(sys.executable).with_name("snmpsim-command-responder")),
            f"--data-dir={data_dir}",
            f"--cache-dir={cache}",
            f"--agent-udpv4-endpoint=127.0.0.1:{port}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command += ["--process-user=root", "--process-group=root"]
        log = Path(cache) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(server, port, _a_community(data_dir), log)
            yield "127.0.0.1", port
        finally:
            server.terminate()
            server.wait(10)


def rewrite_recording(path: Path, content: str) -> None:
    """Replace a recording in one step, so that the agent that serves it sees the change with the next request.

    snmpsim compares times of change in whole seconds, so each version is dated at least a second after the last.
    """
    new = path.with_name(f"{path.name}.new")
    new.write_text(content)
    if path.exists():
        changed_at_s = max(int(path.stat().st_mtime) + 1, int(new.stat().st_mtime))
        os.utime(new, (changed_at_s, changed_at_s))
    new.replace(path)


def _a_community(data_dir: Path) -> str:
    recording = min(path for path in data_dir.rglob("*.snmprec*") if path.is_file())
    return str(recording.relative_to(data_dir)).split(".snmprec", maxsplit=1)[0]


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int, community: str, log: Path) -> None:
    question, _ = encode_request(v2c, community, [SYS_DESCR], next_pdu(v2c, 1))
    ends_at = time.monotonic() + START_LIMIT_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect(("127.0.0.1", port))
        asker.settimeout(0.3)
        while time.monotonic() < ends_at and server.poll() is None:
            try:
                asker.send(question)
                asker.recv(65_536)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                threading.Event().wait(0.05)
                continue
            return
    raise RuntimeError(f"snmpsim did not start:\n{log.read_text()[-4000:]}")
