"""Who may act, from where, and in whose name."""

from __future__ import annotations

import re

import pytest

from hallwatch_collector.core.commands import Acknowledge, AnyCommand, Confirm, Decline, Tick
from hallwatch_collector.people import Person
from hallwatch_collector.web.cookies import token_of
from hallwatch_collector.web.forms import TOKEN_HEADER
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, WORK, browse

FORM = f"{PAGE}/commands"
CONFIRM = {"command": "confirm", "measure": "m1"}


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning())


@pytest.mark.parametrize(
    ("form", "command"),
    [
        (CONFIRM, Confirm(by="李工", roles=["*"], measure="m1")),
        (
            {"command": "decline", "measure": "m1", "reason": "人手不够"},
            Decline(by="李工", roles=["*"], measure="m1", reason="人手不够"),
        ),
        ({"command": "tick", "measure": "m3"}, Tick(by="李工", roles=["*"], measure="m3")),
        ({"command": "acknowledge", "incident": "i1"}, Acknowledge(by="李工", roles=["*"], incident="i1")),
    ],
)
def test_a_form_becomes_a_command_in_the_name_of_the_person(
    source: FakeSource, form: dict[str, str], command: AnyCommand
) -> None:
    with browse(source, person="李工") as client:
        answer = client.post(FORM, data=form, headers=OWN, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, WORK)
    assert source.commands == [(KEY, command)]


def test_a_form_cannot_speak_in_another_name(source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        client.post(FORM, data=CONFIRM | {"by": "王主任", "roles": "head"}, headers=OWN)
    assert [(command.by, command.roles) for _, command in source.commands] == [("李工", ["*"])]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"command": "confirm"},
        {"command": "explode", "measure": "m1"},
        {"command": "decline", "measure": "m1", "reason": ""},
        CONFIRM | {"extra": "1"},
        {"command": "decline", "measure": "m1", "reason": "x" * 401},
    ],
)
def test_an_incomplete_form_is_refused(source: FakeSource, form: dict[str, str]) -> None:
    with browse(source, person="李工") as client:
        assert client.post(FORM, data=form, headers=OWN).status_code == 400
    assert source.commands == []


def test_who_is_not_signed_in_decides_nothing(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.post(FORM, data=CONFIRM, headers=OWN).status_code == 401
        client.cookies.set("hallwatch_session", TOKEN)
        assert client.post(FORM, data=CONFIRM, headers=OWN).status_code == 401
        scripted = client.post(FORM, data=CONFIRM, headers=OWN | {"Accept": "application/json"})
    assert (scripted.status_code, scripted.json()["detail"]) == (401, "请先登录。")
    assert source.commands == []


def test_roles_are_those_of_the_person_and_only_in_their_halls(source: FakeSource) -> None:
    with browse(source, "李工", "technician") as client:
        client.post(FORM, data=CONFIRM, headers=OWN)
    assert [command.roles for _, command in source.commands] == [["technician"]]
    source.people.admit(Person(name="外厅", roles=["head"], halls=["330106/other"]), 0.0, password_hash=None)
    source.people.accounts.set_password("外厅", "x", must_change=False)
    with browse(source, "外厅") as client:
        assert client.post(FORM, data=CONFIRM, headers=OWN).status_code == 403
        assert client.get(f"{PAGE}/work").status_code == 403
        assert client.get(PAGE).status_code == 200, "the board is open"
    assert len(source.commands) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:99"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_a_form_of_another_site_is_refused(source: FakeSource, headers: dict[str, str]) -> None:
    with browse(source, person="李工") as client:
        assert client.post(FORM, data=CONFIRM, headers=headers).status_code == 403
    assert source.commands == []


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        answer = client.post(FORM, data=CONFIRM, headers={"Origin": "http://testserver.local"}, follow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize("token", [None, "", "wrong", token_of("another's")])
def test_a_form_without_the_token_of_this_session_is_refused(source: FakeSource, token: str | None) -> None:
    with browse(source, "李工") as client:
        del client.headers[TOKEN_HEADER]
        form = CONFIRM if token is None else CONFIRM | {"csrf": token}
        assert client.post(FORM, data=form, headers=OWN).status_code == 403
    assert source.commands == []


def test_every_form_of_a_page_brings_the_token(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        del client.headers[TOKEN_HEADER]
        page = client.get(f"{PAGE}/work").text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        tokens = {match[1] for form in forms if (match := re.search(r'name="csrf" value="(\w{64})"', form))}
        assert len(tokens) == 1
        assert all('name="csrf"' in form for form in forms)
        client.post(FORM, data=CONFIRM | {"csrf": tokens.pop()}, headers=OWN)
    assert len(source.commands) == 1


def test_an_empty_token_opens_to_nobody() -> None:
    source = FakeSource(bad_morning())
    source.token = ""
    with browse(source, "") as client:
        assert client.post(f"/api{FORM}", json={}, headers={"Authorization": "Bearer "}).status_code == 401
    assert source.commands == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "localhost.evil.example", "127.0.0.1.nip.io"])
def test_a_foreign_host_name_gets_nothing(source: FakeSource, host: str) -> None:
    with browse(source) as client:
        answer = client.get(PAGE, headers={"Host": host})
        assert client.get("/nothing-here", headers={"Host": host}).status_code == 421
    assert answer.status_code == 421
    assert "打印机" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST", "testserver.local:1"])
def test_known_host_names_are_served(source: FakeSource, host: str) -> None:
    with browse(source) as client:
        assert client.get(PAGE, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example/", "/halls/../x", "javascript:alert(1)", "/\\evil.example", "/a\r\nb",
     "/%0d%0a//evil", "/ack/ticket", "/" + "a/" * 400, "/" + "a" * 100_000 + "!"],
)  # fmt: skip
def test_no_form_sends_people_elsewhere(source: FakeSource, back: str) -> None:
    with browse(source, "李工") as client:
        answer = client.post(FORM, data=CONFIRM | {"back": back}, headers=OWN, follow_redirects=False)
    if answer.status_code == 303:
        assert answer.headers["location"] in ("/", PAGE)
    else:
        assert answer.status_code == 413


@pytest.mark.parametrize("path", [PAGE, "/nothing", "/static/hallwatch.css", "/health", "/schema/openapi.json"])
def test_every_answer_carries_the_safety_headers(source: FakeSource, path: str) -> None:
    with browse(source) as client:
        headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
