"""The pages for people, and what their forms send."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.enums import MediaType
from litestar.exceptions import PermissionDeniedException, ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.people.person import clean_name
from hallwatch_collector.web.access import (
    OPERATOR,
    AnyRequest,
    check_own_form,
    own_page,
    person_cookie,
    person_of,
    reader_of,
    remember_language,
)
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.commands import read_form
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.texts import Words


@get("/", include_in_schema=False, sync_to_thread=False)
def show_start(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Go on to the list of halls; with one hall only, there."""
    entered = enter(desk, request)
    if entered:
        return entered
    halls = [view for view in desk.source.halls() if not view.internal]
    onward = Redirect(f"/halls/{halls[0].area}/{halls[0].hall}" if len(halls) == 1 else "/halls", status_code=302)
    remember_language(request, onward)
    return onward


@post("/person", include_in_schema=False)
async def remember_person(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Remember who sits at this browser; the name goes with every decision."""
    require_operator(desk, request)
    form = await request.form()
    response = Redirect(own_page(str(form.get("back", "/"))), status_code=303)
    response.set_cookie(person_cookie(request, clean_name(str(form.get("name", "")))))
    return response


@post("/halls/{area:str}/{hall:str}/commands", include_in_schema=False)
async def take_form(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Carry out what a person decided on the page, and show the page again (a script is told only that it was)."""
    person = require_person(desk, request)
    require_view(desk, area, hall)
    form = await request.form()
    fields = {name: str(form[name]) for name in form}
    back = fields.pop("back", "")
    command = read_command(desk, request, fields, person)
    await sync_to_thread(desk.source.command, HallKey(area, hall), command)
    if wants_json(request):
        return Response(None, status_code=204)
    return Redirect(own_page(back) if back else f"/halls/{area}/{hall}/work", status_code=303)


def wants_json(request: AnyRequest) -> bool:
    """Tell whether a program or our script asks, rather than a person's browser."""
    return request.url.path.startswith("/api/") or request.headers.get("accept", "") == "application/json"


def read_command(
    desk: Desk, request: AnyRequest, fields: dict[str, Any], person: str, kind: Any = AnyCommand
) -> AnyCommand:  # fmt: skip
    """Return the command that the fields of a form make; raise 400 that names the field which is wrong.

    The name comes from the cookie alone, the roles from the key: a form cannot speak for somebody else.
    """
    words = Words(reader_of(request, desk.gate).language, desk.source.now())
    command: AnyCommand = read_form(words, {**fields, "by": person, "roles": OPERATOR.roles, "via": ""}, kind)
    return command


def require_operator(desk: Desk, request: AnyRequest) -> None:
    """Raise 403 unless a form was sent from a page of ours by a browser that holds the operator's cookie."""
    check_own_form(request)
    if not desk.gate.may_act(request):
        raise PermissionDeniedException("no_key")


def require_person(desk: Desk, request: AnyRequest) -> str:
    """Return who sits at the browser that sent a form; raise 403 as :func:`require_operator` does, 400 for no name."""
    require_operator(desk, request)
    person = person_of(request)
    if not person:
        raise ValidationException("no_name")
    return person


def enter(desk: Desk, request: AnyRequest) -> Response[Any] | None:
    """Take the key out of the address and keep it as a cookie."""
    key = request.query_params.get("key")
    if key is None:
        return None
    desk.gate.check_key(request, key)
    kept = urlencode([(name, text) for name, text in request.query_params.multi_items() if name != "key"])
    response = Redirect(f"{request.url.path}?{kept}" if kept else request.url.path, status_code=303)
    response.set_cookie(desk.gate.key_cookie(request))
    remember_language(request, response)
    return response


def answer_page(request: AnyRequest, page: str, status: int = 200) -> Response[str]:
    """Answer with a page, and remember the language that was asked for."""
    response = Response(page, media_type=MediaType.HTML, status_code=status)
    remember_language(request, response)
    return response
