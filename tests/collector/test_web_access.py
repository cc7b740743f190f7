"""Who may act, from where, and in whose name."""

from __future__ import annotations

import pytest

from hallwatch_collector.core.commands import Acknowledge, AnyCommand, Confirm, Decline, Tick
from parts.fake_source import FakeSource
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
    with browse(source) as client:
        assert client.post(FORM, data=CONFIRM, headers=OWN, follow_redirects=False).status_code in (303, 401, 403)
    assert source.commands == []


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


def test_the_language_asked_for_stays(source: FakeSource) -> None:
    for address in (f"{PAGE}?lang=en", "/?lang=en"):
        with browse(source) as client:
            assert 'lang="en"' in client.get(address).text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "localhost.evil.example", "127.0.0.1.nip.io"])
def test_a_foreign_host_name_gets_nothing(source: FakeSource, host: str) -> None:
    with browse(source) as client:
        answer = client.get(PAGE, headers={"Host": host})
    assert answer.status_code == 421
    assert "打印机" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST", "testserver.local:1"])
def test_known_host_names_are_served(source: FakeSource, host: str) -> None:
    with browse(source) as client:
        assert client.get(PAGE, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", [PAGE, "/nothing", "/static/hallwatch.css", "/health", "/schema/openapi.json"])
def test_every_answer_carries_the_safety_headers(source: FakeSource, path: str) -> None:
    with browse(source) as client:
        headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
