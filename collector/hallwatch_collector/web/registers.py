"""The API of the emergency registers: how far each is, and what stands in it (D2, D3, O7, O8).

How far a register is everybody may see. What stands in it needs a token, and personal fields the right
``see-personal``. What people do with an entry are commands like any other: see ``commands.py``.
"""

from __future__ import annotations

from typing import Annotated, Final

from litestar import get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.orders.registers import WRONG
from hallwatch_collector.core.views import RegisterView
from hallwatch_collector.people.person import Person
from hallwatch_collector.registers import RegisterPage
from hallwatch_collector.registers.export import write_register
from hallwatch_collector.spreadsheets import MEDIA_TYPES, Form
from hallwatch_collector.web.access import AnyRequest
from hallwatch_collector.web.answers import refusals, require_view
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.texts import Words

TOKEN: Final = [{"token": list[str]()}]
REFUSALS: Final = refusals(400, 401, 403, 404, 409, 429)
REGISTER: Final = "/api/halls/{area:str}/{hall:str}/registers/{incident:str}/{register:str}"
WRITTEN: Final = [ResponseHeader(name="Content-Disposition", description="The file's name", value="attachment")]


@get("/api/halls/{area:str}/{hall:str}/registers", sync_to_thread=False, tags=["registers"], summary="All registers",
     responses=refusals(401, 403, 404))  # fmt: skip
def list_registers(desk: TheDesk, area: FromPath[str], hall: FromPath[str]) -> list[RegisterView]:
    """Return how far each register is: open ones, and those of incidents that are over as long as they are kept."""
    return list(require_view(desk, area, hall).registers)


@get(REGISTER, sync_to_thread=True, tags=["registers"], summary="A register with its entries", security=TOKEN,
     responses=REFUSALS)  # fmt: skip
def show_register(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str],
) -> RegisterPage:  # fmt: skip
    """Return a register; its personal fields only with a right to see them (``personal`` says whether)."""
    person = desk.gate.require(request)
    require_view(desk, area, hall)
    return require_register(desk, HallKey(area, hall), incident, register, person=person)


@get(f"{REGISTER}/export", sync_to_thread=True, tags=["registers"], summary="A register as a file", security=TOKEN,
     media_type=MEDIA_TYPES["xlsx"], response_headers=WRITTEN,
     responses={200: ResponseSpec(bytes, generate_examples=False, description="The file",
                                  media_type=MEDIA_TYPES["xlsx"]), **REFUSALS})  # fmt: skip
def export_register(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str], format: Annotated[Form, QueryParameter(description="xlsx or csv")] = "xlsx",  # noqa: A002
) -> Response[bytes]:  # fmt: skip
    """Return a register as XLSX or CSV; for those who may see personal data."""
    person = desk.gate.require(request)
    view = require_view(desk, area, hall)
    page = require_register(desk, HallKey(area, hall), incident, register, person=person)
    return write_file(desk, page, format, view.timezone)


def require_register(desk: Desk, key: HallKey, incident: str, register: str, *, person: Person) -> RegisterPage:
    """Return a register as a person may see it; raise 404 when there is no such one, 403 in another's hall."""
    if not person.acts_in(key):
        raise CommandRefused("not-your-hall", person=person.name, hall=str(key))
    page = desk.source.register(key, incident, register, person.roles)
    if page is None:
        raise NotFoundException(f"incident {incident} has no register {register}")
    return page


def write_file(desk: Desk, page: RegisterPage, form: Form, timezone: str) -> Response[bytes]:
    """Return a register as a file; raise :class:`CommandRefused` for those who may not see personal data."""
    if not page.personal:
        holders = [role.id for role in desk.source.plan.roles if "see-personal" in role.may]
        raise CommandRefused("no-right", right="see-personal", role=", ".join(holders))
    written = write_register(page, timezone, form)
    name = f"{page.register.register}-{page.register.incident}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type=MEDIA_TYPES[form], headers=headers)


def wrong_fields(refused: CommandRefused) -> dict[str, str]:
    """Return which fields were wrong, and how; none when it was refused for something else."""
    return {key.removeprefix(WRONG): told for key, told in refused.fields.items() if key.startswith(WRONG)}


def list_wrong(desk: Desk, words: Words, refused: CommandRefused) -> str:
    """Return what is wrong with each field in one text, in the reader's language."""
    forms = [form for form in desk.source.plan.registers if form.id == refused.fields.get("register")]
    names = {field.id: words.pick(field.name, field.name_en) for form in forms for field in form.fields}
    wrong = wrong_fields(refused).items()
    return words.listed(f"{names.get(field, field)} ({words.term('wrong', problem)})" for field, problem in wrong)


HANDLERS: Final = (list_registers, show_register, export_register)
