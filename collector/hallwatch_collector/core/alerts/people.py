"""Who is told what, when, and by which way: ``alerts.toml`` as the core sees it. Nothing secret is in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.values import Duration, Hold, Name, TimeOfDay, Weekday, minute_of

FEED: Final = ""
"""Stands for the person where a system is told, not people: Alertmanager, an MQTT topic."""
Language = Literal["zh", "en"]
Address = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^\x00-\x20\x7f]*$(?!\n)",
        description="a telephone number, a mail address, or a user's id, as the channel takes it",
        examples=["13800000000", "zhang@example.cn"],
    ),
]


class Way(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which a person can be reached."""

    channel: Id
    to: Address = ""
    """Where, on a channel that takes addresses. A group's chat has none."""
    mention: Address = ""
    """The person's id or telephone number in a group's chat, so that the chat calls them by it."""


class Quiet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a person is told later: what stands of these levels then comes when it is over."""

    days: list[Weekday] = []
    """The days on which it begins; left out: every day."""
    from_: TimeOfDay = field(name="from")
    to: TimeOfDay
    """Not included; a time that is not after ``from`` is one of the next day."""
    levels: list[str] = []
    """Response levels (R1) that can wait; left out: all but the highest."""

    @property
    def starts(self) -> int:
        """The first minute of its day."""
        return minute_of(self.from_)

    @property
    def ends(self) -> int:
        """The minute after its last, counted from the beginning of its day."""
        ends = minute_of(self.to)
        return ends if ends > self.starts else ends + 24 * 60


class Recipient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who can be told."""

    name: Name
    """As it stands in the rota of duty (B2) and in the record."""
    roles: Annotated[list[Id], Meta(min_length=1)]
    """Of the plan (R2)."""
    halls: list[str] = []
    """As ``area/hall``; left out: every hall."""
    language: Language = "zh"
    ways: Annotated[list[Way], Meta(min_length=1)]
    """The first one is taken, the next one when it fails."""
    quiet: list[Quiet] = []

    def is_of(self, hall: HallKey) -> bool:
        """Tell whether this person is told of a hall."""
        return not self.halls or str(hall) in self.halls


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of escalation: while nobody has acknowledged an incident, more people are told."""

    after_s: Hold = 0.0
    """How long after the incident began."""
    to: Annotated[list[Id], Meta(min_length=1)]
    """Roles or groups of the plan (R2)."""
    levels: list[str] = []
    """Response levels (R1) for which this is done; left out: all."""
    on_duty: bool = True
    """Whoever is on duty in the role (B2), if the rota names somebody; false: everybody of the role."""
    channels: list[Id] = []
    """By these channels, in this order; left out: in the person's own order."""
    repeat_s: Duration | None = None
    """How long after, if still nobody has acknowledged it, the same people are told again; left out: once only."""
    times: Annotated[int, Meta(ge=1, le=20)] = 3
    """How often in all."""

    @property
    def name(self) -> str:
        """Names it by whom it tells, when and how: it stays the same when others come or go in the file."""
        words = (f"{self.after_s:g}", *self.to, *self.levels, *self.channels, "" if self.on_duty else "all")
        return " ".join(filter(None, words))


class Alerting(Struct, frozen=True, kw_only=True):
    """All of it, as far as the core needs it."""

    recipients: tuple[Recipient, ...] = ()
    steps: tuple[Step, ...] = ()
    feeds: tuple[str, ...] = ()
    """Channels on which systems are told of every incident."""
    update_pause_s: float = 60.0
    """How long after a message about an incident at the earliest the next one tells how it went on; what is worse than
    before, and its end, are told at once."""

    def recipient(self, name: str) -> Recipient | None:
        """Return the person of this name; None: nobody can be told by it."""
        return next((each for each in self.recipients if each.name == name), None)

    def leads(self, channel: str, people: Sequence[str]) -> bool:
        """Tell whether a channel leads to one of these people, or to a system (none)."""
        if not people:
            return channel in self.feeds
        known = filter(None, map(self.recipient, people))
        return any(way.channel == channel for person in known for way in person.ways)
