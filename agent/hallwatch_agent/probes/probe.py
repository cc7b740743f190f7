"""What every probe is: a table of options in the hall file, and a way to read one device.

A probe module holds one struct derived from :class:`Probe` and pure ``parse_*`` functions; it imports what it needs to
do I/O inside ``read``, so that an agent loads only the libraries of the probes it is given, and the collector can check
a hall file without loading any.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta, Struct, field

from hallwatch_agent.wire import Id, ReadError

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NAME, _IPV6 = r"(?![0-9.]+$)[\w.-]{1,253}", r"(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,30})?"
HOST_PATTERN: Final = rf"^(?:{_NAME}|{_OCTET}(?:\.{_OCTET}){{3}}|{_IPV6})$(?!\n)"
Host = Annotated[
    str,
    Meta(
        pattern=HOST_PATTERN,
        description="a host name or an address, without http://, port or path",
        examples=["192.168.1.53", "printer-3"],
    ),
]
FilePath = Annotated[
    str,
    Meta(
        pattern=r"^(?:(?:/|[A-Za-z]:[\\/]|\\\\)[^\r\n]*)?$(?!\n)",
        description="a whole path, from / or a drive's letter on",
        examples=["/srv/hall", "D:/hall"],
    ),
]
"""A path on the agent's machine; empty: none. A relative one would depend on the folder in which the agent started."""
SecretName = Annotated[
    str,
    Meta(
        pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$(?!\n)",
        description="the name alone of a file in the secrets folder of the agent's machine",
        examples=["printer-community"],
    ),
]
"""Names a file in the secrets folder of the agent's machine; empty: none.

Hall files and the broker never hold a secret itself, and whoever can write either cannot make an agent read another
file.
"""


class Told(Struct, frozen=True):
    """What a device told in one reading. A key that is absent is not known."""

    metrics: dict[str, float] = {}
    conditions: dict[str, bool] = {}
    facts: dict[str, str] = {}


class CouldNotRead(Exception):  # noqa: N818 - it says what happened, in the words of the wire
    """The device could not be read; *error* is what the reading will say, *note* the detail for a technician."""

    def __init__(self, error: ReadError, note: str) -> None:
        super().__init__(f"{error.value}: {note}")
        self.error = error
        self.note = note


class Context(Struct):
    """What a probe may use besides its options; the agent keeps one for each probe."""

    now: float = 0.0
    """Unix seconds at the start of this reading."""
    monotonic: float = 0.0
    """A clock for differences between readings, in seconds."""
    preparing: str = ""
    """What this machine is doing before it can ask the device. A reading that hangs there tells nothing of it."""
    memory: dict[str, Any] = field(default_factory=dict)
    """Kept from reading to reading (counters for rates); lost when the agent restarts."""
    secrets: Path = Path("secrets")
    """The folder of the secrets, from the agent's own file."""
    typed: dict[str, str] = field(default_factory=dict)
    """Secrets that a person typed for a single try, by the name of the file they stand for."""

    def secret(self, name: str) -> str:
        """Return the one line that the secret file *name* holds; empty for no name.

        It is read each time, so that a changed password counts at once. Raises :class:`CouldNotRead` (``local``), also
        for a file that holds nothing, or more than a line: the device has not been asked.
        """
        if not name or name in self.typed:
            return self.typed.get(name, "")
        path = self.secrets / name
        try:
            held = path.read_text("utf-8-sig").rstrip("\r\n")  # Windows' Notepad may write a mark before the text
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8"
            raise CouldNotRead(ReadError.LOCAL, f"secret {name}: {path} cannot be read: {why}") from None
        if not held.strip():
            raise CouldNotRead(ReadError.LOCAL, f"secret {name}: {path} is empty; write the secret into it")
        if "\n" in held:
            raise CouldNotRead(ReadError.LOCAL, f"secret {name}: {path} has several lines; a secret is one line alone")
        return held

    def keep_secret(self, file: Path) -> None:
        """Raise :class:`CouldNotRead` (``unsupported``) for a file among the secrets: readings tell what files hold."""
        if file.resolve().is_relative_to(self.secrets.resolve()):
            raise CouldNotRead(ReadError.UNSUPPORTED, f"{file} is among the secrets")


Wake = Callable[[str], None]
"""Asks for an immediate reading of the watched device; the text says why, for the log."""


class Probe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", omit_defaults=True):
    """Options common to all probes, as they stand in the hall file.

    A probe either has ``def read`` (runs in a thread) or ``async def read`` (runs on the agent's one event loop). It
    returns :class:`Told` or raises :class:`CouldNotRead`; anything else it raises is reported as ``crashed``.
    """

    asks_device: ClassVar[bool] = True
    """Whether it is the device that answers or stays silent. Not so where a probe looks at a file, a port or a queue
    of another machine: what that says, or fails to say, proves nothing of whether the device lives."""

    tells: ClassVar[frozenset[str] | None] = None
    """The conditions and metrics that it may tell, without parts; None: that depends on the device."""

    agent: Id | None = None
    """Which agent reads it; may be left out when the hall has one agent."""
    name: Id | None = None
    """Tells two probes of one kind on one device apart; the kind when left out."""
    interval_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 30.0
    timeout_s: Seconds = 5.0

    @property
    def parts(self) -> frozenset[str] | None:
        """The parts of the device that the options name, as they stand in the brackets of what is told; None: the
        device itself names them."""
        return frozenset()

    def read(self, context: Context) -> Any:
        """Read the device once: :class:`Told`, or an awaitable of it."""
        raise NotImplementedError

    async def watch(self, context: Context, wake: Wake) -> None:
        """Listen to the device between the readings, where it can call by itself, and *wake* the probe when it does.

        Runs on the agent's event loop as long as the probe is assigned; started again later when it ends or raises.
        What a device calls is never believed: it only makes the next reading come at once.
        """
