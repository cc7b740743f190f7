"""Signing in with the bureau's own account (OpenID Connect)."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Final

from litestar import get
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Response

from hallwatch_collector.people.accounts import Account, PersonRefused
from hallwatch_collector.people.deeds import Deed
from hallwatch_collector.people.oidc import BEGUN_S, Identity, OidcRefused, Provider
from hallwatch_collector.people.people import People
from hallwatch_collector.people.person import BUILT_IN, Person, clean_name
from hallwatch_collector.web.access import address_of, reader_of
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
        account = await sync_to_thread(find_account, desk, identity, address_of(request), now)
    except OidcRefused as refused:
        if refused.code != "oidc-unlinked":
            raise _told(refused) from refused
        return _show_unlinked(desk, request, refused)
    try:
        id_ = await sync_to_thread(partial(open_session, counted=False), desk, request, account, "oidc")
    except PersonRefused as refused:
        raise _told(OidcRefused("oidc-unknown", str(refused))) from refused
    reader = reader_of(request, desk.gate)
    page = desk.renderer.page("onward.html", Words(reader.language, now), reader=reader, onward=onward_of(onward))
    response = answer_page(request, page)
    keep_session(request, response, id_)
    response.set_cookie(make_cookie(request, COOKIE, "", same_site="lax", keep_s=0))
    return response


def find_account(desk: Desk, identity: Identity, address: str, now: float) -> Account:
    """Return whose account it is, made at the first time if the provider gives roles; raise :class:`OidcRefused`.

    Known is who has this issuer and subject, nobody by a name: that is for people to choose, and several have the same
    one. Whoever was added here is known to the provider by what an administrator entered. What comes of it for the
    account is written down as what an administrator does is. May block.
    """
    people = desk.source.people
    roles = _known_roles(desk, identity)
    account = people.accounts.by_subject(identity.subject)
    try:
        if account is None:
            account = _admit(people, identity, roles, now)
            person = account.person
            _write_down(people, identity, person, action="user.add", address=address, now=now, roles=person.roles)
        if account.disabled_at is not None:
            raise OidcRefused("oidc-unknown", f"{account.person.name} is disabled")
        if roles is not None:
            if not roles:
                raise OidcRefused("oidc-unknown", f"{account.person.name} has no role here by what the provider says")
            if roles != account.person.roles:
                people.accounts.set_roles(account.person.name, roles, account.person.halls)
                _write_down(
                    people, identity, account.person, action="user.roles", address=address, now=now, roles=roles,
                    roles_before=account.person.roles,
                )  # fmt: skip
    except PersonRefused as refused:
        raise OidcRefused("oidc-unknown", str(refused)) from refused
    return account


def _admit(people: People, identity: Identity, roles: list[str] | None, now: float) -> Account:
    """Return a new account of somebody whom nobody here is; raise :class:`OidcRefused` where there can be none."""
    name = clean_name(identity.name)
    if not roles:
        told = f"nobody here is {identity.subject!r}, {name!r} there, and no role is for them"
        raise OidcRefused("oidc-unlinked" if roles is None else "oidc-unknown", told, identity.subject)
    try:
        people.admit(
            Person(name=name, roles=roles), now, password_hash=None, must_change=False, subject=identity.subject
        )
    except PersonRefused as refused:
        told = f"nobody here is {identity.subject!r}: {refused}"
        raise OidcRefused("oidc-unlinked", told, identity.subject) from refused
    account = people.accounts.by_subject(identity.subject)
    if account is None:
        raise OidcRefused("oidc-unknown", f"{name} was removed just now")
    return account


def _known_roles(desk: Desk, identity: Identity) -> list[str] | None:
    """Return the roles that the provider gives, without those that there are not."""
    known = {*BUILT_IN, *(role.id for role in desk.source.plan.roles)}
    return None if identity.roles is None else [role for role in identity.roles if role in known]


def _write_down(
    people: People, identity: Identity, who: Person, *, action: str, address: str, now: float, **roles: list[str]
) -> None:
    """Note what the provider's word changed of an account, for the audit log."""
    listed = {name.replace("_", "-"): ", ".join(each) for name, each in (roles | {"halls": who.halls}).items()}
    details = listed | {"issuer": identity.subject.partition(" ")[0]}
    people.audit.write(Deed(at=now, who=who.name, address=address, action=action, object=who.name, details=details))


def _show_unlinked(desk: Desk, request: AnyRequest, refused: OidcRefused) -> Response[Any]:
    """Say to somebody who is nobody here what the administrator needs to know of them."""
    log.warning("nobody is let in by OpenID Connect: %s", refused)
    issuer, _, subject = refused.subject.partition(" ")
    note_deed(request, subject=subject)
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now())
    page = desk.renderer.page(
        "message.html", words, reader=reader, title=words.say("refused.no_page"), back="/sign-in",
        text=words.say("refused.oidc-unlinked", subject=subject, issuer=issuer),
    )  # fmt: skip
    return answer_page(request, page, 403)


def _require(desk: Desk) -> Provider:
    if desk.provider is None:
        raise NotFoundException("this collector has no [web.oidc]")
    return desk.provider


def _told(refused: OidcRefused) -> PermissionDeniedException:
    log.warning("nobody is let in by OpenID Connect: %s", refused)
    return PermissionDeniedException(refused.code)


HANDLERS: Final = (begin_oidc, finish_oidc)
