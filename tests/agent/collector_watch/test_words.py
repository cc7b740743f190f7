"""What people are told of the collector's absence."""

from __future__ import annotations

import sys
import time

import pytest

from hallwatch_agent.collector_watch.words import show_moment

AT = 1_795_000_000.0


@pytest.mark.skipif(sys.platform == "win32", reason="the zone cannot be set there for one process")
@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Asia/Shanghai", "11月18日 19:06:40(UTC+08:00)"),
        ("UTC", "11月18日 11:06:40(UTC+00:00)"),
        ("America/St_Johns", "11月18日 07:36:40(UTC-03:30)"),
    ],
)
def test_that_a_moment_names_the_zone_by_which_it_is_told(
    monkeypatch: pytest.MonkeyPatch, zone: str, says: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert show_moment(AT) == says
    finally:
        monkeypatch.undo()
        time.tzset()
