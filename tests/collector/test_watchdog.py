"""What systemd is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hallwatch_collector.watchdog import Watchdog


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_of_start_life_and_end(tmp_path: Path, abstract: bool) -> None:
    name = f"@hallwatch-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name[1:]}" if abstract else name)
        ear.settimeout(5)
        watchdog = Watchdog({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "120000000"})
        watchdog.be_ready()
        for moment in (100.0, 100.25, 129.75, 130.0, 159.0):
            watchdog.be_alive(moment)
        watchdog.be_stopping()
        told = [ear.recv(64) for _ in range(4)]
    assert told == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1000"}, {"WATCHDOG_USEC": "x", "NOTIFY_SOCKET": ""}],
)
def test_without_systemd_nothing_happens(environment: dict[str, str]) -> None:
    watchdog = Watchdog(environment)
    watchdog.be_ready()
    watchdog.be_alive(1.0)
    watchdog.be_stopping()
