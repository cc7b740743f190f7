"""``hallwatch user add | list | token | remove``: who may decide something, and by which token programs know them."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from hallwatch_agent.commandline import a_path
from hallwatch_collector.config import Config, load_running
from hallwatch_collector.problems import FileRefused, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.people import People

EXAMPLES: Final = """examples:
  hallwatch user add 王主任 --role head                    in every hall
  hallwatch user add 小陈 --role guide --role staff --hall 330106/xihu
  hallwatch user token 小陈                                a new one; the old one is good for nothing any more

The token is printed once, by itself, and kept nowhere: only its hash is. Programs send it as
Authorization: Bearer <token>. Changes are in force at once, while the collector runs.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``user`` and what it can do."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser("user", help="say who may decide something", epilog=EXAMPLES, formatter_class=plain)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    add = verbs.add_parser("add", help="add a person and print their token", epilog=EXAMPLES, formatter_class=plain)
    add.add_argument("--role", action="append", required=True, metavar="ROLE", help="a role of the plan; several times")
    told = "only in this hall; several times; left out: in every hall"
    add.add_argument("--hall", action="append", default=[], metavar="AREA/HALL", help=told)
    told_of = {
        "list": ("show everybody, with roles and halls", list_people),
        "token": ("print a new token in place of the old one", renew_token),
        "remove": ("remove a person", remove_person),
    }
    for verb, (told, carry_out) in told_of.items():
        verbs.add_parser(verb, help=told).set_defaults(carry_out=carry_out)
    add.set_defaults(carry_out=add_person)
    for verb, each in verbs.choices.items():
        if verb != "list":
            each.add_argument("name", metavar="NAME")
        each.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
        each.set_defaults(run=run_user)


def run_user(options: argparse.Namespace) -> int:
    """Carry out one of the commands; return the exit status."""
    from hallwatch_collector.journal import Journal, JournalUnavailable, JournalUnusable
    from hallwatch_collector.people import People, PersonRefused

    carry_out: Callable[[argparse.Namespace, Config, People], None] = options.carry_out
    try:
        config = load_running(options.config)
        with closing(Journal(config.journal_url)) as journal:
            journal.migrate()
        with closing(People(config.journal_url)) as people:
            carry_out(options, config, people)
    except (FileRefused, PersonRefused, JournalUnavailable, JournalUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def add_person(options: argparse.Namespace, config: Config, people: People) -> None:
    """Add a person; raise ``PersonRefused`` for a role or hall that there is not."""
    from hallwatch_collector.people import Person
    from hallwatch_collector.people.known import known_halls, known_roles

    _check("role", options.role, known_roles(config), "roles in the plan")
    _check("hall", options.hall, known_halls(config), "hall files")
    who = Person(name=options.name, roles=_once(options.role), halls=_once(options.hall))
    _tell_token(people.add(who, time.time()), who.name)  # noqa: TID251


def list_people(_: argparse.Namespace, __: Config, people: People) -> None:
    """Print everybody."""
    for who in people.all():
        print(f"{who.name}  {', '.join(who.roles)}  {', '.join(who.halls) or 'every hall'}")


def renew_token(options: argparse.Namespace, _: Config, people: People) -> None:
    """Print a new token."""
    _tell_token(people.renew_token(options.name), options.name)


def remove_person(options: argparse.Namespace, _: Config, people: People) -> None:
    """Remove a person."""
    people.remove(options.name)
    sys.stderr.write(f"{options.name} may decide nothing any more\n")


def _check(what: str, named: Sequence[str], known: Sequence[str], nothing: str) -> None:
    from hallwatch_collector.people import PersonRefused

    for name in named:
        if name not in known:
            raise PersonRefused(f"there is no {what} {name}; {name_choices(name, known, f'no {nothing}')}")


def _tell_token(token: str, name: str) -> None:
    sys.stderr.write(f"The token of {name}; it is shown this once:\n")
    print(token)


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
