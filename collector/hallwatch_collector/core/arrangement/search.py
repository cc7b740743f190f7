"""The search for the fewest moves that reach a goal: exact, within a bounded effort."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from hallwatch_collector.core.arrangement.load import Arrangement, Crowd, bits, mask
from hallwatch_collector.core.arrangement.moves import Post

MOST_NODES: Final = 400
"""So many arrangements are looked at; a hall that needs more gets the best of them, marked as not proven."""


class Step(NamedTuple):
    """A move in bits: a class lent to the window of this index; 0: the window opened."""

    window: int
    business: int


Steps = tuple[Step, ...]


class Gap(NamedTuple):
    """What keeps an arrangement from the goal: one of these classes needs one more window, whatever else is done."""

    classes: int
    at_least: int
    """So many more moves are needed."""
    distance: Fraction
    """Classes without a window, or people too many."""


class Found(NamedTuple):
    """The moves, whether they reach the goal, and whether no fewer and no better ones do, for certain."""

    steps: Steps
    enough: bool
    exact: bool


class _Desk(NamedTuple):
    """A post in bits."""

    number: int
    open: bool
    opens: bool
    takes: int
    may: int
    twin: int
    """The first window that is like it in all of this; until one of them is changed, it does not matter which."""


class _Key(NamedTuple):
    """What makes one way of reaching the goal better than another of as many moves; the least is the best."""

    load: Fraction
    numbers: tuple[int, ...]
    steps: tuple[tuple[int, int], ...] = ()


class Floor:
    """The windows of a hall in bits, ordered by number, and which moves of them are allowed."""

    def __init__(self, posts: Sequence[Post], classes: Sequence[str], *, opening: bool, lending: bool) -> None:
        """*lending*: to windows that are open already; a window that is opened can always be lent classes."""
        self.posts = sorted(posts, key=lambda post: post.number)
        self.desks: list[_Desk] = []
        self._twins: dict[tuple[object, ...], int] = {}
        for index, post in enumerate(self.posts):
            opens = opening and post.reserve and not post.open
            may = mask(post.may, classes) if opens or (lending and post.open) else 0
            alike = (post.open, opens, mask(post.takes, classes), may)
            self.desks.append(_Desk(post.number, *alike, twin=self._twins.setdefault(alike, index)))
        self.start: Arrangement = tuple(desk.takes if desk.open else 0 for desk in self.desks)

    def options(self, arrangement: Arrangement, opened: frozenset[int], classes: int) -> Iterator[Steps]:
        """Yield the least sets of moves that give one of some classes one window more; of twins, the first only."""
        seen: set[tuple[int, int, bool]] = set()
        for index, desk in enumerate(self.desks):
            is_open = desk.open or index in opened
            alike = (desk.twin, arrangement[index], is_open)
            if alike in seen or (is_open and arrangement[index] & classes):
                continue
            seen.add(alike)
            if is_open:
                yield from ((Step(index, bit),) for bit in bits(desk.may & classes))
            elif desk.opens and desk.takes & classes:
                yield (Step(index, 0),)
            elif desk.opens:
                yield from ((Step(index, 0), Step(index, bit)) for bit in bits(desk.may & classes))

    def after(self, arrangement: Arrangement, steps: Steps) -> Arrangement:
        """Return the arrangement after some more steps."""
        changed = list(arrangement)
        for index, business in steps:
            changed[index] |= business or self.desks[index].takes
        return tuple(changed)

    def at_most(self, classes: int = -1) -> Arrangement:
        """Return the arrangement with every allowed move made at once, as far as they are of some classes."""
        return tuple((desk.takes if desk.open or desk.opens else 0) | (desk.may & classes) for desk in self.desks)

    def key(self, load: Fraction, steps: Steps) -> _Key:
        """Return the key of a way, told of those twins that have the lowest numbers."""
        told = self.lowest(steps)
        numbers = tuple(self.desks[step.window].number for step in told)
        return _Key(load, numbers, tuple((step.window, step.business) for step in told))

    def lowest(self, steps: Steps) -> Steps:
        """Let the same be done with those of like windows that have the lowest numbers, the most with the first."""
        bundles: dict[int, dict[int, list[int]]] = {}
        for index, business in steps:
            bundles.setdefault(self.desks[index].twin, {}).setdefault(index, []).append(business)
        told: list[Step] = []
        for twin, theirs in bundles.items():
            twins = (index for index, desk in enumerate(self.desks) if desk.twin == twin)
            ordered = sorted((sorted(bundle) for bundle in theirs.values()), key=lambda bundle: (-len(bundle), bundle))
            told += [Step(index, each) for index, bundle in zip(twins, ordered, strict=False) for each in bundle]
        return tuple(sorted(told))

    def bound(self, load: Fraction, steps: Steps, moves: int) -> tuple[Fraction, tuple[int, ...]]:
        """Return what no key of a way of so many moves that has these steps is below, if *load* is such a bound."""
        numbers = [self.desks[self.desks[step.window].twin].number for step in steps]
        return load, tuple(sorted(numbers + [self.desks[0].number] * (moves - len(steps))))


class Goal(Protocol):
    """What is looked for."""

    def gap(self, arrangement: Arrangement) -> Gap | None:
        """Return what an arrangement lacks; None: nothing."""
        ...

    def least(self, arrangement: Arrangement) -> Callable[[Steps], Fraction]:
        """Return what tells, for the next steps from here, below which the load cannot end."""
        ...


class Search:
    """Looks for the fewest moves after which there is no gap; of those for the least load, then the lowest numbers."""

    def __init__(self, floor: Floor, crowd: Crowd, goal: Goal) -> None:
        self._floor, self._crowd, self._goal = floor, crowd, goal
        self._nodes = 0
        self._best: tuple[_Key, Steps] | None = None

    def run(self, most_moves: int) -> Found:
        """Search; when the goal is out of reach, return the moves that bring the hall closer, one after another."""
        first = self._goal.gap(self._floor.start)
        if first is None:
            return Found((), enough=True, exact=True)
        if self._goal.gap(self._floor.at_most()) is None:
            for moves in range(first.at_least, most_moves + 1):
                self._visit(self._floor.start, frozenset(), (), moves)
                if self._best is not None:
                    return Found(self._best[1], enough=True, exact=self._nodes <= MOST_NODES)
                if self._nodes > MOST_NODES:
                    break
        return self._by_and_by(most_moves)

    def _visit(self, arrangement: Arrangement, opened: frozenset[int], steps: Steps, moves: int) -> None:
        self._nodes += 1
        gap = self._goal.gap(arrangement)
        if gap is None:
            self._compare(arrangement, steps)
        elif gap.at_least <= moves:
            least = self._goal.least(arrangement)
            options = self._floor.options(arrangement, opened, gap.classes)
            ways = sorted((least(option), option) for option in options if len(option) <= moves)
            for load, option in ways:
                if self._nodes <= MOST_NODES and not self._is_beaten(load, steps + option):
                    after = self._floor.after(arrangement, option)
                    self._visit(after, opened | _opened(option), steps + option, moves - len(option))

    def _compare(self, arrangement: Arrangement, steps: Steps) -> None:
        key = self._floor.key(self._crowd.load(arrangement), steps)
        if self._best is None or key < self._best[0]:
            self._best = key, self._floor.lowest(steps)

    def _is_beaten(self, least: Fraction, steps: Steps) -> bool:
        """Tell whether nothing that begins with these steps can be better than what is known."""
        if self._best is None:
            return False
        best = self._best[0]
        return self._floor.bound(least, steps, len(best.numbers)) > best[:2]

    def _by_and_by(self, most_moves: int) -> Found:
        """Take the step that helps most, again and again, as long as one helps."""
        arrangement, opened = self._floor.start, frozenset[int]()
        steps: Steps = ()
        while (gap := self._goal.gap(arrangement)) is not None:
            options = self._floor.options(arrangement, opened, gap.classes)
            ways = [
                (self._progress(self._floor.after(arrangement, option)), len(option), option)
                for option in options
                if len(steps) + len(option) <= most_moves
            ]
            best, _, option = min(ways, default=(None, 0, ()))
            if best is None or best >= self._progress(arrangement):
                break
            arrangement, steps = self._floor.after(arrangement, option), steps + option
            opened |= _opened(option)
        return Found(tuple(sorted(steps)), enough=gap is None, exact=False)

    def _progress(self, arrangement: Arrangement) -> tuple[Fraction, Fraction]:
        """Return how far an arrangement is from the goal; less is better."""
        gap = self._goal.gap(arrangement)
        return (gap.distance if gap else Fraction()), self._crowd.load(arrangement)


def _opened(steps: Steps) -> frozenset[int]:
    return frozenset(step.window for step in steps if not step.business)
