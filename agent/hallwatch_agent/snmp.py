"""SNMP v1, v2c and v3: GET and table walks with raw OIDs, one UDP socket a conversation.

A connected socket lets the system tell "port unreachable", which means that the host lives, and keeps out what others
send. How messages look is in :mod:`hallwatch_agent.snmp_message`, for v3 in :mod:`hallwatch_agent.snmp_v3`, which only
a v3 probe loads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from pysnmp.proto.api import v1, v2c

from hallwatch_agent.probes.contact import error_of, in_words
from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.probes.snmp_probe import Oid, Value
from hallwatch_agent.snmp_message import Answer, Community, Envelope, Heard, fill, get_pdu, next_pdu
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp_v3 import User

TOO_BIG: Final = 1
DENIALS: Final = {6: "noAccess", 16: "authorizationError"}
MAX_LESSONS: Final = 4
"""An SNMPv3 device may tell its engine id and its clock before it answers, and once more after a restart."""
VALUES_PER_REQUEST: Final = 48
MAX_VALUES: Final = 20_000
"""A longer walk is taken for an endless one."""
PORT_UNREACHABLE: Final = 1234
"""How Windows says that nobody listens there."""
TOO_SLOW: Final = "it answers, but only some questions within the time limit: give it more with timeout_s"
OWN_TIME_RATIO: Final = 0.9
"""The share of the probe's time limit that is spent waiting, so that its own words say what happened."""


class Session:
    """A conversation with one SNMP agent, one request at a time. Every method raises :class:`CouldNotRead` only.

    ``timeout`` may also be a wrong community: v1 and v2c have no word for it (RFC 3584, section 5.2.1). v3 has:
    ``denied`` says which of user, keys and level is wrong.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        version: str,
        community: str = "",
        user: User | None = None,
        memory: dict[str, Any] | None = None,
        timeout_s: float,
        retries: int,
    ) -> None:
        """Speak v1 or v2c as *community*, v3 as *user*; *memory* keeps what v3 learns of the device for the next
        conversation."""
        self._address = address
        self._envelope = _envelope(version, community, user, {} if memory is None else memory)
        self._protocol = self._envelope.protocol
        self._timeout_s = timeout_s * OWN_TIME_RATIO
        self._retries = retries
        self._has_answered = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._ends_at = loop.time() + self._timeout_s
        try:  # connecting a UDP socket sends nothing: whatever goes wrong here, the device has not been asked
            async with asyncio.timeout_at(self._ends_at):
                self._transport, self._inbox = await loop.create_datagram_endpoint(
                    lambda: _Inbox(self._envelope), remote_addr=self._address
                )
        except TimeoutError:
            raise CouldNotRead(ReadError.LOCAL, f"{self._address[0]}: no end of looking it up") from None
        except (OSError, UnicodeError) as error:
            raise CouldNotRead(ReadError.LOCAL, f"{self._address[0]}: {in_words(error)}") from None
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        """Return the values that the device has; what it lacks is absent.

        SNMPv1 refuses a whole request for one missing object, and some agents do so for one broken object: it is
        left out and the rest asked again.
        """
        wanted = list(oids)
        while wanted:
            asked = wanted[:VALUES_PER_REQUEST]
            answer = await self._ask(asked, get_pdu(self._protocol))
            if answer.status == 0:
                have = {oid: value for oid, value in answer.bindings if value is not None and oid in asked}
                return have | await self.get(*wanted[len(asked) :])
            if answer.status != TOO_BIG and 1 <= answer.at <= len(asked):
                del wanted[answer.at - 1]
            elif len(asked) > 1:
                half = len(asked) // 2
                return await self.get(*wanted[:half]) | await self.get(*wanted[half:])
            else:
                del wanted[0]
        return {}

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        """Return columns of a table by the row's index; a column that the device lacks is empty.

        *entry* is the table's entry OID; *rows* is how many are asked for at once (0: as many as suit a datagram).
        All columns advance together, each at its own pace, so truncated answers and holes lose nothing.
        """
        found: dict[int, dict[Oid, Value]] = {column: {} for column in columns}
        last: dict[int, Oid] = {column: (*entry, column) for column in columns}
        rows = rows or max(1, VALUES_PER_REQUEST // len(columns))
        while last:
            answer = await self._ask(list(last.values()), next_pdu(self._protocol, rows))
            if answer.status == 0 and answer.bindings:
                advance(entry, last, found, answer.bindings)
            elif answer.status in (0, TOO_BIG) and rows > 1:
                rows //= 2
            elif answer.status not in (0, TOO_BIG) and 1 <= answer.at <= len(last):
                del last[list(last)[answer.at - 1]]  # noSuchName is how SNMPv1 says that the end is reached
            elif len(last) > 1:
                for column in last:
                    found |= await self.walk(entry, [column], 1)
                break
            else:
                break
        return found

    async def _ask(self, oids: Sequence[Oid], pdu: Any) -> Answer:
        request = fill(self._protocol, pdu, oids)
        tries, lessons = self._retries + 1, MAX_LESSONS
        while tries:
            heard = await self._send(self._envelope.seal(pdu, self._now_s()), request)
            if heard is None:
                tries -= 1
            elif heard.answer is not None:
                self._has_answered = True
                return _allowed(heard.answer)
            elif lessons:  # what was learned costs no try
                lessons -= 1
            else:
                raise CouldNotRead(ReadError.DENIED, "the device keeps changing its SNMP engine id or clock")
        await self._ask_in_the_clear()
        if self._inbox.garbage:
            raise CouldNotRead(ReadError.GARBAGE, f"what came back is no SNMP answer: {self._inbox.garbage}")
        if self._has_answered:  # a time-out would say that the device is silent
            raise CouldNotRead(ReadError.GARBAGE, TOO_SLOW)
        raise CouldNotRead(ReadError.TIMEOUT, self._envelope.silence)

    async def _ask_in_the_clear(self) -> None:
        """Ask for nothing, without encryption: many agents say nothing to what they cannot decrypt."""
        pdu = get_pdu(self._protocol)
        if (payload := self._envelope.seal_in_the_clear(pdu, self._now_s())) is not None:
            await self._send(payload, int(self._protocol.apiPDU.get_request_id(pdu)))

    async def _send(self, payload: bytes, request: int) -> Heard | None:
        """Send a message and return what is heard of *request*; None for silence. Raises when it is a refusal."""
        tries = self._retries + 1 + self._envelope.asks_in_the_clear
        patience_s = min(self._timeout_s / tries, self._ends_at - self._now_s())
        if patience_s <= 0:
            return None
        waiting = self._inbox.expect(request)
        self._transport.sendto(payload)
        try:
            async with asyncio.timeout(patience_s):
                heard = await waiting
        except TimeoutError:
            return None
        except ConnectionRefusedError:
            raise CouldNotRead(ReadError.REFUSED, "the host answers, but nobody speaks SNMP there") from None
        except OSError as error:
            raise CouldNotRead(self._blame(error), in_words(error)) from None
        if heard.refusal:
            raise CouldNotRead(ReadError.DENIED, heard.refusal)
        return heard

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _blame(self, failure: OSError) -> ReadError:
        """Return what a request that could not be sent tells of the device."""
        if getattr(failure, "winerror", 0) == PORT_UNREACHABLE:
            return ReadError.REFUSED
        family = self._transport.get_extra_info("socket").family
        return error_of(failure, family, self._transport.get_extra_info("peername"))


class _Inbox(asyncio.DatagramProtocol):
    """Hands what is heard to the one request that is waited for; late and foreign ones are dropped."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._request = 0
        self._waiting: asyncio.Future[Heard] | None = None
        self.garbage = ""

    def expect(self, request: int) -> asyncio.Future[Heard]:
        self._request = request
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002 - one peer only
        try:
            heard = self._envelope.open(data, asyncio.get_running_loop().time())
        except CouldNotRead as error:
            self.garbage = error.note
            return
        if heard.request == self._request and self._waiting and not self._waiting.done():
            self._waiting.set_result(heard)

    def error_received(self, exc: Exception) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(exc)


def _envelope(version: str, community: str, user: User | None, memory: dict[str, Any]) -> Envelope:
    if user is None:
        return Community(v1 if version == "1" else v2c, community)
    from hallwatch_agent.snmp_v3 import UserSecurity

    return UserSecurity(user, memory)


def _allowed(answer: Answer) -> Answer:
    if answer.status in DENIALS:
        raise CouldNotRead(ReadError.DENIED, f"the device says {DENIALS[answer.status]}")
    return answer


def advance(
    entry: Oid,
    last: dict[int, Oid],
    found: Mapping[int, dict[Oid, Value]],
    bindings: Sequence[tuple[Oid, Value | None]],
) -> None:
    """Put the cells of one answer into *found*, move each column in *last* on, and take finished columns out of it.

    Raise :class:`CouldNotRead` (``garbage``) when the device walks backwards or never comes to an end.
    """
    columns = list(last)
    for at, (oid, value) in enumerate(bindings):
        column = columns[at % len(columns)]
        if column not in last:
            continue
        stem = (*entry, column)
        if value is None or oid[: len(stem)] != stem:
            del last[column]
            continue
        if oid <= last[column]:
            raise CouldNotRead(ReadError.GARBAGE, f"the device walks backwards at {'.'.join(map(str, oid))}")
        last[column] = oid
        found[column][oid[len(stem) :]] = value
    if sum(map(len, found.values())) > MAX_VALUES:
        raise CouldNotRead(ReadError.GARBAGE, f"a table of more than {MAX_VALUES} values")
