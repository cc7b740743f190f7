"""A report by hand in three taps (R3): what is out of order (its code says it), what is wrong with it, send.

Who may act in the hall reports a fault; anybody else, where the hall's file allows that, one to be confirmed. A photo
is taken with it; if it cannot be, the report is taken all the same, and the thanks say why the photo was not.
"""

from __future__ import annotations

import math
from typing import Any, Final, get_args
from urllib.parse import urlencode

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.exceptions import TooManyRequestsException, ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response
from msgspec import Struct

from hallwatch_collector.core.commands import CommandRefused, ReportFault, ReportUnconfirmed, TakeNote
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.people.person import clean_name
from hallwatch_collector.photos.studio import LARGEST_BYTES, PhotoRefused, Why
from hallwatch_collector.web import findings
from hallwatch_collector.web.access import AnyRequest, address_of, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.commands import read_form
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.findings import Choice, Effect, Thing
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.my_window import own_window
from hallwatch_collector.web.naming import name_classes
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of

HALL: Final = "/halls/{area:str}/{hall:str}"
LARGEST_BODY_BYTES: Final = 2 * LARGEST_BYTES
"""Of a report with a photo. A photo that is too large, but not as large as this, costs the photo and not the report."""
SHORT: Final = 12
"""So many digits of a photo's hash stand in the record."""
PHOTO_FATES: Final = ("kept", *get_args(Why))


class _Told(Struct, frozen=True, kw_only=True):
    """What a form says, as far as it is right."""

    fields: dict[str, str] = {}
    """As they were sent, to be shown again."""

    thing: Thing | None = None
    choice: Choice | None = None
    effect: Effect | None = None
    text: str = ""
    by: str = ""
    wrong: tuple[str, ...] = ()
    """Keys of the texts that say what is missing."""


@get(f"{HALL}/report", include_in_schema=False, sync_to_thread=False)
def show_report_form(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show what can be reported; ``?thing=`` has one chosen, as the code on a device does."""
    told = _Told(fields={"thing": request.query_params.get("thing", "")})
    return _show(desk, request, require_view(desk, area, hall), told)


@post(f"{HALL}/reports", include_in_schema=False, request_max_body_size=LARGEST_BODY_BYTES)
async def take_report_form(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]
) -> Response[Any]:  # fmt: skip
    """Take a report and go on to the thanks; only so many from one address by those who are not known."""
    view, reader = require_view(desk, area, hall), reader_of(request, desk.gate)
    words, now = Words(reader.language, desk.source.now(), view.timezone), desk.source.now()
    if not reader.may_act and (wait_s := desk.reports.wait_s(address_of(request), now)):
        raise TooManyRequestsException("many_reports", headers={"Retry-After": str(math.ceil(wait_s))})
    fields = await read_fields(request)
    told = _read(desk, view, words, fields)
    note_deed(request, object_=told.thing.id if told.thing else "")
    if told.thing is None or told.choice is None or told.wrong:
        return _show(desk, request, view, told)
    ticket = fields.get("ticket", "")
    if not desk.tickets.use(ticket):
        return _thank(view, told.thing, told.choice, "")
    try:
        command = _make_command(request, words, reader, told)
        if not reader.may_act:
            desk.reports.count(address_of(request), now)
        known = await sync_to_thread(_send, desk, HallKey(area, hall), command)
    except Exception:
        desk.tickets.give_back(ticket)
        raise
    fate = await _keep_photo(desk, request, HallKey(area, hall), told.thing, command)
    return _thank(view, told.thing, told.choice, fate, known=known)


@get(f"{HALL}/report/taken", include_in_schema=False, sync_to_thread=False)
def show_thanks(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Say what happens next, and what to do until then. It may be loaded anew: nothing is sent by it."""
    view, reader = require_view(desk, area, hall), reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone, view.part_names)
    asked = request.query_params
    thing = findings.find_thing(findings.list_places(view, words), asked.get("thing", ""))
    choices = findings.list_choices(desk.source.catalogue, thing.kind, words) if thing else []
    fate = asked.get("photo", "")
    page = desk.renderer.page(
        "report-taken.html", words, view=view, reader=reader, may_act=reader.may_act, thing=thing,
        choice=next((each for each in choices if each.id == asked.get("what", "")), None),
        trouble=findings.find_known(view, thing) if thing else None,
        ways=findings.find_ways(view, thing) if thing else (),
        class_name=name_classes(view, words), photo=fate if fate in PHOTO_FATES else "", known="known" in asked,
        kept=urlencode({name: asked[name] for name in ("thing", "what", "photo", "known") if name in asked}),
    )  # fmt: skip
    return answer_page(request, page)


def _show(desk: Desk, request: AnyRequest, view: HallView, told: _Told) -> Response[Any]:
    """Show the places and what is there; or, of one thing, what can be said of it. Again, with what was wrong."""
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone, view.part_names)
    places, at = findings.list_places(view, words), request.query_params.get("window", "")
    mine = next((each for each in view.windows if each.id == at), None) or own_window(request, view)
    fields, asked = told.fields, told.fields.get("thing", "")
    thing = findings.find_thing(places, asked)
    page = desk.renderer.page(
        "report.html", words, view=view, reader=reader, may_act=reader.may_act, thing=thing,
        lost=bool(asked) and not thing,
        places=sorted(places, key=lambda place: mine is None or all(each.window != mine.id for each in place[1])),
        mine=mine, choices=findings.list_choices(desk.source.catalogue, thing.kind, words) if thing else (),
        trouble=findings.find_known(view, thing) if thing else None,
        wrong=told.wrong, fields=fields, ticket=fields.get("ticket") or desk.tickets.draw(),
        may_report=reader.may_act or view.open_reports, kept=urlencode({"thing": asked}) if asked else "",
        address=f"/halls/{view.area}/{view.hall}/report",
    )  # fmt: skip
    return answer_page(request, page, 400 if told.wrong else 200)


def _read(desk: Desk, view: HallView, words: Words, fields: dict[str, str]) -> _Told:
    """Return what a form says, and what is missing in it."""
    thing = findings.find_thing(findings.list_places(view, words), fields.get("thing", ""))
    choices = findings.list_choices(desk.source.catalogue, thing.kind, words) if thing else []
    choice = next((each for each in choices if each.id == fields.get("what", "")), None)
    text = " ".join(fields.get("text", "").split())
    wrong = (
        ("report.wrong_thing", thing is None),
        ("report.wrong_what", thing is not None and choice is None),
        ("report.wrong_text", choice is not None and choice.id == findings.OTHER and not text),
        ("report.wrong_long", len(text) > findings.MOST_SAID),
    )
    effect = next((each for each in get_args(Effect) if each == fields.get("effect")), None)
    by = clean_name(fields.get("by", ""))
    return _Told(
        fields=fields, thing=thing, choice=choice, effect=effect, text=text, by=by,
        wrong=tuple(key for key, holds in wrong if holds)
    )  # fmt: skip


def _make_command(
    request: AnyRequest, words: Words, reader: Reader, told: _Told
) -> ReportFault | ReportUnconfirmed:  # fmt: skip
    """Return the report: of who may act here as a fault, of anybody else as one to be confirmed."""
    person, choice = visitor_of(request).person, told.choice
    if told.thing is None or choice is None:
        raise ValidationException("invalid")
    fields: dict[str, Any] = {"thing": told.thing.id, "text": findings.word(choice, told.text)}
    if person is None or not reader.may_act:
        by = (person.name if person else told.by) or words.say("report.somebody")
        command: ReportUnconfirmed = read_form(
            words, {**fields, "command": "report-unconfirmed", "by": by, "roles": []}, ReportUnconfirmed
        )
        return command
    effect = (told.effect if choice.id == findings.OTHER else None) or choice.effect
    fault: ReportFault = read_form(
        words,
        {**fields, "command": "report-fault", "effect": effect, "by": person.name, "roles": person.roles},
        ReportFault,
    )
    return fault


def _send(desk: Desk, key: HallKey, command: ReportFault | ReportUnconfirmed) -> bool:
    """Send a report; tell whether somebody had reported the same thing already, which is no mistake of this one."""
    try:
        desk.source.command(key, command)
    except CommandRefused as refused:
        if refused.code == "reported-already":
            return True
        raise
    return False


async def _keep_photo(
    desk: Desk, request: AnyRequest, key: HallKey, thing: Thing, command: ReportFault | ReportUnconfirmed
) -> str:  # fmt: skip
    """Keep the photo that came with a report; return what became of it, empty: there was none."""
    words = Words(reader_of(request, desk.gate).language, desk.source.now())
    sent = (await request.form()).get("photo")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return ""
    photo = await sent.read(LARGEST_BYTES + 1)
    try:
        await sync_to_thread(_develop, desk, key, thing, command, photo, words=words)
    except PhotoRefused as refused:
        return refused.why
    return "kept"


def _develop(
    desk: Desk, key: HallKey, thing: Thing, command: ReportFault | ReportUnconfirmed, photo: bytes, *, words: Words
) -> None:  # fmt: skip
    """Draw a photo anew, keep it with the incident of the thing, and say in the record that it is there."""
    view = desk.source.view(key)
    trouble = findings.find_known(view, thing) if view else None
    if trouble is None:
        raise PhotoRefused("unkept")
    kept = desk.source.album.keep(key, trouble.id, desk.source.album.develop(photo), desk.source.now())
    note = TakeNote(
        by=command.by,
        roles=command.roles,
        incident=trouble.id,
        text=words.say("report.photo_note", id=kept.name[:SHORT]),
    )
    try:
        desk.source.command(key, note)
    except CommandRefused as refused:  # it is over meanwhile, or the journal is away: the photo is there all the same
        if refused.code not in ("unknown-incident", "journal-failing", "kept"):
            raise


def _thank(view: HallView, thing: Thing, choice: Choice, fate: str, *, known: bool = False) -> Redirect:
    told = {"thing": thing.id, "what": choice.id, "photo": fate, "known": "1" if known else ""}
    asked = urlencode({name: text for name, text in told.items() if text})
    return Redirect(f"/halls/{view.area}/{view.hall}/report/taken?{asked}", status_code=303)


HANDLERS: Final = (show_report_form, take_report_form, show_thanks)
