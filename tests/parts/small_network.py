"""A small network of fake devices on loopback, at the ports where real ones have them; all of 127.0.0.0/8 is loopback.

Every other address there answers too, by refusing: on loopback nobody is silent.
"""

from __future__ import annotations

import bisect
import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from hallwatch_agent.probes.snmp_probe import Oid, Value

NET = "127.77.0.0/28"
PRINTER, SWITCH, UPS, CAMERA, PC, NUT, QUIET = (f"127.77.0.{n}" for n in (2, 3, 4, 5, 6, 7, 8))


@contextlib.contextmanager
def run_small_network(agents: Mapping[str, tuple[str, Mapping[Oid, Value]]]) -> Iterator[Answered]:
    """Run the devices; *agents* has the community and the values of those that speak SNMP."""
    answered = Answered()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_serve_snmp(agents, answered))
        stack.enter_context(_serve_http(PRINTER, 631, {}, _ipp_answer()))
        stack.enter_context(_serve_http(CAMERA, 80, {"Server": "App-webs/"}, "<title>网络摄像机</title>".encode()))
        stack.enter_context(_serve_lines(CAMERA, 554, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp\r\n\r\n"))
        upses = b'BEGIN LIST UPS\nUPS rack "in the rack"\nEND LIST UPS\n'
        stack.enter_context(_serve_lines(NUT, 3493, upses))
        for address, port in ((PC, 445), (PC, 3389), (NUT, 22), (PRINTER, 9100)):
            stack.enter_context(_serve_lines(address, port, b""))
        yield answered


class Answered:
    """What was asked."""

    def __init__(self) -> None:
        self.communities: list[tuple[str, str]] = []
        """Address and community of each SNMP request."""
        self.printed = b""
        """What came to raw printing."""


@contextlib.contextmanager
def _serve_snmp(agents: Mapping[str, tuple[str, Mapping[Oid, Value]]], answered: Answered) -> Iterator[None]:
    """Answer GET, GETNEXT and GETBULK; a wrong community gets no answer."""
    with contextlib.ExitStack() as opened:
        selector = opened.enter_context(selectors.DefaultSelector())
        ended, wake = (opened.enter_context(end) for end in socket.socketpair())
        selector.register(ended, selectors.EVENT_READ)
        for address, (community, values) in agents.items():
            server = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            server.bind((address, 161))
            selector.register(server, selectors.EVENT_READ, (address, community, values, sorted(values)))
        thread = threading.Thread(target=_answer_snmp, args=(selector, ended, answered), daemon=True)
        thread.start()
        try:
            yield
        finally:
            wake.send(b"x")
            thread.join(5)


def _answer_snmp(selector: selectors.BaseSelector, ended: socket.socket, answered: Answered) -> None:
    while True:
        for key, _ in selector.select():
            if key.fileobj is ended:
                return
            assert isinstance(key.fileobj, socket.socket)
            question, asker = key.fileobj.recvfrom(65_536)
            address, community, values, oids = key.data
            message, _ = decoder.decode(question, asn1Spec=v2c.Message())
            spoken = bytes(v2c.apiMessage.get_community(message)).decode()
            answered.communities.append((address, spoken))
            if spoken == community and int(message.getComponentByPosition(0)) == 1:
                key.fileobj.sendto(_snmp_answer(message, values, oids), asker)


def _snmp_answer(message: Any, values: Mapping[Oid, Value], oids: list[Oid]) -> bytes:
    asked = v2c.apiMessage.get_pdu(message)
    wanted = [tuple(oid) for oid, _ in v2c.apiPDU.get_varbinds(asked)]
    if asked.tagSet == v2c.GetRequestPDU.tagSet:
        bindings = [(oid, _asn1(values[oid]) if oid in values else v2c.NoSuchObject("")) for oid in wanted]
    else:
        rows = int(v2c.apiBulkPDU.get_max_repetitions(asked)) if asked.tagSet == v2c.GetBulkRequestPDU.tagSet else 1
        bindings = []
        for _ in range(rows):
            found = [bisect.bisect_right(oids, oid) for oid in wanted]
            ends = [at == len(oids) for at in found]
            row = [oid if end else oids[at] for oid, at, end in zip(wanted, found, ends, strict=True)]
            bindings += [
                (oid, v2c.EndOfMibView("") if end else _asn1(values[oid])) for oid, end in zip(row, ends, strict=True)
            ]
            wanted = row
    reply = v2c.apiMessage.get_response(message)
    v2c.apiPDU.set_varbinds(v2c.apiMessage.get_pdu(reply), bindings)
    return bytes(encoder.encode(reply))


def _asn1(value: Value) -> Any:
    if isinstance(value, int):
        return v2c.Counter64(value) if value > 2**31 - 1 else v2c.Integer(value)
    return v2c.OctetString(value) if isinstance(value, bytes) else v2c.ObjectIdentifier(value)


@contextlib.contextmanager
def _serve_http(address: str, port: int, headers: Mapping[str, str], body: bytes) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("text/html")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("application/ipp")

        def _answer(self, kind: str) -> None:
            self.send_response(200)
            for key, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def _serve_lines(address: str, port: int, answer: bytes) -> Iterator[None]:
    """Take connections and answer once to whatever is said; say nothing first."""
    server = socket.create_server((address, port))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = server.accept()
                with link, contextlib.suppress(OSError):
                    link.settimeout(2)
                    if link.recv(4096) and answer:
                        link.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def _ipp_answer() -> bytes:
    """Return a whole answer to Get-Printer-Attributes (RFC 8010)."""
    attributes = [(0x47, b"attributes-charset", b"utf-8"), (0x48, b"attributes-natural-language", b"en")]
    printer = [(0x41, b"printer-make-and-model", b"Pantum P3302DN"), (0x42, b"printer-name", b"prn")]

    def encode(rows: list[tuple[int, bytes, bytes]]) -> bytes:
        return b"".join(
            struct.pack(">bh", tag, len(name)) + name + struct.pack(">h", len(value)) + value
            for tag, name, value in rows
        )

    return struct.pack(">bbhi", 2, 0, 0, 1) + b"\x01" + encode(attributes) + b"\x04" + encode(printer) + b"\x03"
