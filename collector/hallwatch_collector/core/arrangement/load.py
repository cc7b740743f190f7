"""How the people waiting share out over the windows that take their class, as evenly as the classes let them.

Windows and classes are bits here: an arrangement is one number a window, the classes it takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

Arrangement = tuple[int, ...]
PERSON: Final = 100
"""Counts are taken to the hundredth of a person, since those that nobody counts are shared out."""


class Block(NamedTuple):
    """Classes whose people have the same windows to themselves, with equally many people at each."""

    classes: int
    hundredths: int
    """A hundred for each of the people."""
    windows: int

    @property
    def density(self) -> Fraction:
        """People to a window."""
        return Fraction(self.hundredths, PERSON * self.windows)

    @property
    def load(self) -> Fraction:
        """Twice what they wait together, in services: n² for a window with n people."""
        return Fraction(self.hundredths**2, PERSON**2 * self.windows)


class Crowd:
    """The people waiting for each class.

    A window calls whoever of its classes it likes, so people are shared out over every window that takes them. The
    evenest way is found from the most crowded end: the set of classes with the most people to each of its windows
    cannot get better than that, whatever the others do; then the same again with the windows that are left.
    """

    def __init__(self, people: Iterable[float]) -> None:
        """*people* wait for the class of bit 0, bit 1, …"""
        counts = (round(count * PERSON) for count in people)
        self._people = {1 << place: count for place, count in enumerate(counts) if count > 0}
        self.classes = sum(self._people)
        """Those that somebody waits for."""
        self._blocks: dict[tuple[int, ...], list[Block]] = {}
        self._guesses: list[int] = []

    def people_of(self, classes: int) -> Fraction:
        """Return how many wait for some classes."""
        return Fraction(sum(count for bit, count in self._people.items() if bit & classes), PERSON)

    def blocks(self, arrangement: Arrangement) -> list[Block]:
        """Return the blocks, the most crowded first; without the classes that no window takes."""
        key = tuple(sorted(taken & self.classes for taken in arrangement))
        if key not in self._blocks:
            self._blocks[key] = list(self._split(Counter(taken for taken in key if taken)))
            self._guesses = [block.classes for block in self._blocks[key]]
        return self._blocks[key]

    def load(self, arrangement: Arrangement) -> Fraction:
        """Return twice what all wait together, in services: a window with n people counts n²."""
        return sum((block.load for block in self.blocks(arrangement)), Fraction())

    def overfull(self, arrangement: Arrangement, limit: Fraction) -> int:
        """Return classes that have more people than *limit* for each of all their windows; 0: none have.

        Whoever wants to keep the limit must give at least one of these classes one window more.
        """
        windows = Counter(taken & self.classes for taken in arrangement if taken & self.classes)
        return _overfull(self._people, windows, limit)

    def _split(self, windows: Counter[int]) -> Iterator[Block]:
        people = {bit: count for bit, count in self._people.items() if any(taken & bit for taken in windows)}
        while people:
            everything = sum(people)
            # what was dense in the last arrangement is a good guess: the fewer flows
            guesses = {guess & everything for guess in (everything, *people, *self._guesses)} - {0}
            block = max((_block(guess, people, windows) for guess in guesses), key=_density)
            while dense := _overfull(people, windows, block.density):
                block = _block(dense, people, windows)
            yield block
            people = {bit: count for bit, count in people.items() if not bit & block.classes}
            windows = Counter({taken: count for taken, count in windows.items() if not taken & block.classes})


def bits(classes: int) -> Iterator[int]:
    """Yield the single bits of a set of classes, the lowest first."""
    while classes:
        yield classes & -classes
        classes &= classes - 1


def mask(names: Iterable[str], classes: Sequence[str]) -> int:
    """Return the bits of some classes."""
    has = frozenset(names)
    return sum(1 << place for place, name in enumerate(classes) if name in has)


def _density(block: Block) -> Fraction:
    return block.density


def _block(dense: int, people: Mapping[int, int], windows: Mapping[int, int]) -> Block:
    count = sum(count for taken, count in windows.items() if taken & dense)
    return Block(dense, sum(people[bit] for bit in bits(dense)), count)


def _overfull(people: Mapping[int, int], windows: Mapping[int, int], limit: Fraction) -> int:
    """Return classes whose people do not fit into all their windows at up to *limit* each; 0: everybody fits.

    *windows* says how many windows take the same classes.
    """
    left = {bit: count * limit.denominator for bit, count in people.items()}
    return _Flow(left, {taken: count * limit.numerator * PERSON for taken, count in windows.items()}).overfull()


class _Flow:
    """A maximum flow of people into windows, in whole numbers."""

    def __init__(self, left: dict[int, int], room: dict[int, int]) -> None:
        self.left = left
        """Class → people who have no window yet."""
        self.room = room
        """Windows, by what they take → places that are free there."""
        self.given: dict[int, dict[int, int]] = {taken: {} for taken in room}
        """Windows → class → people of that class who go there."""
        for bit, people in left.items():
            rest = people
            for taken, free in room.items():
                if taken & bit and free and rest:
                    moved = min(rest, free)
                    self.given[taken][bit] = moved
                    room[taken] -= moved
                    rest -= moved
            left[bit] = rest

    def overfull(self) -> int:
        """Bring everybody to a window; return the classes that have people left, and all that are in their way."""
        while start := [bit for bit, count in self.left.items() if count]:
            way, reached = self._search(start)
            if not way:
                return reached
            self._pass(way)
        return 0

    def _search(self, start: Iterable[int]) -> tuple[list[tuple[int, int]], int]:
        """Find a way from people left to a free place, as pairs of class and window, the last pair first.

        On the way each class goes to its window by driving the class of the next pair out of it. Without a way,
        return all classes that were reached.
        """
        driven_from = dict.fromkeys(start, 0)
        entered_by: dict[int, int] = {}
        waiting = list(driven_from)
        for bit in waiting:
            for taken, room in self.room.items():
                if not taken & bit or taken in entered_by:
                    continue
                entered_by[taken] = bit
                if room:
                    way = [(bit, taken)]
                    while window := driven_from[way[-1][0]]:
                        way.append((entered_by[window], window))
                    return way, 0
                others = [bit for bit, count in self.given[taken].items() if count and bit not in driven_from]
                driven_from.update(dict.fromkeys(others, taken))
                waiting += others
        return [], sum(driven_from)

    def _pass(self, way: Sequence[tuple[int, int]]) -> None:
        """Bring as many people as possible along a way."""
        first, goal = way[-1][0], way[0][1]
        driven = [(driven, window) for (driven, _), (_, window) in pairwise(way)]
        most = min([self.left[first], self.room[goal], *(self.given[window][bit] for bit, window in driven)])
        self.left[first] -= most
        self.room[goal] -= most
        for bit, window in way:
            self.given[window][bit] = self.given[window].get(bit, 0) + most
        for bit, window in driven:
            self.given[window][bit] -= most
