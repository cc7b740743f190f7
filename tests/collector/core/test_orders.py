"""What people do along an incident's life: levels, merging, printed signs, taking back, and clocks set meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.events import AnyEvent, IncidentMoved, LevelChanged
from hallwatch_collector.core.hall import Device
from hallwatch_collector.core.state import Incident, Measure
from parts.county import Bench, hall, pc, printer, probe

HEAD: dict[str, Any] = {"by": "王主任", "roles": ["*"]}


@pytest.fixture
def bench() -> Bench:
    kiosk = Device(id="kiosk", kind="kiosk", name="自助终端", probes=[probe()])
    made = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2"), printer("prn-1", "w1"), kiosk]))
    made.born()
    return made


def order(bench: Bench, command: AnyCommand) -> list[AnyEvent]:
    events = bench.engine.on_command(bench.key, command, bench.now)
    bench.events += events
    return events


def report(bench: Bench, thing: str, effect: Any = "unusable") -> list[AnyEvent]:
    return order(bench, commands.ReportFault(**HEAD, thing=thing, effect=effect, text="坏了"))


def over(bench: Bench, thing: str) -> list[AnyEvent]:
    return order(bench, commands.ReportOver(**HEAD, thing=thing, text="好了"))


def incident_of(bench: Bench, device: str) -> Incident:
    return next(each for each in bench.engine.state(bench.key).incidents if device in each.roots)


def measures(bench: Bench, template: str, status: str = "open") -> list[Measure]:
    found = bench.engine.state(bench.key).measures
    return [each for each in found if (each.template, each.status) == (template, status)]


def make_grave(bench: Bench, device: str) -> None:
    """Give an incident the level from which on its end is declared and a report is signed."""
    name = incident_of(bench, device).id
    order(bench, commands.SetLevel(**HEAD, incident=name, level="Ⅲ", reason="影响大"))


def tick(bench: Bench, template: str) -> Measure:
    [step] = measures(bench, template)
    order(bench, commands.Tick(**HEAD, measure=step.id))
    return step


@pytest.mark.parametrize("recovered", [False, True])
def test_what_a_lower_level_does_not_ask_for_is_said_to_go_because_of_that(bench: Bench, recovered: bool) -> None:
    report(bench, "pc-1")
    make_grave(bench, "pc-1")
    if recovered:
        over(bench, "pc-1")
    [step] = measures(bench, "pass-on-county")
    incident = incident_of(bench, "pc-1").id
    order(bench, commands.SetLevel(**HEAD, incident=incident, level="Ⅳ", reason="影响不大"))
    [gone] = measures(bench, "pass-on-county", "undone")
    assert (gone.id, gone.undone_because) == (step.id, "level-lowered")
    with pytest.raises(CommandRefused) as refused:
        order(bench, commands.Tick(**HEAD, measure=step.id))
    assert refused.value.code == "level-lowered"


@pytest.mark.parametrize("recovered", [False, True])
def test_going_back_to_the_computed_level_gives_it_at_once(bench: Bench, recovered: bool) -> None:
    report(bench, "pc-1")
    incident = incident_of(bench, "pc-1").id
    order(bench, commands.SetLevel(**HEAD, incident=incident, level="Ⅰ", reason="影响大"))
    report(bench, "pc-2")  # which is another incident: the computed level stays
    if recovered:
        over(bench, "pc-1")
    [changed] = [
        event
        for event in order(bench, commands.SetLevel(**HEAD, incident=incident, level="", reason="更正"))
        if isinstance(event, LevelChanged)
    ]
    assert (changed.level, changed.by) == ("Ⅳ", "王主任")
    assert incident_of(bench, "pc-1").level == "Ⅳ"


def test_the_level_that_holds_is_not_set_again(bench: Bench) -> None:
    report(bench, "pc-1")
    name = incident_of(bench, "pc-1").id
    computed = commands.SetLevel(**HEAD, incident=name, level="", reason="更正")
    with pytest.raises(CommandRefused, match="level-holds"):
        order(bench, computed)
    order(bench, commands.SetLevel(**HEAD, incident=name, level="Ⅳ", reason="就按这一级"))  # so it stays
    with pytest.raises(CommandRefused, match="level-holds"):
        order(bench, commands.SetLevel(**HEAD, incident=name, level="Ⅳ", reason="再说一次"))
    order(bench, computed)


REFUSED: list[tuple[str, Callable[[str], AnyCommand]]] = [
    ("unknown-level", lambda name: commands.SetLevel(**HEAD, incident=name, level="Ⅸ", reason="x")),
    ("no-right", lambda name: commands.SetLevel(by="x", roles=["guide"], incident=name, level="Ⅰ", reason="x")),
    ("no-right", lambda name: commands.Merge(by="x", roles=["guide"], incident=name, into=name, reason="x")),
    ("same-incident", lambda name: commands.Merge(**HEAD, incident=name, into=name, reason="x")),
    ("unknown-incident", lambda name: commands.Merge(**HEAD, incident=name, into="inc-99", reason="x")),
    ("not-joined", lambda name: commands.Split(**HEAD, incident=name, device="pc-1", reason="x")),
    ("not-joined", lambda name: commands.Split(**HEAD, incident=name, device="pc-2", reason="x")),
    ("unknown-thing", lambda _: commands.ReportFault(**HEAD, thing="class:filing", effect="unusable", text="x")),
    ("unknown-thing", lambda _: commands.ReportFault(**HEAD, thing="nothing", effect="unusable", text="x")),
    ("nothing-reported", lambda _: commands.ReportOver(**HEAD, thing="pc-2", text="x")),
    ("not-taken-back", lambda _: commands.Retract(**HEAD, measure="m-99", reason="x")),
    ("unknown-incident", lambda _: commands.Estimate(**HEAD, incident="inc-99", minutes=5)),
]


@pytest.mark.parametrize(("code", "command"), REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(
    bench: Bench, code: str, command: Callable[[str], AnyCommand]
) -> None:
    report(bench, "pc-1")
    before = bench.engine.state(bench.key)
    with pytest.raises(CommandRefused) as refused:
        order(bench, command(incident_of(bench, "pc-1").id))
    assert refused.value.code == code
    assert bench.engine.state(bench.key) == before


def test_who_comes_second_is_told_who_was_first(bench: Bench) -> None:
    report(bench, "pc-1")
    name = incident_of(bench, "pc-1").id
    order(bench, commands.Acknowledge(by="李工", roles=["technician"], incident=name))
    with pytest.raises(CommandRefused) as refused:
        order(bench, commands.Acknowledge(by="张工", roles=["technician"], incident=name))
    assert (refused.value.code, refused.value.fields) == ("already-taken-on", {"incident": name, "by": "李工"})
    order(bench, commands.StartRepair(by="张工", roles=["technician"], incident=name))
    with pytest.raises(CommandRefused) as refused:
        order(bench, commands.StartRepair(by="李工", roles=["technician"], incident=name))
    assert (refused.value.code, refused.value.fields["owner"]) == ("already-under-repair", "李工")
    over(bench, "pc-1")
    with pytest.raises(CommandRefused, match="already-recovered"):
        order(bench, commands.Acknowledge(by="张工", roles=["technician"], incident=name))


def test_an_answer_to_what_is_asked_no_longer_is_told_so_whatever_the_answer(bench: Bench) -> None:
    report(bench, "pc-1")
    [step] = measures(bench, "post-sign")
    over(bench, "pc-1")
    for answer in (commands.Decline(**HEAD, measure=step.id, reason="x"), commands.Tick(**HEAD, measure=step.id)):
        with pytest.raises(CommandRefused, match="cause-gone"):
            order(bench, answer)


def test_the_last_check_can_be_taken_back_while_the_incident_may_be_reopened(bench: Bench) -> None:
    report(bench, "pc-1")
    over(bench, "pc-1")
    step = tick(bench, "check-last-transaction")
    incident = incident_of(bench, "pc-1")
    assert incident.status == "closed"
    events = order(bench, commands.Retract(**HEAD, measure=step.id, reason="点错了"))
    assert [event.status for event in events if isinstance(event, IncidentMoved)] == ["unchecked"]
    assert incident_of(bench, "pc-1").status == "recovered"
    assert [each.id for each in measures(bench, "check-last-transaction")] == [step.id]
    bench.restart()
    tick(bench, "check-last-transaction")
    assert incident_of(bench, "pc-1").status == "closed"


def test_what_was_answered_for_a_graver_incident_stands_when_its_last_check_is_taken_back(bench: Bench) -> None:
    report(bench, "pc-1")
    make_grave(bench, "pc-1")
    over(bench, "pc-1")
    bench.wait(1801)
    [end] = measures(bench, "end-response")
    order(bench, commands.Confirm(**HEAD, measure=end.id))
    order(bench, commands.SignReport(**HEAD, incident=incident_of(bench, "pc-1").id, digest="0" * 64))
    [step] = measures(bench, "check-last-transaction")
    steps = [each for each in bench.engine.state(bench.key).measures if (each.status, each.mode) == ("open", "show")]
    for each in (*(other for other in steps if other.id != step.id), step):
        order(bench, commands.Tick(**HEAD, measure=each.id))
    assert incident_of(bench, "pc-1").status == "closed"
    order(bench, commands.Retract(**HEAD, measure=step.id, reason="点错了"))
    assert [each.template for each in bench.engine.state(bench.key).measures if each.status == "open"] == [
        "check-last-transaction"
    ]


def test_a_check_is_not_taken_back_once_its_device_has_another_incident(bench: Bench) -> None:
    report(bench, "pc-1")
    over(bench, "pc-1")
    step = tick(bench, "check-last-transaction")
    bench.wait(3601)
    report(bench, "pc-1", "hazard")
    with pytest.raises(CommandRefused) as refused:
        order(bench, commands.Retract(**HEAD, measure=step.id, reason="点错了"))
    assert refused.value.code in ("time-to-retract-over", "not-taken-back")


def test_a_person_who_says_that_the_hall_is_out_of_use_is_heard_at_once(bench: Bench) -> None:
    report(bench, "hall:")
    assert incident_of(bench, "hall:").level == "Ⅲ"


def test_a_time_that_a_technician_gives_counts_from_when_it_is_given(bench: Bench) -> None:
    report(bench, "pc-1")
    bench.wait(137)
    order(bench, commands.Estimate(**HEAD, incident=incident_of(bench, "pc-1").id, minutes=1.5))
    [step] = measures(bench, "ask-to-wait")
    assert "预计2分钟内" in step.text


def test_when_that_time_has_passed_nobody_knows_until_a_technician_says_so_anew(bench: Bench) -> None:
    report(bench, "pc-1")
    name = incident_of(bench, "pc-1").id
    order(bench, commands.Estimate(**HEAD, incident=name, minutes=5))
    assert measures(bench, "close-window") + measures(bench, "move-classes") == []
    told = len(bench.events)
    bench.wait(3600)
    assert incident_of(bench, "pc-1").back_at is None
    assert measures(bench, "close-window") or measures(bench, "move-classes"), "as for a long one"
    [step] = measures(bench, "tell-slipped")
    assert "现预计时间待定" in step.text
    raised = [event for event in bench.events[told:] if getattr(event, "template", "") == "tell-slipped"]
    assert len(raised) == 1, "people are told once"
    order(bench, commands.Estimate(**HEAD, incident=name, minutes=30))
    [step] = measures(bench, "tell-slipped")
    assert "待定" not in step.text, "and again when somebody knows"


def test_a_recovered_incident_that_takes_in_a_standing_one_says_that_it_stands_again(bench: Bench) -> None:
    report(bench, "prn-1")
    make_grave(bench, "prn-1")
    over(bench, "prn-1")
    report(bench, "pc-1")
    make_grave(bench, "pc-1")
    first, second = incident_of(bench, "prn-1"), incident_of(bench, "pc-1")
    assert first.status == "recovered"
    events = order(bench, commands.Merge(**HEAD, incident=second.id, into=first.id, reason="同一原因"))
    moved = [(event.incident, event.status) for event in events if isinstance(event, IncidentMoved)]
    assert moved == [(first.id, "detected"), (second.id, "closed")]
    assert incident_of(bench, "prn-1").level == second.level, "it is at least as grave as either"
    bench.restart()
    order(bench, commands.Split(**HEAD, incident=first.id, device="pc-1", reason="不是"))
    stands = {each.device: each.stands for each in bench.engine.state(bench.key).incidents if each.status != "closed"}
    assert stands == {"prn-1": False, "pc-1": True}


def test_a_printed_sign_is_posted_once_and_taken_down_before_the_incident_closes(bench: Bench) -> None:
    report(bench, "kiosk")
    tick(bench, "post-sign")
    over(bench, "kiosk")
    assert [each.subject for each in measures(bench, "take-down-sign")] == ["kiosk"]
    bench.restart()
    assert incident_of(bench, "kiosk").status == "recovered"
    report(bench, "kiosk")  # it is broken again before anybody took the sign down
    assert measures(bench, "post-sign") == measures(bench, "take-down-sign") == []
    over(bench, "kiosk")
    tick(bench, "take-down-sign")
    assert incident_of(bench, "kiosk").status == "closed"


def test_a_printed_sign_outlives_an_incident_that_gives_way_to_another() -> None:
    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    bench = Bench(hall([router, pc("pc-1", "w1", depends_on=["rt-1"])]))
    bench.born()

    def watch(cycles: int, *, router: bool, computer: bool) -> None:
        for _ in range(cycles):
            bench.wait(2)
            bench.tell(rt_1={"reachable": router}, pc_1={"reachable": computer})

    watch(1, router=True, computer=True)
    watch(8, router=True, computer=False)
    tick(bench, "post-sign")
    watch(8, router=False, computer=False)
    assert incident_of(bench, "pc-1").status == "closed"
    [step] = measures(bench, "take-down-sign")
    assert (step.subject, step.incident) == ("pc-1", incident_of(bench, "rt-1").id)


def test_a_sign_that_was_not_posted_after_all_is_asked_for_again(bench: Bench) -> None:
    report(bench, "kiosk")
    step = tick(bench, "post-sign")
    events = order(bench, commands.Retract(**HEAD, measure=step.id, reason="贴错了地方"))
    assert bench.names(events) == ["sign-posted", "measure-retracted", "measure-raised"]
    assert "应挂" in measures(bench, "device-sign")[0].text, "no sign hangs there"
    assert [each.id for each in measures(bench, "post-sign")] == [step.id]
    over(bench, "kiosk")
    assert measures(bench, "take-down-sign") == []


def test_what_is_dangerous_stays_so_when_something_upstream_fails_too() -> None:
    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    kiosk = Device(id="kiosk", kind="kiosk", name="自助终端", depends_on=["rt-1"], probes=[probe()])
    bench = Bench(hall([router, kiosk]))
    bench.born()
    bench.tell(rt_1={"reachable": True}, kiosk={"reachable": True})
    report(bench, "kiosk", "hazard")
    for _ in range(8):
        bench.wait(2)
        bench.tell(rt_1={"reachable": False}, kiosk={"reachable": False})
    signs = {sign.place: sign.text for sign in bench.engine.view(bench.key, bench.now).signs}
    assert signs["kiosk"] == "危险!请勿触摸"


def test_what_is_dangerous_at_a_window_is_shown_in_front_of_it(bench: Bench) -> None:
    report(bench, "window:w1", "hazard")
    view = bench.engine.view(bench.key, bench.now)
    assert [(sign.place, sign.text) for sign in view.signs] == [("w1", "危险!请勿触摸")]


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_the_stable_half_hour_lasts_half_an_hour_though_the_clock_is_set(bench: Bench, step_s: float) -> None:
    report(bench, "pc-1")
    make_grave(bench, "pc-1")
    over(bench, "pc-1")
    bench.wait(600)
    bench.engine.shift_clock(step_s)
    bench.now += step_s
    bench.wait(1190)
    assert measures(bench, "end-response") == []
    bench.wait(20)
    [end] = measures(bench, "end-response")
    order(bench, commands.Decline(**HEAD, measure=end.id, reason="再观察"))
    bench.wait(600)
    bench.engine.shift_clock(step_s)
    bench.now += step_s
    bench.restart()
    bench.wait(1190)
    assert measures(bench, "end-response") == []
    bench.wait(20)
    assert [each.id for each in measures(bench, "end-response")] == [end.id]


def test_a_setting_of_the_clock_is_no_news_of_any_estimate(bench: Bench) -> None:
    report(bench, "pc-1")
    bench.engine.shift_clock(100.0)
    bench.now += 100
    assert "estimate-changed" not in bench.names(bench.wait(5))
