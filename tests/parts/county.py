"""A small hall built in code, and an engine on it whose clock the test moves by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_agent.wire import Birth, Death, Reading, Report
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.engine import Engine, Outcome
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Agent, Device, Hall, Window
from hallwatch_collector.narration import Narrator
from hallwatch_collector.plans import load

PLAN, CATALOGUE = load()


def probe(agent: str = "gw", interval_s: float = 2.0, name: str | None = None) -> TcpProbe:
    """Return a probe; what it would read is up to the test."""
    return TcpProbe(host="127.0.0.1", port=9, agent=agent, interval_s=interval_s, timeout_s=1.0, name=name)


def printer(device: str, place: str | None = None, **more: Any) -> Device:
    """Return a printer that gives ``print``."""
    more = {"gives": ["print"], "probes": [probe()]} | more
    return Device(id=device, kind="printer", name=device, place=place, **more)


def pc(device: str, place: str | None = None, **more: Any) -> Device:
    """Return a computer that gives ``computer``."""
    more = {"gives": ["computer"], "probes": [probe()]} | more
    return Device(id=device, kind="pc", name=device, place=place, **more)


def hall(devices: Iterable[Device], **more: Any) -> Hall:
    """Return a hall of two windows with these devices."""
    windows = [
        Window(id=f"w{number}", number=number, name=f"{number}号窗口", classes=["filing", "certificates"])
        for number in (1, 2)
    ]
    settings = {"windows": windows, "agents": [Agent(id="gw")]} | more
    return Hall(area="330106", hall="xihu", name="西湖", devices=list(devices), **settings)


class Bench:
    """An engine with one hall and a clock."""

    def __init__(self, described: Hall, now: float = 1_000_000.0, alerting: Alerting | None = None) -> None:
        self.alerting = alerting
        self.engine = Engine(PLAN, CATALOGUE, alerting)
        self.hall = described
        self.key = described.key
        self.now = now
        self.events: list[AnyEvent] = list(self.engine.load_hall(described, "d1", None, now))
        self._seq = {agent.id: itertools.count(1) for agent in described.agents}

    def born(self, agent: str = "gw", boot: str = "b1", session: int = 1) -> list[AnyEvent]:
        """Let an agent connect."""
        life = Birth(agent=agent, boot=boot, session=session, at=self.now, keepalive_s=10)
        return self._note(self.engine.on_life(self.key, agent, life, self.now))

    def dies(self, agent: str = "gw", boot: str = "b1", session: int = 1) -> list[AnyEvent]:
        """Let the broker announce an agent's death."""
        life = Death(agent=agent, boot=boot, session=session)
        return self._note(self.engine.on_life(self.key, agent, life, self.now))

    def report(self, *readings: Reading, agent: str = "gw", boot: str = "b1", **more: Any) -> Outcome:
        """Let an agent report now."""
        settings = {"seq": next(self._seq[agent]), "sent_at": self.now} | more
        report = Report(agent=agent, boot=boot, readings=list(readings), **settings)
        outcome = self.engine.on_report(self.key, agent, report, self.now)
        self._note(outcome.events)
        return outcome

    def tell(self, agent: str = "gw", **devices: dict[str, Any]) -> list[AnyEvent]:
        """Report readings taken half a second later; ``prn_1={"jam": True}`` gives the conditions of ``prn-1``."""
        self.now += 0.5
        readings = [
            Reading(device.replace("_", "-"), "tcp", self.now, conditions=conditions)
            for device, conditions in devices.items()
        ]
        return self.report(*readings, agent=agent).events

    def wait(self, seconds: float) -> list[AnyEvent]:
        """Let time pass, tick by tick."""
        found: list[AnyEvent] = []
        until = self.now + seconds
        while self.now < until:
            self.now = min(self.now + 0.5, until)
            for events in self.engine.on_tick(self.now).values():
                found += self._note(events)
        return found

    def restart(self) -> list[AnyEvent]:
        """Kill the collector and start it from what it had written."""
        saved = self.engine.state(self.key)
        self.engine = Engine(PLAN, CATALOGUE, self.alerting)
        return self._note(self.engine.load_hall(self.hall, "d1", saved, self.now))

    def narrated(self) -> list[str]:
        """Return what happened, in lines."""
        return Narrator("Asia/Shanghai", {}).tell(self.events)

    def names(self, events: Iterable[AnyEvent] | None = None) -> list[str]:
        """Return the events' tags."""
        return [str(event.__struct_config__.tag) for event in (self.events if events is None else events)]

    def state_of(self, device: str) -> str:
        """Return how a device is shown."""
        view = self.engine.view(self.key, self.now)
        return next(each.state for each in view.devices if each.id == device)

    def _note(self, events: list[AnyEvent]) -> list[AnyEvent]:
        self.events += events
        return events
