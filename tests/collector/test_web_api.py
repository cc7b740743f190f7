"""The API for programs."""

from __future__ import annotations

import logging

import msgspec
import pytest

from hallwatch_collector.core.commands import CommandRefused, Confirm
from hallwatch_collector.core.views import HallView
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY, NOW, hall
from parts.shown_halls import bad_morning, own_health
from parts.web import browse

HALL = "/api/halls/330106/xihu"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CONFIRM = {"command": "confirm", "measure": "m1", "by": "李工"}


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning(), own_health())


def test_halls_are_listed_with_where_to_find_them(source: FakeSource) -> None:
    with browse(source) as client:
        entries = client.get("/api/halls").json()
        assert [(e["hall"], e["internal"]) for e in entries] == [("xihu", False), ("self", True)]
        assert all(client.get(e["url"]).status_code == 200 for e in entries)


def test_a_hall_comes_whole(source: FakeSource) -> None:
    with browse(source) as client:
        assert msgspec.json.decode(client.get(HALL).content, type=HallView) == source.views[KEY]


def test_a_command_is_carried_out(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.post(f"{HALL}/commands", json=CONFIRM, headers=BEARER).status_code == 204
    assert source.commands == [(KEY, Confirm(by="李工", measure="m1"))]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_a_command_without_the_token_is_refused(source: FakeSource, header: dict[str, str]) -> None:
    with browse(source, operator=True, person="李工") as client:  # a browser's cookie is no token
        answer = client.post(f"{HALL}/commands", json=CONFIRM, headers=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert source.commands == []


def test_a_command_that_cannot_be_is_a_conflict_with_its_reason(source: FakeSource) -> None:
    source.refuse_with = CommandRefused("already-decided", measure="m1", by="王主任")
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands?lang=en", json=CONFIRM, headers=BEARER)
    assert (answer.status_code, answer.json()["detail"]) == (409, "m1 was already decided by 王主任.")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"command":"confirm"}', b'{"command":"x","by":"y"}'])
def test_a_command_that_is_none_is_a_bad_request(source: FakeSource, body: bytes) -> None:
    with browse(source) as client:
        assert client.post(f"{HALL}/commands", content=body, headers=BEARER).status_code == 400
    assert source.commands == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"by": ""}, "“by” is missing or wrong: send the name of who decides, 1 to 80 characters."),
        ({"by": " "}, "“by” is missing or wrong"),
        ({"by": None}, "“by” is missing or wrong"),
        ({"measure": 3}, "“measure” is missing or wrong: send the id of a measure"),
        ({"command": "confrim"}, "“command” is missing or wrong: send one of confirm, decline, tick, acknowledge."),
        ({"command": "decline"}, "“reason” is missing or wrong: send why it is declined"),
        ({"command": "acknowledge", "measure": msgspec.UNSET}, "“incident” is missing or wrong"),
        ({"reason": "because"}, "There is no “reason” in this command: leave it out."),
    ],
)
def test_a_wrong_command_is_told_which_field_and_what_belongs_there(
    source: FakeSource, wrong: dict[str, object], says: str
) -> None:
    body = {key: value for key, value in (CONFIRM | wrong).items() if value is not msgspec.UNSET}
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands?lang=en", json=body, headers=BEARER)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert source.commands == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff"])
def test_what_is_no_json_object_is_told_what_to_send(source: FakeSource, body: bytes) -> None:
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands", content=body, headers=BEARER)
    assert "应为一个 JSON 对象,含 command、by" in answer.json()["detail"]


def test_a_body_beyond_all_measure_is_refused(source: FakeSource) -> None:
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands", content=b" " * 100_000, headers=BEARER)
    assert answer.status_code == 413


def test_a_hall_that_is_not_there(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.get("/api/halls/330106/none").json()["detail"] == "there is no hall 330106/none"
        assert client.post("/api/halls/330106/none/commands", json=CONFIRM, headers=BEARER).status_code == 404


def test_metrics_are_the_sources_own(source: FakeSource) -> None:
    with browse(source) as client:
        answer = client.get("/metrics")
    assert (answer.content, answer.headers["content-type"]) == (
        source.metrics(),
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_health_tells_the_problems(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.get("/health").json()["status"] == "ok"
        source.troubles = ["the broker is away"]
        health = client.get("/health").json()
    assert (health["status"], health["problems"]) == ("troubled", ["the broker is away"])


def test_the_description_names_every_way_and_the_token(source: FakeSource) -> None:
    with browse(source) as client:
        description = client.get("/schema/openapi.json").json()
        assert client.get("/schema/swagger").status_code == 404, "viewers load scripts from elsewhere"
    assert set(description["paths"]) == {
        "/api/halls", "/api/halls/{area}/{hall}", "/api/halls/{area}/{hall}/commands", "/metrics", "/health",
    }  # fmt: skip
    assert description["components"]["securitySchemes"]["operator"]["scheme"] == "bearer"


def test_a_defect_is_logged_and_tells_nothing_outside(source: FakeSource, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bytes:
        raise RuntimeError("secret detail")

    source.metrics = fail  # type: ignore[method-assign]
    with browse(source) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/metrics")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_a_broken_clock_of_a_device_breaks_no_page() -> None:
    odd = bad_morning(
        devices=tuple(msgspec.structs.replace(d, metrics={"boot_at_s": -1e12}) for d in bad_morning().devices)
    )
    with browse(FakeSource(odd, hall(hall="b", at=NOW))) as client:
        assert client.get("/halls/330106/xihu").status_code == 200
