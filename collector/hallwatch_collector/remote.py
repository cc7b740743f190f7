"""Asks the running collector by its API, on this machine, with the operator's token."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

from hallwatch_agent.commandline import describe
from hallwatch_collector.config import Config
from hallwatch_collector.problems import name_choices

TIMEOUT_S: Final = 30
_hall = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")


class NotCarriedOut(Exception):  # noqa: N818 - it says what happened
    """The collector did not do it; the text says why."""


def find_hall(config: Config, named: str | None) -> str:
    """Return the hall that somebody means, as ``area/hall``: named so, or by the second alone, or the only one.

    Raises :class:`NotCarriedOut` when that is none, or not one alone.
    """
    if named is not None and _hall.fullmatch(named):
        return named
    # Without the token a hall whose board is not open is not among them; who asks the wrong collector is told that.
    served = ask(config, "/api/halls", signed=config.token_file.is_file())
    halls = [f"{hall['area']}/{hall['hall']}" for hall in served if not hall["internal"]]
    meant = [hall for hall in halls if named in (None, hall.partition("/")[2])]
    if len(meant) != 1:
        wrong = "say which hall with --hall" if named is None else f"--hall {named}: write AREA/HALL"
        raise NotCarriedOut(f"{wrong}; {name_choices(named or '', halls, 'no halls')}")
    return meant[0]


def address_of(config: Config) -> str:
    """Return where this machine reaches the collector's pages, without a slash at its end."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.web.host, config.web.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.web.port}"


def ask(config: Config, path: str, body: bytes | None = None, *, signed: bool = False) -> Any:
    """Return what the collector answers, decoded; with a *body* it is told something, as the operator.

    What not everybody may see is asked for *signed*, as the operator too.

    Raises :class:`NotCarriedOut` when it refuses, or does not answer.
    """
    address = address_of(config)
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if body is not None or signed:
        headers["Authorization"] = f"Bearer {_token(config)}"
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
    path = config.token_file
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
