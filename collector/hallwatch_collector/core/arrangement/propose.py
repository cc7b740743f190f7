"""The proposal for a hall as it is now: each part by itself, for a person to confirm or decline.

The parts do not build on one another, since nobody knows which of them will be confirmed; once one is, they are worked
out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from hallwatch_collector.core.arrangement.goals import Keeping, Serving
from hallwatch_collector.core.arrangement.load import Arrangement, Crowd, bits, mask
from hallwatch_collector.core.arrangement.moves import Move, Post
from hallwatch_collector.core.arrangement.search import Floor, Found, Search, Steps
from hallwatch_collector.core.arrangement.waiting import Waiting

PeopleEach = Annotated[float, Meta(ge=1, le=1000)]


class ArrangementRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When windows are crowded or unevenly loaded, in people waiting for each open window (P1, P5)."""

    crowded_above: PeopleEach = 10.0
    uneven_above_ratio: Annotated[float, Meta(ge=1, le=100)] = 1.5
    """Windows are unevenly loaded when some have so many times as many people as the hall has on average …"""
    calm_up_to: PeopleEach = 3.0
    """… and more than these."""
    most_moves: Annotated[int, Meta(ge=1, le=8)] = 4
    """So many windows are changed at once at most because of a crowd; what serves a class again is not limited."""


class Part(Struct, frozen=True, kw_only=True):
    """The moves that one clause asks for, those with the lowest window numbers first."""

    moves: tuple[Move, ...] = ()
    enough: bool = True
    """These moves reach what the clause wants; else they are what helps most."""
    exact: bool = True
    """No fewer moves would do, nor others be better for those who wait; else the search was broken off, or what the
    clause wants is out of reach."""


class Proposal(Struct, frozen=True, kw_only=True):
    """What could be done with the windows now."""

    serve: Part
    """So that each class has a window (W1)."""
    relieve: Part
    """Windows to open, so that no window is crowded (P1)."""
    rebalance: Part
    """Classes to lend to open windows, so that none has far more people than the average (P5)."""
    full: bool
    """There is a crowd, no window to open, and nothing to borrow (P2)."""


def propose(posts: Sequence[Post], classes: Sequence[str], waiting: Waiting, rules: ArrangementRules) -> Proposal:
    """Return what could be done with the windows.

    *classes* are those that the hall has to serve. Of several ways with the fewest moves, the proposal has the one
    with which people wait least, then the one with the lowest window numbers. Where nobody counts who waits for a
    class, a window for it is chosen as if one person did, and it is not said to be crowded.
    """
    return _Arranger(posts, classes, waiting, rules).propose()


class _Arranger:
    def __init__(
        self, posts: Sequence[Post], classes: Sequence[str], waiting: Waiting, rules: ArrangementRules
    ) -> None:
        self.posts, self.classes, self.waiting, self.rules = posts, list(dict.fromkeys(classes)), waiting, rules
        self.floor = Floor(posts, self.classes, opening=True, lending=True)
        self.now: Arrangement = self.floor.start
        self.missing = (1 << len(self.classes)) - 1
        for taken in self.now:
            self.missing &= ~taken
        people = waiting.people(self.classes, unknown=0.0)
        self.crowd = Crowd(0 if self.missing >> place & 1 else count for place, count in enumerate(people))
        """Of those who wait for a class that has a window."""

    def propose(self) -> Proposal:
        """Return the proposal."""
        limit = Fraction(self.rules.crowded_above)
        crowded = self.crowded(limit)
        relieve, rebalance = self.relieve(limit, crowded), self.rebalance()
        full = bool(crowded) and not relieve.moves and not rebalance.moves
        return Proposal(serve=self.serve(), relieve=relieve, rebalance=rebalance, full=full)

    def crowded(self, limit: Fraction) -> int:
        """Return the classes with more people than *limit* for each of their windows."""
        blocks = self.crowd.blocks(self.now)
        return sum(block.classes for block in blocks if block.density > limit)

    def servable(self) -> int:
        """Return the classes that some move could give a window."""
        servable = 0
        for taken in self.floor.at_most():
            servable |= taken
        return servable

    def serve(self) -> Part:
        """Give each class a window again (W1)."""
        wanted = self.missing & self.servable()
        crowd = Crowd(self.waiting.people(self.classes, unknown=1.0))
        search = Search(self.floor, crowd, Serving(self.floor, crowd, wanted))
        return self.part(self.floor, search.run(most_moves=2 * len(self.classes)), wanted)

    def relieve(self, limit: Fraction, crowded: int) -> Part:
        """Open windows, so that no window is crowded (P1)."""
        floor = Floor(self.posts, self.classes, opening=True, lending=False)
        found = Search(floor, self.crowd, Keeping(floor, self.crowd, limit)).run(self.rules.most_moves)
        return self.part(floor, found, crowded)

    def rebalance(self) -> Part:
        """Lend classes to open windows, so that none has far more people than the average (P5)."""
        windows = sum(1 for post in self.posts if post.open and (post.takes or post.may))
        if not windows:
            return Part()
        average = self.crowd.people_of(self.crowd.classes) / windows
        limit = max(average * Fraction(self.rules.uneven_above_ratio), Fraction(self.rules.calm_up_to))
        floor = Floor(self.posts, self.classes, opening=False, lending=True)
        found = Search(floor, self.crowd, Keeping(floor, self.crowd, limit)).run(self.rules.most_moves)
        return self.part(floor, found)

    def part(self, floor: Floor, found: Found, wanted: int = 0) -> Part:
        """Name the moves that were found; *wanted* are the classes for whose sake windows are opened."""
        moves = tuple(self._moves(floor, found.steps, wanted))
        return Part(moves=moves, enough=found.enough, exact=found.exact)

    def _moves(self, floor: Floor, steps: Steps, wanted: int) -> Iterable[Move]:
        for index, business in steps:
            post = floor.posts[index]
            if business:
                yield Move("lend", post.id, self.name(business), self.names(business))
                continue
            lent = sum(step.business for step in steps if step.window == index)
            takes = mask(post.takes, self.classes)
            yield Move("open", post.id, helps=self.names(takes & wanted | lent or takes))

    def name(self, bit: int) -> str:
        """Return the class of a bit."""
        return self.classes[bit.bit_length() - 1]

    def names(self, classes: int) -> tuple[str, ...]:
        """Return some classes by name."""
        return tuple(map(self.name, bits(classes)))
