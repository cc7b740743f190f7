"""SNMP v1 and v2c: GET and table walks with raw OIDs, one UDP socket a conversation.

pysnmp encodes and decodes the messages. Its engine stays unloaded: with it an agent pays 14 MiB and polls a timer
twice a second, and neither v1 nor v2c needs it. A connected socket also lets the system tell "port unreachable", which
means that the host lives, and keeps out what others send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto.api import v1, v2c

from hallwatch_agent.probes.contact import error_of, in_words
from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.probes.snmp_probe import Oid, Value
from hallwatch_agent.wire import ReadError

TOO_BIG: Final = 1
DENIALS: Final = {6: "noAccess", 16: "authorizationError"}
VALUES_PER_REQUEST: Final = 48
MAX_VALUES: Final = 20_000
"""A longer walk is taken for an endless one."""
OWN_TIME_RATIO: Final = 0.9
"""The share of the probe's time limit that is spent waiting, so that its own words say what happened."""


class Answer(NamedTuple):
    """A decoded response: error status (RFC 3416), the place it is about (from 1), bindings; None: there is no such."""

    request: int
    status: int
    at: int
    bindings: list[tuple[Oid, Value | None]]


class Session:
    """A conversation with one SNMP agent, one request at a time. Every method raises :class:`CouldNotRead` only.

    ``timeout`` may also be a wrong community: an SNMP agent does not answer to it (RFC 3584, section 5.2.1).
    """

    def __init__(
        self, address: tuple[str, int], *, version: str, community: str, timeout_s: float, retries: int
    ) -> None:
        self._address = address
        self._protocol = v1 if version == "1" else v2c
        self._community = community
        self._timeout_s = timeout_s * OWN_TIME_RATIO
        self._retries = retries

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._ends_at = loop.time() + self._timeout_s
        try:  # connecting a UDP socket sends nothing: whatever goes wrong here, the device has not been asked
            async with asyncio.timeout_at(self._ends_at):
                self._transport, self._inbox = await loop.create_datagram_endpoint(
                    lambda: _Inbox(self._protocol), remote_addr=self._address
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
        payload, request = encode_request(self._protocol, self._community, oids, pdu)
        for _ in range(self._retries + 1):
            patience_s = min(self._timeout_s / (self._retries + 1), self._ends_at - asyncio.get_running_loop().time())
            if patience_s <= 0:
                break
            waiting = self._inbox.expect(request)
            self._transport.sendto(payload)
            try:
                async with asyncio.timeout(patience_s):
                    answer = await waiting
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                raise CouldNotRead(ReadError.REFUSED, "the host answers, but nobody speaks SNMP there") from None
            except OSError as error:
                raise CouldNotRead(self._blame(error), in_words(error)) from None
            if answer.status in DENIALS:
                raise CouldNotRead(ReadError.DENIED, f"the device says {DENIALS[answer.status]}")
            return answer
        if self._inbox.garbage:
            raise CouldNotRead(ReadError.GARBAGE, f"what came back is no SNMP answer: {self._inbox.garbage}")
        raise CouldNotRead(ReadError.TIMEOUT, "silent: no SNMP there, wrong community, or the device is off")

    def _blame(self, failure: OSError) -> ReadError:
        """Return what a request that could not be sent tells of the device."""
        family = self._transport.get_extra_info("socket").family
        return error_of(failure, family, self._transport.get_extra_info("peername"))


class _Inbox(asyncio.DatagramProtocol):
    """Hands the answer to the one request that is waited for; late and foreign ones are dropped."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._request = 0
        self._waiting: asyncio.Future[Answer] | None = None
        self.garbage = ""

    def expect(self, request: int) -> asyncio.Future[Answer]:
        self._request = request
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002 - one peer only
        try:
            answer = parse_answer(self._protocol, data)
        except CouldNotRead as error:
            self.garbage = error.note
            return
        if answer.request == self._request and self._waiting and not self._waiting.done():
            self._waiting.set_result(answer)

    def error_received(self, exc: Exception) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(exc)


def get_pdu(protocol: Any) -> Any:
    """Return an empty GET, with a request number of its own."""
    pdu = protocol.GetRequestPDU()
    protocol.apiPDU.set_defaults(pdu)
    return pdu


def next_pdu(protocol: Any, rows: int) -> Any:
    """Return an empty GETBULK for so many rows, or a GETNEXT where the protocol has no other (v1)."""
    if protocol is v1:
        pdu = v1.GetNextRequestPDU()
        v1.apiPDU.set_defaults(pdu)
        return pdu
    pdu = v2c.GetBulkRequestPDU()
    v2c.apiBulkPDU.set_defaults(pdu)
    v2c.apiBulkPDU.set_max_repetitions(pdu, rows)
    return pdu


def encode_request(protocol: Any, community: str, oids: Sequence[Oid], pdu: Any) -> tuple[bytes, int]:
    """Ask for *oids* in a PDU that is still empty; return the message's bytes and the request number."""
    protocol.apiPDU.set_varbinds(pdu, [(oid, protocol.null) for oid in oids])
    message = protocol.Message()
    protocol.apiMessage.set_defaults(message)
    protocol.apiMessage.set_community(message, community)
    protocol.apiMessage.set_pdu(message, pdu)
    return encoder.encode(message), int(protocol.apiPDU.get_request_id(pdu))


def parse_answer(protocol: Any, payload: bytes) -> Answer:
    """Decode a response message; raise :class:`CouldNotRead` (``garbage``) on any other bytes."""
    try:
        message, _ = decoder.decode(payload, asn1Spec=protocol.Message())
        pdu = protocol.apiMessage.get_pdu(message)
        if pdu.tagSet != protocol.GetResponsePDU.tagSet:
            raise ValueError("not a response")
        bindings = [(tuple(oid), _plain(value)) for oid, value in protocol.apiPDU.get_varbinds(pdu)]
        status = int(protocol.apiPDU.get_error_status(pdu))
        index = int(protocol.apiPDU.get_error_index(pdu, muteErrors=True)) if status else 0
        return Answer(int(protocol.apiPDU.get_request_id(pdu)), status, index, bindings)
    except Exception as error:  # noqa: BLE001 - whatever the decoder stumbles over, the device sent nonsense
        raise CouldNotRead(ReadError.GARBAGE, f"{type(error).__name__} in {len(payload)} bytes") from None


def _plain(value: Any) -> Value | None:
    if isinstance(value, univ.Null):  # noSuchObject, noSuchInstance, endOfMibView; to pyasn1 they are octets as well
        return None
    if isinstance(value, univ.Integer):
        return int(value)
    if isinstance(value, univ.OctetString):
        return bytes(value)
    if isinstance(value, univ.ObjectIdentifier):
        return tuple(value)
    return None


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
