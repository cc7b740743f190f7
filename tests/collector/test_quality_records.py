"""The quality of alerts out of a real journal, and on the command line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.config import Config, Web
from hallwatch_collector.core import commands
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.alerts import events as al
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.quality.week import span_of
from hallwatch_collector.journal import Decision, Journal
from hallwatch_collector.live import WEIGHED_FOR_S, LiveSource
from hallwatch_collector.records import Records
from parts.county import CATALOGUE, hall, pc
from parts.fake_source import TOKEN, FakeSource
from parts.hall_files import open_hall_files
from parts.quality import WEIGHED
from parts.register_hall import KEY, PLAN, RegisterHall
from parts.shown_halls import bad_morning
from parts.web import browse, serve

HALL = hall([pc("pc-1", "w1")])
OTHER = structs.replace(HALL, hall="gongshu")
SPAN = span_of("2026-W47", "Asia/Shanghai")
HOUR = 3600.0


def trouble(at: float, incident: str) -> list[AnyEvent]:
    """Return the events of a fault of a minute of which somebody was told."""
    told = {"alert": f"al-{incident}", "incident": incident, "edition": 1}
    return [
        ev.FaultRaised(at=at, device="pc-1", fault="no-answer", since=at, known_at=at),
        ev.IncidentOpened(at=at, incident=incident, device="pc-1", fault="no-answer"),
        al.AlertDecided(at=at, channel="bot", people=["张伟"], occasion="new", **told),
        al.AlertAccepted(at=at + 1, **told),
        ev.FaultCleared(at=at + 60, device="pc-1", fault="no-answer", since=at, stretches=[(at, at + 50)]),
        ev.IncidentMoved(at=at + 60, incident=incident, status="recovered"),
    ]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    config = Config(data_dir=str(tmp_path))
    journal = Journal(config.journal_url)
    journal.migrate()
    weeks = [(SPAN.start + day * 24 * HOUR + HOUR, f"inc-{day + 8}") for day in range(-8, 7)]
    for at, incident in weeks:
        for each in (HALL, OTHER):
            journal.write([Decision(each.key, trouble(at, incident), None)], at + 60)
    said = ev.AlarmJudged(at=SPAN.end + HOUR, incident="inc-9", false=True, by="张伟")
    journal.write([Decision(HALL.key, [said], None)], SPAN.end + HOUR)
    journal.close()
    plan, _ = plans.load()
    return Records(config, plan, CATALOGUE)


def test_a_week_is_read_out_of_the_journal(records: Records) -> None:
    now = SPAN.end + 30 * 24 * HOUR
    told = records.quality({"xihu.toml": HALL}, "2026-W47", now=now)
    assert (told.told.incidents, told.told.false, told.told.said_false) == (7, 7, 1), "said the week after"
    assert [(each.person, each.new) for each in told.people] == [("张伟", 7)]
    assert told.told.repeated == 7, "the day before the week is known too"
    both = records.quality({"xihu.toml": HALL, "gongshu.toml": OTHER}, "2026-W47", now=now)
    assert both.told.incidents == 14
    assert [(each.fault, each.file, each.value, each.fewer) for each in both.suggestions] == [
        ("no-answer", "gongshu.toml", 60.0, 7), ("no-answer", "xihu.toml", 60.0, 7),
    ]  # fmt: skip


def test_an_hour_with_a_clock_that_was_years_ahead_hides_no_later_week(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path))
    journal = Journal(config.journal_url)
    journal.migrate()
    ahead = SPAN.start + 4 * 365 * 24 * HOUR
    for at, incident in ((ahead, "inc-1"), (SPAN.start + HOUR, "inc-2")):
        journal.write([Decision(HALL.key, trouble(at, incident), None)], at + 60)
    journal.close()
    plan, _ = plans.load()
    told = Records(config, plan, CATALOGUE).quality({"xihu.toml": HALL}, "2026-W47", now=SPAN.end)
    assert told.told.incidents == 1


def test_the_last_seven_days_end_now(records: Records) -> None:
    assert records.quality({"xihu.toml": HALL}, "", now=SPAN.start + 2 * HOUR).told.incidents == 7
    assert records.quality({}, "", now=SPAN.start).told.incidents == 0


def test_an_empty_journal_is_an_empty_week(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path))
    journal = Journal(config.journal_url)
    journal.migrate()
    journal.close()
    plan, _ = plans.load()
    told = Records(config, plan, CATALOGUE).quality({"xihu.toml": HALL}, "", now=SPAN.start)
    assert (told.told.incidents, told.people, told.rules, told.suggestions) == (0, (), (), ())


def test_the_command_tells_it_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = FakeSource(bad_morning())
    source.weighed = WEIGHED
    with serve(source) as address:
        file = tmp_path / "collector.toml"
        port = address.rpartition(":")[2]
        (tmp_path / "halls").mkdir()
        file.write_text(f'data_dir = "{tmp_path}"\n[web]\nport = {port}\n', encoding="utf-8")
        config = Config(data_dir=str(tmp_path))
        config.token_file.write_text(TOKEN, encoding="ascii")
        assert main(["quality", "xihu", "--week", "2026-W10", "--language", "zh", "--config", str(file)]) == 0, (
            capsys.readouterr()
        )
        told = capsys.readouterr().out
        assert source.asked == (HALL.key, "2026-W10")
        assert main(["quality", "--config", str(file)]) == 0
        english = capsys.readouterr().out
        assert main(["quality", "--week", "nonsense", "--config", str(file)]) == 1
        refused = capsys.readouterr().err
    assert told.startswith("2026-W10 ")
    for text in ("12 误报", "可少 9 起", "写入 halls/xihu.toml", "hold_s = 60", "张伟: 消息 54", "本人处理 4/19"):
        assert text in told
    assert "Printer, paper jam: change hold_s from 10 to 60." in english
    assert "week" in refused


def test_a_running_collector_shows_it_and_reads_the_journal_once_for_all_who_ask(tmp_path: Path) -> None:
    there = RegisterHall(tmp_path)
    there.close_down()
    told = {"alert": "al-1", "incident": there.incident, "edition": 1}
    there.journal.write([Decision(KEY, [
        al.AlertDecided(at=there.wall, channel="bot", people=["张伟"], occasion="new", **told),
        al.AlertAccepted(at=there.wall, **told),
    ], None)], there.wall)  # fmt: skip
    there.do(commands.FalseAlarm, by="张伟", incident=there.incident)
    records = Records(Config(data_dir=str(tmp_path)), PLAN, CATALOGUE)
    source = LiveSource(
        there.collector, there.people, records, there.cabinet, there.album,
        hall_files=open_hall_files(there.file.parent, there.file), screen_keys=there.screen_keys,
        web=Web(hosts=["testserver.local"]), token=TOKEN, now=lambda: there.wall,
    )  # fmt: skip
    try:
        quality = source.quality(None, "")
        assert (quality.told.incidents, quality.told.acted_on, quality.told.said_false) == (1, 1, 1)
        assert [(each.kind, each.told.false) for each in quality.rules] == [("hall", 1)]
        there.do(commands.RealAlarm, by="张伟", incident=there.incident)
        assert source.quality(KEY, "") is quality, "for a moment others are told the same"
        there.wait(WEIGHED_FOR_S)
        assert source.quality(None, "").told.false == 0
        with browse(source) as client:
            assert "大厅·" in client.get("/quality").text
    finally:
        there.stop()


def test_monday_begins_at_the_halls_midnight() -> None:
    begins = dt.datetime.fromtimestamp(SPAN.start, ZoneInfo("Asia/Shanghai"))
    assert (begins.isoformat(), HallKey("330106", "xihu")) == ("2026-11-16T00:00:00+08:00", HALL.key)
