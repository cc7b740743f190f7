"""The page of a hall's readiness: who is on duty, planned maintenance, the daily round, the store. It prints well."""

from __future__ import annotations

from typing import Any, Final

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.commands.readiness import ReadinessCommand
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.forms import TOKEN_FIELD, read_lists
from hallwatch_collector.web.pages import answer_page, read_command, require_person, wants_json
from hallwatch_collector.web.texts import Words

PAGE: Final = "/halls/{area:str}/{hall:str}/readiness"


@get(PAGE, include_in_schema=False, sync_to_thread=False)
def show_readiness(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show how ready a hall is."""
    view = require_view(desk, area, hall)
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone)
    names = {device.id: device.name for device in view.devices} | {
        each.id: each.name for each in view.readiness.supplies
    }
    page = desk.renderer.page(
        "readiness.html", words, view=view, ready=view.readiness, may_act=reader.may_act, reader=reader,
        back=request.url.path, name_of=lambda name: names.get(name, name), role_name=desk.renderer.role_names(words),
    )  # fmt: skip
    return answer_page(request, page)


@post(f"{PAGE}/commands", include_in_schema=False)
async def take_readiness_form(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]
) -> Response[Any]:
    """Carry out what a person decided on this page, and show it again."""
    person = require_person(desk, request)
    view = require_view(desk, area, hall)
    command = read_command(desk, request, _said(await read_lists(request)), person, ReadinessCommand)
    await sync_to_thread(desk.source.command, HallKey(area, hall), command)
    if wants_json(request):
        return Response(None, status_code=204)
    return Redirect(f"/halls/{view.area}/{view.hall}/readiness", status_code=303)


def _said(form: FormMultiDict) -> dict[str, Any]:
    """Return what a form says: a field that was left empty was not said."""
    told: dict[str, Any] = {name: str(form[name]).strip() for name in form if name not in ("devices", TOKEN_FIELD)}
    told = {name: text for name, text in told.items() if text}
    if "devices" in form:
        told["devices"] = [str(name) for name in form.getall("devices")]
    return told


HANDLERS: Final = (show_readiness, take_readiness_form)
