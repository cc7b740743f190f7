"""What all SNMP probes share: options, the shapes in which values come, text out of octets. Loads no SNMP library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta

from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Port, Probe, SecretName
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session
    from hallwatch_agent.snmp_v3 import User

Oid: TypeAlias = tuple[int, ...]
Value: TypeAlias = int | bytes | Oid
"""A number, octets, or an OID. What a device does not have is absent, not a value."""
Column: TypeAlias = Mapping[Oid, Value]
"""The cells of one column by the row's index, which is what follows the column in the OID."""

MIB_2: Oid = (1, 3, 6, 1, 2, 1)
SYS_DESCR: Oid = (*MIB_2, 1, 1, 0)
SYS_UPTIME: Oid = (*MIB_2, 1, 3, 0)
SYS_NAME: Oid = (*MIB_2, 1, 5, 0)


class SnmpProbe(Probe, frozen=True, kw_only=True):
    """Options of every probe that speaks SNMP."""

    host: Host
    port: Port = 161
    version: Literal["1", "2c", "3"] = "2c"
    community_file: SecretName = ""
    """Holds the community; left out: ``public``. v1 and v2c have no word for a wrong one: the device stays silent, and
    the reading says ``timeout``."""
    user: Annotated[str, Meta(max_length=32)] = ""
    """The SNMPv3 user name; this and all that follows goes with ``version = "3"``."""
    auth_protocol: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] | None = None
    auth_key_file: SecretName = ""
    """Holds the authentication pass phrase."""
    priv_protocol: Literal["des", "aes", "aes192", "aes256", "aes192c", "aes256c"] | None = None
    """``aes192`` and ``aes256`` were never standardised; with a c at the end as Cisco stretches the key."""
    priv_key_file: SecretName = ""
    """Holds the privacy pass phrase."""
    context_name: str = ""
    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    """A request is asked so many times more before the device counts as silent; ``timeout_s`` is shared among them."""

    def __post_init__(self) -> None:
        """Raise :class:`ValueError` when the options do not go together."""
        if problem := self._problem():
            raise ValueError(problem)

    @property
    def parts(self) -> frozenset[str] | None:
        """What the device calls its trays, ports and sensors."""
        return None

    def _problem(self) -> str:
        three = ("user", "auth_protocol", "auth_key_file", "priv_protocol", "priv_key_file", "context_name")
        if self.version != "3":
            given = [name for name in three if getattr(self, name)]
            only = ", ".join(given)
            return tell('{only}: only SNMPv3 has this; give version = "3" or leave it out', only=only) if given else ""
        if not self.user:
            return tell('version = "3" needs user, the SNMPv3 user name that the device knows')
        if self.community_file:
            return tell("SNMPv3 has no community: leave out community_file, or version")
        for kind in ("auth", "priv"):
            protocol, file = f"{kind}_protocol", f"{kind}_key_file"
            if bool(getattr(self, protocol)) != bool(getattr(self, file)):
                return tell("{protocol} and {file} go together; give both or neither", protocol=protocol, file=file)
        if self.priv_protocol and not self.auth_protocol:
            return tell("SNMPv3 encrypts only what is signed: give auth_protocol and auth_key_file too")
        return ""

    def session(self, context: Context) -> Session:
        """Return a conversation with the device, to be entered with ``async with``; loads the SNMP library.

        Raises :class:`CouldNotRead` (``local``) when a secret cannot be read.
        """
        from hallwatch_agent.snmp import Session

        return Session(
            (self.host, self.port),
            version=self.version,
            community=context.secret(self.community_file) or "public",
            user=self._user(context) if self.version == "3" else None,
            memory=context.memory,
            timeout_s=self.timeout_s,
            retries=self.retries,
        )

    def _user(self, context: Context) -> User:
        from hallwatch_agent.snmp_v3 import User

        for name in filter(None, (self.auth_key_file, self.priv_key_file)):
            if not context.secret(name):
                raise CouldNotRead(ReadError.LOCAL, f"secret {name}: the file is empty; it holds the pass phrase alone")
        return User(
            self.user,
            self.auth_protocol or "",
            context.secret(self.auth_key_file),
            self.priv_protocol or "",
            context.secret(self.priv_key_file),
            self.context_name,
        )


def number(value: Value | None) -> int | None:
    """Return a value that is a number, None for anything else."""
    return value if isinstance(value, int) else None


def text(value: Value | None) -> str:
    """Return octets as text on one line, empty for anything else.

    UTF-8, else GB 18030 (Chinese firmware), else Latin-1.
    """
    if not isinstance(value, bytes):
        return ""
    for encoding in ("utf-8", "gb18030", "latin-1"):
        try:
            words = value.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
