"""Settings: the hall files, looked at, edited with checks and a preview, taken back, removed."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response
from msgspec import Struct, structs

from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.hallfiles import PLAIN_ID, HallFileMoved, HallFileStuck, HallText, Version
from hallwatch_collector.halls.changes import Change, compare_halls
from hallwatch_collector.halls.first_text import describe_new_hall
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page, require_person
from hallwatch_collector.web.texts import Words

PAGE: Final = "/settings/halls"
LARGEST_FILE_BYTES: Final = 1_000_000
LARGEST_FORM_BYTES: Final = 4 * LARGEST_FILE_BYTES
"""A form spends three letters on what is no letter."""
MOST_LINES: Final = 2000
"""So many lines of a difference are shown."""
LONGEST_REASON: Final = 500
ACTIONS: Final = ("edit", "check", "preview", "save", "remove")
"""What the form of a hall file can be sent for."""
Step = Literal["edit", "preview"]


class Line(NamedTuple):
    """A line of a difference: ``+``, ``-``, a blank, or ``@`` where lines were left out."""

    mark: str
    text: str


class Draft(Struct, frozen=True, kw_only=True):
    """A text that somebody is at, and what is to be said of it."""

    key: HallKey
    text: str
    digest: str
    """Of the file that it was made of; empty: of none."""
    step: Step = "edit"
    reason: str = ""
    did: str = ""
    problems: tuple[Problem, ...] = ()
    changes: Sequence[Change] = ()
    lines: Sequence[Line] = ()
    theirs: Sequence[Line] | None = None
    """What others changed meanwhile; None: nobody did."""
    stuck: str = ""
    status: int = 200


@get(PAGE, include_in_schema=False)
async def show_hall_files(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show all hall files, and those that were removed."""
    return await sync_to_thread(_show_all, desk, request)


@get(f"{PAGE}/new", include_in_schema=False, sync_to_thread=True)
def show_new_hall(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Ask for what a new hall is called; with good answers in the address, go on to its first text."""
    asked = {name: request.query_params.get(name, "").strip() for name in ("area", "hall", "name")}
    key = HallKey(asked["area"], asked["hall"])
    wrong = [name for name in ("area", "hall") if asked[name] and not PLAIN_ID.fullmatch(asked[name])]
    if all(asked.values()) and not wrong:
        return Redirect(f"{_address(key)}?{urlencode({'name': asked['name']})}", status_code=303)
    page = _render(desk, request, "hall-file-new.html", asked=asked, wrong=wrong)
    return answer_page(request, page, 422 if wrong else 200)


@get(f"{PAGE}/{{area:str}}/{{hall:str}}", include_in_schema=False)
async def show_hall_file(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]
) -> Response[Any]:  # fmt: skip
    """Show a hall file to be edited; ``?version=`` one of its versions; of a hall that is new a first text."""
    return await sync_to_thread(_show_one, desk, request, HallKey(area, hall))


@post(f"{PAGE}/{{area:str}}/{{hall:str}}", include_in_schema=False, request_max_body_size=LARGEST_FORM_BYTES)
async def change_hall_file(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]
) -> Response[Any]:  # fmt: skip
    """Check, preview, save or remove a hall file: ``action``."""
    fields = await read_fields(request)
    return await sync_to_thread(_carry_out, desk, request, HallKey(area, hall), fields)


def _show_all(desk: Desk, request: AnyRequest) -> Response[Any]:
    files, person = desk.source.hall_files, require_person(desk, request)
    there = [each for each in files.all() if person.acts_in(each.key)]
    keys = {each.key for each in there}
    page = _render(
        desk, request, "hall-files.html",
        files=[(each, hall_in(desk, each), _newest(desk, each.key)) for each in there],
        removed=[key for key in files.history.halls() if key not in keys and person.acts_in(key)],
    )  # fmt: skip
    return answer_page(request, page)


def _show_one(desk: Desk, request: AnyRequest, key: HallKey) -> Response[Any]:
    asked = request.query_params
    version = asked.get("version", "")
    if version:
        return _show_version(desk, request, key, int(version) if version.isdecimal() and len(version) < 10 else 0)
    there = desk.source.hall_files.find(key)
    if there is None and not asked.get("name") and not desk.source.hall_files.history.versions(key):
        raise NotFoundException(f"there is no hall file of {key}")
    did = asked.get("did", "")
    text = there.text if there else describe_new_hall(key, asked.get("name", ""), desk.source.plan.classes)
    draft = Draft(
        key=key, text=text, digest=there.digest if there else "", did=did if did in ("saved", "removed") else ""
    )
    return _show_draft(desk, request, draft)


def _show_version(desk: Desk, request: AnyRequest, key: HallKey, number: int) -> Response[Any]:
    history = desk.source.hall_files.history
    versions = history.versions(key)
    shown = next((each for each in versions if each.number == number), None)
    text = history.text(key, number) if shown else None
    if shown is None or text is None:
        raise NotFoundException(f"there is no version {number} of {key}")
    older = next((each for each in versions if each.number < number), None)
    before = (history.text(key, older.number) if older else "") or ""
    there = desk.source.hall_files.find(key)
    page = _render(
        desk, request, "hall-version.html", key=key, version=shown, older=older, text=text,
        lines=list(compare_texts(before, text)), digest=there.digest if there else "",
        is_newest=there is not None and there.text == text,
    )  # fmt: skip
    return answer_page(request, page)


def _carry_out(desk: Desk, request: AnyRequest, key: HallKey, fields: dict[str, str]) -> Response[Any]:
    action = fields.get("action", "")
    if action not in ACTIONS:
        raise ValidationException("invalid")
    note_deed(request, action=action, object_=str(key), reason=fields.get("reason", ""))
    text = fields.get("text", "").replace("\r\n", "\n")
    draft = Draft(
        key=key, text=text, digest=fields.get("digest", ""), reason=fields.get("reason", "").strip()[:LONGEST_REASON]
    )
    if action == "edit":
        return _show_draft(desk, request, draft)
    try:
        if action == "remove":
            return _remove(desk, request, draft)
        if len(text.encode()) > LARGEST_FILE_BYTES:
            told = f"is longer than {LARGEST_FILE_BYTES // 1000} kB; a hall of a thousand devices is not"
            raise FileRefused([Problem("", "", told)])
        hall = desk.source.hall_files.check(key, text)
        if action == "check":
            return _show_draft(desk, request, structs.replace(draft, did="checked"))
        if action == "save":
            return _save(desk, request, draft)
        return _preview(desk, request, draft, hall)
    except FileRefused as refused:
        wrong = structs.replace(draft, problems=refused.problems, status=422)
    except HallFileMoved as moved:
        wrong = _merge_hints(draft, moved.theirs)
    except HallFileStuck as stuck:
        wrong = structs.replace(draft, stuck=str(stuck), status=409)
    return _show_draft(desk, request, wrong)


def preview_text(desk: Desk, request: AnyRequest, key: HallKey, text: str, digest: str) -> Response[Any]:
    """Show what a text would change, or what is wrong with it, to be saved or gone on with."""
    draft = Draft(key=key, text=text, digest=digest)
    try:
        return _preview(desk, request, draft, desk.source.hall_files.check(key, text))
    except FileRefused as refused:
        return _show_draft(desk, request, structs.replace(draft, problems=refused.problems, status=422))


def _preview(desk: Desk, request: AnyRequest, draft: Draft, hall: Hall) -> Response[Any]:
    there = desk.source.hall_files.find(draft.key)
    shown = structs.replace(
        draft, step="preview", changes=compare_halls(hall_in(desk, there), hall),
        lines=list(compare_texts(there.text if there else "", draft.text)),
    )  # fmt: skip
    if (there.digest if there else "") != draft.digest:
        shown = _merge_hints(draft, there)
    return _show_draft(desk, request, shown)


def _save(desk: Desk, request: AnyRequest, draft: Draft) -> Response[Any]:
    by, now = require_person(desk, request).name, desk.source.now()
    desk.source.hall_files.save(draft.key, draft.text, digest=draft.digest, by=by, reason=draft.reason, now=now)
    return Redirect(f"{_address(draft.key)}?{urlencode({'did': 'saved'})}", status_code=303)


def _remove(desk: Desk, request: AnyRequest, draft: Draft) -> Response[Any]:
    by, now = require_person(desk, request).name, desk.source.now()
    desk.source.hall_files.remove(draft.key, digest=draft.digest, by=by, reason=draft.reason, now=now)
    return Redirect(PAGE, status_code=303)


def _merge_hints(draft: Draft, theirs: HallText | None) -> Draft:
    """Return a draft that says what others changed meanwhile; its own text stays."""
    lines = tuple(compare_texts(draft.text, theirs.text if theirs else ""))
    return structs.replace(draft, theirs=lines, digest=theirs.digest if theirs else "", status=409)


def _show_draft(desk: Desk, request: AnyRequest, draft: Draft) -> Response[Any]:
    versions = desk.source.hall_files.history.versions(draft.key)
    page = _render(
        desk, request, "hall-file.html", draft=draft, versions=versions, view=desk.source.view(draft.key),
        name=_name_in(draft.text), address=_address(draft.key),
    )  # fmt: skip
    return answer_page(request, page, draft.status)


def compare_texts(before: str, after: str) -> Iterator[Line]:
    """Yield the lines in which two texts differ, each with three around it."""
    differing = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    for number, line in enumerate(differing):
        if number < 2:
            continue
        if number > MOST_LINES:
            yield Line("@", "…")
            return
        yield Line("@", "") if line.startswith("@@") else Line(line[:1], line[1:])


def hall_in(desk: Desk, there: HallText | None) -> Hall | None:
    """Return what a file says; None when there is none, or it is not in order."""
    if there is None:
        return None
    try:
        return desk.source.hall_files.check(there.key, there.text)
    except FileRefused:
        return None


def _name_in(text: str) -> str:
    """Return what a text calls its hall; empty where it is not in order."""
    try:
        name = tomllib.loads(text).get("name")
    except (ValueError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""


def _newest(desk: Desk, key: HallKey) -> Version | None:
    return next(iter(desk.source.hall_files.history.versions(key)), None)


def _address(key: HallKey) -> str:
    return f"{PAGE}/{key.area}/{key.hall}"


def _render(desk: Desk, request: AnyRequest, template: str, **values: Any) -> str:
    reader = reader_of(request, desk.gate)
    return desk.renderer.page(template, Words(reader.language, desk.source.now()), reader=reader, **values)


HANDLERS: Final = (show_hall_files, show_new_hall, show_hall_file, change_hall_file)
