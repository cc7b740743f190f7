"""The pages for people, and what their forms send."""

from __future__ import annotations

from typing import Any, Literal

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.people.person import Person
from hallwatch_collector.web.access import own_page, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.commands import read_form, subject_of
from hallwatch_collector.web.cookies import AnyRequest, put_form_token, remember_language
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of


@get("/", include_in_schema=False, sync_to_thread=True)
def show_start(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Go on to the list of halls; with one hall only, there; before there is an administrator, to the set-up."""
    reader = reader_of(request, desk.gate)
    if not desk.gate.has_administrator():
        return go_on(request, "/set-up")
    halls = [view for view in desk.source.halls() if not view.internal and reader.sees(view)]
    return go_on(request, f"/halls/{halls[0].area}/{halls[0].hall}" if len(halls) == 1 else "/halls")


@post("/halls/{area:str}/{hall:str}/commands", include_in_schema=False)
async def take_form(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Carry out what a person decided on the page, and show the page again (a script is told only that it was)."""
    person = require_person(desk, request)
    require_view(desk, area, hall)
    fields = await read_fields(request)
    back = fields.pop("back", "")
    command = read_command(desk, request, fields, person)
    await sync_to_thread(desk.source.command, HallKey(area, hall), command)
    if wants_json(request):
        return Response(None, status_code=204)
    return Redirect(own_page(back) if back else f"/halls/{area}/{hall}/work", status_code=303)


def wants_json(request: AnyRequest) -> bool:
    """Tell whether a program or our script asks, rather than a person's browser."""
    return request.url.path.startswith(("/api/", "/health")) or request.headers.get("accept", "") == "application/json"


def read_command(
    desk: Desk, request: AnyRequest, fields: dict[str, Any], person: Person, kind: Any = AnyCommand
) -> AnyCommand:  # fmt: skip
    """Return the command that the fields of a form make; raise 400 that names the field which is wrong.

    Name and roles come from the session alone: a form cannot speak for somebody else.
    """
    words = Words(reader_of(request, desk.gate).language, desk.source.now())
    command: AnyCommand = read_form(words, {**fields, "by": person.name, "roles": person.roles, "via": ""}, kind)
    note_deed(request, action=str(command.__struct_config__.tag), object_=subject_of(command))
    return command


def require_person(desk: Desk, request: AnyRequest) -> Person:
    """Return who sent a form; raise 401 for nobody who is known."""
    return desk.gate.require(request)


def go_on(request: AnyRequest, path: str, status: Literal[302, 303] = 302) -> Redirect:
    """Answer that it goes on elsewhere, and remember the language that was asked for."""
    onward = Redirect(path, status_code=status)
    remember_language(request, onward)
    return onward


def answer_page(request: AnyRequest, page: str, status: int = 200) -> Response[str]:
    """Answer with a page whose forms bring what shows that they are ours; remember the language that was asked for."""
    response = Response(page, media_type=MediaType.HTML, status_code=status)
    put_form_token(request, response, visitor_of(request).session)
    remember_language(request, response)
    return response
