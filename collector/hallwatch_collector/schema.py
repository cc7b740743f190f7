"""``hallwatch schema``: the wire contract as JSON Schema and AsyncAPI, generated from the structs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from hallwatch_agent import wire
from hallwatch_agent.commandline import a_path

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class Branch(NamedTuple):
    """One branch of the topics: its leaf, who sends, what is sent, and whether the broker keeps the last message."""

    leaf: str
    sender: str
    messages: tuple[Any, ...]
    retained: tuple[bool, ...]


BRANCHES: Final = {
    "agents": Branch("agent", "agent", (wire.Birth, wire.Death), (True, True)),
    "reports": Branch("agent", "agent", (wire.Report,), (False,)),
    "orders": Branch("agent", "collector", (wire.Assignment, wire.ProbeNow), (True, False)),
    "signs": Branch("place", "collector", (wire.Sign,), (True,)),
    "notices": Branch("text", "collector", (wire.Notice,), (True,)),
    "board": Branch("", "collector", (wire.Board,), (True,)),
    "collector": Branch("", "collector", (wire.Heartbeat,), (True,)),
}


def add_parser(subparsers: Any) -> None:
    """Add ``schema``."""
    parser = subparsers.add_parser("schema", help="print, write or check the wire contract's JSON Schema and AsyncAPI")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", type=a_path, metavar="DIR", help="write the files")
    action.add_argument("--check", type=a_path, metavar="DIR", help="fail when the files there are not these")
    parser.set_defaults(run=run_schema)


def run_schema(options: argparse.Namespace) -> int:
    """Carry out ``schema``; return the exit status."""
    documents = make_documents()
    if options.check:
        stale = [name for name, text in documents.items() if _read(options.check / name) != text]
        for name in stale:
            sys.stderr.write(f"{options.check / name} is out of step; run `hallwatch schema --write {options.check}`\n")
        return 1 if stale else 0
    if not options.write:
        sys.stdout.write(documents["asyncapi.json"])
        return 0
    options.write.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (options.write / name).write_text(text, encoding="utf-8")
    return 0


def make_documents() -> dict[str, str]:
    """Return every generated document by its file name."""
    schemas = {f"{name}.schema.json": _json_schema(name, branch) for name, branch in BRANCHES.items()}
    documents = {**schemas, "asyncapi.json": _asyncapi()}
    return {name: json.dumps(document, ensure_ascii=False, indent=2) + "\n" for name, document in documents.items()}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _json_schema(name: str, branch: Branch) -> dict[str, Any]:
    references, components = msgspec.json.schema_components(branch.messages, ref_template="#/$defs/{name}")
    body = references[0] if len(references) == 1 else {"oneOf": list(references)}
    title = f"What is said on {wire.topic('<area>', '<hall>', name, branch.leaf and f'<{branch.leaf}>')}"
    return {"$schema": DIALECT, "title": title, **body, "$defs": components}


def _asyncapi() -> dict[str, Any]:
    structs = [struct for branch in BRANCHES.values() for struct in branch.messages]
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hallwatch wire contract, as the collector speaks it",
            "version": version("hallwatch"),
            "description": (wire.__doc__ or "").strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, branch) for name, branch in BRANCHES.items()},
        "operations": dict(pair for name, branch in BRANCHES.items() for pair in _operations(name, branch)),
        "components": {
            "messages": {struct.__name__: _message(struct) for struct in structs},
            "schemas": schemas,
        },
    }


def _channel(name: str, branch: Branch) -> dict[str, Any]:
    parameters = {"area": "Administrative code.", "hall": "Hall id."}
    if branch.leaf:
        parameters[branch.leaf] = f"{branch.leaf.capitalize()} id."
    return {
        "address": wire.topic("{area}", "{hall}", name, branch.leaf and f"{{{branch.leaf}}}"),
        "parameters": {parameter: {"description": text} for parameter, text in parameters.items()},
        "messages": {
            struct.__name__: {"$ref": f"#/components/messages/{struct.__name__}"} for struct in branch.messages
        },
    }


def _operations(name: str, branch: Branch) -> Iterator[tuple[str, dict[str, Any]]]:
    action = "receive" if branch.sender == "agent" else "send"
    for struct, retained in zip(branch.messages, branch.retained, strict=True):
        yield (
            f"{action}{struct.__name__}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{struct.__name__}"}],
                "bindings": {"mqtt": {"qos": 1, "retain": retained, "bindingVersion": "0.2.0"}},
            },
        )


def _message(struct: Any) -> dict[str, Any]:
    summary = (struct.__doc__ or "").strip().split("\n")[0]
    return {"name": struct.__name__, "summary": summary, "payload": {"$ref": f"#/components/schemas/{struct.__name__}"}}
