"""The HTTP probe against real servers on loopback, good ones and bad ones."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead
from hallwatch_agent.probes.systems.http import HttpProbe, parse_answer, parse_target
from hallwatch_agent.probes.systems.web_probe import parse_expiry
from hallwatch_agent.wire import ReadError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n\xe5\x8a\x9e\xe7\xa8\x8e\xe5\xa4\xa7\xe5\x8e\x85"

MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://u:p@sso.gov.cn/login?ticket=secret\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Accept one connection and let *talk* have it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            link, _ = listener.accept()
            with link:
                link.settimeout(10)
                talk(link)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(10)


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(link: socket.socket) -> None:
        link.recv(65_536)
        link.sendall(answer)

    return talk


def read(port: int, **options: Any) -> Any:
    return HttpProbe(url=f"http://127.0.0.1:{port}/login?a=1", **{"timeout_s": 2.0} | options).read(Context())


@pytest.mark.parametrize(
    ("answer", "options", "why"),
    [
        (OK, {}, None),
        (OK, {"expect_text": "办税大厅"}, None),
        (OK, {"expect_text": "系统维护"}, "the page does not hold 系统维护"),
        (OK, {"expect_status": (301, 302)}, "HTTP 200, not 301 or 302"),
        (MOVED, {}, None),
        (MOVED, {"expect_status": (200,)}, "HTTP 302, not 200; it redirects to http://sso.gov.cn/login"),
        (MOVED, {"expect_text": "登录"}, "the page does not hold 登录; it redirects to http://sso.gov.cn/login"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", {}, "HTTP 503"),
        (b"HTTP/1.0 200 OK\r\n\r\nall of it", {"expect_text": "all of it"}, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {"expect_text": "x"}, "the page does not hold x"),
    ],
)
def test_an_answer_is_judged(answer: bytes, options: dict[str, Any], why: str | None) -> None:
    with server(says(answer)) as port:
        told = read(port, **options)
    assert told.conditions == {"reachable": True, "http-ok": why is None}
    assert told.facts.get("why") == why
    assert told.metrics["http_status"] == float(answer.split()[1])
    assert told.metrics["http_response_s"] > 0


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * 100_000])
def test_garbage_is_a_service_that_is_not_ok(answer: bytes) -> None:
    with server(says(answer)) as port:
        told = read(port)
    assert told.conditions == {"reachable": True, "http-ok": False}
    assert told.facts["why"]
    assert "Errno" not in told.facts["why"]


def test_a_server_that_never_answers_is_not_ok_within_the_time_limit() -> None:
    done = threading.Event()
    with server(lambda link: (link.recv(100), done.wait(5), None)[-1]) as port:
        told = read(port, timeout_s=0.3)
        done.set()
    assert told.conditions == {"reachable": True, "http-ok": False}
    assert told.facts["why"] == "it accepts the connection, but does not answer in time"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    told = read(port)
    assert told.conditions == {"reachable": True, "http-ok": False}
    assert told.facts == {"why": "Connection refused"}


def test_an_unknown_name_tells_nothing_of_the_service() -> None:
    with pytest.raises(CouldNotRead) as caught:
        HttpProbe(url="http://no-such-host.invalid/").read(Context())
    assert caught.value.error is ReadError.LOCAL


@pytest.mark.parametrize(
    "url", ["ftp://x/", "http://", "http:///x", "http://h:0/", "http://h:99999/", "https://h:x/", "http://u:p@h/"]
)
def test_a_wrong_url_is_refused_in_the_hall_file(url: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"url|[Pp]ort"):
        msgspec.convert({"kind": "http", "url": url}, AnyProbe)


@pytest.fixture(scope="module")
def authority() -> Any:
    return trustme.CA()


def test_tls_tells_how_long_the_certificate_lasts(authority: Any, tmp_path: Any) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    def talk(link: socket.socket) -> None:
        try:
            with tls.wrap_socket(link, server_side=True) as secured:
                says(OK)(secured)
        except ssl.SSLError:  # the client did not trust us
            pass

    with server(talk) as port:
        probe = HttpProbe(url=f"https://127.0.0.1:{port}/", ca_file=str(ca_file))
        told = probe.read(Context(now=1_700_000_000.0))
    assert told.conditions == {"reachable": True, "http-ok": True}
    assert told.metrics["tls_expires_in_s"] > 0
    with server(talk) as port:
        told = HttpProbe(url=f"https://127.0.0.1:{port}/").read(Context())
    assert told.conditions == {"reachable": True, "http-ok": False}
    assert "certificate refused" in told.facts["why"]
    with server(talk) as port:
        told = HttpProbe(url=f"https://127.0.0.1:{port}/", verify=False).read(Context())
    assert told.conditions["http-ok"] is True
    assert "tls_expires_in_s" not in told.metrics


def test_a_renewed_ca_file_counts_at_once(authority: Any, tmp_path: Any) -> None:
    ca_file, context = tmp_path / "ca.pem", Context()
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    probe = HttpProbe(url="https://127.0.0.1/", ca_file=str(ca_file))
    old = probe.tls(context)
    assert probe.tls(context) is old
    authority.cert_pem.write_to_path(str(ca_file))
    os.utime(ca_file, (1, 1))
    assert probe.tls(context).get_ca_certs() != old.get_ca_certs()


def test_a_missing_ca_file_is_named() -> None:
    with server(lambda link: None) as port, pytest.raises(CouldNotRead, match=r"ca_file /no/such\.pem"):
        HttpProbe(url=f"https://127.0.0.1:{port}/", ca_file="/no/such.pem").read(Context())


@given(st.integers(100, 599), st.binary(), st.text())
def test_any_body_can_be_searched(status: int, body: bytes, wanted: str) -> None:
    assert isinstance(parse_answer(status, body, (), wanted), str)


@given(st.none() | st.text())
def test_any_target_can_be_shown(location: str | None) -> None:
    shown = parse_target(location)
    assert len(shown) <= 100
    assert "?" not in shown


@given(st.none() | st.dictionaries(st.just("notAfter"), st.text()))
def test_a_certificate_without_an_end_tells_none(certificate: Any) -> None:
    assert parse_expiry(certificate, 0.0) == {}


def test_the_end_of_a_certificate() -> None:
    assert parse_expiry({"notAfter": "Jan  1 00:00:10 1970 GMT"}, 4.0) == {"tls_expires_in_s": 6.0}
