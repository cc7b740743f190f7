"""Receipt printers: a real conversation over TCP and over a pseudo-terminal, and whatever else may come."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.printers.escpos import QUESTIONS, judge, parse_statuses
from hallwatch_agent.probes.printers.escpos_serial import EscposSerialProbe, error_of, holder_of
from hallwatch_agent.probes.printers.escpos_tcp import EscposTcpProbe
from hallwatch_agent.wire import ReadError
from parts.escpos import ASB, FINE, FakePrinter, on_pty, on_tcp
from parts.mosquitto import free_port

HEALTHY = {
    "reachable": True, "offline": False, "input-low": False, "input-empty": False, "cover-open": False,
    "stopped": False, "cutter-failed": False, "service-needed": False, "head-failed": False,
}  # fmt: skip
FAULTS: list[tuple[int, int, set[str]]] = [
    (4, 0x0C, {"input-low"}),
    (4, 0x6C, {"input-low", "input-empty"}),
    (2, 0x20, {"input-empty", "stopped"}),
    (2, 0x04, {"cover-open"}),
    (2, 0x40, {"stopped"}),
    (1, 0x08, {"offline"}),
    (1, 0x20, {"stopped"}),
    (3, 0x08, {"cutter-failed"}),
    (3, 0x20, {"service-needed"}),
    (3, 0x40, {"head-failed"}),
    (1, 0x04, set()),  # the cash drawer
]
Read = Callable[[], Told]


@contextmanager
def over_tcp(printer: FakePrinter, **options: Any) -> Iterator[Read]:
    with on_tcp(printer) as (host, port):
        probe = EscposTcpProbe(host=host, port=port, **options)
        yield lambda: probe.read(Context())


@contextmanager
def over_serial(printer: FakePrinter, **options: Any) -> Iterator[Read]:
    with on_pty(printer) as port:
        probe = EscposSerialProbe(port=port, **options)
        yield lambda: probe.read(Context())


both = pytest.mark.parametrize("over", [over_tcp, over_serial])


@both
def test_faults_come_and_go_while_it_runs(over: Any) -> None:
    printer = FakePrinter()
    with over(printer) as read:
        assert read().conditions == HEALTHY
        for question, bits, told in FAULTS:
            printer.fault(question, bits)
            assert {key for key, value in read().conditions.items() if value} == told | {"reachable"}, (question, bits)
            printer.fault(question, 0)
        assert read().conditions == HEALTHY


@both
def test_status_packets_that_nobody_asked_for_are_passed_over(over: Any) -> None:
    printer = FakePrinter()
    printer.ahead = ASB + b"\x11" + ASB
    printer.fault(2, 0x04)
    with over(printer) as read:
        assert read().conditions == HEALTHY | {"cover-open": True}


@both
def test_a_question_that_it_does_not_know_costs_only_its_own_answer(over: Any) -> None:
    printer = FakePrinter()
    printer.unknown = {3}
    printer.fault(4, 0x0C)
    with over(printer, timeout_s=0.4) as read:
        told = read()
    assert told.conditions["input-low"] is True
    assert not {"cutter-failed", "head-failed", "service-needed"} & told.conditions.keys()
    assert printer.asked == list(QUESTIONS)


@both
def test_a_slow_answer_is_never_taken_for_another_questions(over: Any) -> None:
    printer = FakePrinter()
    printer.delay_s = 0.15
    printer.fault(1, 0x08)
    with over(printer, timeout_s=0.4) as read:
        told = read()
    assert told.conditions == {"reachable": True, "offline": True, "input-low": False, "input-empty": False}


@both
@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xff", b"\x00", b"READY\r\n", bytes((FINE, FINE))]
)
def test_what_is_no_status_is_garbage(over: Any, noise: bytes) -> None:
    printer = FakePrinter()
    printer.ahead = noise
    with over(printer) as read, pytest.raises(CouldNotRead) as caught:
        read()
    assert caught.value.error is ReadError.GARBAGE


def test_a_printer_that_takes_the_connection_and_says_nothing_is_busy_not_silent() -> None:
    printer = FakePrinter()
    printer.unknown = set(QUESTIONS)
    with over_tcp(printer, timeout_s=0.2) as read, pytest.raises(CouldNotRead) as caught:
        read()
    assert caught.value.error is ReadError.BUSY


def test_another_client_has_it() -> None:
    with on_tcp(FakePrinter()) as (host, port):
        probe = EscposTcpProbe(host=host, port=port, timeout_s=0.3)
        with socket.create_connection((host, port)), pytest.raises(CouldNotRead) as caught:
            probe.read(Context())
        assert caught.value.error is ReadError.BUSY
        assert EscposTcpProbe(host=host, port=port).read(Context()).conditions == HEALTHY


def test_nobody_listens() -> None:
    with pytest.raises(CouldNotRead) as caught:
        EscposTcpProbe(host="127.0.0.1", port=free_port()).read(Context())
    assert caught.value.error is ReadError.REFUSED


def test_a_serial_printer_that_is_off_is_silent() -> None:
    printer = FakePrinter()
    printer.unknown = set(QUESTIONS)
    with over_serial(printer, timeout_s=0.2) as read, pytest.raises(CouldNotRead) as caught:
        read()
    assert caught.value.error is ReadError.TIMEOUT


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_port_that_another_program_has_open_is_left_alone() -> None:
    printer = FakePrinter()
    with on_pty(printer) as port:
        theirs = os.open(port, os.O_RDWR | os.O_NOCTTY)
        kiosk = subprocess.Popen(["sleep", "60"], stdin=theirs)
        os.close(theirs)
        try:
            with pytest.raises(CouldNotRead) as caught:
                EscposSerialProbe(port=port).read(Context())
        finally:
            kiosk.kill()
            kiosk.wait(10)
        assert caught.value.error is ReadError.BUSY
        assert f"({kiosk.pid})" in caught.value.note
        assert printer.asked == []
        assert EscposSerialProbe(port=port).read(Context()).conditions == HEALTHY


def test_a_locked_port_is_left_alone() -> None:
    printer = FakePrinter()
    with on_pty(printer) as port:
        ours = os.open(port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(ours, fcntl.LOCK_EX)
        with pytest.raises(CouldNotRead) as caught:
            EscposSerialProbe(port=port).read(Context())
        os.close(ours)
    assert caught.value.error is ReadError.BUSY
    assert printer.asked == []


def test_a_port_that_is_not_there_is_this_machines_affair(tmp_path: Path) -> None:
    for port in (tmp_path / "ttyUSB7", tmp_path):
        with pytest.raises(CouldNotRead) as caught:
            EscposSerialProbe(port=str(port)).read(Context())
        assert caught.value.error is ReadError.LOCAL


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", ReadError.BUSY),
        (
            "could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file', None, 2)",
            ReadError.LOCAL,
        ),
        ("could not open port 'COM3': OSError(22, 'The semaphore timeout period has expired.')", ReadError.LOCAL),
    ],
)
def test_what_windows_says_of_a_port(said: str, error: ReadError) -> None:
    assert error_of(OSError(said)) is error


def test_no_permission_on_linux_is_not_busy() -> None:
    assert error_of(PermissionError(13, "could not open port: [Errno 13] PermissionError(13")) is ReadError.LOCAL


def test_processes_that_cannot_be_looked_at_hold_nothing(tmp_path: Path) -> None:
    for name in ("1", "2", "self"):
        (tmp_path / name).mkdir()
    (tmp_path / "2" / "fd").mkdir()
    (tmp_path / "2" / "fd" / "4").symlink_to("/dev/null")
    assert holder_of("/dev/tty99", tmp_path) == ""
    (tmp_path / "2" / "fd" / "5").symlink_to("/dev/tty99")
    (tmp_path / "2" / "comm").write_text("kiosk\n")
    assert holder_of("/dev/tty99", tmp_path) == "kiosk (2)"


@given(st.binary(max_size=2000))
def test_whatever_comes_is_decoded_or_refused(heard: bytes) -> None:
    with suppress(CouldNotRead):
        assert all(status & 0x93 == 0x12 for status in parse_statuses(heard))


@given(st.lists(st.sampled_from([ASB, b"\x11", b"\x13", bytes((FINE,)), bytes((0x7E,))]), max_size=12), st.data())
def test_an_answer_is_found_wherever_the_packets_are_cut(pieces: list[bytes], data: st.DataObject) -> None:
    heard = b"".join(pieces)
    expected = [piece[0] for piece in pieces if len(piece) == 1 and piece[0] & 0x93 == 0x12]
    assert parse_statuses(heard) == expected
    cut = data.draw(st.integers(0, len(heard)))
    assert parse_statuses(heard[:cut]) == expected[: len(parse_statuses(heard[:cut]))]


@given(st.dictionaries(st.sampled_from(QUESTIONS), st.integers(0, 255)))
def test_only_what_was_answered_is_told(answers: dict[int, int]) -> None:
    told = judge(answers).conditions
    assert set(told) <= set(HEALTHY)
    if answers.keys() == set(QUESTIONS):
        assert set(told) == set(HEALTHY)
