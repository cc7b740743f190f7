"""Proposals for windows (W1, P1, P2, P5), against stories told by hand and against trying out everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hallwatch_collector.core.arrangement import (
    ArrangementRules,
    Move,
    Post,
    Proposal,
    Waiting,
    apply,
    post_of,
    propose,
    take_back,
    undo_of,
)
from hallwatch_collector.core.arrangement.load import Crowd
from hallwatch_collector.core.arrangement.moves import served
from hallwatch_collector.core.hall import BusinessClass, Device, Window
from hallwatch_collector.core.impact import Impact

CLASSES = ["filing", "certificates", "invoice-sale", "registration"]
RULES = ArrangementRules()


def post(number: int, takes: str = "", may: str = "", *, is_open: bool = True, reserve: bool = False) -> Post:
    return Post(
        id=f"w{number}", number=number, open=is_open, reserve=reserve,
        takes=frozenset(takes.split()), may=frozenset(may.split()),
    )  # fmt: skip


def reserve(number: int, takes: str = "", may: str = "") -> Post:
    return post(number, takes, may, is_open=False, reserve=True)


def told(moves: Sequence[Move]) -> list[str]:
    return [f"{move.do} {move.window} {move.business}".strip() for move in moves]


def ask(posts: Sequence[Post], waiting: dict[str, float] | None = None, classes: str = "") -> Proposal:
    return propose(posts, classes.split() or CLASSES[:2], Waiting(by_class=waiting or {}), RULES)


# -- each class has a window (W1) -------------------------------------------------------------------------------------


def test_nothing_to_do() -> None:
    proposal = ask([post(1, "filing"), post(2, "certificates")])
    assert (proposal.serve.moves, proposal.relieve.moves, proposal.rebalance.moves) == ((), (), ())
    assert not proposal.full


def test_one_reserve_window_for_two_classes_is_less_than_lending_both() -> None:
    posts = [post(1, "", "filing certificates"), post(2, "registration", "filing certificates")]
    posts.append(reserve(9, "filing certificates"))
    proposal = ask(posts, {"filing": 4, "certificates": 1}, "filing certificates registration")
    assert told(proposal.serve.moves) == ["open w9"]
    assert proposal.serve.moves[0].helps == ("filing", "certificates")
    assert told(undo_of(proposal.serve.moves)) == ["close w9"]
    assert (proposal.serve.enough, proposal.serve.exact) == (True, True)


def test_a_class_is_lent_to_the_window_with_the_fewest_people() -> None:
    posts = [post(1, "filing", "certificates"), post(2, "registration", "certificates"), post(3, "filing")]
    everything = "filing certificates registration"
    crowd = {"filing": 30.0, "certificates": 5.0, "registration": 12.0}
    assert told(ask(posts, crowd, everything).serve.moves) == ["lend w2 certificates"]
    crowd["registration"] = 40.0
    assert told(ask(posts, crowd, everything).serve.moves) == ["lend w1 certificates"]
    assert told(ask(posts, {}, everything).serve.moves) == ["lend w1 certificates"]  # half a class is less than one
    alike = [post(7, "filing", "certificates"), post(3, "filing", "certificates")]
    assert told(ask(alike, crowd).serve.moves) == ["lend w3 certificates"]  # the lowest number


def test_of_windows_alike_the_one_with_the_lowest_number_is_lent_the_most() -> None:
    posts = [post(number, "registration", "filing certificates invoice-sale") for number in (3, 8)]
    crowd = {"filing": 10.0, "certificates": 5.0, "invoice-sale": 5.0, "registration": 0.0}
    moves = ask(posts, crowd, " ".join(CLASSES)).serve.moves
    assert told(moves) == ["lend w3 certificates", "lend w3 invoice-sale", "lend w8 filing"]
    crowd = {"filing": 7.0, "certificates": 7.0, "invoice-sale": 7.0, "registration": 5.0}
    moves = ask(posts, crowd, " ".join(CLASSES)).serve.moves
    assert told(moves) == ["lend w3 filing", "lend w3 certificates", "lend w8 invoice-sale"]


def test_a_window_that_lost_its_own_classes_can_still_borrow() -> None:
    proposal = ask([post(1, "", "certificates"), post(2, "filing", "")])
    assert told(proposal.serve.moves) == ["lend w1 certificates"]


def test_a_reserve_window_is_opened_for_what_it_can_be_lent() -> None:
    proposal = ask([post(1, "filing"), reserve(5, "registration", "certificates")], {"certificates": 3})
    assert told(proposal.serve.moves) == ["open w5", "lend w5 certificates"]
    assert [move.helps for move in proposal.serve.moves] == [("certificates",)] * 2
    assert told(undo_of(proposal.serve.moves)) == ["return w5 certificates", "close w5"]


def test_where_one_class_cannot_be_served_the_rest_is() -> None:
    posts = [post(1, "filing", "registration"), post(2, "certificates", is_open=False)]
    proposal = ask(posts, {"certificates": 7}, "filing certificates registration")
    assert told(proposal.serve.moves) == ["lend w1 registration"]


def test_a_hall_without_windows() -> None:
    proposal = ask([], {"filing": 3})
    assert (proposal.serve.moves, proposal.full) == ((), False)


# -- crowds (P1, P2, P5) ----------------------------------------------------------------------------------------------


def test_windows_are_opened_until_nobody_is_crowded() -> None:
    posts = [post(1, "filing"), post(2, "certificates"), *(reserve(number, "filing") for number in (6, 7, 8))]
    proposal = ask(posts, {"filing": 28, "certificates": 4})
    assert told(proposal.relieve.moves) == ["open w6", "open w7"]
    assert proposal.relieve.moves[0].helps == ("filing",)
    assert (proposal.relieve.enough, proposal.full) == (True, False)


def test_a_window_shared_by_two_classes_counts_once() -> None:
    posts = [post(1, "filing certificates"), post(2, "filing certificates"), reserve(3, "filing")]
    proposal = ask(posts, {"filing": 12, "certificates": 12})  # six each for two windows, if each class had them alone
    assert told(proposal.relieve.moves) == ["open w3"]


def test_when_too_few_can_be_opened_those_that_help_are() -> None:
    posts = [post(1, "filing"), post(2, "certificates"), reserve(3, "filing"), reserve(4, "registration")]
    proposal = ask(posts, {"filing": 50, "certificates": 25})
    assert told(proposal.relieve.moves) == ["open w3"]
    assert (proposal.relieve.enough, proposal.relieve.exact, proposal.full) == (False, False, False)


def test_all_windows_full() -> None:
    full = ask(
        [post(1, "filing", "certificates"), post(2, "certificates", "filing")], {"filing": 20, "certificates": 20}
    )
    assert (full.relieve.moves, full.rebalance.moves, full.full) == ((), (), True)
    idle = ask([post(1, "filing"), post(2, "certificates", "filing")], {"filing": 20, "certificates": 2})
    assert (idle.relieve.moves, idle.full) == ((), False)  # window 2 can borrow


def test_an_idle_window_borrows_from_the_loaded() -> None:
    posts = [post(1, "filing"), post(2, "certificates", "filing"), post(3, "registration", "filing")]
    proposal = ask(posts, {"filing": 18, "certificates": 5, "registration": 1}, "filing certificates registration")
    assert told(proposal.rebalance.moves) == ["lend w3 filing"]
    assert proposal.rebalance.moves[0].helps == ("filing",)


def test_a_calm_hall_is_left_alone() -> None:
    assert ask([post(1, "filing"), post(2, "certificates", "filing")], {"filing": 3}).rebalance.moves == ()


def test_people_in_front_of_no_window_are_no_crowd_but_a_class_to_serve() -> None:
    proposal = ask([post(1, "filing", "certificates"), reserve(2, "filing")], {"certificates": 40})
    assert told(proposal.serve.moves) == ["lend w1 certificates"]
    assert (proposal.relieve.moves, proposal.full) == ((), False)


def test_a_queue_machine_that_counts_all_together_or_some_only() -> None:
    posts = [post(1, "filing"), post(2, "certificates"), reserve(3, "filing certificates")]
    by_total = propose(posts, CLASSES[:2], Waiting(total=24), RULES)
    assert told(by_total.relieve.moves) == ["open w3"]
    assert by_total.relieve.moves[0].helps == ("filing", "certificates")
    rest = propose(posts, CLASSES[:2], Waiting(by_class={"filing": 3}, total=20), RULES)
    assert [move.helps for move in rest.relieve.moves] == [("certificates",)]
    assert propose(posts, CLASSES[:2], Waiting(by_class={"filing": 3}), RULES).relieve.moves == ()


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -4.0])
def test_what_is_no_number_of_people_counts_as_not_counted(odd: float) -> None:
    posts = [post(1, "filing"), reserve(2, "filing")]
    assert propose(posts, ["filing"], Waiting(by_class={"filing": odd}, total=odd), RULES).relieve.moves == ()


# -- moves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("move", "why"),
    [
        (Move("open", "w1"), "cannot open window w1: it is open already"),
        (Move("close", "w2"), "cannot close window w2: it is closed already"),
        (Move("lend", "w1", "filing"), "cannot lend 'filing' at window w1"),
        (Move("return", "w1", "registration"), "cannot return 'registration' at window w1"),
        (Move("open", "w7"), "there is no such window"),
    ],
)
def test_moves_that_do_not_fit_are_refused(move: Move, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        apply([move], [post(1, "filing", "certificates"), reserve(2)])


def test_what_was_moved_is_taken_back_as_far_as_nobody_needs_it() -> None:
    made = [Move("open", "w3"), Move("lend", "w3", "certificates"), Move("lend", "w1", "registration")]
    before = [post(1, "filing", "registration"), post(2, "certificates"), reserve(3, "filing", "certificates")]
    posts = apply(made, before)
    everything = CLASSES[:2]
    assert told(take_back(made, posts, everything)) == ["return w1 registration", "return w3 certificates", "close w3"]
    assert told(take_back(made, posts, CLASSES)) == ["return w3 certificates", "close w3"]
    down = [post(2) if each.id == "w2" else each for each in posts]
    assert told(take_back(made, down, everything)) == ["return w1 registration"]
    by_hand = [reserve(3, "filing", "certificates") if each.id == "w3" else each for each in posts]
    assert told(take_back(made, by_hand, everything)) == ["return w1 registration"]


# -- windows as the hall file and the faults make them ----------------------------------------------------------------


def test_a_window_is_lent_only_what_its_devices_can_do() -> None:
    window = Window(id="w1", number=1, name="1号窗口", classes=["filing"], may=["certificates", "registration"])
    needs = {"filing": ["computer"], "certificates": ["computer", "print"], "registration": ["camera"]}
    devices = [
        Device(id="pc-1", kind="pc", name="电脑", place="w1", gives=["computer"]),
        Device(id="prn-1", kind="printer", name="打印机", place="w1", gives=["print"]),
        Device(id="prn-2", kind="printer", name="打印机", serves=["w1"], gives=["print"]),
    ]
    classes = {name: BusinessClass(id=name, name=name, needs=each) for name, each in needs.items()}
    impact = Impact([window], devices, classes)

    def borrowable(**down: str) -> list[str]:
        broken = {device.replace("_", "-"): {capability: ["sw-1"]} for device, capability in down.items()}
        return impact.borrowable("w1", lambda device: broken.get(device, {}))

    assert borrowable() == ["certificates", "registration"]  # a capability that nobody gives is not watched
    assert borrowable(prn_1="print") == ["certificates", "registration"]  # the other printer stands in
    assert borrowable(prn_1="print", prn_2="print") == ["registration"]
    assert borrowable(pc_1="computer") == ["registration"]


def test_a_post_has_what_is_left_and_what_was_lent() -> None:
    window = Window(id="w1", number=1, name="1", classes=["filing", "certificates"], may=["registration"], reserve=True)
    whole = post_of(window, is_open=False, borrowable=["registration"])
    assert whole == reserve(1, "filing certificates", "registration")
    lent = post_of(window, is_open=True, lost=["certificates"], borrowable=["registration"], lent=["registration"])
    assert (lent.takes, lent.may) == ({"filing", "registration"}, set())
    broken = post_of(window, is_open=True, lost=["filing"], lent=["registration"])
    assert (broken.takes, broken.may) == ({"certificates"}, set())


# -- against trying out everything ------------------------------------------------------------------------------------

NAMES = ["a", "b", "c", "d"]
Load = tuple[Fraction, Fraction]


@st.composite
def halls(draw: st.DrawFn, windows: int = 5) -> list[Post]:
    some = st.frozensets(st.sampled_from(NAMES), max_size=3)
    posts = []
    for number in draw(st.lists(st.integers(1, 9), unique=True, max_size=windows)):
        takes, kind = draw(some), draw(st.sampled_from(["open", "open", "reserve", "closed"]))
        is_open, may = kind == "open", draw(some) - takes
        posts.append(post(number, " ".join(takes), " ".join(may), is_open=is_open, reserve=kind == "reserve"))
    return posts


crowds = st.fixed_dictionaries({name: st.integers(0, 25).map(float) for name in NAMES})


def densest(people: dict[str, float], takes: list[frozenset[str]]) -> Iterator[tuple[frozenset[str], Fraction, int]]:
    """Share people out by looking at every set of classes: the one with the most people a window first."""
    left = {name: Fraction(count) for name, count in people.items() if count and any(name in each for each in takes)}
    while left:
        sets = [frozenset(each) for size in range(1, len(left) + 1) for each in combinations(left, size)]
        rows = [(each, sum(left[name] for name in each), sum(1 for one in takes if one & each)) for each in sets]
        best = max(rows, key=lambda row: (Fraction(row[1], row[2]), len(row[0])))
        yield best[0], Fraction(best[1]), best[2]
        takes = [one for one in takes if not one & best[0]]
        left = {name: count for name, count in left.items() if name not in best[0]}


def loads(people: dict[str, float], posts: Sequence[Post]) -> Load:
    """Return the load, and the most people that a window has."""
    rows = list(densest(people, [each.takes for each in posts if each.open]))
    return sum((n * n / k for _, n, k in rows), Fraction()), max((n / k for _, n, k in rows), default=Fraction())


def possible(posts: Sequence[Post], *, opening: bool, lending: bool) -> list[Move]:
    opens = {each.id for each in posts if each.reserve and not each.open} if opening else set()
    lends = opens | {each.id for each in posts if each.open and lending}
    ordered = sorted(posts, key=lambda each: each.number)
    return [
        move
        for each in ordered
        for move in (
            *([Move("open", each.id)] if each.id in opens else []),
            *(Move("lend", each.id, name) for name in sorted(each.may) if each.id in lends),
        )
    ]


def ways(posts: Sequence[Post], most: int, *, opening: bool, lending: bool) -> Iterator[tuple[list[Move], list[Post]]]:
    """Yield every set of moves, the smaller first, of those the lowest window numbers first."""
    moves = possible(posts, opening=opening, lending=lending)
    opens = {move.window for move in moves if move.do == "open"}
    for size in range(most + 1):
        for some in combinations(moves, size):
            opened = {move.window for move in some if move.do == "open"}
            if all(move.window in opened for move in some if move.window in opens):
                yield list(some), apply(some, posts)


def best(
    found: Iterator[tuple[list[Move], list[Post]]], people: dict[str, float], posts: Sequence[Post]
) -> list[str] | None:
    """Return the best of the sets of moves with the fewest."""
    number, first, kept = {each.id: each.number for each in posts}, None, []
    for moves, after in found:
        if first is not None and len(moves) > first:
            break
        first = len(moves)
        numbers = [number[move.window] for move in moves]
        kept.append(
            (loads(people, after)[0], numbers, [NAMES.index(m.business) if m.business else -1 for m in moves], moves)
        )
    return told(min(kept, key=lambda row: row[:3])[3]) if kept else None


@settings(max_examples=150)
@given(halls(), crowds)
def test_serving_is_what_trying_out_everything_finds(posts: list[Post], people: dict[str, float]) -> None:
    proposal = propose(posts, NAMES, Waiting(by_class=people), RULES)
    could = served(apply(possible(posts, opening=True, lending=True), posts))
    every = ways(posts, 8, opening=True, lending=True)
    expected = best(((moves, after) for moves, after in every if served(after) >= could), people, posts)
    assert told(proposal.serve.moves) == expected
    assert (proposal.serve.enough, proposal.serve.exact) == (True, True)


@settings(max_examples=150)
@given(halls(), crowds)
def test_relief_is_what_trying_out_everything_finds(posts: list[Post], people: dict[str, float]) -> None:
    people = {name: count if name in served(posts) else 0.0 for name, count in people.items()}
    proposal = propose(posts, NAMES, Waiting(by_class=people), RULES)
    every = list(ways(posts, RULES.most_moves, opening=True, lending=False))
    expected = best(((moves, after) for moves, after in every if loads(people, after)[1] <= 10), people, posts)
    if expected is not None:
        assert told(proposal.relieve.moves) == expected
        assert proposal.relieve.enough
    else:
        assert not proposal.relieve.enough
        assert loads(people, apply(proposal.relieve.moves, posts)) <= loads(people, posts)
    helped = bool(proposal.relieve.moves or proposal.rebalance.moves)
    assert proposal.full == (loads(people, posts)[1] > 10 and not helped)


@settings(max_examples=100)
@given(halls(), crowds)
def test_what_was_found_fits_and_leaves_no_class_without_its_window(
    posts: list[Post], people: dict[str, float]
) -> None:
    proposal = propose(posts, NAMES, Waiting(by_class=people), RULES)
    for part in (proposal.serve, proposal.relieve, proposal.rebalance):
        after = apply(part.moves, posts)
        assert served(after) >= served(posts)
        assert apply(undo_of(part.moves), after) == list(posts)
        assert undo_of(undo_of(part.moves)) == tuple(Move(m.do, m.window, m.business) for m in part.moves)
        assert all(move.helps for move in part.moves)
        assert served(apply(take_back(part.moves, after, NAMES), after)) >= served(posts)


@settings(max_examples=100)
@given(halls(7), crowds)
def test_people_are_shared_out_as_evenly_as_can_be(posts: list[Post], people: dict[str, float]) -> None:
    takes = [each.takes for each in posts if each.open]
    crowd = Crowd(people[name] for name in NAMES)
    arrangement = tuple(sum(1 << NAMES.index(name) for name in each) for each in takes)
    assert crowd.load(arrangement) == loads(people, posts)[0]
    dense = [block.density for block in crowd.blocks(arrangement)]
    assert dense == sorted(dense, reverse=True)
    assume(dense)
    assert max(dense) == loads(people, posts)[1]
    lonely = sum(1 << NAMES.index(name) for name in NAMES if people[name] and not any(name in each for each in takes))
    assert crowd.overfull(arrangement, max(dense)) == lonely


@settings(max_examples=150)
@given(halls(), crowds)
def test_borrowing_is_what_trying_out_everything_finds(posts: list[Post], people: dict[str, float]) -> None:
    people = {name: count if name in served(posts) else 0.0 for name, count in people.items()}
    windows = sum(1 for each in posts if each.open and (each.takes or each.may))
    assume(windows)
    limit = max(Fraction(sum(people.values())) / windows * Fraction(3, 2), Fraction(3))
    part = propose(posts, NAMES, Waiting(by_class=people), RULES).rebalance
    every = ways(posts, RULES.most_moves, opening=False, lending=True)
    expected = best(((moves, after) for moves, after in every if loads(people, after)[1] <= limit), people, posts)
    assert part.enough == (expected is not None)
    if expected is not None:
        assert told(part.moves) == expected
    assert loads(people, apply(part.moves, posts))[0] <= loads(people, posts)[0]


def big_hall(lost: int) -> tuple[list[Post], list[str], Waiting]:
    """Thirty windows and fifteen classes; every window can be lent anything, and no two are alike."""
    names = [f"c{number}" for number in range(15)]
    posts = []
    for number in range(1, 31):
        takes = {names[number * step % 15] for step in (1, 4, 7)} - set(names[:lost])
        may = set(names) - takes
        posts.append(post(number, " ".join(takes), " ".join(may), is_open=number < 29, reserve=number >= 29))
    return posts, names, Waiting(by_class={name: float(place * 7 % 11 + 1) for place, name in enumerate(names)})


def test_a_big_hall_that_lost_one_class_is_searched_to_the_end() -> None:
    posts, names, waiting = big_hall(1)
    proposal = propose(posts, names, waiting, RULES)
    assert (len(proposal.serve.moves), proposal.serve.exact) == (1, True)


def test_a_search_that_would_take_too_long_says_so_and_still_serves_everything() -> None:
    posts, names, waiting = big_hall(8)
    proposal = propose(posts, names, waiting, RULES)
    assert served(apply(proposal.serve.moves, posts)) == set(names)
    assert (proposal.serve.enough, proposal.serve.exact) == (True, False)
