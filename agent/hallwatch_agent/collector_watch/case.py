"""What can be the matter with the collector, and how far telling people of it has come: the transition table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct


class Moment(NamedTuple):
    """A moment by both clocks."""

    wall: float
    """Unix seconds UTC, for people."""
    monotonic: float


class Symptom(StrEnum):
    """What is wrong, as far as this agent can tell."""

    SILENT = "silent"  # the broker is there, the collector's heartbeat is not
    STOPPED = "stopped"  # the same, after it said that it stops
    AWAY = "away"  # the broker is not there: how the collector is cannot be known
    TROUBLED = "troubled"  # it says itself that something keeps it from its work


GONE: Final = (Symptom.SILENT, Symptom.STOPPED)


class Phase(StrEnum):
    """How far telling has come."""

    CALM = "calm"  # there is nothing to tell
    TELLING = "telling"  # to be told; nobody was yet
    TOLD = "told"
    AGAIN = "again"  # to be told; somebody was before, or may have been
    ENDING = "ending"  # it is over; that is to be told


class Signal(StrEnum):
    """What moves it."""

    DUE = "due"  # a symptom has lasted long enough to be told, or told again
    KNOWN = "known"  # what people were told last is so again, before they heard of anything else
    OVER = "over"  # the collector is heard again
    TAKEN = "taken"  # the channel took the message
    PERHAPS = "perhaps"  # it may have taken it


NEXT: Final = {
    (Phase.CALM, Signal.DUE): Phase.TELLING,
    (Phase.TELLING, Signal.OVER): Phase.CALM,  # whom nobody alarmed, nobody need calm
    (Phase.TELLING, Signal.TAKEN): Phase.TOLD,
    (Phase.TELLING, Signal.PERHAPS): Phase.AGAIN,
    (Phase.TOLD, Signal.DUE): Phase.AGAIN,
    (Phase.TOLD, Signal.OVER): Phase.ENDING,
    (Phase.AGAIN, Signal.KNOWN): Phase.TOLD,
    (Phase.AGAIN, Signal.OVER): Phase.ENDING,
    (Phase.AGAIN, Signal.TAKEN): Phase.TOLD,
    (Phase.AGAIN, Signal.PERHAPS): Phase.AGAIN,
    (Phase.ENDING, Signal.DUE): Phase.AGAIN,
    (Phase.ENDING, Signal.KNOWN): Phase.TOLD,
    (Phase.ENDING, Signal.TAKEN): Phase.CALM,
    (Phase.ENDING, Signal.PERHAPS): Phase.ENDING,
}


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One absence of the collector, from the first doubt to the word that it is over. Kept on disk; wall clock only."""

    phase: Phase
    symptom: Symptom
    since: float
    serial: int
    """Counts the messages of this agent, so that each has a name of its own."""
    told: Symptom | None = None
    """What people were told last."""
    told_at: float = 0.0
    over_at: float = 0.0
    sending: bool = False
    """A message is on its way."""
    perhaps: bool = False
    """The message that is to go may have arrived before."""
    resumed: bool = False
    """This agent, or its machine, was itself away meanwhile."""


class Telling(Struct, frozen=True, kw_only=True):
    """A message to people."""

    serial: int
    symptom: Symptom
    since: float
    at: float
    over_at: float = 0.0
    """When it ended; 0: it has not."""
    again: bool = False
    """The same was told before."""
    perhaps: bool = False
    """This very message may have arrived before."""
    resumed: bool = False
    never: bool = False
    """No heartbeat was ever heard, not even an old one."""


def alike(one: Symptom | None, other: Symptom) -> bool:
    """Tell whether two symptoms are the same to people."""
    return one == other or (one in GONE and other in GONE)
