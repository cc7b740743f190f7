"""What all SNMP probes share: options, the shapes in which values come, text out of octets. Loads no SNMP library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta

from hallwatch_agent.probes.probe import Context, Port, Probe, SecretName

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session

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

    host: Annotated[str, Meta(min_length=1)]
    port: Port = 161
    version: Literal["1", "2c"] = "2c"
    community_file: SecretName = ""
    """Holds the community; left out: ``public``. v1 and v2c have no word for a wrong one: the device stays silent, and
    the reading says ``timeout``."""
    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    """A request is asked so many times more before the device counts as silent; ``timeout_s`` is shared among them."""

    def session(self, context: Context) -> Session:
        """Return a conversation with the device, to be entered with ``async with``; loads the SNMP library."""
        from hallwatch_agent.snmp import Session

        return Session(
            (self.host, self.port),
            version=self.version,
            community=context.secret(self.community_file) or "public",
            timeout_s=self.timeout_s,
            retries=self.retries,
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
