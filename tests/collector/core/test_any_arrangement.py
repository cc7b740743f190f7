"""No sequence of faults, crowds, and moves of windows, proposed or by hand, leaves a hall in a wrong state (W1, P1)."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from hallwatch_agent.wire import Reading
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands.windows import CloseWindow, LendClass, OpenWindow, ReturnClass
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import BusinessClass, Device, Hall, Window
from hallwatch_collector.core.state import BY_HAND
from hallwatch_collector.core.values import AUTOMATIC
from parts.county import hall, pc, printer, probe
from parts.sequences import EVERY_DAY, AnySequence, looking

CLASSES = [
    BusinessClass(id="filing", name="申报纳税", needs=["computer"]),
    BusinessClass(id="certificates", name="完税证明开具", needs=["computer", "print"]),
]
FILING, BOTH = ["filing"], ["filing", "certificates"]
COUNT = "people_waiting"


def helpful(*, without: frozenset[str] = frozenset(), **more: Any) -> Hall:
    """Return a hall with two reserve windows, classes that can be lent, two kiosks, and a machine that counts."""
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=FILING, may=["certificates"], shows_signs=True),
        Window(id="w2", number=2, name="2号窗口", classes=FILING),
        Window(id="w3", number=3, name="3号窗口", classes=["certificates"], may=FILING),
        Window(id="w8", number=8, name="8号窗口", classes=FILING, may=["certificates"], reserve=True),
        Window(id="w9", number=9, name="9号窗口", classes=BOTH, reserve=True),
    ]
    devices: list[Device] = [Device(id="queue", kind="queue-machine", name="叫号机", probes=[probe()])]
    for each in windows:
        devices += [pc(f"pc-{each.number}", each.id), printer(f"prn-{each.number}", each.id)]
    devices += [Device(id=f"kiosk-{name}", kind="kiosk", name=f"自助终端{name}", probes=[probe()]) for name in "ab"]
    online = Device(id="online", kind="system", name="网上税务局", gives=["online-bureau"], probes=[probe()])
    kept = [window for window in windows if window.id not in without]
    settings = {"windows": kept, "classes": CLASSES, "hours": [EVERY_DAY], "systems": [online]} | more
    return hall([each for each in devices if not {each.id, each.place} & without], **settings)


class Sequence(AnySequence):
    """Windows that help out, and people who move them."""

    EDITS: ClassVar[dict[str, Hall]] = {
        "first": helpful(),
        "ask": helpful(reopening="ask"),
        "auto": helpful(closure="auto"),
        "no-reserve": helpful(without=frozenset({"w8", "w9"})),
        "no-w3": helpful(without=frozenset({"w3"})),
        "no-kiosk": helpful(without=frozenset({"kiosk-a"})),
    }

    def __init__(self) -> None:
        self.waiting: dict[str, float] = {COUNT: 3.0}
        super().__init__()

    # -- what can happen -----------------------------------------------------------------------------------------------

    @rule(
        filing=st.sampled_from([0, 2, 9, 30, 60]),
        certificates=st.sampled_from([0, 2, 9, 30]),
        more=st.sampled_from([0, 5]),
        apart=st.booleans(),
    )
    def crowd(self, filing: int, certificates: int, more: int, apart: bool) -> None:
        """Let so many people wait, for long enough that it counts."""
        classes = {f"{COUNT}[filing]": float(filing), f"{COUNT}[certificates]": float(certificates)}
        self.waiting = {COUNT: float(filing + certificates + more)} | (classes if apart else {})
        for _ in range(8):
            self._pass(10.0)
            self._report(self.devices)

    @rule()
    def calm_down(self) -> None:
        """Let nobody wait until every crowd is over."""
        self.waiting = {COUNT: 0.0}
        for _ in range(45):
            self._pass(8.0)
            self._report(self.devices)

    @rule(window=st.sampled_from(["w1", "w2", "w3", "w8", "w9"]), opens=st.booleans())
    def move_by_hand(self, window: str, opens: bool) -> None:
        command = OpenWindow if opens else CloseWindow
        was_open = window in self.model.impact.windows and self.model.is_open(window)
        events = self._order(command(by="王主任", roles=["head"], window=window, reason="安排"))
        if window in self.model.impact.windows:
            assert bool(events) is (was_open is not opens), "what is so already is refused"
            assert self.model.is_open(window) is opens, "what a person says of a window is so"

    @rule(window=st.sampled_from(["w1", "w3", "w8"]), business=st.sampled_from(BOTH), lends=st.booleans())
    def lend_by_hand(self, window: str, business: str, lends: bool) -> None:
        command = LendClass if lends else ReturnClass
        events = self._order(command(by="王主任", roles=["head"], window=window, business=business, reason="安排"))
        if events:
            assert (business in self.model.lent.get(window, {})) is lends

    @rule(thing=st.sampled_from(["window:w1", "window:w3", "window:w9", "hall:", "kiosk-b"]), over=st.booleans())
    def find(self, thing: str, over: bool) -> None:
        if over:
            self._order(commands.ReportOver(by="发现人", thing=thing, text="好了"))
        else:
            self._order(commands.ReportFault(by="发现人", thing=thing, effect="unusable", text="坏了"))

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def hands_alone_undo_what_hands_did(self) -> None:
        by_hand = {window for window, owner in self.model.closed_windows.items() if owner == BY_HAND}
        for event in self.bench.events[getattr(self, "seen", 0) :]:
            window = getattr(event, "window", "")
            is_undone = event.__struct_config__.tag == "window-reopened" and window in getattr(self, "by_hand", set())
            assert not (is_undone and not _says_why(event)), f"{window} was closed by hand, and reopens by itself"
        self.seen, self.by_hand = len(self.bench.events), by_hand

    @invariant()
    def a_crowd_is_handled_while_it_lasts(self) -> None:
        """P1 to P5 are asked for while there is a crowd, and only then."""
        crowded = any(
            alarm.fault == "crowded" and not alarm.planned
            for watch in self.model.devices.values()
            for alarm, _ in watch.raised()
        )
        asked = {each.clause for each in self._open() if each.clause in ("P1", "P2", "P3", "P4", "P5")}
        assert crowded or not asked, f"nobody waits, and {asked} are asked for"
        assert not crowded or "P3" in asked, "a crowd is led nowhere"

    @invariant()
    def people_are_led_to_what_works(self) -> None:
        """P3: to no kiosk that is broken or that nobody sees. P4: to the online bureau only while it is up."""
        for measure in self._open():
            if measure.clause == "P3":
                for watch in self.model.devices.values():
                    is_named = watch.device.kind == "kiosk" and watch.device.name in measure.text
                    works = not any(fault.effect in ("unusable", "hazard") for _, fault in watch.raised())
                    assert works or not is_named, f"people are led to {watch.id}"
            if measure.clause == "P4":
                bureau = self.model.devices["online"]
                assert not any(fault.effect == "unusable" for _, fault in bureau.raised()), "the online bureau is down"

    # -- how -----------------------------------------------------------------------------------------------------------

    def _open(self) -> list[Any]:
        return [each for each in self.model.measures.values() if each.status == "open"]

    def _reading(self, device: str, at: float) -> Reading:
        reading = super()._reading(device, at)
        if device != "queue" or self.known.get("queue") == "down":
            return reading
        return Reading("queue", "tcp", at, conditions=reading.conditions, metrics=self.waiting)


def _says_why(event: AnyEvent) -> bool:
    """Whether a person did it, by a command with a reason or by a yes to a proposal; or the hall file."""
    return getattr(event, "by", "") != AUTOMATIC


Sequence.TestCase.settings = looking(60)
TestAnyArrangement = Sequence.TestCase
