"""A small online tax bureau on loopback for the transaction probe to log in to, which can break in every way."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

USER, PASSWORD = "tester", "p&ss wörd 密"
TOKEN = 'tk"<1'
LOGIN_PAGE = '<form><input type="hidden" name="_csrf" value="tk&quot;&lt;1"><h1>用户登录</h1></form>'
HOME_PAGE = "<h1>欢迎办税</h1>"
SESSION = {"Set-Cookie": "session=s1; Path=/; HttpOnly"}
Answer = tuple[int, dict[str, str], bytes]


class Bureau:
    """Says what it was asked, and answers one path otherwise when a test tells it to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, dict[str, str]]] = []
        """Method, path, body and headers of each request."""
        self.instead: dict[str, Answer | Callable[[], Answer]] = {}
        self.password = PASSWORD
        self.port = 0

    def answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        """Answer as the working system does: log-in page, log-in, and behind it the home page."""
        self.asked.append((method, path, body, headers))
        if other := self.instead.get(path):
            return other() if callable(other) else other
        if path == "/login":
            return self._log_in(body, headers) if method == "POST" else (200, SESSION, LOGIN_PAGE.encode())
        if path == "/home":
            is_in = {"session=s1", "user=u1"} <= set(headers.get("cookie", "").split("; "))
            return (200, {}, HOME_PAGE.encode("gb18030")) if is_in else (302, {"Location": "/login"}, b"")
        return 404, {}, b"no such page"

    def _log_in(self, body: str, headers: dict[str, str]) -> Answer:
        form = {key: values[0] for key, values in parse_qs(body).items()}
        is_right = form == {"user": USER, "password": self.password, "_csrf": TOKEN}
        if is_right and "session=s1" in headers.get("cookie", ""):
            return 302, {"Location": "/home", "Set-Cookie": "user=u1; Path=/"}, b""
        return 200, {}, "密码错误".encode()


@contextlib.contextmanager
def serve_bureau(tls: ssl.SSLContext | None = None) -> Iterator[Bureau]:
    """Serve a bureau for the time of a ``with`` block, over TLS when *tls* is given."""
    bureau = Bureau()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, more, content = bureau.answer(method, self.path, body, headers)
            with contextlib.suppress(OSError):  # who asked may have given up
                self.send_response(status)
                for key, value in more.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:  # a client that does not trust us hangs up
            pass

        def finish_request(self, request: Any, client_address: Any) -> None:
            with tls.wrap_socket(request, server_side=True) if tls else contextlib.nullcontext(request) as link:
                super().finish_request(link, client_address)

    with Server(("127.0.0.1", 0), Handler) as server:
        bureau.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield bureau
        finally:
            server.shutdown()
            thread.join(5)


@contextlib.contextmanager
def half_open() -> Iterator[int]:
    """Give a port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield int(listener.getsockname()[1])
