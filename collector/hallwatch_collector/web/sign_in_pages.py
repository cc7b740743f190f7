"""Signing in and out."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotAuthorizedException, TooManyRequestsException
from litestar.response import Redirect, Response

from hallwatch_collector.people.accounts import Account, PersonRefused
from hallwatch_collector.people.person import clean_name
from hallwatch_collector.people.sessions import hash_id
from hallwatch_collector.people.sign_in import SignInRefused, ask_second, check_password, check_second, welcome
from hallwatch_collector.web.access import address_of, own_page, reader_of
from hallwatch_collector.web.cookies import AnyRequest, keep_session, session_of
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page, go_on
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of

PAGE: Final = "/sign-in"
CODE_PAGE: Final = "/sign-in/code"
NOWHERE: Final = ("/sign-in", "/sign-in/code", "/sign-out", "/set-up")
"""Pages to which nobody goes back after signing in."""


@get(PAGE, include_in_schema=False)
async def show_sign_in(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show the form; who is signed in already goes on."""
    onward = onward_of(request.query_params.get("next") or _page_before(request))
    if visitor_of(request).signed_in:
        return go_on(request, onward, 303)
    if not await sync_to_thread(desk.gate.has_administrator):
        return go_on(request, "/set-up", 303)
    return _show(desk, request, onward)


@post(PAGE, include_in_schema=False)
async def sign_in(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Let in whose name and password are right, and go on to where they wanted to go."""
    form = await read_fields(request)
    name, onward = clean_name(form.get("name", "")), onward_of(form.get("next", "/"))
    note_deed(request, who=name)
    people, address, now = desk.source.people, address_of(request), desk.source.now()
    try:
        account = await sync_to_thread(check_password, people, name, form.get("password", ""), address, now)
    except SignInRefused as refused:
        if refused.wait_s:
            raise TooManyRequestsException(
                "locked", headers={"Retry-After": str(math.ceil(refused.wait_s))}
            ) from refused
        return _show(desk, request, onward, name=name, wrong=True, status=401)
    after = _ask_second if account.totp_secret else partial(let_in, counted=True)
    try:
        return await sync_to_thread(after, desk, request, account, onward)
    except PersonRefused:  # the password was changed just now
        return _show(desk, request, onward, name=name, wrong=True, status=401)


@get(CODE_PAGE, include_in_schema=False)
async def show_code(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Ask for the second factor of somebody whose password was right."""
    pending = await sync_to_thread(_find_pending, desk, request)
    if pending is None:
        return go_on(request, PAGE, 303)
    return _show_code(desk, request, onward_of(request.query_params.get("next", "/")))


@post(CODE_PAGE, include_in_schema=False)
async def take_code(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Let in whose second factor is right too."""
    form = await read_fields(request)
    pending = await sync_to_thread(_find_pending, desk, request)
    if pending is None:
        return go_on(request, PAGE, 303)
    note_deed(request, who=pending.person.name, factor="second")
    onward, address, now = onward_of(form.get("next", "/")), address_of(request), desk.source.now()
    try:
        await sync_to_thread(check_second, desk.source.people, pending, form.get("code", ""), address, now)
    except SignInRefused as refused:
        if refused.wait_s:
            headers = {"Retry-After": str(math.ceil(refused.wait_s))}
            raise TooManyRequestsException("locked", headers=headers) from refused
        return _show_code(desk, request, onward, wrong=True, status=401)
    try:
        return await sync_to_thread(partial(let_in, counted=True), desk, request, pending, onward)
    except PersonRefused as refused:
        raise NotAuthorizedException("signed_out") from refused


def _ask_second(desk: Desk, request: AnyRequest, account: Account, onward: str) -> Response[Any]:
    """Keep for a moment that the password was right, and ask for the second factor. May block."""
    people, now, agent = desk.source.people, desk.source.now(), request.headers.get("user-agent", "")
    name, web = account.person.name, desk.source.web
    id_ = people.sessions.open(
        name, now, lasts_s=web.session_s, address=address_of(request), agent=agent, pending=True,
        account=account,
    )  # fmt: skip
    ask_second(people, address_of(request), now)
    note_deed(request, factor="first")
    response = Redirect(f"{CODE_PAGE}?{urlencode({'next': onward}, safe='/')}", status_code=303)
    keep_session(request, response, id_)
    return response


def _find_pending(desk: Desk, request: AnyRequest) -> Account | None:
    """Return whose password was right at this browser a moment ago; None: nobody's."""
    session, people = session_of(request), desk.source.people
    if not session:
        return None
    found = people.sessions.find(session, desk.source.now(), idle_s=desk.source.web.idle_s, uses=False)
    return people.accounts.get(found.person.name) if found and found.session.pending else None


@post("/sign-out", include_in_schema=False, sync_to_thread=True)
def sign_out(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """End this browser's session."""
    visitor = visitor_of(request)
    if visitor.signed_in:
        desk.source.people.sessions.end(visitor.signed_in.session.id_hash, visitor.name)
    response = Redirect(PAGE, status_code=303)
    keep_session(request, response, "")
    # What a browser kept of pages that only who is signed in may see.
    response.headers["clear-site-data"] = '"cache"'
    return response


def let_in(desk: Desk, request: AnyRequest, account: Account, onward: str, *, counted: bool) -> Response[Any]:
    """Open a session, and go on; raises as :func:`open_session` does. May block."""
    response = Redirect(onward, status_code=303)
    keep_session(request, response, open_session(desk, request, account, "password", counted=counted))
    return response


def open_session(desk: Desk, request: AnyRequest, account: Account, via: str, *, counted: bool) -> str:
    """Open a session under a new id, whatever the browser showed before; return it. May block.

    *counted*: whether this was counted as an attempt. Raises :class:`PersonRefused` for who would not be let in now.
    """
    people, web, now, address = desk.source.people, desk.source.web, desk.source.now(), address_of(request)
    name = account.person.name
    if before := session_of(request):
        people.sessions.end(hash_id(before), name)
    people.sessions.sweep(now, idle_s=web.idle_s)
    agent = request.headers.get("user-agent", "")
    id_ = people.sessions.open(name, now, lasts_s=web.session_s, address=address, agent=agent, via=via, account=account)
    welcome(people, account, address, now, counted=counted)
    note_deed(request, who=name, via=via)
    return id_


def _show(
    desk: Desk, request: AnyRequest, onward: str, *, name: str = "", wrong: bool = False, status: int = 200
) -> Response[Any]:
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now())
    page = desk.renderer.page(
        "sign-in.html", words, reader=reader, onward=onward, name=name, wrong=wrong, oidc=desk.source.web.oidc
    )
    return answer_page(request, page, status)


def _show_code(
    desk: Desk, request: AnyRequest, onward: str, *, wrong: bool = False, status: int = 200
) -> Response[Any]:
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now())
    page = desk.renderer.page("sign-in-code.html", words, reader=reader, onward=onward, wrong=wrong)
    return answer_page(request, page, status)


def onward_of(asked: str) -> str:
    """Return the page of ours to which somebody wants to go."""
    page = own_page(asked)
    return "/" if urlsplit(page).path in NOWHERE else page


def _page_before(request: AnyRequest) -> str:
    """Return the page of ours with the link that led here."""
    before = urlsplit(request.headers.get("referer", ""))
    if before.netloc != request.headers.get("host"):
        return "/"
    return f"{before.path}?{before.query}" if before.query else before.path


HANDLERS: Final = (show_sign_in, sign_in, show_code, take_code, sign_out)
