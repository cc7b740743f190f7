"""A conversation over IPP: questions encoded by pyipp, carried by aiohttp. Loaded only by an agent that asks so."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self, TypeAlias

import aiohttp
from pyipp.enums import IppOperation, IppStatus, IppTag
from pyipp.serializer import construct_attribute
from yarl import URL

from hallwatch_agent.probes.contact import error_of, in_words
from hallwatch_agent.probes.printers.ipp import END, HEADER, OPERATION, SUBSCRIPTION, Answer, parse_answer
from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.wire import ReadError

Attribute: TypeAlias = tuple[IppTag, str, Any]
"""The kind of value, the name, and the value or a list of values."""

VERSIONS: Final = ((2, 0), (1, 1), (1, 0))
"""Tried in this order until the printer takes one."""
OTHER_VERSION: Final = {IppStatus.ERROR_VERSION_NOT_SUPPORTED, IppStatus.ERROR_BAD_REQUEST}
"""The second is how some old printers say the first."""
DENIALS: Final = {IppStatus.ERROR_FORBIDDEN, IppStatus.ERROR_NOT_AUTHENTICATED, IppStatus.ERROR_NOT_AUTHORIZED}
FIRST_FAILURE: Final = 0x0100
HTTP_DENIALS: Final = {401, 403, 407}
MOST_READ_BYTES: Final = 1_048_576
"""Several times what a printer tells that ignores which attributes are asked for, or a queue with 1000 jobs."""


class Place(NamedTuple):
    """Where a printer, or a queue of a print server, is asked."""

    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None
    """None for a conversation in the clear."""

    def url(self, plain: str, secure: str) -> URL:
        """Return its address by the scheme that is right of two."""
        return URL.build(scheme=secure if self.tls else plain, host=self.host, port=self.port, path=self.path)


class Link:
    """A conversation, to be entered with ``async with``. Every method raises :class:`CouldNotRead` only."""

    def __init__(self, place: Place, *, user: str, password: str, timeout_s: float, context: Context) -> None:
        """*user* is named in each question; with a *password* it is proven too, by HTTP Basic."""
        try:
            self._url, self._printer = place.url("http", "https"), place.url("ipp", "ipps")
        except ValueError as error:
            raise CouldNotRead(ReadError.LOCAL, f"{place.host}: {error}") from None
        self._place = place
        self._user = user
        self._headers = {
            "Content-Type": "application/ipp",
            "User-Agent": "hallwatch-agent",
            "Accept-Encoding": "identity",
        }
        if password:
            self._headers["Authorization"] = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        self._timeout_s = timeout_s
        self._context = context
        self._accepted = False

    async def __aenter__(self) -> Self:
        tracing = aiohttp.TraceConfig()
        tracing.on_dns_resolvehost_start.append(self._begin_lookup)
        tracing.on_dns_resolvehost_end.append(self._end_lookup)
        tracing.on_connection_create_end.append(self._note_accepted)
        self._session = aiohttp.ClientSession(
            # Printers have few connections, and close those that rest at the worst moment.
            connector=aiohttp.TCPConnector(force_close=True),
            headers=self._headers,
            auto_decompress=False,  # a few packets may unfold to gigabytes
            trace_configs=[tracing],
        )
        self._ends_at = asyncio.get_running_loop().time() + self._timeout_s
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def renew(self) -> None:
        """Give all further questions together the whole time limit anew."""
        self._ends_at = asyncio.get_running_loop().time() + self._timeout_s

    async def ask(
        self, operation: IppOperation, asked: Sequence[Attribute] = (), subscription: Sequence[Attribute] = ()
    ) -> Answer:
        """Put one question and return the answer, whatever its status."""
        memory = self._context.memory
        versions = [memory["ipp_version"]] if "ipp_version" in memory else VERSIONS
        for version in versions:
            payload = encode_request(version, operation, [*self._common(), *asked], subscription)
            answer = parse_answer(await self._post(payload))
            if answer.status not in OTHER_VERSION:
                memory["ipp_version"] = version
                break
        else:
            memory.pop("ipp_version", None)
        return answer

    async def demand(self, operation: IppOperation, asked: Sequence[Attribute] = ()) -> Answer:
        """Put one question; an answer that says no counts as none."""
        return check_status(await self.ask(operation, asked))

    def _common(self) -> list[Attribute]:
        """Return what each question begins with, in the order that RFC 8011 (4.1.4, 4.1.5) demands."""
        return [
            (IppTag.CHARSET, "attributes-charset", "utf-8"),
            (IppTag.LANGUAGE, "attributes-natural-language", "en"),
            (IppTag.URI, "printer-uri", str(self._printer)),
            (IppTag.NAME, "requesting-user-name", self._user),
        ]

    async def _post(self, payload: bytes) -> bytes:
        self._accepted = False
        try:
            async with (
                asyncio.timeout_at(self._ends_at),
                self._session.post(
                    self._url,
                    data=payload,
                    ssl=self._place.tls or True,
                    allow_redirects=False,
                ) as response,
            ):
                return await _read_body(response)
        except TimeoutError:
            raise self._silence() from None
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            raise parse_failure(failure, self._place.host, self._place.port) from None

    def _silence(self) -> CouldNotRead:
        """Say what did not come in time. Who takes a connection is alive, and may print what comes in other ways."""
        if local := self._context.preparing:
            return CouldNotRead(ReadError.LOCAL, f"no end of {local}")
        if self._accepted:
            note = f"it accepts the connection, but its answer does not end within {self._timeout_s:g} s"
            return CouldNotRead(ReadError.MUTE, note)
        return CouldNotRead(ReadError.TIMEOUT, f"no answer within {self._timeout_s:g} s")

    async def _note_accepted(self, *_: object) -> None:
        self._accepted = True

    async def _begin_lookup(self, *_: object) -> None:
        self._context.preparing = f"looking up {self._place.host}"

    async def _end_lookup(self, *_: object) -> None:
        self._context.preparing = ""


def encode_request(
    version: tuple[int, int],
    operation: IppOperation,
    asked: Sequence[Attribute],
    subscription: Sequence[Attribute] = (),
) -> bytes:
    """Return a request's octets: the operation's attributes, and those of a subscription where there are any."""
    payload = HEADER.pack(*version, operation.value, 1)
    for group, attributes in ((OPERATION, asked), (SUBSCRIPTION, subscription)):
        if attributes:
            payload += bytes([group])
        for tag, name, value in attributes:
            payload += construct_attribute(name, value, tag)
    return payload + bytes([END])


def check_status(answer: Answer) -> Answer:
    """Return *answer* when it is a success (RFC 8011, appendix B); raise :class:`CouldNotRead` otherwise."""
    if 0 <= answer.status < FIRST_FAILURE:
        return answer
    if answer.status in DENIALS:
        raise CouldNotRead(ReadError.DENIED, f"the printer says {_status_name(answer.status)}")
    if answer.status == IppStatus.ERROR_NOT_FOUND:
        raise CouldNotRead(ReadError.UNSUPPORTED, "no printer by this name there: check `path`, or `queue`")
    raise CouldNotRead(ReadError.UNSUPPORTED, f"the printer answers {_status_name(answer.status)}")


def parse_failure(failure: Exception, host: str, port: int) -> CouldNotRead:
    """Return what a conversation that failed tells of the printer: ``local`` when it tells nothing of it."""
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return CouldNotRead(ReadError.LOCAL, f"{host}: {in_words(failure.os_error)}")
    if isinstance(failure, (aiohttp.ClientSSLError, ssl.SSLError)):
        return CouldNotRead(ReadError.UNSUPPORTED, f"no common TLS, or a certificate that is not trusted: {failure}")
    if isinstance(failure, aiohttp.ServerDisconnectedError):
        return CouldNotRead(ReadError.GARBAGE, "it hangs up instead of answering: is it TLS that it speaks?")
    if isinstance(failure, OSError):
        cause = failure.os_error if isinstance(failure, aiohttp.ClientConnectorError) else failure
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        words = os.strerror(cause.errno) if cause.errno else in_words(cause)
        return CouldNotRead(error_of(cause, family, (host, port)), words)
    if isinstance(failure, aiohttp.ClientPayloadError):
        return CouldNotRead(ReadError.GARBAGE, "its answer is cut off, or garbled")
    # The library's own text shows what came as Python writes octets; its first line says what is wrong with it.
    why = failure.message.partition("\n")[0] if isinstance(failure, aiohttp.ClientResponseError) else in_words(failure)
    return CouldNotRead(ReadError.GARBAGE, f"no answer over HTTP: {why.rstrip(':')}")


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    if response.status in HTTP_DENIALS:
        raise CouldNotRead(ReadError.DENIED, f"HTTP {response.status}: `user` and `password_file` may help")
    if response.status == 426:
        raise CouldNotRead(ReadError.UNSUPPORTED, "it wants TLS: set ipps = true")
    if response.status != 200:
        raise CouldNotRead(ReadError.UNSUPPORTED, f"HTTP {response.status}: check `path`, or `queue`")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_READ_BYTES:
            raise CouldNotRead(ReadError.GARBAGE, f"an answer of more than {MOST_READ_BYTES} bytes")
    return bytes(body)


def _status_name(status: int) -> str:
    try:
        return IppStatus(status).name.removeprefix("ERROR_").lower().replace("_", "-")
    except ValueError:
        return f"status {status:#06x}"
