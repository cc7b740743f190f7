"""Signs on paper, one an A4 sheet, for places without a screen (H2, W2): those that are due, or a stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.views import HallView, MeasureView
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.incident_pages import HALL
from hallwatch_collector.web.naming import name_things
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.sign_page import split_phrases
from hallwatch_collector.web.texts import Words

WINDOW: Final = "window:"
LONGEST_LINE: Final = 12
"""Letters in a line beyond which the letters of a sheet get no smaller: it breaks."""


class Poster(Struct, frozen=True, kw_only=True):
    """A sheet."""

    place: str
    """Device or window id; empty: for any."""
    lines: tuple[str, ...]
    about: str
    instead: str = ""
    text_en: str = ""
    instead_en: str = ""
    clause: str
    hazard: bool = False
    step: MeasureView | None = None
    """By which somebody is asked to post it."""

    @property
    def letters(self) -> int:
        """How many letters the longest line has, as far as their size goes by it."""
        return min(LONGEST_LINE, max(map(len, self.lines)))


def due_posters(view: HallView, places: Iterable[str] = ()) -> Iterator[Poster]:
    """Yield the signs that are called for: at these places, or wherever one is still to be posted."""
    wanted = set(places)
    steps = {each.subject.removeprefix(WINDOW): each for each in view.measures if each.sign and each.status == "open"}
    for sign in view.signs:
        if sign.place in (wanted or view.signs_due):
            yield Poster(
                place=sign.place, lines=tuple(split_phrases(sign.text)), about=sign.about, instead=sign.instead,
                text_en=sign.text_en, instead_en=sign.instead_en, clause=sign.clause, hazard=sign.hazard,
                step=steps.get(sign.place),
            )  # fmt: skip


def stock_posters(plan: Plan) -> Iterator[Poster]:
    """Yield a sheet of each sign that the plan may call for, to have them ready."""
    told = set()
    for template in plan.measures:
        if template.sign and template.sign not in told:
            told.add(template.sign)
            yield Poster(
                place="", lines=tuple(split_phrases(template.sign)), about="", text_en=template.sign_en,
                clause=template.clause, hazard=template.on == "device-hazard",
            )  # fmt: skip


@get(f"{HALL}/signs/print", include_in_schema=False, sync_to_thread=False)
def show_posters(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show the sheets: of each ``?place=``, with ``?stock=1`` one of each kind, else those that are due."""
    view = require_view(desk, area, hall)
    asked, stock = request.query_params, "stock" in request.query_params
    posters = stock_posters(desk.source.plan) if stock else due_posters(view, asked.getall("place", []))
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone)
    page = desk.renderer.page(
        "posters.html", words, view=view, posters=list(posters), stock=stock, name_of=name_things(view),
        may_act=reader.may_act, reader=reader,
    )  # fmt: skip
    return answer_page(request, page)


HANDLERS: Final = (show_posters,)
