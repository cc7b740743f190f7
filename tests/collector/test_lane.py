"""What goes to one place, and when: nothing is lost, nothing twice, no more than people can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.notify.channel import Never, NotNow, Pace, Taken
from hallwatch_collector.notify.lane import (
    BURST_S,
    DIGEST_S,
    FIRST_PAUSE_S,
    FOLLOW_UPS,
    FOLLOWS_SINGLY,
    SINGLY,
    Item,
    Lane,
)
from hallwatch_collector.notify.message import Part

ROUNDED_S = 1e-6
"""What sums of floats are off by."""
FAST = Pace(1000, 1.0)


def item(number: int, edition: int = 1, at: float = 0.0, **more: object) -> Item:
    part = Part(
        alert=f"al-{number}", edition=edition, area="330106", hall="xihu", hall_name="西湖", incident=f"inc-{number}",
        device="prn-1", fault="jam", level="Ⅳ", occasion="new", title=f"第{number}起", lines=(), began_at=at,
    )  # fmt: skip
    return Item(part=part, decided_at=at, **more)


def follow_up(number: int, edition: int = 2, at: float = 0.0, occasion: Occasion = "update") -> Item:
    told = item(number, edition, at)
    return structs.replace(told, part=structs.replace(told.part, occasion=occasion))


def names(lane: Lane, now: float) -> list[str]:
    """Take what is sent now, and have it taken."""
    sending = lane.take(now)
    if sending is None:
        return []
    lane.settle(Taken(), now)
    return [f"{each.part.alert}.{each.part.edition}" for each in sending.items]


def test_one_goes_at_once_and_once() -> None:
    lane = Lane(FAST)
    lane.want([item(1)])
    assert names(lane, 0.0) == ["al-1.1"]
    assert names(lane, 1.0) == []
    assert lane.waiting == 0


def test_the_newest_edition_takes_the_place_of_the_one_that_waits() -> None:
    lane = Lane(FAST)
    lane.want([item(1), item(2, at=1.0)])
    lane.want([item(1, 2)])
    assert names(lane, 2.0) + names(lane, 2.0) == ["al-1.2", "al-2.1"], "in the order in which they were decided"


def test_what_comes_thick_is_merged() -> None:
    lane = Lane(FAST)
    lane.want([item(number, at=number) for number in range(3)])
    assert names(lane, 3.0) == ["al-0.1", "al-1.1", "al-2.1"]
    lane.want([item(3)])
    assert names(lane, 4.0) == ["al-3.1"]
    lane.want([item(4), item(5)])
    assert lane.due_at(5.0) == 4.0 + DIGEST_S
    assert names(lane, 4.0 + DIGEST_S) == ["al-4.1", "al-5.1"]


def test_a_system_is_told_all_at_once() -> None:
    lane = Lane(FAST, read_by_people=False)
    for number in range(5):
        lane.want([item(number)])
        assert names(lane, number / 10) == [f"al-{number}.1"]


def test_the_vendors_limit_is_kept_by_merging() -> None:
    lane = Lane(Pace(2, 60.0), read_by_people=False)
    for number in range(2):
        lane.want([item(number)])
        assert names(lane, float(number)) == [f"al-{number}.1"]
    lane.want([item(2), item(3)])
    assert lane.due_at(10.0) == 60.0
    assert names(lane, 60.0) == ["al-2.1", "al-3.1"]


def test_what_fails_for_now_is_tried_again_later_and_later_and_as_it_is_by_then() -> None:
    lane = Lane(FAST)
    lane.want([item(1)])
    pauses, now = [], 0.0
    for _ in range(8):
        assert lane.take(now) is not None
        lane.settle(NotNow("down"), now)
        due = lane.due_at(now)
        assert due is not None
        pauses.append(due - now)
        now = due
    assert pauses[0] == FIRST_PAUSE_S
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60.0
    lane.want([item(1, 2)])
    sending = lane.take(now + 60)
    assert sending is not None
    assert [each.part.edition for each in sending.items] == [2]
    assert not sending.again, "nobody has seen the second edition"


def test_what_may_have_arrived_is_marked_until_it_surely_has() -> None:
    lane = Lane(FAST)
    lane.want([item(1, maybe_taken=True)])
    sending = lane.take(0.0)
    assert sending is not None
    assert sending.again
    lane.settle(NotNow("no answer", maybe_taken=True), 0.0)
    again = lane.take(FIRST_PAUSE_S)
    assert again is not None
    assert again.again
    lane.settle(Taken(), 2.0)
    assert lane.waiting == 0


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    lane = Lane(FAST)
    lane.want([item(1)])
    assert lane.take(0.0)
    assert [each.part.alert for each in lane.settle(Never("removed"), 0.0)] == ["al-1"]
    assert lane.waiting == 0


def test_quiet_hours() -> None:
    lane = Lane(FAST)
    lane.want([item(1, hold_until=100.0), item(2, at=5.0)])
    assert names(lane, 10.0) == ["al-2.1"]
    assert lane.due_at(10.0) == 100.0
    assert names(lane, 100.0) == ["al-1.1"]


def test_a_digest_names_what_it_can_and_the_next_one_the_rest() -> None:
    lane = Lane(FAST)
    lane.want([item(number, at=number) for number in range(25)])
    told = []
    for now in (30.0, 30.0, 30.0 + DIGEST_S):
        sending = lane.take(now, lambda items: min(len(items), 10))
        assert sending is not None
        told.append([each.part.alert for each in sending.items])
        lane.settle(Taken(), now)
    assert [len(each) for each in told] == [10, 10, 5]
    assert [name for each in told for name in each] == [f"al-{number}" for number in range(25)]


def test_what_no_few_digests_can_name_is_told_in_one_the_worst_first() -> None:
    lane = Lane(FAST)
    lane.want([item(number, at=number, rank=number % 3) for number in range(31)])
    sending = lane.take(40.0, lambda items: min(len(items), 10))
    assert sending is not None
    assert len(sending.items) == 31
    ranks = [each.rank for each in sending.items]
    assert ranks == sorted(ranks, reverse=True)
    worst = [each.decided_at for each in sending.items if each.rank == 2]
    assert worst == sorted(worst), "else in the order in which they were decided"


def test_where_there_is_too_much_what_is_new_is_named_before_what_is_only_told_anew() -> None:
    lane = Lane(FAST)
    news = [item(number, at=number) for number in range(12)]
    old = [item(number) for number in range(12, 40)]
    lane.want([structs.replace(each, part=structs.replace(each.part, occasion="update")) for each in old])
    lane.want(news)
    told: list[list[str]] = []
    for moment in (0, 0, 1, 2):
        sending = lane.take(40.0 + moment * DIGEST_S, lambda items: min(len(items), 10))
        assert sending is not None
        told.append([each.part.alert for each in sending.items])
        lane.settle(Taken(), 40.0 + moment * DIGEST_S)
    assert told[0] == [each.part.alert for each in news[:10]]
    assert [len(each) for each in told] == [10, 10, 10, 10], "what is left has room, and is told in order"


def test_what_is_urgent_goes_by_itself_and_at_once() -> None:
    lane = Lane(FAST)
    for number in range(SINGLY):
        lane.want([item(number)])
        assert names(lane, 0.0)
    lane.want([item(2, at=1.0), item(3, at=2.0), item(4, at=3.0, urgent=True)])
    assert names(lane, 3.0) == ["al-4.1"]
    assert lane.due_at(3.0) == 3.0 + DIGEST_S, "the others wait on"
    lane.want([item(number, at=number, urgent=True) for number in (5, 6)])
    assert names(lane, 6.0) == ["al-5.1"]
    assert names(lane, 6.0) == [], "so many a minute: more would be a flood again"
    assert names(lane, 6.0 + DIGEST_S) == ["al-2.1", "al-3.1", "al-6.1"]


@pytest.mark.parametrize("occasion", sorted(FOLLOW_UPS))
def test_that_how_one_goes_on_does_not_hold_up_what_is_new(occasion: Occasion) -> None:
    lane = Lane(FAST)
    lane.want([item(0)])
    assert names(lane, 0.0) == ["al-0.1"]
    lane.want([follow_up(0, occasion=occasion)])
    assert names(lane, 1.0) == ["al-0.2"]
    lane.want([follow_up(0, 3, at=5.0)])
    assert lane.due_at(5.0) == 1.0 + DIGEST_S, "it is told how it goes on from time to time"
    lane.want([item(1, at=6.0)])
    assert names(lane, 6.0) == ["al-1.1"], "at once, and by itself"
    assert lane.due_at(6.0) == 6.0 + DIGEST_S
    assert names(lane, 6.0 + DIGEST_S) == ["al-0.3"]


def test_that_how_some_go_on_leaves_room_for_what_is_new_under_the_vendors_limit_too() -> None:
    lane = Lane(Pace(3, 100.0))
    now = 0.0
    for number in range(2):
        lane.want([follow_up(number)])
        now = lane.due_at(now) or now
        assert names(lane, now)
    lane.want([follow_up(2)])
    assert lane.due_at(now) == 100.0
    lane.want([item(3, at=now)])
    assert names(lane, now) == ["al-3.1"]


def test_that_the_vendors_limit_holds_for_what_is_urgent_too() -> None:
    lane = Lane(Pace(1, 30.0))
    lane.want([item(1)])
    assert names(lane, 0.0)
    lane.want([item(2, at=1.0, urgent=True)])
    assert lane.due_at(1.0) == 30.0


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    lane, hour = Lane(FAST), 3600.0
    for number in range(SINGLY):
        lane.want([item(number)])
        assert names(lane, hour)
    lane.want([item(2)])
    assert lane.due_at(hour) == hour + DIGEST_S
    assert lane.due_at(0.0) == DIGEST_S
    assert names(lane, DIGEST_S) == ["al-2.1"]
    lane.want([item(3)])
    assert lane.take(hour)
    lane.settle(NotNow("shut out", 600.0), hour)
    assert lane.due_at(5.0) == 5.0 + 600.0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.integers(0, 5)),
        st.tuples(st.just("want urgent"), st.integers(0, 5)),
        st.tuples(st.just("want update"), st.integers(0, 5)),
        st.tuples(st.just("taken"), st.floats(0, 30)),
        st.tuples(st.just("not now"), st.floats(0, 30)),
    ),
    max_size=60,
)


class Walk:
    """A lane, what was wanted of it, and what it did."""

    def __init__(self, *, people: bool, room: int, messages: int) -> None:
        self.lane, self.now, self.room = Lane(Pace(messages, 20.0), read_by_people=people), 0.0, room
        self.people, self.messages = people, messages
        self.told_new: list[float] = []
        self.closed_until = 0.0
        self.wanted: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.moments: list[float] = []

    def want(self, number: int, what: str) -> None:
        name = f"al-{number}"
        self.wanted[name] = self.wanted.get(name, 0) + 1
        made = follow_up if what == "want update" else item
        told = made(number, self.wanted[name], at=self.now)
        self.lane.want([structs.replace(told, urgent=what == "want urgent")])

    def must_tell_new(self) -> bool:
        """Tell whether something new is to go now: it waits, people can read it, and the channel takes it."""
        waits = any(each.is_new for each in self.lane._items.values())
        readable = sum(at > self.now - BURST_S for at in self.told_new) < SINGLY
        taken = sum(at > self.now - 20.0 - ROUNDED_S for at in self.moments) < self.messages
        return self.people and waits and readable and taken and self.now > self.closed_until

    def send(self, *, works: bool) -> None:
        must_tell_new = self.must_tell_new()
        sending = self.lane.take(self.now, lambda items: min(len(items), self.room))
        told_new = sending is not None and any(each.is_new for each in sending.items)
        assert told_new or not must_tell_new, "whatever was told of others before"
        if sending is None:
            return
        self.moments.append(self.now)
        if told_new:
            self.told_new.append(self.now)
        settled = self.lane.settle(Taken() if works else NotNow("down"), self.now)
        self.closed_until = self.closed_until if works else self.lane._blocked_until
        for each in settled if works else ():
            name = each.part.alert
            assert each.part.edition > self.taken.get(name, 0), "nothing twice, nothing old after something new"
            self.taken[name] = each.part.edition

    def least_span(self, messages: int) -> float:
        """Return the shortest time from a message to the one that comes so many later."""
        spans = (later - first for first, later in zip(self.moments, self.moments[messages:], strict=False))
        return min(spans, default=BURST_S)


def test_that_a_digest_of_how_some_go_on_does_not_put_off_what_is_new() -> None:
    lane = Lane(FAST)
    lane.want([item(0), item(1)])
    assert names(lane, 0.0) + names(lane, 1.0) == ["al-0.1", "al-1.1"]
    lane.want([follow_up(2)])
    assert names(lane, 1.0 + DIGEST_S) == ["al-2.2"]
    lane.want([item(3, at=22.0)])
    assert names(lane, 22.0) == ["al-3.1"], "the digest of what is new was due at 21"


@given(steps=STEPS, people=st.booleans(), room=st.integers(1, 6), messages=st.integers(3, 6))
def test_whatever_happens_each_place_has_the_newest_of_everything_in_the_end(
    steps: list[tuple[str, float]], people: bool, room: int, messages: int
) -> None:
    walk = Walk(people=people, room=room, messages=messages)
    for what, number in steps:
        if what.startswith("want"):
            walk.want(int(number), what)
        else:
            walk.now += number
            walk.send(works=what == "taken")
    for _ in range(100):
        walk.now = max(walk.now, walk.lane.due_at(walk.now) or 0.0)
        walk.send(works=True)
    assert walk.taken == walk.wanted
    assert walk.lane.waiting == 0
    assert walk.least_span(messages) + ROUNDED_S >= 20.0, "the vendor's limit"
    if people:
        urgent = any(what == "want urgent" for what, _ in steps)
        most = FOLLOWS_SINGLY + (2 * SINGLY if urgent else SINGLY)
        assert walk.least_span(most) + ROUNDED_S >= DIGEST_S, "what people can read"
