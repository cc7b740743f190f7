"""Hall files on disk as the pages save them: history, undo, what others write meanwhile, disks that refuse."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.hallfiles import HallFileMoved, HallFiles, HallFileStuck
from hallwatch_collector.problems import FileRefused
from parts.hall_file import GOOD
from parts.hall_files import open_hall_files

KEY = HallKey("330106", "xihu")
OTHER = GOOD.replace("number = 3", "number = 13", 1)


@pytest.fixture
def files(tmp_path: Path) -> HallFiles:
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "mine.toml").write_text(GOOD, encoding="utf-8")
    return open_hall_files(tmp_path)


def save(files: HallFiles, text: str, digest: str | None = None, reason: str = "") -> int:
    there = files.find(KEY)
    made_of = digest if digest is not None else there.digest if there else ""
    return files.save(KEY, text, digest=made_of, by="老赵", reason=reason, now=10.0).number


def test_a_text_is_saved_where_the_hall_is_and_what_was_there_is_kept(files: HallFiles, tmp_path: Path) -> None:
    assert save(files, OTHER, reason="换窗口") == 2
    assert (tmp_path / "halls" / "mine.toml").read_text(encoding="utf-8") == OTHER
    newest, first = files.history.versions(KEY)
    assert (newest.deed, newest.by, newest.reason, newest.at) == ("saved", "老赵", "换窗口", 10.0)
    assert (first.deed, first.by) == ("found", "")
    assert (files.history.text(KEY, 1), files.history.text(KEY, 2)) == (GOOD, OTHER)
    assert sorted(each.name for each in (tmp_path / "halls").iterdir()) == ["mine.toml"], "no draft is left"


def test_what_somebody_wrote_on_disk_meanwhile_is_not_overwritten_and_later_kept(
    files: HallFiles, tmp_path: Path
) -> None:
    began = files.find(KEY)
    assert began
    theirs = f"# theirs\n{GOOD}"
    (tmp_path / "halls" / "mine.toml").write_text(theirs, encoding="utf-8")
    with pytest.raises(HallFileMoved) as moved:
        save(files, OTHER, began.digest)
    assert moved.value.theirs
    assert moved.value.theirs.text == theirs
    assert files.history.versions(KEY) == []
    save(files, OTHER)
    assert files.history.text(KEY, 1) == theirs


def test_an_earlier_version_is_a_new_one_and_nothing_is_written_twice(files: HallFiles) -> None:
    for text in (OTHER, GOOD, OTHER):
        save(files, text)
    assert [each.number for each in files.history.versions(KEY)] == [4, 3, 2, 1]
    assert files.history.text(KEY, 3) == GOOD


def test_a_removed_hall_can_be_brought_back(files: HallFiles, tmp_path: Path) -> None:
    there = files.find(KEY)
    assert there
    files.remove(KEY, digest=there.digest, by="老赵", reason="搬迁", now=11.0)
    assert files.find(KEY) is None
    assert files.history.halls() == [KEY]
    assert files.history.versions(KEY)[0].deed == "removed"
    save(files, files.history.text(KEY, 1) or "")
    assert (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8") == GOOD
    with pytest.raises(HallFileMoved):
        files.remove(KEY, digest=there.digest[::-1], by="老赵", reason="", now=12.0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("area = ", ""),
        (GOOD.replace("number = 3", "number = 0"), "windows[1] (w3).number"),
        (GOOD.replace('"xihu"', '"other"', 1), "hall"),
        (GOOD.replace('"330106"', '"330100"', 1), "area"),
    ],
)
def test_a_wrong_text_is_not_saved(files: HallFiles, text: str, key: str) -> None:
    with pytest.raises(FileRefused) as refused:
        save(files, text)
    assert key in [problem.key for problem in refused.value.problems]
    assert files.history.versions(KEY) == []


def test_a_file_keeps_its_mode(files: HallFiles, tmp_path: Path) -> None:
    file = tmp_path / "halls" / "mine.toml"
    file.chmod(0o640)
    save(files, OTHER)
    assert file.stat().st_mode & 0o777 == 0o640


def test_another_halls_file_is_never_taken(tmp_path: Path) -> None:
    file = tmp_path / "xihu.toml"
    file.write_text(GOOD, encoding="utf-8")
    files = open_hall_files(tmp_path, file)
    other = HallKey("330106", "yuhang")
    with pytest.raises(HallFileStuck, match="let `halls` name a folder"):
        files.save(other, GOOD.replace('"xihu"', '"yuhang"', 1), digest="", by="老赵", reason="", now=1.0)
    assert file.read_text(encoding="utf-8") == GOOD


def test_two_halls_of_one_id_have_a_file_each(files: HallFiles, tmp_path: Path) -> None:
    (tmp_path / "halls" / "mine.toml").rename(tmp_path / "halls" / "xihu.toml")
    other = HallKey("330108", "xihu")
    files.save(other, GOOD.replace('"330106"', '"330108"', 1), digest="", by="老赵", reason="", now=1.0)
    assert sorted(each.name for each in (tmp_path / "halls").iterdir()) == ["330108-xihu.toml", "xihu.toml"]


def test_a_disk_that_refuses_is_told_and_changes_nothing(
    files: HallFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "mine.toml")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(HallFileStuck, match="No space left on device"):
        save(files, OTHER)
    assert (tmp_path / "halls" / "mine.toml").read_text(encoding="utf-8") == GOOD
    monkeypatch.undo()
    assert save(files, OTHER) >= 1, "a number that was begun is not used again"
    assert files.history.text(KEY, files.history.versions(KEY)[0].number) == OTHER


def test_whatever_is_typed_it_is_refused_in_words_or_saved(files: HallFiles) -> None:
    chance = random.Random(7)
    pieces = ["\x00", '"', "[[", "]]", "=", "\u202e", "id", "'''", "#", "\n", "9" * 400, "<script>", "[", "x" * 300]
    for _ in range(300):
        at = chance.randrange(len(GOOD))
        text = GOOD[:at] + chance.choice(pieces) + GOOD[at + chance.choice((0, 1, 20)) :]
        try:
            save(files, text)
        except FileRefused as refused:
            assert all(problem.text for problem in refused.problems)  # noqa: PT017
        there = files.find(KEY)
        assert there
        files.check(KEY, there.text)


def test_a_line_of_the_history_that_a_crash_cut_off_is_left_out(files: HallFiles, tmp_path: Path) -> None:
    save(files, OTHER)
    with (tmp_path / "hall-history" / "330106" / "xihu" / "versions.jsonl").open("ab") as index:
        index.write(b'{"number": 3, "at"')
    assert [each.number for each in files.history.versions(KEY)] == [2, 1]


def test_a_text_that_never_got_into_its_place_is_no_version(
    files: HallFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", str(tmp_path / "halls"))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    for _ in range(3):
        with pytest.raises(HallFileStuck, match="Read-only file system"):
            save(files, OTHER)
    assert [each.deed for each in files.history.versions(KEY)] == ["found"]
    monkeypatch.undo()
    monkeypatch.setattr(Path, "replace", refuse)
    there = files.find(KEY)
    assert there
    with pytest.raises(HallFileStuck, match="Read-only file system"):
        files.remove(KEY, digest=there.digest, by="老赵", reason="", now=11.0)
    assert [each.deed for each in files.history.versions(KEY)] == ["found"]


def test_a_removal_that_cannot_be_written_down_is_none(
    files: HallFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "1.toml")

    there = files.find(KEY)
    assert there
    monkeypatch.setattr(files.history, "add", refuse)
    with pytest.raises(HallFileStuck):
        files.remove(KEY, digest=there.digest, by="老赵", reason="", now=11.0)
    assert files.find(KEY) == there
    assert [each.name for each in (tmp_path / "halls").iterdir()] == ["mine.toml"]


def test_a_line_of_the_index_that_a_crash_cut_off_takes_no_other_with_it(files: HallFiles, tmp_path: Path) -> None:
    save(files, OTHER)
    index = next(tmp_path.rglob("versions.jsonl"))
    index.write_bytes(index.read_bytes()[:-20])
    assert save(files, GOOD) == 4, "what was on disk is found anew, as 3"
    assert [each.number for each in files.history.versions(KEY)] == [4, 3, 1]


def test_what_cannot_be_read_hides_no_other_hall(files: HallFiles, tmp_path: Path) -> None:
    (tmp_path / "halls" / "folder.toml").mkdir()
    (tmp_path / "halls" / "link.toml").symlink_to(tmp_path / "halls" / "link.toml")
    assert [each.key for each in files.all()] == [KEY]
