"""Stands at every door: finds out who comes, lets pass whom ``doors.py`` says, and has it written down."""

from __future__ import annotations

import logging
from typing import Any, Final

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Message, Scope

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.people.audit import Deed, Outcome
from hallwatch_collector.people.person import ADMINISTRATOR, AUDITOR, Person
from hallwatch_collector.web.access import OPERATOR
from hallwatch_collector.web.cookies import AnyConnection
from hallwatch_collector.web.desk import Desk
from hallwatch_collector.web.doors import UNGUARDED, Door, Who, find_door
from hallwatch_collector.web.forms import check_form
from hallwatch_collector.web.screen_key import is_screen_here
from hallwatch_collector.web.visitor import Visitor, hall_of, keep_visitor, visitor_in, visitor_of

log = logging.getLogger(__name__)

DEED: Final = "deed"
DOOR: Final = "door"
OMITTED: Final = "omitted"
IDLE: Final = ("/sign-out", "/sign-in/code", "/halls/{area}/{hall}/my-window")
"""Forms that nobody who is known can send again and again, and nothing comes of it."""
PASSWORD_PAGES: Final = ("/account", "/sign-out")
"""Where somebody may go whose password was drawn by somebody else, until they have one of their own."""


class SetUpNeeded(NotAuthorizedException):
    """There is no administrator yet: pages lead to where the first one is made."""


class PasswordNeeded(PermissionDeniedException):
    """Somebody has to choose a password of their own first."""


async def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Let pass who may; raise 401 for who is not signed in, 403 for who may not, 404 for a hall that is not there."""
    method, path = str(connection.scope.get("method", "")), connection.scope["path_template"]
    if method in UNGUARDED:
        return
    if "\0" in connection.scope["path"]:  # no file and no id has one, and the system's calls choke on it
        raise NotFoundException("there is nothing with a NUL in its name")
    door = find_door(method, path)
    if door is None:
        raise PermissionDeniedException("no_door")
    desk: Desk = connection.app.state.desk
    connection.state[DOOR] = door
    if door.path.startswith("/static/"):
        return
    visitor = await _recognise(desk, connection, door)
    keep_visitor(connection, visitor)
    try:
        if door.who is not Who.SCREEN or not await sync_to_thread(is_screen_here, desk, connection):
            check_door(desk, connection, door, visitor)
    except NotAuthorizedException:
        is_page = door.who not in _BY_TOKEN and not path.startswith("/api/")
        if is_page and not await sync_to_thread(desk.gate.has_administrator):
            raise SetUpNeeded("set_up") from None
        raise
    if visitor.signed_in and visitor.signed_in.must_change and path not in PASSWORD_PAGES:
        raise PasswordNeeded("must_change")
    if door.form and isinstance(connection, Request):
        await check_form(connection)


async def _recognise(desk: Desk, connection: AnyConnection, door: Door) -> Visitor:
    if not connection.cookies and not connection.headers.get("authorization"):
        return Visitor()
    # A stream goes on by itself: it is nobody's doing.
    uses = not connection.scope["path_template"].startswith("/events/")
    try:
        return await sync_to_thread(desk.gate.recognise, connection, uses=uses)
    except CommandRefused:  # the database is away: what everybody may see is there for everybody
        if not _is_open(desk, connection, door):
            raise
        return Visitor()


def _is_open(desk: Desk, connection: AnyConnection, door: Door) -> bool:
    """Tell whether a page is for everybody who reaches it."""
    if door.who is Who.PUBLIC:
        return connection.scope.get("method") == "GET"
    key = hall_of(connection)
    view = desk.source.view(key) if key and door.who in (Who.BOARD, Who.SCREEN) else None
    return view is not None and view.open_board


def may_still(desk: Desk, connection: AnyConnection) -> bool:
    """Tell whether who opened a stream may still look: signed in as before, or at what is still open. May block."""
    if not desk.gate.still(connection):
        return False
    door, visitor = connection.state[DOOR], visitor_of(connection)
    try:
        if door.who is not Who.SCREEN or not is_screen_here(desk, connection):
            check_door(desk, connection, door, visitor)
    except (NotAuthorizedException, PermissionDeniedException):
        return False
    except NotFoundException:  # the hall is gone: the page says so itself
        return True
    except CommandRefused as refused:
        return refused.code == "journal-failing"
    return True


_BY_TOKEN: Final = (Who.TOKEN, Who.PROGRAM)


def check_door(desk: Desk, connection: AnyConnection, door: Door, visitor: Visitor) -> None:
    """Raise unless this visitor may pass this door."""
    person = visitor.person
    if door.who in _BY_TOKEN and (person is None or visitor.signed_in):
        raise NotAuthorizedException("no_token", headers={"WWW-Authenticate": "Bearer"})
    if door.who in (Who.BOARD, Who.REPORTER, Who.SCREEN):
        _check_view(desk, connection, door.who, person)
    elif door.who not in (Who.PUBLIC, Who.LINK, Who.HALLS, Who.PAIRED):
        _check_person(connection, door.who, person)
    if door.right is not None:
        desk.gate.require(connection, right=door.right)


def _check_view(desk: Desk, connection: AnyConnection, who: Who, person: Person | None) -> None:
    """Raise unless a hall is open to everybody, or to this person."""
    key = hall_of(connection)
    view = desk.source.view(key) if key else None
    if key is None or view is None:
        raise NotFoundException(f"there is no hall {'/'.join(key or ())}")
    if who in (Who.BOARD, Who.SCREEN) and not (view.open_board or view.internal):
        _check_person(connection, Who.HALL, person)
    if who is Who.REPORTER and not view.open_reports:
        _check_person(connection, Who.ACT if connection.scope.get("method") == "POST" else Who.HALL, person)


def _check_person(connection: AnyConnection, who: Who, person: Person | None) -> None:
    if person is None:
        raise NotAuthorizedException("signed_out")
    if person is OPERATOR:
        return
    hall = hall_of(connection)
    if hall is not None and not person.acts_in(hall):
        raise CommandRefused("not-your-hall", person=person.name, hall=str(hall))
    if who in (Who.ACT, Who.PROGRAM) and not person.may_act:
        raise PermissionDeniedException("no_role")
    if who is Who.ADMINISTRATOR and ADMINISTRATOR not in person.roles:
        raise PermissionDeniedException("not_administrator")
    if who is Who.AUDITOR and AUDITOR not in person.roles:
        raise PermissionDeniedException("not_auditor")


def note_deed(
    connection: AnyConnection, *, who: str = "", action: str = "", hall: str = "", object_: str = "", **details: str
) -> None:
    """Say more of what this request does, for the audit log; nothing secret, nothing of taxpayers.

    *action* is added to that of the door: ``command`` becomes ``command.confirm``. *hall*: where the address has none.
    """
    told: dict[str, Any] = connection.state.setdefault(DEED, {"details": {}})
    told["details"] |= details
    more = {"who": who, "action": action, "hall": hall, "object": object_}
    told |= {name: text for name, text in more.items() if text}


def omit_deed(connection: AnyConnection) -> None:
    """Have this request not written down unless it is refused: it goes on with what was."""
    connection.state[OMITTED] = True


async def write_deed(message: Message, scope: Scope) -> None:
    """Write down what came of a request, before it is answered."""
    if message["type"] != "http.response.start":
        return
    state: dict[str, Any] = scope.get("state") or {}
    door = state.get(DOOR)
    if not isinstance(door, Door) or not door.audit or (state.get(OMITTED) and message["status"] < 400):
        return
    if message["status"] == 429:
        return  # who has to wait is told so again and again; that they have to is written down
    desk: Desk = scope["litestar_app"].state.desk
    deed, audit = _deed(door, scope, message["status"], desk.source.now()), desk.source.people.audit
    idle = deed.outcome != "done" or (door.path in IDLE and not deed.who)
    try:
        await sync_to_thread(audit.write_stranger if idle and visitor_in(scope).person is None else audit.write, deed)
    except JournalUnavailable as error:
        log.error("not in the audit log: %s by %s: %s", deed.action, deed.who or "nobody known", error)


def _deed(door: Door, scope: Scope, status: int, now: float) -> Deed:
    state: dict[str, Any] = scope.get("state") or {}
    told: dict[str, Any] = state.get(DEED, {})
    person, client, params = visitor_in(scope).person, scope.get("client"), scope.get("path_params", {})
    outcome: Outcome = "done" if status < 400 else "refused" if status < 500 else "failed"
    operator = person is OPERATOR
    name = told.get("who", "") or (person.name if person else "")
    return Deed(
        at=now, who=name, roles=list(person.roles) if person else [], address=client[0] if client else "",
        action=".".join(filter(None, (door.audit, told.get("action", "")))),
        hall=told.get("hall", "") or (f"{params['area']}/{params['hall']}" if "area" in params else ""),
        object=told.get("object", "") or str(params.get("incident", "")),
        outcome=told.get("outcome", outcome),
        details=told.get("details", {}) | ({"via": "operator's token"} if operator else {}) | _status(status, outcome),
    )  # fmt: skip


def _status(status: int, outcome: Outcome) -> dict[str, str]:
    return {} if outcome == "done" else {"status": str(status)}


__all__ = ["PasswordNeeded", "SetUpNeeded", "check_door", "guard", "note_deed", "omit_deed", "visitor_of", "write_deed"]
