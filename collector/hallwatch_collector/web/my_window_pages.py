"""The way to one's own window, and choosing it: a browser remembers which it is."""

from __future__ import annotations

from typing import Any, Final

from litestar import get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.web.access import AnyRequest
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.my_window import own_window, window_cookie
from hallwatch_collector.web.pages import go_on

MINE: Final = "/halls/{area:str}/{hall:str}/my-window"


@get(MINE, include_in_schema=False)
async def go_to_own(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Go on to the window that was chosen at this browser; to all of them where none was."""
    window = own_window(request, require_view(desk, area, hall))
    return go_on(request, f"/halls/{area}/{hall}/windows" + (f"/{window.id}" if window else ""))


@post(MINE, include_in_schema=False)
async def choose_own(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Remember which window somebody sits at, and show it."""
    view = require_view(desk, area, hall)
    chosen = (await read_fields(request)).get("window", "")
    window = next((each for each in view.windows if each.id == chosen), None)
    if window is None:
        raise ValidationException("no_window")
    note_deed(request, object_=window.id)
    response = Redirect(f"/halls/{area}/{hall}/windows/{window.id}", status_code=303)
    response.set_cookie(window_cookie(request, view, window))
    return response


HANDLERS: Final = (go_to_own, choose_own)
