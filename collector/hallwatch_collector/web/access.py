"""Who may look and who may act: tokens, the hosts by which browsers may call, and forms of our own only.

Looking is open to whoever reaches the server (loopback unless configured otherwise). Acting needs a token. The API
takes that of a person (``hallwatch user``), who then decides by their roles in their own name, and the operator's, who
may do everything in anybody's name. Browsers open any page once with ``?key=<operator's token>`` and keep a cookie
derived from it.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.response import Response
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import structs

from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import EVERYTHING
from hallwatch_collector.people.person import Person, clean_name
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import LANGUAGES, Language
from hallwatch_collector.web.throttle import Throttle

KEY_COOKIE: Final = "hallwatch_key"
PERSON_COOKIE: Final = "hallwatch_person"
LANGUAGE_COOKIE: Final = "hallwatch_language"
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
KEEP_S: Final = 180 * 86400
OPERATOR: Final = Person(name="", roles=[EVERYTHING])
"""Who holds the operator's token: may do everything, in whatever name is given."""
_own_page = re.compile(
    r"/(?:halls/[a-z0-9-]+/[a-z0-9-]+"
    r"(?:/readiness|/work|/report(?:\?thing=[A-Za-z0-9%.-]+)?|/incidents/[a-z0-9-]+|/registers(?:/[a-z0-9-]+/[a-z0-9-]+)?)?)?"
)
_port = re.compile(r":\d+$")

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


class Gate:
    """Tells who may act from onlookers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._token = token = source.token
        self._throttle = Throttle()
        self._proven: set[bytes] = set()
        """Hashes of tokens that were right before: they are looked at even while their address has to wait, so that
        one program with a wrong token does not lock out the hall behind the same address."""
        # The cookie is not the token itself: who reads a browser's cookie file cannot use the API with it.
        self._pass = hmac.new(token.encode(), b"hallwatch page", hashlib.sha256).hexdigest()

    def opens(self, key: str) -> bool:
        """Tell whether *key* is the operator's; takes equally long for every wrong one."""
        return bool(self._token) and hmac.compare_digest(key.encode(), self._token.encode())

    def key_cookie(self, connection: AnyConnection) -> Cookie:
        """Return the cookie that makes a browser the operator's."""
        return _cookie(connection, KEY_COOKIE, self._pass, "strict")

    def may_act(self, connection: AnyConnection) -> bool:
        """Tell whether a browser holds the operator's cookie."""
        held = connection.cookies.get(KEY_COOKIE, "")
        return bool(self._token) and hmac.compare_digest(held.encode(), self._pass.encode())

    def check_key(self, connection: AnyConnection, key: str) -> None:
        """Let only the operator's key pass; raise 403 for another, 429 after too many of them."""
        if self.opens(key):
            return
        self._make_wait(connection)
        self._throttle.count(address_of(connection), self._source.now())
        raise PermissionDeniedException("bad_key")

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
    """Return for whom to render: the language asked for or remembered (Chinese unless chosen), and whether they act."""
    asked = connection.query_params.get("lang") or connection.cookies.get(LANGUAGE_COOKIE, "")
    language: Language = next((known for known in LANGUAGES if known == asked), LANGUAGES[0])
    return Reader(language, gate.may_act(connection))


def remember_language(connection: AnyConnection, response: Response[Any]) -> None:
    """Keep a language that was asked for with ``?lang=``."""
    asked = connection.query_params.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(_cookie(connection, LANGUAGE_COOKIE, asked, "lax"))


def person_of(connection: AnyConnection) -> str:
    """Return the name that the person at this browser gave; empty when none was given."""
    return clean_name(unquote(connection.cookies.get(PERSON_COOKIE, "")))


def person_cookie(connection: AnyConnection, name: str) -> Cookie:
    """Return the cookie that remembers a name; an empty name forgets it."""
    cookie = _cookie(connection, PERSON_COOKIE, quote(clean_name(name)), "strict")
    return cookie if name else Cookie(key=PERSON_COOKIE, value="", path="/", max_age=0)


def own_page(path: str) -> str:
    """Return *path* if it is a page of ours, else the first page: no form may send people elsewhere."""
    return path if _own_page.fullmatch(path) else "/"


def address_of(connection: AnyConnection) -> str:
    """Return from where a request came."""
    return connection.client.host if connection.client else ""


def _cookie(connection: AnyConnection, key: str, value: str, same_site: Any) -> Cookie:
    secure = connection.url.scheme == "https"
    return Cookie(key=key, value=value, path="/", max_age=KEEP_S, httponly=True, secure=secure, samesite=same_site)


class HostCheck(ASGIMiddleware):
    """Answers only calls by a known name, so that a foreign name pointed at this machine (DNS rebinding) gets nothing.

    Litestar's own check compares the port too and lets a request without ``Host`` pass.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = {host.lower() for host in (*LOOPBACK, *hosts)}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or answer 421 (RFC 9110, misdirected)."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        if _port.sub("", host) in self._hosts:
            await next_app(scope, receive, send)
            return
        text = b"unknown host name; add it to the collector's web.hosts\n"
        start = {"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]}
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": text, "more_body": False})
