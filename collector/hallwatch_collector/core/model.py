"""A hall in memory: its file made ready, what is followed of its devices and agents, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, TypeVar

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.alerts.state import Alert
from hallwatch_collector.core.arrangement import Post, Proposal, Waiting
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.equipment import Equipment
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.impact import Blame, Takers
from hallwatch_collector.core.measure_book import MeasureBook
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.public_state import Extension, Release, ServiceOutage
from hallwatch_collector.core.readiness.kept import Readiness
from hallwatch_collector.core.register_state import KeptRegister
from hallwatch_collector.core.screen_state import Screen
from hallwatch_collector.core.state import BY_HAND, Failure, HandMove, Incident, Measure, PostedSign, Queue
from hallwatch_collector.core.timetable import Timetable
from hallwatch_collector.core.watch import DeviceWatch, ProbeWatch

Found = TypeVar("Found")


class Footing(NamedTuple):
    """What an incident stood on when it was last decided what it calls for (see :mod:`..footing`)."""

    seen: bytes
    at: float
    until: float
    """From that moment until, but not including, this one, time alone changes nothing."""

    def holds(self, seen: bytes, now: float) -> bool:
        """Tell whether the same would be decided now."""
        return self.seen == seen and self.at <= now < self.until


class Model(Equipment, Timetable):
    """Everything the engine holds of one hall. Stations 6 and 7 are functions over it."""

    version: int = 0
    samples: int = 0
    """How often something was remembered."""
    counter: int = 0
    """For the ids of incidents, measures and alerts."""
    screens: dict[str, Screen]
    """Those that were paired with a place, by their ids."""
    screens_due: float = float("inf")
    """When the timer of these is due."""
    awaiting: bool = False
    """Whether some fault waits for a device upstream to be looked at."""
    plain_words: frozenset[str] | None = None
    """The words and conditions that the plan names in what a plain incident may call for, once they were looked for."""
    _known: dict[Hashable, Any] | None = None

    def __init__(self, hall: Hall, plan: Plan, catalogue: Catalogue, alerting: Alerting) -> None:
        Equipment.__init__(self, hall, plan, catalogue)
        Timetable.__init__(self)
        self.alerting = alerting
        self.alerts: dict[str, Alert] = {}
        """Incident → what people were told of it."""
        self.incidents: dict[str, Incident] = {}
        self.measures = MeasureBook()
        self.signs: dict[str, Sign] = {}
        self.posted: dict[str, PostedSign] = {}
        """Place → the printed sign that somebody posted there."""
        self.screens: dict[str, Screen] = {}
        self.releases: dict[str, Release] = {}
        self.outages: list[ServiceOutage] = []
        self.extensions: list[Extension] = []
        self.closed_windows: dict[str, str] = {}
        self.opened: dict[str, str] = {}
        """Reserve window that was opened → incident for which it was."""
        self.lent: dict[str, dict[str, str]] = {}
        """Window → class that it was lent → incident for which it was."""
        self.hand_moves: dict[str, HandMove] = {}
        """``window``, or ``window/class``, that was moved by hand → by whom, and why; also a window that was opened
        though it had lost something, as long as it has."""
        self.queue = Queue()
        """Who waits, as decisions go by it."""
        self.proposed: tuple[tuple[list[Post], Waiting], Proposal] | None = None
        """What was last asked about the windows, and the answer: it is dear to work out."""
        self.failures: list[Failure] = []
        """Of the kinds of device whose failure rate is followed (A1), the oldest first."""
        self.lost: dict[str, list[str]] = {}
        self.unsure: dict[str, list[str]] = {}
        """Window → classes that hang on something nobody sees. Found anew by every decision, as what follows."""
        self.blames: dict[str, dict[str, Blame]] = {}
        """Window → class it lost → whose fault that is. Not written out: every decision finds it anew."""
        self.services: dict[str, frozenset[str]] = {}
        """Service of a business system (``core-system``) that nobody gives now → the root devices of that."""
        self.footings: dict[str, Footing] = {}
        """Incident → what it stood on when it was last decided what it calls for; those of which that is known."""
        self.coming: dict[str, float] = {}
        """Incident → when the plan will ask for a measure without which it cannot close."""
        self.repairs: dict[str, list[float]] = {}
        """``kind/fault`` → how long the last repairs took, seconds: this hall's own past (D1)."""
        self._shares: dict[str, dict[str, list[str]]] = {}
        self.numbers: dict[str, int] = {}
        """Beginning of a register's numbers (``SG-20260310``) → the last one given out."""
        self.kept_registers: list[KeptRegister] = []
        """Of incidents that are over and forgotten, oldest first."""
        self.readiness = Readiness()
        """Maintenance, rounds, the store (S9, A4, B1)."""
        self.unseen: dict[str, str] = dict.fromkeys(self.devices, "never")
        self.settling: dict[str, float] = {}
        """Device that recovered from cutting others off → until when these may not alert."""

    def watch_for_silence(self, device: DeviceWatch, probe: ProbeWatch, now: float) -> None:
        """Ask to be woken when the probe's next reading is overdue; one timer a probe is enough."""
        if not probe.timed:
            probe.timed = True
            self.set_timer(now + probe.late_after_s, device.id, f"@{probe.name}")

    def next_number(self) -> int:
        """Count incidents and measures of this hall."""
        self.counter += 1
        return self.counter

    def is_unknown(self, device: str) -> bool:
        """Tell whether nobody sees the device; one that has no probe was never meant to be seen."""
        return device in self.unseen and bool(self.devices[device].probes)

    def takers(self, device: str) -> Takers:
        """Return the capabilities that faults take from a device now, with the root devices of these faults."""
        return self.once(("takers", device), self.devices[device].takers)

    def shares(self, root: str) -> dict[str, list[str]]:
        """Return what a root device and the faults that it explains cost now: window → classes, alone or with others.

        What a window lost through others is not theirs to answer for.
        """
        return self._shares.get(root, {})

    def losses(self, incident: Incident) -> dict[str, list[str]]:
        """Return what an incident costs now, through all of its root devices: window → classes."""
        if not incident.joined:
            return {window: list(names) for window, names in self.shares(incident.device).items()}
        costs: dict[str, list[str]] = {}
        for root in incident.roots:
            for window, names in self.shares(root).items():
                costs[window] = list(dict.fromkeys((*costs.get(window, ()), *names)))
        return costs

    def note_blames(self, blames: dict[str, dict[str, Blame]]) -> None:
        """Take in whose fault it is what each window lost."""
        self.blames, self._shares = blames, {}
        for window, lost in blames.items():
            for name, blame in lost.items():
                for root in blame.involved:
                    self._shares.setdefault(root, {}).setdefault(window, []).append(name)

    def able(self, window: str) -> set[str]:
        """Return the classes that a window takes now, lent ones included; none while it is closed, or in reserve."""
        if not self.is_open(window):
            return set()
        own = set(self.impact.windows[window].classes) - set(self.lost.get(window, ()))
        lent = self.lent.get(window)
        return own | lent.keys() & self.impact.borrowable(window, self.takers) if lent else own

    def is_open(self, window: str) -> bool:
        """Tell whether people are served at a window, as far as its devices let it: it is not closed nor in reserve."""
        return window not in self.closed_windows and not self.is_resting(window)

    def is_resting(self, window: str) -> bool:
        """Tell whether this is a reserve window that nobody opened: it counts for nothing then, so it loses nothing."""
        return self.impact.windows[window].reserve and window not in self.opened

    def is_by_hand(self, name: str) -> bool:
        """Tell whether a window, or ``window/class``, was moved by hand and still is so."""
        window, _, business = name.partition("/")
        if business:
            return self.lent.get(window, {}).get(business) == BY_HAND
        overruled = window in self.lost and window not in self.closed_windows
        return overruled or BY_HAND in (self.closed_windows.get(window), self.opened.get(window))

    def forget_overruled(self) -> None:
        """Forget which windows were moved by hand that are no longer as they were moved."""
        self.hand_moves = {name: move for name, move in self.hand_moves.items() if self.is_by_hand(name)}

    def windows_in_use(self) -> list[str]:
        """Return the windows of the hall without the reserve ones that nobody opened."""
        resting = {window for window in self.impact.reserves if window not in self.opened}
        return [window for window in self.impact.windows if window not in resting]

    def keeps_windows(self, incident: str) -> bool:
        """Tell whether windows are still closed, opened or lent for an incident."""
        lent = (owner for names in self.lent.values() for owner in names.values())
        return any(incident in owners for owners in (self.closed_windows.values(), self.opened.values(), lent))

    def hand_posted(self, incident: str, to: str) -> None:
        """Let another incident answer for the printed signs that were posted for one."""
        for posted in self.posted.values():
            posted.incident = to if posted.incident == incident else posted.incident

    def hand_windows(self, incident: str, to: str) -> None:
        """Let what was done with windows for one incident have been done for another."""
        for owners in (self.closed_windows, self.opened, *self.lent.values()):
            owners.update({name: to for name, owner in owners.items() if owner == incident})

    def shows_signs(self, place: str) -> bool:
        """Tell whether a connected display shows the signs of a device or window.

        Screens that were paired with it say so themselves; of any other the hall file's word is taken.
        """
        window, watch = self.impact.windows.get(place), self.devices.get(place)
        if watch is not None and watch.device.kind == "window":
            window = self.impact.windows.get(watch.device.place or "")
        paired = [each.up for each in self.screens_at(window.id if window else place)]
        if paired:
            return any(paired)
        if window and window.shows_signs and self.display_works(window.id):
            return True
        return bool(watch and watch.device.shows_signs)

    def screens_at(self, place: str) -> list[Screen]:
        """Return the paired screens that show the sign of a place."""
        return [screen for screen in self.screens.values() if screen.use == "sign" and screen.place == place]

    def display_works(self, place: str) -> bool:
        """Tell whether a sign at a place is seen: of the displays that the hall file names there, one works (S7)."""
        there = self.displays.get(place, ())
        dark = [any(fault.effect in ("unusable", "hazard") for _, fault in each.raised()) for each in there]
        return not there or not all(dark)

    def sure(self, window: str) -> set[str]:
        """Return those of the classes that a window takes now which hang on nothing that nobody sees."""
        return self.able(window) - set(self.unsure.get(window, ()))

    def cut_since(self, device: str) -> float | None:
        """Tell since when a device is down by a fault that cuts off what depends on it; None when it is not."""
        watch = self.devices.get(device)
        moments = [alarm.raised_at or alarm.since for alarm, fault in watch.raised() if fault.cuts] if watch else []
        return min(moments) if moments else None

    def live_incident(self, device: str) -> Incident | None:
        """Return the incident of a root device that is not closed: standing, or recovered and still to be checked."""
        for incident in self.incidents.values():
            if incident.status != "closed" and (incident.device == device or device in incident.joined):
                return incident
        return None

    def live_incidents(self) -> dict[str, Incident]:
        """Return the same for all root devices that have one, for those who ask about many."""
        live: dict[str, Incident] = {}
        for incident in self.incidents.values():
            for root in incident.roots if incident.status != "closed" else ():
                live.setdefault(root, incident)
        return live

    @contextmanager
    def still(self) -> Iterator[None]:
        """While this lasts nothing in the hall moves (no fault, window, class, spare or incident, only measures and
        their texts), so what is asked :meth:`once` is worked out once."""
        self._known = {}
        try:
            yield
        finally:
            self._known = None

    def once(self, about: Hashable, find: Callable[[], Found]) -> Found:
        """Return what is found, or was found before while nothing moves; *about* says what is looked for."""
        if self._known is None:
            return find()
        if about not in self._known:
            self._known[about] = find()
        found: Found = self._known[about]
        return found

    def stand_ins(self, window: str, wanted: Iterable[str]) -> Mapping[str, bool]:
        """Return the windows that can take something of what is wanted at this one, the best first, and whether that
        is certain."""
        able, sure = self.once("able", lambda: (cache(self.able), cache(self.sure)))
        names = frozenset(wanted)
        return self.once(("stand-ins", window, names), lambda: self.impact.stand_ins(window, names, able, sure))

    def watches(self, incident: Incident) -> list[DeviceWatch]:
        """Return the root devices of an incident, the first one first."""
        if not incident.joined:
            watch = self.devices.get(incident.device)
            return [watch] if watch is not None else []
        return [self.devices[root] for root in incident.roots if root in self.devices]

    def checks(self, incident: str) -> list[Measure]:
        """Return the checks of the last transaction (D4) that an incident asked for after it recovered."""
        return [
            measure
            for measure in self.measures.of(incident)
            if measure.status not in ("undone", "over") and self.templates[measure.template].on == "window-recovered"
        ]


Events = list[AnyEvent]


class Turn:
    """One call of the engine on one hall: what it works on, when, and the events that come of it."""

    __slots__ = ("at", "decided_on", "events", "model", "now", "refused", "silent")

    def __init__(self, model: Model, now: float, at: float | None = None) -> None:
        self.model = model
        self.now = now
        """When it is worked out."""
        self.at = now if at is None else at
        """The moment to which what is found belongs: of the reading, or of the hold that ended."""
        self.events: Events = []
        self.refused: dict[str, int] = {}
        """What was not taken, by reason."""
        self.decided_on = b""
        """What was looked at when it was last decided what the incidents call for that are not plain."""
        self.silent = False
        """Whether something changed of which no event tells, and by which it may have to be decided otherwise."""

    def refuse(self, reason: str) -> None:
        """Count something that was not taken."""
        self.refused[reason] = self.refused.get(reason, 0) + 1
