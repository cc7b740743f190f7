"""The pages of the emergency registers: filled in on a computer or a phone, or printed blank and filled in on paper.

What stands in a register is shown to whom the plan lets see it; others see how far each number is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.register_state import EntryStatus
from hallwatch_collector.core.views import HallView
from hallwatch_collector.registers import RegisterPage
from hallwatch_collector.registers.export import columns
from hallwatch_collector.web.access import AnyRequest, own_page, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.commands import numbers_of
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.pages import answer_page, read_command, require_person, wants_json
from hallwatch_collector.web.registers import require_register, write_file, wrong_fields
from hallwatch_collector.web.texts import Words

HALL: Final = "/halls/{area:str}/{hall:str}/registers"
REGISTER: Final = f"{HALL}/{{incident:str}}/{{register:str}}"
STEPS: Final = ("enter-entry", "tell-taxpayer", "void-entry", "reserve-numbers", "return-sheets")
"""What the buttons of the page do."""
INPUTS: Final[Mapping[str, str]] = {"phone": "tel", "number": "numeric", "money": "decimal"}
"""Kind of a field → the keyboard that a phone shows for it."""
MARKS: Final[Mapping[EntryStatus, str]] = {
    "blank": "tag", "accepted": "tag tag-enter", "entered": "tag tag-tell", "told": "tag tag-done", "void": "tag",
}  # fmt: skip


class Draft(NamedTuple):
    """A form that is being filled in."""

    number: str = ""
    """Of the sheet that is typed in, or of the entry that is corrected."""
    amends: bool = False
    values: Mapping[str, str] = {}
    wrong: Mapping[str, str] = {}
    reason: str = ""
    written_at: str = ""


@get(HALL, include_in_schema=False, sync_to_thread=False)
def show_list(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show the registers of a hall."""
    view = require_view(desk, area, hall)
    reader = reader_of(request, desk.gate)
    page = desk.renderer.page(
        "registers.html", _words(desk, request, view), view=view, registers=view.registers,
        may_act=reader.may_act, reader=reader, back=request.url.path,
    )  # fmt: skip
    return answer_page(request, page)


@get(REGISTER, include_in_schema=False, sync_to_thread=True)
def show_register_page(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Show a register, with a form to write into it; ``?number=`` has the form be about one number."""
    view, page = _read(desk, request, HallKey(area, hall), incident, register)
    number = request.query_params.get("number", "")
    line = next((line for line in page.lines if line.entry.number == number), None)
    draft = Draft()
    if line is not None and (line.entry.status == "blank" or line.entry.digest):
        draft = Draft(number, amends=line.entry.status != "blank", values=line.fields)
    return _show(desk, request, view, page, draft)


@get(f"{REGISTER}/sheets", include_in_schema=False, sync_to_thread=True)
def show_sheets(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Show the blank sheets for printing: one a page, with number and mark."""
    view, page = _read(desk, request, HallKey(area, hall), incident, register)
    blank = [line.entry.number for line in page.lines if line.entry.status == "blank"]
    words = _words(desk, request, view)
    back = _path(view, page)
    return answer_page(
        request,
        desk.renderer.page(
            "sheets.html", words, reader=reader_of(request, desk.gate), view=view, page=page, blank=blank, back=back
        ),
    )


@get(f"{REGISTER}/export", include_in_schema=False, sync_to_thread=True)
def export_page(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> Response[bytes]:  # fmt: skip
    """Return a register as a file."""
    view, page = _read(desk, request, HallKey(area, hall), incident, register)
    return write_file(desk, page, "csv" if request.query_params.get("format") == "csv" else "xlsx", view.timezone)


@post(f"{REGISTER}/entries", include_in_schema=False)
async def take_entry_form(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Write down what somebody filled in, and show the register again; what is wrong stands beside its field."""
    key, person, form = HallKey(area, hall), require_person(desk, request), await read_fields(request)
    view, page = await sync_to_thread(_read, desk, request, key, incident, register)
    fields = {name.removeprefix("field."): text for name, text in form.items() if name.startswith("field.")}
    number, amends = form.get("number", ""), "amends" in form
    told: dict[str, Any] = {"number": number, "fields": fields}
    if amends:
        told |= {"command": "amend-entry", "reason": form.get("reason", "")}
    else:
        told |= {"command": "take-entry", "incident": incident, "register": register}
        told |= _written_at(form.get("written_at", ""), view.timezone)
    try:
        events = await sync_to_thread(desk.source.command, key, read_command(desk, request, told, person))
    except CommandRefused as refused:
        wrong = wrong_fields(refused)
        if not wrong:
            raise
        draft = Draft(number, amends, fields, wrong, form.get("reason", ""), form.get("written_at", ""))
        return _show(desk, request, view, page, draft)
    took = next(iter(numbers_of(events)), number)
    return Redirect(f"{_path(view, page)}?{urlencode({'took': took})}", status_code=303)


@post(f"{REGISTER}/steps", include_in_schema=False)
async def take_step_form(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Do what a button of the page is for, and show the register again, or the sheets that were numbered."""
    key, person, form = HallKey(area, hall), require_person(desk, request), await read_fields(request)
    view = require_view(desk, area, hall)
    if form.get("command") not in STEPS:
        raise ValidationException("invalid")
    told: dict[str, Any] = {name: form[name] for name in ("command", "number", "reason") if name in form}
    reserves = told["command"] == "reserve-numbers"
    if reserves or told["command"] == "return-sheets":
        told |= {"incident": incident, "register": register}
    if reserves:
        told |= {"sheets": form.get("sheets", "")}
    await sync_to_thread(desk.source.command, key, read_command(desk, request, told, person))
    if wants_json(request):
        return Response(None, status_code=204)
    path = f"/halls/{view.area}/{view.hall}/registers/{incident}/{register}"
    if own_page(path) != path:
        raise ValidationException("invalid")
    return Redirect(f"{path}/sheets" if reserves else path, status_code=303)


def _read(desk: Desk, request: AnyRequest, key: HallKey, incident: str, register: str) -> tuple[HallView, RegisterPage]:
    """Return the hall and a register of it, as who sits at this browser may see it."""
    view = require_view(desk, *key)
    return view, require_register(desk, key, incident, register, person=desk.gate.require(request))


def _show(desk: Desk, request: AnyRequest, view: HallView, page: RegisterPage, draft: Draft) -> Response[Any]:
    words, reader = _words(desk, request, view), reader_of(request, desk.gate)
    may_act = reader.may("see-personal")
    roles = desk.source.plan.roles
    took = request.query_params.get("took", "")
    html = desk.renderer.page(
        "register.html", words, view=view, page=page, draft=draft, may_act=may_act, reader=reader,
        back=_path(view, page), columns=columns(page) if may_act else [], inputs=INPUTS, marks=MARKS,
        holders=[words.pick(role.name, role.name_en) for role in roles if "see-personal" in role.may],
        took=took if any(line.entry.number == took for line in page.lines) else "",
    )  # fmt: skip
    return answer_page(request, html, 422 if draft.wrong else 200)


def _words(desk: Desk, request: AnyRequest, view: HallView) -> Words:
    return Words(reader_of(request, desk.gate).language, desk.source.now(), view.timezone)


def _path(view: HallView, page: RegisterPage) -> str:
    return f"/halls/{view.area}/{view.hall}/registers/{page.register.incident}/{page.register.register}"


def _written_at(text: str, timezone: str) -> dict[str, float]:
    """Return the moment that somebody gave for a sheet, by the hall's clocks; nothing when none was given."""
    if not text:
        return {}
    try:
        return {"written_at": dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).timestamp()}
    except (ValueError, OverflowError) as error:
        raise ValidationException("invalid") from error


HANDLERS: Final = (show_list, show_register_page, show_sheets, export_page, take_entry_form, take_step_form)
