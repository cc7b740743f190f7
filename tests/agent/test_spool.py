"""The spool: nothing acknowledged too early, nothing kept too long, no disk too bad."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.outbox import BACKLOG_WINDOW, WINDOW, Outbox
from hallwatch_agent.spool import MEMORY_BYTES, RETRY_S, Spool, SpoolTaken
from hallwatch_agent.spool_file import ROW_BYTES
from hallwatch_agent.wire import MAX_PAYLOAD_BYTES, Reading, Report, decode_report, encode

NOW = 1_790_000_000.0


def report(seq: int, ballast: str = "", device: str = "a", boot: str = "b1") -> Report:
    facts = {str(at): ballast[at : at + 1000] for at in range(0, len(ballast), 1000)}
    return Report("gw", boot, seq, sent_at=NOW, readings=[Reading(device, "tcp", at=NOW + seq, facts=facts)])


def spool(folder: Path, max_bytes: int = 1_000_000, max_age_s: float = 3600.0, now: float = NOW) -> Spool:
    return Spool(folder / "spool.sqlite", max_bytes, max_age_s, now)


def seqs(waiting: Spool, limit: int = 1000) -> list[int]:
    return [spooled.report.seq for spooled in waiting.newest((), limit)]


def test_reports_survive_a_restart_newest_first(tmp_path: Path) -> None:
    first = spool(tmp_path)
    ids = [first.put(report(seq), NOW + seq) for seq in range(1, 6)]
    first.remove(ids[1:2])
    first.close()
    second = spool(tmp_path)
    assert len(second) == 4
    assert seqs(second) == [5, 4, 3, 1]
    assert [s.report.seq for s in second.newest({ids[4], ids[2]}, 1)] == [4]
    assert second.put(report(1, boot="b2"), NOW - 1e6) > max(ids), "ids grow even when the clock is set back"
    second.close()


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom hallwatch_agent.spool import Spool\n"
        "from hallwatch_agent.wire import Reading, Report\n"
        f"s = Spool(Path(sys.argv[1]), 10**6, 3600, {NOW})\n"
        f"for n in range(1, 31): s.put(Report('gw', 'b1', n, {NOW}, [Reading('a', 'tcp', {NOW})]), {NOW} + n)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    code = subprocess.run([sys.executable, "-c", script, str(tmp_path / "spool.sqlite")], check=False).returncode
    assert code == -9
    after = spool(tmp_path)
    assert seqs(after) == list(range(30, 0, -1))
    after.close()


def test_a_full_spool_drops_the_oldest_and_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    size = len(encode(report(100, "x" * 1000))) + ROW_BYTES
    s = spool(tmp_path, max_bytes=size * 100 + size // 2)
    for seq in range(100, 400):
        s.put(report(seq, "x" * 1000), NOW + seq / 1000)
    assert seqs(s) == list(range(399, 299, -1))
    assert s.dropped == 200
    assert caplog.text.count("is full") == 1
    s.close()
    assert (tmp_path / "spool.sqlite").stat().st_size < size * 150


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    s = spool(tmp_path, max_age_s=60)
    s.put(report(1), NOW)
    s.put(report(2), NOW + 50)
    s.expire(NOW + 61)
    assert seqs(s) == [2]
    assert s.dropped == 1
    s.close()


@pytest.mark.parametrize("damage", [b"this is no database" * 400, None])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "spool.sqlite"
    if damage is None:  # a database whose pages are shuffled
        s = spool(tmp_path)
        for seq in range(1, 200):
            s.put(report(seq, "x" * 500), NOW + seq)
        s.close()
        whole = bytearray(file.read_bytes())
        whole[8192 : 8192 + 40_000] = os.urandom(40_000)
        damage = bytes(whole)
    file.write_bytes(damage)
    s = spool(tmp_path)
    assert len(s) == 0
    s.put(report(1), NOW)
    assert seqs(s) == [1]
    assert file.with_name("spool.sqlite.damaged").read_bytes()[100:] == damage[100:]  # SQLite counts in the header
    assert "set aside" in caplog.text
    s.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    s = spool(tmp_path)
    with pytest.raises(SpoolTaken, match="in use by another"):
        spool(tmp_path)
    s.close()


def test_an_unusable_disk_costs_durability_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spool.sqlite").mkdir()
    s = spool(tmp_path)
    ids = [s.put(report(seq), NOW + seq) for seq in (1, 2)]
    assert seqs(s) == [2, 1]
    assert caplog.text.count("cannot be used") == 1
    (tmp_path / "spool.sqlite").rmdir()
    s.put(report(3), NOW + 3)
    s.put(report(4), NOW + RETRY_S + 4)  # the disk is tried again
    assert seqs(s) == [4, 3, 2, 1]
    s.remove(ids)
    assert seqs(s) == [4, 3]
    with caplog.at_level(logging.ERROR):
        s.close()
    assert "1 reports in memory are lost" in caplog.text
    again = spool(tmp_path)
    assert seqs(again) == [4]
    again.close()


def test_a_file_that_somebody_took_meanwhile_costs_durability_only(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").mkdir()
    s = spool(tmp_path)
    s.put(report(1), NOW)
    (tmp_path / "spool.sqlite").rmdir()
    other = spool(tmp_path)
    s.put(report(2), NOW + RETRY_S + 1)
    assert seqs(s) == [2, 1]
    assert len(other) == 0
    other.close()
    s.put(report(3), NOW + 2 * RETRY_S + 2)
    assert seqs(s) == [3, 2, 1]
    assert s._file is not None
    assert s._file.count == 1
    s.close()


def test_memory_is_bounded_too(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").mkdir()
    s = spool(tmp_path, max_bytes=10 * MEMORY_BYTES)
    for seq in range(1, 31):
        s.put(report(seq, "x" * 250_000), NOW)
    assert 10 < len(s) < 20
    assert len(s) + s.dropped == 30
    assert seqs(s)[0] == 30
    s.close()


def test_a_full_disk_still_gives_out_what_it_holds(tmp_path: Path) -> None:
    s = spool(tmp_path)
    s.put(report(1), NOW)
    assert s._file is not None
    pages = s._file._db.execute("PRAGMA page_count").fetchone()[0]
    s._file._db.execute(f"PRAGMA max_page_count={pages}")  # makes SQLite say "database or disk is full"
    for seq in range(2, 5):
        s.put(report(seq, "x" * 20_000), NOW + seq)
    assert seqs(s) == [4, 3, 2, 1]
    s._file._db.execute("PRAGMA max_page_count=1000000")
    s.put(report(5), NOW + 9)
    assert seqs(s) == [5, 4, 3, 2, 1]
    s.close()


def test_an_unreadable_row_is_dropped_and_counted(tmp_path: Path) -> None:
    s = spool(tmp_path)
    s.put(report(1), NOW)
    s.close()
    with sqlite3.connect(tmp_path / "spool.sqlite") as database:
        database.execute("INSERT INTO report VALUES (99999999999999, 0, x'ff00')")
    database.close()
    s = spool(tmp_path, max_age_s=1e10)
    assert seqs(s) == [1]
    assert s.dropped == 1
    assert len(s) == 1
    s.close()


class Broker:
    """Takes reports and acknowledges when told to."""

    def __init__(self) -> None:
        self.taken: list[Report] = []
        self.there = True

    def send(self, body: bytes) -> int | None:
        if not self.there:
            return None
        self.taken.append(decode_report(body))
        return len(self.taken)

    @property
    def seqs(self) -> list[tuple[int, bool]]:
        return [(report.seq, report.late) for report in self.taken]


def readings(at: float, *devices: str) -> list[Reading]:
    return [Reading(device, "tcp", at=at) for device in devices]


def test_the_present_is_sent_at_once_and_forgotten_when_acknowledged(tmp_path: Path) -> None:
    s = spool(tmp_path)
    outbox, broker = Outbox(s, "gw", "b1"), Broker()
    outbox.put(readings(NOW, "a"), NOW)
    outbox.pump(broker.send, NOW + 0.5)
    assert broker.seqs == [(1, False)]
    assert (broker.taken[0].sent_at, broker.taken[0].spooled) == (NOW + 0.5, 0)
    outbox.pump(broker.send, NOW)
    assert len(broker.taken) == 1, "what is in flight is not sent again"
    outbox.acknowledge([1])
    assert len(s) == 0
    s.close()


def test_what_is_too_long_for_one_message_goes_in_several(tmp_path: Path) -> None:
    s = spool(tmp_path, max_bytes=10_000_000)
    outbox, broker = Outbox(s, "gw", "b1"), Broker()
    facts = {str(number): "窗" * 300 for number in range(60)}
    long = [Reading(f"d{number}", "tcp", at=NOW, facts=facts) for number in range(40)]
    assert len(encode(long)) > 2 * MAX_PAYLOAD_BYTES
    outbox.put(long, NOW)
    outbox.pump(broker.send, NOW)
    assert sorted(seq for seq, _ in broker.seqs) == list(range(1, len(broker.taken) + 1))
    assert {reading.device for taken in broker.taken for reading in taken.readings} == {r.device for r in long}
    s.close()


def test_after_an_outage_the_present_goes_first_then_the_backlog(tmp_path: Path) -> None:
    s = spool(tmp_path)
    outbox, broker = Outbox(s, "gw", "b1"), Broker()
    outbox.put(readings(NOW, "slow", "fast"), NOW)
    for seq in range(2, 41):
        outbox.put(readings(NOW + seq, "fast"), NOW + seq)
    outbox.pump(broker.send, NOW + 50)
    assert broker.seqs[0] == (40, False)
    assert len(broker.taken) == BACKLOG_WINDOW + 1
    assert broker.taken[0].spooled == 39
    outbox.put(readings(NOW + 51, "fast"), NOW + 51)
    outbox.pump(broker.send, NOW + 51)
    assert broker.seqs[-1] == (41, False), "a live report goes ahead of the backlog"
    while len(s):
        outbox.acknowledge(list(range(1, len(broker.taken) + 1)))
        outbox.pump(broker.send, NOW + 52)
        assert len(broker.taken) <= 41
    assert [seq for seq, late in broker.seqs if late] == list(range(39, 1, -1))
    assert broker.seqs[-1] == (1, False), "the only reading of a slow probe is still the present"
    s.close()


def test_what_was_in_flight_is_sent_again_and_an_earlier_boot_is_late(tmp_path: Path) -> None:
    s = spool(tmp_path)
    before = Outbox(s, "gw", "b1")
    before.put(readings(NOW, "a"), NOW)
    outbox, broker = Outbox(s, "gw", "b2"), Broker()
    outbox.pump(broker.send, NOW)
    outbox.disconnect()
    broker.there = False
    outbox.pump(broker.send, NOW)
    broker.there = True
    outbox.pump(broker.send, NOW)
    assert [(r.boot, r.seq, r.late) for r in broker.taken] == [("b1", 1, True)] * 2
    outbox.put(readings(NOW, "a"), NOW)
    outbox.pump(broker.send, NOW)
    assert (broker.taken[-1].boot, broker.taken[-1].seq) == ("b2", 1)
    s.close()


def test_drops_are_told(tmp_path: Path) -> None:
    s = spool(tmp_path, max_bytes=1000)
    outbox, broker = Outbox(s, "gw", "b1"), Broker()
    for seq in range(20):
        outbox.put(readings(NOW + seq, "a"), NOW + seq)
    outbox.pump(broker.send, NOW)
    assert broker.taken[0].dropped == 20 - len(s)
    s.close()


@given(st.lists(st.sampled_from(["put", "pump", "acknowledge", "cut"]), max_size=60))
def test_every_report_arrives_whatever_happens(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    s = spool(tmp_path_factory.mktemp("spool"))
    outbox, broker = Outbox(s, "gw", "b1"), Broker()
    made = 0
    for step in [*steps, "cut", "pump", "acknowledge"]:
        match step:
            case "put":
                made += 1
                outbox.put(readings(NOW + made, f"d{made % 3}"), NOW + made)
            case "pump":
                outbox.pump(broker.send, NOW)
            case "acknowledge":
                outbox.acknowledge(list(range(1, len(broker.taken) + 1)))
            case "cut":
                outbox.disconnect()
        assert len(outbox._in_flight) <= WINDOW
    while len(s):
        outbox.pump(broker.send, NOW)
        outbox.acknowledge(list(range(1, len(broker.taken) + 1)))
    assert {r.seq for r in broker.taken} == set(range(1, made + 1))
    s.close()
