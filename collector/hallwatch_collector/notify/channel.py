"""What every channel is: its options as they stand in ``alerts.toml``, and one way to deliver a message.

A channel is one file in :mod:`hallwatch_collector.notify.channels`, with one struct (``kind`` is its tag) and one word
in that package's union. What most have in common is HTTP: such a channel only says which request a message is, and what
an answer means; both are pure, and the courier does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, structs

from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Never, NotNow, NotSent, Request, Taken
from hallwatch_agent.chat.reason import Reason, reason_of
from hallwatch_agent.wire import Id
from hallwatch_collector.notify.message import Message

__all__ = [
    "Answer",
    "Channel",
    "Http",
    "HttpAnswer",
    "HttpChannel",
    "Kit",
    "Never",
    "NotNow",
    "NotSent",
    "OptionalSecret",
    "Pace",
    "Reason",
    "Request",
    "SecretMissing",
    "SecretName",
    "Taken",
    "Timeout",
    "Unusable",
    "held_address",
    "reason_of",
]

_BESIDE = "a file beside alerts.toml that holds the secret alone"
SecretName = Annotated[str, Meta(min_length=1, max_length=200, description=_BESIDE)]
OptionalSecret = Annotated[str, Meta(max_length=200, description=_BESIDE)]
"""As :data:`SecretName`; left out: there is none."""
Timeout = Annotated[float, Meta(ge=0.5, le=60)]
Http = Callable[[Request, float], HttpAnswer]
"""Sends a request with a time limit in seconds; raises :class:`NotSent` when it did not get there, else ``OSError``."""


class Pace(Struct, frozen=True):
    """At most so many messages in so many seconds; more than that are merged into digests, never dropped."""

    messages: int
    per_s: float


class Kit(Struct, frozen=True, kw_only=True):
    """What a channel is given beside the message."""

    secret: Callable[[str], str]
    """Reads a secret's file; raises ``SecretMissing``, whose reason names the file."""
    now: float
    """Unix seconds: some vendors sign the time."""


class SecretMissing(ValueError):  # noqa: N818 - it says what happened
    """A secret's file cannot be read; made with the :class:`Reason`, which names it."""


class Unusable(ValueError):  # noqa: N818 - it says what happened
    """With these settings or this message no try will go; made with the :class:`Reason`."""


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Options that every channel has."""

    id: Id
    timeout_s: Timeout = 5.0
    feed: bool = False
    """It tells a system of every incident, not people: nobody's ``ways`` names it."""

    pace: ClassVar[Pace] = Pace(60, 60.0)
    """What the vendor allows, or what people can read."""
    knows_repeats: ClassVar[bool] = False
    """Whether the far end takes what is sent twice once, by ``Message.key``; where it cannot, a repeat is marked."""
    edits: ClassVar[bool] = False
    """Whether a message can be replaced by a newer one."""
    takes_addresses: ClassVar[bool] = False
    """Whether a way on this channel needs ``to``."""
    takes_mentions: ClassVar[bool] = False

    def refresh_every_s(self) -> float | None:
        """Return how often what stands is to be told again, because the far end forgets it otherwise; None: never."""
        return None

    def secret_files(self) -> dict[str, str]:
        """Return the options that name secrets' files, with the files."""
        named = {name: getattr(self, name) for name in self.__struct_fields__ if name.endswith("_file")}
        return {name: file for name, file in named.items() if file}

    def names(self, message: Message) -> int:
        """Return how many of a message's incidents its text can name, from the first on; a program is told all."""
        return len(message.parts)

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:
        """Deliver a message and wait for the answer, at most ``timeout_s``. Runs in a thread of this channel.

        Raises :class:`SecretMissing`. Whatever else is raised is a defect, and is told as :class:`NotNow`.
        """
        raise NotImplementedError


class HttpChannel(Channel, frozen=True, kw_only=True):
    """A channel of one request a message."""

    proxy: Annotated[str, Meta(pattern=r"^(?:http://[\w.:\[\]-]+/?)?$(?!\n)", max_length=300)] = ""
    """``http://host:port`` that leads to it; left out: none, whatever the environment says."""
    ca_file: OptionalSecret = ""
    """A file beside alerts.toml with the authorities that signed its certificate; left out: those of the system."""

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is; raise :class:`Unusable` when no try can mend what is wrong with it."""
        raise NotImplementedError

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means."""
        raise NotImplementedError

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:
        """Send the request."""
        try:
            request = self.build(message, kit)
        except Unusable as error:
            return Never(reason_of(error))
        return self.exchange(request, kit, http, self.timeout_s)

    def exchange(self, request: Request, kit: Kit, http: Http, timeout_s: float) -> Answer:
        """Send a request, and return what its answer means, or that there was none."""
        ca = kit.secret(self.ca_file) if self.ca_file else ""
        try:
            return self.read(http(structs.replace(request, proxy=self.proxy, ca=ca), timeout_s))
        except NotSent as error:
            return NotNow(reason_of(error))
        except OSError as error:
            return NotNow(reason_of(error), maybe_taken=True)


def held_address(address: str | None, file: str) -> str:
    """Return the address that was found in a secret's file; raise :class:`Unusable`, which names the file, for none."""
    if address is None:
        raise Unusable(
            Reason(
                f"the file {file} holds no web address; copy it anew from where the robot was set up",
                f"文件 {file} 里不是网址,请在群里重新复制机器人地址",
            )
        )
    return address
