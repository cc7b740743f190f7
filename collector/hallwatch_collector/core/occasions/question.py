"""What is asked of every occasion, and what it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hallwatch_collector.core.arrangement import Move
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import Incident, Measure
from hallwatch_collector.core.watch import DeviceWatch


class Question(NamedTuple):
    """Does this incident give an occasion, and for what?"""

    model: Model
    incident: Incident
    windows: list[str]
    """The open windows whose loss is to be decided under this incident."""
    now: float
    measures: Sequence[Measure]
    """Those of this incident."""
    explained: Sequence[DeviceWatch]
    """Devices, windows and classes with a fault that a root of this incident explains."""


class Belongings:
    """What belongs to each incident of a hall, gathered once, so that many incidents do not each look at everything."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._explained: defaultdict[str, dict[str, DeviceWatch]] = defaultdict(dict)
        for watch in model.devices.values():
            for alarm in watch.alarms.values():
                if alarm.cause:
                    self._explained[alarm.cause][watch.id] = watch

    def explains(self, incident: Incident) -> bool:
        """Tell whether a root of an incident explains a fault of something else."""
        return any(root in self._explained for root in incident.roots)

    def ask(self, incident: Incident, now: float, windows: Sequence[str] = ()) -> Question:
        """Return what is asked of each occasion about an incident."""
        explained: dict[str, DeviceWatch] = {}
        for root in incident.roots:
            explained |= self._explained.get(root, {})
        measures = self._model.measures.of(incident.id)
        return Question(self._model, incident, list(windows), now, measures, list(explained.values()))


class Case(NamedTuple):
    """An occasion that is given now."""

    subject: str
    """Device, window, class or register that it is about."""
    since: float
    """When it began: steps by elapsed time count from here."""
    edition: str = ""
    """When this changes, what was decided on the occasion is asked anew."""
    losses: Mapping[str, list[str]] | None = None
    """Window → classes that it is about, where that is not what the incident takes from them."""
    moves: Sequence[Move] = ()
    """Of windows and classes, that it proposes."""


Cases = Iterator[Case]
Finder = Callable[[Question], Cases]
HallFinder = Callable[[Model, float], Cases]
"""Finds an occasion of the hall itself, of no incident, at a moment."""
