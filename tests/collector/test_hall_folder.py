"""The hall files as a folder: watched for edits, and kept for a restart."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.kept import KeptFiles
from parts.hall_file import GOOD

BROKEN = GOOD.replace('"printer"', '"prnter"')
WEST = GOOD.replace('hall = "xihu"', 'hall = "west"')


@pytest.fixture(scope="module")
def known() -> Known:
    plan, catalogue = plans.load()
    return Known.of(plan, catalogue)


@pytest.fixture
def folder(tmp_path: Path, known: Known) -> HallFolder:
    (tmp_path / "xihu.toml").write_text(GOOD, encoding="utf-8")
    return HallFolder([tmp_path], lambda path: read_hall(path, known))


def edit(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    moment = path.stat().st_mtime_ns + 1_000_000_000  # as if a second later, whatever the file system resolves
    os.utime(path, ns=(moment, moment))


def test_only_what_changed_is_read_again(folder: HallFolder, tmp_path: Path) -> None:
    assert [file.hall.name for file in folder.look().loaded] == ["西湖区办税服务厅"]
    assert folder.look().loaded == []
    edit(tmp_path / "xihu.toml", GOOD.replace("西湖区", "上城区"))
    assert [file.hall.name for file in folder.look().loaded] == ["上城区办税服务厅"]


def test_a_broken_edit_is_refused_and_the_old_version_stays(folder: HallFolder, tmp_path: Path) -> None:
    folder.look()
    edit(tmp_path / "xihu.toml", GOOD.replace('"printer"', '"prnter"'))
    changes = folder.look()
    assert (changes.loaded, changes.dropped) == ([], [])
    assert "prnter" in str(changes.refused[0])
    assert folder.refused == [tmp_path / "xihu.toml"]
    assert folder.look().refused == [], "told once"
    assert folder.problems, "but kept for the page"
    edit(tmp_path / "xihu.toml", GOOD)
    assert len(folder.look().loaded) == 1
    assert folder.problems == []


def test_a_removed_file_drops_its_hall_a_short_absence_does_not(folder: HallFolder, tmp_path: Path) -> None:
    folder.look()
    (tmp_path / "xihu.toml").rename(tmp_path / "xihu.bak")
    assert folder.look().dropped == []
    (tmp_path / "xihu.bak").rename(tmp_path / "xihu.toml")
    assert folder.look().dropped == []
    (tmp_path / "xihu.toml").unlink()
    assert folder.look().dropped == []
    assert [str(key) for key in folder.look().dropped] == ["330106/xihu"]


def test_a_second_file_of_one_hall_is_refused_until_the_first_goes(folder: HallFolder, tmp_path: Path) -> None:
    folder.look()
    (tmp_path / "zz.toml").write_text(GOOD.replace("西湖区", "新"), encoding="utf-8")
    assert "is already the hall of" in str(folder.look().refused[0])
    (tmp_path / "xihu.toml").unlink()
    looks = [folder.look(), folder.look(), folder.look()]
    assert [file.hall.name for look in looks for file in look.loaded] == ["新办税服务厅"]
    assert folder.problems == []


def test_a_renamed_file_keeps_its_hall(folder: HallFolder, tmp_path: Path) -> None:
    folder.look()
    (tmp_path / "xihu.toml").rename(tmp_path / "west.toml")
    looks = [folder.look(), folder.look(), folder.look()]
    assert [key for look in looks for key in look.dropped] == []
    assert folder.problems == []


def test_a_changed_id_drops_the_old_hall(folder: HallFolder, tmp_path: Path) -> None:
    folder.look()
    edit(tmp_path / "xihu.toml", GOOD.replace('hall = "xihu"', 'hall = "west"'))
    changes = folder.look()
    assert [str(file.hall.key) for file in changes.loaded] == ["330106/west"]
    assert [str(key) for key in changes.dropped] == ["330106/xihu"]


def test_a_refused_second_file_is_good_once_the_first_has_another_id(folder: HallFolder, tmp_path: Path) -> None:
    (tmp_path / "aa.toml").write_text(WEST, encoding="utf-8")
    (tmp_path / "zz.toml").write_text(WEST.replace("西湖区", "新"), encoding="utf-8")
    assert "is already the hall of" in str(folder.look().refused[0])
    edit(tmp_path / "aa.toml", WEST.replace('"west"', '"east"'))
    looks = [folder.look(), folder.look()]
    assert {file.hall.name for look in looks for file in look.loaded if file.hall.hall == "west"} == {"新办税服务厅"}
    assert folder.problems == []


# -- across a restart


@pytest.fixture
def start(tmp_path: Path, known: Known) -> Callable[[], HallFolder]:
    halls = tmp_path / "halls"
    halls.mkdir()
    (halls / "xihu.toml").write_text(GOOD, encoding="utf-8")
    kept = KeptFiles(tmp_path / "kept")
    return lambda: HallFolder([halls], lambda path: read_hall(path, known), kept)


def test_a_file_broken_at_the_start_is_stood_in_for_by_its_last_good_text(
    start: Callable[[], HallFolder], tmp_path: Path
) -> None:
    [before] = start().look().loaded
    edit(tmp_path / "halls" / "xihu.toml", BROKEN)
    folder = start()
    changes = folder.look()
    assert changes.loaded == [before]
    assert "prnter" in str(changes.refused[0])
    assert folder.refused == [tmp_path / "halls" / "xihu.toml"], "and shown as refused"
    edit(tmp_path / "halls" / "xihu.toml", GOOD.replace("西湖区", "上城区"))
    assert [file.hall.name for file in folder.look().loaded] == ["上城区办税服务厅"]
    assert folder.problems == []


def test_a_good_file_comes_before_the_copy_of_a_broken_one(start: Callable[[], HallFolder], tmp_path: Path) -> None:
    start().look()
    edit(tmp_path / "halls" / "xihu.toml", BROKEN)
    (tmp_path / "halls" / "zz.toml").write_text(GOOD, encoding="utf-8")
    assert [file.path.name for file in start().look().loaded] == ["zz.toml"]


def test_a_copy_that_is_broken_itself_is_left_alone(start: Callable[[], HallFolder], tmp_path: Path) -> None:
    start().look()
    for path in (tmp_path / "halls" / "xihu.toml", tmp_path / "kept" / "xihu.toml"):
        path.write_text(BROKEN, encoding="utf-8")
    folder = start()
    assert folder.look().loaded == []
    assert len(folder.refused) == 1


def test_the_copy_of_a_removed_file_goes_with_it(start: Callable[[], HallFolder], tmp_path: Path) -> None:
    folder = start()
    folder.look()
    assert (tmp_path / "kept" / "xihu.toml").read_text(encoding="utf-8") == GOOD
    (tmp_path / "halls" / "xihu.toml").unlink()
    folder.look()
    folder.look()
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_disk_that_takes_no_copy_costs_only_the_copy(
    start: Callable[[], HallFolder], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    assert len(start().look().loaded) == 1
    assert "cannot be kept" in caplog.text
