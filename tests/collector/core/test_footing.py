"""A decision looks again only at the incidents of which something changed, and nothing comes out otherwise for it."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_collector.core import commands, owed
from hallwatch_collector.core.decide import decide
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Contact, Device
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.owed import Question
from parts.county import Bench, hall, pc, printer, probe


def corner(kiosks: int, **more: Any) -> Bench:
    """Return a hall with machines beside its windows: kiosks, and printers with a spare and a substitute."""
    devices = [
        pc("pc-1", "w1"),
        printer("prn-1", "w1"),
        *(Device(id=f"kiosk-{n}", kind="kiosk", name=f"终端{n}", probes=[probe()]) for n in range(kiosks)),
        printer("prn-a", place="hall", gives=[], spare="prn-s"),
        printer("prn-b", place="hall", gives=[], spare="prn-s"),
        printer("prn-c", place="hall", gives=[], substitute="prn-d"),
        printer("prn-d", place="hall", gives=[]),
        printer("prn-s", gives=[]),
    ]
    bench = Bench(hall(devices, contacts=[Contact(role="technician", name="李工", phone="1")], **more))
    bench.born()
    bench.tell(**{device.id.replace("-", "_"): {"jam": False} for device in devices})
    return bench


def model_of(bench: Bench) -> Model:
    return bench.engine._models[bench.key]


def decided_anew(bench: Bench) -> list[AnyEvent]:
    """Return what comes of looking at every incident again; nothing must."""
    model_of(bench).footings.clear()
    turn = Turn(model_of(bench), bench.now)
    decide(turn)
    return turn.events


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count about which incidents' devices it is asked what they call for."""
    devices: list[str] = []
    find = owed._given_by

    def count(question: Question, measures: Any) -> Any:
        devices.append(question.incident.device)
        return find(question, measures)

    monkeypatch.setattr(owed, "_given_by", count)
    return devices


@pytest.mark.parametrize("others", [5, 40])
def test_what_a_fault_costs_does_not_grow_with_the_incidents_beside_it(asked: list[str], others: int) -> None:
    bench = corner(others)
    for number in range(others):
        bench.tell(**{f"kiosk_{number}": {"jam": True}})
    assert len(model_of(bench).incidents) == others
    asked.clear()
    bench.tell(prn_d={"jam": True})
    assert asked == ["prn-d"] * 3, "raised; a sign to post by hand; nothing more"


def test_of_several_faults_at_a_window_each_is_looked_at_once_while_others_change(asked: list[str]) -> None:
    bench = corner(1)
    bench.tell(prn_1={"jam": True})
    asked.clear()
    bench.tell(prn_d={"jam": True})
    assert asked.count("prn-1") == 1


def test_a_place_to_go_instead_is_said_anew_when_it_breaks(asked: list[str]) -> None:
    bench = corner(3)
    bench.tell(prn_c={"jam": True}, kiosk_0={"jam": True}, prn_a={"jam": True})
    said = {each.subject: each.text for each in model_of(bench).measures.values() if each.clause == "H1"}
    asked.clear()
    bench.tell(prn_d={"jam": True}, kiosk_1={"jam": True}, prn_s={"jam": True})
    assert {"prn-c", "kiosk-0", "prn-a"} <= set(asked)
    now = {each.subject: each.text for each in model_of(bench).measures.values() if each.clause == "H1"}
    assert now["prn-a"] != said["prn-a"], "its spare is broken too"
    assert decided_anew(bench) == []


def test_nothing_comes_out_otherwise_for_it() -> None:
    bench = corner(4)
    happenings: list[dict[str, Any]] = [
        {"kiosk_0": {"jam": True}}, {"prn_a": {"jam": True}}, {"prn_b": {"jam": True}}, {"kiosk_1": {"jam": True}},
        {"prn_c": {"jam": True}}, {"prn_1": {"jam": True}}, {"prn_d": {"jam": True}}, {"prn_a": {"jam": False}},
        {"pc_1": {"reachable": False}}, {"kiosk_2": {"jam": True}, "prn_1": {"jam": False}}, {"prn_s": {"jam": True}},
        {"kiosk_3": {"jam": True}}, {"kiosk_0": {"jam": False}}, {"prn_d": {"jam": False}},
        {"pc_1": {"reachable": True}},
    ]  # fmt: skip
    for happening in happenings:
        bench.tell(**happening)
        assert decided_anew(bench) == [], happening
        bench.wait(400)
        assert decided_anew(bench) == [], happening


def test_what_is_to_come_in_a_while_comes(asked: list[str]) -> None:
    bench = corner(2)
    bench.tell(kiosk_0={"jam": True})
    [incident] = model_of(bench).incidents.values()
    bench.engine.on_command(
        bench.key, commands.Estimate(by="李工", roles=["*"], incident=incident.id, minutes=2.0), bench.now
    )
    asked.clear()
    bench.wait(180)
    assert asked, "the time that was told is over"
    assert incident.slipped_at is not None
    assert decided_anew(bench) == []
