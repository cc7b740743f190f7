"""Every way in, by everybody: who passes each door, and what is written down of it."""

from __future__ import annotations

import re
from typing import Final

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from hallwatch_collector.notify.links import Redeemed, Ticket
from hallwatch_collector.people import Person
from hallwatch_collector.people.audit import Wanted
from hallwatch_collector.web.app import create_app
from hallwatch_collector.web.cookies import FORM_COOKIE, token_of
from hallwatch_collector.web.doors import DOORS, Door, DoorMissing, Who, check_doors
from hallwatch_collector.web.forms import TOKEN_HEADER
from parts.fake_source import TOKEN, FakeSource
from parts.people import PASSWORD, admit, sign_in
from parts.shown_halls import bad_morning
from parts.web import OWN

HALL: Final = "330106/xihu"
PLAN: Final = FakeSource().plan
ROLES: Final = (*(role.id for role in PLAN.roles), "administrator", "auditor")
PLACED: Final = {
    "area": "330106", "hall": "xihu", "thing": "i1", "incident": "i1", "register": "by-hand", "kind": "sign",
    "id": "w3", "file_path": "hallwatch.css", "path": "x", "ticket": "none", "name": "incidents", "file": "audit.csv",
}  # fmt: skip
VISITORS: Final = ("nobody", "elsewhere", *ROLES)
"""``elsewhere``: the head of another hall."""
APART: Final = (
    "/sign-in",
    "/sign-in/code",
    "/sign-in/oidc/return",
    "/set-up",
    "/ack/{ticket}",
    "/screen/shown",
    "/sign-out",
)
"""There a wrong password, code, key or ticket is refused in the same way; and who signs out passes no
other door."""
IN_HALLS: Final = (Who.HALL, Who.ACT, Who.BOARD, Who.SCREEN, Who.REPORTER)


def passes(door: Door, visitor: str, *, is_open: bool) -> bool:
    """Say who is to pass, anew: not by the guard's own code."""
    who, roles = door.who, {"head"} if visitor == "elsewhere" else {visitor} - {"nobody"}
    plan_roles = roles - {"administrator", "auditor"}
    rights = {right for role in PLAN.roles if role.id in roles for right in role.may}
    if who in (Who.TOKEN, Who.PROGRAM):
        return False  # a session is no token
    if who is Who.PUBLIC or (is_open and who in (Who.HALLS, Who.BOARD, Who.SCREEN, Who.REPORTER)):
        return True
    if visitor == "nobody" or (visitor == "elsewhere" and (who in IN_HALLS or door.path == "/quality")):
        return False
    if who in (Who.ADMINISTRATOR, Who.AUDITOR):
        return visitor == who.name.lower()
    if who is Who.ACT or (who is Who.REPORTER and door.method == "POST"):
        return bool(plan_roles)
    return door.right is None or door.right in rights


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("visitor", VISITORS)
def test_each_door_lets_pass_whom_the_table_says_and_nobody_else(visitor: str, is_open: bool) -> None:
    source = FakeSource(bad_morning(open_board=is_open, open_reports=is_open))
    app = create_app(source)
    wrong = []
    with TestClient(app, base_url="http://testserver.local") as client:
        if visitor == "nobody":
            client.cookies.set(FORM_COOKIE, "anybody's")
            client.headers[TOKEN_HEADER] = token_of("anybody's")
        else:
            elsewhere = visitor == "elsewhere"
            halls, roles = ["330106/other"] * elsewhere, ["head" if elsewhere else visitor]
            sign_in(client, source, Person(name="某人", roles=roles, halls=halls))
        for door in DOORS:
            if "/events/" in door.path and passes(door, visitor, is_open=is_open):
                continue  # it would go on for ever
            if door.path in APART:
                continue
            path = door.path.format(**PLACED)
            answer = client.request(door.method, path, headers=OWN, data={}, follow_redirects=False)
            sent_away = answer.headers.get("location", "").startswith(("/sign-in?", "/set-up"))
            kept_out = sent_away or answer.status_code in (401, 403)
            expected = passes(door, visitor, is_open=is_open)
            if kept_out is expected:
                wrong.append((door.method, door.path, answer.status_code, expected))
    assert wrong == []


def test_whoever_passes_a_door_that_changes_something_is_written_down() -> None:
    # What a screen shows is in the journal when it is news, and else only that it is there.
    assert [door.path for door in DOORS if door.method == "POST" and not door.audit] == ["/screen/shown"]
    assert [door.path for door in DOORS if door.method == "POST" and not door.form] == [
        "/screen/shown",  # which has a key, in a cookie that no other site sends
        "/ack/{ticket}",  # which has a seal of its own
        "/api/halls/{area}/{hall}/commands",  # which takes no cookie
    ]


SENT: Final[dict[str, tuple[dict[str, str], str, str, str]]] = {
    "/sign-in": ({"name": "王主任", "password": PASSWORD}, "王主任", "", ""),
    "/sign-in/code": ({"code": "000000"}, "王主任", "", ""),
    "/sign-out": ({}, "李工", "", ""),
    "/set-up": ({"name": "老赵", "code": "x"}, "老赵", "", ""),
    "/account": ({"deed": "end-all"}, "李工", "", ""),
    "/settings/users": ({"deed": "unlock", "name": "王主任"}, "李工", "", "王主任"),
    "/settings/halls/{area}/{hall}": ({"action": "edit"}, "李工", HALL, HALL),
    "/settings/tour/{area}/{hall}": ({"action": "stop"}, "李工", HALL, HALL),
    "/halls/{area}/{hall}/commands": ({"command": "confirm", "measure": "m1"}, "李工", HALL, "m1"),
    "/halls/{area}/{hall}/readiness/commands": (
        {"command": "count-stock", "supply": "paper", "count": "3"}, "李工", HALL, "paper",
    ),
    "/halls/{area}/{hall}/registers/{incident}/{register}/entries": ({"field.x": "1"}, "李工", HALL, "i1"),
    "/halls/{area}/{hall}/registers/{incident}/{register}/steps": (
        {"command": "reserve-numbers", "sheets": "2"}, "李工", HALL, "i1",
    ),
    "/halls/{area}/{hall}/reports": ({"thing": "prn-3", "what": "paper-jam"}, "李工", HALL, "prn-3"),
    "/halls/{area}/{hall}/my-window": ({"window": "w3"}, "李工", HALL, "w3"),
    "/ack/{ticket}": ({"command": "acknowledge", "by": "张伟"}, "张伟", HALL, "i1"),
    "/api/halls/{area}/{hall}/commands": (
        {"command": "confirm", "measure": "m1", "by": "王主任"}, "王主任", HALL, "m1",
    ),
}  # fmt: skip
"""What is sent to each door that changes something; who then did it, in which hall, to what."""


@pytest.mark.parametrize("door", [door for door in DOORS if door.method == "POST" and door.audit], ids=lambda d: d.path)
def test_what_is_written_down_says_who_did_it_where_and_to_what(door: Door) -> None:
    source, (form, *expected) = FakeSource(bad_morning(open_reports=True)), SENT[door.path]
    told = Ticket(area="330106", hall="xihu", incident="i1", people=("张伟",), reopened=0, until=2**33)
    source.tickets["none"] = Redeemed(ticket=told)
    admit(source, "王主任", "head")
    path = door.path.format(**PLACED)
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        if door.path == "/sign-in/code":
            client.cookies.set(FORM_COOKIE, "anybody's")
            id_ = source.people.sessions.open(
                "王主任", source.now(), lasts_s=1e9, address="127.0.0.1", agent="", pending=True
            )
            client.cookies.set("hallwatch_session", id_)
            client.headers[TOKEN_HEADER] = token_of("anybody's")
        elif door.who is not Who.LINK:
            sign_in(client, source, Person(name="李工", roles=["*", "administrator"]))
        else:
            seal = re.search(r'name="seal" value="(\w+)"', client.get(path).text)
            assert seal
            form = form | {"seal": seal[1]}
        if door.who is Who.PROGRAM:
            client.cookies.clear()
            client.post(path, json=form, headers={"Authorization": f"Bearer {TOKEN}"})
        else:
            client.post(path, data=form, headers=OWN, follow_redirects=False)
    (deed,) = source.people.audit.read(Wanted())
    assert [deed.who, deed.hall, deed.object] == expected
    if door.who is Who.LINK:
        assert deed.action == "alert-link.acknowledge"


def test_a_page_without_a_door_is_not_served() -> None:
    @get("/new-page", sync_to_thread=False)
    def show() -> str:
        return ""

    with pytest.raises(DoorMissing, match="lacks GET /new-page"):
        check_doors(Litestar([show], openapi_config=None))


def test_what_was_done_and_refused_is_written_down_with_who_and_from_where() -> None:
    source = FakeSource(bad_morning())
    form, path = {"command": "confirm", "measure": "m1"}, "/halls/330106/xihu/commands"
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        client.post(path, data=form, headers=OWN)
        sign_in(client, source, Person(name="审计员", roles=["auditor"]))
        client.post(path, data=form, headers=OWN)
        sign_in(client, source, Person(name="王主任", roles=["head"]))
        client.post(path, data=form, headers=OWN)
        client.post(f"/api{path}", json=form | {"by": "李工"}, headers=bearer)
    told = [
        (deed.who, deed.roles, deed.action, deed.hall, deed.object, deed.outcome, deed.address)
        for deed in reversed(source.people.audit.read(Wanted()))
    ]
    assert told == [
        ("", [], "command", HALL, "", "refused", "testclient"),
        ("审计员", ["auditor"], "command", HALL, "", "refused", "testclient"),
        ("王主任", ["head"], "command.confirm", HALL, "m1", "done", "testclient"),
        ("李工", ["*"], "command.confirm", HALL, "m1", "done", "testclient"),
    ]
    assert source.people.audit.read(Wanted())[0].details["via"] == "operator's token"
