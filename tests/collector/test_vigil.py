"""When halls were watched, on clocks that are set and machines that sleep, in a real journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal import Journal
from hallwatch_collector.vigil import BEAT_S, Vigil

KEY = HallKey("330106", "xihu")
NOW = 1_763_692_800.0


class Watch:
    """A vigil over one hall; the wall's clock and the one that nobody sets go as a test says."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        self.journal.migrate()
        self.wall, self.monotonic = NOW, 100.0
        self.vigil = Vigil(self.journal, lambda: {KEY: 1}, lambda *_: None, lambda: self.monotonic)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.wall, self.monotonic = self.wall + 1, self.monotonic + 1
            self.vigil.tick(self.wall)

    def spans(self) -> list[tuple[float, float]]:
        """Return the spans, in seconds since the beginning."""
        return [(since - NOW, until - NOW) for since, until in self.journal.watched(KEY, NOW - 86_400)]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def test_a_span_goes_on_as_time_passes(watch: Watch) -> None:
    watch.run(300)
    assert watch.spans() == [(1, 241)]


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_is_set_makes_nobody_have_watched_meanwhile(watch: Watch, hours: int) -> None:
    watch.run(300)
    watch.wall += hours * 3600
    watch.run(200)
    spans = sorted(watch.spans())
    assert len(spans) == 2
    assert sum(until - since for since, until in spans) <= 500


def test_clocks_that_drift_apart_a_little_end_no_span(watch: Watch) -> None:
    for _ in range(5):
        watch.run(BEAT_S)
        watch.wall += 5
    assert len(watch.spans()) == 1
