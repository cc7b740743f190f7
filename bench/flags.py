"""Both ends of what :mod:`bench.alert` measures: pages that go wrong on command, and who is told of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from parts.vendors.web import Asked, Imitation, Told

HOST = "127.0.0.1"


class Pages:
    """An exporter: a page for each thing that can go wrong, with one sample, ``fault``, that is 0 or 1."""

    def __init__(self, count: int) -> None:
        self.names = [f"page-{number}" for number in range(count)]
        self._wrong: set[str] = set()
        self._server = _Server((HOST, 0), _Page)
        self._server.pages = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the pages are: host and port."""
        return f"{HOST}:{self._server.server_address[1]}"

    def flip(self, name: str) -> float:
        """Let a page go wrong; return when it did."""
        self._wrong.add(name)
        return time.perf_counter()

    def text(self, name: str) -> str:
        """Return a page as it is now, in the text format of Prometheus."""
        return f"# TYPE fault gauge\nfault {int(name in self._wrong)}\n"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    pages: Pages

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: readers leave when they end."""


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with the page."""
        body = self.server.pages.text(self.path.removeprefix("/")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class News(NamedTuple):
    """What somebody was told."""

    system: str
    """Who told it."""
    about: str
    over: bool = False


class Receiver(Imitation):
    """Takes what our webhook channel and Alertmanager's ``webhook_configs`` send; each has a path of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[News, float] = {}
        """When each was taken first."""
        self._came = threading.Condition()

    def answer(self, asked: Asked) -> Told:
        """Take a message: the 200 is on its way when this returns."""
        system, told = asked.path.removeprefix("/"), asked.json()
        with self._came:
            for about, over in read_ours(told) if "data" in told else read_alertmanager(told):
                self.at.setdefault(News(system, about, over), time.perf_counter())
            self._came.notify_all()
        return Told(200)

    def wait(self, news: News, limit_s: float) -> float:
        """Return when something was told, once it is."""
        with self._came:
            if not self._came.wait_for(lambda: news in self.at, limit_s):
                raise SystemExit(f"not told within {limit_s:g} s: {news}")
            return self.at[news]


def read_ours(told: Any) -> Iterator[tuple[str, bool]]:
    """Yield the devices that a message of Hallwatch is about, and whether their trouble is over."""
    for part in told["data"]["parts"]:
        yield part["device"], part["occasion"] == "over"


def read_alertmanager(told: Any) -> Iterator[tuple[str, bool]]:
    """Yield the pages that a message of Alertmanager is about, and whether their trouble is over."""
    for alert in told["alerts"]:
        yield alert["labels"]["page"], alert["status"] == "resolved"
