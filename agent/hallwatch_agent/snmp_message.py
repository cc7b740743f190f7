"""SNMP messages: requests and answers as pysnmp encodes and decodes them, and their envelope in SNMPv1 and v2c.

Every reader here takes any bytes and raises nothing but :class:`CouldNotRead` (``garbage``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto.api import v1, v2c

from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.probes.snmp_probe import Oid, Value
from hallwatch_agent.wire import ReadError


class Answer(NamedTuple):
    """A decoded response: error status (RFC 3416), the place it is about (from 1), bindings; None: there is no such."""

    request: int
    status: int
    at: int
    bindings: list[tuple[Oid, Value | None]]


class Heard(NamedTuple):
    """What a message told of the request that it belongs to. With neither answer nor refusal it told what the next
    request needs: ask again."""

    request: int
    answer: Answer | None = None
    refusal: str = ""


class Envelope(Protocol):
    """How requests are wrapped for one device and its messages unwrapped. ``now_s`` is a clock for differences."""

    protocol: Any
    """pysnmp's module for the version of the PDUs within."""
    silence: str
    """What it may mean that no answer comes."""
    asks_in_the_clear: bool
    """Whether time is kept for a question without encryption."""

    def seal(self, pdu: Any, now_s: float) -> bytes:
        """Return the message that carries *pdu*, or the one that must come first."""

    def open(self, payload: bytes, now_s: float) -> Heard:
        """Return what a message told; raise :class:`CouldNotRead` (``garbage``) when it is none, or not genuine."""

    def seal_in_the_clear(self, pdu: Any, now_s: float) -> bytes | None:
        """Return *pdu* without encryption; None where it is not encrypted anyway, or nothing is known of the device."""


class Community:
    """The envelope of SNMPv1 and v2c."""

    silence = "silent: no SNMP there, wrong community, or the device is off"
    asks_in_the_clear = False

    def __init__(self, protocol: Any, community: str) -> None:
        self.protocol = protocol
        self._community = community

    def seal(self, pdu: Any, now_s: float) -> bytes:  # noqa: ARG002 - see Envelope
        message = self.protocol.Message()
        self.protocol.apiMessage.set_defaults(message)
        self.protocol.apiMessage.set_community(message, self._community.encode())
        self.protocol.apiMessage.set_pdu(message, pdu)
        return bytes(encoder.encode(message))

    def open(self, payload: bytes, now_s: float) -> Heard:  # noqa: ARG002 - see Envelope
        answer = parse_answer(self.protocol, payload)
        return Heard(answer.request, answer)

    def seal_in_the_clear(self, pdu: Any, now_s: float) -> None:  # noqa: ARG002 - see Envelope
        return None


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


def fill(protocol: Any, pdu: Any, oids: Sequence[Oid]) -> int:
    """Ask for *oids* in a PDU that is still empty; return its request number."""
    protocol.apiPDU.set_varbinds(pdu, [(oid, protocol.null) for oid in oids])
    return int(protocol.apiPDU.get_request_id(pdu))


def encode_request(protocol: Any, community: str, oids: Sequence[Oid], pdu: Any) -> tuple[bytes, int]:
    """Ask for *oids* in a PDU that is still empty; return the bytes of the v1 or v2c message and the request number."""
    request = fill(protocol, pdu, oids)
    return Community(protocol, community).seal(pdu, 0.0), request


def parse_answer(protocol: Any, payload: bytes) -> Answer:
    """Decode a v1 or v2c response message; raise :class:`CouldNotRead` (``garbage``) on any other bytes."""
    try:
        message, _ = decoder.decode(payload, asn1Spec=protocol.Message())
        return answer_in(protocol, protocol.apiMessage.get_pdu(message))
    except Exception as error:  # noqa: BLE001 - whatever the decoder stumbles over, the device sent nonsense
        raise garbage(error, payload) from None


def answer_in(protocol: Any, pdu: Any) -> Answer:
    """Take a response out of its PDU; raises whatever pysnmp raises, :class:`ValueError` for other PDUs."""
    if pdu.tagSet != protocol.GetResponsePDU.tagSet:
        raise ValueError("not a response")
    bindings = [(tuple(oid), _plain(value)) for oid, value in protocol.apiPDU.get_varbinds(pdu)]
    status = int(protocol.apiPDU.get_error_status(pdu))
    index = int(protocol.apiPDU.get_error_index(pdu, muteErrors=True)) if status else 0
    return Answer(int(protocol.apiPDU.get_request_id(pdu)), status, index, bindings)


def garbage(error: Exception, payload: bytes) -> CouldNotRead:
    """Return what is raised about *payload*."""
    return CouldNotRead(ReadError.GARBAGE, f"{type(error).__name__} in {len(payload)} bytes")


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
