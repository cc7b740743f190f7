"""A channel that takes nothing for long is told of, though it may take it yet."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from msgspec import structs

from hallwatch_collector.alertwatch import LATE_S, AlertWatch
from hallwatch_collector.core.alerts.events import AlertFailed
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.commands import Estimate
from parts.alerted import ALERTING, LI, WANG, ZHANG, bench, deliveries, jam, receive
from parts.county import Bench


@pytest.fixture
def there() -> Bench:
    made = bench()
    jam(made)
    return made


def problems(there: Bench, after_s: float, *, drill: bool = False) -> list[str]:
    watch = AlertWatch(there.engine, Mock(), lambda _key: drill)
    watch.look_around(there.now + after_s)
    return list(watch.problems())


def test_what_waits_for_a_channel_that_is_away_is_told_after_a_while(there: Bench) -> None:
    assert problems(there, LATE_S) == [], "nothing is wrong with what nobody tried yet"
    for each in deliveries(there):
        receive(there, "held", each, reason="cannot be reached")
    assert problems(there, LATE_S / 2) == []
    assert problems(there, LATE_S) == ["Alerts wait at bot for more than 5 minutes (1): cannot be reached"]
    assert problems(there, LATE_S, drill=True) == []
    for each in deliveries(there):
        receive(there, "accepted", each)
    assert problems(there, LATE_S) == []


def test_quiet_hours_are_no_delay(there: Bench) -> None:
    for each in deliveries(there):
        receive(there, "held", each, reason="cannot be reached")
        each.hold_until = there.now + 3600
    assert problems(there, LATE_S) == []
    assert problems(there, 3600 + LATE_S) != []


def test_a_step_that_is_taken_late_is_not_late_by_that_and_updates_do_not_begin_the_wait_anew(there: Bench) -> None:
    receive(there, "accepted", deliveries(there)[0])
    there.wait(1000)
    for each in deliveries(there):
        receive(there, "accepted", each)
    there.wait(10)
    order = Estimate(by="张伟", roles=["*"], incident=there.engine.state(there.key).incidents[0].id, minutes=90)
    there.engine.on_command(there.key, order, there.now)
    for each in deliveries(there):
        receive(there, "held", each, reason="cannot be reached")
    assert problems(there, LATE_S / 2) == [], "the head was told of it for the first time just now"
    there.wait(LATE_S / 2)
    there.engine.on_command(there.key, structs.replace(order, minutes=120), there.now)
    for each in deliveries(there):
        receive(there, "held", each, reason="cannot be reached")
    assert len(problems(there, LATE_S / 2)) == 2


def test_a_hall_of_which_nobody_would_be_told_is_named() -> None:
    elsewhere = tuple(structs.replace(each, halls=["330106/elsewhere"]) for each in ALERTING.recipients)
    there = bench(structs.replace(ALERTING, recipients=elsewhere))
    (problem,) = problems(there, 0.0)
    assert problem.startswith(f"Nobody in alerts.toml would be told of {there.key} now")
    assert problems(there, 0.0, drill=True) == []
    assert problems(bench(Alerting()), 0.0) == [], "without alerts.toml nobody is to be told"


def test_a_way_that_refuses_is_told_of_although_somebody_was_told_in_another_way(there: Bench) -> None:
    watch = AlertWatch(there.engine, Mock(), lambda _key: False)

    def hear(outcome: str, **more: str) -> list[str]:
        for each in deliveries(there):
            watch.note(there.key, receive(there, outcome, each, **more))
        return list(watch.refusals())

    assert hear("failed", reason="there is no such robot") == [
        "bot refused the last alert to 张伟, 李敏: there is no such robot"
    ]
    assert hear("accepted") == []
    hear("failed", reason="there is no such robot")
    watch.forget_ways()
    assert list(watch.refusals()) == [], "alerts.toml was changed"


@pytest.mark.parametrize("gone", ["person", "channel"])
def test_whom_alerts_toml_names_no_more_no_channel_refuses(there: Bench, gone: str) -> None:
    watch = AlertWatch(there.engine, Mock(), lambda _key: False)
    for each in deliveries(there):
        receive(there, "accepted", each)
    others = () if gone == "person" else tuple(structs.replace(each, ways=each.ways[1:]) for each in (ZHANG, LI))
    there.engine.use_alerting(structs.replace(ALERTING, recipients=(*others, WANG)), there.now)
    there.events.clear()
    jam(there, jammed=False)
    there.wait(120)
    late = receive(there, "failed", deliveries(there)[0], reason="what was on its way is refused")
    for events in (there.events, late):
        assert any(isinstance(each, AlertFailed) for each in events)
        watch.note(there.key, events)
    assert list(watch.refusals()) == []


def test_whom_nothing_reached_twice_is_named_once(there: Bench) -> None:
    watch = AlertWatch(there.engine, Mock(), lambda _key: False)

    def fail() -> list[str]:
        while waiting := [each for each in deliveries(there) if each.is_open]:
            receive(there, "failed", waiting[0], reason="was removed")
        watch.look([there.key])
        return list(watch.problems())

    first = fail()
    assert len(first) == len(set(first)) == 4
    there.wait(600)
    assert fail() == first
