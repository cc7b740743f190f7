"""Signing in: right and wrong passwords, guessing, second factors, sessions, the first administrator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pyotp
import pytest
from litestar.testing import TestClient

from hallwatch_collector.people import Person
from hallwatch_collector.people.audit import Wanted
from hallwatch_collector.people.failures import LOCKED_S, MOST_OF_ADDRESS, MOST_OF_PERSON
from hallwatch_collector.web.app import create_app
from parts.fake_source import FakeSource
from parts.people import PASSWORD, admit
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE

WORK = f"{PAGE}/work"
TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class Browser:
    """Somebody at a browser: fills in the forms of the pages as they are."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client

    def fill(self, page: str, to: str = "", **fields: str) -> httpx.Response:
        """Open a page, fill in its form, and send it."""
        token = TOKEN.search(self.client.get(page).text)
        assert token, page
        return self.client.post(
            to or page.partition("?")[0], data=fields | {"csrf": token[1]}, headers=OWN, follow_redirects=False
        )

    def sign_in(self, name: str = "王主任", password: str = PASSWORD, onward: str = WORK) -> httpx.Response:
        """Sign in."""
        return self.fill("/sign-in", name=name, password=password, next=onward)

    @property
    def is_in(self) -> bool:
        """Whether the browser is signed in."""
        return self.client.get(WORK, follow_redirects=False).status_code == 200


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    admit(source, "王主任", "head")
    admit(source, "李工", "technician")
    return source


@pytest.fixture
def browser(source: FakeSource) -> Iterator[Browser]:
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        yield Browser(client)


def test_who_signs_in_goes_on_to_where_they_wanted_to_go(browser: Browser, source: FakeSource) -> None:
    assert not browser.is_in
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, WORK)
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "max-age" not in cookie.lower()
    assert browser.is_in
    account = source.people.accounts.get("王主任")
    assert account
    assert account.last_sign_in_at == source.clock
    assert browser.sign_in(onward="https://evil.example").headers["location"] == "/"


def test_signing_out_ends_the_session_wherever_its_cookie_is(browser: Browser) -> None:
    browser.sign_in()
    kept = dict(browser.client.cookies)
    assert browser.fill("/account", "/sign-out").headers["location"] == "/sign-in"
    browser.client.cookies.update(kept)
    assert not browser.is_in


@pytest.mark.parametrize(
    ("name", "password"),
    [("王主任", "wrong"), ("nobody", PASSWORD), ("", ""), ("王主任", ""), ("停用的人", PASSWORD), ("' OR 1=1 --", "x"),
     ("王主任", PASSWORD + " "), ("<script>", "x"), ("无密码", "")],
)  # fmt: skip
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    browser: Browser, source: FakeSource, name: str, password: str
) -> None:
    admit(source, "停用的人", "head")
    source.people.accounts.disable("停用的人", source.clock)
    source.people.admit(Person(name="无密码", roles=["head"]), source.clock, password_hash=None)
    answer = browser.sign_in(name, password)
    assert answer.status_code == 401
    assert "姓名或密码不对" in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]
    assert "set-cookie" not in answer.headers
    assert not browser.is_in


@pytest.mark.parametrize("name", ["王主任", "no such person"])
def test_after_five_wrong_ones_a_name_waits_whether_there_is_one_or_not(
    browser: Browser, source: FakeSource, name: str
) -> None:
    statuses = [browser.sign_in(name, f"guess {number}").status_code for number in range(MOST_OF_PERSON + 2)]
    assert statuses == [401] * MOST_OF_PERSON + [429] * 2
    locked = browser.sign_in(name, PASSWORD)
    assert (locked.status_code, int(locked.headers["retry-after"])) == (429, LOCKED_S)
    assert browser.sign_in("李工").status_code == 303, "another one does not"
    source.clock += LOCKED_S + 1
    assert browser.sign_in(name, PASSWORD).status_code == (303 if name == "王主任" else 401)


def test_a_right_one_in_between_gives_no_more_guesses_at_another(browser: Browser) -> None:
    for _ in range(MOST_OF_PERSON - 1):
        browser.sign_in("王主任", "wrong")
    assert browser.sign_in("李工").status_code == 303
    browser.fill("/account", "/sign-out")
    assert browser.sign_in("王主任", "wrong").status_code == 401
    assert browser.sign_in("王主任").status_code == 429


def test_an_address_that_tries_one_name_after_the_other_waits(browser: Browser, source: FakeSource) -> None:
    statuses = [browser.sign_in(f"name {number}", "x").status_code for number in range(MOST_OF_ADDRESS + 1)]
    assert statuses == [401] * MOST_OF_ADDRESS + [429]
    assert browser.sign_in("王主任").status_code == 429
    source.clock += LOCKED_S + 1
    assert browser.sign_in("王主任").status_code == 303


def test_a_whole_hall_behind_one_address_signs_in_with_second_factors(browser: Browser, source: FakeSource) -> None:
    secret, names = pyotp.random_base32(), [f"同事{number}" for number in range(MOST_OF_ADDRESS + 10)]
    for name in names:
        admit(source, name, "staff")
        source.people.accounts.set_totp(name, source.people.sealer.seal(secret, f"totp {name}"))
    asked = {}
    for name in names:  # all of them look for their phones at the same time
        browser.client.cookies.clear()
        assert browser.sign_in(name).status_code == 303
        asked[name] = dict(browser.client.cookies)
    for name in names:
        browser.client.cookies.clear()
        browser.client.cookies.update(asked[name])
        code = pyotp.TOTP(secret).at(int(source.clock))
        assert browser.fill("/sign-in/code", code=code, next=WORK).status_code == 303
    for number in range(MOST_OF_ADDRESS):
        assert source.people.failures.count(f"name {number}", "testclient", source.clock) == 0
    assert source.people.failures.count("one more", "testclient", source.clock) > 0


def test_a_right_password_does_not_make_up_for_wrong_codes_of_its_name(browser: Browser, source: FakeSource) -> None:
    source.people.accounts.set_totp("王主任", source.people.sealer.seal(pyotp.random_base32(), "totp 王主任"))
    statuses = []
    for number in range(3):
        statuses += [browser.sign_in().status_code, browser.fill("/sign-in/code", code=f"{number:06d}").status_code]
    assert statuses == [303, 401, 303, 401, 303, 429]


def test_guesses_side_by_side_are_no_more_than_one_after_the_other(source: FakeSource) -> None:
    failures, now = source.people.failures, source.clock
    waits = [failures.count("王主任", f"10.0.0.{number}", now) for number in range(MOST_OF_PERSON + 3)]
    assert [bool(wait) for wait in waits] == [False] * MOST_OF_PERSON + [True] * 3


def test_a_session_that_was_given_to_a_browser_is_not_taken_over(browser: Browser, source: FakeSource) -> None:
    foreign = {"Cookie": "hallwatch_session=fixed-by-somebody-else"}
    browser.client.get("/sign-in", headers=foreign)
    kept = [browser.sign_in().cookies["hallwatch_session"]]
    browser.fill("/account", "/sign-out")
    kept.append(browser.sign_in().cookies["hallwatch_session"])
    assert len({*kept, "fixed-by-somebody-else"}) == 3
    assert len(source.people.sessions.of("王主任", source.clock, idle_s=1e9)) == 1


def test_who_does_nothing_is_signed_out_and_so_is_everybody_after_a_day(browser: Browser, source: FakeSource) -> None:
    browser.sign_in()
    for _ in range(2):
        source.clock += source.web.idle_s - 60
        assert browser.is_in
    source.clock += source.web.session_s
    assert not browser.is_in, "whatever they do"
    browser.sign_in()
    source.clock += source.web.idle_s + 61
    assert not browser.is_in


def test_nothing_is_kept_by_which_a_session_could_be_taken_over(browser: Browser, source: FakeSource) -> None:
    browser.sign_in()
    kept = browser.client.cookies["hallwatch_session"]
    told = [str(each) for each in source.people.sessions.of("王主任", source.clock, idle_s=1e9)]
    told += [str(each) for each in source.people.audit.read(Wanted())]
    assert told
    assert not any(kept in text or PASSWORD in text for text in told)


def test_who_is_disabled_or_removed_is_out_at_once(browser: Browser, source: FakeSource) -> None:
    browser.sign_in()
    source.people.accounts.disable("王主任", source.clock)
    assert not browser.is_in
    source.people.accounts.enable("王主任")
    browser.sign_in()
    source.people.remove("王主任")
    assert not browser.is_in
    admit(source, "王主任", "staff")
    assert not browser.is_in, "another one of the same name is not signed in by that"


def test_other_roles_and_halls_are_in_force_at_once_without_signing_in_anew(
    browser: Browser, source: FakeSource
) -> None:
    browser.sign_in()
    assert browser.client.get("/audit").status_code == 403
    source.people.accounts.set_roles("王主任", ["head", "auditor"], [])
    assert browser.client.get("/audit").status_code == 200
    source.people.accounts.set_roles("王主任", ["head"], ["330106/west"])
    assert browser.client.get("/audit").status_code == 403
    assert not browser.is_in, "it is not their hall any more"
    source.people.accounts.set_roles("王主任", ["head"], [])
    assert browser.is_in


def test_a_second_factor_is_asked_for_and_no_code_is_good_twice(browser: Browser, source: FakeSource) -> None:
    browser.sign_in()
    token = TOKEN.search(browser.client.get("/account").text)
    assert token
    shown = browser.client.post(
        "/account", data={"deed": "totp-begin", "current": PASSWORD, "csrf": token[1]}, headers=OWN
    ).text
    secret, sealed = re.search(r"<code>(\w{32})</code>", shown), re.search(r'name="sealed" value="([^"]+)"', shown)
    assert secret
    assert sealed
    totp = pyotp.TOTP(secret[1])
    assert "<svg" in shown
    wrong = browser.fill("/account", deed="totp-confirm", sealed=sealed[1], code="000000")
    assert wrong.status_code == 422
    done = browser.fill("/account", deed="totp-confirm", sealed=sealed[1], code=totp.at(int(source.clock)))
    recovery = re.findall(r"<code>([A-Z0-9-]{14})</code>", done.text)
    assert len(recovery) == 10
    browser.fill("/account", "/sign-out")

    def second(code: str) -> httpx.Response:
        asked = browser.sign_in()
        assert asked.headers["location"] == f"/sign-in/code?next={WORK}"
        assert not browser.is_in, "the password alone lets nobody in"
        return browser.fill(asked.headers["location"], code=code, next=WORK)

    assert second(totp.at(int(source.clock))).status_code == 401, "it was used to switch it on"
    source.clock += 31
    assert second(totp.at(int(source.clock))).status_code == 303
    browser.fill("/account", "/sign-out")
    assert second(totp.at(int(source.clock))).status_code == 401, "used"
    assert second(recovery[0].lower()).status_code == 303
    browser.fill("/account", "/sign-out")
    assert second(recovery[0]).status_code == 401, "used"
    account = source.people.accounts.get("王主任")
    assert account
    assert account.totp_secret
    assert secret[1] not in str(account)


def test_codes_are_guessed_no_more_often_than_passwords(browser: Browser, source: FakeSource) -> None:
    source.people.accounts.set_totp("王主任", source.people.sealer.seal(pyotp.random_base32(), "totp 王主任"))
    browser.sign_in()
    statuses = [browser.fill("/sign-in/code", code=f"{number:06d}").status_code for number in range(MOST_OF_PERSON)]
    assert statuses == [401] * (MOST_OF_PERSON - 1) + [429]


def test_the_first_administrator_is_made_with_the_printed_code_and_only_once(source: FakeSource) -> None:
    source.people.remove("管理员")
    source.set_up_code = "AAAA-BBBB-CCCC"
    fields = {"name": "老赵", "password": "a long enough one", "again": "a long enough one"}
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        browser = Browser(client)
        assert client.get("/", follow_redirects=False).headers["location"] == "/set-up"
        assert client.get(WORK, follow_redirects=False).headers["location"] == "/set-up"
        assert client.get(PAGE).status_code == 200, "an open board stays open"
        assert browser.fill("/set-up", code="AAAA-BBBB-CCCD", **fields).status_code == 403
        weak = browser.fill("/set-up", code="AAAA-BBBB-CCCC", **fields | {"password": "short", "again": "short"})
        assert weak.status_code == 422
        assert browser.fill("/set-up", code="AAAA-BBBB-CCCC", **fields | {"again": "x"}).status_code == 422
        assert browser.fill("/set-up", code="aaaa bbbb cccc", **fields).status_code == 303
        assert client.get("/settings/users").status_code == 200
        assert client.get("/set-up", follow_redirects=False).status_code == 303
        again = browser.fill("/account", "/set-up", code="AAAA-BBBB-CCCC", **fields | {"name": "另一个"})
        assert again.headers["location"] == "/sign-in"
    assert [each.person.name for each in source.people.accounts.all() if "administrator" in each.person.roles] == [
        "老赵"
    ]


def test_the_set_up_under_a_name_that_there_is_says_so_and_frees_no_address(source: FakeSource) -> None:
    source.people.remove("管理员")
    source.set_up_code = "AAAA-BBBB-CCCC"
    for number in range(MOST_OF_ADDRESS):
        source.people.failures.count(f"name {number}", "testclient", source.clock)
    fields = {"code": "AAAA-BBBB-CCCC", "password": "a long enough one", "again": "a long enough one"}
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        taken = Browser(client).fill("/set-up", name="王主任", **fields)
        assert (taken.status_code, "已有同名的人" in taken.text) == (422, True)
        assert Browser(client).fill("/set-up", name="老赵", **fields).status_code == 303
    assert source.people.failures.count("李工", "testclient", source.clock) > 0


def reset(source: FakeSource) -> None:
    """Draw a new password, as an administrator does for somebody whose old one got about."""
    source.people.accounts.set_password("王主任", "another hash", must_change=True)
    source.people.sessions.end_all("王主任")


def disable_for_a_moment(source: FakeSource) -> None:
    source.people.accounts.disable("王主任", source.clock)


def put_another_there(source: FakeSource) -> None:
    source.people.remove("王主任")
    source.clock += 1
    admit(source, "王主任", "staff")


@pytest.mark.parametrize("change", [reset, disable_for_a_moment, put_another_there])
@pytest.mark.parametrize("factors", [1, 2])
def test_a_sign_in_that_is_under_way_does_not_outlive_what_it_began_with(
    browser: Browser, source: FakeSource, monkeypatch: pytest.MonkeyPatch, factors: int,
    change: Callable[[FakeSource], None],
) -> None:  # fmt: skip
    secret = pyotp.random_base32()
    if factors == 2:
        source.people.accounts.set_totp("王主任", source.people.sealer.seal(secret, "totp 王主任"))
        browser.sign_in()
    sweep = source.people.sessions.sweep

    def sweep_late(now: float, *, idle_s: float) -> None:  # after the check, before the session
        sweep(now, idle_s=idle_s)
        change(source)

    monkeypatch.setattr(source.people.sessions, "sweep", sweep_late)
    if factors == 2:
        code = pyotp.TOTP(secret).at(int(source.clock))
        assert browser.fill("/sign-in/code", code=code, next=WORK).status_code == 401
    else:
        assert browser.sign_in().status_code == 401
    source.people.accounts.enable("王主任")
    assert not browser.is_in
    assert source.people.sessions.of("王主任", source.clock, idle_s=1e9) == []


def test_guessing_the_code_of_the_set_up_is_slowed_down(source: FakeSource) -> None:
    source.people.remove("管理员")
    source.set_up_code = "AAAA-BBBB-CCCC"
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        statuses = [Browser(client).fill("/set-up", code=f"AAAA-BBBB-CC{n}C", name="x").status_code for n in range(6)]
    assert statuses == [403] * 5 + [429]


def test_a_link_from_another_site_is_asked_for_once_more_with_the_strict_cookie(browser: Browser) -> None:
    answer = browser.client.get(WORK, headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 200
    assert f'content="0;url={WORK}"' in answer.text


def test_over_tls_the_cookie_is_bound_to_this_host(source: FakeSource) -> None:
    with TestClient(create_app(source), base_url="https://testserver.local") as client:
        answer = Browser(client).sign_in()
        cookie = next(each for each in answer.headers.get_list("set-cookie") if "__Host-hallwatch" in each)
        assert "Secure" in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert Browser(client).is_in
