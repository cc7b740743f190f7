"""``hallwatch confirm``, ``hallwatch estimate``, …: tells the running collector what a person decided.

Each command of the registry is a command here, with its fields as arguments: the first is the one it is about, the
others are options. So a new command needs nothing in this file.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import inspect

from hallwatch_agent.commandline import a_path, in_one_line, visible
from hallwatch_agent.expectations import show_value
from hallwatch_agent.wire import encode
from hallwatch_collector.config import DEFAULT_PATH, DEMO_PATH, load_running
from hallwatch_collector.core.commands.command import NAME, Command
from hallwatch_collector.core.commands.registry import COMMANDS, CommandField, example_of, fields_of
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.remote import NotCarriedOut, ask, find_hall
from hallwatch_collector.web.texts import load_catalogue

MOST_NAME_CHARS: Final = 80
PREFIX: Final = "field_"
"""Of the fields among the options, so that none is taken for an option of the command line's own."""
OWN: Final = frozenset({"by", "config", "hall", "help"})
"""Options that every command has; a field of such a name gets another."""
_field = re.compile(r"\$\.(\w+)")


def add_parser(subparsers: Any) -> None:
    """Add a command for each command of the registry."""
    for word, command in COMMANDS.items():
        told = (command.__doc__ or "").splitlines()[0]
        subject = subject_of(command)
        parser = subparsers.add_parser(
            word,
            help=_as_help(told[:1].lower() + told[1:]),
            description=told.replace("``", ""),
            epilog=f"example:\n  {_example(word, command, subject)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for field in fields_of(command):
            _add_field(parser, field, is_subject=field is subject)
        told = "who decides, as the record and the report name them"
        parser.add_argument("--by", required=True, metavar="NAME", help=told)
        add_hall(parser)
        parser.set_defaults(run=run_command, word=word)


def add_hall(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which collector and which of its halls is meant."""
    parser.add_argument("--hall", metavar="[AREA/]HALL", help="which hall; may be left out when there is only one")
    told = f"the collector's file (default: {DEFAULT_PATH}, or {DEMO_PATH} of hallwatch demo, where it is there)"
    parser.add_argument("--config", type=a_path, metavar="FILE", help=told)


def run_command(options: argparse.Namespace) -> int:
    """Carry out one of the commands; return the exit status."""
    try:
        check_name(options.by)
        command = read_command(options)
        config = load_running(options.config)
        hall = find_hall(config, options.hall)
        answer = ask(config, f"/api/halls/{quote(hall)}/commands?lang=en", encode(command))
    except (FileRefused, NotCarriedOut) as error:
        sys.stderr.write(f"{error if isinstance(error, FileRefused) else in_one_line(str(error))}\n")
        return 1
    subject = subject_of(COMMANDS[options.word])
    about = f" {getattr(options, PREFIX + subject.name)}" if subject else ""
    numbers = f": {', '.join(answer['numbers'])}" if answer else ""
    sys.stdout.write(in_one_line(f"{hall}: {options.word}{about}: done, and in the journal{numbers}") + "\n")
    return 0


def check_name(name: str | None) -> None:
    """Refuse no name, and one that would look like another or like the program, in the journal and on the pages."""
    if name is None:
        raise NotCarriedOut("say with --by who this is: the record keeps it, not the name of this machine's user")
    if len(name) > MOST_NAME_CHARS or not name.isprintable() or not re.search(NAME, name):
        right = f"give a name of 1 to {MOST_NAME_CHARS} letters, all of which can be seen, and not auto or hall-file"
        raise NotCarriedOut(f"--by {in_one_line(visible(name))!r}: {right}")


def subject_of(command: type[Command]) -> CommandField | None:
    """Return the field that a command is about: the first that must be there and is one word."""
    return next((each for each in fields_of(command) if each.required and isinstance(each.type, inspect.StrType)), None)


def read_command(options: argparse.Namespace) -> Command:
    """Return the command that the arguments make; raise :class:`NotCarriedOut` when they make none."""
    told = {name.removeprefix(PREFIX): value for name, value in vars(options).items() if name.startswith(PREFIX)}
    given = {name: value for name, value in told.items() if value is not None}
    try:
        return msgspec.convert({"by": options.by, **given}, type=COMMANDS[options.word], strict=False)
    except msgspec.ValidationError as error:
        wrong = _say_wrong(COMMANDS[options.word], str(error), given)
        raise NotCarriedOut(f"hallwatch {options.word}: {wrong}; see hallwatch {options.word} --help") from None


def _say_wrong(command: type[Command], error: str, given: Mapping[str, Any]) -> str:
    """Say which argument is wrong and what belongs there, in the words of the API."""
    named = _field.search(error)
    if named is None:
        return error
    name, subject = named[1], subject_of(command)
    shown = subject.name.upper() if subject is not None and name == subject.name else _option(name)
    value = given.get(name)
    told = f" {show_value(in_one_line(visible(value)))}" if isinstance(value, str) else ""
    return f"{shown}{told}: give {load_catalogue('en')[f'expected.{name}']}"


def _add_field(parser: argparse.ArgumentParser, field: CommandField, *, is_subject: bool) -> None:
    told, kind = _as_help(field.description) or None, _one(field.type)
    if is_subject:
        parser.add_argument(PREFIX + field.name, metavar=field.name.upper(), help=told)
        return
    option, more = _option(field.name), dict[str, Any](dest=PREFIX + field.name, help=told, required=field.required)
    metavar = field.name.upper()
    match kind:
        case inspect.BoolType():
            parser.add_argument(option, action=argparse.BooleanOptionalAction, **more)
        case inspect.LiteralType():
            parser.add_argument(option, choices=kind.values, **more)
        case inspect.DictType():
            parser.add_argument(option, action=_Pairs, nargs="+", metavar="KEY=VALUE", **more)
        case inspect.ListType() | inspect.VarTupleType() if isinstance(_one(kind.item_type), inspect.StrType):
            parser.add_argument(option, nargs="+", metavar=metavar, **more)
        case inspect.StrType() | inspect.IntType() | inspect.FloatType():
            parser.add_argument(option, metavar=metavar, **more)
        case _:
            parser.add_argument(option, type=_read_json, metavar="JSON", **more)


class _Pairs(argparse.Action):
    """Gathers ``key=value`` words."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        pairs = dict(getattr(namespace, self.dest) or {})
        for word in values:
            key, equals, value = word.partition("=")
            if not equals:
                parser.error(f"{word!r} is no KEY=VALUE")
            pairs[key] = value
        setattr(namespace, self.dest, pairs)


def _one(told: inspect.Type) -> inspect.Type:
    """Return a type without what is said of it, and without the None that it may be instead."""
    while isinstance(told, inspect.Metadata):
        told = told.type
    if isinstance(told, inspect.UnionType):
        types = [each for each in told.types if not isinstance(each, inspect.NoneType)]
        return _one(types[0]) if len(types) == 1 else told
    return told


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is no JSON: {error}") from None


def _option(name: str) -> str:
    return "--" + (f"its-{name}" if name in OWN else name.replace("_", "-"))


def _example(word: str, command: type[Command], subject: CommandField | None) -> str:
    example = example_of(command)
    words = ["hallwatch", word]
    if subject is not None:
        words.append(str(example[subject.name]))
    for field in fields_of(command):
        if field.required and field is not subject:
            words += [_option(field.name), *_example_words(example[field.name])]
    return " ".join(
        shlex.quote(each) if " " in each or "'" in each else each for each in [*words, "--by", example["by"]]
    )


def _example_words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}={text}" for key, text in value.items()] or ["KEY=VALUE"]
    if isinstance(value, list):
        return [each if isinstance(each, str) else json.dumps(each) for each in value] or ["…"]
    return [str(value)]


def _as_help(text: str) -> str:
    """Return a sentence as help of an option: without its dot and marks, and with no sign that argparse would read."""
    return text.rstrip(".").replace("``", "").replace("%", "%%")
