"""Two collectors with one client id: what tells it from a broker that is restarted, and who gives way."""

from __future__ import annotations

import pytest

from hallwatch_collector.rivalry import FIRST_AWAY_S, LONGEST_AWAY_S, MANY, REMEMBERED_S, ROUNDS, SOON_S, Rivalry


class Story:
    """A rivalry and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rivalry = Rivalry(lambda: 0.5)

    def connect(self, lasts_s: float, *, by_broker: bool = True, away_s: float = 0.5) -> None:
        self.rivalry.note_let_in(self.now)
        self.now += lasts_s
        self.rivalry.note_end(self.now, by_broker=by_broker)
        self.now += away_s

    @property
    def likely(self) -> bool:
        return self.rivalry.is_likely(self.now)


@pytest.fixture
def story() -> Story:
    return Story()


def test_who_is_thrown_out_soon_again_and_again_gives_way_for_ever_longer(story: Story) -> None:
    told = []
    for _ in range(ROUNDS + 5):
        story.connect(2.0)
        told.append((story.likely, story.rivalry.away_s()))
    assert told[: ROUNDS - 1] == [(False, 0.0)] * (ROUNDS - 1)
    assert told[ROUNDS - 1] == (True, 1.5 * FIRST_AWAY_S)
    assert told[ROUNDS] == (True, 3.0 * FIRST_AWAY_S)
    assert told[-1] == (True, LONGEST_AWAY_S)


def test_a_connection_that_lasts_ends_it(story: Story) -> None:
    for _ in range(ROUNDS):
        story.connect(2.0, away_s=5.0)
    story.rivalry.note_let_in(story.now)
    assert story.likely, "not yet proven"
    story.now += SOON_S + 1
    assert (story.likely, story.rivalry.is_likely(story.now)) == (False, False)
    story.rivalry.note_end(story.now, by_broker=True)
    assert story.rivalry.away_s() == 0.0


@pytest.mark.parametrize(("by_broker", "lasts_s"), [(False, 2.0), (True, SOON_S + 1)])
def test_ends_of_our_own_doing_or_after_a_while_are_nothing(by_broker: bool, lasts_s: float) -> None:
    story = Story()
    for _ in range(20):
        story.connect(lasts_s, by_broker=by_broker, away_s=5.0)
        assert (story.likely, story.rivalry.away_s()) == (False, 0.0)


def test_a_broker_that_falls_and_does_not_let_us_in_for_a_moment_is_no_rival(story: Story) -> None:
    for _ in range(20):
        story.connect(2.0)
        story.rivalry.note_not_let_in()
        assert (story.likely, story.rivalry.away_s()) == (False, 0.0)


def test_the_one_that_stays_learns_that_somebody_keeps_trying(story: Story) -> None:
    for number in range(MANY):
        story.connect(200.0)
        story.rivalry.note_let_in(story.now)
        assert story.likely is (number == MANY - 1)
    assert story.rivalry.away_s() == 0.0, "it stays"
    story.now += REMEMBERED_S
    assert not story.likely
