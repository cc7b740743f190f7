"""The API of the emergency registers: how far each is, what stands in it, and what people do with it (D2, D3, O7, O8).

How far a register is everybody may see. What stands in it needs a token; personal fields, and whatever is done with an
entry, the right ``see-personal``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from litestar import get, post
from litestar.datastructures import ResponseHeader
from litestar.exceptions import ClientException, NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.commands import (
    AmendEntry,
    AnyCommand,
    CommandRefused,
    EnterEntry,
    PersonName,
    ReserveNumbers,
    TakeEntry,
    TellTaxpayer,
    VoidEntry,
)
from hallwatch_collector.core.commands import Words as Reason
from hallwatch_collector.core.commands.registers import Count, Fields, Number
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.orders.registers import WRONG
from hallwatch_collector.core.register_events import EntryTaken, NumbersReserved
from hallwatch_collector.core.views import RegisterView
from hallwatch_collector.people.person import Person
from hallwatch_collector.registers import RegisterPage
from hallwatch_collector.registers.export import write_csv, write_xlsx
from hallwatch_collector.web.access import AnyRequest, reader_of, sign
from hallwatch_collector.web.answers import refusals, require_view
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.texts import Words

Format = Literal["xlsx", "csv"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TOKEN: Final = [{"token": list[str]()}]
REFUSALS: Final = refusals(400, 401, 403, 404, 409, 413, 422, 429)
REGISTER: Final = "/api/halls/{area:str}/{hall:str}/registers/{incident:str}/{register:str}"
ENTRY: Final = "/api/halls/{area:str}/{hall:str}/entries/{number:str}"
WRITTEN: Final = [ResponseHeader(name="Content-Disposition", description="The file's name", value="attachment")]


class Reserving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants how many sheets numbered."""

    by: PersonName
    count: Count


class Taking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody accepted by hand."""

    by: PersonName
    fields: Fields
    number: Number = ""
    """Of the printed sheet that it was written on; empty: the next number is given."""
    written_at: float | None = None
    """When it was written on the sheet, Unix seconds."""


class Amending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands under a number from now on, and why it was corrected."""

    by: PersonName
    fields: Fields
    reason: Reason


class Saying(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who says so."""

    by: PersonName


class Striking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who strikes an entry out, and why."""

    by: PersonName
    reason: Reason


class Reserved(Struct, frozen=True):
    """The numbers of blank sheets."""

    numbers: list[str]


class Taken(Struct, frozen=True):
    """The number under which something was written down."""

    number: str


@get("/api/halls/{area:str}/{hall:str}/registers", sync_to_thread=False, tags=["registers"], summary="All registers",
     responses=refusals(404))  # fmt: skip
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
    person = desk.gate.identify(request)
    require_view(desk, area, hall)
    return require_register(desk, HallKey(area, hall), incident, register, person=person)


@get(f"{REGISTER}/export", sync_to_thread=True, tags=["registers"], summary="A register as a file", security=TOKEN,
     media_type=MEDIA_TYPES["xlsx"], response_headers=WRITTEN,
     responses={200: ResponseSpec(bytes, generate_examples=False, description="The file",
                                  media_type=MEDIA_TYPES["xlsx"]), **REFUSALS})  # fmt: skip
def export_register(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str], format: Annotated[Format, QueryParameter(description="xlsx or csv")] = "xlsx",  # noqa: A002
) -> Response[bytes]:  # fmt: skip
    """Return a register as XLSX or CSV; for those who may see personal data."""
    person = desk.gate.identify(request)
    view = require_view(desk, area, hall)
    page = require_register(desk, HallKey(area, hall), incident, register, person=person)
    return write_file(desk, page, format, view.timezone)


@post(f"{REGISTER}/blanks", sync_to_thread=True, tags=["registers"], summary="Number blank sheets", security=TOKEN,
      responses=REFUSALS)  # fmt: skip
def reserve_numbers(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str], data: JSONBody[Reserving],
) -> Reserved:  # fmt: skip
    """Give numbers to blank sheets, which are then printed and filled in by hand."""
    command = ReserveNumbers(by=data.by, incident=incident, register=register, count=data.count)
    events = _carry_out(desk, request, HallKey(area, hall), command)
    return Reserved([number for event in events if isinstance(event, NumbersReserved) for number in event.numbers])


@post(f"{REGISTER}/entries", sync_to_thread=True, tags=["registers"], summary="Write something down", security=TOKEN,
      responses=REFUSALS)  # fmt: skip
def take_entry(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    register: FromPath[str], data: JSONBody[Taking],
) -> Taken:  # fmt: skip
    """Write down what was accepted by hand; return its number. 422 names each field that is wrong."""
    command = TakeEntry(
        by=data.by, incident=incident, register=register, fields=data.fields, number=data.number,
        written_at=data.written_at,
    )  # fmt: skip
    events = _carry_out(desk, request, HallKey(area, hall), command)
    return Taken(next((event.number for event in events if isinstance(event, EntryTaken)), data.number))


@post(f"{ENTRY}/amend", sync_to_thread=True, status_code=204, tags=["registers"], summary="Correct an entry",
      security=TOKEN, responses=REFUSALS)  # fmt: skip
def amend_entry(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], number: FromPath[str],
    data: JSONBody[Amending],
) -> None:  # fmt: skip
    """Replace what stands under a number, until the taxpayer was told."""
    command = AmendEntry(by=data.by, number=number, fields=data.fields, reason=data.reason)
    _carry_out(desk, request, HallKey(area, hall), command)


@post(f"{ENTRY}/enter", sync_to_thread=True, status_code=204, tags=["registers"], summary="It is in the system",
      security=TOKEN, responses=REFUSALS)  # fmt: skip
def enter_entry(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], number: FromPath[str],
    data: JSONBody[Saying],
) -> None:  # fmt: skip
    """Say that what was accepted by hand was entered into the system (O8)."""
    _carry_out(desk, request, HallKey(area, hall), EnterEntry(by=data.by, number=number))


@post(f"{ENTRY}/tell", sync_to_thread=True, status_code=204, tags=["registers"], summary="The taxpayer was told",
      security=TOKEN, responses=REFUSALS)  # fmt: skip
def tell_taxpayer(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], number: FromPath[str],
    data: JSONBody[Saying],
) -> None:  # fmt: skip
    """Say that the taxpayer was told (O8)."""
    _carry_out(desk, request, HallKey(area, hall), TellTaxpayer(by=data.by, number=number))


@post(f"{ENTRY}/void", sync_to_thread=True, status_code=204, tags=["registers"], summary="Strike an entry out",
      security=TOKEN, responses=REFUSALS)  # fmt: skip
def void_entry(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], number: FromPath[str],
    data: JSONBody[Striking],
) -> None:  # fmt: skip
    """Strike out an entry, or the number of a spoiled sheet."""
    _carry_out(desk, request, HallKey(area, hall), VoidEntry(by=data.by, number=number, reason=data.reason))


def require_register(desk: Desk, key: HallKey, incident: str, register: str, *, person: Person) -> RegisterPage:
    """Return a register as a person may see it; raise 404 when there is no such one, 403 in another's hall."""
    if not person.acts_in(key):
        raise CommandRefused("not-your-hall", person=person.name, hall=str(key))
    page = desk.source.register(key, incident, register, person.roles)
    if page is None:
        raise NotFoundException(f"incident {incident} has no register {register}")
    return page


def write_file(desk: Desk, page: RegisterPage, form: Format, timezone: str) -> Response[bytes]:
    """Return a register as a file; raise :class:`CommandRefused` for those who may not see personal data."""
    if not page.personal:
        holders = [role.id for role in desk.source.plan.roles if "see-personal" in role.may]
        raise CommandRefused("no-right", right="see-personal", role=", ".join(holders))
    written = write_xlsx(page, timezone) if form == "xlsx" else write_csv(page, timezone)
    name = f"{page.register.register}-{page.register.incident}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type=MEDIA_TYPES[form], headers=headers)


def name_wrong(desk: Desk, words: Words, register: str, wrong: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with each field, in the reader's language, by the field's name."""
    forms = [form for form in desk.source.plan.registers if form.id == register]
    names = {field.id: words.pick(field.name, field.name_en) for form in forms for field in form.fields}
    return {names.get(field, field): words.term("wrong", problem) for field, problem in wrong.items()}


def list_wrong(desk: Desk, words: Words, register: str, wrong: dict[str, str]) -> str:
    """Return what is wrong with each field in one text."""
    told = name_wrong(desk, words, register, wrong)
    return words.listed(f"{name} ({problem})" for name, problem in told.items())


def wrong_fields(refused: CommandRefused) -> dict[str, str]:
    """Return which fields were wrong, and how; none when it was refused for something else."""
    return {key.removeprefix(WRONG): told for key, told in refused.fields.items() if key.startswith(WRONG)}


def _carry_out(desk: Desk, request: AnyRequest, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
    """Carry a command out and return what came of it; raise 422 when fields are wrong, and say which."""
    person = desk.gate.identify(request)
    require_view(desk, *key)
    try:
        return desk.source.command(key, sign(command, person, key))
    except CommandRefused as refused:
        wrong = wrong_fields(refused)
        if not wrong:
            raise
        words = Words(reader_of(request, desk.gate).language, desk.source.now())
        listed = list_wrong(desk, words, refused.fields.get("register", ""), wrong)
        extra = {"code": refused.code, "fields": wrong}
        detail = words.say("refusal.wrong-fields", wrong=listed)
        raise ClientException(detail=detail, status_code=422, extra=extra) from None


HANDLERS: Final = (
    list_registers, show_register, export_register, reserve_numbers, take_entry, amend_entry, enter_entry,
    tell_taxpayer, void_entry,
)  # fmt: skip
