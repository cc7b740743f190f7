"""The engine on a small hall: what comes in, and what may and may not come of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallwatch_agent.wire import ReadError, Reading
from hallwatch_collector.core.commands import (
    Acknowledge,
    CommandRefused,
    Confirm,
    Decline,
    Estimate,
    ReportFault,
    ReportUnconfirmed,
    Retract,
    Tick,
)
from hallwatch_collector.core.events import IncidentOpened, MeasureRaised, SignPut
from hallwatch_collector.core.hall import Agent, Device
from hallwatch_collector.core.plan import EVERYTHING
from hallwatch_collector.core.state import HallState
from parts.county import Bench, hall, pc, printer, probe


@pytest.fixture
def bench() -> Bench:
    made = Bench(hall([printer("prn-1", "w1", spare="prn-9"), printer("prn-9"), pc("pc-1", "w1"), pc("pc-2", "w2")]))
    made.born()
    made.tell(prn_1={"jam": False}, prn_9={"jam": False}, pc_1={"reachable": True}, pc_2={"reachable": True})
    return made


def test_a_jam_takes_the_printing_classes_only_and_the_measure_names_the_spare(bench: Bench) -> None:
    events = bench.tell(prn_1={"jam": True})
    view = bench.engine.view(bench.key, bench.now)
    assert next(window.lost for window in view.windows if window.id == "w1") == ("certificates",)
    assert [sign.text for sign in view.signs] == ["暂停使用"]
    raised = {event.clause: event.text for event in events if isinstance(event, MeasureRaised)}
    assert "prn-9" in raised["H1"]
    bench.tell(prn_1={"jam": False})
    view = bench.engine.view(bench.key, bench.now)
    assert view.signs == ()
    assert not any(window.lost for window in view.windows)


def test_a_broken_spare_is_not_offered(bench: Bench) -> None:
    bench.tell(prn_9={"jam": True})
    events = bench.tell(prn_1={"jam": True})
    texts = [event.text for event in events if isinstance(event, MeasureRaised) and event.clause == "H1"]
    assert texts
    assert "prn-9" not in texts[0]


def test_a_spare_that_several_devices_share_goes_to_the_first_of_them() -> None:
    shared = [printer("prn-1", "w1", spare="prn-9"), printer("prn-2", "w2", spare="prn-9"), printer("prn-9")]
    bench = Bench(hall([*shared, pc("pc-1", "w1"), pc("pc-2", "w2")]))
    bench.born()
    bench.tell(prn_1={"jam": False}, prn_2={"jam": False}, prn_9={"jam": False})

    def offered() -> dict[str, bool]:
        view = bench.engine.view(bench.key, bench.now)
        asked = [each for each in view.measures if (each.clause, each.status) == ("H1", "open")]
        lent = next(device.kept_for for device in view.devices if device.id == "prn-9")
        assert [each.subject for each in asked if "prn-9" in each.text] == ([lent] if lent else [])
        return {each.subject: "prn-9" in each.text for each in asked}

    bench.tell(prn_2={"jam": True})
    bench.wait(30)
    bench.tell(prn_1={"jam": True})
    assert offered() == {"prn-1": False, "prn-2": True}
    bench.tell(prn_2={"jam": False})
    assert offered() == {"prn-1": True}, "the first has no need of it any more"


def test_a_spare_is_lent_by_a_person_only_and_is_for_what_is_broken() -> None:
    shared = [printer("prn-1", "w1", spare="prn-9"), printer("prn-2", "w2", spare="prn-9"), printer("prn-9")]
    bench = Bench(hall([*shared, pc("pc-1", "w1"), pc("pc-2", "w2")]))
    bench.born()
    bench.tell(prn_1={"jam": False}, prn_2={"jam": False}, prn_9={"jam": False})
    told = ReportUnconfirmed(by="纳税人", roles=[], thing="prn-1", text="打得很淡")
    bench.engine.on_command(bench.key, told, bench.now)
    bench.tell(prn_2={"jam": True})
    view = bench.engine.view(bench.key, bench.now)
    assert any(fault.effect == "warning" for each in view.devices if each.id == "prn-1" for fault in each.faults)
    assert next((each.lent_to, each.kept_for) for each in view.devices if each.id == "prn-9") == ("", "prn-2")


@pytest.mark.parametrize("effect", ["hazard", "unusable"])
def test_what_a_person_said_stands_while_nobody_sees_the_device(bench: Bench, effect: str) -> None:
    told = ReportFault(by="林窗口", roles=["staff"], thing="prn-1", effect=effect, text="冒烟")  # type: ignore[arg-type]
    bench.engine.on_command(bench.key, told, bench.now)
    bench.dies()
    bench.wait(60)
    view = bench.engine.view(bench.key, bench.now)
    states = {each.id: (each.state, bool(each.unknown_because)) for each in view.devices}
    assert states["prn-1"] == (effect, True)
    assert states["pc-1"] == ("unknown", True)


def test_the_same_time_told_again_is_no_change(bench: Bench) -> None:
    """To the minute: what else would people be told?"""
    bench.tell(prn_1={"jam": True})
    [incident] = bench.engine.view(bench.key, bench.now).incidents
    bench.now += 60 - bench.now % 60

    def tell(minutes: int) -> list[str]:
        command = Estimate(by="李工", roles=[EVERYTHING], incident=incident.id, minutes=minutes)
        bench.engine.on_command(bench.key, command, bench.now)
        bench.wait(20)
        measures = bench.engine.view(bench.key, bench.now).measures
        return [each.text for each in measures if each.clause == "D1" and "原预计" in each.text]

    first = tell(45)
    assert tell(45) == first
    assert tell(90) != first


def test_old_readings_are_history_only(bench: Bench) -> None:
    bench.tell(prn_1={"jam": True})
    old = Reading("prn-1", "tcp", bench.now - 1, conditions={"jam": False})
    outcome = bench.report(old, late=True)
    assert (list(outcome.accepted), outcome.late, outcome.events) == ([old], 1, [])
    assert bench.report(old).late == 1, "older than what is known, late or not"
    assert bench.state_of("prn-1") == "unusable"


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Reading("nobody", "tcp", 1_000_000.0), "unknown-device"),
        (Reading("prn-1", "ipp", 1_000_000.0), "unknown-probe"),
        (Reading("prn-1", "tcp", 2_000_000.0), "future"),
    ],
)
def test_wrong_readings_are_refused_one_by_one(bench: Bench, reading: Reading, reason: str) -> None:
    good = Reading("pc-1", "tcp", bench.now + 1)
    bench.now += 1
    outcome = bench.report(reading, good)
    assert outcome.refused == {reason: 1}
    assert list(outcome.accepted) == [good]


def test_forged_unknown_and_repeated_reports_are_refused_whole(bench: Bench) -> None:
    reading = Reading("prn-1", "tcp", bench.now, conditions={"jam": True})
    assert bench.report(reading, seq=1).refused == {"duplicate": 1}
    bench.now += 1
    forged = bench.engine.on_report(bench.key, "gw", _report(reading, "other"), bench.now)
    assert forged.refused == {"forged-agent": 1}
    unknown = bench.engine.on_report(bench.key, "other", _report(reading, "other"), bench.now)
    assert unknown.refused == {"unknown-agent": 1}
    assert bench.state_of("prn-1") == "ok"


def _report(reading: Reading, agent: str) -> object:
    from hallwatch_agent.wire import Report

    return Report(agent=agent, boot="b1", seq=999, sent_at=reading.at, readings=[reading])


def test_another_boot_is_never_the_present(bench: Bench) -> None:
    jam = Reading("prn-1", "tcp", bench.now + 1, conditions={"jam": True})
    bench.now += 1
    assert bench.report(jam, boot="forged", seq=10**9).late == 1
    assert bench.state_of("prn-1") == "ok"
    assert bench.report(jam).late == 0
    assert bench.state_of("prn-1") == "unusable"


def test_silence_is_unknown_and_neither_faulty_nor_fine(bench: Bench) -> None:
    bench.tell(prn_1={"jam": True})
    events = bench.wait(60)
    assert set(bench.names(events)) == {"sight-lost", "measure-raised", "sign-put"}
    assert all(event.updated for event in events if isinstance(event, MeasureRaised)), "only where to go is less sure"
    assert {bench.state_of(device) for device in ("prn-1", "pc-1")} == {"unknown"}
    assert [sign.place for sign in bench.engine.view(bench.key, bench.now).signs] == ["prn-1"], "nothing clears unseen"


def test_an_old_death_cannot_kill_a_new_birth(bench: Bench) -> None:
    bench.born(boot="b2")
    assert bench.dies(boot="b1") == []
    bench.born(boot="b2", session=2)
    assert bench.dies(boot="b2", session=1) == []
    assert bench.names(bench.dies(boot="b2", session=2))[0] == "agent-lost"


def second_view() -> Bench:
    looked_at = pc("pc-1", "w1", probes=[probe("own", name="host"), probe("gw")])
    agents = [Agent(id="own", host="pc-1"), Agent(id="gw")]
    bench = Bench(hall([looked_at, printer("prn-1", "w1")], agents=agents))
    bench.born("own")
    bench.born("gw")
    bench.report(Reading("pc-1", "host", bench.now, metrics={"cpu_used_ratio": 0.1}), agent="own")
    bench.tell("gw", pc_1={"reachable": True})
    return bench


def test_agent_dead_machine_answers_is_not_monitored_once_seen_after_the_death() -> None:
    bench = second_view()
    bench.now += 1
    bench.dies("own")
    assert bench.state_of("pc-1") == "ok", "the second view is older than the death"
    for _ in range(6):
        bench.wait(2)
        bench.tell("gw", pc_1={"reachable": True})
    assert bench.state_of("pc-1") == "warning"
    assert not any(isinstance(event, IncidentOpened) for event in bench.events)
    bench.now += 1
    bench.born("own", boot="b2")
    assert bench.state_of("pc-1") == "ok"


def test_agent_dead_machine_silent_is_down() -> None:
    bench = second_view()
    bench.now += 1
    bench.dies("own")
    for _ in range(8):
        bench.wait(2)
        bench.tell("gw", pc_1={"reachable": False})
    assert bench.state_of("pc-1") == "unusable"
    assert [event.fault for event in bench.events if isinstance(event, IncidentOpened)] == ["no-answer"]


def uplink(count: int) -> Bench:
    def behind(number: int) -> Device:
        return Device(id=f"d-{number}", kind="other", name="x", depends_on=["rt-1"], probes=[probe()])

    router = Device(id="rt-1", kind="router", name="路由器", probes=[probe()])
    bench = Bench(hall([router, *(behind(number) for number in range(count))]))
    bench.born()
    say(bench, router=True, others=True)
    return bench


def say(bench: Bench, *, router: bool | None, others: bool | None) -> None:
    names = [device.id for device in bench.hall.devices]
    told = {name: router if name == "rt-1" else others for name in names}
    bench.tell(**{name.replace("-", "_"): {"reachable": value} for name, value in told.items() if value is not None})


@pytest.mark.parametrize("router_first", [True, False])
def test_an_uplink_down_is_one_incident_and_its_return_no_burst(router_first: bool) -> None:
    bench = uplink(40)
    bench.wait(2)
    say(bench, router=False if router_first else None, others=None if router_first else False)
    for _ in range(10):
        bench.wait(2)
        say(bench, router=False, others=False)
    opened = [event for event in bench.events if isinstance(event, IncidentOpened)]
    assert [event.device for event in opened] == ["rt-1"]
    view = bench.engine.view(bench.key, bench.now)
    assert view.incidents[0].explained == 40
    for _ in range(10):  # the router is back, the others need 20 s more
        bench.wait(2)
        say(bench, router=True, others=False)
    bench.wait(1)
    say(bench, router=True, others=True)
    bench.wait(120)
    assert len([event for event in bench.events if isinstance(event, IncidentOpened)]) == 1


def test_a_device_that_stays_down_after_its_cause_is_its_own_incident_in_the_end() -> None:
    bench = uplink(1)
    for router in [False] * 10 + [True] * 60:
        bench.wait(2)
        say(bench, router=router, others=False)
    assert [e.device for e in bench.events if isinstance(e, IncidentOpened)] == ["rt-1", "d-0"]


def test_a_restart_fires_and_clears_nothing(bench: Bench) -> None:
    bench.tell(prn_1={"jam": True})
    before = bench.engine.view(bench.key, bench.now)
    assert bench.restart() == []
    after = bench.engine.view(bench.key, bench.now)
    assert (after.signs, after.measures, after.incidents) == (before.signs, before.measures, before.incidents)
    bench.now += 2
    assert bench.tell(prn_1={"jam": True}) == []


def test_the_state_survives_being_written_out(bench: Bench) -> None:
    bench.tell(prn_1={"jam": True})
    state = bench.engine.state(bench.key)
    assert msgspec.json.decode(msgspec.json.encode(state), type=HallState) == state


def down(bench: Bench, device: str) -> None:
    for _ in range(8):
        bench.wait(2)
        bench.tell(**{device.replace("-", "_"): {"reachable": False}})


def open_measure(bench: Bench, clause: str) -> str:
    view = bench.engine.view(bench.key, bench.now)
    return next(measure.id for measure in view.measures if measure.clause == clause and measure.status == "open")


def test_a_window_closes_on_the_heads_word_and_reopens_after_the_check(bench: Bench) -> None:
    down(bench, "pc-1")
    proposal = open_measure(bench, "W1")
    bench.engine.on_command(bench.key, Confirm(by="王主任", roles=["head"], measure=proposal), bench.now)
    view = bench.engine.view(bench.key, bench.now)
    assert {sign.place: sign.text for sign in view.signs} == {"pc-1": "暂停使用", "w1": "暂停服务"}
    with pytest.raises(CommandRefused, match=r"already-decided.*王主任"):
        bench.engine.on_command(bench.key, Decline(by="李", roles=["head"], measure=proposal, reason="x"), bench.now)
    bench.tell(pc_1={"reachable": True})
    assert not next(window.open for window in bench.engine.view(bench.key, bench.now).windows if window.id == "w1")
    bench.engine.on_command(bench.key, Tick(by="小陈", roles=["staff"], measure=open_measure(bench, "D4")), bench.now)
    view = bench.engine.view(bench.key, bench.now)
    assert view.signs == ()
    assert all(window.open for window in view.windows)


def test_a_proposal_whose_cause_is_gone_cannot_be_confirmed(bench: Bench) -> None:
    down(bench, "pc-1")
    proposal = open_measure(bench, "W1")
    bench.tell(pc_1={"reachable": True})
    with pytest.raises(CommandRefused, match="cause-gone"):
        bench.engine.on_command(bench.key, Confirm(by="王主任", roles=["head"], measure=proposal), bench.now)


@pytest.mark.parametrize("roles", [[], ["guide", "staff"], ["Head"]])
def test_a_measure_is_for_the_role_that_owes_it(bench: Bench, roles: list[str]) -> None:
    down(bench, "pc-1")
    proposal = open_measure(bench, "W1")
    for command in (
        Confirm(by="小陈", roles=roles, measure=proposal),
        Decline(by="小陈", roles=roles, measure=proposal, reason="x"),
    ):
        with pytest.raises(CommandRefused) as refused:
            bench.engine.on_command(bench.key, command, bench.now)
        assert (refused.value.code, refused.value.fields) == ("not-yours", {"measure": proposal, "role": "head"})
    assert open_measure(bench, "W1") == proposal


def test_whoever_has_the_role_among_others_or_all_roles_may_decide(bench: Bench) -> None:
    down(bench, "pc-1")
    bench.engine.on_command(
        bench.key, Confirm(by="x", roles=["guide", "head"], measure=open_measure(bench, "W1")), bench.now
    )
    bench.tell(pc_1={"reachable": True})
    check = open_measure(bench, "D4")
    with pytest.raises(CommandRefused, match=r"not-yours.*staff"):
        bench.engine.on_command(bench.key, Tick(by="x", roles=["head"], measure=check), bench.now)
    bench.engine.on_command(bench.key, Tick(by="x", roles=[EVERYTHING], measure=check), bench.now)


def test_a_sign_at_a_window_is_hung_up_by_whoever_is_nearest(bench: Bench) -> None:
    """The plan asks the guide desk for it, and lets window staff help (H2)."""
    down(bench, "pc-1")
    measures = bench.engine.view(bench.key, bench.now).measures
    sign = next(each.id for each in measures if each.clause == "H2" and each.mode == "show")
    for roles, may in ((["technician"], False), (["staff"], True), (["guide"], True)):
        command = Tick(by="小陈", roles=roles, measure=sign)
        if not may:
            with pytest.raises(CommandRefused, match=r"not-yours.*guide"):
                bench.engine.on_command(bench.key, command, bench.now)
            continue
        bench.engine.on_command(bench.key, command, bench.now)
        taken_back = Retract(by="小陈", roles=["staff"], measure=sign, reason="x")
        bench.engine.on_command(bench.key, taken_back, bench.now)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Confirm(by="x", measure="m-999"), "unknown-measure.*m-999"),
        (Acknowledge(by="x", incident="inc-999"), "unknown-incident.*inc-999"),
    ],
)
def test_commands_about_nothing_say_what_there_is(bench: Bench, command: Confirm | Acknowledge, text: str) -> None:
    with pytest.raises(CommandRefused, match=text):
        bench.engine.on_command(bench.key, command, bench.now)


def test_a_printer_that_does_not_answer_snmp_but_answers_otherwise_is_not_down() -> None:
    both = Device(id="prn-1", kind="printer", name="x", probes=[probe(name="snmp"), probe()])
    bench = Bench(hall([both]))
    bench.born()
    for _ in range(40):
        bench.wait(2)
        silent = Reading("prn-1", "snmp", bench.now, error=ReadError.TIMEOUT)
        bench.report(silent, Reading("prn-1", "tcp", bench.now, conditions={"reachable": True}))
    view = bench.engine.view(bench.key, bench.now)
    assert [fault.fault for fault in view.devices[0].faults] == ["unread"]
    assert view.devices[0].state == "warning"


moves = st.lists(
    st.tuples(
        st.sampled_from(["prn-1", "prn-9", "pc-1", "pc-2"]),
        st.sampled_from(["jam", "fine", "down", "wait", "restart", "dies", "born", "confirm", "tick"]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(moves)
def test_no_sequence_leaves_a_sign_without_a_cause_or_a_window_closed_for_nothing(moves: list[tuple[str, str]]) -> None:
    devices = [printer("prn-1", "w1"), printer("prn-9", "w2"), pc("pc-1", "w1"), pc("pc-2", "w2")]
    bench = Bench(hall(devices))
    boot = 1
    bench.born()
    for device, move in moves:
        bench.wait(3)
        match move:
            case "restart":
                bench.restart()
            case "dies":
                bench.dies(boot=f"b{boot}")
            case "born":
                boot += 1
                bench.born(boot=f"b{boot}")
            case "confirm" | "tick":
                _answer(bench, "ask" if move == "confirm" else "show")
            case "wait":
                bench.wait(30)
            case _:
                told = {"jam": move == "jam", "reachable": move != "down"}
                reading = Reading(device, "tcp", bench.now, conditions=told)
                bench.report(reading, boot=f"b{boot}")
        _check(bench)


def _answer(bench: Bench, mode: str) -> None:
    for measure in bench.engine.view(bench.key, bench.now).measures:
        if measure.mode == mode and measure.status == "open":
            order = Confirm if mode == "ask" else Tick
            command = order(by="x", roles=[EVERYTHING], measure=measure.id)
            bench.engine.on_command(bench.key, command, bench.now)
            return


def _check(bench: Bench) -> None:
    view = bench.engine.view(bench.key, bench.now)
    broken = {device.id for device in view.devices if any(f.effect in ("unusable", "hazard") for f in device.faults)}
    closed = {window.id for window in view.windows if not window.open}
    assert {sign.place for sign in view.signs} == broken | closed
    for window in view.windows:
        reasons = [m for m in view.measures if m.subject == window.id and m.clause == "D4" and m.status == "open"]
        assert window.open or window.lost or reasons, "closed with nothing wrong and nothing to check"
    for incident in view.incidents:
        if incident.status == "closed":
            assert not any(m.incident == incident.id for m in view.measures)


def test_the_sign_says_since_when_and_by_which_clause(bench: Bench) -> None:
    events = bench.tell(prn_1={"jam": True})
    sign = next(event.sign for event in events if isinstance(event, SignPut))
    assert (sign.place, sign.clause, sign.since, sign.about) == ("prn-1", "H2", bench.now, "prn-1")
