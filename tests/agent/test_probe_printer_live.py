"""IPP probes and real parts: a printer whose troubles are set, a print server, servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hallwatch_agent.probes import Context, CouldNotRead, Probe, Told
from hallwatch_agent.probes.printers.cups_queue import CupsQueueProbe
from hallwatch_agent.probes.printers.ipp_printer import IppPrinterProbe
from hallwatch_agent.wire import ReadError
from parts.cups import Cups, serve_cups
from parts.ippeveprinter import Printer, serve_printer
from parts.mosquitto import HOST, free_port
from parts.told import note_told
from parts.waiting import wait_until

AT_ONCE_S = 8.0


def read(probe: Probe, memory: dict[str, Any] | None = None) -> Told:
    told = asyncio.run(probe.read(Context(memory={} if memory is None else memory)))
    assert isinstance(told, Told)
    return told


def faults(told: Told) -> set[str]:
    return {key for key, holds in told.conditions.items() if holds} - {"reachable"}


def refusal(probe: Probe) -> ReadError:
    with pytest.raises(CouldNotRead) as caught:
        read(probe)
    return caught.value.error


@pytest.fixture(scope="module")
def printer() -> Iterator[Printer]:
    with serve_printer() as printer:
        yield printer


@pytest.fixture(scope="module")
def cups() -> Iterator[Cups]:
    with serve_cups() as server:
        yield server


def test_a_printer_and_its_troubles_come_and_go(printer: Printer) -> None:
    probe = IppPrinterProbe(host=printer.host, port=printer.port)
    fresh = read(probe)
    note_told("live-ippeveprinter", "ipp-printer", fresh)
    assert faults(fresh) == set()
    assert fresh.conditions["jam"] is False
    assert fresh.metrics == {
        "ink_ratio[black]": 0.75, "ink_ratio[cyan]": 0.5, "ink_ratio[magenta]": 0.33, "ink_ratio[yellow]": 0.67,
        "jobs_queued": 0.0,
    }  # fmt: skip
    assert fresh.facts["model"] == "Example Printer"

    printer.fill(black=5)  # from now on it calls its ink toner
    low = read(probe)
    assert faults(low) == {"toner-low"}
    assert low.metrics["toner_ratio[black]"] == 0.05
    printer.fill(black=0)
    assert faults(read(probe)) == {"toner-empty[black]"}
    printer.fill(black=80, waste=97)
    assert faults(read(probe)) == {"waste-low-room"}
    printer.fill(waste=10)

    printer.load(main=0)
    one_empty = read(probe)
    assert faults(one_empty) == {"input-low", "input-low[main]"}
    assert one_empty.metrics["input_ratio[main]"] == 0.0
    printer.load(photo=0)
    assert faults(read(probe)) >= {"input-empty", "input-empty[main]", "input-empty[photo]"}
    printer.load(main=250, photo=250)

    printer.trouble("+media-jam-error,cover-open-error")
    jammed = wait_until(lambda: told if "jam" in faults(told := read(probe)) else None, 10, "a jam", 0.05)
    assert faults(jammed) >= {"jam", "cover-open"}
    printer.trouble("-media-jam-error,cover-open-error")
    assert wait_until(lambda: not faults(read(probe)), 10, "all well again", 0.05)


def test_a_printer_over_tls_has_a_certificate_of_its_own(printer: Printer) -> None:
    probe = IppPrinterProbe(host="localhost", port=printer.port, ipps=True)
    assert read(probe).conditions["reachable"] is True
    assert (
        refusal(IppPrinterProbe(host="localhost", port=printer.port, ipps=True, verify=True)) is ReadError.UNSUPPORTED
    )


def test_a_wrong_path_is_not_a_silent_printer(printer: Printer) -> None:
    assert refusal(IppPrinterProbe(host=printer.host, port=printer.port, path="/nowhere")) is ReadError.UNSUPPORTED


def test_a_printer_without_events_is_left_alone(printer: Printer) -> None:
    assert listen(IppPrinterProbe(host=printer.host, port=printer.port), lambda: None, 0.3) == []


def test_a_queue_with_a_stuck_job(cups: Cups) -> None:
    cups.add_queue("stuck", "socket://127.0.0.1:9/?contimeout=60")
    probe = CupsQueueProbe(host=cups.host, port=cups.port, queue="stuck")
    empty = read(probe)
    note_told("live-cups", "cups-queue", empty)
    assert empty.metrics == {"jobs_queued": 0.0, "oldest_job_s": 0.0}
    cups.print("stuck")
    cups.print("stuck", "-H", "hold")  # held by its owner
    older = wait_until(lambda: told if (told := read(probe)).metrics["oldest_job_s"] >= 2 else None, 10, "age", 0.1)
    assert older.metrics["jobs_queued"] == 1.0
    assert "jam" not in older.conditions  # nobody has seen the printer


def test_a_job_that_cups_tries_again_and_again_is_stuck_too(cups: Cups) -> None:
    cups.add_queue("retried", "socket://127.0.0.1:1/?contimeout=1")
    cups.run("lpadmin", "-p", "retried", "-o", "printer-error-policy=retry-job")
    cups.print("retried")
    probe = CupsQueueProbe(host=cups.host, port=cups.port, queue="retried")
    older = wait_until(lambda: told if (told := read(probe)).metrics["oldest_job_s"] >= 4 else None, 10, "age", 0.1)
    assert older.metrics["jobs_queued"] == 1.0
    assert older.conditions["stopped"] is False


def test_a_queue_that_is_paused_and_one_that_refuses(cups: Cups) -> None:
    cups.add_queue("三楼")
    probe = CupsQueueProbe(host=cups.host, port=cups.port, queue="三楼")
    assert faults(read(probe)) == set()
    cups.run("cupsdisable", "三楼")
    cups.run("cupsreject", "三楼")
    assert faults(read(probe)) == {"paused", "stopped", "queue-refusing"}
    cups.run("cupsaccept", "三楼")
    cups.print("三楼")
    waiting = read(probe)
    assert faults(waiting) == {"paused", "stopped"}
    assert waiting.metrics["jobs_queued"] == 1.0
    cups.run("cupsenable", "三楼")
    assert wait_until(lambda: not read(probe).metrics["jobs_queued"], 10, "the job is printed", 0.05)
    assert faults(read(probe)) == set()


def test_a_queue_that_is_not_there(cups: Cups) -> None:
    assert refusal(CupsQueueProbe(host=cups.host, port=cups.port, queue="nowhere")) is ReadError.UNSUPPORTED


def test_an_event_wakes_the_probe(cups: Cups) -> None:
    cups.add_queue("heard")
    probe = CupsQueueProbe(host=cups.host, port=cups.port, queue="heard")
    assert "printer-stopped" in listen(probe, lambda: cups.run("cupsdisable", "heard"), AT_ONCE_S)[0]


def test_a_probe_that_is_told_not_to_listen_does_not(cups: Cups) -> None:
    probe = CupsQueueProbe(host=cups.host, port=cups.port, queue="any", listen=False)
    asyncio.run(asyncio.wait_for(probe.watch(Context(), pytest.fail), 1))


def test_a_printer_that_is_away_ends_the_listening_quietly() -> None:
    probe = IppPrinterProbe(host=HOST, port=free_port())
    asyncio.run(asyncio.wait_for(probe.watch(Context(), pytest.fail), 5))


def listen(probe: Probe, then: Callable[[], None], limit_s: float) -> list[str]:
    """Watch, do something, and return what wakes the probe: at the first call, or when the time is up."""

    async def watch() -> list[str]:
        calls: list[str] = []
        called = asyncio.Event()

        def wake(why: str) -> None:
            calls.append(why)
            called.set()

        watching = asyncio.create_task(probe.watch(Context(), wake))
        await asyncio.sleep(0.2)  # it has subscribed
        await asyncio.to_thread(then)
        done, _ = await asyncio.wait([asyncio.create_task(called.wait()), watching], timeout=limit_s,
                                     return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        assert watching not in done
        watching.cancel()
        return calls

    return asyncio.run(watch())


@contextmanager
def answering(respond: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """Give the port of an HTTP server that answers each request's body by *respond*; None: not at all."""
    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=_serve, args=(listening, respond), daemon=True).start()
        yield int(listening.getsockname()[1])


def _serve(listening: socket.socket, respond: Callable[[bytes], bytes | None]) -> None:
    kept = []
    while True:
        try:
            link, _ = listening.accept()
        except OSError:
            return
        with link.makefile("rb") as asked:
            length = 0
            for line in iter(asked.readline, b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answer = respond(asked.read(length))
        if answer is None:
            kept.append(link)
            continue
        with link:
            link.sendall(answer)


def over_http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def ipp(status: int, *attributes: bytes) -> bytes:
    return struct.pack(">bbhi", 1, 1, status, 1) + b"\x04" + b"".join(attributes) + b"\x03"


STATE = b"\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03"
ODD = b"\x23\x00\x13printer-odd-feature\x00\x02\x00\x03" + b"\x31\x00\x04date\x00\x03abc"


def test_a_printer_of_an_old_version_is_asked_in_its_own() -> None:
    asked: list[tuple[int, int]] = []

    def respond(request: bytes) -> bytes:
        asked.append((request[0], request[1]))
        return over_http(ipp(0, ODD, STATE) if request[:2] == b"\1\0" else ipp(0x0503))

    memory: dict[str, Any] = {}
    with answering(respond) as port:
        probe = IppPrinterProbe(host=HOST, port=port)
        assert read(probe, memory).conditions == {"reachable": True, "stopped": False}
        read(probe, memory)
    assert asked == [(2, 0), (1, 1), (1, 0), (1, 0)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (over_http(b"<html>login</html>"), ReadError.GARBAGE),
        (over_http(b""), ReadError.GARBAGE),
        (b"\x00\xff\x17", ReadError.GARBAGE),
        (b"", ReadError.GARBAGE),
        (over_http(ipp(0)), ReadError.GARBAGE),
        (over_http(ipp(0x0401)), ReadError.DENIED),
        (over_http(b"\xb2\xbb", "401 Unauthorized"), ReadError.DENIED),
        (over_http(b"", "426 Upgrade Required"), ReadError.UNSUPPORTED),
        (over_http(b"", "503 Service Unavailable"), ReadError.UNSUPPORTED),
        (over_http(b"", "302 Found"), ReadError.UNSUPPORTED),
        (None, ReadError.MUTE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", ReadError.GARBAGE),
    ],
)
def test_servers_that_misbehave(answer: bytes | None, error: ReadError) -> None:
    with answering(lambda _: answer) as port:
        assert refusal(IppPrinterProbe(host=HOST, port=port, timeout_s=0.5)) is error


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (over_http("<html>登录</html>\x00".encode()), "no IPP message: <html>登录</html>"),
        (over_http(b"\x80\x01\x02"), "no IPP message"),
        (b"SSH-2.0-OpenSSH\r\n", "no answer over HTTP: Bad status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "its answer is cut off, or garbled"),
    ],
)
def test_what_came_instead_is_shown_for_people(answer: bytes, note: str) -> None:
    with answering(lambda _: answer) as port, pytest.raises(CouldNotRead) as caught:
        asyncio.run(IppPrinterProbe(host=HOST, port=port, timeout_s=2).read(Context()))
    assert caught.value.note == note


def test_a_packed_answer_is_not_unpacked() -> None:
    packed = zlib.compress(ipp(0, STATE))
    answer = over_http(packed, "200 OK\r\nContent-Encoding: deflate")
    with answering(lambda _: answer) as port:
        assert refusal(IppPrinterProbe(host=HOST, port=port)) is ReadError.GARBAGE


def test_nobody_there_and_no_such_name() -> None:
    assert refusal(IppPrinterProbe(host=HOST, port=free_port())) is ReadError.REFUSED
    assert refusal(IppPrinterProbe(host="printer.invalid", timeout_s=3)) is ReadError.LOCAL


def test_a_password_is_sent_where_one_is_given() -> None:
    seen: list[bytes] = []
    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                seen.append(link.recv(65_536))
                link.sendall(over_http(ipp(0, STATE)))

        thread = threading.Thread(target=serve)
        thread.start()
        probe = IppPrinterProbe(host=HOST, port=listening.getsockname()[1], user="hall", password_file="p")
        told = asyncio.run(probe.read(Context(typed={"p": "secret"})))
        thread.join(5)
    assert b"Authorization: Basic aGFsbDpzZWNyZXQ=" in seen[0]
    assert b"Accept-Encoding: identity" in seen[0]
    assert "secret" not in str(told)
