"""People at the API: known by their tokens, deciding by their roles, in their halls, in their own names."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hallwatch_collector.core.commands import Acknowledge, CommandRefused, Confirm
from hallwatch_collector.people import Person
from hallwatch_collector.web.throttle import MOST_ADDRESSES, MOST_WRONG, WINDOW_S, Throttle
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY
from parts.shown_halls import bad_morning
from parts.web import browse

COMMANDS = "/api/halls/330106/xihu/commands"
CHEN = Person(name="小陈", roles=["guide", "staff"], halls=["330106/xihu"])
WANG = Person(name="王主任", roles=["head"])
STRANGER = Person(name="外人", roles=["head"], halls=["330106/west"])


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    source.tokens = {"t-chen": CHEN, "t-wang": WANG, "t-stranger": STRANGER}
    return source


def send(client: Any, token: str, by: str, **more: object) -> httpx.Response:
    """Confirm m1."""
    body = {"command": "confirm", "measure": "m1", "by": by, **more}
    answer: httpx.Response = client.post(f"{COMMANDS}?lang=en", json=body, headers={"Authorization": f"Bearer {token}"})
    return answer


def test_a_command_carries_the_roles_of_whose_token_it_is(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, "t-chen", "小陈").status_code == 204
    assert source.commands == [(KEY, Confirm(by="小陈", roles=["guide", "staff"], measure="m1"))]


def test_who_it_is_comes_before_what_it_is(source: FakeSource) -> None:
    with browse(source) as client:
        bad = {"json": {"command": "confrim"}}
        assert client.post(COMMANDS, **bad).status_code == 401
        wrong = [client.post(COMMANDS, **bad, headers={"Authorization": "Bearer x"}) for _ in range(MOST_WRONG + 1)]
        assert [answer.status_code for answer in wrong] == [401] * MOST_WRONG + [429], "they are counted"
        assert not any("confirm" in answer.text for answer in wrong)
        assert client.post(COMMANDS, **bad, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 400


def test_roles_in_the_body_are_not_heeded(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, "t-chen", "小陈", roles=["*"]).status_code == 204
        assert send(client, TOKEN, "谁", roles=[]).status_code == 204
    assert [command.roles for _, command in source.commands] == [["guide", "staff"], ["*"]]


def test_nobody_speaks_in_another_name(source: FakeSource) -> None:
    with browse(source) as client:
        answer = send(client, "t-chen", "王主任")
    assert answer.status_code == 403
    assert answer.json() == {
        "status_code": 403,
        "detail": "This token is 小陈's; it cannot speak for 王主任.",
        "extra": {"code": "not-you", "person": "小陈", "by": "王主任"},
    }
    assert source.commands == []


def test_the_operator_speaks_for_anybody(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, TOKEN, "王主任").status_code == 204
    assert source.commands == [(KEY, Confirm(by="王主任", roles=["*"], measure="m1"))]


def test_people_decide_in_their_halls_only(source: FakeSource) -> None:
    with browse(source) as client:
        answer = send(client, "t-stranger", "外人")
    assert (answer.status_code, answer.json()["extra"]["code"]) == (403, "not-your-hall")
    assert "330106/xihu" in answer.json()["detail"]
    assert source.commands == []


@pytest.mark.parametrize(
    ("language", "detail"),
    [("en", "m1 is for somebody else to decide: the head of the hall."), ("zh-CN", "办税服务厅负责人")],
)
def test_a_measure_of_another_role_is_forbidden_and_says_whose_it_is(
    source: FakeSource, language: str, detail: str
) -> None:
    source.refuse_with = CommandRefused("not-yours", measure="m1", role="head")
    with browse(source) as client:
        body = {"command": "confirm", "measure": "m1", "by": "小陈"}
        headers = {"Authorization": "Bearer t-chen"}
        answer = client.post(COMMANDS, params={"lang": language}, json=body, headers=headers)
    assert answer.status_code == 403
    assert detail in answer.json()["detail"]
    assert answer.json()["extra"] == {"code": "not-yours", "measure": "m1", "role": "head"}


def test_taking_an_incident_on_is_in_ones_own_name_too(source: FakeSource) -> None:
    with browse(source) as client:
        headers = {"Authorization": "bearer t-wang"}
        body = {"command": "acknowledge", "incident": "i1", "by": "王主任"}
        assert client.post(COMMANDS, json=body, headers=headers).status_code == 204
    assert source.commands == [(KEY, Acknowledge(by="王主任", roles=["head"], incident="i1"))]


def test_a_token_that_is_no_longer_known_opens_nothing(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, "t-chen", "小陈").status_code == 204
        del source.tokens["t-chen"]
        answer = send(client, "t-chen", "小陈")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert answer.json()["detail"] == "The token is not, or no longer, known here."
    assert len(source.commands) == 1


def test_wrong_tokens_are_slowed_down_and_keep_nobody_out_for_long(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, "t-chen", "小陈").status_code == 204
        wrong = [send(client, f"wrong-{number}", "x") for number in range(MOST_WRONG + 2)]
        assert [answer.status_code for answer in wrong] == [401] * MOST_WRONG + [429] * 2
        assert wrong[-1].headers["retry-after"] == "60"
        assert source.searches == 1 + MOST_WRONG, "what has to wait is not looked for"
        assert send(client, "t-chen", "小陈").status_code == 204, "a token that was right before is looked at"
        assert send(client, TOKEN, "谁").status_code == 204
        assert send(client, "t-wang", "王主任").status_code == 429
        source.clock += WINDOW_S + 1
        assert send(client, "t-wang", "王主任").status_code == 204


def test_a_database_that_is_away_is_told(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(token: str) -> Person | None:
        raise CommandRefused("journal-failing", reason="gone")

    monkeypatch.setattr(source, "find_person", fail)
    with browse(source) as client:
        answer = send(client, "t-chen", "小陈")
    assert (answer.status_code, answer.json()["extra"]["code"]) == (409, "journal-failing")


# -- the throttle


def test_addresses_wait_each_for_themselves() -> None:
    throttle = Throttle()
    for _ in range(MOST_WRONG):
        assert throttle.wait_s("a", 100.0) == 0
        throttle.count("a", 100.0)
    assert throttle.wait_s("a", 130.0) == WINDOW_S - 30
    assert throttle.wait_s("b", 130.0) == 0
    assert throttle.wait_s("a", 100.0 + WINDOW_S) == 0


def test_a_minute_begins_anew_when_it_is_over_or_the_clock_was_set_back() -> None:
    throttle = Throttle()
    for moment in (100.0, 100.0 + WINDOW_S, 50.0):
        for _ in range(MOST_WRONG - 1):
            throttle.count("a", moment)
        assert throttle.wait_s("a", moment) == 0
        throttle.count("a", moment)
        assert throttle.wait_s("a", moment) == WINDOW_S
    assert throttle.wait_s("a", 0.0) == 0, "nobody waits longer than a minute, whatever the clock does"


def test_the_memory_of_addresses_is_bounded() -> None:
    throttle = Throttle()
    for number in range(3 * MOST_ADDRESSES):
        throttle.count(f"address-{number}", 0.0)
    assert len(throttle._wrong) == MOST_ADDRESSES
