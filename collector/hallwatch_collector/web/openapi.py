"""The API's description of itself, at ``/schema/openapi.json``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import HTTPRoute
from msgspec import inspect

from hallwatch_collector.core.commands.registry import COMMANDS
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.web.docstrings import field_docstrings

ABOUT: Final = """\
Halls, incidents, registers and the emergency plan of a Hallwatch collector, and what people decide.

Moments are Unix seconds (UTC). Names ending in `_en` are the English of the Chinese without it. A token is sent as
`Authorization: Bearer …`; roles and rights come with it. Refusals are JSON with `detail` in the reader's language
(`?lang=en`, `?lang=zh-CN`), and where they are about a command `extra.code` and what it is about, for programs."""
TAGS: Final = {
    "halls": "What is so now: windows, devices, faults, signs, what is to be done, and why.",
    "incidents": "Incidents with their measures, and the report on one.",
    "commands": "Everything that a person can decide, as one endpoint; each command has a schema and an example.",
    "registers": "The emergency registers: business that was written down by hand.",
    "plan": "The emergency plan in force.",
    "operation": "For those who run the collector.",
}
PARAMETERS: Final = {
    "area": "The hall's administrative code, such as 330106.",
    "hall": "The hall's id in its area, such as xihu.",
    "incident": "An incident's id, such as inc-1.",
    "register": "A register's id in the plan, such as by-hand.",
    "kind": "What it is about.",
    "id": "Of the measure, incident or window; the place of the sign; fault@device of a fault.",
}
DISCRIMINATOR: Final = "Which command this is."
FIELDS: Final = {
    "area": "The hall's administrative code.",
    "hall": "The hall's id in its area.",
    "name": "What people call it.",
    "since": "From when on.",
    "at": "When.",
    "by": "Who: a person's name, or auto.",
    "reason": "Why, in that person's words.",
    "clause": "The clause of the plan that this carries out.",
    "incident": "The incident's id.",
    "measure": "The measure's id.",
    "device": "The device's id in the hall file.",
    "devices": "Devices by their ids in the hall file.",
    "role": "A role of the plan, by its id.",
    "owner": "The role, or person, that answers for it.",
    "group": "The group of the plan that owes it (R2).",
    "mode": "auto: done by itself; ask: a person decides; show: a person does it and ticks; register: a register.",
    "place": "Where it stands: a window or place of the hall file, by its id.",
    "filing": "The kind of filing, as the hall file names it.",
    "register": "The register's id in the plan.",
    "text": "What people read.",
    "due_at": "By when; null: no matter when.",
    "simulated": "Nothing of it is real.",
    "notes": "What people wrote to it.",
}
"""Of fields of which the source says nothing, because within it they need no words."""
IN_ENGLISH: Final = "The same in English; may be empty."
SCHEMAS: Final = "#/components/schemas/{name}"


class Description(JsonRenderPlugin):
    """The description as JSON, with what Litestar leaves out of msgspec's structs.

    That is: the plan, what the fields mean, the limits of what is within lists and tables, and that nothing may be sent
    that is not described.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the description."""
        schemas = openapi_schema.get("components", {}).get("schemas", {})
        schemas.update(_commands())
        _describe_plan(openapi_schema, schemas)
        for struct in _structs(request.app):
            _describe(schemas.get(struct.__name__, {}), struct)
        for operation in _operations(openapi_schema):
            for parameter in operation.get("parameters", []):
                parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
        for name in set(_sent(openapi_schema)):
            schemas[name].setdefault("additionalProperties", False)
        return super().render(request, openapi_schema)


def describe_api() -> OpenAPIConfig:
    """Describe the API as JSON only: the usual viewers would load their scripts from elsewhere."""
    told = "A person's token (hallwatch user add), or the operator's from the collector's data folder."
    token = SecurityScheme(type="http", scheme="bearer", description=told)
    return OpenAPIConfig(
        title="Hallwatch",
        version=version("hallwatch"),
        description=ABOUT,
        path="/schema",
        render_plugins=[Description(path="/openapi.json")],
        components=Components(security_schemes={"token": token}),
        use_handler_docstrings=True,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
    )


def _commands() -> dict[str, Any]:
    """Return the schemas of all commands, and of what they hold, as msgspec itself describes them."""
    _, schemas = msgspec.json.schema_components(COMMANDS.values(), ref_template=SCHEMAS)
    _spread(schemas)
    return schemas


def _describe_plan(description: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say what a plan holds: Litestar cannot describe a struct whose defaults hold lists."""
    (plan,), theirs = msgspec.json.schema_components([Plan], ref_template=SCHEMAS)
    schemas.update(theirs)
    description["paths"]["/api/plan"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = plan


def _structs(app: Litestar) -> Iterator[type[msgspec.Struct]]:
    """Yield every struct that is sent or answered somewhere."""
    roots: list[Any] = [Plan, *COMMANDS.values()]
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            signature = handler.parsed_fn_signature
            body = signature.parameters.get("data")
            roots += [answer.data_container for answer in (handler.responses or {}).values()]
            roots += [signature.return_type.annotation, *([body.annotation] if body else [])]
    yield from dict.fromkeys(struct for root in roots for struct in _within(inspect.type_info(root), set()))


def _within(told: Any, seen: set[int]) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs within a type."""
    if isinstance(told, inspect.Type) and id(told) not in seen:
        seen.add(id(told))
        if isinstance(told, inspect.StructType):
            yield told.cls
        for name in told.__struct_fields__:
            yield from _within(getattr(told, name), seen)
    elif isinstance(told, inspect.Field):
        yield from _within(told.type, seen)
    elif isinstance(told, tuple):
        for each in told:
            yield from _within(each, seen)


def _describe(schema: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    """Put what the source says of a struct and its fields into its schema, where nothing is said yet."""
    if struct.__doc__ and "properties" in schema:
        schema.setdefault("description", struct.__doc__.strip())
    texts = {"command": DISCRIMINATOR} if struct in COMMANDS.values() else {}
    told = field_docstrings(struct) | texts
    for name, field in schema.get("properties", {}).items():
        text = told.get(name) or FIELDS.get(name) or (IN_ENGLISH if name.endswith("_en") else "")
        if text:
            field.setdefault("description", text)


def _spread(part: Any) -> None:
    """Put what stands under ``extra`` where it belongs: Litestar asks for it there, JSON Schema beside the rest."""
    if isinstance(part, dict):
        if part.get("extra") == {"readOnly": True}:
            part |= part.pop("extra")
        for each in part.values():
            _spread(each)
    elif isinstance(part, list):
        for each in part:
            _spread(each)


def _operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in description.get("paths", {}).values():
        yield from (each for each in operations.values() if isinstance(each, dict))


def _sent(description: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the schemas of what is sent."""
    for operation in _operations(description):
        yield from _references(operation.get("requestBody", {}).get("content", {}))


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(name := part.get("$ref"), str):
            yield name.rpartition("/")[2]
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)
