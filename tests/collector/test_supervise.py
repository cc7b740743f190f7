"""A supervised child is restarted when it ends, and gone when we are done with it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from hallwatch_collector.supervise import Child
from parts.waiting import wait_until


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_child_that_dies_starts_again_and_its_log_goes_on(tmp_path: Path) -> None:
    log_file = tmp_path / "logs" / "child.log"
    child = Child("child", python("import os, time; print('here', os.getpid(), flush=True); time.sleep(60)"), log_file)
    child.start()
    try:
        wait_until(lambda: "here" in child.last_words(), 10)
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: child.last_words().count("here") == 2, 10)
        assert child.pid not in (None, first)
    finally:
        child.stop()
    assert child.pid is None


def test_a_child_that_ignores_being_asked_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = Child("deaf", python(code), tmp_path / "deaf.log")
    child.start()
    wait_until(lambda: "deaf" in child.last_words(), 10)
    pid = child.pid
    child.stop(limit_s=0.3)
    assert not Path(f"/proc/{pid}").exists()


def test_a_program_that_is_not_there_is_told_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    child = Child("nobody", ["/nowhere/at-all"], tmp_path / "nobody.log")
    child.start()
    try:
        wait_until(lambda: "nobody ended" in caplog.text or "cannot be started" in caplog.text, 10)
    finally:
        child.stop()


def test_a_child_that_ends_is_told_with_its_last_words_and_where_the_rest_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log_file = tmp_path / "logs" / "child.log"
    code = "import pathlib, sys; sys.exit('port 1883 is taken') if pathlib.Path('first').exists() else sys.exit(3)"
    (tmp_path / "first").touch()
    child = Child("child", python(code.replace("first", str(tmp_path / "first"))), log_file)
    child.start()
    try:
        wait_until(lambda: f"it said last: port 1883 is taken ({log_file})" in caplog.text, 10)
        assert child.failures >= 1
        (tmp_path / "first").unlink()
        wait_until(lambda: f"it said last: nothing ({log_file})" in caplog.text, 10)
    finally:
        child.stop()
    assert "child ended (exit status 1)" in caplog.text
    assert "child ended (exit status 3)" in caplog.text
