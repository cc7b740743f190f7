"""Settings: who there is, what they may act as and where, and helping those who cannot get in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import FormMultiDict
from litestar.exceptions import NotFoundException, ValidationException
from litestar.response import Redirect, Response
from msgspec import Struct

from hallwatch_collector.people.accounts import PersonRefused
from hallwatch_collector.people.failures import same_name
from hallwatch_collector.people.oidc import LONGEST_SUBJECT, join_subject
from hallwatch_collector.people.passwords import draw_password, hash_password
from hallwatch_collector.people.person import BUILT_IN, Person, clean_name
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_lists
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of

PAGE: Final = "/settings/users"
OPENS: Final = ("password", "token", "totp-off", "subject")
"""What lets somebody in, or makes it easier."""
GIVES_HALLS: Final = ("add", "roles")
BEYOND: Final = "beyond-halls"


class Told(Struct, frozen=True, kw_only=True):
    """What is told on the page that follows."""

    name: str
    """Of whom the page is; empty: of everybody."""
    did: str = ""
    secret: str = ""
    """A password or token, shown this once."""
    wrong: str = ""
    status: int = 200


class Asked(Struct, frozen=True, kw_only=True):
    """What a form asks for."""

    who: Person
    """Whom it is about, with the roles and halls that they are to have."""
    subject: str = ""
    """As what the bureau's own sign-in is to know them."""

    @property
    def name(self) -> str:
        """Of whom it is about."""
        return self.who.name


@get(PAGE, include_in_schema=False)
async def show_users(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show everybody."""
    return await sync_to_thread(_show_all, desk, request, Told(name=""))


@get(f"{PAGE}/person", include_in_schema=False, sync_to_thread=True)
def show_user(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show one person, ``?name=``, and what can be done for them."""
    name, did = request.query_params.get("name", ""), request.query_params.get("did", "")
    return _show_one(desk, request, Told(name=name, did=did if did in DEEDS else ""))


@post(PAGE, include_in_schema=False)
async def change_users(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Add, change or remove somebody."""
    form = await read_lists(request)
    deed, name = str(form.get("deed", "")), clean_name(str(form.get("name", "")))
    carry_out = DEEDS.get(deed)
    if carry_out is None:
        raise ValidationException("invalid")
    roles, halls = _listed(form, "role"), _listed(form, "hall")
    told = {"roles": ", ".join(roles), "halls": ", ".join(halls)} if deed in ("add", "roles") else {}
    subject = str(form.get("subject", "")).strip()
    if deed == "subject":
        told["subject"] = subject
    note_deed(request, action=deed, object_=name, **told)
    asked = Asked(who=Person(name=name, roles=roles, halls=halls), subject=subject)
    return await sync_to_thread(_carry_out, desk, request, deed, asked)


def _carry_out(desk: Desk, request: AnyRequest, deed: str, asked: Asked) -> Response[Any]:
    who = asked.who
    try:
        _check_known(desk, who)
        _check_oneself(deed, who.name, visitor_of(request).name)
        _check_halls(desk, visitor_of(request).person, deed, who)
        before = desk.source.people.accounts.get(who.name) if deed == "roles" else None
        if before:
            was = before.person
            note_deed(request, **{"roles-before": ", ".join(was.roles), "halls-before": ", ".join(was.halls)})
        secret = DEEDS[deed](desk, asked)
    except PersonRefused as refused:
        there = deed != "add" and desk.source.people.accounts.get(who.name) is not None
        told = Told(name=who.name if there else "", wrong=refused.code, status=403 if refused.code == BEYOND else 409)
        return _show_one(desk, request, told) if there else _show_all(desk, request, told, draft=who)
    if secret:
        return _show_one(desk, request, Told(name=who.name, did=deed, secret=secret))
    if deed == "remove":
        return Redirect(PAGE, status_code=303)
    return Redirect(f"{PAGE}/person?{urlencode({'name': who.name, 'did': deed})}", status_code=303)


def _check_known(desk: Desk, who: Person) -> None:
    """Raise :class:`PersonRefused` for roles and halls that there are not."""
    known = {*BUILT_IN, *(role.id for role in desk.source.plan.roles)}
    if not known.issuperset(who.roles):
        raise PersonRefused("there is no such role", "role")
    if not {f"{view.area}/{view.hall}" for view in desk.source.halls()}.issuperset(who.halls):
        raise PersonRefused("there is no such hall", "hall")


def _check_oneself(deed: str, name: str, own: str) -> None:
    """Raise :class:`PersonRefused` for what nobody does to themselves here.

    On the page of one's own account the password is asked for first: who finds a browser that an administrator left
    does not take the account along.
    """
    if name == own and deed in ("disable", "remove"):
        raise PersonRefused("nobody removes themselves", "oneself")
    if name == own and deed in OPENS:
        raise PersonRefused("that is for the page of one's own account", "own-account")


def _check_halls(desk: Desk, by: Person | None, deed: str, who: Person) -> None:
    """Raise :class:`PersonRefused` for what goes beyond the halls of an administrator who is one of some halls only."""
    account = None if deed == "add" else desk.source.people.accounts.get(who.name)
    if deed != "add" and account is None:
        raise PersonRefused(f"there is no {who.name}", "nobody")
    concerned = [who] * (deed in GIVES_HALLS) + [each.person for each in (account,) if each]
    if by is None or not all(_is_within(by, each) for each in concerned):
        raise PersonRefused("that goes beyond the halls of who asks for it", BEYOND)


def _is_within(by: Person, who: Person) -> bool:
    """Tell whether somebody has to do with halls of this administrator alone. Without any named, it is every hall."""
    return not by.halls or (bool(who.halls) and set(by.halls).issuperset(who.halls))


def _add(desk: Desk, asked: Asked) -> str:
    if not asked.who.roles:
        raise PersonRefused("a person needs a role", "no-role")
    password = draw_password()
    desk.source.people.admit(asked.who, desk.source.now(), password_hash=hash_password(password))
    return password


def _set_roles(desk: Desk, asked: Asked) -> str:
    who = asked.who
    if not who.roles:
        raise PersonRefused("a person needs a role", "no-role")
    desk.source.people.accounts.set_roles(who.name, who.roles, who.halls)
    return ""


def _draw_password(desk: Desk, asked: Asked) -> str:
    people, password = desk.source.people, draw_password()
    people.accounts.set_password(asked.name, hash_password(password), must_change=True)
    people.sessions.end_all(asked.name)
    people.failures.unlock(asked.name)
    return password


def _draw_token(desk: Desk, asked: Asked) -> str:
    return desk.source.people.renew_token(asked.name)


def _set_subject(desk: Desk, asked: Asked) -> str:
    subject, issuer = asked.subject, desk.source.web.oidc.issuer
    if not issuer:
        raise PersonRefused("there is no sign-in of the bureau's", "no-oidc")
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise PersonRefused("that is nothing as what anybody is known", "subject")
    desk.source.people.accounts.set_subject(asked.name, join_subject(issuer, subject))
    return ""


def _plainly(do: Callable[[Desk, str], object]) -> Callable[[Desk, Asked], str]:
    def carry_out(desk: Desk, asked: Asked) -> str:
        do(desk, asked.name)
        return ""

    return carry_out


DEEDS: Final[Mapping[str, Callable[[Desk, Asked], str]]] = {
    "add": _add,
    "roles": _set_roles,
    "password": _draw_password,
    "token": _draw_token,
    "token-off": _plainly(lambda desk, name: desk.source.people.withdraw_token(name)),
    "disable": _plainly(lambda desk, name: desk.source.people.accounts.disable(name, desk.source.now())),
    "enable": _plainly(lambda desk, name: desk.source.people.accounts.enable(name)),
    "unlock": _plainly(lambda desk, name: desk.source.people.failures.unlock(name)),
    "totp-off": _plainly(lambda desk, name: desk.source.people.accounts.set_totp(name, None)),
    "sign-out": _plainly(lambda desk, name: desk.source.people.sessions.end_all(name)),
    "subject": _set_subject,
    "subject-off": _plainly(lambda desk, name: desk.source.people.accounts.set_subject(name, None)),
    "remove": _plainly(lambda desk, name: desk.source.people.remove(name)),
}
"""What an administrator can do → how; returns what is to be shown once, or nothing."""


def _show_all(desk: Desk, request: AnyRequest, told: Told, draft: Person | None = None) -> Response[Any]:
    people, now = desk.source.people, desk.source.now()
    accounts, locked = people.accounts.all(), people.failures.locked(now)
    page = _render(
        desk, request, "users.html", told=told, accounts=accounts, draft=draft or Person(name="", roles=[]),
        locked={each.person.name for each in accounts if same_name(each.person.name) in locked},
    )  # fmt: skip
    return answer_page(request, page, told.status)


def _show_one(desk: Desk, request: AnyRequest, told: Told) -> Response[Any]:
    people, now = desk.source.people, desk.source.now()
    account = people.accounts.get(told.name)
    if account is None:
        raise NotFoundException(f"there is no {told.name}")
    by = visitor_of(request).person
    page = _render(
        desk, request, "user.html", told=told, account=account, draft=account.person,
        may_change=by is not None and _is_within(by, account.person),
        locked_until=people.failures.locked(now).get(same_name(told.name)),
        sessions=people.sessions.of(told.name, now, idle_s=desk.source.web.idle_s),
        oneself=told.name == visitor_of(request).name, issuer=desk.source.web.oidc.issuer,
    )  # fmt: skip
    return answer_page(request, page, told.status)


def _render(desk: Desk, request: AnyRequest, template: str, **values: Any) -> str:
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now())
    by = visitor_of(request).person
    own = by.halls if by else []
    shown = [view for view in desk.source.halls() if not view.internal]
    names = {f"{view.area}/{view.hall}": view.name for view in shown}
    return desk.renderer.page(
        template, words, reader=reader, roles=list(_roles(desk, words)), halls=names,
        own_halls=own, givable={key: name for key, name in names.items() if not own or key in own},
        role_name=desk.renderer.role_names(words), **values,
    )  # fmt: skip


def _roles(desk: Desk, words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield every role that can be given: id, name, and what it is for."""
    for role in desk.source.plan.roles:
        yield role.id, words.pick(role.name, role.name_en), words.listed(words.term("right", may) for may in role.may)
    for name in BUILT_IN:
        yield name, words.say(f"role.{name}"), words.say(f"users.{name}")


def _listed(form: FormMultiDict, name: str) -> list[str]:
    return list(dict.fromkeys(str(each) for each in form.getall(name, [])))


HANDLERS: Final = (show_users, show_user, change_users)
