"""What is remembered of a hall's values is written down now and then, event or none, and read back at the start."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

from hallwatch_agent.wire import Reading, Report
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.views import ForecastView
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.journal import Journal, JournalUnavailable
from hallwatch_collector.roster import PAST_S, Roster
from parts.county import CATALOGUE, PLAN, hall, printer, probe

HALL = hall([printer("prn-1", probes=[probe(interval_s=3600.0)])])
T0 = 1_770_000_000.0


def start(journal: Journal, now: float) -> tuple[Engine, Roster]:
    engine = Engine(PLAN, CATALOGUE)
    roster = Roster(engine, journal, HallFolder([], Mock()), Mock(), Mock())
    roster.bring(HALL, "d", now)
    return engine, roster


def wear(engine: Engine, hours: range) -> None:
    for hour in hours:
        at = T0 + hour * 3600
        reading = Reading("prn-1", "tcp", at, metrics={"toner_ratio[black]": 0.9 - 0.001 * hour})
        engine.on_report(HALL.key, "gw", Report(agent="gw", boot="b", seq=hour + 1, sent_at=at, readings=[reading]), at)


def forecasts(engine: Engine, now: float) -> tuple[ForecastView, ...]:
    return engine.view(HALL.key, now).devices[0].forecasts


def test_a_calm_hall_loses_half_an_hour_of_its_past_at_most(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path}/journal.db")
    journal.migrate()
    engine, roster = start(journal, T0)
    wear(engine, range(120))
    roster.keep_past(T0 + PAST_S - 1)
    assert journal.past(HALL.key) is None, "not yet"
    now = T0 + 120 * 3600
    roster.keep_past(now)
    before = forecasts(engine, now)
    assert before[0].likely is not None

    again, _ = start(journal, now)
    after = forecasts(again, now)
    assert after[0].likely is not None
    assert abs(after[0].likely - before[0].likely) < 3600
    journal.close()


def test_it_is_not_written_without_news_and_a_failure_stops_nothing(tmp_path: Path) -> None:
    journal = Mock(wraps=Journal(f"sqlite:///{tmp_path}/journal.db"))
    journal.migrate()
    engine, roster = start(journal, T0)
    roster.keep_past(T0 + PAST_S)
    assert journal.write_past.call_count == 0
    wear(engine, range(3))
    journal.write_past.side_effect = JournalUnavailable("disk full")
    roster.keep_past(T0 + 2 * PAST_S)
    journal.write_past.side_effect = None
    wear(engine, range(3, 5))
    roster.keep_past(T0 + 2.5 * PAST_S)
    assert journal.write_past.call_count == 1, "tried again only at the next turn"
    roster.keep_past(T0 + 3 * PAST_S)
    assert journal.write_past.call_count == 2
    journal.close()
