"""Station 8, history: every reading reaches the server with its own time, or is counted as lost."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.wire import ReadError, Reading
from hallwatch_collector.broker import choose_port
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.export.influx import History, HistorySettings
from hallwatch_collector.export.lines import lines_of
from parts.victoriametrics import serve_victoriametrics
from parts.waiting import wait_until

XIHU = HallKey("330106", "xihu")
AT = 1_780_000_000.25


def reading(at: float = AT, **metrics: float) -> Reading:
    return Reading("prn-3", "snmp-printer", at, 0.5, metrics=metrics)


def test_a_reading_becomes_lines_by_part() -> None:
    told = Reading(
        "prn-3",
        "snmp-printer",
        AT,
        0.5,
        metrics={"pages_total": 7, "toner_ratio[black]": 0.25},
        conditions={"jam": True},
    )
    lines, unwritable = lines_of(XIHU, [told])
    tags = "area=330106,hall=xihu,device=prn-3,probe=snmp-printer"
    assert lines.decode().splitlines() == [
        f"hallwatch_reading,{tags} pages_total=7.0,took_seconds=0.5,ok=1 1780000000250",
        f"hallwatch_reading,{tags},part=black toner_ratio=0.25 1780000000250",
        f"hallwatch_condition,{tags} jam=1.0 1780000000250",
    ]
    assert unwritable == 0


def test_a_failed_reading_is_history_too_and_never_a_zero() -> None:
    lines, _ = lines_of(XIHU, [Reading("prn-3", "tcp", AT, 5.0, ReadError.TIMEOUT, metrics={"input_v": math.nan})])
    text = lines.decode()
    assert "ok=0" in text
    assert "error=timeout failed=1" in text
    assert "input_v" not in text


def test_a_time_that_nobody_can_keep_is_counted() -> None:
    assert lines_of(XIHU, [reading(-1.0), reading(1e300)]) == (b"", 2)


@given(part=st.text(st.characters(exclude_characters="[]\n\r", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_no_part_of_a_device_can_break_a_line(part: str) -> None:
    lines, _ = lines_of(XIHU, [reading(**{f"toner_ratio[{part}]": 0.5})])
    measured = lines.decode().split("\n")
    assert len(measured) == 2
    assert measured[0].endswith(" toner_ratio=0.5 1780000000250")


@pytest.mark.e2e
def test_what_was_read_can_be_asked_back_with_its_own_time(tmp_path: Path) -> None:
    told = reading(**{"toner_ratio[black]": 0.42, "receive_bits_per_s[gi 0,1=x]": 800.0})
    with serve_victoriametrics(tmp_path / "vm") as server:
        with closing(History(HistorySettings(url=server.url, flush_s=0.05))) as history:
            history.put(XIHU, [told])
            wait_until(lambda: history.written == 1, 10)
        wait_until(lambda: bool(server.query("hallwatch_reading_toner_ratio", AT)), 10)
        toner, ports = (
            server.query(f"hallwatch_reading_{name}[1s]", AT) for name in ("toner_ratio", "receive_bytes_per_second")
        )
    assert toner[0]["values"] == [[AT, "0.42"]]
    assert toner[0]["metric"]["part"] == "black"
    assert toner[0]["metric"]["device"] == "prn-3"
    assert ports[0]["values"] == [[AT, "100"]]
    assert ports[0]["metric"]["part"] == "gi 0,1=x"


@pytest.mark.e2e
def test_nothing_is_lost_while_the_server_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = choose_port([])
    settings = HistorySettings(url=f"http://127.0.0.1:{port}", flush_s=0.02, retry_s=0.05, retry_most_s=0.2)
    with closing(History(settings)) as history:
        for second in range(50):
            history.put(XIHU, [reading(AT + second, pages_total=second)])
        wait_until(lambda: "does not take lines" in caplog.text, 10)
        assert history.written == 0
        assert history.buffered_bytes > 0
        with serve_victoriametrics(tmp_path / "vm", port) as server:
            wait_until(lambda: history.written == 50, 20)
            count = "count_over_time(hallwatch_reading_pages_total[1m])"
            wait_until(lambda: [r["value"][1] for r in server.query(count, AT + 50)] == ["50"], 10)
        assert (history.lost, history.buffered_bytes) == (0, 0)


def test_a_full_queue_drops_the_oldest_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    settings = HistorySettings(
        url=f"http://127.0.0.1:{choose_port([])}", max_bytes=2_000, batch_bytes=200, retry_s=0.05
    )
    history = History(settings)
    for second in range(100):
        history.put(XIHU, [reading(AT + second, pages_total=second)])
    assert history.buffered_bytes <= 2_000
    assert 0 < history.lost < 100
    history.close(limit_s=0.3)
    assert history.lost == 100
    assert "the oldest are lost from now on" in caplog.text
    assert "lost at the end" in caplog.text


@contextmanager
def serve_status(statuses: list[int]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each write with the next status, 204 when there are no more; and what it was sent."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(statuses.pop(0) if statuses else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", taken
        finally:
            server.shutdown()
            thread.join()


def test_a_batch_refused_for_good_is_counted_and_the_next_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with serve_status([400]) as (url, taken), closing(History(HistorySettings(url=url, flush_s=0.01))) as history:
        history.put(XIHU, [reading(pages_total=1), reading(pages_total=2)])
        wait_until(lambda: history.lost == 2, 5)
        history.put(XIHU, [reading(pages_total=3)])
        wait_until(lambda: history.written == 1, 5)
    assert len(taken) == 2
    assert "2 readings lost: HTTP 400" in caplog.text


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_refusal_that_can_be_put_right_is_tried_again(status: int) -> None:
    settings_of = {"flush_s": 0.01, "retry_s": 0.01}
    with serve_status([status, status]) as (url, taken):
        with closing(History(HistorySettings(url=url, **settings_of))) as history:
            history.put(XIHU, [reading(pages_total=1)])
            wait_until(lambda: history.written == 1, 5)
        assert history.lost == 0
    assert taken[0] == taken[2]


def test_closing_sends_what_waits_and_later_readings_count_as_lost() -> None:
    with serve_status([]) as (url, taken):
        history = History(HistorySettings(url=url, flush_s=60))
        history.put(XIHU, [reading(pages_total=1)])
        history.close()
        assert (history.written, history.lost) == (1, 0)
        history.put(XIHU, [reading(pages_total=2)])
        assert history.lost == 1
    assert b"pages_total=1.0" in taken[0]
