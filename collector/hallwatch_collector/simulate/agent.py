"""An agent of a simulated hall: what the real one does on the wire, without devices, disk or clock."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from hallwatch_agent import __version__
from hallwatch_agent.wire import Assignment, Birth, Death, ProbeOrder, Reading, Report
from hallwatch_collector.simulate.world import World

KEEPALIVE_S: Final = 10
BACKLOG_A_STEP: Final = 20
"""Late reports handed over at a time, as the real agent's window in flight."""
SPOOLED_REPORTS: Final = 20_000


class SimulatedAgent:
    """One agent. Its caller tells it when it starts, connects and is cut off, and hands on what it says."""

    def __init__(self, agent: str, keepalive_s: int = KEEPALIVE_S) -> None:
        self.id = agent
        self.keepalive_s = keepalive_s
        self.boot = ""
        self.session = 0
        self._seq = 0
        self._dropped = 0
        self._orders: dict[tuple[str, str], ProbeOrder] = {}
        self._due: dict[tuple[str, str], float] = {}
        self._digest = ""
        self._spool: deque[Report] = deque()

    def start(self, boot: str) -> None:
        """Start anew; the spool, being on disk, is still there."""
        self.boot, self.session, self._seq, self._dropped = boot, 0, 0, 0
        self._due = dict.fromkeys(self._orders, -math.inf)

    def assign(self, assignment: Assignment) -> bool:
        """Work by this list from now on; tell whether it is another than before. Probes that stay keep their turn."""
        if assignment.digest == self._digest:
            return False
        self._orders = {(order.device, order.name): order for order in assignment.probes}
        self._due = {key: self._due.get(key, -math.inf) for key in self._orders}
        self._digest = assignment.digest
        return True

    def probe_now(self, devices: Sequence[str]) -> None:
        """Read these devices at the next step, out of turn."""
        for key in self._due:
            if key[0] in devices:
                self._due[key] = -math.inf

    def next_session(self) -> Death:
        """Count a connection and return the will it leaves with the broker."""
        self.session += 1
        return Death(self.id, self.boot, self.session)

    def birth(self, world: World, at: float) -> Birth:
        """Return the birth for the present connection."""
        stamp = at + world.clock_offset_s(self.id)
        return Birth(
            self.id, self.boot, self.session, stamp, self.keepalive_s,
            version=__version__, host=self.id, system="simulated", assignment=self._digest,
        )  # fmt: skip

    def step(self, world: World, at: float, *, connected: bool) -> list[Report]:
        """Read what is due at *at*; return what goes to the broker now: the present first, then some of the backlog."""
        readings = world.readings(self.id, self._take_due(at), at)
        fresh = [self._report(readings, at)] if readings else []
        if not connected:
            self._spool.extend(fresh)
            while len(self._spool) > SPOOLED_REPORTS:
                self._spool.popleft()
                self._dropped += 1
            return []
        late = [self._spool.pop() for _ in range(min(BACKLOG_A_STEP, len(self._spool)))]
        sent_at = at + world.clock_offset_s(self.id)
        figures = {"sent_at": sent_at, "spooled": len(self._spool), "dropped": self._dropped}
        sent = [msgspec.structs.replace(report, **figures) for report in fresh]
        return sent + [msgspec.structs.replace(report, late=True, **figures) for report in late]

    def next_due(self) -> float:
        """Return when the next probe is due; -inf: at once, inf: never."""
        return min(self._due.values(), default=math.inf)

    def _take_due(self, at: float) -> list[ProbeOrder]:
        due = [key for key, moment in self._due.items() if moment <= at]
        for key in due:  # a grid on the wall clock: probes of one interval share a report, and none drifts
            interval_s = self._orders[key].interval_s
            self._due[key] = (math.floor(at / interval_s) + 1) * interval_s
        return [self._orders[key] for key in due]

    def _report(self, readings: list[Reading], at: float) -> Report:
        self._seq += 1
        return Report(self.id, self.boot, self._seq, at, readings, dropped=self._dropped)
