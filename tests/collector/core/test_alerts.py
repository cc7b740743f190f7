"""Who is told what, when: decided, and not sent."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.alerts.escalation import quiet_until
from hallwatch_collector.core.alerts.events import AlertWorded
from hallwatch_collector.core.alerts.people import Alerting, Quiet, Step, Way
from hallwatch_collector.core.alerts.receipts import find_undelivered
from hallwatch_collector.core.commands import Acknowledge, Estimate
from hallwatch_collector.core.hall import Device
from parts.alerted import ALERTING, LI, WANG, ZHANG, bench, deliveries, jam, receive, told
from parts.county import Bench, hall, pc, probe


def test_an_incident_is_told_at_once_and_a_group_chat_only_once() -> None:
    there = bench()
    jam(there)
    worded = [each for each in there.events if isinstance(each, AlertWorded)]
    assert [each.title for each in worded] == ["[Ⅳ级]西湖 prn-1:卡纸"]
    assert worded[0].lines[1:] == [
        "影响:1号窗口不能办理完税证明开具", "替代去处:2号窗口", "一般需要5分钟", "备用:无备用设备",
        "第一步:打开后盖,顺着走纸方向取出卡住的纸",
    ]  # fmt: skip
    assert told(there) == [("new", "bot", ("张伟", "李敏"), 1)]


def test_without_people_nothing_is_decided() -> None:
    there = bench(Alerting())
    jam(there)
    assert told(there) == []


def test_it_escalates_until_somebody_acknowledges_it() -> None:
    there = bench()
    jam(there)
    told(there)
    there.wait(1000)
    assert [(what, people) for what, _, people, _ in told(there) if what != "update"] == [
        ("reminder", ("张伟", "李敏")), ("new", ("王主任",)),
    ]  # fmt: skip

    there = bench()
    jam(there)
    incident = there.engine.state(there.key).incidents[0].id
    receive(there, "accepted", deliveries(there)[0])
    there.events += there.engine.on_command(
        there.key, Acknowledge(by="张伟", roles=["*"], incident=incident), there.now
    )
    told(there)
    there.wait(1000)
    assert {what for what, *_ in told(there)} <= {"update"}


def test_its_end_is_told_to_all_who_were_told_once() -> None:
    there = bench()
    jam(there)
    told(there)
    jam(there, jammed=False)
    there.wait(120)
    assert told(there) == [("over", "bot", ("张伟", "李敏"), 2)]
    there.wait(120)
    assert told(there) == []


@pytest.mark.parametrize(("next_fault", "occasion"), [("jam", "back"), ("input-empty", "other")])
@pytest.mark.parametrize("restart", [False, True])
def test_it_is_back_only_by_a_fault_that_it_had(next_fault: str, occasion: str, restart: bool) -> None:
    there = bench()
    jam(there)
    receive(there, "accepted", deliveries(there)[0])
    jam(there, jammed=False)
    there.wait(120)
    told(there)
    boot = "b1"
    if restart:
        there.restart()
        boot = "b2"
        there.born(boot=boot, session=2)
    for second in range(20):
        conditions = {"jam": False, "input-empty": False} | ({next_fault: True} if second > 2 else {})
        there.wait(1)
        there.report(Reading("prn-1", "tcp", there.now, conditions=conditions), boot=boot)
    assert next(what for what, *_ in told(there)) == occasion
    (incident,) = there.engine.state(there.key).incidents
    assert incident.reopened == 1


def test_an_update_waits_and_worse_does_not() -> None:
    there = bench(structs.replace(ALERTING, update_pause_s=120.0))
    jam(there)
    told(there)
    incident = there.engine.state(there.key).incidents[0].id
    there.wait(10)
    command = Estimate(by="张伟", roles=["*"], incident=incident, minutes=90)
    there.events += there.engine.on_command(there.key, command, there.now)
    assert told(there) == []
    there.wait(110)
    assert [(what, edition) for what, _, _, edition in told(there)] == [("new", 2)], "nobody took the first one yet"


def test_what_failed_is_told_by_the_next_way_at_once_and_each_by_their_own() -> None:
    there = bench()
    jam(there)
    told(there)
    receive(there, "failed", deliveries(there)[0], reason="the robot was removed")
    assert [(channel, people) for _, channel, people, _ in told(there)] == [("sms", ("张伟",)), ("sms", ("李敏",))]
    for each in deliveries(there)[1:]:
        receive(there, "failed", each, reason="no credit")
    assert told(there) == []
    model = there.engine._models[there.key]
    assert [missed for _, _, missed in find_undelivered(model)] == [["张伟", "李敏"], ["张伟"], ["李敏"]]


def test_whom_nothing_reached_is_tried_again_when_it_is_time_to_remind() -> None:
    there = bench()
    jam(there)
    for _ in range(2):
        for each in deliveries(there):
            if each.is_open:
                receive(there, "failed", each, reason="the robot was removed")
    told(there)
    there.wait(600)
    assert ("reminder", "bot", ("张伟", "李敏"), 1) in told(there), "the robot may have been mended since"


@pytest.mark.parametrize("restart", [False, True])
def test_an_older_edition_that_was_taken_leaves_the_newer_one_to_be_told(restart: bool) -> None:
    there = bench()
    jam(there)
    first = structs.replace(deliveries(there)[0])
    receive(there, "sent", first)
    jam(there, jammed=False)
    there.wait(10)
    if restart:
        there.restart()
    receive(there, "accepted", first)
    (left,) = deliveries(there)
    assert (left.status, left.accepted, left.edition) == ("waiting", 1, 2)
    receive(there, "accepted", left)
    assert deliveries(there)[0].status == "accepted"


@pytest.mark.parametrize("restart", [False, True])
def test_only_what_was_on_its_way_may_have_arrived(restart: bool) -> None:
    there = bench()
    jam(there)
    assert not deliveries(there)[0].maybe_taken
    receive(there, "sent", deliveries(there)[0])
    if restart:
        there.restart()
    assert deliveries(there)[0].maybe_taken
    jam(there, jammed=False)
    there.wait(10)
    (newer,) = deliveries(there)
    assert (newer.edition, newer.maybe_taken) == (2, False), "whoever has the jam has not been told that it is over"


def test_what_is_decided_again_with_the_same_numbers_can_be_told_apart() -> None:
    first, second = bench(), bench()  # the second after a restart that has forgotten the first
    second.wait(10)
    for there in (first, second):
        jam(there)
    told_first, told_second = deliveries(first)[0], deliveries(second)[0]
    assert (told_first.id, told_first.edition) == (told_second.id, told_second.edition)
    assert told_first.stamp != told_second.stamp
    stamp = told_first.stamp
    first.engine.shift_clock(86_400)
    assert deliveries(first)[0].stamp == stamp, "it is no moment: a repeat bears the same"


def test_in_quiet_hours_what_can_wait_waits_and_the_highest_level_does_not() -> None:
    asleep = structs.replace(ZHANG, quiet=[Quiet(from_="21:00", to="07:30")])  # the clock begins at 21:46
    there = bench(structs.replace(ALERTING, recipients=(asleep,)))
    jam(there)
    (held,) = deliveries(there)
    assert held.hold_until is not None
    assert 9 * 3600 < held.hold_until - there.now < 10 * 3600
    awake = structs.replace(asleep, quiet=[Quiet(from_="21:00", to="07:30", levels=["Ⅲ"])])
    there = bench(structs.replace(ALERTING, recipients=(awake,)))
    jam(there)
    assert deliveries(there)[0].hold_until is None


def test_a_device_that_leaves_the_hall_file_ends_its_alert() -> None:
    there = bench()
    jam(there)
    told(there)
    left = structs.replace(there.hall, devices=[each for each in there.hall.devices if each.id != "prn-1"])
    there.events += there.engine.load_hall(left, "d2", None, there.now)
    assert [what for what, *_ in told(there)] == ["over"]


def test_a_step_of_the_clock_moves_what_is_to_come() -> None:
    there = bench()
    jam(there)
    told(there)
    there.now += 86_400
    there.engine.shift_clock(86_400)
    there.wait(590)
    assert "reminder" not in {what for what, *_ in told(there)}
    there.wait(30)
    assert "reminder" in {what for what, *_ in told(there)}


def test_what_turns_out_to_come_of_another_fault_has_not_recovered() -> None:
    switch = Device(id="sw", kind="switch", name="交换机", probes=[probe()])
    there = Bench(hall([switch, pc("pc-1", "w1", depends_on=["sw"]), pc("pc-2", "w2")]), alerting=ALERTING)
    there.born()

    def tell(seconds: int, *, switch: bool, pc: bool) -> None:
        for _ in range(seconds):
            there.wait(0.5)
            there.tell(sw={"reachable": switch}, pc_1={"reachable": pc}, pc_2={"reachable": True})

    tell(2, switch=True, pc=True)
    tell(40, switch=True, pc=False)
    assert [what for what, *_ in told(there)] == ["new"]
    tell(80, switch=False, pc=False)
    worded = [each for each in there.events if isinstance(each, AlertWorded)]
    (cause,) = [each.incident for each in worded if "交换机" in each.title]
    assert [each.title for each in worded if "pc-1" in each.title] == [f"西湖 pc-1:已并入{cause}一并处理"]
    assert {what for what, *_ in told(there)} == {"joined", "new"}


def test_a_reminder_that_is_due_while_the_message_before_is_on_its_way_is_still_sent() -> None:
    there = bench()
    jam(there)
    first = structs.replace(deliveries(there)[0])
    receive(there, "sent", first, stamp=first.stamp)
    there.wait(601)
    receive(there, "accepted", first, stamp=first.stamp)
    (owed,) = deliveries(there)
    assert (owed.occasion, owed.status) == ("reminder", "waiting")
    receive(there, "accepted", owed, stamp=owed.stamp)
    assert deliveries(there)[0].status == "accepted"


def test_who_has_it_by_their_next_way_already_is_not_told_there_twice() -> None:
    steps = (Step(to=["technical"], channels=["bot"]), Step(to=["technical"], after_s=60, channels=["sms"]))
    there = bench(Alerting(recipients=(ZHANG,), steps=steps))
    jam(there)
    receive(there, "accepted", deliveries(there)[0])
    there.wait(70)
    bot, sms = deliveries(there)
    receive(there, "accepted", sms)
    jam(there, jammed=False)
    there.wait(30)
    receive(there, "accepted", sms)
    told(there)
    receive(there, "failed", bot, reason="the robot was removed")
    assert told(there) == []


def test_quiet_hours_that_follow_each_other_are_one() -> None:
    quiet = [Quiet(from_="22:00", to="07:00"), Quiet(days=["sat", "sun"], from_="00:00", to="00:00")]
    (model,) = bench(Alerting(recipients=(structs.replace(ZHANG, quiet=quiet),))).engine._models.values()
    friday = dt.datetime(2026, 3, 13, 23, tzinfo=ZoneInfo("Asia/Shanghai"))
    monday = friday.replace(day=16, hour=7)
    assert quiet_until(model, ["张伟"], "Ⅳ", friday.timestamp()) == monday.timestamp()
    always = [Quiet(from_="00:00", to="00:00")]
    (model,) = bench(Alerting(recipients=(structs.replace(ZHANG, quiet=always),))).engine._models.values()
    assert quiet_until(model, ["张伟"], "Ⅳ", friday.timestamp()) is not None, "and it ends"


def test_what_is_still_new_to_somebody_stays_so_when_it_is_told_how_it_went_on() -> None:
    wang = structs.replace(WANG, ways=[Way(channel="bot")])
    there = bench(structs.replace(ALERTING, recipients=(ZHANG, LI, wang)))
    jam(there)
    (delivery,) = deliveries(there)
    receive(there, "accepted", delivery)
    there.wait(600)
    receive(there, "accepted", delivery)
    there.wait(300)
    assert (delivery.people, delivery.occasion) == (["张伟", "李敏", "王主任"], "new")
    incident = there.engine.state(there.key).incidents[0].id
    there.engine.on_command(there.key, Acknowledge(by="张伟", incident=incident), there.now)
    there.wait(60)
    assert (delivery.edition, delivery.occasion) == (2, "new"), "the head was told of nothing yet"
