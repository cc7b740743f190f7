"""What all imitations that speak HTTP share: a server on loopback, and the ways in which a server fails."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
LONGEST_S = 20.0
PORTAL = b"<html><body>Please log in to the hall's network</body></html>"
RETRY_AFTER_S = 7
DROP_S = 0.1


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass
class Told:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def in_json(told: Any, status: int = 200) -> Told:
    """Return an answer in JSON."""
    return Told(status, json.dumps(told).encode(), {"Content-Type": "application/json"})


class Gone(Exception):  # noqa: N818 - it says what happened
    """Whoever asked is not there any more."""


class Imitation:
    """A service that answers as its vendor says it does, unless it is told to fail.

    ``fault``: ``slow`` (no answer), ``drip`` (an answer that never ends), ``cut`` (ends in the middle of its answer),
    ``garbage`` (a captive portal's page), ``huge`` (an endless page), ``500``, ``302``, ``429``.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.now: Callable[[], float] = time.time  # noqa: TID251 - the vendor's clock, which a test may stop
        self.asked: list[Asked] = []
        """Every request, also those that failed."""
        self.taken: list[Any] = []
        """What it took, and would show to people."""
        self.meet: Callable[[str], None] = lambda _moment: None
        """Hears of each request that it is ``asked``, ``taken`` or refused, and ``answered``; whoever raises ``Gone``
        when it is asked has the connection end before anything is taken."""
        self.released = threading.Event()
        self._server = _Server((HOST, 0), _Handler)
        self._server.imitation = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Told:
        """Answer a request as the vendor would."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    imitation: Imitation

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever left early is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        imitation = self.server.imitation
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(where.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, where.path, query, headers, body)
        imitation.asked.append(asked)
        misbehave = getattr(self, f"_be_{imitation.fault}", None)
        if misbehave is not None:
            self.close_connection = True
            misbehave()
            self.close_connection = True
        elif imitation.fault:
            raise AssertionError(f"no such fault: {imitation.fault}")
        else:
            self._serve_well(asked)

    def _serve_well(self, asked: Asked) -> None:
        imitation = self.server.imitation
        try:
            imitation.meet("asked")
            told = imitation.answer(asked)
            imitation.meet("taken")
            self._tell(told)
            imitation.meet("answered")
        except (Gone, ConnectionError):
            self.close_connection = True

    def _tell(self, told: Told) -> None:
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.body)))
        if self.close_connection:  # said, so that nobody asks again on a connection that is about to go
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(told.body)

    def _be_slow(self) -> None:
        self.server.imitation.released.wait(LONGEST_S)

    def _be_drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.server.imitation.released.wait(DROP_S):
            self.wfile.write(b"x")
            self.wfile.flush()

    def _be_cut(self) -> None:
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode"')
        self.wfile.flush()

    def _be_garbage(self) -> None:
        self._tell(Told(200, PORTAL, {"Content-Type": "text/html"}))

    def _be_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(2**40))
        self.end_headers()
        while not self.server.imitation.released.is_set():
            self.wfile.write(bytes(65_536))

    def _be_500(self) -> None:
        self._tell(Told(500, b"internal error"))

    def _be_302(self) -> None:
        self._tell(Told(302, b"", {"Location": f"{self.server.imitation.url}/trap"}))

    def _be_429(self) -> None:
        self._tell(Told(429, b"slow down", {"Retry-After": str(RETRY_AFTER_S)}))


Kind = TypeVar("Kind", bound=Imitation)


@contextlib.contextmanager
def serve(imitation: Kind) -> Iterator[Kind]:
    """Run an imitation for the time of a ``with`` block."""
    imitation.start()
    try:
        yield imitation
    finally:
        imitation.stop()
