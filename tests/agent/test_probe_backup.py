"""Backups: real folders, what is in them, and what cannot be looked into."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.assignment import Task
from hallwatch_agent.job import Job, overdue_reading
from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.computers.backup import Backup, BackupProbe, Scan, judge
from hallwatch_agent.threads import Threads
from hallwatch_agent.wire import ProbeOrder, ReadError, Reading
from parts.waiting import wait_until

NOW = 1_800_000_000.0
HOUR = 3600.0


def put(file: Path, age_s: float, size: int = 1000) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"b" * size)
    os.utime(file, (NOW - age_s, NOW - age_s))


def read(*patterns: object, **options: Any) -> Told:
    return BackupProbe(paths=tuple(map(str, patterns)), **options).read(Context(now=NOW))


def test_the_newest_of_all_patterns_counts(tmp_path: Path) -> None:
    put(tmp_path / "a" / "mon.bak", 30 * HOUR, 10)
    put(tmp_path / "a" / "tue.bak", 6 * HOUR, 20)
    put(tmp_path / "a" / "notes.txt", 1 * HOUR)
    put(tmp_path / "b" / "2027" / "03" / "x.zip", 5 * HOUR, 30)
    told = read(tmp_path / "a" / "*.bak", tmp_path / "b" / "**" / "*.zip")
    assert told.metrics == {"backup_age_s": 5 * HOUR, "backup_bytes": 30.0}
    assert told.conditions == {"backup-missing": False}
    assert told.facts == {"backup": "x.zip"}
    assert read(tmp_path / "a" / "mon.bak").metrics["backup_age_s"] == 30 * HOUR
    assert read(tmp_path / "*" / "*.bak").metrics["backup_bytes"] == 20.0
    assert read(tmp_path / "**").facts == {"backup": "notes.txt"}


@pytest.mark.skipif(sys.platform == "win32", reason="there names are text")
def test_a_name_in_gbk_can_be_told(tmp_path: Path) -> None:
    put(Path(os.fsdecode(os.fsencode(tmp_path) + "/大厅备份.bak".encode("gbk"))), HOUR)
    assert read(tmp_path / "*.bak").facts == {"backup": "大厅备份.bak"}


def test_what_is_being_written_does_not_count_yet(tmp_path: Path) -> None:
    put(tmp_path / "old.bak", 20 * HOUR)
    put(tmp_path / "new.bak", 30)
    put(tmp_path / "ahead.bak", -300)
    assert read(tmp_path / "*.bak").facts == {"backup": "old.bak"}
    assert read(tmp_path / "*.bak", settle_s=20).facts == {"backup": "new.bak"}


def test_a_file_that_is_too_small_is_no_backup(tmp_path: Path) -> None:
    put(tmp_path / "good.bak", 20 * HOUR, 5000)
    put(tmp_path / "broken.bak", 2 * HOUR, 10)
    put(tmp_path / "empty.bak", 1 * HOUR, 0)
    assert read(tmp_path / "*.bak", minimum_bytes=1000).facts == {"backup": "good.bak"}
    told = read(tmp_path / "*.bak", minimum_bytes=10_000)
    assert (told.conditions, told.metrics) == ({"backup-missing": True}, {})
    assert told.facts == {"backup": "3 too small, 0 still being written"}


def test_an_empty_folder_has_no_backup(tmp_path: Path) -> None:
    assert read(tmp_path / "*.bak") == Told(conditions={"backup-missing": True})


def test_a_folder_that_is_not_there_tells_nothing_of_backups(tmp_path: Path) -> None:
    put(tmp_path / "here" / "a.bak", HOUR)
    for pattern in (tmp_path / "gone" / "*.bak", tmp_path / "here" / "a.bak" / "*.bak"):
        with pytest.raises(CouldNotRead) as caught:
            read(pattern)
        assert caught.value.error is ReadError.LOCAL
        assert str(pattern.parent) in caught.value.note


def test_a_share_that_is_not_mounted_tells_nothing_of_backups(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read(tmp_path / "*.bak", mounted=str(tmp_path))
    assert (caught.value.error, caught.value.note) == (ReadError.LOCAL, f"{tmp_path} is not mounted")
    assert "backup-missing" in read(tmp_path / "*.bak", mounted="/").conditions


def test_a_folder_that_may_not_be_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "open" / "a.bak", HOUR)
    put(tmp_path / "shut" / "b.bak", HOUR)
    scandir = os.scandir

    def guarded(folder: Any) -> Any:
        if str(folder).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(CouldNotRead) as caught:
        read(tmp_path / "*" / "*.bak")
    assert (caught.value.error, "shut: Permission denied" in caught.value.note) == (ReadError.LOCAL, True)


def test_the_look_is_bounded(tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path / f"{number}.bak", HOUR)
    assert len(list(Scan(30).files(str(tmp_path / "*.bak")))) == 30
    with pytest.raises(CouldNotRead) as caught:
        list(Scan(29).files(str(tmp_path / "*.bak")))
    assert caught.value.error is ReadError.UNSUPPORTED


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.bak", HOUR)
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert [backup.name for backup in Scan().files(str(tmp_path / "**" / "*.bak"))] == ["x.bak"]


def test_a_share_that_hangs_tells_nothing_and_hangs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "good" / "a.bak", HOUR)
    let_go, scandir = threading.Event(), os.scandir

    def hang(folder: Any) -> Any:
        if str(folder).endswith("share"):
            let_go.wait(30)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", hang)
    ended: list[Reading] = []
    threads = Threads(lambda _, reading: ended.append(reading), lambda: NOW)
    jobs = []
    for name in ("share", "good"):
        probe = BackupProbe(paths=(str(tmp_path / name / "*.bak"),))
        jobs.append(Job(Task(ProbeOrder(name, "backup", "backup", 900.0, 60.0), probe), probe))
        threads.start(jobs[-1])
    wait_until(lambda: ended, 5)
    assert (ended[0].device, ended[0].metrics["backup_age_s"]) == ("good", HOUR)
    wait_until(lambda: jobs[0].task.context.preparing, 5)
    assert overdue_reading(jobs[0], 60.5, NOW).error is ReadError.LOCAL
    let_go.set()
    wait_until(lambda: len(ended) == 2, 5)
    threads.close()


@given(st.lists(st.builds(Backup, st.text(max_size=3), st.floats(0, 2 * NOW), st.integers(0, 100))), st.floats(0, 1000))
def test_the_age_is_that_of_a_finished_file_or_there_is_none(found: list[Backup], settle_s: float) -> None:
    told = judge(found, NOW, 50, settle_s)
    if told.conditions["backup-missing"]:
        assert not told.metrics
    else:
        assert told.metrics["backup_age_s"] >= settle_s
        assert told.metrics["backup_bytes"] >= 50
