"""What the browser of a screen asks for: its code, where it belongs, and to be heard about what it shows.

A screen is known by a long-lived cookie alone. It may read what the public may read, and say what it shows; nothing
else. The service worker lets it go on, also after a restart of its own, while the collector is away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException, PermissionDeniedException, TooManyRequestsException
from litestar.params import JSONBody
from litestar.response import Response
from msgspec import Meta, Struct

from hallwatch_collector.screens import KnownScreen, draw_key
from hallwatch_collector.web.access import AnyRequest, address_of, check_own_form, reader_of
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.screen_key import find_screen, key_of, screen_cookie
from hallwatch_collector.web.screens_page import address_of_screen
from hallwatch_collector.web.texts import Words

WORKER: Final = (Path(__file__).parent / "static" / "screen-worker.js").read_bytes()


class Shown(Struct, forbid_unknown_fields=True):
    """What a screen says that it shows."""

    address: Annotated[str, Meta(max_length=200)]
    """The page that it has open."""
    shows: Annotated[str, Meta(max_length=40)] = ""
    """The edition of the sign that can be seen on it; empty: no sign."""


class ScreenState(Struct, frozen=True):
    """Where a screen belongs."""

    address: str = ""
    """What it is to open; empty: it is not paired."""
    code: str = ""
    """What it shows until it is paired."""
    stamp: str = ""
    """Of the program's pages; a screen that has others loads them anew."""


@get("/screen", include_in_schema=False)
async def show_screen(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show the code of a screen that is to be paired. A paired one goes where it belongs by itself: the same page has
    to send it there while the collector is away."""
    state = await _find_state(desk, request)
    key = key_of(request)
    if not state.address and not key:
        key = draw_key()
        state = ScreenState(code=_draw_code(desk, request, key))
    words = Words(reader_of(request, desk.gate).language, desk.source.now())
    small = Words(words.other, words.now).say
    page = desk.renderer.page("screen.html", words, code=state.code, small=small)
    response = answer_page(request, page)
    response.set_cookie(screen_cookie(request, key))
    return response


@get("/screen/state", include_in_schema=False)
async def tell_state(desk: TheDesk, request: AnyRequest) -> Response[ScreenState]:
    """Tell a screen where it belongs."""
    state = await _find_state(desk, request)
    response = Response(state)
    if state.address:
        response.set_cookie(screen_cookie(request, key_of(request)))
    return response


@post("/screen/shown", include_in_schema=False, status_code=200)
async def hear_shown(desk: TheDesk, request: AnyRequest, data: JSONBody[Shown]) -> ScreenState:
    """Take in what a paired screen shows; answer 403 to any other browser, 409 to one that has another page open."""
    check_own_form(request)
    screen = await sync_to_thread(find_screen, desk, request)
    address = _address(desk, screen) if screen else ""
    if screen is None or not address:
        raise PermissionDeniedException("no_screen")
    if data.address != address:
        raise HTTPException("other_screen", status_code=409)
    if not await sync_to_thread(desk.source.hear_screen, screen, data.shows):
        raise PermissionDeniedException("no_screen")
    return ScreenState(address=address, stamp=desk.renderer.stamp)


@get("/screen-worker.js", include_in_schema=False, sync_to_thread=False)
def send_worker() -> Response[bytes]:
    """Send the service worker; from here it may serve the pages of screens."""
    return Response(WORKER, media_type="text/javascript")


async def _find_state(desk: Desk, request: AnyRequest) -> ScreenState:
    """Return where the screen belongs that asks; one without a key has neither an address nor a code."""
    key = key_of(request)
    stamp = desk.renderer.stamp
    if not key:
        return ScreenState(stamp=stamp)
    screen = await sync_to_thread(find_screen, desk, request)
    if screen:
        return ScreenState(address=_address(desk, screen), stamp=stamp)
    return ScreenState(code=desk.source.code_of_screen(key) or _draw_code(desk, request, key), stamp=stamp)


def _address(desk: Desk, screen: KnownScreen) -> str:
    view = desk.source.view(screen.hall)
    known = next((each for each in view.screens if each.id == screen.id), None) if view else None
    return address_of_screen(view, known) if view and known else ""


def _draw_code(desk: Desk, request: AnyRequest, key: str) -> str:
    """Return a new code; raise 429 when too many were drawn for this address."""
    address, now = address_of(request), desk.source.now()
    if desk.new_screens.wait_s(address, now):
        raise TooManyRequestsException("many_screens")
    desk.new_screens.count(address, now)
    return desk.source.code_of_screen(key, draw=True)


HANDLERS: Final = (show_screen, tell_state, hear_shown, send_worker)
