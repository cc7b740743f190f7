"""What somebody tries who means no good: foreign forms, fixed sessions, guesses, paths that lead out, huge requests."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pyotp
import pytest
from litestar.testing import TestClient

from hallwatch_collector.people import Person, passwords
from hallwatch_collector.people.failures import MOST_OF_ADDRESS
from hallwatch_collector.people.neighbours import neighbourhood_of
from hallwatch_collector.people.sign_in import SignInRefused, check_password
from hallwatch_collector.web.app import LARGEST_BODY_BYTES, create_app
from hallwatch_collector.web.cookies import token_of
from hallwatch_collector.web.doors import DOORS
from hallwatch_collector.web.forms import TOKEN_HEADER
from hallwatch_collector.web.hall_file_pages import LARGEST_FORM_BYTES
from hallwatch_collector.web.rates import AT_ONCE, RateLimit
from hallwatch_collector.web.report_pages import LARGEST_BODY_BYTES as LARGEST_REPORT
from hallwatch_collector.web.throttle import MOST_WRONG, Throttle
from parts.fake_source import TOKEN as FAKE_TOKEN
from parts.fake_source import FakeSource
from parts.hall_views import NOW
from parts.people import PASSWORD, admit, cookie_of, open_session, sign_in
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, serve

PLACED: Final = {
    "area": "330106", "hall": "xihu", "incident": "i1", "register": "by-hand", "thing": "prn-3", "ticket": "none",
    "name": "x", "file": "x",
}  # fmt: skip
EVERYBODY: Final = Person(name="某人", roles=["*", "administrator", "auditor"])
FORMS: Final = [door.path for door in DOORS if door.form]
POSTS: Final = [door.path for door in DOORS if door.method == "POST"]
LARGEST: Final = {
    "/halls/{area}/{hall}/reports": LARGEST_REPORT,
    "/settings/halls/{area}/{hall}": LARGEST_FORM_BYTES,
    "/settings/tour/{area}/{hall}": LARGEST_FORM_BYTES,
}
"""Forms that bring a photo, or a file."""
TOKEN: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    admit(source, "王主任", "head")
    return source


@pytest.fixture
def client(source: FakeSource) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        yield client


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_not_of_this_session_does_nothing(
    path: str, source: FakeSource, client: TestClient[Any]
) -> None:
    """Without a token, with another session's, with that of who is not signed in, or sent by another site."""
    own = token_of(sign_in(client, source, EVERYBODY))
    others = token_of(open_session(source, "别人", "*"))
    del client.headers[TOKEN_HEADER]
    there = path.format(**PLACED)
    people = [each.person for each in source.people.accounts.all()]
    tries: list[tuple[dict[str, str], dict[str, str]]] = [
        (OWN, {}), (OWN, {"csrf": ""}), (OWN, {"csrf": others}), (OWN, {"csrf": token_of("anybody's")}),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf": own}), ({"Origin": "http://evil.example"}, {"csrf": own}),
        ({"Origin": "null"}, {"csrf": own}), ({}, {"csrf": own}),
    ]  # fmt: skip
    for headers, data in tries:
        answer = client.post(there, data=data, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, (headers, data)
    assert client.post(f"{there}?csrf={own}", headers=OWN, follow_redirects=False).status_code == 403, "not by address"
    assert (source.commands, [each.person for each in source.people.accounts.all()]) == ([], people)
    assert source.people.sessions.of(EVERYBODY.name, source.clock, idle_s=1e9), "still signed in"


def test_nothing_is_done_by_a_link(source: FakeSource, client: TestClient[Any]) -> None:
    sign_in(client, source, EVERYBODY)
    looked = {door.path for door in DOORS if door.method == "GET"}
    for path in POSTS:
        if path not in looked:
            assert client.get(path.format(**PLACED), follow_redirects=False).status_code == 405, path
    assert source.commands == []


@pytest.mark.parametrize("path", POSTS)
def test_whatever_is_sent_to_a_form_nothing_breaks(path: str, source: FakeSource, client: TestClient[Any]) -> None:
    sign_in(client, source, EVERYBODY)
    if path == "/sign-out":
        return
    there = path.format(**PLACED)
    odd: list[tuple[bytes, str]] = [
        (b"", "application/x-www-form-urlencoded"), (b"\xff\xfe\x00=%zz&&&===", "application/x-www-form-urlencoded"),
        (b"command=confirm&command=tick&measure=%00&measure[]=1", "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"), (b"--x", "multipart/form-data"),
        (b'{"command":' * 2000, "application/json"), (b"[[[[", "application/json"), (b"x", "text/plain; charset=zz"),
        (b"deed=\xe2\x80\xae&name=" + b"a" * 60_000, "application/x-www-form-urlencoded"),
    ]  # fmt: skip
    for body, kind in odd:
        answer = client.post(there, content=body, headers=OWN | {"Content-Type": kind}, follow_redirects=False)
        assert answer.status_code < 500, (kind, body[:40])
    largest = LARGEST.get(path, LARGEST_BODY_BYTES)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(there, content=b"a=" + b"b" * largest, headers=OWN | kind, follow_redirects=False)
    assert answer.status_code in (413, 401, 403), "neither the API nor a screen that is not paired reads it"
    bearer = {"Authorization": f"Bearer {FAKE_TOKEN}", "Content-Type": "application/json"}
    if path.startswith("/api/"):
        bodies = (b'{"command":' * 20_000, b"[" * 60_000, b'{"command": "note", "text": "\\ud800"}', b"\xff", b"nul")
        assert {client.post(there, content=body, headers=bearer).status_code for body in bodies} == {400, 413}
    assert source.commands == []


def test_the_session_is_another_one_after_the_second_factor_and_the_first_is_dead(
    source: FakeSource, client: TestClient[Any]
) -> None:
    secret = pyotp.random_base32()
    source.people.accounts.set_totp("王主任", source.people.sealer.seal(secret, "totp 王主任"))
    foreign = {"Cookie": "hallwatch_session=fixed-by-somebody-else"}
    client.get("/sign-in", headers=foreign)
    _fill(client, "/sign-in", name="王主任", password=PASSWORD)
    first = client.cookies["hallwatch_session"]
    _fill(client, "/sign-in/code", code=pyotp.TOTP(secret).at(int(source.clock)))
    second = client.cookies["hallwatch_session"]
    assert len({first, second, "fixed-by-somebody-else"}) == 3
    assert client.get(f"{PAGE}/work", follow_redirects=False).status_code == 200
    client.cookies.clear()
    client.cookies.set("hallwatch_session", first)
    assert client.get(f"{PAGE}/work", follow_redirects=False).status_code == 303
    assert client.get("/sign-in/code", follow_redirects=False).headers["location"] == "/sign-in", "nothing is pending"


def test_guesses_from_a_home_of_ipv6_are_counted_together(source: FakeSource) -> None:
    """Who has one address of IPv6 has 2⁶⁴ of them."""
    failures = source.people.failures
    waits = [failures.count(f"某{n}", f"2001:db8:1:2::{n:x}", NOW) for n in range(MOST_OF_ADDRESS + 1)]
    assert [bool(wait) for wait in waits] == [False] * MOST_OF_ADDRESS + [True]
    assert not failures.count("别人", "2001:db8:1:3::1", NOW)
    throttle, rates = Throttle(), RateLimit(lambda: NOW)
    for n in range(MOST_WRONG):
        throttle.count(f"2001:db8::{n:x}", NOW)
    assert throttle.wait_s("2001:db8::ffff", NOW)
    assert not throttle.wait_s("2001:db8:0:1::", NOW)
    assert [bool(rates.take(f"2001:db8::{n:x}", NOW)) for n in range(int(AT_ONCE) + 1)][-2:] == [False, True]
    told = {
        "::ffff:10.1.2.3": "10.1.2.3",
        "10.1.2.3": "10.1.2.3",
        "fe80::1%eth0": "fe80::/64",
        "": "",
        "x:": "x:",
    }
    assert {address: neighbourhood_of(address) for address in told} == told


@pytest.mark.parametrize("name", ["王主任", "没有的人", "停用的人", "没有密码的人", ""])
def test_a_name_that_is_not_there_takes_as_long_as_one_that_is(
    name: str, source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured by the work that is done: one password is compared, whoever is asked for."""
    admit(source, "停用的人", "staff")
    source.people.accounts.disable("停用的人", NOW)
    open_session(source, "没有密码的人", "staff")
    compared: list[str] = []

    class Counting:
        def verify(self, kept: str, told: str) -> bool:
            compared.append(told)
            return real.verify(kept, told)

    real = passwords.hasher
    monkeypatch.setattr(passwords, "hasher", Counting())
    with pytest.raises(SignInRefused):
        check_password(source.people, name, "not this one", "10.0.0.1", NOW)
    assert len(compared) == 1
    assert passwords.NOBODYS.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "as dear as a real one"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_cookie_is_for_us_alone(scheme: str, source: FakeSource) -> None:
    with TestClient(create_app(source), base_url=f"{scheme}://testserver.local") as client:
        answers = [client.get("/sign-in?lang=en"), _fill(client, "/sign-in", name="王主任", password=PASSWORD)]
        answers.append(client.get(f"{PAGE}/my-window?window=w3", follow_redirects=False))
    cookies = [each.lower() for answer in answers for each in answer.headers.get_list("set-cookie")]
    assert len(cookies) >= 3
    for cookie in cookies:
        assert "httponly" in cookie
        assert re.search("samesite=(strict|lax)", cookie)
        assert "path=/" in cookie
        assert "domain" not in cookie
        assert ("secure" in cookie.split("; ")) is (scheme == "https")
        if "session" in cookie or "__host-" in cookie:
            assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/%5cevil.example/..//x", "/\tx",
     "javascript:alert(1)", "/a\r\nSet-Cookie: a=b", "/x%0d%0aLocation: //e", "/../..//e", "//e@x", "/@e//x"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(onward: str, source: FakeSource, client: TestClient[Any]) -> None:
    answers = [_fill(client, "/sign-in", name="王主任", password=PASSWORD, next=onward)]
    answers.append(client.get("/sign-in", params={"next": onward}, follow_redirects=False))
    command = {"command": "confirm", "measure": "m1", "back": onward}
    client.headers[TOKEN_HEADER] = token_of(client.cookies["hallwatch_session"])
    answers.append(client.post(f"{PAGE}/commands", data=command, headers=OWN, follow_redirects=False))
    for answer in answers:
        location = answer.headers["location"]
        assert (answer.status_code, urlsplit(location).netloc, urlsplit(location).scheme) == (303, "", "")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "set-cookie: a" not in str(answer.headers).lower()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """Give the address of pages that are served, and the cookie of somebody who may see all of them."""
    source = FakeSource(bad_morning())
    with serve(source) as address:
        yield urlsplit(address).netloc, cookie_of(source, EVERYBODY)


OUTWARD: Final = (
    "../app.py", "..%2fapp.py", "%2e%2e/app.py", "%2e%2e%2fapp.py", "....//app.py", "..\\app.py", "..%5capp.py",
    "/etc/passwd", "%2fetc%2fpasswd", "..%c0%afapp.py", "%252e%252e%252fapp.py", "hallwatch.css%00.html", ".", "~root",
    "../../../../../../../etc/passwd", "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "file:///etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize(
    "stem",
    ["/static/", f"{PAGE}/incidents/i1/photos/", f"{PAGE}/incidents/i1/", f"{PAGE}/lists/", "/audit/", "/schema/",
     "/display/330106/", "/halls/", f"{PAGE}/devices/", "/ack/", f"{PAGE}/registers/"],
)  # fmt: skip
def test_no_path_leads_out_of_where_it_belongs(stem: str, served: tuple[str, str]) -> None:
    for way in OUTWARD:
        status, headers, body = ask(served, "GET", stem + way)
        assert status in (200, 302, 303, 400, 403, 404, 405, 429), (stem + way, status)
        assert b"root:" not in body
        assert b"from __future__" not in body
        assert status != 200 or "text/html" in headers["content-type"] or way == ".", stem + way


def test_what_is_too_large_is_refused_and_costs_nobody_else_anything(served: tuple[str, str]) -> None:
    many = {f"X-{number}": "a" * 900 for number in range(5000)}
    for headers in ({"X-Long": "a" * 5_000_000}, many, {"Cookie": "a=" + "b" * 5_000_000}):
        assert ask(served, "GET", PAGE, headers)[0] in (400, 431)
    assert ask(served, "GET", f"{PAGE}?{'a' * 40_000}")[0] in (200, 400, 414)
    status, _, _ = ask(served, "POST", "/sign-in", {"Content-Length": str(10**12)})
    assert status in (400, 403, 413)
    assert ask(served, "GET", "/health")[0] == 200


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"])
def test_no_header_says_by_which_name_we_are_called(name: str, served: tuple[str, str]) -> None:
    for path in (PAGE, f"{PAGE}/codes", "/sign-in?next=/audit", f"{PAGE}/report"):
        _, headers, body = ask(served, "GET", path, {name: "host=evil.example"})
        assert b"evil.example" not in body
        assert "evil.example" not in headers.get("location", "")


def test_nothing_of_ours_is_shown_in_a_frame(served: tuple[str, str]) -> None:
    for path in (PAGE, "/sign-in", "/nothing", f"{PAGE}/lists/none", "/static/none", "/metrics", "/api/none"):
        _, headers, _ = ask(served, "GET", path)
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"


def ask(
    served: tuple[str, str], method: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Ask for a path as it is: no client of ours has put it right before."""
    connection = http.client.HTTPConnection(served[0], timeout=10)
    try:
        connection.request(method, path, headers={"Cookie": served[1], "Host": "localhost"} | (headers or {}))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read(200_000)
    except ConnectionError:  # it was hung up on before all of it was said
        return 400, {}, b""
    finally:
        connection.close()


def _fill(client: TestClient[Any], page: str, **fields: str) -> Any:
    """Open a page, fill in its form, and send it."""
    token = TOKEN.search(client.get(page).text)
    assert token, page
    return client.post(page, data=fields | {"csrf": token[1]}, headers=OWN, follow_redirects=False)
