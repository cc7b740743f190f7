"""Who may do what at the API: every command by every role of the plan, in a real collector, against a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from litestar.testing import TestClient

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.commands.registry import COMMANDS, example_of
from hallwatch_collector.core.plan import Right
from hallwatch_collector.people import Person
from hallwatch_collector.web.app import create_app
from parts.register_hall import FIELDS, KEY, NOW, PLAN, RegisterHall

API: Final = "/api/halls/330106/xihu"
ANYBODY: Final = frozenset(role.id for role in PLAN.roles)


def holders(right: Right) -> frozenset[str]:
    return frozenset(role.id for role in PLAN.roles if right in role.may)


RELEASE, PERSONAL, MANAGE = holders("release"), holders("see-personal"), holders("manage")
MAY: Final[dict[str, frozenset[str]]] = {
    # What the plan asks of a role is for that role: here to close windows and accept by hand, and a step of the guides.
    "confirm": frozenset({"head"}),
    "decline": frozenset({"head"}),
    "retract": frozenset({"head"}),
    "tick": frozenset({"guide"}),
    # Whoever works in the hall may say what they see and do.
    "acknowledge": ANYBODY,
    "assign": ANYBODY,
    "hand-over": ANYBODY,
    "remind-me": ANYBODY,
    "false-alarm": ANYBODY,
    "real-alarm": ANYBODY,
    "note": ANYBODY,
    "look-now": ANYBODY,
    "report-fault": ANYBODY,
    "report-unconfirmed": ANYBODY,
    "report-over": ANYBODY,
    # Rights that the plan gives.
    "set-level": holders("set-level"),
    "start-repair": holders("repair"),
    "estimate": holders("repair"),
    "sign-report": holders("sign-report"),
    "correct-notice": RELEASE,
    "withdraw-notice": RELEASE,
    "reserve-numbers": PERSONAL,
    "return-sheets": PERSONAL,
    "take-entry": PERSONAL,
    "amend-entry": PERSONAL,
    "enter-entry": PERSONAL,
    "tell-taxpayer": PERSONAL,
    "void-entry": PERSONAL,
    "merge": MANAGE,
    "split": MANAGE,
    "plan-maintenance": MANAGE,
    "start-maintenance": MANAGE,
    "extend-maintenance": MANAGE,
    "end-maintenance": MANAGE,
    "cancel-maintenance": MANAGE,
    "lend-spare": MANAGE,
    "return-spare": MANAGE,
    "open-window": MANAGE,
    "close-window": MANAGE,
    "lend-class": MANAGE,
    "return-class": MANAGE,
    "drill-step": MANAGE,
    "pair-screen": MANAGE,
    "revoke-screen": MANAGE,
    # The store is kept by whoever restocks it, and by those who manage the hall; the round by whoever does it.
    "count-stock": MANAGE | {"logistics"},
    "take-stock": MANAGE | {"logistics"},
    "add-stock": MANAGE | {"logistics"},
    "look-at": frozenset({"guide"}),
    "finish-round": frozenset({"guide"}),
}
OWN: Final = {"not-yours": {"confirm", "decline", "retract", "tick", "look-at", "finish-round"}}
"""Code of a refusal → commands refused with it; all others: ``no-right``."""


class Hall(RegisterHall):
    """The hall of the registers, with a token for each role."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tokens = {role: self.people.add(Person(name=f"某{role}", roles=[role]), NOW) for role in sorted(ANYBODY)}

    def known(self, command: str) -> dict[str, Any]:
        """Return what of a command must be about something that is there, to come to who may."""
        if command in ("confirm", "decline", "retract", "tick"):
            wanted = {"tick": ("W1", "show", "open"), "retract": ("D2", "ask", "confirmed")}
            clause, mode, status = wanted.get(command, ("W1", "ask", "open"))
            return {"measure": self.measure_of(clause, mode, status)}
        if command in ("look-at", "finish-round"):
            self.wait(22 * 3600.0)  # the next morning
            self.wait(1)
            return {"round": self.measure_about("A4")}
        return {}

    def measure_of(self, clause: str, mode: str, status: str) -> str:
        """Return the id of a measure."""
        view = self.collector.view(KEY)
        assert view
        return next(
            each.id for each in view.measures if (each.clause, each.mode, each.status) == (clause, mode, status)
        )

    def measure_about(self, clause: str) -> str:
        """Return what an open measure is about."""
        view = self.collector.view(KEY)
        assert view
        return next(each.subject for each in view.measures if (each.clause, each.status) == (clause, "open"))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    hall.close_down()
    hall.take()
    hall.wait(1)
    yield hall
    hall.stop()


def test_the_table_knows_every_command() -> None:
    assert MAY.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_role_may_what_the_table_says_and_nothing_else(hall: Hall, command: str) -> None:
    body = example_of(COMMANDS[command]) | hall.known(command)
    if "fields" in body:
        body["fields"] = FIELDS
    refused: dict[str, str] = {}
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        for role in sorted(ANYBODY, key=lambda role: role in MAY[command]):  # who may comes last: it changes something
            answer: httpx.Response = client.post(
                f"{API}/commands", json=body | {"by": f"某{role}", "roles": ["*"]},
                headers={"Authorization": f"Bearer {hall.tokens[role]}"},
            )  # fmt: skip
            if answer.status_code == 403:
                refused[role] = answer.json()["extra"]["code"]
            else:
                assert answer.status_code in (200, 204, 409, 422), (role, answer.text)
    code = "not-yours" if command in OWN["not-yours"] else "no-right"
    assert refused == dict.fromkeys(ANYBODY - MAY[command], code)


def test_who_may_not_sign_has_no_journal_read_for_it(hall: Hall) -> None:
    read: list[str] = []

    def seal(_: Any, incident: str) -> str:
        read.append(incident)
        return "0" * 64

    hall.records.seal = seal
    with pytest.raises(CommandRefused, match="no-right"):
        hall.source.command(KEY, commands.SignReport(by="某staff", roles=["staff"], incident=hall.incident))
    assert read == []
    hall.source.command(KEY, commands.SignReport(by="某head", roles=["head"], incident=hall.incident))
    assert read == [hall.incident]


def test_without_a_token_or_with_one_that_was_taken_back_nothing_is_done(hall: Hall) -> None:
    events = len(hall.events())
    hall.people.remove("某head")
    old, new = hall.tokens["staff"], hall.people.renew_token("某staff")
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        for command in COMMANDS:
            body = example_of(COMMANDS[command])
            assert client.post(f"{API}/commands", json=body).status_code == 401, command
        note = {"command": "note", "incident": hall.incident, "text": "已到场", "by": "某staff"}
        statuses = {
            token: client.post(f"{API}/commands", json=note, headers={"Authorization": f"Bearer {token}"}).status_code
            for token in (hall.tokens["head"], old, new)
        }
    assert statuses == {hall.tokens["head"]: 401, old: 401, new: 204}
    assert len(hall.events()) == events + 1
