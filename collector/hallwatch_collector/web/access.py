"""Who may look and who may act: people who are signed in at a browser, and programs with a token.

Which door is for whom stands in ``doors.py``; ``guard.py`` asks here who somebody is.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections import OrderedDict
from typing import Final
from urllib.parse import urlsplit

from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, TooManyRequestsException
from msgspec import structs

from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import EVERYTHING, Right
from hallwatch_collector.journal.database import JournalUnavailable
from hallwatch_collector.people.person import Person
from hallwatch_collector.web.cookies import AnyConnection, AnyRequest, remember_language, session_of
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.throttle import Throttle
from hallwatch_collector.web.visitor import NOBODY, Visitor, read_as, visitor_of

__all__ = [
    "OPERATOR",
    "AnyConnection",
    "AnyRequest",
    "Gate",
    "address_of",
    "check_own_form",
    "own_page",
    "reader_of",
    "remember_language",
    "sign",
]

OPERATOR: Final = Person(name="", roles=[EVERYTHING])
"""Who holds the operator's token: may do everything, in whatever name is given. Programs only."""
_SEGMENT: Final = r"[A-Za-z0-9_~%-][A-Za-z0-9._~%:@+-]*"
_own_page = re.compile(rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*)?(?:\?[A-Za-z0-9._~%:@+/=&-]*)?")
LONGEST_ADDRESS: Final = 600
READS_ON_S: Final = 600.0
"""So long who was signed in reads on while the database of people is away."""
REMEMBERED_AT_MOST: Final = 2000
BY_TOKEN: Final = ("/api/", "/health")
"""Where a program may say by its token who asks; pages know people by their sessions alone."""


class Gate:
    """Tells who somebody is."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._token = source.token
        self._throttle = Throttle()
        self._proven: set[bytes] = set()
        """Hashes of tokens that were right before: they are looked at even while their address has to wait, so that
        one program with a wrong token does not lock out the hall behind the same address."""
        self._has_administrator = False
        self._last: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()
        """Session → when it was found in the database, and whose it was."""

    def opens(self, key: str) -> bool:
        """Tell whether *key* is the operator's; takes equally long for every wrong one."""
        return bool(self._token) and hmac.compare_digest(key.encode(), self._token.encode())

    def has_administrator(self) -> bool:
        """Tell whether anybody can look after people yet: until then pages lead to the set-up. May block."""
        if not self._has_administrator:
            self._has_administrator = self._source.people.accounts.has_administrator()
        return self._has_administrator

    def recognise(self, connection: AnyConnection, *, uses: bool = True) -> Visitor:
        """Return who sends a request: by the bearer token of a program, or a browser's session. May block.

        Raises as :meth:`identify` does where a token is sent; a session that is over is nobody's. While the database
        is away, who was known shortly before goes on reading, as the hall goes on being watched.
        """
        if connection.headers.get("authorization") and connection.url.path.startswith(BY_TOKEN):
            return Visitor(self.identify(connection))
        session, web = session_of(connection), self._source.web
        if not session:
            return NOBODY
        now = self._source.now()
        try:
            found = self._source.people.sessions.find(session, now, idle_s=web.idle_s, uses=uses)
        except JournalUnavailable as error:
            at, visitor = self._last.get(session, (-math.inf, NOBODY))
            if connection.scope.get("method") == "GET" and 0 <= now - at < min(READS_ON_S, web.idle_s):
                return visitor
            raise CommandRefused("journal-failing", reason=str(error)) from error
        known = found is not None and not found.session.pending
        visitor = Visitor(found.person, found, session) if found and known else NOBODY
        self._remember(session, now, visitor)
        return visitor

    def _remember(self, session: str, now: float, visitor: Visitor) -> None:
        self._last.pop(session, None)
        if visitor is not NOBODY:
            self._last[session] = (now, visitor)
            if len(self._last) > REMEMBERED_AT_MOST:
                self._last.popitem(last=False)

    def still(self, connection: AnyConnection) -> bool:
        """Tell whether a stream's reader is still signed in, with the same roles, where they were. May block."""
        before = visitor_of(connection)
        if before.signed_in is None:
            return True
        try:
            return self.recognise(connection, uses=False).person == before.person
        except CommandRefused:  # the database is away: what the hall is like is known all the same
            return True

    def require_token(self, connection: AnyConnection, token: str) -> None:
        """Raise 401 unless this token is sent (RFC 6750); an empty one is asked of nobody."""
        scheme, _, sent = connection.headers.get("authorization", "").partition(" ")
        if token and not (scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())):
            raise NotAuthorizedException("no_token", headers={"WWW-Authenticate": "Bearer"})

    def identify(self, connection: AnyConnection) -> Person:
        """Return who sent a request, by the bearer token (RFC 6750).

        Raises 401 for no token or a wrong one, 429 (RFC 6585) after too many wrong ones. May block.
        """
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise NotAuthorizedException("no_token", headers={"WWW-Authenticate": "Bearer"})
        if self.opens(token):
            return OPERATOR
        digest = hashlib.sha256(token.encode()).digest()
        if digest not in self._proven:
            self._make_wait(connection)
        person = self._source.find_person(token)
        if person is None:
            self._proven.discard(digest)
            self._throttle.count(address_of(connection), self._source.now())
            raise NotAuthorizedException("wrong_token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        self._proven.add(digest)
        return person

    def require(self, connection: AnyConnection, hall: HallKey | None = None, right: Right | None = None) -> Person:
        """Return who sends a request; raise 401 for nobody, 403 outside their halls or without a right of the plan.

        For what a handler finds out only by itself; everything else is said in ``doors.py``.
        """
        person = visitor_of(connection).person
        if person is None:
            raise NotAuthorizedException("signed_out")
        if hall is not None and not person.acts_in(hall):
            raise CommandRefused("not-your-hall", person=person.name, hall=str(hall))
        if right is not None and not self._source.plan.may(person.roles, right):
            holders = [role.id for role in self._source.plan.roles if right in role.may]
            raise CommandRefused("no-right", right=right, role=", ".join(holders))
        return person

    def reader(self, connection: AnyConnection) -> Reader:
        """Return for whom to render."""
        return read_as(connection, self._source.plan)

    def _make_wait(self, connection: AnyConnection) -> None:
        if wait_s := self._throttle.wait_s(address_of(connection), self._source.now()):
            raise TooManyRequestsException("many_wrong", headers={"Retry-After": str(math.ceil(wait_s))})


def sign(command: AnyCommand, person: Person, hall: HallKey) -> AnyCommand:
    """Return a command with the roles of who sent it; raise :class:`CommandRefused` when they may not send it."""
    if person is not OPERATOR and command.by != person.name:
        raise CommandRefused("not-you", person=person.name, by=command.by)
    if not person.acts_in(hall):
        raise CommandRefused("not-your-hall", person=person.name, hall=str(hall))
    return structs.replace(command, roles=person.roles, via="")


def check_own_form(request: AnyRequest) -> None:
    """Refuse a form that another site's page sent (CSRF): by ``Sec-Fetch-Site``, or ``Origin`` where it is not sent."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = urlsplit(origin).netloc == request.headers.get("host") if origin else None
    if (site is not None and site != "same-origin") or own is False or (site is None and own is None):
        raise PermissionDeniedException("foreign")


def reader_of(connection: AnyConnection, gate: Gate) -> Reader:
    """Return for whom to render: the language asked for or remembered, who they are, and what they may do here."""
    return gate.reader(connection)


def own_page(path: str) -> str:
    """Return *path* if it can be a page of ours, else the first page: no form may send people elsewhere.

    Nor to the API, nor to the link of a message, which is as good as a key and stands nowhere else.
    """
    fits = len(path) <= LONGEST_ADDRESS and not path.startswith(("/ack/", "/api/")) and _own_page.fullmatch(path)
    return path if fits else "/"


def address_of(connection: AnyConnection) -> str:
    """Return from where a request came."""
    return connection.client.host if connection.client else ""
