"""The golden cases: tests/halls/<case>/ holds a hall, a scenario, and what the core makes of it, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector.replay import replay_case

HALLS = Path(__file__).parents[1] / "halls"
CASES = sorted(folder.name for folder in HALLS.iterdir() if (folder / "hall.toml").exists())


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 16


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, request: pytest.FixtureRequest) -> None:
    told = "".join(f"{line}\n" for line in replay_case(HALLS / case))
    expected = HALLS / case / "expected.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(told, encoding="utf-8")
    assert expected.exists(), f"{expected} is not there: run with --update-golden, read what it tells, then keep it"
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_case_says_what_it_shows(case: str) -> None:
    """A reader of a case learns from its first lines what it shows and which clauses it is about."""
    comment = [
        line for line in (HALLS / case / "scenario.toml").read_text(encoding="utf-8").splitlines() if line[:1] == "#"
    ]
    assert comment
    assert "Clause" in " ".join(comment)
