"""A drill as data: what goes wrong, when, on which of a hall's things, and what is expected of people and program."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from hallwatch_agent.tables import TableReader
from hallwatch_agent.wire import ID_PATTERN, Id
from hallwatch_collector.core.commands.command import PersonName, Words
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.plan import ClauseId
from hallwatch_collector.core.values import Name
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
LongWhile = Annotated[float, Meta(gt=0, le=30 * 86_400)]
Pause = Annotated[float, Meta(ge=1, le=3600)]
SETTLING_S: Final = 60.0
"""So long after the last thing of a scenario, at least, it may still have consequences."""
Pick = Literal["all", "first", "upstream", "busiest"]
"""Which of the things that fit: every one; the first of the hall file; those that the hall's business systems are
reached through; the one on which most of the others depend."""


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some of a hall's things, chosen by what they are, so that the scenario fits any hall."""

    kinds: Annotated[list[Kind], Meta(min_length=1)]
    gives: list[Id] = []
    """Only things that give one of these capabilities; empty: any."""
    pick: Pick
    missing: str
    """What to say when a hall has none."""
    missing_en: str


class Trouble(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong and is put right again; moments are seconds after the scenario's begin."""

    what: str
    """The group it happens to."""
    faults: Annotated[list[Id], Meta(min_length=1)]
    """Of the simulation; the first that fits the thing happens."""
    at: Seconds
    until: Seconds
    on_s: Pause | None = None
    """It comes and goes: so long each time it is there …"""
    off_s: Pause | None = None
    """… and so long it is away."""
    optional: bool = False
    """A hall without such things can play the scenario all the same."""

    def __post_init__(self) -> None:
        if self.until <= self.at:
            raise ValueError(f"until = {self.until:g} is not after at = {self.at:g}")
        if (self.on_s is None) != (self.off_s is None):
            raise ValueError("on_s and off_s go together")

    def spells(self) -> list[tuple[float, float]]:
        """Return when it is there: from, until."""
        if self.on_s is None or self.off_s is None:
            return [(self.at, self.until)]
        spells, at = [], self.at
        while at < self.until:
            spells.append((at, min(at + self.on_s, self.until)))
            at += self.on_s + self.off_s
        return spells


class News(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody from outside the hall tells about a trouble: a note on its incident, as soon as there is one."""

    at: Seconds
    what: str
    """The group whose trouble it is about."""
    by: PersonName
    text: Words
    back_in_s: LongWhile | None = None
    """So long from then on the repair is expected to take; None: nothing is said of that."""


class Expected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="act"):
    """Something that is to be done, and how soon."""

    id: Id
    title: Name
    title_en: Name
    within_s: Seconds = 0.0
    points: Annotated[float, Meta(gt=0, le=100)] = 1.0
    if_asked: list[ClauseId] = []
    """Counts only when the plan asked for one of these; empty: always."""


class Alerted(Expected, tag="alert", frozen=True, kw_only=True):
    """Those who repair are told (H1), so soon after the trouble began."""

    clause: ClauseId = "H1"
    of: str = ""
    """The group to which the trouble came; empty: the first of the scenario."""


class SignUp(Expected, tag="sign", frozen=True, kw_only=True):
    """The first sign is up, so soon after the trouble began."""

    clause: ClauseId | Literal[""] = ""
    """Only signs of this clause; empty: any."""
    of: str = ""
    """The group to which the trouble came; empty: the first of the scenario."""


class Acknowledged(Expected, tag="acknowledge", frozen=True, kw_only=True):
    """Somebody takes each incident on, so soon after it was opened."""


class Estimated(Expected, tag="estimate", frozen=True, kw_only=True):
    """Somebody says of each incident when it will be repaired, so soon after it was opened (D1)."""


class Decided(Expected, tag="decide", frozen=True, kw_only=True):
    """Every proposal of these clauses is answered, yes or no, so soon after it was made."""

    clauses: Annotated[list[ClauseId], Meta(min_length=1)]


class Done(Expected, tag="do", frozen=True, kw_only=True):
    """Every step of these clauses is ticked, so soon after it was asked for."""

    clauses: Annotated[list[ClauseId], Meta(min_length=1)]


class Checked(Expected, tag="check", frozen=True, kw_only=True):
    """The last transaction is checked at each window (D4), so soon after it was asked for."""

    clauses: list[ClauseId] = field(default_factory=lambda: ["D4"])


class Calm(Expected, tag="calm", frozen=True, kw_only=True):
    """It makes no more incidents than these: one cause is told once."""

    most_incidents: Annotated[int, Meta(ge=1)] = 1


AnyExpected = Alerted | SignUp | Acknowledged | Estimated | Decided | Done | Checked | Calm


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill."""

    title: Name
    title_en: Name
    story: str
    story_en: str
    lasts_s: Seconds
    """The drill ends so long after its begin at the latest."""
    filing_in_days: Annotated[int, Meta(ge=0, le=30)] | None = None
    """The twin's filing period ends in so many days; None: as the hall's own."""
    groups: dict[str, Group]
    troubles: Annotated[list[Trouble], Meta(min_length=1)]
    news: list[News] = []
    expect: Annotated[list[AnyExpected], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if wrong := [*self._unknown_groups(), *self._contradictions()]:
            raise ValueError("; ".join(wrong))

    def _unknown_groups(self) -> Iterator[str]:
        named = [(f"troubles[{number}]", each.what) for number, each in enumerate(self.troubles, 1)]
        named += [(f"news[{number}]", each.what) for number, each in enumerate(self.news, 1)]
        named += [
            (f"expect {each.id}", each.of) for each in self.expect if isinstance(each, Alerted | SignUp) and each.of
        ]
        for place, group in named:
            if group not in self.groups:
                yield f"{place}: no group {group!r}; {name_choices(group, self.groups)}"

    def _contradictions(self) -> Iterator[str]:
        for trouble in self.troubles:
            if trouble.until >= self.lasts_s:
                yield f"lasts_s = {self.lasts_s:g} ends the drill before {trouble.what!r} is put right"
        ids = Counter(each.id for each in self.expect)
        for name in (name for name, count in ids.items() if count > 1):
            yield f"two expected acts have the id {name!r}"


Drill = tuple[str, Scenario]
"""A scenario and its name."""
SUFFIX: Final = ".toml"


def read_scenario(path: Path) -> Drill:
    """Read a scenario's file; raise :class:`FileRefused`."""
    if not re.match(ID_PATTERN, path.stem):
        text = f"its name is the drill's, and {path.stem!r} is none; use small letters, digits and hyphens"
        raise FileRefused([Problem(str(path), "", text)])
    table, _ = read_toml(path)
    reader = TableReader()
    scenario = reader.read(table, Scenario)
    if reader.problems:
        raise FileRefused(Problem(str(path), key, text) for key, text in reader.problems)
    return path.stem, scenario


@cache
def shipped() -> Mapping[str, Scenario]:
    """Return the scenarios that come with Hallwatch, by name."""
    found = sorted(Path(str(each)) for each in files(__package__).iterdir() if each.name.endswith(SUFFIX))
    return dict(map(read_scenario, found))


def find_scenario(name: str) -> Drill:
    """Return a scenario by its name, or by its file; raise :class:`FileRefused`."""
    if name in shipped():
        return name, shipped()[name]
    if name.endswith(SUFFIX):
        return read_scenario(Path(name))
    raise FileRefused([Problem(name, "", f"there is no such drill; {name_choices(name, shipped())}")])
