"""Every way into the program: which address, who may pass, and what is written down about it.

A page, form or endpoint that does not stand here is not served: the program does not start with it. A new page is its
file and a line here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final, Literal

from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct

from hallwatch_collector.core.plan import Right

Method = Literal["GET", "POST"]
_converter = re.compile(r"\{(\w+):\w+\}")
UNGUARDED: Final = ("OPTIONS", "HEAD")
"""Methods that tell nothing; the framework answers them by itself."""


class Who(Enum):
    """Who may pass a door."""

    PUBLIC = "everybody"
    LINK = "whoever has the link of a message, which is checked where it leads"
    BOARD = "everybody where the hall's file leaves the board open, else whoever is signed in and has to do with it"
    SCREEN = "as for the board, and the paired screens of the hall"
    PAIRED = "a paired screen, by its key, which is looked at where it leads"
    HALLS = "everybody; shown are the halls whose boards they may see"
    REPORTER = "everybody where the hall's file takes reports from anybody, else whoever may act in the hall"
    SIGNED_IN = "whoever is signed in"
    HALL = "whoever is signed in and has to do with the hall"
    ACT = "whoever has a role of the plan in the hall; the core asks for the one that it takes"
    PROGRAM = "a token: of somebody with a role of the plan in the hall, or the operator's"
    TOKEN = "a token"  # noqa: S105 - not one
    ADMINISTRATOR = "administrators"
    AUDITOR = "auditors"


class Door(Struct, frozen=True, kw_only=True):
    """A way in."""

    method: Method
    path: str
    """As ``/halls/{area}/{hall}``."""
    who: Who
    right: Right | None = None
    """What the plan has to give them beside that."""
    form: bool = False
    """Whether a form of ours is sent here, so that it must bring the token of one."""
    audit: str = ""
    """As what it is written down, done or refused; empty: not at all. Everything that changes something is."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.method, self.path


def see(path: str, who: Who, right: Right | None = None, audit: str = "") -> Door:
    """Return a door to look through."""
    return Door(method="GET", path=path, who=who, right=right, audit=audit)


def live(path: str, who: Who, right: Right | None = None) -> Iterator[Door]:
    """Yield the doors of a live page: itself and its stream."""
    yield see(path, who, right)
    yield see(f"/events{path}", who, right)


def send(path: str, who: Who, audit: str, right: Right | None = None) -> Door:
    """Return a door through which a form comes."""
    return Door(method="POST", path=path, who=who, right=right, form=True, audit=audit)


_HALL: Final = "/halls/{area}/{hall}"
_API: Final = "/api/halls/{area}/{hall}"
_REGISTER: Final = "/registers/{incident}/{register}"

DOORS: Final[tuple[Door, ...]] = (
    # What everybody needs to get in, and machines to look after us
    see("/", Who.PUBLIC),
    see("/static/{file_path}", Who.PUBLIC),
    see("/health", Who.PUBLIC),
    see("/metrics", Who.PUBLIC),
    see("/schema/openapi.json", Who.PUBLIC),
    see("/schema", Who.PUBLIC),  # of the framework: there is nothing at these two
    see("/schema/{path}", Who.PUBLIC),
    see("/sign-in", Who.PUBLIC),
    send("/sign-in", Who.PUBLIC, "sign-in"),
    see("/sign-in/oidc", Who.PUBLIC),
    see("/sign-in/oidc/return", Who.PUBLIC, audit="sign-in"),
    see("/sign-in/code", Who.PUBLIC),
    send("/sign-in/code", Who.PUBLIC, "sign-in"),
    send("/sign-out", Who.PUBLIC, "sign-out"),
    see("/set-up", Who.PUBLIC),
    send("/set-up", Who.PUBLIC, "set-up"),
    # Oneself, and for administrators everybody; and what was done
    see("/account", Who.SIGNED_IN),
    send("/account", Who.SIGNED_IN, "account"),
    see("/settings/users", Who.ADMINISTRATOR),
    send("/settings/users", Who.ADMINISTRATOR, "user"),
    see("/settings/users/person", Who.ADMINISTRATOR),
    see("/settings/halls", Who.ADMINISTRATOR),
    see("/settings/halls/new", Who.ADMINISTRATOR),
    see("/settings/halls/{area}/{hall}", Who.ADMINISTRATOR),
    send("/settings/halls/{area}/{hall}", Who.ADMINISTRATOR, "hall-file"),
    see("/settings/tour", Who.ADMINISTRATOR),
    see("/settings/tour/{area}/{hall}", Who.ADMINISTRATOR),
    send("/settings/tour/{area}/{hall}", Who.ADMINISTRATOR, "tour"),
    see("/audit", Who.AUDITOR),
    see("/audit/{file}", Who.AUDITOR, audit="audit-export"),
    # Boards
    *live("/halls", Who.HALLS),
    *live(_HALL, Who.BOARD),
    see("/api/halls", Who.HALLS),
    see(_API, Who.BOARD),
    # Screens, which nobody touches; what a paired one says is in the journal when it is news
    see("/screen", Who.PUBLIC),
    see("/screen/state", Who.PUBLIC),
    see("/screen-worker.js", Who.PUBLIC),
    Door(method="POST", path="/screen/shown", who=Who.PAIRED),
    *live("/display/{area}/{hall}", Who.SCREEN),
    *live("/display/{area}/{hall}/{thing}", Who.SCREEN),
    *live("/sign/{area}/{hall}/{thing}", Who.SCREEN),
    *live(f"{_HALL}/screens", Who.HALL),
    *live(f"{_HALL}/agents", Who.HALL),
    see(f"{_HALL}/signs/print", Who.HALL),
    # A hall, for who has to do with it
    *live(f"{_HALL}/incidents/{{thing}}", Who.HALL),
    *live(f"{_HALL}/head", Who.HALL),
    *live(f"{_HALL}/queue", Who.HALL),
    *live(f"{_HALL}/queue/mine", Who.HALL),
    *live(f"{_HALL}/devices/{{thing}}", Who.HALL),
    *live("/queue", Who.SIGNED_IN),
    *live("/queue/mine", Who.SIGNED_IN),
    see(f"{_HALL}/incidents/{{incident}}/{{file}}", Who.HALL, audit="report"),
    *live(f"{_HALL}/work", Who.HALL),
    see(f"{_HALL}/lists", Who.HALL, audit="list"),
    see(f"{_HALL}/why/{{kind}}/{{id}}", Who.HALL),
    see(f"{_HALL}/readiness", Who.HALL),
    see(f"{_HALL}/lists/{{name}}", Who.HALL, audit="list"),
    see(f"{_HALL}/registers", Who.HALL),
    see(f"{_HALL}{_REGISTER}", Who.HALL),
    see(f"{_HALL}{_REGISTER}/sheets", Who.HALL),
    see(f"{_HALL}{_REGISTER}/export", Who.HALL, "see-personal", audit="register-export"),
    see(f"{_HALL}/codes", Who.HALL),
    see("/quality", Who.SIGNED_IN),
    send(f"{_HALL}/commands", Who.ACT, "command"),
    send(f"{_HALL}/readiness/commands", Who.ACT, "command"),
    send(f"{_HALL}{_REGISTER}/entries", Who.ACT, "command"),
    send(f"{_HALL}{_REGISTER}/steps", Who.ACT, "command"),
    see(f"{_HALL}/report", Who.REPORTER),
    see(f"{_HALL}/report/taken", Who.REPORTER),
    send(f"{_HALL}/reports", Who.REPORTER, "report-fault"),
    see(f"{_HALL}/incidents/{{incident}}/photos/{{name}}", Who.HALL, audit="photo"),
    *live(f"{_HALL}/windows", Who.BOARD),
    *live(f"{_HALL}/windows/{{thing}}", Who.BOARD),
    see(f"{_HALL}/my-window", Who.BOARD),
    send(f"{_HALL}/my-window", Who.BOARD, "choose-window"),
    # The link in a message: its form brings a seal of its own
    see("/ack/{ticket}", Who.LINK),
    Door(method="POST", path="/ack/{ticket}", who=Who.LINK, audit="alert-link"),
    # Programs
    see("/api/plan", Who.PUBLIC),
    see(f"{_API}/incidents", Who.HALL),
    see(f"{_API}/incidents/{{incident}}", Who.HALL),
    see(f"{_API}/incidents/{{incident}}/report.html", Who.TOKEN, audit="report"),
    see(f"{_API}/incidents/{{incident}}/report.docx", Who.TOKEN, audit="report"),
    see(f"{_API}/incidents/{{incident}}/report.pdf", Who.TOKEN, audit="report"),
    see(f"{_API}/next-steps", Who.BOARD),
    see(f"{_API}/why/{{kind}}/{{id}}", Who.HALL),
    see(f"{_API}/registers", Who.HALL),
    see(f"{_API}{_REGISTER}", Who.TOKEN),
    see(f"{_API}{_REGISTER}/export", Who.TOKEN, audit="register-export"),
    see("/api/quality", Who.TOKEN),
    see("/api/journal/head", Who.TOKEN),
    Door(method="POST", path=f"{_API}/commands", who=Who.PROGRAM, audit="command"),
)  # fmt: skip

_by_key: Final = {door.key: door for door in DOORS}


class DoorMissing(RuntimeError):  # noqa: N818 - it says what is wrong
    """A page, form or endpoint is served that is not in the table, or the table has one that is not served."""


def find_door(method: str, path: str) -> Door | None:
    """Return the door at an address, as the framework names it."""
    return _by_key.get((method, path))


def check_doors(app: Litestar) -> None:
    """Raise :class:`DoorMissing` unless exactly what is served has a door."""
    served = set(_served(app))
    missing, idle = served - _by_key.keys(), _by_key.keys() - served
    if missing or idle or len(_by_key) != len(DOORS):
        raise DoorMissing(f"web/doors.py lacks {_named(missing)}, and has {_named(idle)} which nothing serves")


def _served(app: Litestar) -> Iterator[tuple[Any, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method in route.methods:
                if method not in UNGUARDED:
                    yield method, _converter.sub(r"{\1}", route.path)


def _named(keys: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted(" ".join(key) for key in keys)) or "nothing"
