"""The SNMP client: the traps that real agents set, each set here by a small UDP agent."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from hallwatch_agent.probes import CouldNotRead
from hallwatch_agent.snmp import Session, advance
from hallwatch_agent.snmp_message import encode_request, get_pdu, parse_answer
from hallwatch_agent.wire import ReadError
from parts.snmpsim import free_udp_port

TABLE = (1, 3, 6, 1, 4, 1, 99999, 1, 1)
Asked = list[tuple[int, ...]]
Reply = Callable[[Any, Any, Asked], bytes | None]


class Agent(asyncio.DatagramProtocol):
    """Answers each request with what *reply* makes of it; None is silence."""

    def __init__(self, protocol: Any, reply: Reply) -> None:
        self.protocol, self.reply, self.requests = protocol, reply, 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.requests += 1
        message, _ = decoder.decode(data, asn1Spec=self.protocol.Message())
        pdu = self.protocol.apiMessage.get_pdu(message)
        answer = self.reply(message, pdu, [tuple(oid) for oid, _ in self.protocol.apiPDU.get_varbinds(pdu)])
        if answer is not None:
            self.transport.sendto(answer, addr)


def respond(protocol: Any, message: Any, bindings: Sequence[tuple[Any, Any]], status: int = 0, at: int = 0) -> bytes:
    answer = protocol.apiMessage.get_response(message)
    pdu = protocol.apiMessage.get_pdu(answer)
    protocol.apiPDU.set_varbinds(pdu, bindings)
    protocol.apiPDU.set_error_status(pdu, status)
    protocol.apiPDU.set_error_index(pdu, at)
    return bytes(encoder.encode(answer))


@contextlib.asynccontextmanager
async def talking_to(protocol: Any, reply: Reply, timeout_s: float = 2.0) -> AsyncIterator[tuple[Session, Agent]]:
    transport, agent = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Agent(protocol, reply), local_addr=("127.0.0.1", 0)
    )
    version = "1" if protocol is v1 else "2c"
    address = transport.get_extra_info("sockname")
    try:
        async with Session(address, version=version, community="c", timeout_s=timeout_s, retries=1) as session:
            yield session, agent
    finally:
        transport.close()


def test_v1_leaves_out_what_the_device_lacks_and_asks_again() -> None:
    lacking = (*TABLE, 2)

    def reply(message: Any, _: Any, asked: Asked) -> bytes:
        if lacking in asked:
            bindings = [(oid, v1.null) for oid in asked]
            return respond(v1, message, bindings, 2, asked.index(lacking) + 1)
        return respond(v1, message, [(oid, v1.Integer(oid[-1])) for oid in asked])

    async def ask() -> None:
        async with talking_to(v1, reply) as (session, agent):
            said = await session.get((*TABLE, 1), lacking, (*TABLE, 3))
            assert said == {(*TABLE, 1): 1, (*TABLE, 3): 3}
            assert agent.requests == 2

    asyncio.run(ask())


def test_an_error_that_names_no_object_costs_only_the_broken_one() -> None:
    def reply(message: Any, _: Any, asked: Asked) -> bytes:
        if (*TABLE, 5) in asked:
            return respond(v2c, message, [(oid, v2c.null) for oid in asked], 5, 0)
        return respond(v2c, message, [(oid, v2c.Integer32(oid[-1])) for oid in asked])

    async def ask() -> None:
        async with talking_to(v2c, reply) as (session, _):
            said = await session.get(*((*TABLE, number) for number in range(8)))
            assert sorted(said.values()) == [0, 1, 2, 3, 4, 6, 7]

    asyncio.run(ask())


def walk_reply(cells: dict[tuple[int, ...], int], limit: int) -> Reply:
    """An agent that cuts its bulk answers after *limit* values, in the middle of a row."""
    ordered = sorted(cells)

    def reply(message: Any, pdu: Any, asked: Asked) -> bytes:
        bindings: list[tuple[Any, Any]] = []
        cursors = list(asked)
        for _ in range(int(v2c.apiBulkPDU.get_max_repetitions(pdu))):
            for at, cursor in enumerate(cursors):
                following = next((oid for oid in ordered if oid > cursor), None)
                value = v2c.EndOfMibView() if following is None else v2c.Integer32(cells[following])
                cursors[at] = following or cursor
                bindings.append((cursors[at], value))
        return respond(v2c, message, bindings[:limit])

    return reply


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 1000])
def test_truncated_answers_and_holes_lose_nothing(limit: int) -> None:
    cells = {(*TABLE, column, row): column * 100 + row for column in (2, 4) for row in range(1, 12)}
    del cells[*TABLE, 4, 3], cells[*TABLE, 4, 11]
    cells[*TABLE, 9, 1] = 7  # a column that was not asked for

    async def walk() -> None:
        async with talking_to(v2c, walk_reply(cells, limit)) as (session, _):
            found = await session.walk(TABLE, [2, 4, 6])
        assert found[2] == {(row,): 200 + row for row in range(1, 12)}
        assert found[4] == {(row,): 400 + row for row in range(1, 11) if row != 3}
        assert found[6] == {}

    asyncio.run(walk())


def test_v1_walks_row_by_row_to_the_end_of_the_mib() -> None:
    cells = {(*TABLE, 2, row): row for row in (1, 2, 3)}

    def reply(message: Any, _: Any, asked: Asked) -> bytes:
        following = [next((oid for oid in sorted(cells) if oid > cursor), None) for cursor in asked]
        if None in following:
            return respond(v1, message, [(oid, v1.null) for oid in asked], 2, following.index(None) + 1)
        return respond(v1, message, [(oid, v1.Integer(cells[oid])) for oid in following if oid])

    async def walk() -> None:
        async with talking_to(v1, reply) as (session, _):
            assert await session.walk(TABLE, [1, 2]) == {1: {}, 2: {(1,): 1, (2,): 2, (3,): 3}}

    asyncio.run(walk())


def test_an_answer_too_big_is_asked_for_in_smaller_pieces() -> None:
    cells = {(*TABLE, 2, row): row for row in range(1, 30)}
    inner = walk_reply(cells, 1000)

    def reply(message: Any, pdu: Any, asked: Asked) -> bytes | None:
        if int(v2c.apiBulkPDU.get_max_repetitions(pdu)) > 3:
            return respond(v2c, message, [], 1, 0)
        return inner(message, pdu, asked)

    async def walk() -> None:
        async with talking_to(v2c, reply) as (session, _):
            assert len((await session.walk(TABLE, [2]))[2]) == 29

    asyncio.run(walk())


def test_a_device_that_walks_in_circles_is_garbage() -> None:
    def reply(message: Any, pdu: Any, asked: Asked) -> bytes:
        return respond(v2c, message, [((*TABLE, 2, 1), v2c.Integer32(1))] * 2)

    async def walk() -> None:
        async with talking_to(v2c, reply) as (session, _):
            with pytest.raises(CouldNotRead, match="walks backwards") as caught:
                await session.walk(TABLE, [2])
            assert caught.value.error is ReadError.GARBAGE

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (lambda *_: None, ReadError.TIMEOUT),
        (lambda *_: b"\x30\x82 no SNMP", ReadError.GARBAGE),
        (lambda message, pdu, asked: respond(v2c, message, [(asked[0], v2c.null)], 16, 1), ReadError.DENIED),
    ],
)
def test_each_failure_says_what_it_is(reply: Reply, error: ReadError) -> None:
    async def ask() -> None:
        async with talking_to(v2c, reply, timeout_s=0.4) as (session, _):
            with pytest.raises(CouldNotRead) as caught:
                await session.get((*TABLE, 1))
            assert caught.value.error is error

    asyncio.run(ask())


def test_a_silent_device_is_asked_again_and_then_left_within_the_time_limit() -> None:
    async def walk() -> None:
        loop = asyncio.get_running_loop()
        async with talking_to(v2c, lambda *_: None, timeout_s=0.5) as (session, agent):
            began = loop.time()
            with pytest.raises(CouldNotRead):
                await session.walk(TABLE, [2])
            assert loop.time() - began < 0.5
            assert agent.requests == 2

    asyncio.run(walk())


def test_a_device_that_answers_too_slowly_is_not_called_silent() -> None:
    agent: Agent

    def reply(message: Any, _: Any, asked: Asked) -> bytes | None:
        return respond(v2c, message, [(asked[0], v2c.Integer32(7))]) if agent.requests == 1 else None

    async def ask() -> None:
        nonlocal agent
        async with talking_to(v2c, reply, timeout_s=0.3) as (session, agent):
            await session.get((*TABLE, 1))
            with pytest.raises(CouldNotRead, match="only some questions within the time limit") as caught:
                await session.get((*TABLE, 1))
            assert caught.value.error is ReadError.GARBAGE

    asyncio.run(ask())


def test_a_closed_port_means_that_the_host_lives() -> None:
    async def ask() -> None:
        address = ("127.0.0.1", free_udp_port())
        async with Session(address, version="2c", community="c", timeout_s=2, retries=0) as session:
            with pytest.raises(CouldNotRead) as caught:
                await session.get((*TABLE, 1))
            assert caught.value.error is ReadError.REFUSED

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.EHOSTUNREACH, ReadError.UNREACHABLE),
        (errno.ENOBUFS, ReadError.LOCAL),
        (errno.EPERM, ReadError.LOCAL),
        (errno.ENETDOWN, ReadError.LOCAL),
    ],
)
def test_a_request_that_cannot_be_sent_tells_of_the_device_only_what_the_network_says(
    number: int, error: ReadError
) -> None:
    async def ask() -> None:
        def reply(*_: Any) -> None:
            session._inbox.error_received(OSError(number, os.strerror(number)))

        async with talking_to(v2c, reply) as (session, _):
            with pytest.raises(CouldNotRead, match=os.strerror(number)) as caught:
                await session.get((*TABLE, 1))
            assert caught.value.error is error

    asyncio.run(ask())


def test_a_closed_port_on_windows_means_that_the_host_lives() -> None:
    async def ask() -> None:
        def reply(*_: Any) -> None:
            unreachable = OSError(errno.EINVAL, "the port cannot be reached")
            unreachable.winerror = 1234  # type: ignore[attr-defined,unused-ignore]
            session._inbox.error_received(unreachable)

        async with talking_to(v2c, reply) as (session, _):
            with pytest.raises(CouldNotRead, match="the port cannot be reached") as caught:
                await session.get((*TABLE, 1))
            assert caught.value.error is ReadError.REFUSED

    asyncio.run(ask())


def test_a_name_server_that_hangs_is_not_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(30) and [])

    async def ask() -> None:
        try:
            with pytest.raises(CouldNotRead, match="looking it up") as caught:
                async with Session(("core.tax", 161), version="2c", community="c", timeout_s=0.3, retries=0):
                    pytest.fail("there is nobody to talk to")
            assert caught.value.error is ReadError.LOCAL
        finally:
            let_go.set()

    asyncio.run(ask())


@given(st.binary(max_size=200), st.sampled_from([v1, v2c]))
def test_any_bytes_decode_or_are_garbage(payload: bytes, protocol: Any) -> None:
    try:
        parse_answer(protocol, payload)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise


@given(st.data())
def test_a_damaged_answer_decodes_or_is_garbage(data: st.DataObject) -> None:
    request, _ = encode_request(v2c, "public", [(*TABLE, 1), (*TABLE, 2)], get_pdu(v2c))
    message, _ = decoder.decode(request, asn1Spec=v2c.Message())
    payload = bytearray(respond(v2c, message, [((*TABLE, 1), v2c.OctetString(b"abc")), ((*TABLE, 2), v2c.null)]))
    for at in data.draw(st.lists(st.integers(0, len(payload) - 1), max_size=4)):
        payload[at] = data.draw(st.integers(0, 255))
    try:
        answer = parse_answer(v2c, bytes(payload[: data.draw(st.integers(0, len(payload)))]))
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise
    else:
        assert all(isinstance(value, int | bytes | tuple | None) for _, value in answer.bindings)


oids = st.lists(st.integers(0, 5), max_size=4).map(lambda tail: (*TABLE, *tail))


@given(st.lists(st.tuples(oids, st.none() | st.integers() | st.binary(max_size=3)), max_size=12))
def test_any_bindings_move_a_walk_forward_or_are_garbage(bindings: list[tuple[tuple[int, ...], Any]]) -> None:
    last: dict[int, tuple[int, ...]] = {1: (*TABLE, 1), 2: (*TABLE, 2)}
    found: dict[int, dict[tuple[int, ...], Any]] = {1: {}, 2: {}}
    try:
        advance(TABLE, last, found, bindings)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise
    for column, cells in found.items():
        assert list(cells) == sorted(cells)
        assert column not in last or not cells or last[column] == (*TABLE, column, *list(cells)[-1])
