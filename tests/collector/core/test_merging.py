"""Two incidents that are made one by mistake and parted again are what they were before."""

from __future__ import annotations

from typing import Any

import msgspec

from hallwatch_collector.core import commands
from hallwatch_collector.core.events import EstimateChanged, IncidentOpened, MeasureRaised
from hallwatch_collector.core.hall import Device
from hallwatch_collector.core.merging import merge_incidents, split_incident
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import Incident
from parts.answers import say_yes
from parts.county import Bench, hall, pc, probe

WHO: dict[str, Any] = {"by": "王主任", "roles": ["*"]}
REASON = {"reason": "同一原因"}
FINE, DOWN = {"reachable": True}, {"reachable": False}


class Two(Bench):
    """A router that failed and came back, and a window that somebody says is broken."""

    def __init__(self) -> None:
        router = Device(id="rt-1", kind="router", name="上联路由器", probes=[probe()])
        super().__init__(hall([router, pc("pc-1", "w1", depends_on=["rt-1"]), pc("pc-2", "w2")]))
        self.born()
        self.reads(FINE)
        self.reads(DOWN)
        self.order(commands.SetLevel(**WHO, incident=self.incident("rt-1").id, level="Ⅲ", reason="实情"))
        self.reads(FINE)
        for measure in self.engine.state(self.key).measures:
            if measure.clause == "D4" and measure.status == "open":
                self.order(say_yes(measure, "王主任", "*"))
        self.order(commands.ReportFault(**WHO, thing="window:w2", effect="unusable", text="不能用"))

    def reads(self, router: dict[str, Any]) -> None:
        for _ in range(40):
            self.tell(rt_1=router, pc_1=router, pc_2=FINE)
            self.wait(2)

    def order(self, command: commands.AnyCommand) -> list[Any]:
        return self._note(self.engine.on_command(self.key, command, self.now))

    def incident(self, device: str) -> Incident:
        found = [each for each in self.engine.state(self.key).incidents if each.device == device]
        return msgspec.json.decode(msgspec.json.encode(found[-1]), type=Incident)

    def asked(self) -> set[tuple[str, str, str]]:
        measures = self.engine.state(self.key).measures
        return {(each.incident, each.clause, each.subject) for each in measures if each.status == "open"}


def merged() -> tuple[Two, Incident, Incident, set[tuple[str, str, str]], int]:
    """Return the hall with the window's incident made part of the router's, and what there was before."""
    bench = Two()
    first, second, asked = bench.incident("rt-1"), bench.incident("window:w2"), bench.asked()
    assert (first.status, second.status) == ("recovered", "detected")
    seen = len(bench.events)
    bench.order(commands.Merge(**WHO, **REASON, incident=second.id, into=first.id))
    return bench, first, second, asked, seen


def split(bench: Two) -> None:
    bench.order(commands.Split(**WHO, reason="不是", incident=bench.incident("rt-1").id, device="window:w2"))


def test_what_was_merged_by_mistake_and_parted_is_as_it_was() -> None:
    bench, first, second, asked, seen = merged()
    assert bench.incident("rt-1").status == "detected"
    bench.wait(20)
    bench.restart()
    split(bench)
    assert bench.incident("rt-1") == first
    assert bench.incident("window:w2") == second
    assert bench.asked() == asked
    events = bench.events[seen:]
    assert not [each for each in events if isinstance(each, IncidentOpened | EstimateChanged)]
    texts = [each.text for each in events if isinstance(each, MeasureRaised)]
    assert not [text for text in texts if ":;" in text], "what is over is no cause"


def test_what_was_said_while_they_were_one_stays_with_the_one_that_stood() -> None:
    bench, first, second, _, _ = merged()
    bench.order(commands.Acknowledge(by="李工", roles=["*"], incident=first.id))
    bench.order(commands.Estimate(by="李工", roles=["*"], incident=first.id, minutes=40))
    split(bench)
    assert bench.incident("rt-1").recovered_at == first.recovered_at
    parted = bench.incident("window:w2")
    assert (parted.id, parted.status, parted.told_by) == (second.id, "acknowledged", "李工")


def test_what_came_back_while_they_were_one_stands() -> None:
    bench, _, second, _, _ = merged()
    bench.reads(DOWN)
    split(bench)
    assert bench.incident("rt-1").stands
    assert bench.incident("window:w2").stands
    assert bench.incident("window:w2").id == second.id
    assert bench.incident("window:w2").reopened == 0


def test_windows_closed_for_an_incident_are_closed_for_it_again() -> None:
    bench = Two()
    first, second = bench.incident("rt-1"), bench.incident("window:w2")
    bench.order(commands.Estimate(**WHO, incident=second.id, minutes=60))
    measures = bench.engine.state(bench.key).measures
    (proposal,) = [each for each in measures if each.status == "open" and each.template == "close-window"]
    bench.order(say_yes(proposal, "王主任", "*"))
    bench.order(commands.Merge(**WHO, **REASON, incident=second.id, into=first.id))
    assert bench.engine.state(bench.key).closed_windows == {"w2": first.id}
    split(bench)
    assert bench.engine.state(bench.key).closed_windows == {"w2": second.id}
    assert not [each for each in bench.asked() if each[1] == "W1"], "nobody is asked twice"


def test_of_the_classes_that_one_window_was_lent_for_both_each_goes_back_to_its_own() -> None:
    bench = Two()
    first, second = bench.incident("rt-1"), bench.incident("window:w2")
    model = bench.engine._models[bench.key]
    model.lent = {"w1": {"tax-copying": first.id, "registration": second.id}}
    turn = Turn(model, bench.now)
    merge_incidents(turn, model.incidents[second.id], model.incidents[first.id])
    assert set(model.lent["w1"].values()) == {first.id}
    split_incident(turn, model.incidents[first.id], "window:w2")
    assert model.lent == {"w1": {"tax-copying": first.id, "registration": second.id}}
