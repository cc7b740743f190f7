"""alerts.toml is edited while alerts stand: nobody is forgotten, and nobody is waited for who is gone."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from hallwatch_collector.core.alerts.escalation import quiet_until
from hallwatch_collector.core.alerts.keep import GONE
from hallwatch_collector.core.alerts.people import Alerting, Quiet, Step
from hallwatch_collector.core.alerts.receipts import find_undelivered
from parts.alerted import ALERTING, LI, WANG, ZHANG, bench, deliveries, jam, receive, told
from parts.county import Bench

BY_SMS = structs.replace(ZHANG, ways=ZHANG.ways[1:])


def edit(there: Bench, **more: Any) -> None:
    assert there.alerting
    there.alerting = structs.replace(there.alerting, **more)
    for events in there.engine.use_alerting(there.alerting, there.now).values():
        there.events += events


def jammed(alerting: Alerting) -> Bench:
    """Return a hall of whose jam everybody was told who is told at once."""
    there = bench(alerting)
    jam(there)
    for each in deliveries(there):
        receive(there, "accepted", each)
    told(there)
    return there


def test_who_was_taken_out_is_told_no_more_and_missed_by_nobody() -> None:
    there = jammed(structs.replace(ALERTING, recipients=(BY_SMS, WANG)))
    edit(there, recipients=(WANG,))
    jam(there, jammed=False)
    there.wait(120)
    assert told(there) == []
    assert [(each.status, each.reason) for each in deliveries(there)] == [("failed", GONE[0])]
    assert list(find_undelivered(there.engine._models[there.key])) == []


def test_who_comes_in_is_told_of_what_nobody_has_acknowledged_and_the_others_not_again() -> None:
    there = jammed(structs.replace(ALERTING, recipients=(ZHANG, WANG), steps=(Step(to=["technical"]),)))
    edit(there, recipients=(structs.replace(ZHANG, ways=ZHANG.ways[::-1]), structs.replace(LI, ways=LI.ways[1:]), WANG))
    assert told(there) == [("new", "sms", ("李敏",), 1)]
    edit(there, recipients=(LI, WANG))
    assert told(there) == []


def test_the_end_of_it_comes_by_the_way_that_is_left() -> None:
    there = jammed(structs.replace(ALERTING, recipients=(ZHANG, WANG)))
    edit(there, recipients=(BY_SMS, WANG))
    jam(there, jammed=False)
    there.wait(120)
    assert told(there) == [("over", "sms", ("张伟",), 2)]


def test_a_step_that_is_put_in_between_is_taken_and_the_others_not_again() -> None:
    steps = (Step(to=["technician"]), Step(to=["head"], after_s=900))
    there = jammed(Alerting(recipients=(ZHANG, LI, WANG), steps=steps))
    there.wait(1000)
    told(there)
    edit(there, steps=(steps[0], Step(to=["network"]), steps[1]))
    there.wait(10)
    assert [(what, people) for what, _, people, _ in told(there)] == [("new", ("张伟", "李敏"))]
    there.restart()
    there.wait(10)
    assert told(there) == []


def test_who_was_taken_out_does_not_wake_the_others_of_a_chat() -> None:
    asleep = structs.replace(ZHANG, quiet=[Quiet(from_="00:00", to="00:00")])
    model = bench(Alerting(recipients=(asleep,))).engine._models
    (only,) = model.values()
    assert quiet_until(only, ["李敏", "张伟"], "Ⅳ", 1_000_000.0) is not None
    assert quiet_until(only, ["李敏"], "Ⅳ", 1_000_000.0) is None


def test_a_system_that_refused_one_edition_is_told_the_next() -> None:
    there = bench(structs.replace(ALERTING, feeds=("am",)))
    jam(there)
    feed = next(each for each in deliveries(there) if each.channel == "am")
    receive(there, "failed", feed, reason="HTTP 401")
    assert [each.channel for _, each, _ in find_undelivered(there.engine._models[there.key])] == ["am"]
    told(there)
    jam(there, jammed=False)
    there.wait(60)
    assert ("over", "am", (), 2) in told(there)


def test_a_system_that_was_taken_out_is_missed_by_nobody() -> None:
    there = jammed(structs.replace(ALERTING, feeds=("am",)))
    edit(there, feeds=())
    jam(there, jammed=False)
    there.wait(60)
    assert {channel for _, channel, _, _ in told(there)} == {"bot"}
    assert list(find_undelivered(there.engine._models[there.key])) == []
