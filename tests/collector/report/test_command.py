"""``hallwatch report`` on a journal."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.journal import Decision, Journal
from hallwatch_collector.report.signing import seal
from hallwatch_collector.report.story import Rules
from parts.hall_file import GOOD
from parts.jammed_hall import NINE


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A collector's folder: a hall file, and a journal with one incident."""
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(GOOD, encoding="utf-8")
    path = tmp_path / "collector.toml"
    path.write_text("", encoding="utf-8")
    events = [
        ev.FaultRaised(at=NINE, device="prn-3", fault="jam", since=NINE - 2, known_at=NINE),
        ev.WindowChanged(at=NINE, window="w3", lost=["certificates"]),
        ev.IncidentOpened(at=NINE, incident="inc-1", device="prn-3", fault="jam"),
        ev.IncidentMoved(at=NINE + 60, incident="inc-1", status="acknowledged", by="李工"),
    ]
    journal = Journal(f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}")
    journal.migrate()
    journal.write([Decision(HallKey("330106", "xihu"), events, HallState())], NINE)
    journal.close()
    return path


def test_without_an_incident_those_of_the_hall_are_listed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "330106/xihu", "--config", str(config)]) == 0
    in_full = capsys.readouterr().out
    assert main(["report", "xihu", "--config", str(config)]) == 0
    assert capsys.readouterr().out == in_full
    assert in_full.split() == ["inc-1", "2026年3月10日", "09:00:00", "3号窗口打印机:卡纸", "处理中"]


@pytest.mark.parametrize(("form", "begins"), [("docx", b"PK"), ("pdf", b"%PDF"), ("html", b"<!doctype")])
def test_a_report_is_written_in_each_format(
    config: Path, form: str, begins: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.parent / f"out.{form}"
    assert main(["report", "330106/xihu", "inc-1", "--config", str(config), "--output", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_bytes().startswith(begins)


def test_it_is_told_whether_a_signature_still_fits_the_record(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    plan, catalogue = plans.load()
    hall = read_hall(config.parent / "halls" / "xihu.toml", Known.of(plan, catalogue)).hall
    with contextlib.closing(Journal(f"sqlite:///{config.parent / 'data' / 'journal.sqlite'}")) as journal:
        digest = seal([entry.event for entry in journal.entries()], "inc-1", Rules(hall, plan, catalogue))
        signed = [
            ev.ReportSigned(at=NINE + 90, incident="inc-1", version=version, digest=told, by="王主任")
            for version, told in ((1, digest), (2, "0" * 64))
        ]
        journal.write([Decision(hall.key, signed, HallState())], NINE + 90)
    arguments = ["report", "330106/xihu", "inc-1", "--config", str(config), "--output", str(config.parent / "out.txt")]
    assert main(arguments) == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first == "version 1, signed by 王主任: fits the record"
    assert second.startswith("version 2, signed by 王主任: does not fit the record")


def test_the_file_has_a_name_of_its_own(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(config.parent)
    assert main(["report", "330106/xihu", "inc-1", "--format", "html"]) == 0
    html = (config.parent / "330106-xihu-inc-1.html").read_text(encoding="utf-8")
    assert "李工" in html


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["330106/xihu", "inc-9"], "has no incident 'inc-9' in its journal; there are: inc-1"),
        (["330106/xiuh"], "did you mean '330106/xihu'?"),
        (["xiu"], "'xiu'"),
        (["330106/xihu", "inc-1", "--output", "x.xyz"], "x.xyz: there is no report as .xyz; end it with one of .docx"),
        (["330106/xihu", "inc-1", "--output", "/nowhere/at/all.html"], "/nowhere/at/all.html: No such file"),
    ],
)
def test_what_cannot_be_is_said(
    config: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *arguments, "--config", str(config)]) == 1
    assert told in capsys.readouterr().err


def test_a_broken_hall_file_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "halls" / "xihu.toml").write_text("area = 3", encoding="utf-8")
    assert main(["report", "330106/xihu", "--config", str(config)]) == 1
    assert "xihu.toml: area" in capsys.readouterr().err


def test_a_font_that_is_not_there_is_found_with_the_config(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('[report]\nfont = "none.ttf"\n', encoding="utf-8")
    assert main(["report", "330106/xihu", "--config", str(config)]) == 1
    assert "report.font: there is no file" in capsys.readouterr().err


def test_the_head_in_a_report_shows_later_whether_the_journal_is_still_the_same(config: Path) -> None:
    path = config.parent / "out.html"
    assert main(["report", "330106/xihu", "inc-1", "--config", str(config), "--output", str(path)]) == 0
    named = re.search(r"\b4:[0-9a-f]{16,}", path.read_text(encoding="utf-8"))
    assert named
    verify = ["journal", "verify", "--config", str(config), "--head", named[0]]
    assert main(verify) == 0
    with contextlib.closing(sqlite3.connect(config.parent / "data" / "journal.sqlite")) as database:
        database.execute("DELETE FROM event WHERE seq = 4")
        database.commit()
    assert main(verify) == 1
