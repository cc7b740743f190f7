"""The envelope of SNMPv3: the User-based Security Model (RFC 3414), from the side of the one that asks.

Message formats, key derivation and ciphers are pysnmp's. Its engine stays unloaded: it has one key for a user name,
whichever the device, no word for a closed port, and costs 14 MiB. What is left to do here is small: ask a device who it
is, follow its clock, and let in only what is signed with the user's key.
"""

from __future__ import annotations

import hmac
import importlib.util
import os
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec import Struct
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto.api import v2c
from pysnmp.proto.mpmod.rfc3412 import ScopedPDU, SNMPv3Message
from pysnmp.proto.rfc1905 import ReportPDU
from pysnmp.proto.secmod.rfc3414 import service as usm

from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.snmp_message import Heard, answer_in, fill, garbage, get_pdu
from hallwatch_agent.wire import ReadError

AUTH, PRIV, REPORTABLE = 1, 2, 4
"""Bits of msgFlags (RFC 3412, section 6.4)."""
USM: Final = 3
CAN_ENCRYPT: Final = importlib.util.find_spec("cryptography") is not None
MAX_MESSAGE: Final = 65_507
TIME_WINDOW_S: Final = 150
"""A message that is older has been kept and sent again by somebody (RFC 3414, section 2.2.3)."""
USM_STATS: Final = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVEL, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION_ERROR = range(1, 7)
UNKNOWN_CONTEXT: Final = (1, 3, 6, 1, 6, 3, 12, 1, 5)
WRONG_PRIV: Final = "the authentication key is right, the privacy key or protocol is not (priv_key_file, priv_protocol)"


class Auth(NamedTuple):
    """An authentication protocol: pysnmp's number and service, the hash of its HMAC, how much of it is sent."""

    service_id: Any
    service: Any
    hash_name: str
    digest_bytes: int


AUTHS: Final = {
    "md5": Auth(usm.hmacmd5.HmacMd5.SERVICE_ID, usm.hmacmd5.HmacMd5(), "md5", 12),
    "sha": Auth(usm.hmacsha.HmacSha.SERVICE_ID, usm.hmacsha.HmacSha(), "sha1", 12),
    **{
        name: Auth(number, usm.hmacsha2.HmacSha2(number), name, digest_bytes)  # RFC 7860
        for name, number, digest_bytes in (
            ("sha224", usm.hmacsha2.HmacSha2.SHA224_SERVICE_ID, 16),
            ("sha256", usm.hmacsha2.HmacSha2.SHA256_SERVICE_ID, 24),
            ("sha384", usm.hmacsha2.HmacSha2.SAH384_SERVICE_ID, 32),
            ("sha512", usm.hmacsha2.HmacSha2.SHA512_SERVICE_ID, 48),
        )
    },
}
PRIVS: Final = {
    "des": usm.des.Des(),
    "aes": usm.aes.Aes(),
    "aes192": usm.aes192.AesBlumenthal192(),
    "aes256": usm.aes256.AesBlumenthal256(),
    "aes192c": usm.aes192.Aes192(),
    "aes256c": usm.aes256.Aes256(),
}
"""AES with longer keys is no standard: net-snmp stretches a key in one way, Cisco (the names with c) in another."""


class User(Struct, frozen=True):
    """Who asks, in the words of the probe's options; without keys there is no authentication and no encryption."""

    name: str
    auth_protocol: str = ""
    auth_key: str = ""
    priv_protocol: str = ""
    priv_key: str = ""
    context_name: str = ""

    def __repr__(self) -> str:
        return f"User({self.name!r})"  # wherever it is shown, its keys are not

    @property
    def flags(self) -> int:
        """The security level that is asked for and insisted on."""
        return (AUTH if self.auth_protocol else 0) | (PRIV if self.priv_protocol else 0)


class Engine(Struct):
    """What is known of a device's SNMP engine; kept from reading to reading."""

    user: User
    """For whom the keys hold."""
    id: bytes = b""
    boots: int = 0
    time_s: int = 0
    """Its clock when it was last heard."""
    heard_at_s: float = 0.0
    auth_key: bytes = b""
    priv_key: Any = None

    def __repr__(self) -> str:
        return f"Engine({self.id.hex()})"

    def time_at(self, now_s: float) -> int:
        """Return what its clock shows now."""
        return self.time_s + int(now_s - self.heard_at_s)

    def set_clock(self, boots: int, time_s: int, now_s: float) -> None:
        """Follow its clock from here on."""
        self.boots, self.time_s, self.heard_at_s = boots, time_s, now_s


class UserSecurity:
    """The envelope of SNMPv3 for one user of one device; what it learns of the device is kept in *memory*."""

    protocol = v2c

    def __init__(self, user: User, memory: dict[str, Any]) -> None:
        """Raises :class:`CouldNotRead` (``unsupported``) when this machine cannot encrypt."""
        if user.priv_protocol and not CAN_ENCRYPT:
            note = "encryption needs the package cryptography: pip install 'hallwatch[snmp]'"
            raise CouldNotRead(ReadError.UNSUPPORTED, note)
        kept = memory.get("snmp-engine")
        self._engine = kept if isinstance(kept, Engine) and kept.user == user else Engine(user)
        memory["snmp-engine"] = self._engine
        self.asks_in_the_clear = bool(user.priv_protocol)
        context = f", no context {user.context_name!r}" if user.context_name else ""
        self.silence = f"silent: no SNMPv3 there{context}, or the device is off"
        self._user = user
        self._clear_request = -1

    def seal(self, pdu: Any, now_s: float) -> bytes:
        if not self._engine.id:  # section 4: it tells its name to whoever asks without one
            return self._message(get_pdu(v2c), _request_of(pdu), REPORTABLE, now_s)
        return self._message(pdu, _request_of(pdu), REPORTABLE | self._user.flags, now_s)

    def seal_in_the_clear(self, pdu: Any, now_s: float) -> bytes | None:
        if not self._engine.id or not self._user.priv_protocol:
            return None
        self._clear_request = fill(v2c, pdu, [])
        return self._message(pdu, self._clear_request, REPORTABLE | AUTH, now_s)

    def open(self, payload: bytes, now_s: float) -> Heard:
        try:
            return self._open(payload, now_s)
        except CouldNotRead:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the decoder stumbles over, the device sent nonsense
            raise garbage(error, payload) from None

    def _message(self, pdu: Any, request: int, flags: int, now_s: float) -> bytes:
        engine = self._engine
        scoped = ScopedPDU()
        scoped["contextEngineId"], scoped["contextName"] = engine.id, self._user.context_name.encode()
        choice = scoped.setComponentByName("data").getComponentByName("data")
        choice.setComponentByType(pdu.tagSet, pdu, verifyConstraints=False, matchTags=False, matchConstraints=False)
        message = SNMPv3Message()
        message["msgVersion"] = 3
        header = message.setComponentByName("msgGlobalData").getComponentByName("msgGlobalData")
        header["msgID"], header["msgMaxSize"] = request, MAX_MESSAGE
        header["msgFlags"], header["msgSecurityModel"] = bytes([flags]), USM
        boots, time_s, salt = engine.boots, engine.time_at(now_s), b""
        data = message.setComponentByName("msgData").getComponentByName("msgData")
        if flags & PRIV:
            cipher = PRIVS[self._user.priv_protocol]
            data["encryptedPDU"], salt = cipher.encrypt_data(
                engine.priv_key, (boots, time_s, None), encoder.encode(scoped)
            )
        else:
            data["plaintext"] = scoped
        # The digest covers the whole message with zeros in its own place; random bytes mark the place.
        mark = os.urandom(AUTHS[self._user.auth_protocol].digest_bytes) if flags & AUTH else b""
        name = self._user.name.encode() if engine.id else b""
        message["msgSecurityParameters"] = _parameters((engine.id, boots, time_s, name, mark, salt))
        whole = bytes(encoder.encode(message))
        return whole.replace(mark, self._digest(whole, mark)) if mark else whole

    def _digest(self, whole: bytes, place: bytes) -> bytes:
        auth = AUTHS[self._user.auth_protocol]
        blank = whole.replace(place, bytes(len(place)), 1)
        return hmac.digest(self._engine.auth_key, blank, auth.hash_name)[: auth.digest_bytes]

    def _open(self, payload: bytes, now_s: float) -> Heard:
        message, _ = decoder.decode(payload, asn1Spec=SNMPv3Message())
        header = message["msgGlobalData"]
        request, flags = int(header["msgID"]), bytes(header["msgFlags"])[0]
        params, _ = decoder.decode(bytes(message["msgSecurityParameters"]), asn1Spec=usm.UsmSecurityParameters())
        boots, time_s = int(params["msgAuthoritativeEngineBoots"]), int(params["msgAuthoritativeEngineTime"])
        signed = bool(flags & AUTH)
        if signed and not self._is_genuine(payload, bytes(params["msgAuthenticationParameters"])):
            raise CouldNotRead(ReadError.GARBAGE, "an answer that is not signed with the user's key")
        scoped = self._decrypt(message["msgData"], params) if flags & PRIV else message["msgData"]["plaintext"]
        pdu = scoped["data"].getComponent()
        if pdu.tagSet == ReportPDU.tagSet:
            reason = tuple(v2c.apiPDU.get_varbinds(pdu)[0][0])[:-1]
            return self._take_report(request, reason, params, now_s)
        if request == self._clear_request:
            return Heard(request, refusal=WRONG_PRIV)
        if flags & (AUTH | PRIV) != self._user.flags:
            raise CouldNotRead(ReadError.GARBAGE, "an answer with less security than was asked for")
        if signed:
            self._follow_clock(boots, time_s, now_s)
        return Heard(request, answer_in(v2c, pdu))

    def _is_genuine(self, payload: bytes, digest: bytes) -> bool:
        if not self._engine.auth_key or len(digest) != AUTHS[self._user.auth_protocol].digest_bytes:
            return False  # before the device has told its name there is no key, and anybody could sign without one
        return hmac.compare_digest(digest, self._digest(payload, digest))

    def _decrypt(self, data: Any, params: Any) -> Any:
        if not self._user.priv_protocol:
            raise CouldNotRead(ReadError.GARBAGE, "an encrypted answer to a question that was not")
        salted = tuple(params.getComponentByPosition(at) for at in (1, 2, 5))
        cipher = PRIVS[self._user.priv_protocol]
        plain = cipher.decrypt_data(self._engine.priv_key, salted, data["encryptedPDU"])
        scoped, _ = decoder.decode(plain, asn1Spec=ScopedPDU())
        return scoped

    def _take_report(self, request: int, reason: tuple[int, ...], params: Any, now_s: float) -> Heard:
        """Take in why the device did not answer; it says so without a signature where it knows no key to sign with."""
        user = self._user
        if reason == UNKNOWN_CONTEXT:
            return Heard(request, refusal=f"the device has no context {user.context_name!r} (context_name)")
        number = reason[-1] if reason[:-1] == USM_STATS else 0
        if number in (UNKNOWN_ENGINE, NOT_IN_TIME):
            self._meet(bytes(params["msgAuthoritativeEngineId"]))
            clock = int(params["msgAuthoritativeEngineBoots"]), int(params["msgAuthoritativeEngineTime"])
            self._engine.set_clock(*clock, now_s)
            return Heard(request)
        refusals = {
            UNSUPPORTED_LEVEL: f"user {user.name!r} may not ask at the level {_level(user.flags)}",
            UNKNOWN_USER: f"the device does not know user {user.name!r} (user)",
            WRONG_DIGEST: "wrong authentication key or protocol (auth_key_file, auth_protocol)",
            DECRYPTION_ERROR: "wrong privacy key or protocol (priv_key_file, priv_protocol)",
        }
        return Heard(request, refusal=refusals.get(number, f"the device reports {'.'.join(map(str, reason))}"))

    def _meet(self, engine_id: bytes) -> None:
        """Take *engine_id* for the device's from now on; keys are made for each engine anew (section 2.6)."""
        if not engine_id:
            raise CouldNotRead(ReadError.GARBAGE, "the device has no SNMP engine id")
        user, engine = self._user, self._engine
        if engine.id == engine_id:
            return
        engine.id = engine_id
        if user.auth_protocol:
            auth = AUTHS[user.auth_protocol].service
            master = _auth_master(user.auth_protocol, user.auth_key)
            engine.auth_key = bytes(auth.localize_key(master, univ.OctetString(engine_id)))
        if user.priv_protocol:
            auth_id, cipher = AUTHS[user.auth_protocol].service_id, PRIVS[user.priv_protocol]
            master = _priv_master(user.auth_protocol, user.priv_protocol, user.priv_key)
            engine.priv_key = cipher.localize_key(auth_id, master, univ.OctetString(engine_id))

    def _follow_clock(self, boots: int, time_s: int, now_s: float) -> None:
        """Refuse what is too old, else set the clock (section 3.2, 7b)."""
        engine = self._engine
        if boots < engine.boots or (boots == engine.boots and time_s < engine.time_at(now_s) - TIME_WINDOW_S):
            raise CouldNotRead(ReadError.GARBAGE, "an old answer, sent again")
        if (boots, time_s) > (engine.boots, engine.time_s):
            engine.set_clock(boots, time_s, now_s)


@lru_cache(maxsize=64)
def _auth_master(protocol: str, passphrase: str) -> Any:
    """Hash a megabyte, which takes milliseconds, once for all devices with this key."""
    return AUTHS[protocol].service.hash_passphrase(passphrase.encode())


@lru_cache(maxsize=64)
def _priv_master(auth_protocol: str, priv_protocol: str, passphrase: str) -> Any:
    return PRIVS[priv_protocol].hash_passphrase(AUTHS[auth_protocol].service_id, passphrase.encode())


def _parameters(values: tuple[Any, ...]) -> bytes:
    params = usm.UsmSecurityParameters()
    for at, value in enumerate(values):
        params.setComponentByPosition(at, value)
    return bytes(encoder.encode(params))


def _request_of(pdu: Any) -> int:
    return int(v2c.apiPDU.get_request_id(pdu))


def _level(flags: int) -> str:
    return {0: "noAuthNoPriv", AUTH: "authNoPriv", AUTH | PRIV: "authPriv"}[flags]
