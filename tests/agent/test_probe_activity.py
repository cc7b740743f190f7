"""Transactions out of logs that are written, rotated and truncated, and out of counters."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.probes.computers import log_lines
from hallwatch_agent.probes.computers.activity import ActivityProbe, parse_counter
from hallwatch_agent.probes.computers.log_lines import lines_backwards, place_at_end, read_new
from hallwatch_agent.probes.computers.transaction_log import Marks, parse_time
from hallwatch_agent.probes.patterns import compile_pattern
from hallwatch_agent.wire import ReadError

NOON = datetime(2027, 3, 1, 12, 0).timestamp()  # noqa: DTZ001 - logs are in the machine's own time
LINE = r"^(?P<time>[-0-9]+ [:0-9]+) .*办结"
FORMAT = "%Y-%m-%d %H:%M:%S"


class Kiosk:
    """A kiosk's log, and a probe that follows it minute by minute."""

    def __init__(self, log: Path, pattern: str = "", **options: Any) -> None:
        self.log = log
        self.minute = 0
        self._options = {"log": pattern or str(log), "line": LINE, "time_format": FORMAT} | options
        self.restart()

    def restart(self) -> None:
        self._probe = ActivityProbe(**self._options)
        self._context = Context()

    def write(self, text: str, at: float | None = None, file: Path | None = None) -> None:
        stamp = datetime.fromtimestamp(self.now if at is None else at).strftime(FORMAT)  # noqa: DTZ006
        with (file or self.log).open("ab") as log:
            log.write(f"{stamp} {text}\r\n".encode(self._options.get("encoding", "utf-8")))

    @property
    def now(self) -> float:
        return NOON + 60.0 * self.minute

    def read(self) -> dict[str, float]:
        self.minute += 1
        self._context.now = self.now
        told: Told = self._probe.read(self._context)
        return told.metrics


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    kiosk = Kiosk(tmp_path / "kiosk.log")
    kiosk.write("程序启动")
    return kiosk


def last(at: float, total: int) -> dict[str, float]:
    return {"last_transaction_at_s": at, "transactions_total": float(total)}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_new_lines_are_counted_once(tmp_path: Path, encoding: str) -> None:
    kiosk = Kiosk(tmp_path / "kiosk.log", encoding=encoding)
    kiosk.write("程序启动")
    assert kiosk.read() == {"transactions_total": 0.0}, "nothing is known of a last one"
    kiosk.write("发票领用 办结")
    kiosk.write("心跳")
    assert kiosk.read() == last(NOON + 60, 1)
    assert kiosk.read() == last(NOON + 60, 1)
    kiosk.write("完税证明 办结", at=kiosk.now - 20)
    kiosk.write("完税证明 办结", at=kiosk.now - 10)
    assert kiosk.read() == last(NOON + 170, 3)


def test_a_restart_finds_the_last_transaction_and_claims_none(kiosk: Kiosk) -> None:
    kiosk.write("发票领用 办结", at=NOON - 7200)
    for _ in range(3000):
        kiosk.write("心跳" * 20, at=NOON - 60)
    kiosk.read()
    kiosk.restart()
    assert kiosk.read() == last(NOON - 7200, 0)


def test_without_a_time_in_the_line_it_is_dated_when_it_appears(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path / "kiosk.log", line="办结$", time_format="")
    kiosk.write("办结")
    assert kiosk.read() == {"transactions_total": 0.0}, "of the old line nobody knows when it was"
    kiosk.write("办结")
    assert kiosk.read() == last(NOON + 120, 1)
    kiosk.restart()
    assert kiosk.read() == {"transactions_total": 0.0}


def test_a_line_counts_when_it_is_whole(kiosk: Kiosk) -> None:
    kiosk.read()
    with kiosk.log.open("ab") as log:
        log.write("2027-03-01 12:01:00 发票".encode())
    assert kiosk.read() == {"transactions_total": 0.0}
    with kiosk.log.open("ab") as log:
        log.write(" 办结\n".encode())
    assert kiosk.read() == last(NOON + 60, 1)


def test_a_rotation_loses_nothing(kiosk: Kiosk) -> None:
    kiosk.read()
    kiosk.write("办结")
    kiosk.log.rename(kiosk.log.with_name("kiosk.log.1"))
    kiosk.write("办结", at=NOON + 90)
    assert kiosk.read() == last(NOON + 90, 2)
    kiosk.log.unlink()
    kiosk.write("办结", at=NOON + 130)  # it may well get the inode of the one that was deleted
    assert kiosk.read() == last(NOON + 130, 3)


def test_a_truncated_log_goes_on_from_its_start(kiosk: Kiosk) -> None:
    kiosk.write("办结")
    assert kiosk.read() == last(NOON, 0)
    shutil.copy(kiosk.log, kiosk.log.with_name("copy"))
    os.truncate(kiosk.log, 0)
    assert kiosk.read() == last(NOON, 0)
    kiosk.write("办结", at=NOON + 125)
    assert kiosk.read() == last(NOON + 125, 1)


def test_a_log_that_was_truncated_and_has_grown_beyond_is_read_from_its_start(kiosk: Kiosk) -> None:
    kiosk.read()
    os.truncate(kiosk.log, 0)
    for _ in range(5):
        kiosk.write("办结", at=NOON + 65)
    assert kiosk.read() == last(NOON + 65, 5)


def test_a_log_a_day(tmp_path: Path) -> None:
    days = [tmp_path / f"kiosk-{day}.log" for day in (1, 2, 3)]
    kiosk = Kiosk(days[0], pattern=str(tmp_path / "kiosk-*.log"))
    kiosk.write("办结", at=NOON - 90_000)
    kiosk.write("程序启动", file=days[1])
    assert kiosk.read() == last(NOON - 90_000, 0), "in the newest there was none yet"
    kiosk.write("办结", at=NOON + 61, file=days[2])
    assert kiosk.read() == last(NOON + 61, 1)
    kiosk.write("办结", at=NOON + 62, file=days[1])
    assert kiosk.read() == last(NOON + 62, 2), "the old one is still written to"


def test_a_line_of_the_future_is_dated_now(kiosk: Kiosk) -> None:
    kiosk.write("办结", at=NOON + 8 * 3600)
    assert kiosk.read() == {"transactions_total": 0.0}, "a clock that is wrong tells nothing of the past"
    kiosk.write("办结", at=NOON + 8 * 3600)
    assert kiosk.read() == last(NOON + 120, 1)


def test_a_log_that_is_not_there(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.log.unlink()
    with pytest.raises(CouldNotRead) as caught:
        kiosk.read()
    assert caught.value.error is ReadError.UNSUPPORTED
    kiosk.write("办结", at=NOON - 10)
    assert kiosk.read() == last(NOON - 10, 0)
    kiosk.log.unlink()
    kiosk.log.mkdir()
    with pytest.raises(CouldNotRead) as caught:
        kiosk.read()
    assert caught.value.error is ReadError.UNSUPPORTED


def test_so_much_is_read_at_a_time(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.read()
    monkeypatch.setattr(log_lines, "MOST_NEW_BYTES", 100)
    kiosk.write("办结")
    kiosk.write("x" * 300)
    kiosk.write("办结", at=NOON + 65)
    totals = [kiosk.read()["transactions_total"] for _ in range(6)]
    assert (totals[0], totals[-1]) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "time_format", "before_noon_s"),
    [
        ("2027-03-01 11:59:00", FORMAT, 60),
        ("27/03/01 11:59", "%y/%m/%d %H:%M", 60),
        ("11:59:30", "%H:%M:%S", 30),
        ("12:01:00", "%H:%M:%S", -60),
        ("23:00:00", "%H:%M:%S", 13 * 3600),
        ("2027-03-01 11:59:00.250", "%Y-%m-%d %H:%M:%S.%f", 59.75),
        ("2027-03-01 12:03:00", FORMAT, None),
        ("2027-02-30 11:59:00", FORMAT, None),
        ("昨天", FORMAT, None),
    ],
)
def test_times_of_logs(text: str, time_format: str, before_noon_s: float | None) -> None:
    at = parse_time(text, time_format, NOON)
    assert (None if at is None else NOON - at) == before_noon_s


def test_a_time_with_its_zone_is_not_this_machines() -> None:
    utc_noon = datetime.fromisoformat("2027-03-01T12:00:00+00:00").timestamp()
    assert parse_time("2027-03-01 20:00:00 +0800", f"{FORMAT} %z", utc_noon) == utc_noon
    assert parse_time("20:00:00 +0800", "%H:%M:%S %z", utc_noon) == utc_noon


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "give one of"),
        ({"log": "/a", "line": "b", "counter_file": "/c"}, "give one of"),
        ({"log": "/a"}, "go together"),
        ({"log": "/a", "line": "("}, r"`line` is no usable regular expression: a \) is missing"),
        ({"log": "/a", "line": "x", "time_format": FORMAT}, r"\(\?P<time>"),
        ({"log": "/a", "line": "(?P<time>.*)", "time_format": "%Q"}, "bad directive"),
        ({"log": "/a", "line": "(?P<time>.*)", "time_format": "%H %H"}, "`time_format` has one part of the time twice"),
        ({"log": "/a", "line": "(?P<time>.*)", "time_format": "%d %H:%M"}, "year, month and day"),
        ({"counter_url": "http://u:p@h/"}, "password"),
        ({"counter_url": "http://h:0/"}, "port"),
    ],
)
def test_options_that_cannot_be_understood(options: dict[str, str], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"kind": "activity"} | options, AnyProbe)


def test_a_counter_in_a_file(tmp_path: Path) -> None:
    file, context = tmp_path / "count", Context()
    probe = ActivityProbe(counter_file=str(file))
    told = []
    for minute, content in enumerate(["41\n", "41", "43", "0", "2"]):
        file.write_text(content)
        context.now = NOON + 60.0 * minute
        told.append(probe.read(context).metrics)
    assert told == [
        {"transactions_total": 41.0},
        {"transactions_total": 41.0},
        last(NOON + 120, 43),
        last(NOON + 120, 0),
        last(NOON + 240, 2),
    ]
    file.unlink()
    with pytest.raises(CouldNotRead) as caught:
        probe.read(context)
    assert caught.value.error is ReadError.LOCAL


@pytest.mark.parametrize("options", [{"counter_file": "{}/pin"}, {"log": "{}/pin", "line": "^1"}])
def test_nothing_is_told_of_a_secret(options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("1234\n")
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link"):
        probe = ActivityProbe(**{key: words.format(folder) for key, words in options.items()})
        with pytest.raises(CouldNotRead) as caught:
            probe.read(Context(secrets=tmp_path))
        assert (caught.value.error, "1234" in caught.value.note) == (ReadError.UNSUPPORTED, False)


def test_what_is_no_counter_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("root:hash")
    with pytest.raises(CouldNotRead) as caught:
        ActivityProbe(counter_file=str(tmp_path / "other")).read(Context())
    assert (caught.value.error, "hash" in caught.value.note) == (ReadError.GARBAGE, False)


def test_a_pattern_that_finds_folders_and_pipes_too(kiosk: Kiosk, tmp_path: Path) -> None:
    (tmp_path / "old.log").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.log")
    kiosk = Kiosk(kiosk.log, str(tmp_path / "*.log"))
    kiosk.write("办结", at=NOON - 10)
    assert kiosk.read() == last(NOON - 10, 0)


def test_a_log_is_followed_past_a_link_that_leads_nowhere(kiosk: Kiosk, tmp_path: Path) -> None:
    for number in range(20):  # the order of a folder is anybody's guess
        (tmp_path / f"{number}.lnk").symlink_to(tmp_path / "gone")
    kiosk.read()
    kiosk.write("办结")
    kiosk.log.rename(tmp_path / "kiosk.1")
    kiosk.write("程序启动")
    assert kiosk.read()["transactions_total"] == 1.0


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Answer one HTTP request on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            link, _ = listener.accept()
            with link:
                link.recv(65_536)
                link.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(10)


def test_a_counter_behind_an_address() -> None:
    body = b'{"data": {"today": [{"count": 17}]}}'
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) as port:
        probe = ActivityProbe(counter_url=f"http://127.0.0.1:{port}/stat", counter_path="data.today.0.count")
        assert probe.read(Context()).metrics == {"transactions_total": 17.0}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ReadError.DENIED),
        (b"HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\n5", ReadError.GARBAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfive!", ReadError.GARBAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12", ReadError.GARBAGE),  # cut short: of 1234
        (b"SSH-2.0\r\n", ReadError.GARBAGE),
    ],
)
def test_an_address_that_answers_no_number(answer: bytes, error: ReadError) -> None:
    with answering(answer) as port, pytest.raises(CouldNotRead) as caught:
        ActivityProbe(counter_url=f"http://127.0.0.1:{port}/stat", timeout_s=2.0).read(Context())
    assert caught.value.error is error


@pytest.mark.parametrize(
    ("body", "path", "number"),
    [
        (b"12", "", 12.0),
        (b"\xef\xbb\xbf 12.5\r\n", "", 12.5),
        (b'{"n": "7"}', "n", 7.0),
        (b"[[1, 2]]", "0.1", 2.0),
        (b"-1", "", None),
        (b"nan", "", None),
        (b"1e999", "", None),
        (b"", "", None),
        (b'{"n": true}', "n", None),
        (b'{"n": null}', "n", None),
        (b'{"n": 1}', "n.x", None),
        (b"[1]", "5", None),
    ],
)
def test_counters(body: bytes, path: str, number: float | None) -> None:
    if number is not None:
        assert parse_counter(body, path) == number
        return
    with pytest.raises(CouldNotRead) as caught:
        parse_counter(body, path)
    assert caught.value.error is ReadError.GARBAGE


@given(
    st.binary() | st.just(b'{"a": [1, {"b": "2"}]}'), st.sampled_from(["", "a", "a.0", "a.1.b", "..", "0"]) | st.text()
)
def test_whatever_a_counter_says_is_a_number_or_refused(body: bytes, path: str) -> None:
    with suppress(CouldNotRead):
        assert parse_counter(body, path) >= 0


@given(st.text(), st.sampled_from([FORMAT, "%H:%M", "%c", "%y%j", "%H:%M:%S %z"]), st.floats(0, 2e9))
def test_whatever_time_a_log_has_is_not_ahead(text: str, time_format: str, now: float) -> None:
    at = parse_time(text, time_format, now)
    assert at is None or at <= now + 120


@given(st.lists(st.binary(max_size=40)))
def test_whatever_a_log_holds_is_looked_through(lines: list[bytes]) -> None:
    marks = Marks(compile_pattern(LINE, "line"), "gb18030", FORMAT)
    assert marks.last_of(reversed(lines), NOON) is None or any(b"\xb0\xec\xbd\xe1" in line for line in lines)


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))),
    st.binary(max_size=9),
    st.integers(1, 40),
)
def test_forwards_and_backwards_are_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], unfinished: bytes, block: int
) -> None:
    file = tmp_path_factory.mktemp("log") / "log"
    unfinished = unfinished.replace(b"\n", b"")
    file.write_bytes(b"".join(line + b"\n" for line in lines) + unfinished)
    found, place = read_new(file, None)
    assert found == lines
    assert place == place_at_end(file)
    kept, log_lines.BLOCK_BYTES = log_lines.BLOCK_BYTES, max(block, 31)
    try:
        assert list(lines_backwards(place)) == [line for line in reversed(lines) if line]
    finally:
        log_lines.BLOCK_BYTES = kept
