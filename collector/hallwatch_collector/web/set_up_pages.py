"""The first start: who knows the code that the program printed makes the first administrator, without any default."""

from __future__ import annotations

import hmac
import math
from typing import Any, Final

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import TooManyRequestsException
from litestar.response import Response

from hallwatch_collector.people.accounts import PersonRefused
from hallwatch_collector.people.credentials import plain_code
from hallwatch_collector.people.passwords import hash_password, weakness_of
from hallwatch_collector.people.person import ADMINISTRATOR, AUDITOR, Person, clean_name
from hallwatch_collector.web.access import address_of, reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page, go_on
from hallwatch_collector.web.sign_in_pages import let_in
from hallwatch_collector.web.texts import Words

PAGE: Final = "/set-up"
NEXT: Final = "/settings/tour"
"""Where the first administrator goes on: to the first hall."""


@get(PAGE, include_in_schema=False)
async def show_set_up(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Ask for the code and who the first administrator is; when there is one, it goes on."""
    if await sync_to_thread(desk.gate.has_administrator):
        return go_on(request, "/", 303)
    return _show(desk, request)


@post(PAGE, include_in_schema=False)
async def take_set_up(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Make the first administrator, who is signed in at once."""
    form = await read_fields(request)
    address, now = address_of(request), desk.source.now()
    if wait_s := desk.set_ups.wait_s(address, now):
        raise TooManyRequestsException("many_codes", headers={"Retry-After": str(math.ceil(wait_s))})
    name = clean_name(form.get("name", ""))
    note_deed(request, who=name)
    expected = desk.source.set_up_code
    if not expected or not hmac.compare_digest(plain_code(form.get("code", "")).encode(), expected.encode()):
        desk.set_ups.count(address, now)
        return _show(desk, request, name=name, wrong="code", status=403)
    if wrong := wrong_password(form, name):
        return _show(desk, request, name=name, code=form["code"], wrong=wrong, status=422)
    return await sync_to_thread(_admit, desk, request, name, form)


def wrong_password(form: dict[str, str], name: str) -> str:
    """Return what is wrong with a password that was typed twice; empty: nothing."""
    password = form.get("password", "")
    if password != form.get("again", ""):
        return "differ"
    return weakness_of(password, name) or ""


def _admit(desk: Desk, request: AnyRequest, name: str, form: dict[str, str]) -> Response[Any]:
    people, now = desk.source.people, desk.source.now()
    # An auditor too, so that a small hall has one; both can be given to somebody else.
    who = Person(name=name, roles=[ADMINISTRATOR, AUDITOR])
    try:
        if not people.admit_first(who, now, hash_password(form["password"])):
            return go_on(request, "/sign-in", 303)
    except PersonRefused as refused:
        return _show(desk, request, name=name, code=form["code"], wrong=refused.code, status=422)
    account = people.accounts.get(name)
    return let_in(desk, request, account, NEXT, counted=False) if account else go_on(request, "/sign-in", 303)


def _show(
    desk: Desk, request: AnyRequest, *, name: str = "", code: str = "", wrong: str = "", status: int = 200
) -> Response[Any]:
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now())
    page = desk.renderer.page("set-up.html", words, reader=reader, name=name, code=code, wrong=wrong)
    return answer_page(request, page, status)


HANDLERS: Final = (show_set_up, take_set_up)
