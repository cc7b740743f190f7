"""One's own account: the password, the second factor, where one is signed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import segno
from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotAuthorizedException, TooManyRequestsException, ValidationException
from litestar.response import Redirect, Response
from msgspec import Struct

from hallwatch_collector.people.accounts import Account
from hallwatch_collector.people.passwords import hash_password
from hallwatch_collector.people.sealing import SealBroken
from hallwatch_collector.people.second_factor import address_of_secret, draw_secret, enrol
from hallwatch_collector.people.sign_in import SignInRefused, check_password
from hallwatch_collector.web.access import address_of, reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.set_up_pages import wrong_password
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of

PAGE: Final = "/account"
DONE: Final = ("password", "totp-off", "ended", "ended-all")


class Shown(Struct, frozen=True, kw_only=True):
    """What the page shows beside the account itself."""

    wrong: str = ""
    """What was wrong with the form that was sent."""
    deed: str = ""
    """Of which form."""
    secret: str = ""
    """Of a second factor that is being set up; shown until its first code was right."""
    sealed: str = ""
    picture: str = ""
    """Its QR code, as SVG."""
    codes: tuple[str, ...] = ()
    """Recovery codes, shown this once."""
    status: int = 200


Carried = Shown | str
"""What came of a form: what to show, or what was done, of :data:`DONE`; ``onward``: it was all that was in the way."""


@get(PAGE, include_in_schema=False)
async def show_account(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show somebody their account."""
    return await sync_to_thread(_show, desk, request, Shown())


@post(PAGE, include_in_schema=False)
async def change_account(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Change what somebody signs in with, or end sessions of theirs."""
    form = await read_fields(request)
    carry_out = DEEDS.get(form.get("deed", ""))
    if carry_out is None:
        raise ValidationException("invalid")
    note_deed(request, action=form["deed"])
    return await sync_to_thread(_carry_out, desk, request, carry_out, form)


def _carry_out(
    desk: Desk, request: AnyRequest, carry_out: Callable[[Desk, AnyRequest, Account, dict[str, str]], Carried],
    form: dict[str, str],
) -> Response[Any]:  # fmt: skip
    came = carry_out(desk, request, _account(desk, request), form)
    if isinstance(came, Shown):
        return _show(desk, request, came)
    return Redirect("/" if came == "onward" else f"{PAGE}?did={came}", status_code=303)


def _change_password(desk: Desk, request: AnyRequest, account: Account, form: dict[str, str]) -> Carried:
    people, name = desk.source.people, account.person.name
    _check_current(desk, request, account, form)
    if wrong := wrong_password(form, name):
        return Shown(deed="password", wrong=wrong, status=422)
    if form["password"] == form.get("current"):
        return Shown(deed="password", wrong="same", status=422)
    signed_in = visitor_of(request).signed_in
    people.accounts.set_password(name, hash_password(form["password"]), must_change=False)
    people.sessions.end_all(name, but=_own_session(request))
    return "onward" if signed_in and signed_in.must_change else "password"


def _begin_totp(desk: Desk, request: AnyRequest, account: Account, form: dict[str, str]) -> Carried:
    _check_current(desk, request, account, form)
    return _show_secret(desk, account.person.name, draw_secret())


def _confirm_totp(desk: Desk, _: AnyRequest, account: Account, form: dict[str, str]) -> Carried:
    people, name = desk.source.people, account.person.name
    try:
        secret = people.sealer.open(form.get("sealed", ""), f"enrolling {name}")
    except SealBroken:
        raise ValidationException("invalid") from None
    codes = enrol(people, name, secret, form.get("code", ""), desk.source.now())
    if codes is None:
        return _show_secret(desk, name, secret, wrong="totp", status=422)
    return Shown(deed="totp-on", codes=tuple(codes))


def _end_totp(desk: Desk, request: AnyRequest, account: Account, form: dict[str, str]) -> Carried:
    _check_current(desk, request, account, form)
    desk.source.people.accounts.set_totp(account.person.name, None)
    return "totp-off"


def _end_session(desk: Desk, _: AnyRequest, account: Account, form: dict[str, str]) -> Carried:
    desk.source.people.sessions.end(form.get("session", ""), account.person.name)
    return "ended"


def _end_others(desk: Desk, request: AnyRequest, account: Account, _: dict[str, str]) -> Carried:
    desk.source.people.sessions.end_all(account.person.name, but=_own_session(request))
    return "ended-all"


DEEDS: Final[Mapping[str, Callable[[Desk, AnyRequest, Account, dict[str, str]], Carried]]] = {
    "password": _change_password,
    "totp-begin": _begin_totp,
    "totp-confirm": _confirm_totp,
    "totp-off": _end_totp,
    "end": _end_session,
    "end-all": _end_others,
}


class _CurrentWrong(ValidationException):
    """The password that somebody has now was typed wrongly."""


def _check_current(desk: Desk, request: AnyRequest, account: Account, form: dict[str, str]) -> None:
    """Raise unless the password that somebody has now is right; wrong ones count as at signing in.

    Who found a computer that is signed in cannot take the account over.
    """
    people, now, address = desk.source.people, desk.source.now(), address_of(request)
    name = account.person.name
    try:
        check_password(people, name, form.get("current", ""), address, now)
    except SignInRefused as refused:
        if refused.wait_s:
            headers = {"Retry-After": str(math.ceil(refused.wait_s))}
            raise TooManyRequestsException("locked", headers=headers) from refused
        raise _CurrentWrong("wrong_current") from refused
    people.failures.forgive(name, address, now)


def _show_secret(desk: Desk, name: str, secret: str, *, wrong: str = "", status: int = 200) -> Shown:
    # Level M, no border: it stands on white.
    picture = segno.make_qr(address_of_secret(secret, name), error="m").svg_inline(border=2, omitsize=True)
    sealed = desk.source.people.sealer.seal(secret, f"enrolling {name}")
    return Shown(deed="totp-confirm", wrong=wrong, secret=secret, sealed=sealed, picture=picture, status=status)


def _show(desk: Desk, request: AnyRequest, shown: Shown) -> Response[Any]:
    account, people, now = _account(desk, request), desk.source.people, desk.source.now()
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, now)
    did = request.query_params.get("did", "") if request.method == "GET" else ""
    page = desk.renderer.page(
        "account.html", words, reader=reader, account=account, shown=shown, did=did if did in DONE else "",
        sessions=people.sessions.of(account.person.name, now, idle_s=desk.source.web.idle_s),
        own_session=_own_session(request), role_name=desk.renderer.role_names(words),
        hall_name=_hall_names(desk),
    )  # fmt: skip
    return answer_page(request, page, shown.status)


def _hall_names(desk: Desk) -> Callable[[str], str]:
    names = {f"{view.area}/{view.hall}": view.name for view in desk.source.halls()}
    return lambda hall: names.get(hall, hall)


def _account(desk: Desk, request: AnyRequest) -> Account:
    account = desk.source.people.accounts.get(visitor_of(request).name)
    if account is None:
        raise NotAuthorizedException("signed_out")
    return account


def _own_session(request: AnyRequest) -> str:
    signed_in = visitor_of(request).signed_in
    return signed_in.session.id_hash if signed_in else ""


HANDLERS: Final = (show_account, change_account)
