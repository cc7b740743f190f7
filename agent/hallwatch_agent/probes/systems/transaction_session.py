"""The talking of a synthetic transaction: connections and their phases, cookies, redirections within one host."""

from __future__ import annotations

import contextlib
import socket
import string
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from hallwatch_agent.probes.contact import TELLING, connect, in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.probes.systems.transaction_steps import Refused, Request, Step, check_status, follow
from hallwatch_agent.probes.systems.transaction_verdict import Course, Stopped, Trouble
from hallwatch_agent.probes.systems.web_probe import ask, holds_text, parse_expiry, port_of, read_body, secure, words_of
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import http.client
    import ssl
    from http.cookiejar import CookieJar

MOST_REDIRECTIONS: Final = 8
ADDRESSES: Final = 4
"""Of one host, to share the time among."""


class Page(Struct, frozen=True):
    """An answer."""

    status: int
    location: str | None
    body: bytes


class Session:
    """A browser's part in one transaction: it keeps cookies, and writes into *course* what it finds of the network.

    Each request has a connection of its own. Moments are those of ``time.perf_counter``.
    """

    def __init__(self, course: Course, context: Context, tls: ssl.SSLContext, user_agent: str, ends_at: float) -> None:
        from http.cookiejar import CookieJar

        self._course = course
        self._context = context
        self._tls = tls
        self._user_agent = user_agent
        self._ends_at = ends_at
        self._cookies: CookieJar = CookieJar()

    def perform(self, step: Step, request: Request) -> bytes:
        """Do a step and return the page that it ends at; raise :class:`Stopped` when that is not as it should be.

        Raises :class:`CouldNotRead` (``local``) when this machine could not ask.
        """
        try:
            page = self._follow(request, step.expect_status)
            error_text = next((text for text in step.forbid_text if holds_text(page.body, text)), None)
            if error_text is not None:
                raise Stopped(Trouble.PROGRAM_ERROR, f"the page holds {error_text}")
            if page.status >= 500 and page.status not in step.expect_status:
                raise Stopped(Trouble.PROGRAM_ERROR, f"HTTP {page.status}")
            check_status(step, page.status)
            if step.expect_text and not holds_text(page.body, step.expect_text):
                raise Refused(f"the page does not hold {step.expect_text}")
        except Refused as refusal:
            raise Stopped(Trouble.WRONG, str(refusal)) from None
        return page.body

    def _follow(self, request: Request, stop_at: tuple[int, ...]) -> Page:
        for _ in range(MOST_REDIRECTIONS + 1):
            page = self._exchange(request)
            following = None if page.status in stop_at else follow(request, page.status, page.location)
            if following is None:
                return page
            request = following
        raise Refused(f"more than {MOST_REDIRECTIONS} redirections")

    def _exchange(self, request: Request) -> Page:
        import http.client

        parts = urlsplit(request.url)
        link = self._connect(parts.hostname or "", port_of(parts))
        try:
            if parts.scheme == "https":
                link = self._secure(link, parts.hostname)
            headers = self._headers(request)
            answer = ask(link, parts, self._ends_at, method=request.method, body=request.body, headers=headers)
            body = read_body(answer)
        except TimeoutError:
            raise Stopped(Trouble.NO_ANSWER, "it accepts the connection, but does not answer in time") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Stopped(Trouble.NO_ANSWER, words_of(error)) from None
        finally:
            link.close()
        self._keep_cookies(answer, request)
        return Page(answer.status, parse_location(answer.getheader("Location")), body)

    def _connect(self, host: str, port: int) -> socket.socket:
        conditions, metrics = self._course.conditions, self._course.metrics
        began = time.perf_counter()
        addresses = [host]
        if not _is_address(host):
            addresses = look_up(host, port, self._left_s())
            conditions["name-resolved"] = True
            metrics.setdefault("name_resolution_s", time.perf_counter() - began)
        began = time.perf_counter()
        try:
            link = connect_to_any(addresses, port, self._left_s(), self._context)
        except CouldNotRead as failure:
            if failure.error is ReadError.LOCAL:
                raise
            trouble = Trouble.CLOSED if failure.error is ReadError.REFUSED else Trouble.SILENT
            raise Stopped(trouble, f"{host}:{port}: {failure.note}") from None
        metrics.setdefault("tcp_connect_s", time.perf_counter() - began)
        conditions |= {"reachable": True, "port-open": True}
        return link

    def _secure(self, link: socket.socket, host: str | None) -> ssl.SSLSocket:
        import ssl

        conditions, metrics = self._course.conditions, self._course.metrics
        began = time.perf_counter()
        try:
            secured = secure(link, self._tls, host, self._ends_at)
        except ssl.SSLCertVerificationError as error:
            raise Stopped(Trouble.UNTRUSTED, f"certificate refused: {error.verify_message}") from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise  # it hung up, which says nothing of its TLS
        except ssl.SSLError as error:
            raise Stopped(Trouble.UNTRUSTED, f"no TLS: {error.reason or in_words(error)}") from None
        metrics.setdefault("tls_handshake_s", time.perf_counter() - began)
        for key, left_s in parse_expiry(secured.getpeercert(), self._context.now).items():
            metrics[key] = min(left_s, metrics.get(key, left_s))
        conditions["tls-ok"] = True
        return secured

    def _headers(self, request: Request) -> dict[str, str]:
        asked = _as_urllib(request)
        self._cookies.add_cookie_header(asked)
        headers = {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Language": "zh-CN,zh;q=0.9"}
        if cookie := asked.get_header("Cookie"):
            headers["Cookie"] = cookie
        return headers | ({"Content-Type": request.content_type} if request.content_type else {})

    def _keep_cookies(self, answer: http.client.HTTPResponse, request: Request) -> None:
        self._cookies.extract_cookies(answer, _as_urllib(request))

    def _left_s(self) -> float:
        left_s = self._ends_at - time.perf_counter()
        if left_s <= 0:
            raise Stopped(Trouble.NO_ANSWER, "no time is left: the steps before took it all")
        return left_s


def look_up(host: str, port: int, limit_s: float) -> list[str]:
    """Return the addresses of a host; raise :class:`Stopped` when the name server knows none, or does not say in time.

    A look-up cannot be told how long it may take, so it has a thread of its own, which is left behind.
    """
    found: list[str] = []
    trouble: list[str] = [f"no name server answered in {limit_s:.1f} s"]

    def ask_name_server() -> None:
        try:
            infos: Any = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            trouble[0] = in_words(error)
        else:
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))

    asking = threading.Thread(target=ask_name_server, name=f"look-up-{host}", daemon=True)
    asking.start()
    asking.join(limit_s)
    if not found:
        raise Stopped(Trouble.UNRESOLVED, f"{host}: {trouble[0]}")
    return found


def parse_location(sent: str | None) -> str | None:
    """Return a ``Location`` as an address: ``http.client`` takes its octets for Latin-1, and many servers send Chinese
    paths as they are. Browsers too keep the octets."""
    return None if sent is None else quote(sent, safe=string.printable, encoding="latin-1")


def connect_to_any(addresses: list[str], port: int, limit_s: float, context: Context) -> socket.socket:
    """Connect to the first address that lets us in; the time is shared among them. Raises as :func:`connect` does.

    Of the failures the one that tells most counts: a refusal before a silence.
    """
    failures: list[CouldNotRead] = []
    addresses = addresses[:ADDRESSES]
    for address in addresses:
        try:
            return connect(address, port, limit_s / len(addresses), context)
        except CouldNotRead as failure:
            failures.append(failure)
    raise min(failures, key=lambda failure: TELLING.index(failure.error)) from None


def _is_address(host: str) -> bool:
    with contextlib.suppress(OSError, UnicodeError):
        return bool(socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST))
    return False


def _as_urllib(request: Request) -> Any:
    """Return the request in the form that the cookie jar knows."""
    import urllib.request

    return urllib.request.Request(request.url, method=request.method)  # noqa: S310 - http and https only
