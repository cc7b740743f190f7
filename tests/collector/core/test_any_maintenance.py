"""No sequence of planned work, spares, rounds and faults leaves a hall in a wrong state (S9, R8, H1, A4, B1)."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import readiness as ready
from hallwatch_collector.core.hall import Device, Hall, Place, Window
from hallwatch_collector.core.readiness.tables import MaintenancePlan, Supply
from parts.county import hall, pc, printer, probe
from parts.sequences import EVERY_DAY, AnySequence, looking, numbers, pick

OWN = ("rt-1", "kiosk", "pc-1", "prn-1", "prn-9")
"""What people work on."""
WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}
ONCE = MaintenancePlan(
    id="upgrade", devices=["rt-1"], text="升级", from_="2026-03-10 09:20", to="2026-03-10 09:50", announce_before_s=600
)
NIGHTLY = MaintenancePlan(
    id="nightly", devices=["kiosk", "prn-2"], text="保养", days=["tue", "wed", "thu"], from_="23:30", to="00:30"
)
DAILY = MaintenancePlan(id="daily", devices=["kiosk"], text="清洁", days=["tue", "wed"], from_="12:00", to="12:30")


def kept(*plans: MaintenancePlan, without: frozenset[str] = frozenset(), **more: Any) -> Hall:
    """Return a hall with a router, two printers that share a spare, and a kiosk that people use."""
    windows = [
        Window(id="w1", number=1, name="1号窗口", classes=["filing", "certificates"]),
        Window(id="w2", number=2, name="2号窗口", classes=["filing", "certificates"], shows_signs=True),
    ]
    devices = [
        Device(id="rt-1", kind="router", name="路由器", probes=[probe()]),
        pc("pc-1", "w1", depends_on=["rt-1"]),
        pc("pc-2", "w2", depends_on=["rt-1"]),
        printer("prn-1", "w1", spare="prn-9"),
        printer("prn-2", "w2", spare="prn-9"),
        printer("prn-9", gives=[]),
        Device(id="kiosk", kind="kiosk", name="自助终端", place="lobby", depends_on=["rt-1"], probes=[probe()]),
    ]
    left = [device for device in devices if device.id not in without]
    settings = {
        "windows": windows, "hours": [EVERY_DAY], "places": [Place(id="lobby", name="等候大厅")],
        "maintenance": list(plans), "supplies": [Supply(id="paper", name="纸", minimum=5, check_every_days=1)],
    }  # fmt: skip
    return hall(left, **settings | more)


class Sequence(AnySequence):
    """Devices that are worked on, by plan and at once, while they and others fail."""

    EDITS: ClassVar[dict[str, Hall]] = {
        "first": kept(ONCE, NIGHTLY, DAILY),
        "ask": kept(NIGHTLY, DAILY, reopening="ask"),
        "daily": kept(DAILY),
        "auto": kept(ONCE, NIGHTLY, closure="auto"),
        "no-kiosk": kept(ONCE, without=frozenset({"kiosk"})),
        "no-spare": kept(ONCE, DAILY, without=frozenset({"prn-9"})),
    }

    def __init__(self) -> None:
        super().__init__()
        self.paper: float | None = None

    # -- what can happen -----------------------------------------------------------------------------------------------

    @rule(device=st.sampled_from(OWN), minutes=st.sampled_from([5.0, 40.0, None]))
    def begin_work(self, device: str, minutes: float | None) -> None:
        self._order(ready.StartMaintenance(**WHO, devices=[device], text="检修", minutes=minutes))

    @rule(device=st.sampled_from(OWN), begins=st.integers(1, 3))
    def plan_work(self, device: str, begins: int) -> None:
        local = self.model.hours.local(self.bench.now)
        day, hour = f"{local:%Y-%m-%d}", local.hour
        if hour + begins < 23:
            from_, to = f"{day} {hour + begins:02}:00", f"{day} {hour + begins:02}:45"
            self._order(ready.PlanMaintenance(**WHO, devices=[device], text="计划检修", from_=from_, to=to))

    @rule(number=numbers, what=st.sampled_from(["end", "extend", "cancel"]))
    def handle_work(self, number: int, what: str) -> None:
        for name in pick(number, [each.id for each in self.model.readiness.maintenance.values()]):
            orders: dict[str, Any] = {
                "end": ready.EndMaintenance(**WHO, maintenance=name),
                "extend": ready.ExtendMaintenance(**WHO, maintenance=name, minutes=20),
                "cancel": ready.CancelMaintenance(**WHO, maintenance=name, reason="改期"),
            }
            self._order(orders[what])

    @rule(device=st.sampled_from(["prn-1", "prn-2"]), lends=st.booleans())
    def lend_spare(self, device: str, lends: bool) -> None:
        if lends:
            self._order(ready.LendSpare(**WHO, device=device))
        else:
            self._order(ready.ReturnSpare(**WHO, spare="prn-9"))

    @rule(thing=st.sampled_from(["kiosk", "prn-1", "rt-1"]), effect=st.sampled_from(["hazard", "unusable", ""]))
    def find(self, thing: str, effect: Any) -> None:
        if effect:
            self._order(commands.ReportFault(by="发现人", thing=thing, effect=effect, text="坏了"))
        else:
            self._order(commands.ReportOver(by="发现人", thing=thing, text="好了"))

    @rule(done=st.integers(0, 8), finish=st.booleans())
    def do_round(self, done: int, finish: bool) -> None:
        for each in [each for each in self.model.readiness.rounds if each.is_open]:
            for line in each.lines[:done]:
                self._order(ready.LookAt(**WHO, round=each.id, item=line.item, result="ok"))
            is_done = all(line.result for line in each.lines)
            events = self._order(ready.FinishRound(**WHO, round=each.id)) if finish else []
            assert bool(events) is (finish and is_done), "a round is done when all of it is"

    @rule(amount=st.sampled_from([1.0, 4.0, 6.0]), what=st.sampled_from(["count", "take", "add"]))
    def keep_store(self, amount: float, what: str) -> None:
        orders: dict[str, Any] = {
            "count": ready.CountStock(**WHO, supply="paper", count=amount),
            "take": ready.TakeStock(**WHO, supply="paper", amount=amount),
            "add": ready.AddStock(**WHO, supply="paper", amount=amount),
        }
        if self._order(orders[what]):
            there = self.paper or 0.0
            self.paper = {"count": amount, "take": there - amount, "add": there + amount}[what]

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def the_store_is_what_was_counted(self) -> None:
        stock = self.model.readiness.stock.get("paper")
        assert (stock.count if stock else None) == self.paper
        asked = any(each.clause == "B1" and each.subject == "paper" for each in self._asked())
        assert not asked or (self.paper is not None and self.paper < 5), "what is not short is asked for"

    @invariant()
    def work_is_no_failure(self) -> None:
        """Nothing that work covers is counted as a failure (A1), nor opens an incident."""
        for work in self.model.readiness.maintenance.values():
            for device in work.devices if work.status == "running" else ():
                incident = self.model.live_incident(device)
                hazard = any(fault.effect == "hazard" for _, fault in self.model.devices[device].raised())
                assert incident is None or not incident.stands or hazard or incident.began_at <= self._begun(work.id), (
                    f"{incident.id} was opened for {device}, on which {work.id} is under way"
                )

    def _begun(self, work: str) -> float:
        """Return when some work last was begun or taken up again, by the present clock."""
        shift_s, found = 0.0, float("inf")
        for event in reversed(self.bench.events):
            kind = event.__struct_config__.tag
            if kind == "clock-set":
                shift_s += event.step_s  # type: ignore[union-attr]
            ours = getattr(event, "maintenance", "") == work
            if ours and kind in ("maintenance-begun", "maintenance-extended"):
                found = event.at + shift_s
                break
        return found


Sequence.TestCase.settings = looking(50)
TestAnyMaintenance = Sequence.TestCase
