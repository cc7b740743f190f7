"""A small hall with core system, online bureau and filing deadlines, whose faults people report by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Device, Filing, Hall, OpeningHours, Place
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.views import MeasureView, NoticeView
from parts.county import CATALOGUE, PLAN, Bench, hall

ZONE = ZoneInfo("Asia/Shanghai")
EVERYTHING = ["*"]
LAST_DAY = dt.date(2026, 10, 26)
"""A Monday; Tuesday to Thursday are working days."""


def moment(text: str) -> float:
    """Return a moment by the hall's clocks: ``10-26 09:30``, in 2026."""
    return dt.datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}").replace(tzinfo=ZONE).timestamp()


def bureau_hall(**more: Any) -> Hall:
    """Return the hall; business from nine to five on weekdays, one filing period, one connected display."""
    systems = [
        Device(id="bureau", kind="system", name="网上税务局", gives=["online-bureau"], depends_on=["rt-1"]),
        Device(id="core-system", kind="system", name="核心征管系统", gives=["core-system"], depends_on=["rt-1"]),
    ]
    weekdays = OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")
    settings = {
        "systems": systems, "hours": [weekdays], "calendar": find_calendar("CN"),
        "filing": [Filing(name="增值税申报", last_days=[LAST_DAY])],
        "places": [Place(id="lobby", name="等候大厅", shows_signs=True)],
    }  # fmt: skip
    return hall([Device(id="rt-1", kind="router", name="上联路由器", gives=["network"])], **settings | more)


class BureauBench(Bench):
    """That hall on an engine; time jumps, each timer at its own moment."""

    def __init__(self, now: str, described: Hall | None = None, plan: Plan = PLAN) -> None:
        super().__init__(described or bureau_hall(), moment(now))
        self.plan = plan
        if plan is not PLAN:
            self.engine = Engine(plan, CATALOGUE)
            self.engine.load_hall(self.hall, "d1", None, self.now)

    def until(self, text: str) -> list[AnyEvent]:
        """Let time pass until a moment."""
        found: list[AnyEvent] = []
        while self.engine.next_due() <= moment(text):
            self.now = max(self.now, self.engine.next_due())
            found += self._note(self.engine.on_tick(self.now).get(self.key, []))
        self.now = moment(text)
        return found

    def order(self, command: AnyCommand) -> list[AnyEvent]:
        """Let a person say something now."""
        return self._note(self.engine.on_command(self.key, command, self.now))

    def fails(self, thing: str) -> list[AnyEvent]:
        """Let somebody report that a system is out of use."""
        return self.order(
            commands.ReportFault(by="甲", roles=EVERYTHING, thing=thing, effect="unusable", text="不能用")
        )

    def is_back(self, thing: str) -> list[AnyEvent]:
        """Let somebody report that it works again."""
        return self.order(commands.ReportOver(by="甲", roles=EVERYTHING, thing=thing, text="好了"))

    def promise(self, thing: str, minutes: float) -> list[AnyEvent]:
        """Let the technician say in how many minutes a system will be back."""
        incidents = self.engine.view(self.key, self.now).incidents
        incident = next(each.id for each in incidents if each.device == thing and each.status != "closed")
        return self.order(commands.Estimate(by="乙", roles=EVERYTHING, incident=incident, minutes=minutes))

    def measures(self, clause: str, status: str = "open", subject: str = "") -> list[MeasureView]:
        """Return the measures of a clause that have this status."""
        view = self.engine.view(self.key, self.now)
        found = [each for each in view.measures if (each.clause, each.status) == (clause, status)]
        return [each for each in found if subject in ("", each.subject)]

    def confirm(self, clause: str, **more: Any) -> list[AnyEvent]:
        """Say yes to the open proposal of a clause."""
        subject = more.pop("subject", "")
        (measure,) = self.measures(clause, subject=subject)
        settings = {"by": "李主任", "roles": EVERYTHING} | more
        return self.order(commands.Confirm(measure=measure.id, **settings))

    def tick(self, subject: str) -> list[AnyEvent]:
        """Tick the open step for a subject."""
        (step,) = [each for each in self.engine.view(self.key, self.now).measures if _waits(each, subject)]
        return self.order(commands.Tick(by="周宣", roles=EVERYTHING, measure=step.id))

    def notices(self) -> tuple[NoticeView, ...]:
        """Return the public texts, the last one first."""
        return self.engine.view(self.key, self.now).notices

    def restart(self) -> list[AnyEvent]:
        """Kill the collector and start it from what it had written, as JSON."""
        saved = msgspec.json.decode(msgspec.json.encode(self.engine.state(self.key)), type=HallState)
        self.engine = Engine(self.plan, CATALOGUE)
        return self._note(self.engine.load_hall(self.hall, "d1", saved, self.now))


def _waits(measure: MeasureView, subject: str) -> bool:
    return measure.subject == subject and measure.mode == "show" and measure.status == "open"
