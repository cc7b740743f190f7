"""Plays a case under one or several plans and tells which clause fired when and why: ``hallwatch plan explain``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from hallwatch_collector import plans
from hallwatch_collector.core.events import (
    AnyEvent,
    IncidentOpened,
    LevelChanged,
    MeasureDecided,
    MeasureRaised,
    MeasureUndone,
)
from hallwatch_collector.core.public_events import NoticeReleased
from hallwatch_collector.core.why import Link, NothingToExplain
from hallwatch_collector.player import Player
from hallwatch_collector.replay import play_case

Language = Literal["zh", "en"]
REASONS: Final = ("fault", "cause", "occasion", "condition")
"""Of the chain of a measure, the links that tell one firing from another."""
ROOT: Final = ("fault", "cause")
"""Of these, what firings of one incident have in common: told again only where it is otherwise."""
WORDS: Final = {
    "en": {
        "occasion": "on", "condition": "if", "fault": "fault", "cause": "root", "same": "alike under both",
        "none": "not at all", "measures": "measures asked for", "not": "(not any more)", "level": "level",
    },
    "zh": {
        "occasion": "时机", "condition": "条件", "fault": "故障", "cause": "根因", "same": "两个预案相同",
        "none": "没有", "measures": "项措施", "not": "(现已不是)", "level": "级别",
        "auto": "自动", "ask": "请决定", "show": "请办理", "register": "登记簿",
        "confirmed": "同意", "declined": "不同意", "done": "已办理", "cause-gone": "原因消除",
        "fault-back": "故障又发生", "time-over": "时间已过", "soon-back": "即将恢复",
        "level-lowered": "级别已调低", "replaced": "被取代", "hall-file": "大厅资料已改",
    },
}  # fmt: skip
"""What is said in each language; what stands only in the second is an English word itself."""


class Firing(Struct, kw_only=True):
    """A clause that fired: a measure that was raised, why, and what became of it."""

    template: str
    """The measure's id in the plan."""
    clause: str
    subject: str
    mode: str
    owner: str
    at: float
    due_at: float | None
    text: str
    text_en: str
    because: tuple[Link, ...]
    ended_at: float | None = None
    ended: str = ""
    """``confirmed``, ``declined``, ``done``, or why it was undone; empty: it still stands at the end."""


class Key(NamedTuple):
    """What makes two firings of two plans the same: the measure, what it is about, and which time it was."""

    template: str
    subject: str
    time: int


class Leveled(NamedTuple):
    """An incident came to a level."""

    at: float
    level: str
    because: Link | None
    """The rule that gave it, what that saw, and what had changed; or who set it."""


class Played(NamedTuple):
    """A case played under a plan."""

    plan: str
    """As it was asked for."""
    name: str
    zone: tzinfo
    start: float
    """When the play began: moments of that day are told without their date."""
    roles: dict[str, str]
    """Role → its name in Chinese."""
    firings: dict[Key, Firing]
    levels: dict[str, list[Leveled]]
    """Root device → the levels that its incident had (R1)."""


def play_under(folder: Path, plan: str) -> Played:
    """Play a case under a plan; raise :class:`FileRefused` when a file is wrong."""
    rules, catalogue = plans.load(plans.find_plan(plan))
    listener = _Listener()
    player = play_case(folder, rules, catalogue, listen=listener.hear)
    return Played(
        plan, rules.name, ZoneInfo(player.timezone), listener.start, {role.id: role.name for role in rules.roles},
        listener.firings, listener.levels,
    )  # fmt: skip


class _Listener:
    """Gathers the firings of a play."""

    def __init__(self) -> None:
        self.firings: dict[Key, Firing] = {}
        self.levels: dict[str, list[Leveled]] = {}
        self.start = float("inf")
        self._devices: dict[str, str] = {}
        self._releases: dict[str, str] = {}
        """Public text as it is numbered → as the plan names it: the same text has other numbers under other plans."""
        self._times: Counter[tuple[str, str]] = Counter()
        self._open: dict[str, Firing] = {}

    def hear(self, player: Player, events: Sequence[AnyEvent]) -> None:
        """Take in what was decided, and ask why while the hall is as it was then."""
        for event in events:
            self.start = min(self.start, event.at)
            if isinstance(event, MeasureRaised) and not event.updated:
                self._raise(player, event)
            elif isinstance(event, IncidentOpened):
                self._devices[event.incident] = event.device
            elif isinstance(event, LevelChanged):
                leveled = Leveled(event.at, event.level, _level_of(player, event))
                self.levels.setdefault(self._devices[event.incident], []).append(leveled)
            elif isinstance(event, NoticeReleased):
                self._releases[event.release] = event.notice
            elif isinstance(event, MeasureUndone | MeasureDecided) and event.measure in self._open:
                firing = self._open.pop(event.measure)
                firing.ended_at = event.at
                firing.ended = event.because if isinstance(event, MeasureUndone) else event.decision

    def _raise(self, player: Player, event: MeasureRaised) -> None:
        subject = self._subject(event.subject)
        self._times[event.template, subject] += 1
        key = Key(event.template, subject, self._times[event.template, subject])
        self._open[event.measure] = self.firings[key] = Firing(
            template=event.template, clause=event.clause, subject=subject, mode=event.mode, owner=event.owner,
            at=event.at, due_at=event.due_at, text=event.text, text_en=event.text_en,
            because=_reasons(player, event.measure),
        )  # fmt: skip

    def _subject(self, subject: str) -> str:
        for release, notice in self._releases.items():
            if subject == release or subject.startswith(f"{release}-"):
                return f"{notice}{subject.removeprefix(release)}"
        return subject


def _reasons(player: Player, measure: str) -> tuple[Link, ...]:
    try:
        return tuple(link for link in player.explain("measure", measure).links if link.station in REASONS)
    except NothingToExplain:  # raised and let go of again within one decision
        return ()


def _level_of(player: Player, event: LevelChanged) -> Link | None:
    """Return what gave an incident its level: the person, or the last of the rules."""
    links = [link for link in player.explain("incident", event.incident).links if link.station == "level"]
    by_hand = [link for link in links if link.at is None]
    return next(iter((*by_hand, *reversed(links))), None)


def tell(played: Played, language: Language) -> Iterator[str]:
    """Yield which clauses fired under a plan: when, what, and why."""
    words, clock = WORDS[language], _Clock(played)
    yield f"== {played.plan}: {played.name} ({len(played.firings)} {words['measures']}) =="
    for device, levels in played.levels.items():
        yield f"{words['level']} {device}: {_say_levels(levels, clock)}"
        for leveled in levels:
            if leveled.because is not None:
                text = leveled.because.text if language == "zh" else leveled.because.text_en
                yield f"{clock.say(leveled.at)}  {leveled.because.clause:<3} {text}"
    root: list[Link] = []
    for firing in sorted(played.firings.values(), key=lambda firing: firing.at):
        how = _how(firing, played, language)
        yield f"{clock.say(firing.at)}  {firing.clause:<3} {firing.template}  {firing.subject}  ({how})"
        yield f"{'':10}{firing.text if language == 'zh' else firing.text_en}"
        own = [link for link in firing.because if link.station in ROOT]
        for link in firing.because:
            if link.station in ROOT and own == root:
                continue
            text = link.text if language == "zh" else link.text_en
            over = "" if link.holds else f" {words['not']}"
            yield f"{'':10}{words[link.station]}: {link.name}: {text}{over}"
        root = own


def _how(firing: Firing, played: Played, language: Language) -> str:
    """Say how a clause is carried out, who owes it until when, and what became of it."""
    words, clock = WORDS[language], _Clock(played)
    owner = played.roles.get(firing.owner, firing.owner) if language == "zh" else firing.owner
    due = f" → {clock.say(firing.due_at)}" if firing.due_at is not None else ""
    ended = f"; {words.get(firing.ended, firing.ended)} {clock.say(firing.ended_at)}" if firing.ended else ""
    return f"{words.get(firing.mode, firing.mode)}, {owner}{due}{ended}"


def compare(first: Played, second: Played, language: Language, *, whole: bool = False) -> Iterator[str]:
    """Yield how two plans differ on the same case: measures at other moments, those of one plan only, and levels.

    *whole*: also which measures are alike under both.
    """
    words = WORDS[language]
    keys = sorted(first.firings.keys() | second.firings.keys(), key=lambda key: (_first_at(key, first, second), key))
    same = [key for key in keys if _moments(key, first) == _moments(key, second)]
    yield f"== {first.plan} ↔ {second.plan} =="
    yield f"{words['same']}: {len(same)}"
    for key in same if whole else ():
        yield f"{first.firings[key].clause:<3} {_say_key(key)} = {_say(key, first, language)}"
    for device in sorted(first.levels.keys() | second.levels.keys()):
        left, right = (each.levels.get(device, []) for each in (first, second))
        if [each[:2] for each in left] != [each[:2] for each in right]:
            said = [
                _say_levels(left, _Clock(first)) or words["none"],
                _say_levels(right, _Clock(second)) or words["none"],
            ]
            yield f"{'R1':<3} {words['level']:<28} {device:<20} {first.plan}: {said[0]}; {second.plan}: {said[1]}"
    for key in keys:
        if key not in same:
            clause = (first.firings.get(key) or second.firings[key]).clause
            yield (
                f"{clause:<3} {_say_key(key)} "
                f"{first.plan}: {_say(key, first, language)}; {second.plan}: {_say(key, second, language)}"
            )


def _say_key(key: Key) -> str:
    """Say which measure it is, about what, and which time."""
    time = f" #{key.time}" if key.time > 1 else ""
    return f"{key.template:<28} {key.subject + time:<20}"


def _moments(key: Key, played: Played) -> tuple[float, float | None, str, str] | None:
    """Return what of a firing is compared: its moment, its due time, its mode and its owner."""
    firing = played.firings.get(key)
    return (firing.at, firing.due_at, firing.mode, firing.owner) if firing else None


def _first_at(key: Key, *played: Played) -> float:
    return min(each.firings[key].at for each in played if key in each.firings)


def _say(key: Key, played: Played, language: Language) -> str:
    words, firing = WORDS[language], played.firings.get(key)
    if firing is None:
        return words["none"]
    clock = _Clock(played)
    owner = played.roles.get(firing.owner, firing.owner) if language == "zh" else firing.owner
    due = f" → {clock.say(firing.due_at)}" if firing.due_at is not None else ""
    return f"{clock.say(firing.at)}{due} ({words.get(firing.mode, firing.mode)}, {owner})"


def _say_levels(levels: Sequence[Leveled], clock: _Clock) -> str:
    return ", ".join(f"{clock.say(each.at)} {each.level}" for each in levels)


class _Clock:
    """Says moments by the hall's clock: those of another day than the first with their date."""

    def __init__(self, played: Played) -> None:
        self._zone = played.zone
        self._day = datetime.fromtimestamp(played.start, played.zone).date()

    def say(self, at: float | None) -> str:
        """Say a moment; none: a dash."""
        if at is None:
            return "–"
        moment = datetime.fromtimestamp(at, self._zone)
        return f"{moment:%H:%M:%S}" if moment.date() == self._day else f"{moment:%m-%d %H:%M:%S}"
