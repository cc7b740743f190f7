"""When people are told another time: only a later one that somebody, or the hall's own past, stands for (D1)."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands import Estimate, Tick
from hallwatch_collector.core.state import Incident, Measure
from parts.county import Bench, hall, pc, printer

WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}


def jammed() -> Bench:
    """Return a hall whose first window cannot print, by the catalogue for five minutes."""
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2"), printer("prn-1", "w1"), printer("prn-2", "w2")]))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True}, prn_1={"jam": True}, prn_2={"jam": False})
    bench.wait(5)
    return bench


def incident(bench: Bench) -> Incident:
    return next(each for each in bench.engine.state(bench.key).incidents if each.device == "prn-1")


def stay_jammed(bench: Bench, minutes: float) -> None:
    until = bench.now + minutes * 60
    while bench.now < until:
        bench.wait(1.5)
        bench.tell(prn_1={"jam": True}, prn_2={"jam": False})


def say(bench: Bench, minutes: float) -> None:
    bench._note(
        bench.engine.on_command(bench.key, Estimate(**WHO, incident=incident(bench).id, minutes=minutes), bench.now)
    )


def asked(bench: Bench, template: str) -> list[Measure]:
    measures = bench.engine.state(bench.key).measures
    return [each for each in measures if each.template == template and each.status == "open"]


def test_a_second_guess_of_the_catalogue_is_told_to_nobody_and_a_technician_is_asked() -> None:
    bench = jammed()
    first = incident(bench).back_at
    assert first is not None
    stay_jammed(bench, 6)
    assert (incident(bench).estimate_source, incident(bench).slipped_at) == ("catalogue", first)
    assert asked(bench, "estimate-anew")
    assert asked(bench, "tell-slipped") == []
    say(bench, 20)
    (step,) = asked(bench, "tell-slipped")
    was, now = (bench.engine._models[bench.key].hours.local(each) for each in (first, bench.now + 1200))
    assert f"原预计{was:%H:%M}恢复,现预计{now:%H:%M}" in step.text, "what people were told, not what was guessed"


def test_when_nobody_can_say_any_more_people_are_told_that() -> None:
    bench = jammed()
    stay_jammed(bench, 11)
    assert incident(bench).back_at is None
    (step,) = asked(bench, "tell-slipped")
    assert "时间待定" in step.text


def test_an_earlier_time_is_no_reason_to_tell_everybody_again() -> None:
    bench = jammed()
    say(bench, 30)
    (step,) = asked(bench, "tell-slipped")
    bench._note(bench.engine.on_command(bench.key, Tick(**WHO, measure=step.id), bench.now))
    for minutes, is_told in ((25, False), (30, False), (40, True)):
        say(bench, minutes)
        assert bool(asked(bench, "tell-slipped")) is is_told


def test_what_nobody_was_told_yet_need_not_be_told_when_it_is_as_early_as_before() -> None:
    bench = jammed()
    first = incident(bench).back_at
    assert first is not None
    say(bench, 30)
    assert asked(bench, "tell-slipped")
    say(bench, (first - bench.now) / 60)
    assert asked(bench, "tell-slipped") == []


def test_those_who_were_told_that_nobody_can_say_are_told_any_time() -> None:
    bench = jammed()
    say(bench, 60)
    say(bench, 1)
    stay_jammed(bench, 2)
    (step,) = asked(bench, "tell-slipped")
    bench._note(bench.engine.on_command(bench.key, Tick(**WHO, measure=step.id), bench.now))
    say(bench, 10)
    (step,) = asked(bench, "tell-slipped")
    assert "时间待定" not in step.text
