"""The page behind the link in a message: what it is about, and what its reader can do without any key or cookie.

The ticket in the address is the right to it, for one incident and those to whom the message went. So it stands in no
log, no error and no referrer, and opening the page changes nothing: chat programs open links by themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import PermissionDeniedException, TooManyRequestsException
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.commands import (
    Acknowledge,
    AnyCommand,
    CommandRefused,
    FalseAlarm,
    HandOver,
    RealAlarm,
    RemindMe,
)
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView
from hallwatch_collector.notify.links import LinkRefused, Redeemed
from hallwatch_collector.notify.rendering import FIRST_STEP
from hallwatch_collector.web.access import AnyRequest, address_of, reader_of
from hallwatch_collector.web.commands import read_form
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.incident import waits
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.refusals import say_refused
from hallwatch_collector.web.texts import Words

REMIND_MINUTES: Final = (10, 30, 60)
DONE: Final = {
    "acknowledge": "ack.did_acknowledge", "remind-me": "ack.did_remind", "hand-over": "ack.did_hand",
    "false-alarm": "ack.did_false", "real-alarm": "ack.did_real",
}  # fmt: skip
"""What was done just before → what the page then says first."""
OFFERED: Final = Acknowledge | HandOver | RemindMe | FalseAlarm | RealAlarm
JUDGING: Final = ("false-alarm", "real-alarm")
"""What can be said of one that is over too."""
Standing = Literal["open", "taken", "earlier", "over"]
"""Somebody is still to take it on; somebody has; it came back since the message (F3), which is no longer good; it
ended."""
_secret = re.compile(r"^/ack/.+", re.DOTALL)


class Matter(NamedTuple):
    """What a link is about, as far as its page shows it."""

    redeemed: Redeemed
    view: HallView | None
    incident: IncidentView | None
    standing: Standing
    lines: tuple[str, ...]
    first_step: str

    @property
    def page(self) -> str:
        """Where all of it is to be found; empty: nowhere."""
        if self.view is None:
            return ""
        hall = f"/halls/{self.view.area}/{self.view.hall}"
        return f"{hall}/incidents/{self.incident.id}" if self.incident else hall

    @property
    def others(self) -> list[str]:
        """To whom it can be handed."""
        return [name for name in self.view.reachable if name != self.owner] if self.view else []

    @property
    def may_judge(self) -> bool:
        """Whether it can be said to have been a false alarm: over or not, but not of an earlier time than this one."""
        return self.incident is not None and self.incident.reopened == self.redeemed.ticket.reopened

    @property
    def left(self) -> list[MeasureView]:
        """What is still to be done although the fault is gone, such as to check the last transaction (D4)."""
        if self.view is None or self.incident is None or self.incident.status != "recovered":
            return []
        return [each for each in self.view.measures if each.incident == self.incident.id and waits(each)]

    @property
    def owner(self) -> str:
        """Who answers for it; empty: nobody yet."""
        return self.incident.owner if self.incident else ""

    @property
    def givers(self) -> list[str]:
        """Who of those to whom the message went may hand it over."""
        return [name for name in self.redeemed.ticket.people if self.owner in ("", name)]


@get("/ack/{ticket:str}", include_in_schema=False, sync_to_thread=False)
def show_alert(desk: TheDesk, request: AnyRequest, ticket: FromPath[str]) -> Response[Any]:
    """Show what a message is about now, and what can be done."""
    words = _words(desk, request)
    try:
        redeemed = _redeem(desk, request, ticket)
    except LinkRefused as error:
        return _answer_refused(desk, request, words, error)
    said = DONE.get(request.query_params.get("did", ""), "")
    return _answer(desk, request, words, redeemed, ticket, done=words.say(said) if said else "")


@post("/ack/{ticket:str}", include_in_schema=False)
async def act_on_alert(desk: TheDesk, request: AnyRequest, ticket: FromPath[str]) -> Response[Any]:
    """Do what somebody decided who has the link, and show the page again."""
    words = _words(desk, request)
    try:
        redeemed = _redeem(desk, request, ticket)
    except LinkRefused as error:
        return _answer_refused(desk, request, words, error)
    hall = HallKey(redeemed.ticket.area, redeemed.ticket.hall)
    note_deed(request, hall=str(hall), object_=redeemed.ticket.incident)
    form = await request.form()
    fields = {name: str(form[name]) for name in form}
    _check_own(desk, request, ticket, fields.pop("seal", ""))
    note_deed(
        request, who=fields.get("by", "") if fields.get("by") in redeemed.ticket.people else "",
        action=fields["command"] if fields.get("command") in DONE else "",
    )  # fmt: skip
    matter = look_at(redeemed, words)
    judges = matter.may_judge and fields.get("command") in JUDGING
    if matter.standing == "earlier" or (matter.standing == "over" and not judges):
        return _answer(desk, request, words, redeemed, ticket, status=409)
    command = _read(words, fields, redeemed)
    try:
        await sync_to_thread(desk.source.command, hall, command)
    except CommandRefused as refused:
        told, status, _ = say_refused(desk, words, refused)
        after = await sync_to_thread(desk.source.redeem, ticket)
        return _answer(desk, request, words, after, ticket, refused=told, status=status)
    return Redirect(f"{request.url.path}?did={fields['command']}", status_code=303)


def is_secret(path: str) -> bool:
    """Tell whether a path holds a ticket."""
    return path.startswith("/ack/")


def without_secret(path: str) -> str:
    """Return a path as a log may have it."""
    return _secret.sub("/ack/…", path)


def look_at(redeemed: Redeemed, words: Words) -> Matter:
    """Return what a link is about."""
    ticket, view, wording = redeemed.ticket, redeemed.view, redeemed.wording
    incident = next((each for each in view.incidents if each.id == ticket.incident), None) if view else None
    lines = (wording.lines if words.language == "zh-CN" else wording.lines_en) if wording else []
    step = next((line for line in lines if line.startswith(FIRST_STEP)), "")
    standing: Standing = "taken"
    if incident is None or incident.status not in ("detected", "acknowledged", "repairing"):
        standing = "over"
    elif incident.reopened != ticket.reopened:
        standing = "earlier"
    elif incident.is_untaken:
        standing = "open"
    rest = tuple(line for line in lines if line != step)
    return Matter(redeemed, view, incident, standing, rest, step.partition(":")[2].strip())


def _redeem(desk: Desk, request: AnyRequest, ticket: str) -> Redeemed:
    """Return what a link is about; raise 429 after too many that are none of ours from one address.

    One that is ours is good even then: others behind the same address are not locked out by whoever guesses.
    """
    try:
        return desk.source.redeem(ticket)
    except LinkRefused as error:
        if error.expired:
            raise
        address, now = address_of(request), desk.source.now()
        if wait_s := desk.wrong_links.wait_s(address, now):
            raise TooManyRequestsException("many_wrong", headers={"Retry-After": str(math.ceil(wait_s))}) from None
        desk.wrong_links.count(address, now)
        raise


def _read(words: Words, fields: dict[str, str], redeemed: Redeemed) -> AnyCommand:
    """Return the command that a form makes: for the incident of the ticket, in the name of one of its people."""
    if fields.get("by") not in redeemed.ticket.people:
        raise PermissionDeniedException("foreign")
    told = {"command": fields.get("command", ""), "by": fields["by"], "incident": redeemed.ticket.incident}
    told |= {name: fields[name] for name in ("in_minutes", "person") if name in fields}
    if "note" in fields:
        told["note"] = " ".join(fields["note"].split())  # a telephone's keyboard has a key that ends the line
    command: AnyCommand = read_form(words, {**told, "via": "link"}, OFFERED)
    return command


def _seal(desk: Desk, ticket: str) -> str:
    """Return what only a page of ours can send: it cannot be read from another site's."""
    return hmac.new(desk.source.token.encode(), b"alert form\n" + ticket.encode(), hashlib.sha256).hexdigest()


def _check_own(desk: Desk, request: AnyRequest, ticket: str, seal: str) -> None:
    """Refuse a form of another site's page.

    Not by ``Origin`` alone as elsewhere: without a referrer browsers send ``null`` there, of our own forms too.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get("host")
    if (
        site not in (None, "same-origin")
        or foreign
        or not hmac.compare_digest(seal.encode(), _seal(desk, ticket).encode())
    ):
        raise PermissionDeniedException("foreign")


def _words(desk: Desk, request: AnyRequest) -> Words:
    return Words(reader_of(request, desk.gate).language, desk.source.now())


def _answer(
    desk: Desk, request: AnyRequest, words: Words, redeemed: Redeemed, ticket: str, *, done: str = "",
    refused: str = "", status: int = 200,
) -> Response[Any]:  # fmt: skip
    if redeemed.view is not None:
        words = Words(words.language, words.now, redeemed.view.timezone)
    page = desk.renderer.page(
        "ack.html", words, matter=look_at(redeemed, words), done=done, refused=refused, seal=_seal(desk, ticket),
        remind_minutes=REMIND_MINUTES,
    )  # fmt: skip
    return answer_page(request, page, status)


def _answer_refused(desk: Desk, request: AnyRequest, words: Words, error: LinkRefused) -> Response[Any]:
    """Answer 410 for a link whose time is over, 403 for what is none of ours."""
    name, status = ("expired", 410) if error.expired else ("forged", 403)
    page = desk.renderer.page(
        "message.html", words, title=words.say(f"ack.{name}"), text=words.say(f"ack.{name}_text"), back="/"
    )
    return answer_page(request, page, status)


HANDLERS: Final = (show_alert, act_on_alert)
