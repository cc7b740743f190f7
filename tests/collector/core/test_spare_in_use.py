"""A spare that is lent serves where the broken device did, and is asked back when that is well again (H1)."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands import Confirm, ReportFault, ReportOver
from hallwatch_collector.core.commands.readiness import LendSpare, ReturnSpare
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.readiness.events import SpareReturned
from parts.answers import say_yes
from parts.county import Bench, hall, pc, printer

WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}


def start(**more: Any) -> Bench:
    devices = [
        pc("pc-1", "w1"),
        pc("pc-2", "w2"),
        printer("prn-1", "w1", spare="prn-9"),
        printer("prn-2", "w2", spare="prn-9"),
        printer("prn-9", gives=[]),
    ]
    bench = Bench(hall(devices, **more))
    bench.born()
    return bench


def jam(bench: Bench, **printers: bool) -> None:
    for _ in range(3):
        bench.tell(**{name: {"jam": stands} for name, stands in printers.items()})
        bench.wait(6)


def order(bench: Bench, command: Any) -> list[AnyEvent]:
    return bench._note(bench.engine.on_command(bench.key, command, bench.now))


def lost(bench: Bench, window: str = "w1") -> tuple[str, ...]:
    return next(each.lost for each in bench.engine.view(bench.key, bench.now).windows if each.id == window)


def asked(bench: Bench, subject: str) -> list[str]:
    measures = bench.engine.view(bench.key, bench.now).measures
    return [each.id for each in measures if each.subject == subject and each.status == "open" and each.mode == "ask"]


def test_the_class_is_served_again_and_the_spare_is_asked_back() -> None:
    bench = start()
    jam(bench, prn_1=True, prn_2=False, prn_9=False)
    assert lost(bench) == ("certificates",)
    order(bench, LendSpare(**WHO, device="prn-1"))
    assert lost(bench) == ()
    assert asked(bench, "prn-9") == [], "the printer is still broken"
    bench.restart()
    assert lost(bench) == ()
    jam(bench, prn_1=False)
    (measure,) = asked(bench, "prn-9")
    events = order(bench, Confirm(**WHO, measure=measure))
    assert SpareReturned(at=bench.now, spare="prn-9", device="prn-1", by="张工") in events
    assert asked(bench, "prn-9") == []


def test_a_window_that_was_closed_for_it_reopens_once_checked() -> None:
    bench = start(closure="auto")
    bench.tell(pc_1={"reachable": True}, prn_1={"jam": False})
    order(bench, ReportFault(**WHO, thing="prn-1", effect="unusable", text="坏了"))
    bench.wait(700)
    model = bench.engine._models[bench.key]
    model.closed_windows["w1"] = next(iter(model.incidents))  # as its head had decided
    order(bench, LendSpare(**WHO, device="prn-1"))
    (check,) = [each for each in model.measures.values() if each.clause == "D4" and each.status == "open"]
    order(bench, say_yes(check, "小陈", "*"))
    assert model.is_open("w1")


def test_a_spare_that_fails_in_use_serves_nobody() -> None:
    bench = start()
    jam(bench, prn_1=True, prn_9=False)
    order(bench, LendSpare(**WHO, device="prn-1"))
    order(bench, ReportFault(**WHO, thing="prn-9", effect="unusable", text="也坏了"))
    assert lost(bench) == ("certificates",), "a spare gives what the device that it replaces does"
    order(bench, ReportOver(**WHO, thing="prn-9", text="好了"))
    assert lost(bench) == ()
    order(bench, ReturnSpare(**WHO, spare="prn-9"))
    assert lost(bench) == ("certificates",)


def test_a_spare_that_was_lent_for_a_well_device_is_not_asked_back_at_once() -> None:
    bench = start()
    bench.tell(prn_1={"jam": False}, prn_9={"jam": False})
    order(bench, LendSpare(**WHO, device="prn-1"))
    bench.wait(60)
    assert asked(bench, "prn-9") == []


def test_people_are_led_to_the_spare() -> None:
    bench = start()
    jam(bench, prn_1=True, prn_2=True, prn_9=False)
    order(bench, LendSpare(**WHO, device="prn-1"))
    signs = {sign.place: sign.instead for sign in bench.engine.view(bench.key, bench.now).signs}
    assert signs["prn-1"] == "prn-9"
