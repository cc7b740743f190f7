"""What is to be sent to one place, and when: pure, so that its rules can be read and tested without a network.

A lane is one address on one channel. It holds one item for each incident, always the newest; sends them in the order
in which they were decided, one message at a time; merges what the pace does not let through one by one into a digest;
tries again what failed for now, with longer and longer pauses. What is on its way is left alone until it is answered.

What is urgent goes by itself, past what waits to be merged. What only tells how something went on takes none of the
room of what is new: that goes at once, past what waits of the other kind. A digest names all that it tells: what has no
room in it goes into the next one. Only what would take too many digests is told in one that counts what it cannot name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.notify.channel import Answer, Never, NotNow, Pace, Taken
from hallwatch_collector.notify.message import Part

FIRST_PAUSE_S: Final = 1.0
LAST_PAUSE_S: Final = 60.0
SINGLY: Final = 2
"""So many messages go to a place one by one within :data:`BURST_S`; what comes beside them is merged."""
BURST_S: Final = 60.0
FOLLOW_UPS: Final[frozenset[Occasion]] = frozenset({"update", "reminder", "over", "joined"})
"""What tells those who know of an incident how it went on; all else is new to somebody."""
FOLLOWS_SINGLY: Final = SINGLY - 1
"""So many of these go by themselves."""
DIGEST_S: Final = 20.0
"""A digest waits so long for what else comes."""
MOST_DIGESTS: Final = 3
"""What would take more digests than this is told in one, which counts what it cannot name."""


class Item(Struct, frozen=True, kw_only=True):
    """Something to tell."""

    part: Part
    decided_at: float
    hold_until: float | None = None
    """Quiet hours: not before this."""
    rank: int = 0
    """How bad it is: where not all can be named, what is worse is."""
    urgent: bool = False
    """It is of the plan's highest level: it waits for no digest."""
    mentions: tuple[str, ...] = ()
    reference: str = ""
    maybe_taken: bool = False
    """It was on its way when the collector ended: nobody knows whether it arrived."""

    @property
    def is_new(self) -> bool:
        """Whether it tells somebody something that they do not know of."""
        return self.part.occasion not in FOLLOW_UPS

    @property
    def name(self) -> str:
        """Names what it is about, whatever its edition."""
        part = self.part
        return f"{part.area}/{part.hall}/{part.alert}"


class Sending(Struct, frozen=True, kw_only=True):
    """What is to be sent now."""

    items: tuple[Item, ...]
    again: bool
    """Some of it may have arrived before."""


Names = Callable[[Sequence[Item]], int]
"""Tells how many of these, from the first on, one message can name; at least one."""


class Lane:
    """What is to be sent to one place. Not thread-safe."""

    def __init__(self, pace: Pace, *, read_by_people: bool = True) -> None:
        """*pace* is what the vendor allows; a system reads as fast as that, people do not."""
        self._pace = pace
        self._read_by_people = read_by_people
        self._items: dict[str, Item] = {}
        self._doubtful: dict[str, str] = {}
        """Item → edition that may have arrived."""
        self._sent: deque[float] = deque()
        self._news: deque[float] = deque(maxlen=SINGLY)
        """When something new was last among what went."""
        self._hurried: deque[float] = deque(maxlen=SINGLY)
        """When urgent items last went by themselves."""
        self._under_way: tuple[Item, ...] = ()
        self._pause_s = FIRST_PAUSE_S
        self._blocked_until = 0.0
        self._seen_at = 0.0

    def keep_to(self, pace: Pace, *, read_by_people: bool) -> None:
        """Send at another pace from now on."""
        self._pace, self._read_by_people = pace, read_by_people

    def want(self, items: Iterable[Item]) -> None:
        """Take what is to be told; of what it holds already the newer edition counts."""
        for item in items:
            held = self._items.get(item.name)
            if held is not None and held.part.key == item.part.key:
                continue
            if any(each.part.key == item.part.key for each in self._under_way):
                continue
            if item.maybe_taken:
                self._doubtful[item.name] = item.part.key
            self._items[item.name] = item

    def drop(self, names: Iterable[str]) -> None:
        """Leave out what nobody wants told any more."""
        for name in names:
            self._items.pop(name, None)

    @property
    def waiting(self) -> int:
        """How many items are not answered yet."""
        return len(self._items) + len(self._under_way)

    def names(self) -> set[str]:
        """Return what waits."""
        return set(self._items)

    def due_at(self, now: float) -> float | None:
        """Return when there will be something to send; None: nothing waits, or something is on its way."""
        self._follow_clock(now)
        if self._under_way or not self._items:
            return None
        ready = self._ready(now)
        if not ready:
            return max(self._blocked_until, min(item.hold_until or 0.0 for item in self._items.values()))
        self._forget_sent(now)
        return max(self._blocked_until, self._paced_at(ready, now), now)

    def take(self, now: float, names: Names = len) -> Sending | None:
        """Return what is to be sent now, and hold it as on its way; None: nothing yet."""
        due = self.due_at(now)
        if due is None or due > now:
            return None
        ready = self._ready(now)
        urgent = self._urgent(ready, now)
        if urgent is not None:
            self._hurried.append(now)
            chosen: Sequence[Item] = [urgent]
        else:
            chosen = self._singly(ready, now) or cut_digest(ready, names)
        for item in chosen:
            del self._items[item.name]
        if any(item.is_new for item in chosen):
            self._news.append(now)
        self._under_way = tuple(chosen)
        self._sent.append(now)
        return Sending(items=self._under_way, again=any(self._may_have_arrived(item) for item in chosen))

    def settle(self, answer: Answer, now: float) -> tuple[Item, ...]:
        """Take the answer to what is on its way; return the items that were.

        What a channel refuses for good is not tried again here; what it did not take for now is, unless a newer edition
        has come meanwhile.
        """
        items, self._under_way = self._under_way, ()
        match answer:
            case Taken():
                self._pause_s = FIRST_PAUSE_S
                for item in items:
                    self._doubtful.pop(item.name, None)
            case NotNow():
                self._blocked_until = now + (self._pause_s if answer.after_s is None else answer.after_s)
                self._pause_s = min(self._pause_s * 2, LAST_PAUSE_S)
                for item in items:
                    if answer.maybe_taken:
                        self._doubtful[item.name] = item.part.key
                    self._items.setdefault(item.name, item)
            case Never():
                self._pause_s = FIRST_PAUSE_S
        return items

    def _ready(self, now: float) -> list[Item]:
        """Return what may be told now, in the order in which it was decided."""
        ready = [item for item in self._items.values() if (item.hold_until or 0.0) <= now]
        return sorted(ready, key=lambda item: item.decided_at)

    def _urgent(self, ready: Sequence[Item], now: float) -> Item | None:
        """Return what goes by itself before anything else, if people can take that; None: nothing does."""
        urgent = next((item for item in ready if item.urgent), None)
        return urgent if self._read_by_people and _count_since(self._hurried, now) < SINGLY else None

    def _may_have_arrived(self, item: Item) -> bool:
        return self._doubtful.get(item.name) == item.part.key

    def _singly(self, ready: Sequence[Item], now: float) -> Sequence[Item]:
        """Return the one item that goes by itself, what is new before the rest; nothing: what is ready is merged, as
        there is more of it than people, or the vendor, can take."""
        if not self._read_by_people:
            return ()
        news = [item for item in ready if item.is_new]
        sent, sent_news = _count_since(self._sent, now), _count_since(self._news, now)
        if news:
            return news[:1] if sent_news + len(news) <= SINGLY else ()
        return ready if len(ready) == 1 and sent < SINGLY and sent - sent_news < FOLLOWS_SINGLY else ()

    def _paced_at(self, ready: Sequence[Item], now: float) -> float:
        """Return when the next message may go by the vendor's limit, and by what people can read; for what is urgent
        only the vendor's limit counts. Follow-ups leave some of both to what is new."""
        is_news = any(item.is_new for item in ready)
        most = self._pace.messages
        if self._read_by_people and not is_news and most > 1:
            most -= 1
        due = self._sent[-most] + self._pace.per_s if len(self._sent) >= most else 0.0
        if not self._read_by_people or self._urgent(ready, now) is not None:
            return due
        sent, sent_news = _count_since(self._sent, now), _count_since(self._news, now)
        full = sent_news >= SINGLY if is_news else sent >= SINGLY or sent - sent_news >= FOLLOWS_SINGLY
        return max(due, (self._news if is_news else self._sent)[-1] + DIGEST_S) if full else due

    def _follow_clock(self, now: float) -> None:
        """Go back with a clock that is set back: else all would wait until it is as late again."""
        step_s = min(now - self._seen_at, 0.0)
        self._seen_at = now
        if step_s:
            self._blocked_until += step_s
            for moments in (self._sent, self._news, self._hurried):
                moved = [moment + step_s for moment in moments]
                moments.clear()
                moments.extend(moved)

    def _forget_sent(self, now: float) -> None:
        longest = max(BURST_S, self._pace.per_s)
        while self._sent and self._sent[0] <= now - longest:
            self._sent.popleft()


def _count_since(moments: Iterable[float], now: float) -> int:
    """Return how many of these moments people still have before them."""
    return sum(moment > now - BURST_S for moment in moments)


def cut_digest(ready: Sequence[Item], names: Names) -> Sequence[Item]:
    """Return what goes into the next digest: as much as it can name; when a few digests cannot name it all, what is no
    mere update goes before the rest; when they cannot even name that, all of it, the worst first."""
    news = [item for item in ready if item.part.occasion != "update"]
    for wanted in (ready, news):
        if wanted and _fits(wanted, names):
            return wanted[: max(names(wanted), 1)]
    return sorted(ready, key=lambda item: (item.part.occasion == "update", -item.rank))


def _fits(items: Sequence[Item], names: Names) -> bool:
    """Tell whether a few digests can name them all."""
    for _ in range(MOST_DIGESTS):
        items = items[max(names(items), 1) :]
        if not items:
            return True
    return False
