"""What people do with an incident that they were told of."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.alerts.events import AlertWorded, ReminderAsked
from hallwatch_collector.core.alerts.people import Quiet
from hallwatch_collector.core.commands import (
    Acknowledge,
    Assign,
    CommandRefused,
    Estimate,
    FalseAlarm,
    HandOver,
    Merge,
    RealAlarm,
    RemindMe,
    StartRepair,
)
from hallwatch_collector.core.commands.command import Command
from hallwatch_collector.core.events import AlarmJudged, IncidentAssigned, IncidentMoved, NoteTaken
from parts.alerted import ALERTING, ZHANG, bench, deliveries, jam, receive, told
from parts.county import Bench


def jammed(**more: Any) -> tuple[Bench, str]:
    there = bench(**more)
    jam(there)
    there.events.clear()
    return there, there.engine.state(there.key).incidents[0].id


def order(there: Bench, command: Command) -> None:
    there.events += there.engine.on_command(there.key, command, there.now)  # type: ignore[arg-type]


def test_acknowledging_by_the_link_is_on_record_as_that() -> None:
    there, incident = jammed()
    order(there, Acknowledge(by="张伟", incident=incident, via="link"))
    moved = next(each for each in there.events if isinstance(each, IncidentMoved))
    assert (moved.status, moved.by, moved.via) == ("acknowledged", "张伟", "link")
    assert any("from the message" in line for line in there.narrated())
    with pytest.raises(CommandRefused, match="already-taken-on"):
        order(there, Acknowledge(by="李敏", incident=incident, via="link"))


def test_who_is_handed_an_incident_is_told_at_once_and_the_others_who_has_it() -> None:
    there, incident = jammed()
    receive(there, "accepted", deliveries(there)[0])
    told(there)
    order(there, HandOver(by="张伟", incident=incident, person="王主任", note="要停机"))
    events = list(there.events)
    assert told(there) == [("update", "bot", ("张伟", "李敏"), 2), ("hand-over", "sms", ("王主任",), 2)]
    assert any(isinstance(each, NoteTaken) and each.text == "要停机" for each in events)
    assert any(isinstance(each, IncidentAssigned) and each.owner == "王主任" for each in events)
    worded = next(each for each in events if isinstance(each, AlertWorded))
    assert "交接:张伟 → 王主任:要停机" in worded.lines
    assert there.engine.state(there.key).incidents[0].status == "detected", "it is theirs to acknowledge"
    there.wait(300)
    assert told(there) == [], "it is told once"


def test_what_is_handed_over_is_offered_until_it_is_taken_on_and_the_steps_go_on_so_long() -> None:
    there, incident = jammed()
    receive(there, "accepted", deliveries(there)[0])
    order(there, Acknowledge(by="张伟", incident=incident))
    there.wait(3600)
    told(there)
    order(there, HandOver(by="张伟", incident=incident, person="王主任", note="要停机"))
    wording = there.engine.word(there.key, incident, there.now)
    assert wording
    assert [line for line in wording.lines if line.startswith(("待接手", "处理", "交接"))] == [
        "待接手:王主任", "交接:张伟 → 王主任:要停机",
    ]  # fmt: skip
    there.wait(590)
    assert [what for what, *_ in told(there) if what not in ("update", "worse")] == ["hand-over"], (
        "time counts from the hand-over"
    )
    there.restart()
    there.wait(10)
    assert ("reminder", "bot", ("张伟", "李敏")) in [each[:3] for each in told(there)]
    order(there, Acknowledge(by="王主任", incident=incident, via="link"))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.owner, kept.acknowledged_by, kept.is_untaken) == ("王主任", "张伟", False)
    assert [(note.what, note.by, note.to) for note in kept.notes] == [
        ("hand-over", "张伟", "王主任"), ("taken-over", "王主任", ""),
    ]  # fmt: skip
    wording = there.engine.word(there.key, incident, there.now)
    assert wording
    assert "处理:王主任" in wording.lines
    with pytest.raises(CommandRefused, match="already-taken-on"):
        order(there, Acknowledge(by="李敏", incident=incident))
    told(there)
    there.wait(3600)
    assert {what for what, *_ in told(there)} <= {"update", "worse"}


def test_steps_that_were_spent_before_it_was_taken_on_are_counted_anew_from_the_hand_over() -> None:
    there, incident = jammed()
    for _ in range(4):
        there.wait(900)
        for each in deliveries(there):
            receive(there, "accepted", each)
    order(there, Acknowledge(by="张伟", incident=incident))
    order(there, HandOver(by="张伟", incident=incident, person="李敏"))
    told(there)
    there.wait(590)
    assert [what for what, *_ in told(there) if what not in ("update", "worse")] == []
    there.wait(10)
    assert ("reminder", "bot", ("张伟", "李敏")) in [each[:3] for each in told(there)]
    there.wait(300)
    assert ("reminder", "sms", ("王主任",)) in [each[:3] for each in told(there)], "the head hears of it again"
    there.wait(7200)
    assert {what for what, *_ in told(there)} <= {"update", "worse"}


@pytest.mark.parametrize("mended", [False, True])
def test_who_is_handed_what_no_way_told_them_is_tried_again(mended: bool) -> None:
    there, incident = jammed()
    for _ in range(2):
        for each in deliveries(there):
            if each.is_open:
                receive(there, "failed", each, reason="the robot was removed")
    if mended:
        there.wait(600)
        receive(there, "accepted", deliveries(there)[-1])
    told(there)
    order(there, HandOver(by="王主任", incident=incident, person="李敏"))
    assert [each[:2] for each in told(there) if each[0] == "hand-over" and "李敏" in each[2]] == [("hand-over", "bot")]


def test_an_incident_that_becomes_part_of_another_is_offered_there_by_whoever_offered_it() -> None:
    there, first = jammed()
    jam(there, jammed=False)
    there.wait(120)
    jam(there, printer="prn_2")
    second = there.engine.state(there.key).incidents[1].id
    order(there, HandOver(by="张伟", incident=second, person="李敏", note="要停机"))
    order(there, Merge(by="王主任", roles=["*"], incident=second, into=first, reason="同一原因"))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.status, kept.owner, kept.is_untaken) == ("detected", "李敏", True)
    assert (kept.handed_by, kept.handed_note) == ("张伟", "要停机")


def test_what_recovered_before_it_was_taken_over_is_taken_on_with_what_becomes_part_of_it() -> None:
    there, first = jammed()
    order(there, Acknowledge(by="张伟", incident=first))
    order(there, HandOver(by="张伟", incident=first, person="王主任"))
    jam(there, jammed=False)
    there.wait(120)
    jam(there, printer="prn_2")
    second = there.engine.state(there.key).incidents[1].id
    order(there, Acknowledge(by="李敏", incident=second))
    told(there)
    order(there, Merge(by="王主任", roles=["*"], incident=second, into=first, reason="同一原因"))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.status, kept.owner, kept.is_untaken) == ("acknowledged", "李敏", False)
    there.wait(3600)
    assert "reminder" not in {what for what, *_ in told(there)}


def test_a_repair_that_is_handed_over_goes_on_when_it_is_taken_on() -> None:
    there, incident = jammed()
    order(there, StartRepair(by="张伟", roles=["*"], incident=incident))
    order(there, HandOver(by="张伟", incident=incident, person="李敏"))
    order(there, Acknowledge(by="李敏", incident=incident))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.status, kept.owner, kept.is_untaken) == ("repairing", "李敏", False)


def test_whoever_takes_on_what_was_offered_to_another_has_it() -> None:
    there, incident = jammed()
    order(there, HandOver(by="张伟", incident=incident, person="王主任"))
    order(there, Acknowledge(by="李敏", incident=incident))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.owner, kept.acknowledged_by, kept.is_untaken) == ("李敏", "李敏", False)


def test_a_hand_over_does_not_wait_for_the_morning() -> None:
    asleep = structs.replace(ALERTING.recipients[2], quiet=[Quiet(from_="21:00", to="07:30")])
    there, incident = jammed(alerting=structs.replace(ALERTING, recipients=(ZHANG, asleep)))
    order(there, HandOver(by="张伟", incident=incident, person="王主任"))
    assert [each.hold_until for each in deliveries(there) if "王主任" in each.people] == [None]


def test_what_changes_meanwhile_does_not_put_a_hand_over_off_to_the_morning() -> None:
    asleep = structs.replace(ALERTING.recipients[2], quiet=[Quiet(from_="21:00", to="07:30")])
    there, incident = jammed(alerting=structs.replace(ALERTING, recipients=(ZHANG, asleep)))
    order(there, HandOver(by="张伟", incident=incident, person="王主任", note="联系供应商:"))
    there.wait(70)
    order(there, Estimate(by="张伟", roles=["*"], incident=incident, minutes=90))
    (theirs,) = [each for each in deliveries(there) if "王主任" in each.people]
    assert (theirs.occasion, theirs.hold_until) == ("hand-over", None)
    worded = [each for each in there.events if isinstance(each, AlertWorded)]
    assert "交接:张伟 → 王主任:联系供应商:" in worded[-1].lines, "whatever sign a note ends with"


def test_a_name_that_was_set_otherwise_is_no_hand_over() -> None:
    there, incident = jammed()
    order(there, HandOver(by="张伟", incident=incident, person="李敏"))
    order(there, Assign(by="王主任", incident=incident, owner="张伟"))
    wording = there.engine.word(there.key, incident, there.now)
    assert wording
    assert not [line for line in wording.lines if line.startswith("交接")]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (HandOver(by="张伟", incident="?", person="外人"), "not-reachable"),
        (HandOver(by="张伟", incident="?", person="张伟"), "has-it-already"),
        (RemindMe(by="外人", incident="?", in_minutes=10), "not-reachable"),
        (HandOver(by="张伟", incident="inc-99", person="李敏"), "unknown-incident"),
        (RemindMe(by="张伟", incident="inc-99", in_minutes=10), "unknown-incident"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(command: Any, code: str) -> None:
    there, incident = jammed()
    before = there.engine.state(there.key)
    if command.incident == "?":
        command = structs.replace(command, incident=incident)
    with pytest.raises(CommandRefused) as refused:
        order(there, command)
    assert refused.value.code == code
    assert there.engine.state(there.key) == before


def test_by_the_link_only_who_has_it_hands_it_on_so_that_a_form_sent_twice_does_nothing() -> None:
    there, incident = jammed()
    again = HandOver(by="张伟", incident=incident, person="李敏", via="link")
    order(there, again)
    with pytest.raises(CommandRefused, match="has-it-already"):
        order(there, again)
    with pytest.raises(CommandRefused, match="not-in-charge"):
        order(there, structs.replace(again, person="王主任"))
    order(there, HandOver(by="李敏", incident=incident, person="王主任", via="link"))


def test_who_wants_to_be_reminded_is_alone_and_after_a_restart_too() -> None:
    there, incident = jammed(alerting=structs.replace(ALERTING, steps=ALERTING.steps[:1]))
    receive(there, "accepted", deliveries(there)[0])
    order(there, Acknowledge(by="张伟", incident=incident))
    receive(there, "accepted", deliveries(there)[0])
    there.wait(120)
    for each in deliveries(there):
        receive(there, "accepted", each)
    told(there)
    order(there, RemindMe(by="张伟", incident=incident, in_minutes=10, via="link"))
    asked = next(each for each in there.events if isinstance(each, ReminderAsked))
    assert (asked.by, asked.remind_at - there.now, asked.via) == ("张伟", 600, "link")
    there.restart()
    there.wait(595)
    assert "reminder" not in {what for what, *_ in told(there)}
    there.wait(10)
    assert [what for what, *_ in told(there)] == ["reminder"]
    there.wait(700)
    assert told(there) == []


def test_nobody_is_reminded_of_what_is_over() -> None:
    there, incident = jammed()
    order(there, RemindMe(by="张伟", incident=incident, in_minutes=10))
    jam(there, jammed=False)
    there.wait(1200)
    assert "reminder" not in {what for what, *_ in told(there)}


def test_a_false_alarm_is_said_by_anybody_and_acknowledges_what_nobody_has() -> None:
    there, incident = jammed()
    order(there, FalseAlarm(by="李敏", incident=incident))
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.status, kept.acknowledged_by, kept.false_by) == ("acknowledged", "李敏", "李敏")
    assert any("a false alarm by 李敏" in line for line in there.narrated())
    told(there)
    there.wait(1200)
    assert not any(each[0] == "reminder" for each in told(there)), "nobody is called again"
    with pytest.raises(CommandRefused, match="false-already"):
        order(there, FalseAlarm(by="张伟", incident=incident))
    there.events.clear()
    order(there, RealAlarm(by="张伟", incident=incident))
    assert [(each.false, each.by) for each in there.events if isinstance(each, AlarmJudged)] == [(False, "张伟")]
    with pytest.raises(CommandRefused, match="not-false"):
        order(there, RealAlarm(by="张伟", incident=incident))


def test_a_false_alarm_can_be_said_when_it_is_over_survives_a_restart_and_is_anew_when_it_comes_back() -> None:
    there, incident = jammed()
    jam(there, jammed=False)
    there.wait(30)
    order(there, FalseAlarm(by="张伟", incident=incident))
    there.restart()
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.stands, kept.false_by) == (False, "张伟")
    there.born(boot="b2", session=2)
    there.report(Reading("prn-1", "tcp", there.now, conditions={"jam": False}), boot="b2")
    there.report(Reading("prn-1", "tcp", there.now + 1, conditions={"jam": True}), boot="b2")
    kept = there.engine.state(there.key).incidents[0]
    assert (kept.id, kept.stands, kept.false_by) == (incident, True, "")
    with pytest.raises(CommandRefused, match="unknown-incident"):
        order(there, FalseAlarm(by="张伟", incident="inc-99"))
