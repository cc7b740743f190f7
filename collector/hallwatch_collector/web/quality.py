"""The page of how good the alerts of a week were, and the same for programs."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import get
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.params import QueryParameter
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.quality.counts import PersonCount, RuleCount, Told
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.core.quality.suggestions import Suggestion
from hallwatch_collector.core.quality.week import week_of
from hallwatch_collector.people import Person
from hallwatch_collector.web.access import AnyRequest, address_of, reader_of
from hallwatch_collector.web.answers import refusals, require_view
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.quality_words import say_suggestion
from hallwatch_collector.web.records import TOKEN, check_hall
from hallwatch_collector.web.texts import Words

PAGE: Final = "/quality"
EARLIER: Final = 8
"""So many weeks before the last one have a link."""
WEEK: Final = r"^([0-9]{4}-W[0-9]{2})?$(?!\n)"
TIMEZONE: Final = "Asia/Shanghai"
"""Of the weeks' names, where they are those of all halls."""


class SuggestionEntry(Struct, frozen=True, kw_only=True):
    """A better rule, and the sentence that says so."""

    suggestion: Suggestion
    text: str
    text_en: str


class QualityEntry(Struct, frozen=True, kw_only=True):
    """How good the alerts of a week were."""

    week: str
    start: float
    end: float
    told: Told
    people: list[PersonCount]
    rules: list[RuleCount]
    suggestions: list[SuggestionEntry]


class Choice(NamedTuple):
    """A link to another week, or to another hall."""

    says: str
    address: str
    chosen: bool


@get(PAGE, include_in_schema=False, sync_to_thread=True)
def show_quality_page(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show a week; ``?week=2026-W47`` chooses it, ``?hall=330106/xihu`` one hall."""
    asked, week = request.query_params.get("hall", ""), request.query_params.get("week", "")
    key = _find_hall(desk, asked)
    _check_person(desk.gate.require(request), key)
    reader, view = reader_of(request, desk.gate), desk.source.view(key) if key else None
    _slow_down(desk, request)
    words = Words(reader.language, desk.source.now(), view.timezone if view else TIMEZONE)
    try:
        quality = desk.source.quality(key, week)
    except ValueError as error:
        if isinstance(error, CommandRefused):
            raise
        raise NotFoundException(str(error)) from None
    zone = view.timezone if view else TIMEZONE
    page = desk.renderer.page(
        "quality.html", words, quality=quality, view=view, reader=reader, may_act=reader.may_act,
        span=_say_span(words, quality, zone), weeks=list(_weeks(words, asked, week, zone)),
        halls=list(_halls(desk, words, asked, week)), kept=_query(asked, week),
        suggestions=[(each, say_suggestion(words, each)) for each in quality.suggestions],
    )  # fmt: skip
    return answer_page(request, page)


@get(
    "/api/quality",
    sync_to_thread=True,
    tags=["operation"],
    summary="How good the alerts of a week were",
    security=TOKEN,
    responses=refusals(400, 401, 403, 404, 409, 429),
)
def show_quality(
    desk: TheDesk,
    request: AnyRequest,
    week: Annotated[
        str, QueryParameter(pattern=WEEK, description="such as 2026-W47; left out: the last seven days")
    ] = "",
    hall: Annotated[str, QueryParameter(description="such as 330106/xihu; left out: all halls")] = "",
) -> QualityEntry:
    """Return who was told how much, what was acted on, repeated and false, and which rules would have been better.

    For anybody with a token for this hall, or for all: it names who did what.
    """
    person = desk.gate.require(request)
    key = _find_hall(desk, hall)
    _check_person(person, key)
    try:
        quality = desk.source.quality(key, week)
    except ValueError as error:
        if isinstance(error, CommandRefused):
            raise
        raise NotFoundException(str(error)) from None
    return write_entry(quality)


def write_entry(quality: Quality) -> QualityEntry:
    """Return a week as programs take it, each suggestion with its sentence."""
    zh, en = Words("zh-CN", 0.0), Words("en", 0.0)
    return QualityEntry(
        week=quality.week, start=quality.start, end=quality.end, told=quality.told, people=list(quality.people),
        rules=list(quality.rules),
        suggestions=[
            SuggestionEntry(suggestion=each, text=say_suggestion(zh, each), text_en=say_suggestion(en, each))
            for each in quality.suggestions
        ],
    )  # fmt: skip


def _check_person(person: Person, key: HallKey | None) -> None:
    """Raise :class:`CommandRefused` when this person may not see a hall, or all of them."""
    if key is not None:
        check_hall(person, key)
    elif person.halls:
        raise CommandRefused("not-your-hall", person=person.name, hall="*")


def _slow_down(desk: Desk, request: AnyRequest) -> None:
    """Raise 429 after too many weeks for one address: each is read out of the journal, on a thread of the pages."""
    address, now = address_of(request), desk.source.now()
    if wait_s := desk.weighed.wait_s(address, now):
        raise TooManyRequestsException("many_weighed", headers={"Retry-After": str(math.ceil(wait_s))})
    desk.weighed.count(address, now)


def _find_hall(desk: Desk, asked: str) -> HallKey | None:
    """Return the hall that is asked for, None: all; raise 404 when there is no such one."""
    if not asked:
        return None
    area, _, hall = asked.partition("/")
    require_view(desk, area, hall)
    return HallKey(area, hall)


def _query(hall: str, week: str) -> str:
    return urlencode({name: text for name, text in (("hall", hall), ("week", week)) if text}, safe="/")


def _address(hall: str, week: str) -> str:
    query = _query(hall, week)
    return f"{PAGE}?{query}" if query else PAGE


def _weeks(words: Words, hall: str, week: str, zone: str) -> list[Choice]:
    """Return the links to the last seven days, this week, and those before it."""
    choices = [Choice(words.say("quality.last_days"), _address(hall, ""), chosen=not week)]
    for back in range(EARLIER + 2):
        name = week_of(words.now, zone, back)
        says = (words.say("quality.this_week"), words.say("quality.last_week"))[back : back + 1]
        text = says[0] if says else words.say("quality.week", n=int(name[-2:]))
        choices.append(Choice(text, _address(hall, name), chosen=week == name))
    return choices


def _halls(desk: Desk, words: Words, hall: str, week: str) -> list[Choice]:
    """Return the links to all halls and to each; none where there is one hall only."""
    views = [view for view in desk.source.halls() if not view.internal and not view.drill]
    if len(views) < 2:
        return []
    each = [(f"{view.area}/{view.hall}", view.name) for view in views]
    choices = [("", words.say("quality.all_halls")), *each]
    return [Choice(name, _address(key, week), chosen=hall == key) for key, name in choices]


def _say_span(words: Words, quality: Quality, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    first, last = (dt.datetime.fromtimestamp(at, zone) for at in (quality.start, quality.end - 1.0))
    return words.say("quality.span", **{"from": f"{first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"})


HANDLERS: Final = (show_quality_page, show_quality)
