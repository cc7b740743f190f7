"""Counts the alerts of a span: for each person, for each rule, and in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from statistics import median
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.alerts.escalation import is_quiet
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.quality.episodes import Episode, Message
from hallwatch_collector.core.quality.week import Span

NEW: Final[frozenset[Occasion]] = frozenset({"new", "back", "other", "hand-over"})
REMINDERS: Final[frozenset[Occasion]] = frozenset({"reminder"})
NIGHT_ENDS: Final = 6
NIGHT_BEGINS: Final = 22
"""Hours of the day by the hall's clocks: between the second and the first people sleep."""
TOGETHER_S: Final = 5.0
"""A digest of several halls is taken in hall by hall; two digests are further apart than that."""


class Told(Struct, frozen=True, kw_only=True):
    """How incidents of which people were told went on; counted where they began."""

    incidents: int = 0
    """Of which somebody was told. One that came back counts again."""
    acted_on: int = 0
    """About which somebody did something before it was over: took it on, handed it over, repaired it, answered a
    measure, wrote a note, or said that it was false."""
    unacknowledged: int = 0
    """That nobody took on."""
    repeated: int = 0
    """That came back: the same fault on the same device within a day."""
    false: int = 0
    said_false: int = 0
    """Of the false ones: those of which somebody said so. The others went away by themselves."""

    @property
    def acted_ratio(self) -> float | None:
        """Share of those that were acted on; None: there were none."""
        return self.acted_on / self.incidents if self.incidents else None


class PersonCount(Struct, frozen=True, kw_only=True):
    """What one person was told, and what they did about it."""

    person: str
    new: int = 0
    """Messages about something new: an incident, one that came back, one that was handed to them."""
    follow_ups: int = 0
    """About how it went on, and its end."""
    reminders: int = 0
    digests: int = 0
    """Messages that told several at once."""
    at_night: int = 0
    """Of all these: between 22:00 and 6:00, or in their quiet hours."""
    incidents: int = 0
    """Of which they were told."""
    acted_on: int = 0
    """Of these: about which they themselves did something."""
    unacknowledged: int = 0
    """Of these: that nobody took on."""
    acknowledged: int = 0
    """Of these: that they took on."""
    median_to_acknowledge_s: float | None = None
    """From their first message until they took it on; half of these took longer. None: they took none on."""

    @property
    def messages(self) -> int:
        """All of them."""
        return self.new + self.follow_ups + self.reminders + self.digests

    @property
    def acted_ratio(self) -> float | None:
        """Share of those that they acted on; None: they were told of none."""
        return self.acted_on / self.incidents if self.incidents else None


class RuleCount(Struct, frozen=True, kw_only=True):
    """How the incidents of one fault on one kind of device went on."""

    kind: str
    """Of device; empty: the device is in no hall file any more."""
    fault: str
    fault_name: str
    fault_name_en: str
    told: Told


class HallEpisodes(Struct, frozen=True, kw_only=True):
    """A hall with its episodes, those before and after the span included."""

    hall: Hall
    span: Span
    episodes: Sequence[Episode]

    def told(self) -> list[Episode]:
        """Return those that began in the span and of which somebody was told."""
        return [each for each in self.episodes if self.span.holds(each.opened_at) and each.told]


def count_told(episodes: Iterable[Episode]) -> Told:
    """Count episodes of which people were told."""
    told = list(episodes)
    return Told(
        incidents=len(told),
        acted_on=sum(bool(each.acts) or each.false_how == "said" for each in told),
        unacknowledged=sum(each.acknowledged_at is None for each in told),
        repeated=sum(each.repeated for each in told),
        false=sum(bool(each.false_how) for each in told),
        said_false=sum(each.false_how == "said" for each in told),
    )


def count_rules(halls: Iterable[HallEpisodes], catalogue: Catalogue) -> list[RuleCount]:
    """Count by kind of device and fault: those with the most false ones first."""
    found: dict[tuple[str, str], list[Episode]] = {}
    for each in halls:
        kinds = {device.id: device.kind for device in each.hall.devices}
        for episode in each.told():
            kind = kinds.get(episode.device) or kind_of_thing(episode.device)
            found.setdefault((kind, episode.fault), []).append(episode)
    names = {fault.id: (fault.name, fault.name_en) for fault in catalogue.faults}
    counted = []
    for (kind, fault), theirs in found.items():
        name, name_en = names.get(fault, (fault, fault))
        told = count_told(theirs)
        counted.append(RuleCount(kind=kind, fault=fault, fault_name=name, fault_name_en=name_en, told=told))
    return sorted(counted, key=lambda each: (-each.told.false, -each.told.incidents, each.kind, each.fault))


def kind_of_thing(device: str) -> str:
    """Return what kind of thing is followed like a device, a window or the hall; empty: a device that is gone."""
    return device.partition(":")[0] if ":" in device else ""


def count_people(halls: Sequence[HallEpisodes], alerting: Alerting) -> list[PersonCount]:
    """Count for each person who had a message: who had the most first."""
    messages: dict[str, list[tuple[Message, Hours]]] = {}
    told: dict[str, list[Episode]] = {}
    for each in halls:
        hours = Hours.of(each.hall)
        for message in _messages(each):
            messages.setdefault(message.person, []).append((message, hours))
        for episode in each.told():
            for name in {message.person for message in episode.messages}:
                told.setdefault(name, []).append(episode)
    counted = [_count_person(name, theirs, told.get(name, []), alerting) for name, theirs in messages.items()]
    return sorted(counted, key=lambda each: (-each.messages, each.person))


def _count_person(
    name: str, messages: Iterable[tuple[Message, Hours]], told: Sequence[Episode], alerting: Alerting
) -> PersonCount:
    single: dict[str, int] = {"new": 0, "follow_ups": 0, "reminders": 0}
    last_at: dict[str, float] = {}
    """Channel → when the last digest began to be taken in."""
    digests = at_night = 0
    for message, hours in sorted(messages, key=lambda each: each[0].at):
        if message.digest and message.at - last_at.get(message.channel, -inf) < TOGETHER_S:
            continue
        if message.digest:
            last_at[message.channel] = message.at
            digests += 1
        else:
            single[_sort(message.occasion)] += 1
        at_night += _is_night(message, hours, alerting)
    waits = [wait for episode in told if (wait := _wait_s(episode, name)) is not None]
    return PersonCount(
        person=name, **single, digests=digests, at_night=at_night, incidents=len(told),
        acted_on=sum(_acted(episode, name) for episode in told),
        unacknowledged=sum(episode.acknowledged_at is None for episode in told),
        acknowledged=len(waits), median_to_acknowledge_s=median(waits) if waits else None,
    )  # fmt: skip


def _messages(hall: HallEpisodes) -> Iterable[Message]:
    return (each for episode in hall.episodes for each in episode.messages if hall.span.holds(each.at))


def _sort(occasion: Occasion) -> str:
    return "new" if occasion in NEW else "reminders" if occasion in REMINDERS else "follow_ups"


def _is_night(message: Message, hours: Hours, alerting: Alerting) -> bool:
    person = alerting.recipient(message.person)
    if not NIGHT_ENDS <= hours.local(message.at).hour < NIGHT_BEGINS:
        return True
    return person is not None and is_quiet(person, hours, message.at)


def _first_at(episode: Episode, name: str) -> float | None:
    return min((each.at for each in episode.messages if each.person == name), default=None)


def _acted(episode: Episode, name: str) -> bool:
    return any(act.by == name for act in episode.acts) or episode.false_by == name


def _wait_s(episode: Episode, name: str) -> float | None:
    """Return how long after their first message a person took an episode on; None: they did not."""
    first = _first_at(episode, name)
    taken = next((act for act in episode.acts if act.acknowledges), None)
    return None if first is None or taken is None or taken.by != name else max(0.0, taken.at - first)
