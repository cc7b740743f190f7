"""The synthetic transaction against a small bureau that works, and breaks in every way that S2 names."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.probes.systems.transaction import TransactionProbe, conceal
from hallwatch_agent.probes.systems.transaction_session import look_up
from hallwatch_agent.probes.systems.transaction_steps import (
    Refused,
    Request,
    Step,
    build_request,
    decode_page,
    follow,
    parse_variables,
)
from hallwatch_agent.probes.systems.transaction_verdict import Course, Stopped, Trouble, diagnose, judge
from hallwatch_agent.probes.systems.whereabouts import ask_places
from hallwatch_agent.wire import ReadError
from parts.bureau import PASSWORD, Bureau, half_open, serve_bureau
from parts.mosquitto import free_port

REACHED = {"reachable": True, "port-open": True}
NOW = 1_700_000_000.0


def steps_at(base: str) -> list[dict[str, Any]]:
    return [
        {
            "name": "open",
            "url": f"{base}/login",
            "expect_text": "用户登录",
            "extract": {"token": 'name="_csrf" value="([^"]*)"'},
        },
        {
            "name": "log-in",
            "url": f"{base}/login",
            "login": True,
            "form": {"user": "tester", "_csrf": "{token}"},
            "secrets": {"password": "bureau"},
            "expect_text": "欢迎办税",
            "forbid_text": ["系统错误"],
        },
        {"name": "home", "url": f"{base}/home", "expect_text": "欢迎办税", "forbid_text": ["系统错误"]},
    ]


def read(base: str, now: float = NOW, **options: Any) -> Told:
    table = {"kind": "transaction", "steps": steps_at(base), "timeout_s": 3.0} | options
    probe: Any = msgspec.convert(table, AnyProbe)
    told = probe.read(Context(now=now, typed={"bureau": PASSWORD}))
    assert isinstance(told, Told)
    assert "ss w" not in repr(told)
    return told


def url(bureau: Bureau, scheme: str = "http", host: str = "127.0.0.1") -> str:
    return f"{scheme}://{host}:{bureau.port}"


def test_a_system_that_works() -> None:
    with serve_bureau() as bureau:
        told = read(url(bureau))
    assert told.conditions == REACHED | {"login-ok": True, "working": True, "program-error": False}
    assert told.facts == {}
    assert {key for key in told.metrics if key.startswith("step_s")} == {
        "step_s[open]",
        "step_s[log-in]",
        "step_s[home]",
    }
    assert told.metrics["transaction_s"] >= sum(told.metrics[f"step_s[{name}]"] for name in ("open", "log-in", "home"))
    assert told.metrics["tcp_connect_s"] > 0
    assert [(method, path) for method, path, _, _ in bureau.asked] == [
        ("GET", "/login"), ("POST", "/login"), ("GET", "/home"), ("GET", "/home"),
    ]  # fmt: skip


def test_a_name_that_is_looked_up_is_told_with_its_time() -> None:
    with serve_bureau() as bureau:
        told = read(url(bureau, host="localhost"))
    assert told.conditions["name-resolved"] is True
    assert told.metrics["name_resolution_s"] >= 0


def test_a_slow_system_works_and_takes_its_time() -> None:
    def slow() -> Any:
        threading.Event().wait(0.3)
        return 200, {}, "欢迎办税".encode()

    with serve_bureau() as bureau:
        bureau.instead["/home"] = slow
        told = read(url(bureau))
    assert told.conditions["working"] is True
    assert told.metrics["step_s[home]"] > 0.3
    assert told.metrics["transaction_s"] > 0.6  # the log-in leads there too


def test_a_wrong_password_is_a_log_in_that_is_refused() -> None:
    with serve_bureau() as bureau:
        bureau.password = "changed"
        told = read(url(bureau))
    assert told.conditions == REACHED | {"login-ok": False, "program-error": False}
    assert told.facts == {"failed-step": "log-in", "why": "the page does not hold 欢迎办税"}
    assert "transaction_s" not in told.metrics
    assert "step_s[open]" in told.metrics


def test_logged_in_but_not_working() -> None:
    with serve_bureau() as bureau:
        answers = iter([(200, {}, "欢迎办税".encode()), (200, {}, "系统维护中".encode())])
        bureau.instead["/home"] = lambda: next(answers)
        told = read(url(bureau))
    assert told.conditions == REACHED | {"login-ok": True, "working": False, "program-error": False}
    assert told.facts["failed-step"] == "home"


@pytest.mark.parametrize(
    ("path", "answer", "step", "why"),
    [
        ("/login", (500, {}, b""), "open", "HTTP 500"),
        ("/login", (503, {}, "用户登录".encode()), "open", "HTTP 503"),
        ("/home", (502, {}, b""), "log-in", "HTTP 502"),
        ("/home", (200, {}, "系统错误,欢迎办税".encode("gb18030")), "log-in", "the page holds 系统错误"),
    ],
)
def test_program_errors(path: str, answer: Any, step: str, why: str) -> None:
    with serve_bureau() as bureau:
        bureau.instead[path] = answer
        told = read(url(bureau), gateway="127.0.0.1:1")
    assert told.conditions == REACHED | {"working": False, "program-error": True, "gateway-reached": True}
    assert told.facts == {"failed-step": step, "why": why, "fault-at": "system"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b""), "HTTP 404"),
        ((200, {}, b"hello"), "the page does not hold 用户登录"),
        ((200, {}, "用户登录".encode()), "nothing in the page matches `extract` token"),
        ((302, {"Location": "http://other.invalid/x"}, b""), "redirects to another host, other.invalid"),
        ((302, {"Location": "/login"}, b""), "more than 8 redirections"),
        ((302, {"Location": "//[x"}, b""), "redirects to what is no address"),
        ((302, {}, b""), "HTTP 302"),
    ],
)
def test_a_wrong_answer_is_a_system_that_does_not_work(answer: Any, why: str) -> None:
    with serve_bureau() as bureau:
        bureau.instead["/login"] = answer
        told = read(url(bureau))
    assert told.conditions == REACHED | {"working": False, "program-error": False}
    assert told.facts == {"failed-step": "open", "why": why}


def test_a_half_open_system_is_reached_and_does_not_work() -> None:
    with half_open() as port:
        began = time.monotonic()
        told = read(f"http://127.0.0.1:{port}", timeout_s=0.6)
        assert time.monotonic() - began < 1.0
    assert told.conditions == REACHED | {"working": False}
    with half_open() as port:
        told = read(f"https://127.0.0.1:{port}", timeout_s=0.6)
    assert told.conditions == REACHED | {"working": False}
    assert told.facts["why"] == "it accepts the connection, but does not answer in time"


def test_a_server_that_drips_does_not_outlast_the_time_limit() -> None:
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        link, _ = listener.accept()
        with link:
            link.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                try:
                    link.sendall(b"X: y\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        began = time.monotonic()
        told = read(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.5)
        assert time.monotonic() - began < 0.9
        stop.set()
        thread.join(5)
    assert told.conditions == REACHED | {"working": False}


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n", b"\xff" * 70_000])
def test_what_is_no_http_is_not_working(said: bytes) -> None:
    def talk(listener: socket.socket) -> None:
        link, _ = listener.accept()
        with link:
            link.recv(65_536)
            link.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,), daemon=True)
        thread.start()
        told = read(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
    assert told.conditions == REACHED | {"working": False}


def test_a_closed_port() -> None:
    told = read(f"http://127.0.0.1:{free_port()}", gateway="127.0.0.1:1", beyond=("127.0.0.2:1",))
    assert told.conditions == {
        "reachable": True, "port-open": False, "gateway-reached": True, "uplink-reached": True,
    }  # fmt: skip
    assert told.facts["fault-at"] == "system"


# -- names that are not found, hosts that are silent, and whose fault it is --------------------------------------------


def test_an_unknown_name_is_told() -> None:
    told = read("http://bureau.invalid")
    assert told.conditions == {"name-resolved": False}
    assert told.facts["failed-step"] == "open"
    assert told.facts["why"].startswith("bureau.invalid: ")


def test_an_unknown_name_is_the_systems_fault_when_the_world_answers() -> None:
    told = read("http://bureau.invalid", gateway="127.0.0.1:1", beyond=["127.0.0.2:1"])
    assert told.conditions == {"name-resolved": False, "gateway-reached": True, "uplink-reached": True}
    assert told.facts["fault-at"] == "system"


def test_a_machine_that_can_ask_nobody_blames_nobody() -> None:
    with pytest.raises(CouldNotRead) as caught:
        read("http://bureau.invalid", gateway="gateway.invalid:22", beyond=["255.255.255.255:9"])
    assert caught.value.error is ReadError.LOCAL


def test_no_way_to_the_host_tells_nothing_of_it() -> None:
    with pytest.raises(CouldNotRead) as caught:
        read("http://255.255.255.255:9")
    assert caught.value.error is ReadError.LOCAL


def hang_for(monkeypatch: pytest.MonkeyPatch, name: str) -> threading.Event:
    """Let the look-up of one name hang until the event."""
    let_go = threading.Event()
    real = socket.getaddrinfo

    def look_up_slowly(host: str, *rest: Any, **more: Any) -> Any:
        if host == name:
            let_go.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    return let_go


def test_a_name_server_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = hang_for(monkeypatch, "core.tax")
    with pytest.raises(Stopped, match=r"no name server answered in 0\.1 s"):
        look_up("core.tax", 443, 0.1)
    let_go.set()


def test_a_silent_host_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = CouldNotRead(ReadError.TIMEOUT, "timed out")

    def connect(*_: Any) -> Any:
        raise silent

    monkeypatch.setattr("hallwatch_agent.probes.systems.transaction_session.connect", connect)
    told = read("http://192.0.2.1", gateway="127.0.0.1:1")
    assert told.conditions == {"reachable": False, "gateway-reached": True}
    assert told.facts["why"] == "192.0.2.1:80: timed out"
    assert "fault-at" not in told.facts  # beyond the gateway, but where?


@pytest.mark.parametrize(
    ("gateway", "beyond", "conditions", "fault_at"),
    [
        (True, [True], {"gateway-reached": True, "uplink-reached": True}, "system"),
        (True, [False, True], {"gateway-reached": True, "uplink-reached": True}, "system"),
        (True, [False, False], {"gateway-reached": True, "uplink-reached": False}, "uplink"),
        (False, [False], {"gateway-reached": False}, "hall"),
        (False, [None], {"gateway-reached": False}, "hall"),
        (False, [True], {"gateway-reached": True, "uplink-reached": True}, "system"),
        (False, [], {"gateway-reached": False}, "hall"),
        (True, [], {"gateway-reached": True}, None),
        (True, [False, None], {"gateway-reached": True}, None),
        (None, [True], {"uplink-reached": True}, "system"),
        (None, [False], {"uplink-reached": False}, None),
        (None, [None], {}, None),
    ],
)
def test_whose_fault_it_is(gateway: Any, beyond: Any, conditions: dict[str, bool], fault_at: str | None) -> None:
    told = diagnose(gateway, beyond)
    assert told.conditions == conditions
    assert told.facts.get("fault-at") == fault_at


def test_places_are_asked_at_the_same_time() -> None:
    with half_open() as port:
        places = [f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}", "no-such.invalid:1", "255.255.255.255:9"]
        assert ask_places(places, 1.0) == [True, True, None, None]


def test_a_hanging_look_up_of_a_place_does_not_hold_up_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = hang_for(monkeypatch, "hangs")
    assert ask_places(["hangs:1", "127.0.0.1:1"], 0.2) == [None, True]
    let_go.set()


# -- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    """An authority, and the file that makes a probe trust it."""
    authority = trustme.CA()
    ca_file = str(tmp_path_factory.mktemp("trust") / "ca.pem")
    authority.cert_pem.write_to_path(ca_file)
    return authority, ca_file


def tls_of(authority: trustme.CA, host: str, not_after: datetime.datetime | None = None) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host, not_after=not_after).configure_cert(tls)
    return tls


def test_tls_that_is_good(trust: tuple[trustme.CA, str]) -> None:
    authority, ca_file = trust
    with serve_bureau(tls_of(authority, "127.0.0.1")) as bureau:
        told = read(url(bureau, "https"), ca_file=ca_file)
    assert told.conditions == REACHED | {"tls-ok": True, "login-ok": True, "working": True, "program-error": False}
    assert told.metrics["tls_handshake_s"] > 0
    assert told.metrics["tls_expires_in_s"] > 0


@pytest.mark.parametrize(
    ("host", "not_after", "trusted", "why"),
    [
        ("127.0.0.1", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), True, "certificate has expired"),
        ("127.0.0.1", None, False, "unable to get local issuer certificate"),
        ("other.example", None, True, "IP address mismatch"),
    ],
)
def test_tls_that_is_bad(host: str, not_after: Any, trusted: bool, why: str, trust: tuple[trustme.CA, str]) -> None:
    authority, ca_file = trust
    with serve_bureau(tls_of(authority, host, not_after)) as bureau:
        told = read(url(bureau, "https"), ca_file=ca_file if trusted else "", gateway="127.0.0.1:1")
    assert told.conditions == REACHED | {"tls-ok": False, "gateway-reached": True}
    assert why in told.facts["why"]
    assert "fault-at" not in told.facts  # it may be this machine's clock
    assert "tls_expires_in_s" not in told.metrics


def test_a_server_without_tls() -> None:
    with serve_bureau() as bureau:
        told = read(url(bureau, "https"))
    assert told.conditions == REACHED | {"tls-ok": False}


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_a_missing_secret_is_this_machines_trouble(tmp_path: Path) -> None:
    probe: Any = msgspec.convert({"kind": "transaction", "steps": steps_at("http://127.0.0.1:1")}, AnyProbe)
    with pytest.raises(CouldNotRead, match="secret bureau") as caught:
        probe.read(Context(secrets=tmp_path))
    assert caught.value.error is ReadError.LOCAL


@pytest.mark.parametrize("status", [302, 307, 308])
def test_the_form_never_follows_to_another_host(status: int) -> None:
    with serve_bureau() as bureau, serve_bureau() as elsewhere:
        bureau.instead["/post"] = (status, {"Location": f"http://localhost:{elsewhere.port}/login"}, b"")
        step = {"name": "post", "url": f"{url(bureau)}/post", "secrets": {"password": "bureau"}}
        told = read("", steps=[step])
        assert told.facts["why"] == "redirects to another host, localhost"
        assert elsewhere.asked == []
        bureau.instead["/post"] = (status, {"Location": f"http://127.0.0.1:{elsewhere.port}/login"}, b"")
        told = read("", steps=[step])
        assert all("p%26ss" not in body for _, _, body, _ in elsewhere.asked)
        assert told.conditions["working"] is (status == 302)


def test_a_secret_that_the_server_says_again_is_concealed() -> None:
    with serve_bureau() as bureau:
        bureau.instead["/post"] = (302, {"Location": "http://p%26ss-here.invalid/"}, b"")
        bureau.instead["/short"] = (302, {"Location": "http://geheim.invalid/"}, b"")
        probe: Any = msgspec.convert(
            {
                "kind": "transaction",
                "steps": [{"name": "post", "url": f"{url(bureau)}/short", "secrets": {"password": "bureau"}}],
            },
            AnyProbe,
        )
        told = probe.read(Context(typed={"bureau": "geheim"}))
        bureau.instead["/short"] = (302, {"Location": f"http://{'x' * 150}{'.geheim' * 9}/"}, b"")
        long = probe.read(Context(typed={"bureau": "geheim"}))
    assert told.facts["why"] == "redirects to another host, ***.invalid"
    assert "***" in long.facts["why"]
    assert "geh" not in long.facts["why"]
    assert conceal("a=p%26ss+w b=p&ss w c=P&SS W", ["p&ss w", ""]) == "a=*** b=*** c=***"


@pytest.mark.parametrize(
    ("location", "status", "expected"),
    [
        ("/x#y", 302, Request("http://h:80/x")),
        ("x", 303, Request("http://h:80/a/x")),
        ("https://H/x", 307, Request("https://H/x", "POST", b"b", "t")),
        ("http://h:81/x", 302, Request("http://h:81/x")),
        ("http://h:81/x", 307, None),
        ("//o/x", 302, None),
        ("javascript:x", 302, None),
        ("http://h:x/", 302, None),
    ],
)
def test_redirections(location: str, status: int, expected: Request | None) -> None:
    posted = Request("http://h:80/a/b", "POST", b"b", "t")
    if expected is None:
        with pytest.raises(Refused):
            follow(posted, status, location)
    else:
        assert follow(posted, status, location) == expected


@pytest.mark.parametrize("sent", ["/办税?a=1".encode(), "/办税?a=1".encode("gbk"), b"/%E5%8A%9E%E7%A8%8E?a=1"])
def test_a_redirection_to_a_chinese_path_keeps_its_octets(sent: bytes) -> None:
    with serve_bureau() as bureau:
        bureau.instead["/login"] = (302, {"Location": sent.decode("latin-1")}, b"")
        read(url(bureau))
        assert unquote_to_bytes(bureau.asked[1][1]) == unquote_to_bytes(sent)


def test_a_redirection_out_of_tls_is_refused() -> None:
    with pytest.raises(Refused, match="out of TLS"):
        follow(Request("https://h/"), 302, "http://h/")


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"steps": []}, "length"),
        ({"steps": [{"name": "a", "url": "http://h/{x}"}]}, r"no earlier step extracts \{x\}"),
        ({"steps": [{"name": "a", "url": "http://{x}/"}]}, "behind the host"),
        ({"steps": [{"name": "a", "url": "http://u:p@h/"}]}, "password"),
        ({"steps": [{"name": "a", "url": "http://h/"}] * 2}, "name"),
        ({"steps": [{"name": name, "url": "http://h/", "login": True} for name in "ab"]}, "login"),
        ({"steps": [{"name": "a", "url": "http://h/", "method": "GET", "secrets": {"p": "f"}}]}, "POST only"),
        ({"steps": [{"name": "a", "url": "http://h/", "extract": {"t": "("}}]}, r"`extract\.t` is no usable"),
        ({"steps": [{"name": "a", "url": "http://h/", "extract": {"t": "x"}}]}, "exactly one group"),
        ({"steps": [{"name": "a", "url": "http://h/", "secrets": {"p": "../f"}}]}, "secrets"),
        ({"gateway": "192.168.1.1"}, "gateway"),
        ({"gateway": "192.168.1.1:70000"}, "[Pp]ort"),
        ({"beyond": ["a:0"]}, "port"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_the_hall_file(change: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"kind": "transaction", "steps": steps_at("http://h")} | change, AnyProbe)


def test_requests() -> None:
    step = Step(name="a", url="http://h/{x}/?q={x}#f", form={"k": "{x} {y} {Z}"}, extract={})
    assert build_request(Step(name="a", url="http://h/x#f", method="GET", form={"k": "ä b"}), {}, {}) == Request(
        "http://h/x?k=%C3%A4+b"
    )
    request = build_request(step, {"x": "a/b", "y": "2"}, {"p": "&"})
    assert request.url == "http://h/a%2Fb/?q=a%2Fb#f"
    assert request.body == b"k=a%2Fb+2+%7BZ%7D&p=%26"
    request = build_request(Step(name="a", url="http://h/", form={"k": "1"}, send_as="json"), {}, {"p": "密"})
    assert msgspec.json.decode(request.body or b"") == {"k": "1", "p": "密"}
    assert request.content_type == "application/json"


# -- fuzz -------------------------------------------------------------------------------------------------------------


@given(st.binary())
def test_any_page_is_text_and_is_searched(body: bytes) -> None:
    assert isinstance(decode_page(body), str)
    step = Step(name="a", url="http://h/", extract={"t": "value=(.)"})
    try:
        found = parse_variables(step, body)
    except Refused:
        assert b"value=" not in body or not decode_page(body).split("value=")[-1].strip("\n")
    else:
        assert found.keys() == {"t"}


def test_an_endless_page_does_not_halt_the_agent() -> None:
    step = msgspec.convert({"name": "a", "url": "http://h/", "extract": {"t": 't="[^"]*" v="(.)"'}}, Step)
    page = b't="' + b"x" * 100_000 + b'" v="1"'
    assert parse_variables(step, page) == {"t": "1"}
    step = msgspec.convert({"name": "a", "url": "http://h/", "extract": {"t": "(?:x+x+)+y(.)"}}, Step)
    with pytest.raises(Refused):
        parse_variables(step, b"x" * 1_000_000)


def test_a_page_cut_within_a_letter_is_still_utf_8() -> None:
    assert decode_page("办税".encode()[:-1]) == "办"
    assert decode_page("办税".encode("gb18030")) == "办税"


@given(st.sampled_from([200, 301, 302, 307, 308]), st.none() | st.text())
def test_any_location_is_followed_within_the_host_or_refused(status: int, location: str | None) -> None:
    try:
        following = follow(Request("https://h/a", "POST", b"secret"), status, location)
    except Refused:
        return
    if following is not None:
        assert following.url.lower().startswith("https://h")


@given(
    st.sampled_from(Trouble),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(["reachable", "tls-ok"]), st.booleans()),
)
def test_every_course_has_one_verdict(trouble: Trouble, done: int, found: dict[str, bool]) -> None:
    names = ["open", "log-in", "home"]
    course = Course(found, {"transaction_s": 1.0}, names[:done])
    told = judge(course, names, "log-in", Stopped(trouble, "why"))
    assert False in (told.conditions | {"": told.conditions.get("working", True)}).values()
    assert told.conditions.get("login-ok") is (
        True if done == 2 else False if trouble is Trouble.WRONG and done == 1 else None
    )
    assert told.facts["failed-step"] == names[done]
    assert "transaction_s" not in told.metrics


def test_the_probe_is_one_of_the_registry() -> None:
    probe = msgspec.convert({"kind": "transaction", "steps": steps_at("http://h")}, AnyProbe)
    assert isinstance(probe, TransactionProbe)
    assert (probe.interval_s, probe.timeout_s) == (60.0, 20.0)
