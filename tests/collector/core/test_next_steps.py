"""What each role does next (B4), and where people and texts are sent while something is out of order (H2, S7)."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_collector.core import commands
from hallwatch_collector.core.hall import Device, Window
from hallwatch_collector.core.next_steps import NextStep, find_next_steps
from hallwatch_collector.core.views import MeasureView
from parts.county import PLAN, Bench, hall, pc, printer, probe

WHO: dict[str, Any] = {"by": "王主任", "roles": ["*"]}


def kiosk(name: str, **more: Any) -> Device:
    return Device(id=name, kind="kiosk", name=name, probes=[probe()], **more)


def display(name: str, place: str) -> Device:
    return Device(id=name, kind="display", name=name, place=place, probes=[probe()])


def made(*devices: Device, **more: Any) -> Bench:
    bench = Bench(hall(devices, **more))
    bench.born()
    return bench


def report(bench: Bench, thing: str, effect: Any = "unusable") -> None:
    command = commands.ReportFault(**WHO, thing=thing, effect=effect, text="坏了")
    bench.events += bench.engine.on_command(bench.key, command, bench.now)


def steps(bench: Bench) -> dict[str, NextStep]:
    return {step.role: step for step in find_next_steps(bench.engine.view(bench.key, bench.now), PLAN)}


def measures(bench: Bench, clause: str, subject: str) -> list[MeasureView]:
    found = bench.engine.view(bench.key, bench.now).measures
    return [each for each in found if (each.clause, each.subject, each.status) == (clause, subject, "open")]


def test_nobody_owes_anything_in_a_hall_that_works() -> None:
    assert steps(made(pc("pc-1", "w1"))) == {}


def test_what_is_due_first_comes_first_and_the_rest_is_counted() -> None:
    bench = made(pc("pc-1", "w1"), pc("pc-2", "w2"), kiosk("kiosk-1"))
    report(bench, "pc-1")
    bench.wait(60)
    report(bench, "kiosk-1")
    guide = steps(bench)["guide"]
    assert (guide.clause, guide.waiting) == ("H2", 1)
    assert "pc-1" in guide.text, "asked for a minute earlier"
    assert (guide.group_name, guide.group_name_en) == ("业务应急组", "business group")


def test_a_repair_that_was_taken_on_goes_behind_what_has_a_due_time() -> None:
    bench = made(pc("pc-1", "w1"), pc("pc-2", "w2"))
    report(bench, "pc-1")
    technician = steps(bench)["technician"]
    assert (technician.clause, technician.waiting) == ("H1", 0)
    incident = bench.engine.view(bench.key, bench.now).incidents[0].id
    bench.engine.on_command(bench.key, commands.Acknowledge(**WHO, incident=incident), bench.now)
    assert steps(bench)["technician"].clause == "H1", "it goes on"
    bench.wait(1801)
    late = steps(bench)["technician"]
    assert (late.clause, late.waiting) == ("D1", 1), "the estimate is asked for anew, by a due time"


def test_who_is_to_pass_a_level_on_has_that_step_until_it_is_ticked_though_the_incident_is_taken_on() -> None:
    bench = made(pc("pc-1", "w1"))
    report(bench, "pc-1")
    incident = bench.engine.view(bench.key, bench.now).incidents[0].id
    level = commands.SetLevel(**WHO, incident=incident, level="Ⅰ", reason="影响大")
    bench.engine.on_command(bench.key, level, bench.now)
    assert steps(bench)["deputy"].clause == "R4"
    bench.engine.on_command(bench.key, commands.Acknowledge(**WHO, incident=incident), bench.now)
    assert steps(bench)["deputy"].clause == "R4", "taking it on reports nothing"
    measures = bench.engine.view(bench.key, bench.now).measures
    (step,) = [each.id for each in measures if each.clause == "R4" and each.mode == "show"]
    bench.engine.on_command(bench.key, commands.Tick(**WHO, measure=step), bench.now)
    assert "deputy" not in steps(bench)


@pytest.mark.parametrize("other", ["works", "broken", "none"])
def test_people_at_a_broken_terminal_are_led_to_another_that_works(other: str) -> None:
    bench = made(kiosk("kiosk-1"), *([] if other == "none" else [kiosk("kiosk-2")]), printer("prn-1", "w1"))
    bench.tell(**{name.replace("-", "_"): {"reachable": True} for name in ("kiosk-1", "kiosk-2") if other != "none"})
    if other == "broken":
        report(bench, "kiosk-2")
    report(bench, "kiosk-1")
    (sign,) = [sign for sign in bench.engine.view(bench.key, bench.now).signs if sign.place == "kiosk-1"]
    assert sign.instead == ("kiosk-2" if other == "works" else "")


def test_dark_displays_show_no_sign_so_a_printed_one_is_asked_for() -> None:
    windows = [Window(id="w1", number=1, name="1号窗口", classes=["filing"], shows_signs=True)]
    bench = made(pc("pc-1", "w1"), display("led-1", "w1"), display("led-2", "w1"), windows=windows)
    report(bench, "pc-1")
    (close,) = [each for each in measures(bench, "W1", "pc-1") if each.mode == "ask"]
    bench.engine.on_command(bench.key, commands.Confirm(**WHO, measure=close.id), bench.now)
    assert measures(bench, "H2", "w1") == [], "both displays show it"
    report(bench, "led-1")
    assert measures(bench, "H2", "w1") == [], "one of two is enough"
    report(bench, "led-2")
    assert [each.mode for each in measures(bench, "H2", "w1")] == ["show"]
    over = commands.ReportOver(**WHO, thing="led-1", text="好了")
    bench.engine.on_command(bench.key, over, bench.now)
    assert measures(bench, "H2", "w1") == []
