"""A sheet of codes to stick on the hall's devices: each leads a phone to the report by hand about that device (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import segno
from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.findings import list_places
from hallwatch_collector.web.hosts import LOOPBACK
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.texts import Words

HALL: Final = "/halls/{area:str}/{hall:str}"
NOT_THERE: Final = frozenset({"system"})
"""Kinds of devices to which no code can be stuck."""


class Code(Struct, frozen=True, kw_only=True):
    """A code, what it is stuck on, and where."""

    name: str
    place: str
    address: str
    picture: str
    """An SVG, as a part of a page."""


def make_codes(view: HallView, words: Words, origin: str) -> Iterator[Code]:
    """Yield the codes of a hall, by place; *origin*: how phones reach the pages, without a slash at its end."""
    for place, things in list_places(view, words):
        for thing in things:
            if thing.kind not in NOT_THERE:
                address = f"{origin}/halls/{view.area}/{view.hall}/report?thing={quote(thing.id, safe='')}"
                # Level M still reads with a seventh of it worn off.
                picture = segno.make_qr(address, error="m").svg_inline(border=4, omitsize=True, svgclass="code-picture")
                yield Code(name=thing.name, place=place, address=address, picture=picture)


@get(f"{HALL}/codes", include_in_schema=False, sync_to_thread=True)
def show_codes(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show the codes of a hall for printing. They lead to the address by which this page was opened."""
    view = require_view(desk, area, hall)
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone)
    host = request.headers.get("host", "")
    origin = f"{request.url.scheme}://{host}"
    page = desk.renderer.page(
        "codes.html", words, reader=reader, view=view, codes=list(make_codes(view, words, origin)), origin=origin,
        unreachable=host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK,
    )  # fmt: skip
    return answer_page(request, page)


HANDLERS: Final = (show_codes,)
