"""Who sends a request, as the guard found out."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from litestar.types import Scope

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.people.person import BUILT_IN, Person
from hallwatch_collector.people.sessions import SignedIn
from hallwatch_collector.web.cookies import AnyConnection, language_of
from hallwatch_collector.web.reader import Reader

STATE: Final = "visitor"


class Visitor(NamedTuple):
    """Who sends a request."""

    person: Person | None = None
    """None: nobody who is known."""
    signed_in: SignedIn | None = None
    """By a session at a browser; None: by a token, or not at all."""
    session: str = ""
    """The session's id, as the browser keeps it."""

    @property
    def name(self) -> str:
        """As it goes into the record."""
        return self.person.name if self.person else ""


NOBODY: Final = Visitor()


def visitor_of(connection: AnyConnection) -> Visitor:
    """Return who sends a request; nobody, where there is no page to be guarded."""
    return visitor_in(connection.scope)


def visitor_in(scope: Scope) -> Visitor:
    """Return the same, of a request's scope."""
    state: dict[str, Any] = scope.get("state") or {}
    visitor = state.get(STATE)
    return visitor if isinstance(visitor, Visitor) else NOBODY


def keep_visitor(connection: AnyConnection, visitor: Visitor) -> None:
    """Note who sends a request, for the handler."""
    connection.state[STATE] = visitor


def hall_of(connection: AnyConnection) -> HallKey | None:
    """Return the hall that an address is about; None: not about one."""
    told = connection.path_params
    return HallKey(told["area"], told["hall"]) if "area" in told and "hall" in told else None


def read_as(connection: AnyConnection, plan: Plan) -> Reader:
    """Return for whom to render: their language, and what they may do in the hall that the address is about."""
    language, person, hall = language_of(connection), visitor_of(connection).person, hall_of(connection)
    if person is None:
        return Reader(language)
    roles = frozenset(person.roles)
    if hall is not None and not person.acts_in(hall):
        roles &= {*BUILT_IN}
    rights = frozenset(right for role in plan.roles if role.id in roles for right in role.may)
    return Reader(language, True, person.name, roles, rights, frozenset(person.halls))
