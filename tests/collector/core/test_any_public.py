"""No sequence of outages, registers, public texts and deadlines leaves a hall in a wrong state (D2, D3, O1 to R6)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.core import commands
from hallwatch_collector.core.hall import Device, Filing, Hall, OpeningHours, Place, Window
from hallwatch_collector.core.register_state import EntryStatus
from parts.bureau_hall import LAST_DAY, moment
from parts.county import hall, pc, probe
from parts.sequences import AnySequence, looking, numbers, pick
from parts.spans import Down, lost_s

WHO: dict[str, Any] = {"by": "小陈", "roles": ["*"]}
WEEKDAYS: Final = OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")
WRITTEN: Final = {
    "tax-code": "91330106TEST", "name": "测试公司", "address": "测试路1号", "contact": "甲某", "phone": "13800000001",
    "business": "申报", "invoice-type": "普票", "quantity": "2", "amount": "10.00", "fee": "1.00", "tax-type": "增值税",
}  # fmt: skip
NEAR_DAYS: Final = 3
LAST_DAY_LOSS_S: Final = 7200.0


def served(*, without: frozenset[str] = frozenset(), **more: Any) -> Hall:
    """Return a hall of two windows with core system, online bureau and a filing period; nothing in it can stand in."""
    windows = [Window(id=f"w{number}", number=number, name=f"{number}号窗口", classes=["filing"]) for number in (1, 2)]
    rt = Device(id="rt-1", kind="router", name="上联路由器", probes=[probe()])
    online = Device(
        id="bureau", kind="system", name="网上税务局", gives=["online-bureau"], depends_on=["rt-1"], probes=[probe()]
    )
    core = Device(
        id="core", kind="system", name="核心征管系统", gives=["core-system"], depends_on=["rt-1"], probes=[probe()]
    )
    settings = {
        "windows": windows, "systems": [online, core], "hours": [WEEKDAYS], "calendar": find_calendar("CN"),
        "filing": [Filing(name="增值税申报", last_days=[LAST_DAY])],
        "places": [Place(id="lobby", name="等候大厅", shows_signs=True)],
    }  # fmt: skip
    devices = [rt, pc("pc-1", "w1"), pc("pc-2", "w2")]
    return hall([each for each in devices if each.id not in without], **settings | more)


class Sequence(AnySequence):
    """Systems that go down near a deadline, and people who write down by hand and tell the public."""

    EDITS: ClassVar[dict[str, Hall]] = {
        "first": served(),
        "ask": served(reopening="ask"),
        "played": served(simulated=True),
        "no-pc": served(without=frozenset({"pc-1"})),
        "no-displays": served(places=[]),
    }
    START: ClassVar[float] = moment("10-22 10:00")
    CAN = ("fine", "fine", "down", "down")

    def __init__(self) -> None:
        super().__init__()
        self.book: dict[str, EntryStatus] = {}
        """Number → what was last done with it, as people here know it."""

    # -- what can happen -----------------------------------------------------------------------------------------------

    @initialize(
        days=st.sampled_from([0.0, 1.0, 3.9]),
        systems=st.sampled_from([(), ("bureau",), ("bureau", "core"), ("bureau", "core"), ("rt-1",)]),
        minutes=st.sampled_from([None, 300.0, 5000.0, 9000.0]),
        answered=st.booleans(),
    )
    def begin(self, days: float, systems: tuple[str, ...], minutes: float | None, answered: bool) -> None:
        """Begin with some trouble already there, so that more comes of what follows."""
        self._pass(days * 86_400)
        if systems:
            self.take_down(systems, down=True)
        for incident in [each.id for each in self.model.incidents.values()] if minutes else []:
            self._order(commands.Estimate(**WHO, incident=incident, minutes=minutes or 1.0))
        self._pass(700)
        if answered:
            self.answer_all()
            self.answer_all()

    @rule(systems=st.sampled_from([("bureau",), ("core",), ("bureau", "core"), ("rt-1",)]), down=st.booleans())
    def take_down(self, systems: tuple[str, ...], down: bool) -> None:
        """Let systems fail, or come back, and stay so for a while."""
        self.known |= dict.fromkeys(systems, "down" if down else "fine")
        for _ in range(40):
            self._pass(2.0)
            self._report(self.devices)

    @rule(thing=st.sampled_from(["window:w1", "hall:", "pc-1"]), over=st.booleans())
    def find(self, thing: str, over: bool) -> None:
        if over:
            self._order(commands.ReportOver(by="发现人", thing=thing, text="好了"))
        else:
            self._order(commands.ReportFault(by="发现人", thing=thing, effect="unusable", text="坏了"))

    @rule(number=numbers, minutes=st.sampled_from([5.0, 300.0, 1440.0, 5000.0]))
    def estimate(self, number: int, minutes: float) -> None:
        for incident in pick(number, [each.id for each in self.model.incidents.values() if each.stands]):
            self._order(commands.Estimate(**WHO, incident=incident, minutes=minutes))

    @rule(two=st.tuples(numbers, numbers))
    def merge(self, two: tuple[int, int]) -> None:
        live = [each.id for each in self.model.incidents.values() if each.status != "closed"]
        for one in pick(two[0], live):
            into = live[two[1] % len(live)]
            self._order(commands.Merge(**WHO, incident=one, into=into, reason="同一原因"))

    @rule(number=numbers, count=st.integers(1, 3), paper=st.sampled_from([False, False, True]))
    def write_down(self, number: int, count: int, paper: bool) -> None:
        """Write into a register that is open, or print blank sheets for it."""
        opened = [(each.id, name) for each in self.model.incidents.values() for name in each.registers]
        for incident, register in pick(number, opened):
            if paper:
                events = self._order(
                    commands.ReserveNumbers(**WHO, incident=incident, register=register, sheets=count)
                )  # fmt: skip
                for event in events[:1]:
                    self.book |= dict.fromkeys(event.numbers, "blank")  # type: ignore[union-attr]
                continue
            for _ in range(count):
                self._take_entry(incident, register, "")

    @rule(number=numbers)
    def type_in(self, number: int) -> None:
        """Type a filled sheet in."""
        blank = [
            (each.id, name, entry.number)
            for each in self.model.incidents.values()
            for name, register in each.registers.items()
            for entry in register.entries
            if entry.status == "blank"
        ]
        for incident, register, sheet in pick(number, blank):
            self._take_entry(incident, register, sheet)

    @rule(number=numbers, what=st.sampled_from(["enter", "tell", "amend", "void"]))
    def work_on_entry(self, number: int, what: str) -> None:
        for name in pick(number, list(self.book)):
            fields = {**WRITTEN, "name": "更正公司"}
            orders: dict[str, tuple[Any, EntryStatus]] = {
                "enter": (commands.EnterEntry(**WHO, number=name), "entered"),
                "tell": (commands.TellTaxpayer(**WHO, number=name), "told"),
                "amend": (commands.AmendEntry(**WHO, number=name, fields=fields, reason="笔误"), self.book[name]),
                "void": (commands.VoidEntry(**WHO, number=name, reason="作废"), "void"),
            }
            command, after = orders[what]
            if self._order(command):
                self.book[name] = after

    @rule()
    def work_off_registers(self) -> None:
        """Enter everything and tell everybody."""
        for name, status in list(self.book.items()):
            if status == "accepted":
                self._order(commands.EnterEntry(**WHO, number=name))
            if status in ("accepted", "entered"):
                self._order(commands.TellTaxpayer(**WHO, number=name))
                self.book[name] = "told"

    @rule(number=numbers, withdraws=st.booleans())
    def change_notice(self, number: int, withdraws: bool) -> None:
        for release in pick(number, list(self.model.releases)):
            text = f"更正:请留意后续公告({number})。"
            if withdraws:
                self._order(commands.WithdrawNotice(**WHO, release=release, reason="有误"))
            else:
                self._order(commands.CorrectNotice(**WHO, release=release, text=text, reason="措辞"))

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_written_down_is_lost(self) -> None:
        """What was accepted and not done with is in a register of an incident that is not closed, as it was left."""
        found = {
            entry.number: (entry.status, incident.status)
            for incident in self.model.incidents.values()
            for register in incident.registers.values()
            for entry in register.entries
        }
        for name, status in self.book.items():
            if status in ("accepted", "entered"):
                assert name in found, f"{name} is {status}, and nowhere"
                assert found[name][0] == status, f"{name} is {found[name][0]}, and was left {status}"
                assert found[name][1] != "closed", f"{name} is {status}, and its incident closed"
            elif status == "blank" and found.get(name, ("void", ""))[0] == "void":
                self.book[name] = "void"  # struck out when its incident closed

    @invariant()
    def deadlines_move_only_when_they_must(self) -> None:
        """O3 and O4 by a calculation of its own, from what the journal tells of the systems."""
        if self.steps or self.model.hours.day_of(self.bench.now) > LAST_DAY:
            return
        asked = [
            each
            for each in self.model.measures.values()
            if each.clause in ("O3", "O4") and each.status in ("open", "confirmed", "declined")
        ]
        must = self._must_move()
        lapsed = any(each.new is None for each in self.model.extensions)
        for each in asked:
            assert each.status != "open" or must or lapsed, (
                f"{each.id} moves a deadline that need not move: {each.text}"
            )
        bureau = next((each for each in self.model.outages if each.service == "online-bureau" and not each.end), None)
        named = self.model.incidents.get(bureau.incident) if bureau else None
        if must and named is not None and named.stands:
            assert asked or self.model.extensions, "the deadline must move, and nobody is asked"

    # -- how -----------------------------------------------------------------------------------------------------------

    def _take_entry(self, incident: str, register: str, number: str) -> None:
        fields = {field.id: WRITTEN[field.id] for field in self.model.forms[register].fields if field.id in WRITTEN}
        events = self._order(
            commands.TakeEntry(**WHO, incident=incident, register=register, number=number, fields=fields, salt="s")
        )
        for event in events[:1]:
            self.book[event.number] = "accepted"  # type: ignore[union-attr]

    def _must_move(self) -> bool:
        """Tell whether the online bureau may not be back by the end of the last day."""
        now, hours = self.bench.now, self.model.hours
        left = (LAST_DAY - hours.day_of(now)).days
        begins = hours.start_of(LAST_DAY)
        ends = hours.start_of(LAST_DAY + dt.timedelta(days=1))
        for down in self._downs("bureau", far=left > NEAR_DAYS):
            if down.start < ends <= down.end:
                return True
        return lost_s(self._downs("bureau", far=left > NEAR_DAYS), begins, ends, hours) >= LAST_DAY_LOSS_S

    def _downs(self, system: str, *, far: bool) -> list[Down]:
        """Return when nobody anywhere had a system, by what the journal says of its own faults."""
        downs: list[Down] = []
        raised: dict[str, float] = {}
        causes: dict[str, str] = {}
        for event in self.bench.events:
            kind, fault = event.__struct_config__.tag, getattr(event, "fault", "")
            if getattr(event, "device", "") != system or kind not in ("fault-raised", "fault-cleared", "cause-changed"):
                continue
            if kind == "fault-cleared":
                raised.pop(fault, None)
                causes.pop(fault, None)
            else:
                raised.setdefault(fault, event.at)
                causes[fault] = event.cause  # type: ignore[union-attr]
            is_down = any(not causes[each] for each in raised)
            if is_down and not (downs and downs[-1].end == float("inf")):
                since = getattr(event, "since", event.at) if kind == "fault-raised" else event.at
                downs.append(Down(since, float("inf")))
            elif not is_down and downs and downs[-1].end == float("inf"):
                downs[-1] = Down(downs[-1].start, event.at)
        if downs and downs[-1].end == float("inf"):
            downs[-1] = Down(downs[-1].start, self._expected(system, far=far))
        return downs

    def _expected(self, system: str, *, far: bool) -> float:
        incident = self.model.live_incident(system)
        if incident is not None and incident.back_at is not None and incident.back_at > self.bench.now:
            return incident.back_at
        return self.bench.now if far else float("inf")


Sequence.TestCase.settings = looking(30)
TestAnyPublic = Sequence.TestCase
