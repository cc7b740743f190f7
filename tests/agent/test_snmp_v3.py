"""SNMPv3 against a real snmpd: all protocols, every wrong key said by its name, restarts; and against a forger."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v2c
from pysnmp.proto.rfc1905 import ReportPDU

from hallwatch_agent import snmp_v3
from hallwatch_agent.probes import Context, CouldNotRead
from hallwatch_agent.probes.snmp_probe import SYS_DESCR, SYS_UPTIME, Oid, SnmpProbe, Value
from hallwatch_agent.snmp_message import fill, get_pdu
from hallwatch_agent.snmp_v3 import Engine, User, UserSecurity
from hallwatch_agent.wire import ReadError
from parts.snmpd import AUTH_KEY, COMMUNITY, PRIV_KEY, USERS, Snmpd, serve_snmpd
from parts.snmpsim import free_udp_port


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    with serve_snmpd(tmp_path_factory.mktemp("snmpd")) as agent:
        yield agent


def probe(address: Snmpd, **options: Any) -> SnmpProbe:
    table = {"host": address.host, "port": address.port, "timeout_s": 1.5}
    return msgspec.convert(table | options, SnmpProbe)


def options_of(user: str, /, **changes: Any) -> dict[str, Any]:
    """Return the options of one of snmpd's users, whose name tells the protocols."""
    auth, _, priv = user.partition("-")
    options: dict[str, Any] = {"version": "3", "user": user}
    if USERS[user][0]:
        options |= {"auth_protocol": auth, "auth_key_file": "auth"}
    if priv:
        options |= {"priv_protocol": priv, "priv_key_file": "priv"}
    return options | changes


def keys(auth: str = AUTH_KEY, priv: str = PRIV_KEY) -> Context:
    return Context(typed={"auth": auth, "priv": priv, "community": COMMUNITY})


async def ask(asking: SnmpProbe, context: Context) -> dict[Oid, Value]:
    async with asking.session(context) as session:
        return await session.get(SYS_DESCR, SYS_UPTIME)


def refusal(asking: SnmpProbe, context: Context) -> CouldNotRead:
    with pytest.raises(CouldNotRead) as caught:
        asyncio.run(ask(asking, context))
    assert not any(secret in caught.value.note for secret in (AUTH_KEY, PRIV_KEY, "wrong-wrong"))
    return caught.value


@pytest.mark.parametrize("user", USERS)
def test_every_protocol_reads(snmpd: Snmpd, user: str) -> None:
    said = asyncio.run(ask(probe(snmpd, **options_of(user)), keys()))
    assert set(said) == {SYS_DESCR, SYS_UPTIME}


def test_a_walk_tells_what_v2c_tells(snmpd: Snmpd) -> None:
    async def walk(asking: SnmpProbe) -> Any:
        async with asking.session(keys()) as session:
            return await session.walk((1, 3, 6, 1, 2, 1, 1, 9, 1), [2, 3])

    walks = [asyncio.run(walk(probe(snmpd, **options))) for options in
             ({"community_file": "community"}, options_of("sha-aes"), options_of("sha256"))]  # fmt: skip
    assert len(walks[0][3]) > 3
    assert walks[0] == walks[1] == walks[2]


@pytest.mark.parametrize(
    ("options", "context", "words"),
    [
        (options_of("sha256-aes", user="stranger"), keys(), "does not know user 'stranger'"),
        (options_of("sha256-aes"), keys(auth="wrong-wrong"), "wrong authentication key"),
        (options_of("sha256-aes", auth_protocol="sha"), keys(), "wrong authentication key or protocol"),
        (options_of("sha256-aes"), keys(priv="wrong-wrong"), "the privacy key or protocol is not"),
        (options_of("md5-des"), keys(priv="wrong-wrong"), "the privacy key or protocol is not"),
        (options_of("sha256-aes", priv_protocol="des"), keys(), "the privacy key or protocol is not"),
        (options_of("sha256-aes", priv_protocol=None, priv_key_file=""), keys(), "authorizationError"),
        (options_of("sha256", priv_protocol="aes", priv_key_file="priv"), keys(), "may not ask at the level authPriv"),
    ],
)
def test_what_is_wrong_is_denied_by_its_name(snmpd: Snmpd, options: Any, context: Context, words: str) -> None:
    error = refusal(probe(snmpd, **options), context)
    assert (error.error, words in error.note) == (ReadError.DENIED, True), error


def test_each_device_has_its_own_keys_for_one_user_name(snmpd: Snmpd, tmp_path: Path) -> None:
    asking, context = probe(snmpd, **options_of("sha-aes")), keys()
    with serve_snmpd(tmp_path / "other") as other:

        async def both() -> None:
            results = await asyncio.gather(
                ask(asking, context), ask(probe(other, **options_of("sha-aes")), keys(auth="wrong-wrong")),
                return_exceptions=True,
            )  # fmt: skip
            assert isinstance(results[0], dict)
            assert isinstance(results[1], CouldNotRead)
            assert await ask(asking, context)

        asyncio.run(both())


def test_a_context_that_is_not_there_may_be_silence(snmpd: Snmpd) -> None:
    error = refusal(probe(snmpd, **options_of("sha-aes", context_name="vlan-7")), keys())
    assert (error.error, "no context 'vlan-7'" in error.note) == (ReadError.TIMEOUT, True)


def test_a_changed_key_counts_at_once(snmpd: Snmpd) -> None:
    asking, context = probe(snmpd, **options_of("sha-aes")), keys(auth="wrong-wrong")
    assert refusal(asking, context).error is ReadError.DENIED
    context.typed["auth"] = AUTH_KEY
    assert asyncio.run(ask(asking, context))


@pytest.mark.parametrize("remembers", [True, False])
def test_a_restarted_device_is_read_at_once(tmp_path: Path, remembers: bool) -> None:
    """Its clock begins anew; its boots count up, unless it has lost them."""
    context = keys()
    with serve_snmpd(tmp_path / "snmpd") as agent:
        asking = probe(agent, **options_of("sha-aes"))
        assert asyncio.run(ask(asking, context))
        engine: Engine = context.memory["snmp-engine"]
        boots, known = engine.boots, engine.id
        agent.stop()
        if not remembers:
            shutil.rmtree(agent.kept)
        agent.start()
        assert asyncio.run(ask(asking, context))
        assert engine.boots == boots + remembers
        assert (engine.id == known) is remembers


def test_another_device_at_the_same_address_is_read_at_once(tmp_path: Path) -> None:
    context = keys()
    with serve_snmpd(tmp_path / "one") as agent:
        asking = probe(agent, **options_of("sha-aes"))
        assert asyncio.run(ask(asking, context))
        known = context.memory["snmp-engine"].id
        context.memory["snmp-engine"].id = known[:-1] + bytes([known[-1] ^ 1])
        assert asyncio.run(ask(asking, context))
        assert context.memory["snmp-engine"].id == known


def test_a_closed_port_is_refused(snmpd: Snmpd) -> None:
    assert refusal(probe(snmpd, **options_of("sha-aes", port=free_udp_port())), keys()).error is ReadError.REFUSED


def test_a_device_that_falls_silent_is_a_timeout_within_the_limit(tmp_path: Path) -> None:
    context = keys()

    async def fall_silent(agent: Snmpd) -> None:
        asking = probe(agent, **options_of("sha-aes", timeout_s=0.6))
        assert await ask(asking, context)
        agent.stop()
        loop = asyncio.get_running_loop()
        mute, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(agent.host, agent.port))
        try:
            began = loop.time()
            with pytest.raises(CouldNotRead, match="silent") as caught:
                await ask(asking, context)
            assert caught.value.error is ReadError.TIMEOUT
            assert loop.time() - began < 0.6
        finally:
            mute.close()

    with serve_snmpd(tmp_path / "snmpd") as agent:
        asyncio.run(fall_silent(agent))


def test_an_empty_secret_is_this_machines_trouble(snmpd: Snmpd) -> None:
    error = refusal(probe(snmpd, **options_of("sha-aes")), keys(priv=""))
    assert (error.error, error.note.startswith("secret priv: ")) == (ReadError.LOCAL, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": "3"}, "needs user"),
        ({"user": "u"}, 'user: only SNMPv3 has this; give version = "3"'),
        ({"version": "1", "auth_protocol": "sha", "auth_key_file": "k"}, "auth_protocol, auth_key_file: only SNMPv3"),
        ({"version": "3", "user": "u", "community_file": "c"}, "no community"),
        ({"version": "3", "user": "u", "auth_protocol": "sha"}, "auth_protocol and auth_key_file go together"),
        ({"version": "3", "user": "u", "priv_key_file": "k"}, "priv_protocol and priv_key_file go together"),
        ({"version": "3", "user": "u", "priv_protocol": "aes", "priv_key_file": "k"}, "give auth_protocol"),
        ({"version": "4"}, "version"),
    ],
)
def test_options_that_do_not_go_together_say_how_they_would(options: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert({"host": "h"} | options, SnmpProbe)


def test_keys_are_not_shown_with_what_holds_them() -> None:
    context = keys()
    user = User("u", "sha", AUTH_KEY, "aes", PRIV_KEY)
    context.memory["snmp-engine"] = Engine(user, b"id", auth_key=b"localized")
    assert not any(secret in repr((user, context.memory)) for secret in (AUTH_KEY, PRIV_KEY, "localized"))


def test_without_the_package_that_encrypts_the_reading_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp_v3, "CAN_ENCRYPT", False)
    with pytest.raises(CouldNotRead, match="needs the package cryptography") as caught:
        UserSecurity(HIDDEN, {})
    assert caught.value.error is ReadError.UNSUPPORTED
    UserSecurity(SIGNED, {})


class Peer:
    """Both ends of a conversation in this process: what one seals is what the other hears."""

    def __init__(self, user: User, other: User | None = None) -> None:
        self.asking, self.answering = UserSecurity(user, {}), UserSecurity(other or user, {})
        for end in (self.asking, self.answering):
            end._meet(b"\x80\x00\x1f\x88\x04hall")
            end._engine.set_clock(3, 1000, 0.0)

    def answer(self, request: int = 7, now_s: float = 0.0) -> bytes:
        pdu = v2c.GetResponsePDU()
        v2c.apiPDU.set_defaults(pdu)
        v2c.apiPDU.set_request_id(pdu, request)
        v2c.apiPDU.set_varbinds(pdu, [(SYS_DESCR, v2c.OctetString(b"a switch"))])
        return self.answering.seal(pdu, now_s)


SIGNED = User("u", "sha256", "signed-by-u")
HIDDEN = User("u", "sha256", "signed-by-u", "aes", "hidden-by-u")


@pytest.mark.parametrize("user", [User("u"), SIGNED, HIDDEN])
def test_a_genuine_answer_is_let_in(user: User) -> None:
    peer = Peer(user)
    heard = peer.asking.open(peer.answer(), 1.0)
    assert heard.answer is not None
    assert heard.answer.bindings == [(SYS_DESCR, b"a switch")]


@pytest.mark.parametrize(
    ("user", "answered_as", "words"),
    [
        (SIGNED, User("u", "sha256", "guessed-by-x"), "not signed with the user's key"),
        (SIGNED, User("u"), "less security"),
        (HIDDEN, SIGNED, "less security"),
    ],
)
def test_a_forged_answer_is_not(user: User, answered_as: User, words: str) -> None:
    peer = Peer(user, answered_as)
    with pytest.raises(CouldNotRead, match=words):
        peer.asking.open(peer.answer(), 0.0)


def test_before_the_device_has_told_its_name_nobody_can_sign() -> None:
    peer = Peer(SIGNED)
    asking = UserSecurity(SIGNED, {})
    peer.answering._engine.auth_key = b""
    with pytest.raises(CouldNotRead, match="not signed with the user's key"):
        asking.open(peer.answer(), 0.0)


def test_an_answer_that_was_kept_and_sent_again_is_not() -> None:
    peer = Peer(HIDDEN)
    kept = peer.answer()
    with pytest.raises(CouldNotRead, match="an old answer"):
        peer.asking.open(kept, 151.0)
    peer.asking._engine.boots = 4
    with pytest.raises(CouldNotRead, match="an old answer"):
        peer.asking.open(kept, 0.0)


@given(st.data(), st.sampled_from([User("u"), SIGNED, HIDDEN]))
def test_a_damaged_answer_is_garbage_or_says_what_it_said(data: st.DataObject, user: User) -> None:
    peer = Peer(user)
    payload = bytearray(peer.answer())
    for at in data.draw(st.lists(st.integers(0, len(payload) - 1), max_size=4)):
        payload[at] = data.draw(st.integers(0, 255))
    try:
        heard = peer.asking.open(bytes(payload[: data.draw(st.integers(0, len(payload)))]), 0.0)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise
        return
    if user.auth_protocol and heard.answer is not None:
        assert heard.answer.bindings == [(SYS_DESCR, b"a switch")]


@given(st.binary(max_size=200))
def test_any_bytes_are_garbage_or_heard(payload: bytes) -> None:
    try:
        UserSecurity(HIDDEN, {}).open(payload, 0.0)
    except CouldNotRead as error:
        if error.error is not ReadError.GARBAGE:
            raise


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ((1, 3, 6, 1, 6, 3, 15, 1, 1, 6, 0), "wrong privacy key or protocol"),
        ((1, 3, 6, 1, 6, 3, 12, 1, 5, 0), "no context 'vlan-7'"),
        ((1, 3, 6, 1, 6, 3, 11, 2, 1, 3, 0), "the device reports 1.3.6.1.6.3.11.2.1.3"),
    ],
)
def test_a_report_says_why_there_is_no_answer(reason: Oid, words: str) -> None:
    peer = Peer(User("u", context_name="vlan-7"))
    report = ReportPDU()
    v2c.apiPDU.set_defaults(report)
    v2c.apiPDU.set_varbinds(report, [(reason, v2c.Counter32(1))])
    heard = peer.asking.open(peer.answering.seal(report, 0.0), 0.0)
    assert (heard.answer, words in heard.refusal) == (None, True)


def test_an_engine_id_full_of_zeros_does_not_take_the_digests_place() -> None:
    peer = Peer(SIGNED)
    for end in (peer.asking, peer.answering):
        end._meet(bytes([0x80]) + bytes(31))
    assert peer.asking.open(peer.answer(), 0.0).answer


def test_the_first_question_tells_neither_user_nor_objects() -> None:
    pdu = get_pdu(v2c)
    fill(v2c, pdu, [SYS_DESCR])
    question = UserSecurity(User("the-user", "sha", "signed-by-u"), {}).seal(pdu, 0.0)
    assert b"the-user" not in question
    assert bytes(encoder.encode(v2c.ObjectIdentifier(SYS_DESCR))) not in question
