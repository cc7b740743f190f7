"""The head of the hall moves windows without a proposal: with a reason, on record, undone the same way (W1 to W3)."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_collector.core.commands import CommandRefused, ReportFault, ReportOver
from hallwatch_collector.core.commands.windows import CloseWindow, LendClass, OpenWindow, ReturnClass
from hallwatch_collector.core.events import AnyEvent, WindowClosed, WindowReopened
from hallwatch_collector.core.hall import Hall, Window
from hallwatch_collector.core.views import WindowView
from hallwatch_collector.core.window_events import ReserveClosed, ReserveOpened, WindowLent, WindowReturned
from parts.county import Bench, hall, pc, printer

HEAD: dict[str, Any] = {"by": "王主任", "roles": ["head"], "reason": "午间轮休"}
FINDER: dict[str, Any] = {"by": "小陈", "roles": ["*"]}


def a_hall(**more: Any) -> Hall:
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing"], may=["certificates"]),
        Window(id="w2", number=2, name="2号窗口", classes=["filing", "certificates"]),
        Window(id="w9", number=9, name="9号窗口", classes=["filing"], reserve=True),
    ]
    return hall([pc(f"pc-{window.number}", window.id) for window in windows], windows=windows, **more)


@pytest.fixture
def bench() -> Bench:
    bench = Bench(a_hall())
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True}, pc_9={"reachable": True})
    return bench


def order(bench: Bench, command: Any) -> list[AnyEvent]:
    return bench._note(bench.engine.on_command(bench.key, command, bench.now))


def window(bench: Bench, name: str) -> WindowView:
    return next(each for each in bench.engine.view(bench.key, bench.now).windows if each.id == name)


def signs(bench: Bench) -> dict[str, str]:
    return {sign.place: sign.text for sign in bench.engine.view(bench.key, bench.now).signs}


def test_a_window_is_closed_with_a_reason_shows_its_sign_and_stays_closed_until_a_hand_opens_it(bench: Bench) -> None:
    events = order(bench, CloseWindow(**HEAD, window="w1"))
    assert events[0] == WindowClosed(at=bench.now, window="w1", by="王主任", reason="午间轮休")
    bench.restart()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True})
    bench.wait(600)
    assert not window(bench, "w1").open
    assert signs(bench) == {"w1": "暂停服务"}
    assert [(move.by, move.reason) for move in window(bench, "w1").by_hand] == [("王主任", "午间轮休")]
    why = bench.engine.explain(bench.key, "window", "w1", bench.now).links
    assert [link.text for link in why] == ["王主任手动暂停1号窗口:午间轮休"]
    events = order(bench, OpenWindow(**HEAD, window="w1"))
    assert events[0] == WindowReopened(at=bench.now, window="w1", by="王主任", reason="午间轮休")
    assert window(bench, "w1").open
    assert window(bench, "w1").by_hand == ()
    assert signs(bench) == {}


def test_a_fault_that_comes_and_goes_opens_no_window_that_a_hand_closed(bench: Bench) -> None:
    order(bench, CloseWindow(**HEAD, window="w1"))
    for reachable in (False, True):
        for _ in range(10):
            bench.wait(2)
            bench.tell(pc_1={"reachable": reachable}, pc_2={"reachable": True})
    assert not window(bench, "w1").open


def test_what_a_hand_opens_does_not_close_by_itself_while_it_lacks_something() -> None:
    bench = Bench(a_hall(closure="auto"))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True})
    order(bench, CloseWindow(**HEAD, window="w1"))
    order(bench, ReportFault(**FINDER, thing="window:w1", effect="unusable", text="坏了"))
    order(bench, OpenWindow(**HEAD, window="w1"))
    bench.restart()
    bench.wait(3600)
    assert window(bench, "w1").open, "a person said so, and knew why"
    assert [each.on_confirm for each in _proposed(bench)] == ["close-window"], "it is proposed all the same"
    order(bench, ReportOver(**FINDER, thing="window:w1", text="好了"))
    assert window(bench, "w1").by_hand == ()
    order(bench, ReportFault(**FINDER, thing="window:w1", effect="unusable", text="又坏了"))
    bench.wait(700)
    assert not window(bench, "w1").open, "the next time is another"


def test_a_reserve_window_is_opened_and_goes_back(bench: Bench) -> None:
    events = order(bench, OpenWindow(**HEAD, window="w9"))
    assert events[0] == ReserveOpened(at=bench.now, window="w9", incident="", by="王主任", reason="午间轮休")
    bench.restart()
    bench.wait(3600)
    assert window(bench, "w9").open, "nobody else takes it back"
    events = order(bench, CloseWindow(**HEAD, window="w9"))
    assert events[0] == ReserveClosed(at=bench.now, window="w9", incident="", by="王主任", reason="午间轮休")
    assert window(bench, "w9").rests


def test_a_class_is_lent_and_returned(bench: Bench) -> None:
    events = order(bench, LendClass(**HEAD, window="w1", business="certificates"))
    told: dict[str, Any] = {"at": bench.now, "by": "王主任", "reason": "午间轮休"}
    assert events[0] == WindowLent(**told, window="w1", business="certificates", incident="")
    bench.restart()
    assert "certificates" in window(bench, "w1").classes
    events = order(bench, ReturnClass(**HEAD, window="w1", business="certificates"))
    assert events[0] == WindowReturned(**told | {"at": bench.now}, window="w1", business="certificates", incident="")


def test_a_class_that_loses_its_last_window_by_hand_is_an_incident(bench: Bench) -> None:
    order(bench, CloseWindow(**HEAD, window="w2"))
    devices = [each.device for each in bench.engine.view(bench.key, bench.now).incidents]
    assert devices == ["class:certificates"]
    assert any(each.on_confirm for each in _proposed(bench)), "what could be done is proposed"
    order(bench, OpenWindow(**HEAD, window="w2"))
    assert [each.status for each in bench.engine.view(bench.key, bench.now).incidents] == ["closed"]


def _proposed(bench: Bench) -> list[Any]:
    model = bench.engine._models[bench.key]
    asked = [each for each in model.measures.values() if each.status == "open" and each.mode == "ask"]
    return [model.templates[each.template] for each in asked]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OpenWindow(**HEAD, window="w1"), "window-open"),
        (OpenWindow(**HEAD, window="w7"), "unknown-window"),
        (CloseWindow(**HEAD, window="w9"), "window-not-open"),
        (LendClass(**HEAD, window="w1", business="filing"), "class-not-lendable"),
        (LendClass(**HEAD, window="w1", business="zzz"), "unknown-class"),
        (LendClass(**HEAD, window="w2", business="tax-copy"), "class-not-lendable"),
        (ReturnClass(**HEAD, window="w1", business="certificates"), "class-not-lent"),
        (CloseWindow(by="小陈", roles=["staff"], window="w1", reason="x"), "no-right"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(bench: Bench, command: Any, code: str) -> None:
    before = bench.engine.state(bench.key)
    with pytest.raises(CommandRefused) as refused:
        order(bench, command)
    assert refused.value.code == code
    assert bench.engine.state(bench.key) == before


def test_a_class_is_not_lent_where_a_fault_takes_what_it_needs() -> None:
    described = a_hall()
    bench = Bench(hall([*described.devices, printer("prn-1", "w1")], windows=described.windows))
    bench.born()
    bench.tell(pc_1={"reachable": True}, prn_1={"jam": True})
    with pytest.raises(CommandRefused, match="class-not-lendable"):
        order(bench, LendClass(**HEAD, window="w1", business="certificates"))


def test_a_window_that_becomes_a_reserve_while_closed_by_hand_opens_by_hand(bench: Bench) -> None:
    order(bench, CloseWindow(**HEAD, window="w1"))
    described = a_hall()
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing"], reserve=True),
        *(each for each in described.windows if each.id != "w1"),
    ]
    bench.hall = hall(list(described.devices), windows=windows)
    bench.engine.load_hall(bench.hall, "edited", None, bench.now)
    order(bench, OpenWindow(**HEAD, window="w1"))
    assert window(bench, "w1").open
