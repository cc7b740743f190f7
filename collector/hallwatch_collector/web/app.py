"""The web application: pages, API, live streams, static files, with the headers that keep browsers safe."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.exceptions import ClientException, HTTPException, NotAuthorizedException
from litestar.response import Response
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.hallfiles import HallFileStuck
from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.web import (
    account_pages,
    alert_pages,
    api,
    audit_pages,
    codes,
    commands,
    hall_file_pages,
    incident_pages,
    list_pages,
    live_pages,
    my_window_pages,
    oidc_pages,
    pages,
    photo_pages,
    posters,
    quality,
    readiness_pages,
    records,
    register_pages,
    registers,
    report_pages,
    screen_pages,
    set_up_pages,
    sign_in_pages,
    tour_pages,
    user_pages,
)
from hallwatch_collector.web.access import own_page, reader_of
from hallwatch_collector.web.cookies import AnyRequest, put_form_token
from hallwatch_collector.web.desk import Desk
from hallwatch_collector.web.doors import check_doors
from hallwatch_collector.web.guard import DOOR, PasswordNeeded, SetUpNeeded, guard, write_deed
from hallwatch_collector.web.hosts import HostCheck
from hallwatch_collector.web.openapi import describe_api
from hallwatch_collector.web.policy import POLICY
from hallwatch_collector.web.rates import RateLimit
from hallwatch_collector.web.refusals import say_refused
from hallwatch_collector.web.source import CannotBeMade, Source
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import NOBODY, Visitor, keep_visitor, visitor_of

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent / "static"
LARGEST_BODY_BYTES: Final = 65_536
HSTS: Final = "max-age=31536000"
"""Who once came over TLS comes so for a year."""
HANDLERS: Final = (
    pages.show_start, pages.take_form,
    api.list_halls, api.show_hall, api.list_incidents, api.show_incident, api.list_next_steps, api.explain,
    api.show_plan, api.show_metrics, api.show_health,
    commands.take_command,
    *records.HANDLERS,
    *registers.HANDLERS,
    *readiness_pages.HANDLERS,
    *register_pages.HANDLERS,
    *codes.HANDLERS,
    *incident_pages.HANDLERS,
    *report_pages.HANDLERS,
    *photo_pages.HANDLERS,
    *my_window_pages.HANDLERS,
    *alert_pages.HANDLERS,
    *quality.HANDLERS,
    *posters.HANDLERS,
    *screen_pages.HANDLERS,
    *live_pages.HANDLERS,
    *list_pages.HANDLERS,
    *sign_in_pages.HANDLERS,
    *oidc_pages.HANDLERS,
    *set_up_pages.HANDLERS,
    *account_pages.HANDLERS,
    *user_pages.HANDLERS,
    *hall_file_pages.HANDLERS,
    *tour_pages.HANDLERS,
    *audit_pages.HANDLERS,
)  # fmt: skip
_sent_to: Final = re.compile(r"/(?:commands|entries|steps)$")
_within_hall: Final = re.compile(r"/halls/[^/]+/[^/]+(?=/)")
SAFE_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: it would blank the Origin of our own forms, by which they are told from foreign ones.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def create_app(source: Source) -> Litestar:
    """Return the ASGI application for a running collector."""
    desk = Desk(source)
    static = create_static_files_router("/static", [STATIC], include_in_schema=False, cache_control=None)
    app = Litestar(
        route_handlers=[*HANDLERS, static],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False, use_cache=True)},
        guards=[guard],
        before_send=[write_deed, add_safe_headers],
        on_startup=[desk.news.open],
        on_shutdown=[desk.news.close],
        exception_handlers={
            CommandRefused: answer_refused,
            CannotBeMade: answer_cannot,
            HallFileStuck: answer_cannot,
            JournalUnavailable: answer_unavailable,
            HTTPException: answer_error,
            RecursionError: answer_nested,
            Exception: answer_crash,
        },
        openapi_config=describe_api(),
        request_max_body_size=LARGEST_BODY_BYTES,
        logging_config=None,
    )
    # Around everything: middleware of the framework does not see what is asked for under an address that is none.
    app.asgi_handler = HostCheck(source.hosts)(RateLimit(source.now)(app.asgi_handler))
    app.state.desk = desk
    check_doors(app)
    return app


def end_streams(app: Litestar) -> None:
    """End all live streams, from any thread: call it before the server is told to exit, which waits for them."""
    app.state.desk.news.end()


async def add_safe_headers(message: Message, scope: Scope) -> None:
    """Put the safety headers on every answer, errors and files included."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    if alert_pages.is_secret(scope["path"]):
        headers["referrer-policy"] = "no-referrer"
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        headers.setdefault("strict-transport-security", HSTS)
    is_asset = scope["path"].startswith("/static/")
    headers.setdefault("cache-control", "public, max-age=86400" if is_asset else "no-store")


def answer_refused(request: AnyRequest, refused: CommandRefused) -> Response[Any]:
    """Answer why a command was refused."""
    text, status, more = say_refused(request.app.state.desk, _words(request), refused)
    return _answer(request, status, text, extra={"code": refused.code, **more})


def answer_unavailable(request: AnyRequest, error: JournalUnavailable) -> Response[Any]:
    """Answer as for a command that cannot be written down now."""
    return answer_refused(request, CommandRefused("journal-failing", reason=str(error)))


def answer_cannot(request: AnyRequest, error: CannotBeMade | HallFileStuck) -> Response[Any]:
    """Answer 503: this machine lacks something for it, or a file of it cannot be read."""
    return _answer(request, 503, str(error))


def answer_nested(request: AnyRequest, _: RecursionError) -> Response[Any]:
    """Answer 400: what was sent is nested deeper than anything that we take."""
    return _answer(request, 400, "invalid")


def answer_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Answer an error that the request brought upon itself.

    What a program sends that is not as it should be is told by its field, whichever handler it was sent to.
    """
    if isinstance(error, ClientException) and error.status_code == 400 and request.url.path.startswith("/api/"):
        field, text = commands.name_wrong_field(_words(request), error)
        return _answer(request, 400, text, error.headers, {"code": "wrong-field", "field": field})
    if isinstance(error, NotAuthorizedException | PasswordNeeded) and (elsewhere := lead(request, error)):
        return elsewhere
    said = {} if pages.wants_json(request) else {404: "not_found", 413: "too_large"}
    if request.method == "GET" and said:
        said[400] = "not_found"  # an address that nobody was ever given
    detail = said.get(error.status_code, error.detail)
    return _answer(request, error.status_code, detail, error.headers, error.extra)


def lead(request: AnyRequest, error: HTTPException) -> Response[Any] | None:
    """Return where somebody goes who has to sign in first, choose a password, or make the first administrator.

    None: this was no page, or what was wanted is a program's token. A link in another site's page, or in a message,
    comes without the session's cookie, which is strict; the page is then asked for once more from here, with it.
    """
    if pages.wants_json(request) or request.method != "GET" or request.url.path.startswith("/events/"):
        return None
    if "WWW-Authenticate" in (error.headers or {}):
        return None
    if isinstance(error, PasswordNeeded):
        return pages.go_on(request, "/account", 303)
    if isinstance(error, SetUpNeeded):
        return pages.go_on(request, "/set-up", 303)
    asked = own_page(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    if request.headers.get("sec-fetch-site") == "cross-site":
        desk: Desk = request.app.state.desk
        page = desk.renderer.page("onward.html", _words(request), onward=asked)
        return Response(page, status_code=200, media_type=MediaType.HTML)
    return pages.go_on(request, f"/sign-in?{urlencode({'next': asked}, safe='/')}", 303)


def answer_crash(request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer 500 and log the traceback; nothing of it goes out."""
    path = alert_pages.without_secret(request.url.path)
    log.error("%s %s failed", request.method, path, exc_info=error)
    return _answer(request, 500, "failed")


def _answer(
    request: AnyRequest, status: int, detail: str, headers: dict[str, str] | None = None, extra: Any = None
) -> Response[Any]:
    """Answer in JSON or as a page; a *detail* that is a key of the catalogue is said in the reader's language."""
    desk: Desk = request.app.state.desk
    words = _words(request)
    text = words.term("refused", detail)
    if pages.wants_json(request):
        body = {"status_code": status, "detail": text} | ({"extra": extra} if extra else {})
        return Response(body, status_code=status, headers=headers, media_type=MediaType.JSON)
    title = words.say("refused.title" if request.method == "POST" else "refused.no_page")
    if DOOR not in request.state:  # no door was asked for, so nobody was asked who it is
        keep_visitor(request, _recognise(desk, request))
    page = desk.renderer.page(
        "message.html", words, reader=reader_of(request, desk.gate), title=title, text=text, back=_page_before(request)
    )
    response = Response(page, status_code=status, headers=headers, media_type=MediaType.HTML)
    put_form_token(request, response, visitor_of(request).session)
    return response


def _recognise(desk: Desk, request: AnyRequest) -> Visitor:
    try:
        return desk.gate.recognise(request, uses=False)
    except (CommandRefused, HTTPException):
        return NOBODY


def _page_before(request: AnyRequest) -> str:
    """Return from which page of ours somebody came: that of the form, or the hall's."""
    path = request.url.path
    if alert_pages.is_secret(path):
        return "/"
    if request.method == "POST":
        return own_page(_sent_to.sub("", path).replace("/reports", "/report"))
    within = _within_hall.match(path)
    return own_page(within[0]) if within else "/"


def _words(request: AnyRequest) -> Words:
    desk: Desk = request.app.state.desk
    return Words(reader_of(request, desk.gate).language, desk.source.now())
