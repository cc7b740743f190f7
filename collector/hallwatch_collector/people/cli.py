"""``hallwatch user add | list | password | token | unlock | remove``: who may decide what, and how they sign in."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from getpass import getpass, getuser
from typing import TYPE_CHECKING, Any, Final

from hallwatch_agent.commandline import a_path
from hallwatch_collector.config import Config, load_running
from hallwatch_collector.problems import FileRefused, name_choices

if TYPE_CHECKING:
    from hallwatch_collector.people import People

EXAMPLES: Final = """examples:
  hallwatch user add 王主任 --role head                    in every hall
  hallwatch user add 小陈 --role guide --role staff --hall 330106/xihu
  hallwatch user add 老赵 --role administrator
  hallwatch user password 老赵                             asks for it twice; --draw: prints one, to be changed
  hallwatch user unlock 小陈                               after too many wrong passwords
  hallwatch user token 小陈                                a new one; the old one is good for nothing any more

People sign in at the pages with their name and password. The token is for programs: it is printed once, by itself, and
kept nowhere, only its hash is. They send it as Authorization: Bearer <token>. Changes are in force at once, while the
collector runs.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``user`` and what it can do."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser("user", help="say who may decide something", epilog=EXAMPLES, formatter_class=plain)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    add = verbs.add_parser("add", help="add a person and print their token", epilog=EXAMPLES, formatter_class=plain)
    add.add_argument(
        "--role",
        action="append",
        required=True,
        metavar="ROLE",
        help="a role of the plan, or administrator or auditor; several times",
    )
    told = "only in this hall; several times; left out: in every hall"
    add.add_argument("--hall", action="append", default=[], metavar="AREA/HALL", help=told)
    told_of = {
        "list": ("show everybody, with roles and halls", list_people),
        "password": ("set a password, by which a person signs in at the pages", set_password),
        "unlock": ("let a person try again after too many wrong passwords", unlock_person),
        "token": ("print a new token in place of the old one", renew_token),
        "remove": ("remove a person", remove_person),
    }
    for verb, (told, carry_out) in told_of.items():
        verbs.add_parser(verb, help=told).set_defaults(carry_out=carry_out)
    add.set_defaults(carry_out=add_person)
    drawn = "draw one and print it; the person chooses another at the first sign-in"
    verbs.choices["password"].add_argument("--draw", action="store_true", help=drawn)
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
            _write_down(options, people)
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
    for each in people.accounts.all():
        who, ways = each.person, []
        ways += ["disabled"] * (each.disabled_at is not None) + ["password"] * (each.password_hash is not None)
        ways += ["token"] * each.has_token + ["second factor"] * (each.totp_secret is not None)
        told = (
            who.name,
            ", ".join(who.roles),
            ", ".join(who.halls) or "every hall",
            ", ".join(ways) or "cannot sign in",
        )
        print("  ".join(told))


def renew_token(options: argparse.Namespace, _: Config, people: People) -> None:
    """Print a new token."""
    _tell_token(people.renew_token(options.name), options.name)


def set_password(options: argparse.Namespace, _: Config, people: People) -> None:
    """Set a password that is typed twice, or one that is drawn; raise ``PersonRefused`` for one that is no good."""
    from hallwatch_collector.people import PersonRefused
    from hallwatch_collector.people.passwords import SHORTEST, draw_password, hash_password, weakness_of

    password = draw_password() if options.draw else getpass(f"New password of {options.name}: ")
    if not options.draw and getpass("Once more: ") != password:
        raise PersonRefused("the two are not the same; nothing was changed")
    if weakness := weakness_of(password, options.name):
        told = f"at least {SHORTEST} characters, not the name, nothing common"
        raise PersonRefused(f"that password is no good ({weakness}): {told}")
    people.accounts.set_password(options.name, hash_password(password), must_change=options.draw)
    people.sessions.end_all(options.name)
    people.failures.unlock(options.name)
    if options.draw:
        sys.stderr.write(f"The password of {options.name}; it is shown this once:\n")
        print(password)


def unlock_person(options: argparse.Namespace, _: Config, people: People) -> None:
    """Forget wrong passwords."""
    people.failures.unlock(options.name)
    sys.stderr.write(f"{options.name} can try again\n")


def remove_person(options: argparse.Namespace, _: Config, people: People) -> None:
    """Remove a person."""
    people.remove(options.name)
    sys.stderr.write(f"{options.name} may decide nothing any more\n")


def _write_down(options: argparse.Namespace, people: People) -> None:
    """Note in the audit log what was done here, and by whom as the system knows them."""
    from hallwatch_collector.people.audit import Deed

    if options.verb != "list":
        action, now = f"command-line.user-{options.verb}", time.time()  # noqa: TID251
        given = {"roles": options.role, "halls": options.hall} if options.verb == "add" else {}
        details = {name: ", ".join(_once(each)) for name, each in given.items()}
        people.audit.write(Deed(at=now, who=getuser(), action=action, object=options.name, details=details))


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
