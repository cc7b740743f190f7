"""The journal on SQLite and on a real PostgreSQL, and the ledger that stands before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import Mock

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.events import AnyEvent, FaultRaised, SignPut, SignTaken, WindowChanged
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.trace import HallPast, KeptTrace
from hallwatch_collector.effects import Effect
from hallwatch_collector.journal import Decision, Journal, JournalUnavailable, JournalUnusable
from hallwatch_collector.journal.tables import metadata
from hallwatch_collector.ledger import Ledger
from hallwatch_collector.selfwatch import self_hall
from parts.postgresql import PostgreSql, serve_postgresql

XIHU = HallKey("330106", "xihu")
WEST = HallKey("330106", "west")
RAISED = FaultRaised(at=12.5, device="prn-3", fault="jam", since=12.0, known_at=12.6, evidence="jam=true")
LOST = WindowChanged(at=12.5, window="w3", lost=["certificates"])


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSql]:
    with serve_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / 'journal.sqlite'}"
    server: PostgreSql = request.getfixturevalue("postgresql")
    engine = sa.create_engine(server.url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return server.url


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    journal = Journal(url)
    journal.migrate()
    yield journal
    journal.close()


def test_what_was_written_is_read_back_in_order(journal: Journal) -> None:
    state = HallState(digest="d", counter=7, signs={"prn-3": Sign("prn-3", "暂停使用", "打印机", 1.0, "H2")})
    journal.write([Decision(XIHU, [RAISED, LOST], state), Decision(WEST, [LOST], HallState())], 13.0)
    entries = list(journal.entries())
    assert [(entry.hall, entry.event, entry.at, entry.written_at) for entry in entries] == [
        ("330106/xihu", RAISED, 12.5, 13.0),
        ("330106/xihu", LOST, 12.5, 13.0),
        ("330106/west", LOST, 12.5, 13.0),
    ]
    assert [entry.kind for entry in entries][:2] == ["fault-raised", "window-changed"]
    assert journal.state(XIHU) == state
    assert journal.state(HallKey("330106", "none")) is None
    assert sorted(journal.halls()) == [WEST, XIHU]


def test_entries_are_chosen_by_hall_and_time_over_many_pages(journal: Journal) -> None:
    events = [WindowChanged(at=float(number), window="w", lost=[]) for number in range(2500)]
    journal.write([Decision(XIHU, events, HallState()), Decision(WEST, [LOST], None)], 1.0)
    assert [entry.at for entry in journal.entries(XIHU)] == [event.at for event in events]
    assert [entry.at for entry in journal.entries(XIHU, since=2498)] == [2498.0, 2499.0]
    assert [entry.event for entry in journal.entries(WEST)] == [LOST]


def test_the_newest_state_replaces_the_one_before(journal: Journal) -> None:
    journal.write([Decision(XIHU, [LOST], HallState(counter=1))], 1.0)
    journal.write([Decision(XIHU, [LOST], HallState(counter=2))], 2.0)
    state = journal.state(XIHU)
    assert state is not None
    assert state.counter == 2


def test_opening_again_keeps_everything(journal: Journal, url: str) -> None:
    journal.write([Decision(XIHU, [RAISED], HallState(counter=3))], 1.0)
    journal.close()
    again = Journal(url)
    again.migrate()
    assert [entry.event for entry in again.entries()] == [RAISED]
    again.close()


def test_the_migrations_make_the_tables_of_the_code(journal: Journal, url: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_migration_that_was_interrupted_is_begun_anew(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(alembic.op, "create_index", interrupt)
        interrupted = Journal(url)
        with pytest.raises(KeyboardInterrupt):
            interrupted.migrate()
        interrupted.close()
    journal = Journal(url)
    journal.migrate()
    journal.write([Decision(XIHU, [RAISED], HallState())], 13.0)
    assert [entry.event for entry in journal.entries()] == [RAISED]
    journal.close()


def test_a_state_of_a_newer_version_is_not_guessed_at(journal: Journal) -> None:
    journal.write([Decision(XIHU, [], HallState(version=99))], 1.0)
    with pytest.raises(JournalUnusable, match="newer version"):
        journal.state(XIHU)


def test_a_journal_of_a_newer_version_is_refused(journal: Journal, url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(JournalUnusable, match="newer version"):
        journal.migrate()


def test_a_url_that_means_nothing_is_told() -> None:
    with pytest.raises(JournalUnusable, match=r"journal\.url"):
        Journal("nonsense://x")


def test_sqlite_survives_a_power_cut_and_can_be_read_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(f"sqlite:///{path}")
    journal.migrate()
    with journal._database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    journal.close()


def test_a_full_disk_is_unavailable_and_nothing_is_half_written(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    with journal._database.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    sa.event.listen(journal._database, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {pages}"))
    much = [WindowChanged(at=1.0, window="w" * 9000, lost=[]) for _ in range(50)]
    with pytest.raises(JournalUnavailable, match="full"):
        journal.write([Decision(XIHU, much, HallState())], 1.0)
    assert list(journal.entries()) == []
    assert journal.state(XIHU) is None
    journal.close()


def test_postgresql_may_go_and_come_back() -> None:
    with serve_postgresql() as server:
        journal = Journal(server.url)
        journal.migrate()
        server.stop()
        with pytest.raises(JournalUnavailable):
            journal.write([Decision(XIHU, [RAISED], HallState())], 1.0)
        server.start()
        journal.write([Decision(XIHU, [LOST], HallState())], 2.0)
        assert [entry.event for entry in journal.entries()] == [LOST]
        journal.close()


# -- the ledger


class Recorder(Effect):
    """An effect that notes what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def stand(self, hall: Hall, now: float) -> None:
        self.done.append(("stand", hall.key))

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        self.done.extend(events)


class Broken(Recorder):
    """An effect with a defect."""

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        raise ZeroDivisionError


def lock(path: Path) -> sqlite3.Connection:
    """Keep the database from being written, as a disk or a backup that hangs would."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_nothing_is_carried_out_before_it_is_written_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hallwatch_collector.journal.database.LOCK_WAIT_S", 0.05)
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder, told = Recorder(), []
    counters = iter(range(1, 100))
    moment = Mock(return_value=0.0)
    ledger = Ledger(
        journal, lambda _: HallState(counter=next(counters)), [recorder], lambda _, e: told.extend(e), moment
    )
    blocker = lock(tmp_path / "journal.sqlite")

    ledger.take([(XIHU, [RAISED])], 10.0)
    ledger.take([(XIHU, [LOST])], 10.1)
    ledger.tick(10.2)
    assert recorder.done == told == []
    assert ledger.pending == 2
    assert "locked" in ledger.failure

    blocker.close()
    moment.return_value = 0.9
    ledger.tick(10.9)
    assert ledger.pending == 2, "it is not tried at every chance: each try holds up the intake"
    moment.return_value = 1.1
    ledger.tick(10.9 - 86_400)  # and a wall clock that was set back does not keep it waiting
    assert (ledger.pending, ledger.failure) == (0, "")
    assert recorder.done == told == [RAISED, LOST]
    assert [entry.event for entry in journal.entries()] == [RAISED, LOST]
    journal.close()


class Urgent(Recorder):
    """An effect that does not wait for the journal."""

    def urge(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        self.done.append(("urged", *events))


def test_what_cannot_wait_for_the_journal_is_done_at_once_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hallwatch_collector.journal.database.LOCK_WAIT_S", 0.05)
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    urgent, recorder, moment = Urgent(), Recorder(), Mock(return_value=0.0)
    ledger = Ledger(journal, lambda _: HallState(), [Broken(), urgent, recorder], lambda *_: None, moment)
    blocker = lock(tmp_path / "journal.sqlite")
    ledger.take([(XIHU, [RAISED])], 10.0)
    ledger.take([(XIHU, [LOST])], 10.1)  # it is not tried again yet
    ledger.tick(10.2)
    assert urgent.done == [("urged", RAISED), ("urged", LOST)]
    assert recorder.done == []
    blocker.close()
    moment.return_value = 1.1
    ledger.tick(11.1)
    ledger.take([(XIHU, [RAISED])], 12.0)
    assert urgent.done == [("urged", RAISED), ("urged", LOST), RAISED, LOST, RAISED]
    journal.close()


def test_a_defect_in_one_effect_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder = Recorder()
    ledger = Ledger(journal, lambda _: HallState(), [Broken(), recorder], lambda *_: None, lambda: 0.0)
    ledger.take([(XIHU, [RAISED])], 1.0)
    assert recorder.done == [RAISED]
    assert "Broken failed for hall 330106/xihu" in caplog.text
    journal.close()


def test_a_defect_in_telling_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder, told = Recorder(), Mock(side_effect=[ZeroDivisionError, None])
    ledger = Ledger(journal, lambda _: HallState(), [recorder], told, lambda: 0.0)
    ledger.take([(XIHU, [RAISED]), (WEST, [LOST])], 1.0)
    assert recorder.done == [RAISED, LOST]
    assert told.call_count == 2
    assert "telling what was decided for hall 330106/xihu failed" in caplog.text
    journal.close()


def test_what_is_decided_about_hallwatch_itself_is_written_and_put_up_nowhere(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder = Recorder()
    ledger = Ledger(journal, lambda _: HallState(), [recorder], lambda *_: None, lambda: 0.0)
    ledger.load(self_hall(), [RAISED], 1.0)
    assert recorder.done == []
    assert [entry.event for entry in journal.entries()] == [RAISED]
    journal.close()


def test_a_hall_dropped_meanwhile_is_written_but_does_not_stand_again(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder = Recorder()
    ledger = Ledger(journal, lambda _: None, [recorder], lambda *_: None, lambda: 0.0)
    ledger.load(Hall(area="330106", hall="xihu", name="x"), [SignTaken(at=1.0, place="prn-3")], 1.0)
    assert ("stand", XIHU) not in recorder.done
    assert len(list(journal.entries())) == 1
    assert journal.state(XIHU) is None
    journal.close()


def test_an_effect_is_asked_in_the_order_of_the_decisions(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    recorder = Recorder()
    ledger = Ledger(journal, lambda _: HallState(), [recorder], lambda *_: None, lambda: 0.0)
    put = SignPut(at=1.0, sign=Sign("prn-3", "暂停使用", "打印机", 1.0, "H2"))
    taken = SignTaken(at=2.0, place="prn-3")
    ledger.take([(XIHU, [put]), (WEST, [])], 1.0)
    ledger.take([(XIHU, [taken])], 2.0)
    assert recorder.done == [put, taken]
    journal.close()


def test_what_is_remembered_of_a_hall_is_written_by_itself(journal: Journal) -> None:
    trace = KeptTrace(
        device="prn-3", probe="snmp-printer", keeping="wear", key="toner_ratio[black]", spacing_s=5400.0,
        at=[1e9, 1e9 + 5400], values=[0.5, 0.49],
    )  # fmt: skip
    assert journal.past(XIHU) is None
    journal.write_past(XIHU, HallPast(), 1.0)
    journal.write_past(XIHU, HallPast(traces=[trace]), 2.0)
    assert journal.past(XIHU) == HallPast(traces=[trace])
    assert journal.state(XIHU) is None
    assert journal.halls() == []


def test_a_past_of_a_newer_version_is_not_guessed_at(journal: Journal) -> None:
    journal.write_past(XIHU, HallPast(version=99), 1.0)
    with pytest.raises(JournalUnusable, match="newer version"):
        journal.past(XIHU)
