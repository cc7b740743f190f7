"""The one way in which channels speak HTTP: no redirects, no hidden proxies, limits on time and size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import trustme

from hallwatch_agent.chat.exchange import NotSent, Request
from hallwatch_collector.notify.http import LARGEST_ANSWER, Client
from parts.mosquitto import HOST, free_port
from parts.vendors.web import Asked, Imitation, Told, serve

KEY = "key=0123456789abcdef"


class _Anything(Imitation):
    def answer(self, asked: Asked) -> Told:
        return Told(200, f"{asked.method} {asked.path}".encode(), {"X-Odd": "1"})


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.fixture
def server() -> Iterator[Imitation]:
    with serve(_Anything()) as server:
        yield server


def test_an_answer(client: Client, server: Imitation) -> None:
    answer = client(Request(url=f"{server.url}/a?{KEY}", headers={"X-A": "b"}, body="卡纸".encode()), 2.0)
    assert (answer.status, answer.body, answer.headers["x-odd"]) == (200, b"POST /a", "1")
    assert server.asked[0].body.decode() == "卡纸"
    assert server.asked[0].headers["x-a"] == "b"


def test_that_the_time_limit_is_for_all_of_it(client: Client, server: Imitation) -> None:
    server.fault = "drip"
    began = time.monotonic()
    with pytest.raises(OSError, match="out of time") as caught:
        client(Request(url=server.url), 0.5)
    assert 0.4 < time.monotonic() - began < 1.5
    assert not isinstance(caught.value, NotSent), "it may have been taken"


def test_that_an_answer_is_read_to_its_limit(client: Client, server: Imitation) -> None:
    server.fault = "huge"
    answer = client(Request(url=server.url), 5.0)
    assert len(answer.body) == LARGEST_ANSWER
    server.fault = ""
    assert client(Request(url=server.url), 5.0).status == 200


def test_that_no_redirect_is_followed(client: Client, server: Imitation) -> None:
    server.fault = "302"
    assert client(Request(url=server.url), 2.0).status == 302
    assert [asked.path for asked in server.asked] == ["/"]


def test_proxies(client: Client, server: Imitation, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"http://{HOST}:{free_port()}"
    monkeypatch.setenv("http_proxy", nobody)
    monkeypatch.setenv("ALL_PROXY", nobody)
    assert client(Request(url=server.url), 2.0).status == 200
    with pytest.raises(NotSent, match="cannot be reached"):
        client(Request(url=server.url, proxy=nobody), 2.0)
    told = client(Request(url="http://no.such.host.invalid/x", proxy=server.url), 2.0)
    assert told.status == 200
    assert server.asked[-1].headers["host"] == "no.such.host.invalid"


@pytest.mark.parametrize(
    "url",
    [f"http://{HOST}:{{port}}/?{KEY}", f"http://no.such.host.invalid/?{KEY}", f"ftp://x/?{KEY}", f"nonsense?{KEY}",
     f"http://{HOST}:99999/?{KEY}", f"http://\u0000/?{KEY}"],
)  # fmt: skip
def test_that_what_cannot_be_reached_got_nothing(client: Client, url: str) -> None:
    with pytest.raises(NotSent) as caught:
        client(Request(url=url.replace("{port}", str(free_port()))), 2.0)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_that_a_header_that_is_none_is_not_sent(client: Client, server: Imitation) -> None:
    for value in ("a\r\nX-B: c", "卡纸"):
        with pytest.raises(NotSent):
            client(Request(url=server.url, headers={"X-A": value}), 2.0)
    assert server.asked == []


def test_that_a_server_that_came_back_is_found(client: Client, server: Imitation) -> None:
    client(Request(url=server.url), 2.0)
    server.fault = "cut"
    with pytest.raises(OSError, match="cut") as caught:
        client(Request(url=server.url), 2.0)
    assert not isinstance(caught.value, NotSent)
    server.fault = ""
    assert client(Request(url=server.url), 2.0).status == 200


def test_certificates(client: Client) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)
    with HTTPServer((HOST, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"https://{HOST}:{server.server_address[1]}/?{KEY}"
        with pytest.raises(NotSent, match="certificate is not trusted") as caught:
            client(Request(url=url), 5.0)
        assert KEY not in str(caught.value)
        assert client(Request(url=url, ca=ca.cert_pem.bytes().decode()), 5.0).status == 204
        server.shutdown()


def test_that_authorities_that_are_none_are_told(client: Client) -> None:
    with pytest.raises(NotSent, match="is no certificate"):
        client(Request(url="https://127.0.0.1:1/", ca="nonsense"), 2.0)
