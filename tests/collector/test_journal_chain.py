"""The chain through the journal, on SQLite and on a real PostgreSQL: whoever touches the record is found out."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alembic.command
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.cli import main
from hallwatch_collector.core.events import WindowChanged
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.journal import Decision, Head, Journal, JournalUnavailable, Row
from hallwatch_collector.journal.archive import NoArchive, write_archive
from hallwatch_collector.journal.chain import START, parse_head, seal
from hallwatch_collector.journal.tables import event, hall_state, person
from hallwatch_collector.journal.verify import verify, verify_archive
from parts.postgresql import PostgreSql, serve_postgresql

XIHU = HallKey("330106", "xihu")
WEST = HallKey("330106", "west")
EVENTS = 12
ROW: dict[str, Any] = {
    "roles": "[]", "halls": "[]", "token_hash": "h", "added_at": 1.0, "password_hash": None, "must_change": 0,
    "disabled_at": None, "totp_secret": None, "totp_step": None, "recovery": "[]", "oidc_subject": None,
    "last_sign_in_at": None,
}  # fmt: skip

Touch = Callable[[sa.Connection], Any]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSql]:
    with serve_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}"
    server: PostgreSql = request.getfixturevalue("postgresql")
    touch(
        server.url, lambda connection: connection.execute(sa.text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    )
    return server.url


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    journal = Journal(url)
    journal.migrate()
    write(journal, EVENTS)
    yield journal
    journal.close()


def write(journal: Journal, count: int, hall: HallKey = XIHU) -> None:
    """Write some decisions of one event each."""
    for number in range(count):
        fact = WindowChanged(at=100.5 + number, window=f"w{number}", lost=["申报\n"])
        journal.write([Decision(hall, [fact], HallState(counter=number))], 200.25 + number)


def touch(url: str, what: Touch) -> None:
    """Do something to the database behind the journal's back."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        what(connection)
    engine.dispose()


def copy_of(connection: sa.Connection, seq: int) -> dict[str, Any]:
    return dict(connection.execute(sa.select(event).where(event.c.seq == seq)).mappings().one())


def change(connection: sa.Connection) -> None:
    connection.execute(sa.update(event).where(event.c.seq == 5).values(body='{"event":"window-changed","at":1}'))


def change_a_moment(connection: sa.Connection) -> None:
    connection.execute(sa.update(event).where(event.c.seq == 5).values(at=104.500001))


def change_and_seal(connection: sa.Connection) -> None:
    row = copy_of(connection, 4)
    before = copy_of(connection, 3)["hash"]
    row |= {"hall": "330106/west"}
    row["hash"] = seal(before, **{name: value for name, value in row.items() if name != "hash"})
    connection.execute(sa.update(event).where(event.c.seq == 4).values(**row))


def remove(connection: sa.Connection) -> None:
    connection.execute(sa.delete(event).where(event.c.seq == 5))


def remove_the_first(connection: sa.Connection) -> None:
    connection.execute(sa.delete(event).where(event.c.seq < 3))


def remove_and_renumber(connection: sa.Connection) -> None:
    remove(connection)
    for seq in range(6, EVENTS + 1):
        connection.execute(sa.update(event).where(event.c.seq == seq).values(seq=seq - 1))


def put_in(connection: sa.Connection) -> None:
    for seq in range(EVENTS, 4, -1):
        connection.execute(sa.update(event).where(event.c.seq == seq).values(seq=seq + 1))
    connection.execute(sa.insert(event).values(copy_of(connection, 4) | {"seq": 5}))


def put_in_front(connection: sa.Connection) -> None:
    connection.execute(sa.insert(event).values(copy_of(connection, 4) | {"seq": 0}))


def swap(connection: sa.Connection) -> None:
    fifth, sixth = copy_of(connection, 5), copy_of(connection, 6)
    connection.execute(sa.update(event).where(event.c.seq == 5).values(sixth | {"seq": 5}))
    connection.execute(sa.update(event).where(event.c.seq == 6).values(fifth | {"seq": 6}))


def cut_off(connection: sa.Connection) -> None:
    connection.execute(sa.delete(event).where(event.c.seq > 9))


def make_anew(connection: sa.Connection) -> None:
    """Change an event, and work out every hash after it and the head that the state keeps."""
    change(connection)
    before = copy_of(connection, 4)["hash"]
    for seq in range(5, EVENTS + 1):
        row = copy_of(connection, seq)
        before = seal(before, **{name: value for name, value in row.items() if name != "hash"})
        connection.execute(sa.update(event).where(event.c.seq == seq).values(hash=before))
    connection.execute(sa.update(hall_state).values(head_hash=before))


def cut_off_everywhere(connection: sa.Connection) -> None:
    cut_off(connection)
    last = copy_of(connection, 9)
    connection.execute(sa.update(hall_state).values(head_seq=9, head_hash=last["hash"]))


def test_an_untouched_record_fits(journal: Journal) -> None:
    finding = verify(journal)
    assert finding.misfits == []
    assert finding.events == EVENTS
    last = list(journal.entries())[-1]
    assert finding.head == journal.head() == Head(last.seq, last.hash) == Head(EVENTS, last.hash)
    assert journal.damage == ""


def test_a_journal_that_holds_nothing_fits(url: str) -> None:
    journal = Journal(url)
    journal.migrate()
    assert verify(journal).head == journal.head() == START
    journal.close()


def test_the_hash_is_what_the_documents_say(journal: Journal) -> None:
    lines, previous = [""], "0" * 64
    for row in journal.sealed():
        lines = [previous, str(row.seq), row.hall, repr(row.at), repr(row.written_at), row.kind, row.body]
        previous = hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()
        assert row.hash == previous
    assert lines[3:5] == ["111.5", "211.25"]
    assert "\n" not in lines[6]


@pytest.mark.parametrize(
    ("what", "first"),
    [
        (change, 5), (change_a_moment, 5), (change_and_seal, 5), (remove, 5), (remove_the_first, 1),
        (remove_and_renumber, 5), (put_in, 5), (put_in_front, 0), (swap, 5), (cut_off, 10),
    ],
)  # fmt: skip
def test_whatever_is_done_to_the_record_is_found_where_it_was_done(
    journal: Journal, url: str, what: Touch, first: int
) -> None:
    touch(url, what)
    assert verify(journal).misfits[0].seq == first


@pytest.mark.parametrize("what", [make_anew, cut_off_everywhere])
def test_what_the_chain_cannot_show_a_noted_head_does(journal: Journal, url: str, what: Touch) -> None:
    noted = verify(journal).head
    touch(url, what)
    assert verify(journal).misfits == []
    (misfit,) = verify(journal, [noted]).misfits
    assert "the head that was noted" in misfit.text


def test_an_older_head_still_fits_after_more_was_written(journal: Journal) -> None:
    noted = verify(journal).head
    write(journal, 3, WEST)
    assert verify(journal, [noted]).misfits == []
    assert verify(journal, [Head(5, "0" * 64)]).misfits[0].seq == 5


@pytest.mark.parametrize("what", [cut_off, make_anew])
def test_an_end_that_was_touched_is_noticed_at_the_start(journal: Journal, url: str, what: Touch) -> None:
    if what is make_anew:
        touch(
            url, lambda connection: connection.execute(sa.update(event).where(event.c.seq == EVENTS).values(hash="x"))
        )
    else:
        touch(url, what)
    journal.close()
    again = Journal(url)
    again.migrate()
    assert f"event {EVENTS} was removed or changed" in again.damage
    write(again, 2)
    finding = verify(again)
    assert finding.misfits, "what is written afterwards does not cover it up"
    assert finding.head.seq == EVENTS + 2
    again.close()


def test_events_that_vanish_while_the_collector_writes_leave_a_gap(journal: Journal, url: str) -> None:
    touch(url, cut_off)
    write(journal, 1)
    (misfit, *_) = verify(journal).misfits
    assert (misfit.seq, misfit.text) == (10, "events 10 to 12 were removed")


def test_a_second_writer_is_told_and_the_chain_goes_on(journal: Journal, url: str) -> None:
    other = Journal(url)
    other.migrate()
    write(other, 1, WEST)
    with pytest.raises(JournalUnavailable, match="another program writes"):
        write(journal, 1)
    write(journal, 1)
    assert verify(journal).misfits == []
    assert verify(journal).events == EVENTS + 2
    other.close()


def test_a_write_that_failed_leaves_no_trace_in_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallwatch_collector.journal.database.LOCK_WAIT_S", 0.01)
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    journal = Journal(url)
    journal.migrate()
    write(journal, 2)
    blocker = sa.create_engine(url).connect()
    blocker.exec_driver_sql("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable, match="locked"):
        write(journal, 1)
    blocker.close()
    write(journal, 2)
    assert verify(journal).misfits == []
    assert verify(journal).events == 4
    journal.close()


def test_a_walk_over_many_pages_tells_its_progress(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallwatch_collector.journal.journal.PAGE", 5)
    monkeypatch.setattr("hallwatch_collector.journal.verify.STRIDE", 4)
    told: list[tuple[int, int]] = []
    assert verify(journal, progress=lambda done, of: told.append((done, of))).events == EVENTS
    assert told == [(4, EVENTS), (8, EVENTS), (12, EVENTS)]


# -- rows beside the events


def people(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = list(connection.execute(sa.select(person.c.name)).scalars())
    engine.dispose()
    return names


def test_rows_are_written_replaced_and_deleted_with_the_decision_and_the_chain_still_fits(
    journal: Journal, url: str
) -> None:
    fact = WindowChanged(at=1.0, window="w", lost=[])
    for values in (ROW, ROW | {"token_hash": "i"}, None):
        journal.write([Decision(XIHU, [fact], HallState(), [Row("person", {"name": "a"}, values)])], 1.0)
        assert people(url) == ([] if values is None else ["a"])
    assert verify(journal).misfits == []


def test_rows_are_written_with_the_events_or_not_at_all(journal: Journal, url: str) -> None:
    fact = WindowChanged(at=1.0, window="w", lost=[])
    twice = [Row("person", {"name": name}, ROW) for name in "ab"]  # one token may be one person's only
    with pytest.raises(JournalUnavailable):
        journal.write([Decision(XIHU, [fact], HallState(), twice)], 1.0)
    assert people(url) == []
    assert verify(journal).events == EVENTS


@pytest.mark.parametrize(
    ("table", "key", "values"),
    [
        ("event", {"seq": 1}, None),
        ("hall_state", {"hall": "a"}, None),
        ("nothing", {"name": "a"}, None),
        ("person", {}, None),
        ("person", {"name": "a"}, {}),
        ("person", {"name": "a"}, ROW | {"more": 1}),
        ("person", {"name": "a"}, ROW | {"roles": None}),
    ],
)
def test_a_row_that_could_never_be_written_is_refused_where_it_is_made(
    table: str, key: dict[str, Any], values: dict[str, Any] | None
) -> None:
    with pytest.raises(ValueError, match=table):
        Row(table, key, values)


def test_what_was_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    journal = Journal(f"sqlite:///{file}")
    journal.migrate()
    fact = WindowChanged(at=1.0, window="w", lost=[])
    told = "13800000000 张三 " * 2000
    journal.write([Decision(XIHU, [fact], HallState(), [Row("person", {"name": "a"}, ROW | {"roles": told})])], 1.0)
    journal.write([Decision(XIHU, [fact], HallState(), [Row("person", {"name": "a"}, None)])], 2.0)
    journal.close()
    assert b"13800000000" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


# -- an older journal


def test_a_journal_from_before_the_chain_gets_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = alembic.command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(alembic.command, "upgrade", lambda config, _: upgrade(config, "0002"))
        old = Journal(url)
        patch.setattr(old, "lost", list)
        old.migrate()
        old.close()
    rows = [
        {"seq": seq, "hall": str(XIHU), "at": 1.5, "written_at": 2.0, "kind": "window-changed",
         "body": f'{{"event":"window-changed","at":1.5,"window":"w{seq}","lost":[]}}'}
        for seq in (1, 2, 5, 9)
    ]  # fmt: skip
    columns = [sa.column(name) for name in rows[0]]
    states = sa.table("hall_state", *(sa.column(name) for name in ("hall", "version", "body", "written_at")))

    def fill(connection: sa.Connection) -> None:
        connection.execute(sa.insert(sa.table("event", *columns)), rows)
        connection.execute(sa.insert(states).values(hall=str(XIHU), version=1, body="{}", written_at=2.0))

    touch(url, fill)
    journal = Journal(url)
    journal.migrate()
    assert [entry.event.window for entry in journal.entries() if isinstance(entry.event, WindowChanged)] == [
        "w1", "w2", "w5", "w9",
    ]  # fmt: skip
    assert (verify(journal).misfits, journal.damage, journal.head().seq) == ([], "", 4)
    write(journal, 1)
    assert verify(journal).misfits == []
    journal.close()


# -- heads, and the command


@given(st.text())
def test_a_head_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert str(parse_head(text)).count(":") == 1


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_a_head_is_read_as_it_is_written(seq: int, digest: bytes) -> None:
    head = Head(seq, digest.hex())
    assert parse_head(str(head)) == head


FIELDS = st.tuples(
    st.integers(0, 99), st.sampled_from(["a/b", "a/c"]), st.floats(allow_nan=False), st.floats(allow_nan=False),
    st.sampled_from(["k", "l"]), st.sampled_from(["{}", '{"a":1}']),
)  # fmt: skip


@given(FIELDS, FIELDS)
def test_two_events_have_one_hash_only_if_they_are_the_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    names = ("seq", "hall", "at", "written_at", "kind", "body")
    hashes = [seal(START.hash, **dict(zip(names, each, strict=True))) for each in (one, other)]
    assert (hashes[0] == hashes[1]) == (repr(one) == repr(other))


def test_the_command_tells_the_head_and_takes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "halls").mkdir()
    (tmp_path / "collector.toml").write_text("")
    assert main(["journal", "verify"]) == 1
    assert "there is no journal" in capsys.readouterr().err
    url = f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}"
    journal = Journal(url)
    journal.migrate()
    write(journal, EVENTS)
    journal.close()
    assert main(["journal", "verify"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("12 events, each follows from the one before it; ")
    assert "\nhead 12:" in out
    head = out.split()[-1]
    assert main(["journal", "verify", "--head", head]) == 0
    assert main(["journal", "verify", "--head", "12"]) == 1
    assert "SEQ:HASH" in capsys.readouterr().err
    touch(url, cut_off_everywhere)
    assert main(["journal", "verify"]) == 0
    assert main(["journal", "verify", "--head", head]) == 1
    assert "the record ends with event 9" in capsys.readouterr().out


def test_the_command_names_the_first_event_that_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "halls").mkdir()
    (tmp_path / "collector.toml").write_text("")
    url = f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}"
    journal = Journal(url)
    journal.migrate()
    write(journal, 60)
    journal.close()
    touch(url, change)
    touch(url, lambda connection: connection.execute(sa.update(event).where(event.c.seq > 30).values(kind="x")))
    assert main(["journal", "verify"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("event 5 does not follow from event 4")
    assert "and 11 more\n60 events; the record does not fit, first at event 5\nhead 60:" in out
    assert main(["journal", "show"]) == 1
    assert "entry 5 (window-changed) cannot be read" in capsys.readouterr().err


def test_an_export_verifies_by_itself_and_shows_what_was_done_to_it(journal: Journal, url: str, tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with path.open("wb") as stream:
        assert write_archive(journal.sealed(), stream) == EVENTS
    whole = verify_archive(path, [journal.head()])
    assert (whole.events, whole.head, whole.misfits) == (EVENTS, journal.head(), [])
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = {
        "changed": [*lines[:4], lines[4].replace(b"window-changed", b"window-closed"), *lines[5:]],
        "removed": [*lines[:4], *lines[5:]],
        "moved": [*lines[:4], lines[5], lines[4], *lines[6:]],
        "cut off": lines[:-2],
    }
    for how, rest in damaged.items():
        path.write_bytes(b"".join(rest))
        assert rest != lines, how
        assert verify_archive(path, [journal.head()]).misfits, how
    path.write_bytes(b"".join(lines[:2]) + b"not an event\n")
    with pytest.raises(NoArchive, match="line 3"):
        verify_archive(path)


def test_the_command_exports_the_record_and_verifies_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "collector.toml"
    config.write_text(f'data_dir = "{tmp_path}"\n', encoding="utf-8")
    (tmp_path / "halls").mkdir()
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal.migrate()
    write(journal, EVENTS)
    journal.close()
    path, about = tmp_path / "record.jsonl", ["--config", str(config)]
    assert main(["journal", "export", str(path), *about]) == 0
    *_, head = capsys.readouterr().out.splitlines()
    assert main(["journal", "export", str(path), *about]) == 1, "it overwrites nothing"
    assert "File exists" in capsys.readouterr().err
    assert main(["journal", "verify", "--file", str(path), "--head", head.removeprefix("head ")]) == 0
    assert main(["journal", "verify", "--file", str(path)]) == 0
    assert "whether more came after them shows only with a head" in capsys.readouterr().out
    path.write_bytes(path.read_bytes().replace(b"100.5", b"100.75", 1))
    assert main(["journal", "verify", "--file", str(path)]) == 1
    assert main(["journal", "verify", "--file", str(tmp_path / "none.jsonl")]) == 1


class Terminal(io.StringIO):
    """A terminal, as far as a program that writes to it can tell."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_progress_is_one_line_that_goes_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hallwatch_collector.journal.verify.STRIDE", 4)
    (tmp_path / "halls").mkdir()
    with contextlib.closing(Journal("sqlite:///data/journal.sqlite")) as journal:
        journal.migrate()
        write(journal, EVENTS)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["journal", "verify"]) == 0
    assert terminal.getvalue() == "\r4 of 12 events\r8 of 12 events\r12 of 12 events\r\x1b[K"


def test_an_empty_record_proves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    assert main(["journal", "verify", "--file", str(empty)]) == 1
    assert "empty.jsonl: there is no event in it, so it proves nothing" in capsys.readouterr().out
