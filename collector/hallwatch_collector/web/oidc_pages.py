"""Signing in with the bureau's own account (OpenID Connect)."""

from __future__ import annotations

import logging
from typing import Any, Final

from litestar import get
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Response

from hallwatch_collector.people.accounts import Account, PersonRefused
from hallwatch_collector.people.oidc import BEGUN_S, Identity, OidcRefused, Provider
from hallwatch_collector.people.people import People
from hallwatch_collector.people.person import BUILT_IN, Person, clean_name
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.cookies import AnyRequest, keep_session, make_cookie
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.sign_in_pages import onward_of, open_session
from hallwatch_collector.web.texts import Words

log = logging.getLogger(__name__)

PAGE: Final = "/sign-in/oidc"
RETURN: Final = f"{PAGE}/return"
COOKIE: Final = "hallwatch_oidc"


@get(PAGE, include_in_schema=False)
async def begin_oidc(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Send somebody to the bureau's sign-in."""
    provider = _require(desk)
    onward = onward_of(request.query_params.get("next", "/"))
    try:
        address, kept = await sync_to_thread(provider.begin, onward, desk.source.now())
    except OidcRefused as refused:
        raise _told(refused) from refused
    response = Redirect(address, status_code=303)
    # Lax: it has to come along when the provider sends people back.
    response.set_cookie(make_cookie(request, COOKIE, kept, same_site="lax", keep_s=int(BEGUN_S)))
    return response


@get(RETURN, include_in_schema=False)
async def finish_oidc(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Let in whom the bureau's sign-in sends back.

    The answer is a page that goes on by itself: the session's cookie is strict and does not come along on a way that
    began at another site.
    """
    provider, params = _require(desk), request.query_params
    note_deed(request, via="oidc")
    if "code" not in params:
        raise PermissionDeniedException("oidc-denied")
    kept, now = request.cookies.get(COOKIE, ""), desk.source.now()
    try:
        identity, onward = await sync_to_thread(provider.finish, kept, params.get("state", ""), params["code"], now)
        account = await sync_to_thread(find_account, desk, identity, now)
    except OidcRefused as refused:
        raise _told(refused) from refused
    id_ = await sync_to_thread(open_session, desk, request, account, "oidc")
    reader = reader_of(request, desk.gate)
    page = desk.renderer.page("onward.html", Words(reader.language, now), reader=reader, onward=onward_of(onward))
    response = answer_page(request, page)
    keep_session(request, response, id_)
    response.set_cookie(make_cookie(request, COOKIE, "", same_site="lax", keep_s=0))
    return response


def find_account(desk: Desk, identity: Identity, now: float) -> Account:
    """Return whose account it is, made or linked at the first time; raise :class:`OidcRefused`. May block.

    Linked is who was added here under this name and has no other way to sign in yet: a name alone takes over nobody's
    account.
    """
    people, name = desk.source.people, clean_name(identity.name)
    roles = _known_roles(desk, identity)
    account = people.accounts.by_subject(identity.subject)
    try:
        if account is None:
            account = _link(people, identity, name, roles, now)
        if account.disabled_at is not None:
            raise OidcRefused("oidc-unknown", f"{account.person.name} is disabled")
        if roles is not None:
            if not roles:
                raise OidcRefused("oidc-unknown", f"{account.person.name} has no role here by what the provider says")
            people.accounts.set_roles(account.person.name, roles, account.person.halls)
    except PersonRefused as refused:
        raise OidcRefused("oidc-unknown", str(refused)) from refused
    return account


def _link(people: People, identity: Identity, name: str, roles: list[str] | None, now: float) -> Account:
    there = people.accounts.get(name) if name else None
    if there is None:
        if not roles:
            raise OidcRefused("oidc-unknown", f"there is no {name!r} here, and no role for them")
        people.admit(Person(name=name, roles=roles), now, password_hash=None, must_change=False)
    elif there.password_hash or there.oidc_subject:
        raise OidcRefused("oidc-unknown", f"{name} signs in otherwise here")
    people.accounts.set_subject(name, identity.subject)
    account = people.accounts.get(name)
    if account is None:
        raise OidcRefused("oidc-unknown", f"{name} was removed just now")
    return account


def _known_roles(desk: Desk, identity: Identity) -> list[str] | None:
    """Return the roles that the provider gives, without those that there are not."""
    known = {*BUILT_IN, *(role.id for role in desk.source.plan.roles)}
    return None if identity.roles is None else [role for role in identity.roles if role in known]


def _require(desk: Desk) -> Provider:
    if desk.provider is None:
        raise NotFoundException("this collector has no [web.oidc]")
    return desk.provider


def _told(refused: OidcRefused) -> PermissionDeniedException:
    log.warning("nobody is let in by OpenID Connect: %s", refused)
    return PermissionDeniedException(refused.code)


HANDLERS: Final = (begin_oidc, finish_oidc)
