"""The audit log: who did what, when, from where, and what came of it; searched, paged, as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from hallwatch_collector.people.audit import Deed, Wanted
from hallwatch_collector.people.person import Person
from hallwatch_collector.spreadsheets import MEDIA_TYPES, Cell, Form, write_csv, write_xlsx
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.doors import DOORS
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.texts import Words

PAGE: Final = "/audit"
ROWS: Final = 50
MOST_EXPORTED: Final[dict[Form, int]] = {"csv": 100_000, "xlsx": 20_000}
"""So many rows are in one file, the newest; older ones by asking for their days. A workbook is made in memory."""
TIMEZONE: Final = "Asia/Shanghai"
FIELDS: Final = ("who", "action", "hall", "outcome", "from", "to")
COLUMNS: Final = ("at", "who", "roles", "address", "action", "hall", "object", "outcome", "details")
OUTCOMES: Final = ("done", "refused", "failed")


@get(PAGE, include_in_schema=False, sync_to_thread=True)
def show_audit(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show a page of it; ``before``: what is older than the row with this id."""
    person, params = desk.gate.require(request), request.query_params
    before = params.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else 0
    deeds = desk.source.people.audit.read(read_wanted(dict(params), person), before=number, most=ROWS + 1)
    reader = reader_of(request, desk.gate)
    query = {name: params[name] for name in FIELDS if params.get(name)}
    page = desk.renderer.page(
        "audit.html", Words(reader.language, desk.source.now(), TIMEZONE), reader=reader, deeds=deeds[:ROWS],
        query=query, kept=urlencode(query), older=deeds[ROWS - 1].id if len(deeds) > ROWS else 0, newest=not number,
        actions=sorted({door.audit for door in DOORS if door.audit}), outcomes=OUTCOMES,
        halls=dict(_halls(desk, person)), say_action=_say_action, say_details=say_details,
        days=desk.source.web.audit_days,
    )  # fmt: skip
    return answer_page(request, page)


@get(f"{PAGE}/{{file:str}}", include_in_schema=False, sync_to_thread=True)
def export_audit(desk: TheDesk, request: AnyRequest, file: FromPath[str]) -> Response[bytes]:
    """Give it as a file: ``audit.csv`` or ``audit.xlsx``."""
    stem, _, ending = file.partition(".")
    form: Form | None = next((each for each in MEDIA_TYPES if each == ending), None)
    if stem != "audit" or form is None:
        raise NotFoundException(f"there is no {file}")
    words = Words(reader_of(request, desk.gate).language, desk.source.now(), TIMEZONE)
    wanted = read_wanted(dict(request.query_params), desk.gate.require(request))
    table = list(tabulate(words, desk.source.people.audit.all(wanted), MOST_EXPORTED[form]))
    written = write_csv(table) if form == "csv" else write_xlsx(words.say("audit.title"), table, name="audit")
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
    return Response(written, media_type=MEDIA_TYPES[form], headers=headers)


def read_wanted(params: dict[str, str], person: Person) -> Wanted:
    """Return what the fields of a search ask for, of the halls that this person may see; a day that is none is left
    out."""
    since, until = _day(params.get("from", "")), _day(params.get("to", ""))
    return Wanted(
        who=params.get("who", "").strip()[:80], action=params.get("action", "")[:80], hall=params.get("hall", "")[:80],
        outcome=params.get("outcome", ""), since=since, until=until + 86_400 if until is not None else None,
        halls=tuple(person.halls),
    )  # fmt: skip


def tabulate(words: Words, deeds: Iterable[Deed], most: int) -> Iterator[list[Cell]]:
    """Yield the head and the rows for a file; the last says so when there are more than *most*."""
    yield [words.say(f"audit.{column}") for column in COLUMNS]
    zone = ZoneInfo(TIMEZONE)
    for number, deed in enumerate(deeds):
        if number == most:
            yield [words.say("audit.cut", n=most), *[""] * (len(COLUMNS) - 1)]
            return
        details = "; ".join(say_details(words, deed))
        yield [
            f"{dt.datetime.fromtimestamp(deed.at, zone):%Y-%m-%d %H:%M:%S}", deed.who,
            _say_coded(words, "roles", ", ".join(deed.roles)), deed.address, _say_action(words, deed.action),
            deed.hall, deed.object, words.say(f"audit.{deed.outcome}"), details,
        ]  # fmt: skip


def _say_action(words: Words, action: str) -> str:
    """Return what was done, and what of it, in words; what has none, of a newer program perhaps, as it was written."""
    kind, _, what = action.partition(".")
    # By the link in a message the same is done as by a command of the pages.
    done = f"command.{what}" if kind == "alert-link" else action
    told = words.term("acted", done)
    return words.term("action", kind) + (f": {what if told == done else told}" if what else "")


def say_details(words: Words, deed: Deed) -> Iterator[str]:
    """Yield what else is known of what was done, in words."""
    for name, text in deed.details.items():
        if name == "more":
            yield words.say("audit.more", count=text)
        elif text:
            yield f"{words.term('detail', name)}: {_say_coded(words, name, text)}"


def _say_coded(words: Words, name: str, text: str) -> str:
    """Return the words for what of a detail is coded: roles, the step of the sign-in, the way."""
    if name.startswith("roles"):
        return ", ".join(words.term("role", each) for each in text.split(", "))
    coded = f"{name}.{text}"
    told = words.term("detail", coded)
    return text if told == coded else told


def _halls(desk: Desk, person: Person) -> Iterator[tuple[str, str]]:
    for view in desk.source.halls():
        key = f"{view.area}/{view.hall}"
        if not view.internal and (not person.halls or key in person.halls):
            yield key, view.name


def _day(text: str) -> float | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return dt.datetime.combine(day, dt.time(), ZoneInfo(TIMEZONE)).timestamp()


HANDLERS: Final = (show_audit, export_audit)
