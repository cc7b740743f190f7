"""Settings: the guided tour from nothing to a first window with devices that were found in the hall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import FormMultiDict
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath
from litestar.response import Redirect, Response

from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.hallfiles import digest_of
from hallwatch_collector.halls.found import Found, NewDevice, NewWindow, add_to_text, read_found
from hallwatch_collector.lookaround import CannotLook
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.forms import read_lists
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.hall_file_pages import LARGEST_FORM_BYTES, hall_in, preview_text
from hallwatch_collector.web.pages import answer_page, require_person
from hallwatch_collector.web.texts import Words

PAGE: Final = "/settings/tour"
ACTIONS: Final = ("look", "stop", "hand-in", "add")
"""What the form of the tour can be sent for."""
MOST_NETWORKS: Final = 8
_number: Final = re.compile(r"[1-9][0-9]{0,3}")


@get(PAGE, include_in_schema=False)
async def show_tour(desk: TheDesk, request: AnyRequest) -> Response[Any]:
    """Show the steps, and ask for which hall."""
    return await sync_to_thread(_show_start, desk, request)


@get(f"{PAGE}/{{area:str}}/{{hall:str}}", include_in_schema=False)
async def show_tour_of(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Look around for a hall, and choose of what was found."""
    return await sync_to_thread(_show_found, desk, request, HallKey(area, hall))


@post(f"{PAGE}/{{area:str}}/{{hall:str}}", include_in_schema=False, request_max_body_size=LARGEST_FORM_BYTES)
async def take_tour_step(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Begin or end a look, take what one elsewhere wrote, or go on to the preview with what was chosen."""
    form = await read_lists(request)
    return await sync_to_thread(_carry_out, desk, request, HallKey(area, hall), form)


def _show_start(desk: Desk, request: AnyRequest) -> Response[Any]:
    person = require_person(desk, request)
    files = [(each, hall_in(desk, each)) for each in desk.source.hall_files.all() if person.acts_in(each.key)]
    return answer_page(request, _render(desk, request, "tour.html", files=files))


def _show_found(
    desk: Desk, request: AnyRequest, key: HallKey, wrong: str = "", why: tuple[Problem, ...] = ()
) -> Response[Any]:
    there = desk.source.hall_files.find(key)
    if there is None:
        raise NotFoundException(f"there is no hall file of {key}")
    hall, looking = hall_in(desk, there), desk.source.look_around.state
    try:
        found = read_found(looking.found) if looking.found and looking.status == "done" else []
    except FileRefused as refused:
        found, wrong, why = [], "text", refused.problems
    page = _render(
        desk, request, "tour-hall.html", key=key, hall=hall, looking=looking, wrong=wrong, why=why,
        found=[(each, each.is_in(hall)) for each in found], next_number=_next_number(hall),
        places=list(_places(hall)), classes=desk.source.plan.classes,
        agents=[agent.id for agent in hall.agents] if hall else [], digest=digest_of(looking.found),
    )  # fmt: skip
    return answer_page(request, page, 422 if wrong else 200)


def _carry_out(desk: Desk, request: AnyRequest, key: HallKey, form: FormMultiDict) -> Response[Any]:
    action, person = str(form.get("action", "")), require_person(desk, request)
    look_around, here = desk.source.look_around, f"{PAGE}/{key.area}/{key.hall}"
    note_deed(request, action=action if action in ACTIONS else "", object_=str(key))
    try:
        if action == "look":
            networks = [each for each in re.split(r"[\s,]+", str(form.get("networks", ""))) if each]
            look_around.start(networks[:MOST_NETWORKS], person.name)
        elif action == "stop":
            look_around.stop()
        elif action == "hand-in":
            text = str(form.get("text", ""))
            read_found(text)
            look_around.hand_in(text, person.name)
        elif action == "add":
            return _preview(desk, request, key, form)
        else:
            raise ValidationException("invalid")
    except CannotLook as cannot:
        return _show_found(desk, request, key, cannot.code)
    except FileRefused as refused:
        return _show_found(desk, request, key, "text", refused.problems)
    return Redirect(here, status_code=303)


def _preview(desk: Desk, request: AnyRequest, key: HallKey, form: FormMultiDict) -> Response[Any]:
    """Go on to the preview of the hall file with what was chosen."""
    there = desk.source.hall_files.find(key)
    if there is None:
        raise NotFoundException(f"there is no hall file of {key}")
    windows = list(_windows(form, hall_in(desk, there)))
    found = desk.source.look_around.state.found
    if form.get("found") != digest_of(found):  # what was ticked is counted by its place in the list
        return _show_found(desk, request, key, "looked-anew")
    devices = list(_devices(form, read_found(found), windows))
    if not windows and not devices:
        return _show_found(desk, request, key, "nothing")
    text = add_to_text(there.text, windows, devices, str(form.get("agent", "")))
    return preview_text(desk, request, key, text, there.digest)


def _windows(form: FormMultiDict, hall: Hall | None) -> Iterator[NewWindow]:
    number = str(form.get("window-number", "")).strip()
    classes = [str(each) for each in form.getall("window-class", [])]
    if not form.get("window") or not _number.fullmatch(number):
        return
    taken = {window.id for window in hall.windows} if hall else set()
    id_ = f"w{number}" if f"w{number}" not in taken else f"w{number}-new"
    name = str(form.get("window-name", "")).strip() or f"{number}号窗口"
    yield NewWindow(id=id_, number=int(number), name=name, classes=classes)


def _devices(form: FormMultiDict, found: list[Found], windows: list[NewWindow]) -> Iterator[NewDevice]:
    """Yield what was ticked; ``new`` as its place is the window that is added with it."""
    for number, each in enumerate(found):
        if form.get(f"take-{number}"):
            place = str(form.get(f"place-{number}", ""))
            place = (windows[0].id if windows else "") if place == "new" else place
            yield NewDevice(found=each, name=str(form.get(f"name-{number}", "")).strip(), place=place)


def _places(hall: Hall | None) -> Iterator[tuple[str, str]]:
    if hall:
        yield from ((window.id, window.name) for window in hall.windows)
        yield from ((place.id, place.name) for place in hall.places)


def _next_number(hall: Hall | None) -> int:
    return max((window.number for window in hall.windows), default=0) + 1 if hall else 1


def _render(desk: Desk, request: AnyRequest, template: str, **values: Any) -> str:
    reader = reader_of(request, desk.gate)
    return desk.renderer.page(template, Words(reader.language, desk.source.now()), reader=reader, **values)


HANDLERS: Final = (show_tour, show_tour_of, take_tour_step)
