"""The web application: pages, API, live streams, static files, with the headers that keep browsers safe."""

from __future__ import annotations

import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Response
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.web import api, events, pages
from hallwatch_collector.web.access import AnyRequest, HostCheck, own_page, reader_of
from hallwatch_collector.web.desk import Desk
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import Words

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent / "static"
LARGEST_BODY_BYTES: Final = 65_536
HANDLERS: Final = (
    pages.show_index, pages.show_hall_page, pages.remember_person, pages.take_form,
    api.list_halls, api.show_hall, api.take_command, api.show_metrics, api.show_health,
    events.stream_index, events.stream_hall,
)  # fmt: skip
SAFE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: it would blank the Origin of our own forms, by which they are told from foreign ones.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def create_app(source: Source) -> Litestar:
    """Return the ASGI application for a running collector."""
    desk = Desk(source)
    static = create_static_files_router("/static", [STATIC], include_in_schema=False, cache_control=None)
    app = Litestar(
        route_handlers=[*HANDLERS, static],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False, use_cache=True)},
        middleware=[HostCheck(source.hosts)],
        before_send=[add_safe_headers],
        on_startup=[desk.news.open],
        on_shutdown=[desk.news.close],
        exception_handlers={CommandRefused: answer_refused, HTTPException: answer_error, Exception: answer_crash},
        openapi_config=_describe_api(),
        request_max_body_size=LARGEST_BODY_BYTES,
        logging_config=None,
    )
    app.state.desk = desk
    return app


def end_streams(app: Litestar) -> None:
    """End all live streams, from any thread: call it before the server is told to exit, which waits for them."""
    app.state.desk.news.end()


async def add_safe_headers(message: Message, scope: Scope) -> None:
    """Put the safety headers on every answer, errors and files included."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)
    is_asset = scope["path"].startswith("/static/")
    headers.setdefault("cache-control", "public, max-age=86400" if is_asset else "no-store")


def answer_refused(request: AnyRequest, refused: CommandRefused) -> Response[Any]:
    """Answer 409: the command came too late or fits nothing; the text says why."""
    return _answer(request, 409, _words(request).say(f"refusal.{refused.code}", **refused.fields))


def answer_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Answer an error that the request brought upon itself."""
    detail = "not_found" if error.status_code == 404 and not pages.wants_json(request) else error.detail
    return _answer(request, error.status_code, detail, error.headers, error.extra)


def answer_crash(request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer 500 and log the traceback; nothing of it goes out."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
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
    back = own_page(request.url.path.removesuffix("/commands")) if request.method == "POST" else "/"
    page = desk.renderer.page("message.html", words, title=title, text=text, back=back)
    return Response(page, status_code=status, headers=headers, media_type=MediaType.HTML)


def _words(request: AnyRequest) -> Words:
    desk: Desk = request.app.state.desk
    return Words(reader_of(request, desk.gate).language, desk.source.now())


def _describe_api() -> OpenAPIConfig:
    """Describe the API as JSON only: the usual viewers would load their scripts from elsewhere."""
    operator = SecurityScheme(type="http", scheme="bearer", description="The operator's token, printed at the start.")
    return OpenAPIConfig(
        title="Hallwatch",
        version=version("hallwatch"),
        path="/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"operator": operator}),
    )
