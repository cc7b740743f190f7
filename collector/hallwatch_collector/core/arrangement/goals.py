"""What is looked for: a window for each class (W1), or no more than so many people at a window (P1, P5)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from operator import or_

from hallwatch_collector.core.arrangement.load import Arrangement, Crowd, bits
from hallwatch_collector.core.arrangement.search import Floor, Gap, Steps


class Serving:
    """Each of some classes has a window."""

    def __init__(self, floor: Floor, crowd: Crowd, wanted: int) -> None:
        self._floor, self._crowd, self._wanted = floor, crowd, wanted
        coverage = [desk.takes & wanted for desk in floor.desks if desk.opens]
        self._coverage = sorted((classes.bit_count() for classes in coverage), reverse=True)
        self._covered = 0
        for classes in coverage:
            self._covered |= classes
        self._all_opened = floor.at_most(self._covered)
        self._windows = sum(1 for desk in floor.desks if desk.open or desk.opens)

    def gap(self, arrangement: Arrangement) -> Gap | None:
        """Return the first class without a window."""
        missing = self._missing(arrangement)
        if not missing:
            return None
        count, moves = missing.bit_count(), 0
        while count > 0:
            count -= max(1, self._coverage[moves]) if moves < len(self._coverage) else 1
            moves += 1
        return Gap(missing & -missing, moves, Fraction(missing.bit_count()))

    def least(self, arrangement: Arrangement) -> Callable[[Steps], Fraction]:
        """Tell by prices: with all that may be opened open, whoever is sent to a window meets the people there.

        The load is convex, so n people more at a window that has m add 2mn at least, and n² over all windows.
        """
        best = tuple(map(or_, arrangement, self._all_opened))
        density = {bit: block.density for block in self._crowd.blocks(best) for bit in bits(block.classes)}
        prices = [max((density.get(bit, Fraction()) for bit in bits(taken)), default=Fraction()) for taken in best]
        people = {bit: self._crowd.people_of(bit) for bit in bits(self._missing(arrangement) & ~self._covered)}
        cheapest = {
            bit: min((price for price, desk in zip(prices, self._floor.desks, strict=True) if desk.may & bit))
            for bit in people
        }
        sent = sum(people.values(), Fraction())
        fixed = self._crowd.load(best) + sent * sent / self._windows
        fixed = sum((2 * count * cheapest[bit] for bit, count in people.items()), fixed)

        def least(steps: Steps) -> Fraction:
            lent = ((step, people[step.business]) for step in steps if step.business in people)
            dearer = (2 * count * (prices[step.window] - cheapest[step.business]) for step, count in lent)
            return sum(dearer, fixed)

        return least

    def _missing(self, arrangement: Arrangement) -> int:
        missing = self._wanted
        for taken in arrangement:
            missing &= ~taken
        return missing


class Keeping:
    """No window has more than *limit* people waiting."""

    def __init__(self, floor: Floor, crowd: Crowd, limit: Fraction) -> None:
        self._crowd, self._limit = crowd, limit
        self._everything = floor.at_most()

    def gap(self, arrangement: Arrangement) -> Gap | None:
        """Return the classes that have too few windows."""
        classes = self._crowd.overfull(arrangement, self._limit)
        if not classes:
            return None
        people, has = self._crowd.people_of(classes), sum(1 for taken in arrangement if taken & classes)
        return Gap(classes, ceil(people / self._limit) - has, people - has * self._limit)

    def least(self, arrangement: Arrangement) -> Callable[[Steps], Fraction]:
        """Tell by making every move at once."""
        load = self._crowd.load(tuple(map(or_, arrangement, self._everything)))
        return lambda _: load
