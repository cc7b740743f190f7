"""The live pages there are, and the handlers that serve each of them: the page itself, and its stream of changes."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import get
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response, Stream

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.agents_page import AGENTS
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.board_page import BOARD
from hallwatch_collector.web.cookies import form_token
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.device_page import DEVICE
from hallwatch_collector.web.display_page import DISPLAY, DISPLAY_AT
from hallwatch_collector.web.events import answer_stream, follow
from hallwatch_collector.web.guard import may_still
from hallwatch_collector.web.head_page import HEAD
from hallwatch_collector.web.incident_page import INCIDENT
from hallwatch_collector.web.index_page import INDEX
from hallwatch_collector.web.live_page import LivePage, Place
from hallwatch_collector.web.my_window_page import MY_WINDOW, WINDOWS
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.queue_pages import QUEUES
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.render import Picture, Shown
from hallwatch_collector.web.screens_page import SCREENS
from hallwatch_collector.web.sign_page import SIGN
from hallwatch_collector.web.visitor import visitor_of
from hallwatch_collector.web.work_page import WORK

LIVE_PAGES: Final[tuple[LivePage, ...]] = (
    INDEX, BOARD, WORK, INCIDENT, HEAD, DEVICE, *QUEUES, DISPLAY, DISPLAY_AT, SIGN, SCREENS, AGENTS, WINDOWS, MY_WINDOW,
)  # fmt: skip


def _serve(page: LivePage) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """Return the handlers of a live page."""

    @get(page.route, include_in_schema=False)
    async def show(desk: TheDesk, request: AnyRequest) -> Response[Any]:
        place = _place(desk, request)
        reader = reader_of(request, desk.gate)
        drawn = await _draw(desk, page, place, reader)
        if drawn is None:
            raise NotFoundException(f"there is no {request.url.path} now")
        picture, scene, values = drawn
        _check_sees(desk, place, reader)
        html = desk.renderer.page(
            page.template, scene.words, view=scene.view, picture=picture, events=f"/events{page.address(place)}",
            may_act=reader.may_act, reader=reader, back=request.url.path,
            kiosk="kiosk" in request.query_params, **values,
        )  # fmt: skip
        return answer_page(request, html)

    @get(f"/events{page.route}", include_in_schema=False)
    async def stream(desk: TheDesk, request: AnyRequest) -> Stream:
        place, reader = _place(desk, request), reader_of(request, desk.gate)
        token = form_token(request, visitor_of(request).session)
        _check_sees(desk, place, reader)
        address = request.client.host if request.client else ""
        desk.streams.check(address)
        if await _draw(desk, page, place, reader) is None:
            raise NotFoundException(f"there is no {request.url.path} now")

        async def draw() -> Picture | None:
            drawn = await _draw(desk, page, place, reader)
            return drawn[0] if drawn else None

        is_good = partial(sync_to_thread, may_still, desk, request)
        messages = follow(desk.news, place.key, draw, desk.announcer, token=token, is_good=is_good)
        return answer_stream(desk.streams.count(address, messages))

    return show, stream


async def _draw(desk: Desk, page: LivePage, place: Place, reader: Reader) -> Shown | None:
    """Return a page as it is now; what takes a while is found in another thread first."""
    prepared = await sync_to_thread(page.prepare, desk.source, place) if page.prepare else None
    return desk.renderer.draw(page, place, reader, prepared)


def _place(desk: Desk, request: AnyRequest) -> Place:
    """Return what the address is about; raise 404 when there is no such hall."""
    told = request.path_params
    if "hall" not in told:
        return Place()
    key = HallKey(told["area"], told["hall"])
    require_view(desk, *key)
    return Place(key, told.get("thing", ""))


def _check_sees(desk: Desk, place: Place, reader: Reader) -> None:
    """Raise 401 where nothing of all halls is for everybody, and nobody is signed in."""
    if place.key is None and not reader.signed_in and not any(map(reader.sees, desk.source.halls())):
        raise NotAuthorizedException("signed_out")


HANDLERS: Final = tuple(handler for page in LIVE_PAGES for handler in _serve(page))
