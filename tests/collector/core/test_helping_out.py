"""Windows that help out in a hall: reserve windows, lent classes, crowds (W1, W3, P1 to P5)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_agent.wire import Reading
from hallwatch_collector.core import arranging
from hallwatch_collector.core.arrangement import Proposal
from hallwatch_collector.core.commands import (
    CommandRefused,
    Confirm,
    Decline,
    Merge,
    ReportFault,
    ReportOver,
    Retract,
    Tick,
)
from hallwatch_collector.core.commands.windows import CloseWindow
from hallwatch_collector.core.hall import BusinessClass, Device, Hall, Window
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.views import IncidentView, MeasureView, WindowView
from hallwatch_collector.effects.board import make_board
from hallwatch_collector.web.verdict import judge, sort_classes, window_state
from parts.answers import say_yes
from parts.county import Bench, hall, pc, printer, probe

PRINT = BusinessClass(id="certificates", name="完税证明开具", needs=["computer", "print"])
FILING = BusinessClass(id="filing", name="申报纳税", needs=["computer"])


def window(number: int, classes: str, may: str = "", *, reserve: bool = False) -> Window:
    name, able, borrows = f"{number}号窗口", classes.split(), may.split()
    return Window(id=f"w{number}", number=number, name=name, classes=able, may=borrows, reserve=reserve)


WINDOWS = [
    window(1, "certificates"),
    window(2, "filing", "certificates"),
    window(3, "filing certificates"),
    window(9, "filing certificates", reserve=True),
]


def a_hall(windows: Iterable[Window] = WINDOWS, **more: Any) -> Hall:
    """Return a hall with a computer and a printer at each window, and a queue machine that counts."""
    windows = list(windows)
    devices: list[Device] = [Device(id="queue", kind="queue-machine", name="叫号机", probes=[probe()])]
    for each in windows:
        devices += [pc(f"pc-{each.number}", each.id), printer(f"prn-{each.number}", each.id)]
    return hall(devices, windows=windows, classes=[PRINT, FILING], **more)


def start(described: Hall | None = None) -> Bench:
    bench = Bench(described or a_hall())
    bench.born()
    return bench


def jam(bench: Bench, *numbers: int, now: bool = True) -> None:
    bench.tell(**{f"prn_{number}": {"jam": now} for number in numbers})


def model_of(bench: Bench) -> Model:
    return bench.engine._models[bench.key]


def view_of(bench: Bench, name: str) -> WindowView:
    return next(each for each in bench.engine.view(bench.key, bench.now).windows if each.id == name)


def incidents(bench: Bench) -> list[IncidentView]:
    return [each for each in bench.engine.view(bench.key, bench.now).incidents if each.status != "closed"]


def asked(bench: Bench, template: str, status: str = "open") -> list[MeasureView]:
    named = {each.id for each in model_of(bench).measures.values() if each.template == template}
    measures = bench.engine.view(bench.key, bench.now).measures
    return [each for each in measures if each.id in named and each.status == status]


def order(bench: Bench, command: Any) -> list[str]:
    return bench.names(bench._note(bench.engine.on_command(bench.key, command, bench.now)))


def confirm(bench: Bench, measure: str) -> list[str]:
    return order(bench, Confirm(by="李主任", roles=["*"], measure=measure))


def crowd(bench: Bench, total: float, **classes: float) -> None:
    """Let the queue machine tell the same for long enough."""
    counts = {"people_waiting": total} | {f"people_waiting[{name}]": people for name, people in classes.items()}
    for _ in range(35):
        bench.wait(2)
        bench.report(Reading("queue", "tcp", bench.now, metrics=counts))


# -- reserve windows ---------------------------------------------------------------------------------------------------


def test_a_window_in_reserve_counts_for_nothing() -> None:
    bench = start()
    jam(bench, 9)
    view, model = bench.engine.view(bench.key, bench.now), model_of(bench)
    assert (model.able("w9"), model.lost, model.is_resting("w9")) == (set(), {}, True)
    assert (view_of(bench, "w9").open, view_of(bench, "w9").rests, view_of(bench, "w9").lost) == (False, True, ())
    board = make_board(view, bench.now)
    assert (board.windows_open, board.windows, board.classes_lost) == (3, 3, {})
    assert (window_state(view_of(bench, "w9")), judge(view, bench.now).windows) == ("resting", 3)
    jam(bench, 1, 3)
    jammed = [each for each in incidents(bench) if each.device == "prn-3"]
    assert [each.level for each in jammed] == ["Ⅳ"], "one of three windows, not of four"
    assert "w9" not in {measure.subject for measure in view.measures}


def test_one_that_is_opened_counts_until_it_rests_again() -> None:
    bench = start()
    bench.tell(pc_2={"reachable": True})
    jam(bench, 1, 2, 3)
    (proposal,) = asked(bench, "arrange-windows")
    assert (proposal.clause, proposal.subject) == ("W1", "class:certificates")
    assert "开放9号窗口" in proposal.text
    assert "reserve-opened" in confirm(bench, proposal.id)
    assert model_of(bench).able("w9") == {"filing", "certificates"}
    jam(bench, 9)
    assert view_of(bench, "w9").lost == ("certificates",)
    jam(bench, 9, now=False)
    jam(bench, 1, now=False)
    assert view_of(bench, "w9").rests
    assert incidents(bench)
    assert "class:certificates" not in {each.device for each in incidents(bench)}


def test_what_was_opened_can_be_taken_back_by_whoever_opened_it() -> None:
    bench = start()
    jam(bench, 1, 2, 3)
    (proposal,) = asked(bench, "arrange-windows")
    confirm(bench, proposal.id)
    retract = Retract(by="李主任", roles=["*"], measure=proposal.id, reason="没有人手")
    assert "reserve-closed" in order(bench, retract)
    assert [each.id for each in asked(bench, "arrange-windows")] == [proposal.id]
    assert model_of(bench).able("w9") == set()


def test_a_window_that_somebody_reported_is_neither_opened_nor_lent_anything() -> None:
    bench = start(a_hall([*WINDOWS[:3], window(8, "registration", "certificates"), WINDOWS[3]]))
    for name in ("w9", "w2"):
        report = ReportFault(by="小陈", roles=["*"], thing=f"window:{name}", effect="unusable", text="玻璃碎了")
        order(bench, report)
    jam(bench, 1, 3)
    (proposal,) = asked(bench, "arrange-windows")
    assert "8号窗口兼办完税证明开具" in proposal.text


# -- lent classes ------------------------------------------------------------------------------------------------------

LENDING = [window(1, "certificates"), window(2, "filing", "certificates"), window(3, "filing", "certificates")]


def lend(bench: Bench) -> str:
    jam(bench, 1)
    (proposal,) = asked(bench, "arrange-windows")
    confirm(bench, proposal.id)
    return proposal.id


def test_a_lent_class_is_taken_as_far_as_the_devices_let_it() -> None:
    bench = start(a_hall(LENDING))
    lend(bench)
    assert model_of(bench).able("w2") == {"filing", "certificates"}
    assert (view_of(bench, "w2").classes, view_of(bench, "w2").lent) == (("filing", "certificates"), ("certificates",))
    assert dict(sort_classes(view_of(bench, "w2")))["lent"] == ["certificates"]
    jam(bench, 2)
    assert model_of(bench).able("w2") == {"filing"}
    assert view_of(bench, "w2").lost == ("certificates",)
    (proposal,) = asked(bench, "arrange-windows")
    assert "3号窗口兼办" in proposal.text
    confirm(bench, proposal.id)
    assert model_of(bench).lent.keys() == {"w2", "w3"}
    jam(bench, 1, now=False)
    assert model_of(bench).lent == {}, "what it cannot take anyway goes back too"


def test_it_goes_back_when_another_window_takes_it_and_the_incident_waits_for_that() -> None:
    bench = start(a_hall(LENDING, reopening="ask"))
    lend(bench)
    jam(bench, 1, now=False)
    bench.wait(1)
    (check,) = asked(bench, "check-last-transaction")
    order(bench, Tick(by="小陈", roles=["*"], measure=check.id))
    (back,) = asked(bench, "return-windows")
    order(bench, Decline(by="李主任", roles=["*"], measure=back.id, reason="还有人在办"))
    bench.wait(60)
    assert [each.status for each in incidents(bench)] == ["recovered"]
    bench.wait(601)
    (back,) = asked(bench, "return-windows")
    assert "window-returned" in confirm(bench, back.id)
    assert incidents(bench) == []


def test_nothing_goes_back_while_a_crowd_waits() -> None:
    bench = start(a_hall(LENDING))
    lend(bench)
    crowd(bench, 60.0)
    jam(bench, 1, now=False)
    assert model_of(bench).lent
    bench.report(Reading("queue", "tcp", bench.now, metrics={"people_waiting": 2.0}))
    for _ in range(200):
        bench.wait(2)
        bench.report(Reading("queue", "tcp", bench.now, metrics={"people_waiting": 2.0}))
    assert model_of(bench).lent == {}


def test_a_window_that_is_to_be_lent_something_is_not_closed() -> None:
    windows = [window(1, "certificates", "filing"), window(2, "filing"), window(3, "invoice-sale")]
    bench = start(a_hall(windows, closure="auto"))
    for _ in range(8):
        bench.wait(2)
        bench.tell(prn_1={"jam": True}, pc_2={"reachable": False})
    assert model_of(bench).closed_windows.keys() == {"w2"}
    (proposal,) = asked(bench, "arrange-windows")
    order(bench, Decline(by="李主任", roles=["*"], measure=proposal.id, reason="不行"))
    bench.wait(601)
    assert model_of(bench).closed_windows.keys() == {"w1", "w2"}


def test_two_proposals_of_the_same_moves_are_not_carried_out_twice() -> None:
    bench = start(a_hall(LENDING))
    proposal = lend(bench)
    with pytest.raises(CommandRefused) as refused:
        confirm(bench, proposal)
    assert refused.value.code == "already-decided"


def test_a_restart_and_an_edited_file_keep_what_still_can_be() -> None:
    bench = start()
    jam(bench, 1, 2, 3)
    confirm(bench, asked(bench, "arrange-windows")[0].id)
    assert not {"reserve-opened", "measure-raised", "reserve-closed"} & set(bench.names(bench.restart()))
    assert model_of(bench).opened.keys() == {"w9"}
    edited = a_hall([*WINDOWS[:3], structs.replace(WINDOWS[3], reserve=False)])
    bench.hall = edited
    told = bench.names(bench.engine.load_hall(edited, "d2", None, bench.now))
    assert "reserve-closed" in told
    assert model_of(bench).able("w9") == {"filing", "certificates"}


def test_who_takes_an_incident_over_takes_its_windows_over() -> None:
    bench = start(a_hall(LENDING))
    lend(bench)
    jam(bench, 3)
    first, second = (each.id for each in incidents(bench))
    order(bench, Merge(by="李主任", roles=["*"], incident=first, into=second, reason="同一原因"))
    assert model_of(bench).lent == {"w2": {"certificates": second}}


def test_a_closure_by_mistake_can_be_taken_back() -> None:
    bench = start(a_hall([window(1, "certificates"), window(2, "certificates")]))
    bench.tell(prn_1={"jam": True})
    bench.wait(660)
    (closing,) = asked(bench, "close-window")
    confirm(bench, closing.id)
    assert model_of(bench).closed_windows.keys() == {"w1"}
    order(bench, Retract(by="李主任", roles=["*"], measure=closing.id, reason="看错了窗口"))
    assert model_of(bench).closed_windows == {}


# -- crowds ------------------------------------------------------------------------------------------------------------


def test_a_crowd_is_an_incident_without_the_measures_of_a_failure() -> None:
    bench = start()
    crowd(bench, 60.0)
    assert [(each.device, each.faults) for each in incidents(bench)] == [("queue", ("crowded",))]
    clauses = {measure.clause for measure in bench.engine.view(bench.key, bench.now).measures}
    assert clauses == {"A2", "P1", "P3", "P4"}
    assert bench.engine.view(bench.key, bench.now).signs == ()


def test_windows_closed_by_hand_are_proposed_when_a_crowd_waits_and_closed_again_when_that_was_a_mistake() -> None:
    bench = start(a_hall([window(number, "filing") for number in (1, 2, 3)]))
    for name in ("w2", "w3"):
        order(bench, CloseWindow(by="李主任", roles=["head"], window=name, reason="轮休"))
    crowd(bench, 48, filing=48)
    [measure] = asked(bench, "add-windows")
    assert "开放2号窗口;开放3号窗口" in measure.text
    assert asked(bench, "send-to-tax-source") == [], "there are windows to open"
    assert confirm(bench, measure.id)[:2] == ["measure-decided", "window-reopened"]
    assert (view_of(bench, "w2").open, view_of(bench, "w2").by_hand) == (True, ())
    order(bench, Retract(by="李主任", roles=["*"], measure=measure.id, reason="没有人手"))
    assert not view_of(bench, "w2").open
    assert [each.by for each in view_of(bench, "w2").by_hand] == ["李主任"]


def test_nobody_is_told_that_no_window_can_be_opened_while_one_waits_for_its_check() -> None:
    bench = start(a_hall([window(1, "filing"), window(2, "filing")]))
    order(bench, ReportFault(by="李工", roles=["*"], thing="pc-2", effect="unusable", text="坏了"))
    bench.wait(1)
    model_of(bench).closed_windows["w2"] = incidents(bench)[0].id  # as its head had decided
    crowd(bench, 48, filing=48)
    assert len(asked(bench, "send-to-tax-source")) == 1, "nothing can be opened"
    order(bench, ReportOver(by="李工", roles=["*"], thing="pc-2", text="好了"))
    assert asked(bench, "send-to-tax-source") == []
    [check] = asked(bench, "check-last-transaction")
    order(bench, Tick(by="小陈", roles=["*"], measure=check.id))
    assert view_of(bench, "w2").open
    assert len(asked(bench, "send-to-tax-source")) == 1


def test_the_moves_are_worked_out_anew_only_when_windows_or_queues_change(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[Proposal] = []
    original = arranging.propose

    def counted(*asked: Any) -> Proposal:
        worked_out.append(original(*asked))
        return worked_out[-1]

    monkeypatch.setattr(arranging, "propose", counted)
    bench = start()
    jam(bench, 1)
    assert worked_out == [], "nobody asks"
    crowd(bench, 60.0)
    assert len(worked_out) == 1
    bench.tell(pc_2={"reachable": True, "restart-pending": True})
    jam(bench, 9)  # it changes what the reserve window would take
    assert len(worked_out) == 2
    bench.wait(1)
    bench.report(Reading("queue", "tcp", bench.now, metrics={"people_waiting": 63.0}))
    assert len(worked_out) == 2, "three people more change nothing"
    bench.wait(1)
    bench.report(Reading("queue", "tcp", bench.now, metrics={"people_waiting": 90.0}))
    assert len(worked_out) == 3
    assert "等候90人" in asked(bench, "add-windows")[0].text


def test_what_was_told_of_a_queue_stands_while_nobody_counts() -> None:
    bench = start()
    crowd(bench, 60.0)
    before = asked(bench, "add-windows")[0].text
    bench.restart()
    bench.wait(30)
    assert asked(bench, "add-windows")[0].text == before


def test_without_a_count_nothing_is_called_full() -> None:
    bench = start()
    jam(bench, 1, 2, 3)
    assert "等候若干人" not in "".join(each.text for each in bench.engine.view(bench.key, bench.now).measures)
    assert model_of(bench).queue.total is None
    assert asked(bench, "send-to-tax-source") == []


# -- whatever happens --------------------------------------------------------------------------------------------------

MANY = [
    window(1, "filing", "certificates"),
    window(2, "certificates", "filing"),
    window(8, "filing", "certificates", reserve=True),
    window(9, "certificates", reserve=True),
]
NUMBERS = [each.number for each in MANY]
often = st.sampled_from([True, True, False])
steps = st.one_of(
    st.tuples(st.just("jam"), st.sampled_from(NUMBERS), often),
    st.tuples(st.just("pc"), st.sampled_from(NUMBERS), often),
    st.tuples(st.just("people"), st.sampled_from([60, 90, 0]), often),
    st.tuples(st.just("yes"), st.integers(0, 9), often),
    st.tuples(st.just("yes"), st.integers(0, 9), often),
    st.tuples(st.sampled_from(["no", "mistake", "restart"]), st.integers(0, 9), often),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 400, 700]), often),
)


class Story:
    """A hall to which things happen, and what must hold after each."""

    def __init__(self, reopening: Any, closure: Any) -> None:
        self.bench = start(a_hall(MANY, reopening=reopening, closure=closure))
        self.told = {f"prn_{number}": {"jam": False} for number in NUMBERS}
        self.told |= {f"pc_{number}": {"reachable": True} for number in NUMBERS}
        self.people = 0.0

    def tell(self, times: int = 2) -> None:
        for _ in range(times):
            self.bench.wait(7)
            self.bench.tell(**self.told)
            self.bench.report(Reading("queue", "tcp", self.bench.now, metrics={"people_waiting": self.people}))

    def served(self) -> set[str]:
        model = model_of(self.bench)
        return set().union(*(model.able(name) for name in model.impact.windows))

    def play(self, step: tuple[str, int, bool]) -> None:
        do, which, now = step
        if do == "jam":
            self.told[f"prn_{which}"] = {"jam": now}
        elif do == "pc":
            self.told[f"pc_{which}"] = {"reachable": not now}
        elif do == "people":
            self.people = float(which)
        elif do == "wait":
            self.bench.wait(which)
        elif do == "restart":
            self.bench.restart()
        else:
            self.answer(do, which)
        if do in ("jam", "pc", "people"):
            self.tell(12 if do == "people" else 2)
        self.check()

    def answer(self, do: str, which: int) -> None:
        status = "confirmed" if do == "mistake" else "open"
        measures = [each for each in model_of(self.bench).measures.values() if each.status == status]
        measures = [each for each in measures if each.mode == "ask"] or measures
        if not measures:
            return
        measure, served = measures[which % len(measures)], self.served()
        who: dict[str, Any] = {"by": "李主任", "roles": ["*"], "measure": measure.id}
        command: Any = say_yes(measure, "李主任", "*")
        if do != "yes":
            command = Retract(**who, reason="看错") if do == "mistake" else Decline(**who, reason="不行")
        try:
            order(self.bench, command)
        except CommandRefused:
            return
        if do == "yes":
            assert served <= self.served(), f"{measure.template} cost a class its window"

    def check(self) -> None:
        model = model_of(self.bench)
        for name in model.impact.windows:
            if model.is_resting(name):
                assert name not in model.lost
                assert not model.able(name)
        served = self.served()
        for name in ("filing", "certificates"):
            raised = {alarm.fault for alarm, _ in model.devices[f"class:{name}"].raised()}
            assert ("class-unserved" in raised) == (name not in served)
        owners = {*model.opened.values(), *(owner for lent in model.lent.values() for owner in lent.values())}
        assert all(model.incidents[owner].status != "closed" for owner in owners)
        assert all(model.impact.windows[name].reserve for name in model.opened)
        assert all(set(lent) <= set(model.impact.windows[name].may) for name, lent in model.lent.items())

    def calm_down(self) -> None:
        """Let everything be well again, and every question be answered with yes."""
        self.told = {name: {"jam": False} if name.startswith("prn") else {"reachable": True} for name in self.told}
        self.people = 0.0
        self.tell(60)  # what has to hold for a while is over then
        for _ in range(4):
            self.tell()
            for measure in list(model_of(self.bench).measures.values()):
                if measure.status == "open" and measure.mode in ("ask", "show"):
                    answer = Confirm if measure.mode == "ask" else Tick
                    with contextlib.suppress(CommandRefused):  # another answer has settled it
                        order(self.bench, answer(by="李主任", roles=["*"], measure=measure.id))
            self.check()


@settings(max_examples=25)
@given(st.lists(steps, min_size=4, max_size=14), st.sampled_from(["auto", "ask"]), st.sampled_from(["auto", "ask"]))
def test_helping_out_never_costs_a_class_its_window_and_all_goes_back(
    played: list[tuple[str, int, bool]], reopening: str, closure: str
) -> None:
    story = Story(reopening, closure)
    for step in played:
        story.play(step)
    story.calm_down()
    model = model_of(story.bench)
    assert (model.opened, model.lent, model.closed_windows) == ({}, {}, {})
    assert [each for each in model.incidents.values() if each.stands] == []
