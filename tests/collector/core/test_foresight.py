"""What decisions would do, tried on a copy: the figures before and after, and no trace in the hall itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.commands import AnyCommand, Confirm
from hallwatch_collector.core.commands.windows import CloseWindow, LendClass, OpenWindow
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.foresight import Outlook, basis_of, foresee
from hallwatch_collector.core.hall import Device, Window
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from parts.county import CATALOGUE, PLAN, Bench, hall, pc, probe

ROOT = Path(__file__).parents[3]
HALLS = [*sorted((ROOT / "deploy" / "halls").glob("*.toml")), *sorted((ROOT / "tests" / "halls").glob("*/hall.toml"))]

HEAD: dict[str, Any] = {"by": "王主任", "roles": ["head"], "reason": "人多"}


@pytest.fixture
def bench() -> Bench:
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing", "certificates"]),
        Window(id="w2", number=2, name="2号窗口", classes=["filing"], may=["certificates"]),
        Window(id="w9", number=9, name="9号窗口", classes=["certificates"], reserve=True),
    ]
    machine = Device(id="queue", kind="queue-machine", name="叫号机", probes=[probe()])
    bench = Bench(hall([*(pc(f"pc-{each.number}", each.id) for each in windows), machine], windows=windows))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True}, pc_9={"reachable": True})
    count(bench, filing=6, certificates=4)
    return bench


def count(bench: Bench, longest_wait_s: float = 600.0, **people: float) -> None:
    """Let the queue machine tell who waits for what."""
    bench.now += 0.5
    metrics = {f"people_waiting[{name}]": float(number) for name, number in people.items()}
    metrics |= {"people_waiting": float(sum(people.values())), "longest_wait_s": longest_wait_s}
    bench.report(Reading("queue", "tcp", bench.now, metrics=metrics))


def outlook(bench: Bench, command: AnyCommand) -> Outlook:
    (told,) = foresee(bench.engine.pack(bench.key), [command], bench.now)
    return told


def test_closing_a_window_says_who_goes_where_and_how_long_the_queue_grows(bench: Bench) -> None:
    told = outlook(bench, CloseWindow(**HEAD, window="w2"))
    assert (told.before.windows, told.after.windows) == (2, 1)
    assert (told.before.queue, told.after.queue) == (5.0, 10.0), "ten people at two windows, then at one"
    assert (told.before.wait_s, told.after.wait_s) == (600.0, 1200.0), "the wait grows with the queue"
    assert [(flow.business, flow.people, flow.before, flow.after) for flow in told.flows] == [
        ("filing", 6.0, ("w1", "w2"), ("w1",))
    ]
    assert (told.closed, told.signs_up) == (("w2",), ("w2",))


def test_a_class_that_nobody_takes_any_more_is_named(bench: Bench) -> None:
    told = outlook(bench, CloseWindow(**HEAD, window="w1"))
    assert told.after.unserved == ("certificates",)
    assert told.after.queue == 6.0, "those who wait for what nobody takes are in no queue"


def test_opening_a_window_of_the_reserve_or_lending_a_class_shortens_the_queue(bench: Bench) -> None:
    opened = outlook(bench, OpenWindow(**HEAD, window="w9"))
    assert (opened.opened, opened.after.windows_in_use) == (("w9",), 3)
    assert opened.after.queue == pytest.approx(10 / 3)
    lent = outlook(bench, LendClass(**HEAD, window="w2", business="certificates"))
    assert lent.flows[0].after == ("w1", "w2")
    assert lent.changes_windows


def test_nothing_of_it_happens_in_the_hall_itself_and_each_is_tried_by_itself(bench: Bench) -> None:
    before = msgspec.json.encode(bench.engine.state(bench.key)), bench.engine.view(bench.key, bench.now)
    commands = [CloseWindow(**HEAD, window="w1"), CloseWindow(**HEAD, window="w2")]
    first, second = foresee(bench.engine.pack(bench.key), commands, bench.now)
    assert (first.closed, second.closed) == (("w1",), ("w2",))
    assert (msgspec.json.encode(bench.engine.state(bench.key)), bench.engine.view(bench.key, bench.now)) == before
    assert first == outlook(bench, commands[0]), "the same is told again"


def test_what_would_be_refused_says_so_and_changes_nothing(bench: Bench) -> None:
    told = outlook(bench, Confirm(by="王主任", roles=["head"], measure="m-99"))
    assert told.refused == "unknown-measure"
    assert told.before == told.after


def test_confirming_a_proposal_does_in_the_copy_what_it_then_does(bench: Bench) -> None:
    for _ in range(400):
        bench.wait(2)
        bench.tell(pc_1={"reachable": True}, pc_2={"reachable": False}, pc_9={"reachable": True})
        count(bench, filing=6, certificates=4)
    view = bench.engine.view(bench.key, bench.now)
    ask = next(each for each in view.measures if each.mode == "ask" and each.status == "open" and each.subject == "w2")
    told = outlook(bench, Confirm(by="王主任", roles=["head"], measure=ask.id))
    bench.engine.on_command(bench.key, Confirm(by="王主任", roles=["head"], measure=ask.id), bench.now)
    after = bench.engine.view(bench.key, bench.now)
    assert told.closed == tuple(w.id for w in after.windows if not (w.open or w.rests)) == ("w2",)


def test_where_nobody_counts_no_queue_is_made_up() -> None:
    bench = Bench(hall([pc("pc-1", "w1"), pc("pc-2", "w2")]))
    bench.born()
    bench.tell(pc_1={"reachable": True}, pc_2={"reachable": True})
    told = outlook(bench, CloseWindow(**HEAD, window="w1"))
    assert (told.before.people, told.before.queue, told.after.wait_s) == (None, None, None)


def test_a_report_that_changes_nothing_of_it_leaves_the_basis_and_a_queue_that_moves_does_not(bench: Bench) -> None:
    first = basis_of(bench.engine.view(bench.key, bench.now))
    bench.tell(pc_1={"reachable": True})
    assert basis_of(bench.engine.view(bench.key, bench.now)) == first
    count(bench, filing=9, certificates=4)
    assert basis_of(bench.engine.view(bench.key, bench.now)) != first


@pytest.mark.parametrize("file", HALLS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_hall_that_is_shipped_or_told_of_can_be_tried(file: Path) -> None:
    there = read_hall(file, Known.of(PLAN, CATALOGUE)).hall
    engine = Engine(PLAN, CATALOGUE)
    engine.load_hall(there, "1", None, 1_773_101_700.0)
    command = CloseWindow(**HEAD, window=next((window.id for window in there.windows), "none"))
    (told,) = foresee(engine.pack(there.key), [command], 1_773_101_700.0)
    assert told.refused in ("", "window-not-open", "unknown-window")
    assert bool(told.closed) == (not told.refused)
