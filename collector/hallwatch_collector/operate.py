"""``hallwatch confirm | decline | tick | acknowledge``: tells the running collector what a person decided."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote

from hallwatch_agent.commandline import a_path, describe, in_one_line, visible
from hallwatch_agent.wire import encode
from hallwatch_collector.config import Config, load_config
from hallwatch_collector.core.commands import Acknowledge, AnyCommand, Confirm, Decline, Tick
from hallwatch_collector.problems import FileRefused, name_choices

TIMEOUT_S: Final = 30
MOST_NAME_CHARS: Final = 80
WORDS: Final = {
    "confirm": ("say yes to a proposal", "measure"),
    "decline": ("say no to a proposal, with a reason", "measure"),
    "tick": ("say that a step is done", "measure"),
    "acknowledge": ("take an incident on", "incident"),
}


class NotCarriedOut(Exception):  # noqa: N818 - it says what happened
    """The collector did not do it; the text says why."""


def add_parser(subparsers: Any) -> None:
    """Add the four commands."""
    for word, (told, target) in WORDS.items():
        parser = subparsers.add_parser(word, help=told)
        parser.add_argument("target", metavar=target.upper(), help=f"the {target}'s id, as page and journal show it")
        parser.add_argument("--by", default=_own_user(), metavar="NAME", help="who decides (%(default)s)")
        parser.add_argument("--hall", metavar="AREA/HALL", help="which hall; may be left out when there is only one")
        parser.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
        if word == "decline":
            parser.add_argument("--reason", required=True, help="why; the journal keeps it")
        parser.set_defaults(run=run_command, word=word)


def run_command(options: argparse.Namespace) -> int:
    """Carry out one of the four commands; return the exit status."""
    try:
        _check_name(options.by)
        config = load_config(options.config)
        hall = options.hall or _only_hall(config)
        _ask(config, f"/api/halls/{quote(hall)}/commands?lang=en", encode(_command(options)))
    except (FileRefused, NotCarriedOut) as error:
        sys.stderr.write(f"{error if isinstance(error, FileRefused) else in_one_line(str(error))}\n")
        return 1
    sys.stdout.write(in_one_line(f"{hall}: {options.word} {options.target}: done, and in the journal") + "\n")
    return 0


def _check_name(name: str) -> None:
    """Refuse a name that would look like another one in the journal and on the pages."""
    if not name.strip() or len(name) > MOST_NAME_CHARS or not name.isprintable():
        right = f"give a name of 1 to {MOST_NAME_CHARS} letters, all of which can be seen"
        raise NotCarriedOut(f"--by {in_one_line(visible(name))!r}: {right}")


def _own_user() -> str:
    """Return who is logged in; empty where the system knows no name for this user, who then says it with --by."""
    try:
        return getpass.getuser()
    except (OSError, LookupError):
        return ""


def _command(options: argparse.Namespace) -> AnyCommand:
    match options.word:
        case "confirm":
            return Confirm(by=options.by, measure=options.target)
        case "decline":
            return Decline(by=options.by, measure=options.target, reason=options.reason)
        case "tick":
            return Tick(by=options.by, measure=options.target)
        case _:
            return Acknowledge(by=options.by, incident=options.target)


def _only_hall(config: Config) -> str:
    halls = [f"{hall['area']}/{hall['hall']}" for hall in _ask(config, "/api/halls") if not hall["internal"]]
    if len(halls) != 1:
        raise NotCarriedOut(f"say which hall with --hall; {name_choices('', halls, 'no halls')}")
    return halls[0]


def _ask(config: Config, path: str, body: bytes | None = None) -> Any:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.web.host, config.web.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{config.web.port}"
    headers = {"Accept": "application/json"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {_token(config)}"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address + path, body, headers), timeout=TIMEOUT_S) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        raise NotCarriedOut(_reason(error)) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        told = describe(reason) if isinstance(reason, OSError) else reason
        raise NotCarriedOut(f"no collector answers at {address}: {told}") from None


def _token(config: Config) -> str:
    path = config.data / "operator.token"
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NotCarriedOut(f"{path}: {error.strerror}; a collector makes it when it starts") from None
    except UnicodeDecodeError:
        raise NotCarriedOut(f"{path}: holds no token; remove it, and a collector makes it when it starts") from None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        detail = json.loads(error.read())["detail"]
    except (ValueError, LookupError, TypeError):
        detail = error.reason
    return f"refused ({error.code}): {detail}"
