"""The golden cases: tests/halls/<case>/ holds a hall, a scenario, and what the core makes of it, line by line.

Where a case also holds report-<incident>.txt, the report on that incident, written from the case's record, is that.
Where it holds expected.<plan>.txt, that is what comes of the same scenario under that plan.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.journal import Decision, Journal
from hallwatch_collector.journal.verify import verify
from hallwatch_collector.replay import play_case, replay_case
from hallwatch_collector.report.archive import compile_report, read_record
from hallwatch_collector.report.story import Rules
from hallwatch_collector.report.text import to_text

HALLS = Path(__file__).parents[1] / "halls"
CASES = sorted(folder.name for folder in HALLS.iterdir() if (folder / "hall.toml").exists())
OTHERS = sorted((path.parent.name, path.name.split(".")[1]) for path in HALLS.glob("*/expected.*.txt"))
REPORTS = sorted((path.parent.name, path.stem.removeprefix("report-")) for path in HALLS.glob("*/report-*.txt"))


def hold(golden: Path, told: str, request: pytest.FixtureRequest) -> None:
    """Hold what a case tells against its file, or write it there."""
    if request.config.getoption("--update-golden"):
        golden.write_text(told, encoding="utf-8")
    assert golden.exists(), f"{golden} is not there: run with --update-golden, read what it tells, then keep it"
    assert told == golden.read_text(encoding="utf-8")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 16


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, request: pytest.FixtureRequest) -> None:
    hold(HALLS / case / "expected.txt", "".join(f"{line}\n" for line in replay_case(HALLS / case)), request)


@pytest.mark.parametrize(("case", "plan"), OTHERS)
def test_case_under_another_plan(case: str, plan: str, request: pytest.FixtureRequest) -> None:
    told = replay_case(HALLS / case, plans.find_plan(plan))
    hold(HALLS / case / f"expected.{plan}.txt", "".join(f"{line}\n" for line in told), request)


@pytest.mark.parametrize(("case", "incident"), REPORTS)
def test_report(case: str, incident: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The report on an incident, from a real journal with its chain, as it is at the end of the scenario."""
    plan, catalogue = plans.load()
    events: list[AnyEvent] = []
    player = play_case(HALLS / case, plan, catalogue, listen=lambda _, told: events.extend(told))
    hall = player.file.hall
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    try:
        journal.migrate()
        for event in events:
            journal.write([Decision(hall.key, [event], None)], event.at)
        record, source = read_record(journal.entries(hall.key))
        walked = verify(journal)
    finally:
        journal.close()
    assert (walked.misfits, str(walked.head)) == ([], source.head)
    document = compile_report(record, source, incident, Rules(hall, plan, catalogue), told_at=player.now)
    hold(HALLS / case / f"report-{incident}.txt", to_text(document), request)


@pytest.mark.parametrize("case", CASES)
def test_case_says_what_it_shows(case: str) -> None:
    """A reader of a case learns from its first lines what it shows and which clauses it is about."""
    comment = [
        line for line in (HALLS / case / "scenario.toml").read_text(encoding="utf-8").splitlines() if line[:1] == "#"
    ]
    assert comment
    assert "Clause" in " ".join(comment)
