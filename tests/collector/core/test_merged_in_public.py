"""Two incidents that become one, and one that becomes two: what was told to the public stays told, and nobody is asked
twice."""

from __future__ import annotations

import datetime as dt

from hallwatch_collector.core import commands
from hallwatch_collector.core.events import AnyEvent, MeasureHanded, MeasureRaised
from hallwatch_collector.core.public_events import NoticeOutdated
from hallwatch_collector.core.state import Incident
from parts.bureau_hall import EVERYTHING, BureauBench

WHO = {"by": "李主任", "roles": EVERYTHING, "reason": "同一原因"}


def incident_of(bench: BureauBench, device: str) -> Incident:
    return next(
        each for each in bench.engine.state(bench.key).incidents if each.status != "closed" and device in each.roots
    )


def both_down(now: str = "03-10 09:00") -> BureauBench:
    """Return a hall whose bureau is down, of which people were told on display and board, and then its core system."""
    bench = BureauBench(now)
    bench.fails("bureau")
    bench.promise("bureau", 300)
    bench.confirm("O1")
    bench.tick(f"{bench.notices()[0].id}-notice-board")
    bench.fails("core-system")
    bench.promise("core-system", 300)
    return bench


def merge(bench: BureauBench, device: str, into: str) -> list[AnyEvent]:
    one, other = incident_of(bench, device).id, incident_of(bench, into).id
    return bench.order(commands.Merge(**WHO, incident=one, into=other))


def asked(events: list[AnyEvent]) -> set[tuple[str, str]]:
    return {(each.clause, each.subject) for each in events if isinstance(each, MeasureRaised) and not each.updated}


def test_a_text_that_is_out_goes_over_to_the_incident_that_takes_in_its_own() -> None:
    bench = both_down()
    events = merge(bench, "bureau", "core-system")
    (notice,) = bench.notices()
    assert (notice.incident, notice.withdrawn_at) == (incident_of(bench, "core-system").id, None)
    assert not [each for each in events if isinstance(each, NoticeOutdated) and each.because == "cause-gone"]
    assert not {("O1", "bureau"), ("R6", f"{notice.id}-notice-board")} & asked(events), "nobody is asked twice"
    bench.restart()
    bench.is_back("bureau")
    bench.is_back("core-system")
    (left,) = [each for each in bench.measures("R6") if each.subject == notice.id]
    assert "撤" in left.text, "and it goes when the incident that answers for it now has recovered"


def test_a_text_goes_with_its_device_when_that_is_taken_out_again() -> None:
    bench = both_down()
    merge(bench, "bureau", "core-system")
    events = bench.order(commands.Split(**WHO, incident=incident_of(bench, "bureau").id, device="bureau"))
    (notice,) = bench.notices()
    assert incident_of(bench, "bureau").id != incident_of(bench, "core-system").id
    assert (notice.incident, notice.withdrawn_at) == (incident_of(bench, "bureau").id, None)
    assert not {("O1", "bureau"), ("R6", f"{notice.id}-notice-board")} & asked(events)
    events = bench.is_back("core-system")
    assert not [each for each in events if isinstance(each, NoticeOutdated) and each.because == "cause-gone"]


def test_the_journal_says_of_which_incident_a_measure_is_from_then_on() -> None:
    """A step about a text, done for one incident and asked for again under another: found by a sequence."""
    bench = both_down()
    merge(bench, "bureau", "core-system")
    bench.order(
        commands.CorrectNotice(by="李主任", roles=EVERYTHING, release=bench.notices()[0].id, text="更正", reason="x")
    )
    bench.order(commands.Split(**WHO, incident=incident_of(bench, "bureau").id, device="core-system"))
    told: dict[str, str] = {}
    for event in bench.events:
        if isinstance(event, MeasureHanded):
            told[event.measure] = event.incident
        elif isinstance(event, MeasureRaised):
            assert told.setdefault(event.measure, event.incident) == event.incident
    assert sum(isinstance(event, MeasureHanded) for event in bench.events) >= 2


def extended() -> BureauBench:
    """Return a hall whose filing deadline was extended for the bureau, and the public told so."""
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 30)
    bench.confirm("O3")
    bench.confirm("O5")
    return bench


def test_an_extension_goes_over_with_what_was_told_of_it() -> None:
    bench = extended()
    (before,) = bench.engine.view(bench.key, bench.now).extensions
    bench.order(commands.ReportFault(by="甲", roles=EVERYTHING, thing="window:w1", effect="unusable", text="不能用"))
    events = merge(bench, "bureau", "window:w1")
    into = incident_of(bench, "window:w1").id
    (after,) = bench.engine.view(bench.key, bench.now).extensions
    assert (after.incident, after.new) == (into, before.new)
    assert after.new is not None
    assert after.new > dt.date(2026, 10, 26)
    out = [each for each in bench.notices() if each.withdrawn_at is None]
    assert {each.incident for each in out} == {into}
    assert not {"O3", "O5"} & {clause for clause, _ in asked(events)}
    events = bench.order(commands.Split(**WHO, incident=into, device="window:w1"))
    assert not {"O3", "O5"} & {clause for clause, _ in asked(events)}, "its first device is another one now, no more"
    (after,) = bench.engine.view(bench.key, bench.now).extensions
    assert after.incident == incident_of(bench, "bureau").id


def test_an_extension_goes_with_the_bureau_when_that_is_taken_out() -> None:
    bench = extended()
    bench.order(commands.ReportFault(by="甲", roles=EVERYTHING, thing="window:w1", effect="unusable", text="不能用"))
    merge(bench, "bureau", "window:w1")
    events = bench.order(commands.Split(**WHO, incident=incident_of(bench, "bureau").id, device="bureau"))
    assert not {"O3", "O5"} & {clause for clause, _ in asked(events)}
    (extension,) = bench.engine.view(bench.key, bench.now).extensions
    own = incident_of(bench, "bureau").id
    assert own != incident_of(bench, "window:w1").id
    assert extension.incident == own
    assert {each.incident for each in bench.notices()} == {own}
