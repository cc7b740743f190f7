"""What once went wrong in what the plan asks for, each with the story that showed it."""

from __future__ import annotations

from typing import Any

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.commands import Confirm, Estimate, ReportFault
from hallwatch_collector.core.commands.readiness import PlanMaintenance
from hallwatch_collector.core.commands.windows import CloseWindow
from hallwatch_collector.core.events import AnyEvent, MeasureRaised
from hallwatch_collector.core.hall import Device, Hall, Window
from hallwatch_collector.core.public_events import NoticeOutdated, NoticeReleased
from parts.county import Bench, hall, pc, printer, probe

NINE = 1_773_104_400.0
WHO: dict[str, Any] = {"by": "王主任", "roles": ["*"]}


def order(bench: Bench, command: Any) -> list[AnyEvent]:
    return bench._note(bench.engine.on_command(bench.key, command, bench.now))


def asked(bench: Bench, template: str) -> list[Any]:
    model = bench.engine._models[bench.key]
    return [each for each in model.measures.values() if each.template == template and each.status == "open"]


def test_where_people_are_led_is_said_anew_once_it_is_known_that_a_window_works() -> None:
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2"), printer("prn-1", "w1")]), NINE)
    bench.born()
    bench.tell(pc_1={"reachable": True}, prn_1={"jam": True})
    (sign,) = bench.engine.view(bench.key, bench.now).signs
    assert sign.instead == "2号窗口(如可用)"
    bench.tell(pc_2={"reachable": True})
    (sign,) = bench.engine.view(bench.key, bench.now).signs
    assert sign.instead == "2号窗口"


def test_a_hall_file_that_is_edited_twice_lets_nothing_happen_in_the_past() -> None:
    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    described = hall([router, pc("pc-1", "w1", depends_on=["rt-1"])])
    bench = Bench(described, NINE)
    bench.born()
    order(bench, ReportFault(**WHO, thing="hall:", effect="unusable", text="停电"))
    bench.engine.load_hall(described, "d2", None, bench.now)
    bench.wait(7200)
    bench._note(bench.engine.load_hall(described, "d3", None, bench.now))
    assert bench.engine.next_due() >= bench.now
    before = len(bench.events)
    bench.wait(600)
    assert all(event.at >= bench.now - 600 for event in bench.events[before:])


def helping(**more: Any) -> Hall:
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing"]),
        Window(id="w2", number=2, name="2号窗口", classes=["certificates"]),
        Window(id="w9", number=9, name="9号窗口", classes=["certificates"], reserve=True),
    ]
    return hall([pc("pc-1", "w1"), pc("pc-2", "w2"), pc("pc-9", "w9")], windows=windows, **more)


def test_a_proposal_that_still_says_the_same_is_not_raised_again_because_a_window_changed() -> None:
    bench = Bench(helping(), NINE)
    bench.born()
    order(bench, ReportFault(**WHO, thing="window:w2", effect="unusable", text="坏了"))
    (proposal,) = asked(bench, "arrange-windows")
    events = order(bench, CloseWindow(**WHO, window="w1", reason="轮休"))
    raised = [each.measure for each in events if isinstance(each, MeasureRaised)]
    assert proposal.id not in raised
    events = order(bench, Confirm(**WHO, measure=proposal.id))
    assert "reserve-opened" in bench.names(events)


def test_a_window_that_was_opened_by_a_proposal_may_leave_the_hall_file() -> None:
    bench = Bench(helping(), NINE)
    bench.born()
    order(bench, ReportFault(**WHO, thing="window:w2", effect="unusable", text="坏了"))
    (proposal,) = asked(bench, "arrange-windows")
    order(bench, Confirm(**WHO, measure=proposal.id))
    described = helping()
    windows = [each for each in described.windows if each.id != "w9"]
    bench.hall = hall([each for each in described.devices if each.place != "w9"], windows=windows)
    assert "reserve-closed" in bench.names(bench.engine.load_hall(bench.hall, "edited", None, bench.now))


def announced(bench: Bench, from_: str, to: str) -> NoticeReleased:
    order(bench, PlanMaintenance(**WHO, devices=["pc-1"], text="升级", from_=from_, to=to, announce_before_s=86_400))
    (measure,) = asked(bench, "announce-maintenance")
    (released,) = [
        each for each in order(bench, Confirm(**WHO, measure=measure.id)) if isinstance(each, NoticeReleased)
    ]  # fmt: skip
    return released


def test_a_notice_of_tomorrow_is_still_right_when_tomorrow_has_come() -> None:
    bench = Bench(helping(), NINE + 12 * 3600)
    released = announced(bench, "2026-03-11 09:00", "2026-03-11 10:00")
    assert "3月11日09:00" in released.text
    bench.now = NINE + 14.9 * 3600
    bench.wait(1200)  # past midnight
    order(bench, ReportFault(**WHO, thing="pc-2", effect="degraded", text="慢"))
    assert not [event for event in bench.events if isinstance(event, NoticeOutdated)]


def tell_queue(bench: Bench, times: int, *, kiosk: bool) -> None:
    for _ in range(times):
        bench.wait(2)
        people = Reading("queue", "tcp", bench.now, metrics={"people_waiting": 35.0})
        bench.report(people, Reading("kiosk", "tcp", bench.now, conditions={"reachable": kiosk}))


def test_what_takes_the_place_of_a_measure_comes_after_it_went() -> None:
    """Two measures of one clause for one thing exclude each other: never do both stand, not even in the record."""
    queue = Device(id="queue", kind="queue-machine", name="叫号机", probes=[probe()])
    bench = Bench(hall([queue, Device(id="kiosk", kind="kiosk", name="自助终端", probes=[probe()])]), NINE)
    bench.born()
    standing: dict[str, tuple[str, str, str]] = {}
    for kiosk in (True, False, True, False, True):
        tell_queue(bench, 40, kiosk=kiosk)
    for event in bench.events:
        if isinstance(event, MeasureRaised):
            standing[event.measure] = (event.clause, event.subject, event.text)
            assert len(set(standing.values())) == len(standing)
        elif event.__struct_config__.tag in ("measure-undone", "measure-decided"):
            standing.pop(event.measure, None)  # type: ignore[union-attr]


def test_nobody_is_asked_to_close_windows_that_all_still_take_something() -> None:
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2"), printer("prn-1", "w1"), printer("prn-2", "w2")]))
    bench.born()

    def fail_for_long(thing: str) -> None:
        order(bench, ReportFault(**WHO, thing=thing, effect="unusable", text="坏了"))
        model = bench.engine._models[bench.key]
        incident = next(each for each in model.incidents.values() if thing in each.roots)
        order(bench, Estimate(**WHO, incident=incident.id, minutes=60))

    fail_for_long("prn-1")
    fail_for_long("prn-2")
    assert asked(bench, "class-unserved")
    assert asked(bench, "close-windows") == [], "both still take filing"
    fail_for_long("pc-1")
    fail_for_long("pc-2")
    assert asked(bench, "close-windows")
