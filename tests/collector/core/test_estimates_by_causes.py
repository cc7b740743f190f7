"""Nothing repairs a class without a window, or a queue: they last as long as what is behind them (D1, D2)."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands import Estimate, Merge
from hallwatch_collector.core.events import EstimateChanged
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.why import explain
from parts.county import Bench, hall, pc, printer

WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}
CLASS = "class:certificates"


def incident_of(bench: Bench, device: str) -> Incident:
    return next(each for each in bench.engine.state(bench.key).incidents if each.stands and device in each.roots)


def tell(bench: Bench, command: Any) -> None:
    bench._note(bench.engine.on_command(bench.key, command, bench.now))


def asked(bench: Bench, clause: str) -> list[str]:
    view = bench.engine.view(bench.key, bench.now)
    return [each.subject for each in view.measures if (each.clause, each.status) == (clause, "open")]


def without_printers() -> Bench:
    """Return a hall both of whose printers are jammed, one after the other: no window takes certificates."""
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2"), printer("prn-1", "w1"), printer("prn-2", "w2")]))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True}, prn_1={"jam": True}, prn_2={"jam": False})
    for _ in range(20):
        bench.wait(1.5)
        bench.tell(prn_1={"jam": True}, prn_2={"jam": True})
    return bench


def test_a_class_without_a_window_is_expected_back_when_the_last_of_its_causes_is() -> None:
    bench = without_printers()
    causes = [incident_of(bench, each).back_at for each in ("prn-1", "prn-2")]
    assert None not in causes
    its = incident_of(bench, CLASS)
    assert (its.back_at, its.estimate_source) == (max(each for each in causes if each), "causes")
    assert CLASS not in asked(bench, "D2"), "a jam is over in minutes: nobody is to write by hand for it"
    tell(bench, Estimate(**WHO, incident=incident_of(bench, "prn-1").id, minutes=60))
    assert incident_of(bench, CLASS).back_at == bench.now + 3600
    assert CLASS in asked(bench, "D2")
    links = explain(bench.engine._models[bench.key], "incident", its.id, bench.now).links
    (told,) = [link.text_en for link in links if link.station == "estimate"]
    assert told.endswith("(when the faults behind it are expected to be repaired).")


def test_when_nobody_can_say_of_a_cause_nobody_can_of_the_class_and_only_the_cause_is_asked_about() -> None:
    bench = without_printers()
    tell(bench, Estimate(**WHO, incident=incident_of(bench, "prn-1").id, minutes=2))
    for _ in range(120):
        bench.wait(1.5)
        bench.tell(prn_1={"jam": True}, prn_2={"jam": True})
    assert incident_of(bench, "prn-1").slipped_at is not None
    its = incident_of(bench, CLASS)
    assert (its.back_at, its.slipped_at) == (None, None)
    assert CLASS not in asked(bench, "D1")


def test_what_a_person_says_of_the_class_itself_counts_and_the_clock_may_be_set() -> None:
    bench = without_printers()
    before = incident_of(bench, CLASS).back_at
    assert before is not None
    bench.engine.shift_clock(7200)
    bench.now += 7200
    changes = sum(isinstance(event, EstimateChanged) for event in bench.events)
    bench.tell(prn_1={"jam": True}, prn_2={"jam": True})
    assert incident_of(bench, CLASS).back_at == before + 7200
    assert sum(isinstance(event, EstimateChanged) for event in bench.events) == changes
    tell(bench, Estimate(**WHO, incident=incident_of(bench, CLASS).id, minutes=45))
    its = incident_of(bench, CLASS)
    assert (its.back_at, its.estimate_source) == (bench.now + 2700, "person")


def test_a_class_that_is_one_with_its_cause_has_the_estimate_of_both() -> None:
    bench = without_printers()
    one, into = incident_of(bench, CLASS).id, incident_of(bench, "prn-2").id
    tell(bench, Merge(**WHO, incident=one, into=into, reason="同一原因"))
    merged = incident_of(bench, CLASS)
    assert merged.id == into
    last = max(incident_of(bench, each).back_at or 0.0 for each in ("prn-1", "prn-2"))
    assert merged.back_at == last
    events = len(bench.events)
    for _ in range(5):
        bench.wait(1.5)
        bench.tell(prn_1={"jam": True}, prn_2={"jam": True})
    assert not [each for each in bench.events[events:] if isinstance(each, EstimateChanged)]
