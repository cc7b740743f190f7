"""A sign is up when a connected display shows it or somebody posted it; until then it is due (H2)."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands import Retract, Tick
from hallwatch_collector.core.events import SignPut
from hallwatch_collector.narration import describe
from parts.county import Bench, hall, pc, printer

WHO: dict[str, Any] = {"by": "导税小李", "roles": ["*"]}


def jammed(**more: Any) -> Bench:
    bench = Bench(hall([pc("pc-1", "w1"), printer("prn-1", "w1", **more), printer("prn-2", "w2")]))
    bench.born()
    bench.tell(prn_1={"jam": True}, prn_2={"jam": False})
    bench.wait(5)
    return bench


def due(bench: Bench) -> tuple[str, ...]:
    return bench.engine.view(bench.key, bench.now).signs_due


def why(bench: Bench) -> list[str]:
    return [link.text for link in bench.engine.explain(bench.key, "sign", "prn-1", bench.now).links]


def test_a_sign_without_a_display_is_due_until_somebody_posted_it() -> None:
    bench = jammed()
    (put,) = [event for event in bench.events if isinstance(event, SignPut)]
    assert put.by_hand
    assert describe(put, {})[0] == "sign due"
    assert due(bench) == ("prn-1",)
    assert any("应挂出「暂停使用」,还没有人张贴" in text for text in why(bench))
    (step,) = [each for each in bench.engine.state(bench.key).measures if each.template == "post-sign"]
    bench._note(bench.engine.on_command(bench.key, Tick(**WHO, measure=step.id), bench.now))
    assert due(bench) == ()
    assert any("因此这里挂出「暂停使用」" in text for text in why(bench))
    bench._note(bench.engine.on_command(bench.key, Retract(**WHO, measure=step.id, reason="看错了"), bench.now))
    assert due(bench) == ("prn-1",)


def test_a_sign_on_a_connected_display_is_up() -> None:
    bench = jammed(shows_signs=True)
    (put,) = [event for event in bench.events if isinstance(event, SignPut)]
    assert not put.by_hand
    assert describe(put, {})[0] == "sign put"
    assert due(bench) == ()
