"""No sequence of readings, answers, reports, merges, clock moves, restarts and edits leaves a hall in a wrong state."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.hall import Device, Hall, Window
from parts.county import hall, pc, printer, probe
from parts.sequences import EVERY_DAY, AnySequence, looking


def troubled(*, without: frozenset[str] = frozenset(), **more: Any) -> Hall:
    """Return a hall with shared and single devices, displays here and not there, and things that hang on a router."""
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing", "certificates"], shows_signs=True),
        Window(id="w2", number=2, name="2号窗口", classes=["filing", "certificates"]),
        Window(id="w3", number=3, name="3号窗口", classes=["certificates"]),
    ]
    devices = [
        Device(id="rt-1", kind="router", name="路由器", probes=[probe()]),
        pc("pc-1", "w1", depends_on=["rt-1"]),
        pc("pc-2", "w2", depends_on=["rt-1"]),
        printer("prn-a", serves=["w1", "w2"], shows_signs=True),
        printer("prn-b", serves=["w2", "w3"]),
        Device(id="kiosk", kind="kiosk", name="自助终端", depends_on=["rt-1"], probes=[probe()]),
    ]
    kept = [device for device in devices if device.id not in without]
    return hall(kept, windows=[window for window in windows if window.id not in without], hours=[EVERY_DAY], **more)


THINGS = ("rt-1", "pc-1", "pc-2", "prn-a", "prn-b", "kiosk", "window:w1", "window:w3", "hall:", "class:filing")


class Sequence(AnySequence):
    """Devices that fail and come back, alone and with others, and people who handle that."""

    EDITS: ClassVar[dict[str, Hall]] = {
        "first": troubled(),
        "ask": troubled(reopening="ask"),
        "auto": troubled(closure="auto"),
        "without-kiosk": troubled(without=frozenset({"kiosk"})),
        "without-printer": troubled(without=frozenset({"prn-a"})),
        "without-window": troubled(without=frozenset({"w2", "pc-2"})),
    }

    @rule(thing=st.sampled_from(THINGS), effect=st.sampled_from(["hazard", "unusable", "degraded"]))
    def find(self, thing: str, effect: Any) -> None:
        self._order(commands.ReportFault(by="发现人", thing=thing, effect=effect, text="坏了"))

    @rule(thing=st.sampled_from(THINGS))
    def end_find(self, thing: str) -> None:
        self._order(commands.ReportOver(by="发现人", thing=thing, text="好了"))

    @rule(
        two=st.tuples(st.integers(0, 5), st.integers(0, 5)),
        what=st.sampled_from(["acknowledge", "repair", "estimate", "level", "level-back", "merge", "split"]),
    )
    def handle(self, two: tuple[int, int], what: str) -> None:
        live = [each for each in self.model.incidents.values() if each.status != "closed"]
        if live:
            first, second = live[two[0] % len(live)], live[two[1] % len(live)]
            who: Any = {"by": "李工", "roles": ["*"], "incident": first.id}
            orders: dict[str, AnyCommand] = {
                "acknowledge": commands.Acknowledge(**who),
                "repair": commands.StartRepair(**who),
                "estimate": commands.Estimate(**who, minutes=5.0 * (1 + two[1])),
                "level": commands.SetLevel(**who, level="ⅠⅡⅢⅣ"[two[1] % 4], reason="实情"),
                "level-back": commands.SetLevel(**who, level="", reason="实情"),
                "merge": commands.Merge(**who, into=second.id, reason="同一原因"),
                "split": commands.Split(**who, device=first.roots[two[1] % len(first.roots)], reason="不是"),
            }
            self._order(orders[what])


Sequence.TestCase.settings = looking(60)
TestAnySequence = Sequence.TestCase
