"""The pages of a hall's lists: searched, paged, and as files."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.spreadsheets import MEDIA_TYPES, Form, write_csv, write_xlsx
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.guard import note_deed, omit_deed
from hallwatch_collector.web.listing import Listing, ListScene, Row, find_rows, read_asked, show_value, tabulate
from hallwatch_collector.web.lists import LISTS
from hallwatch_collector.web.naming import naming
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.visitor import visitor_of

PAGE: Final = "/halls/{area:str}/{hall:str}/lists"
ROWS: Final = 50
"""So many stand on one page."""


@get(PAGE, include_in_schema=False, sync_to_thread=True)
def show_lists(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show the first of the lists."""
    return _answer(desk, request, require_view(desk, area, hall), LISTS[0])


@get(f"{PAGE}/{{name:str}}", include_in_schema=False, sync_to_thread=True)
def show_list(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str], name: FromPath[str]
) -> Response[Any]:
    """Show a list, or give it as a file: ``incidents``, ``incidents.csv``, ``incidents.xlsx``."""
    view = require_view(desk, area, hall)
    stem, _, ending = name.partition(".")
    listing = next((each for each in LISTS if each.id == stem), None)
    form: Form | None = next((each for each in MEDIA_TYPES if each == ending), None)
    if listing is None or (ending and form is None):
        raise NotFoundException(f"there is no list {name}")
    return _export(desk, request, view, listing, form) if form else _answer(desk, request, view, listing)


def _answer(desk: Desk, request: AnyRequest, view: HallView, listing: Listing) -> Response[Any]:
    scene, asked = _look(desk, request, view), read_asked(dict(request.query_params))
    note_deed(request, action="look", object_=listing.id)
    _count_look(desk, request, view, listing)
    rows = find_rows(listing, scene, asked)
    pages = max(1, -(-len(rows) // ROWS))
    number = min(_number(request.query_params.get("page", "")), pages)
    query = {name: request.query_params[name] for name in ("q", "from", "to") if request.query_params.get(name)}
    html = desk.renderer.page(
        "list.html", scene.words, view=view, listing=listing, lists=LISTS, query=query, kept=urlencode(query),
        rows=[_shown(listing, scene.words, row) for row in rows[(number - 1) * ROWS : number * ROWS]],
        count=len(rows), number=number, pages=pages, dated=any(row.at is not None for row in rows) or bool(query),
        reader=reader_of(request, desk.gate), back=request.url.path,
    )  # fmt: skip
    return answer_page(request, html)


def _export(desk: Desk, request: AnyRequest, view: HallView, listing: Listing, form: Form) -> Response[Any]:
    scene = _look(desk, request, view)
    note_deed(request, action="export", object_=listing.id)
    table = tabulate(listing, scene, find_rows(listing, scene, read_asked(dict(request.query_params))))
    title = f"{view.name} {scene.words.say(f'list.title_{listing.id}')}"
    written = write_csv(table) if form == "csv" else write_xlsx(title, table, name=listing.id)
    name = f"{view.area}-{view.hall}-{listing.id}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type=MEDIA_TYPES[form], headers=headers)


def _count_look(desk: Desk, request: AnyRequest, view: HallView, listing: Listing) -> None:
    """Leave out of the audit log who turns pages of what they were written down as looking at a moment ago."""
    asked = [request.query_params.get(name, "") for name in ("q", "from", "to")]
    look = "\n".join([visitor_of(request).name, view.area, view.hall, listing.id, *asked])
    now = desk.source.now()
    if desk.looks.wait_s(look, now):
        omit_deed(request)
    else:
        desk.looks.count(look, now)


def _look(desk: Desk, request: AnyRequest, view: HallView) -> ListScene:
    """Return of what the rows come."""
    reader = reader_of(request, desk.gate)
    parts = view.part_names if reader.language == "zh-CN" else view.part_names_en
    words = Words(reader.language, desk.source.now(), view.timezone, parts)
    names = view.place_names | {window.id: window.name for window in view.windows}
    names |= {device.id: device.name for device in view.devices}
    names |= {each.id: each.name for each in view.readiness.supplies}
    names |= {each.device: each.device_name for each in view.incidents}
    key = HallKey(view.area, view.hall)
    return ListScene(desk.source, key, view, words, naming(names), desk.renderer.role_names(words))


def _shown(listing: Listing, words: Words, row: Row) -> dict[str, Any]:
    cells = [
        (column, show_value(column.kind, value, words))
        for column, value in zip(listing.columns, row.cells, strict=True)
    ]
    return {"cells": cells, "link": row.link}


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


HANDLERS: Final = (show_lists, show_list)
