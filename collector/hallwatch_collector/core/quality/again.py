"""Plays alarms that were raised again, under other rules, by the engine's own alarm table.

The record has when a fault held while its alarm stood. What held for too short a time to be raised is not in it: so
only rules that raise less than those of then can be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hallwatch_collector.core.alarms import Stimulus, step
from hallwatch_collector.core.catalogue import Catalogue, Fault, override
from hallwatch_collector.core.hall import FaultOverride, Hall
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.quality.episodes import Episode, Symptom
from hallwatch_collector.core.rules import Case, ThresholdRule
from hallwatch_collector.core.state import Alarm

Key = tuple[str, str, str]
"""Device, fault, part."""


class Replay:
    """The episodes of one hall, to be played under the rules in force and under others."""

    def __init__(self, hall: Hall, catalogue: Catalogue, episodes: Sequence[Episode], until: float) -> None:
        """*until* is how far the record goes."""
        self._hall = hall
        self._faults = {fault.id: fault for fault in catalogue.faults}
        self._hours = Hours.of(hall)
        self._episodes = episodes
        self._until = until
        self._symptoms: dict[Key, list[Symptom]] = {}
        for each in {id(each): each for episode in episodes for each in episode.symptoms}.values():
            self._symptoms.setdefault((each.device, each.fault, each.part), []).append(each)
        for theirs in self._symptoms.values():
            theirs.sort(key=lambda each: each.since)
        self._in_force = {key: self._play(key, ()) for key in self._symptoms}

    def fault_on(self, device: str, fault: str, changes: Iterable[FaultOverride] = ()) -> Fault | None:
        """Return a fault as it is on a device by the rules in force, with some changes; None: there is none such.

        Raises :class:`ValueError` when the limits of a change do not go together.
        """
        known = self._faults.get(fault)
        told = [each for each in (*self._hall.faults, *changes) if each.device in (None, device)]
        return override(known, told) if known is not None else None

    def raised(self, change: FaultOverride | None = None) -> dict[int, float]:
        """Return which episodes there would have been, by their number, and when each would have begun."""
        found = dict(self._in_force)
        if change is not None:
            for key in self._symptoms:
                if key[1] == change.fault and change.device in (None, key[0]):
                    found[key] = self._play(key, (change,))
        began: dict[int, float] = {}
        for number, episode in enumerate(self._episodes):
            moments = [
                at
                for each in episode.symptoms
                if (at := found[each.device, each.fault, each.part].get(id(each))) is not None
            ]
            if moments:
                began[number] = min(moments)
        return began

    def _play(self, key: Key, changes: Sequence[FaultOverride]) -> dict[int, float]:
        """Return of which of the symptoms under a key an alarm would have been raised, and when."""
        fault = self.fault_on(key[0], key[1], changes)
        if fault is None or fault.severity != "fault":
            return {}
        alarm = Alarm(device=key[0], fault=fault.id, part=key[2], phase="clear")
        raised = {}
        for symptom in self._symptoms[key]:
            at = self._raise(alarm, fault, symptom)
            if at is not None:
                raised[id(symptom)] = at
        return raised

    def _raise(self, alarm: Alarm, fault: Fault, symptom: Symptom) -> float | None:
        if not _is_beyond(fault, symptom, self._hours):
            return None
        moments = []
        for start, end in symptom.held(self._until):
            moments += put(alarm, fault, Stimulus.HOLDS, start)
            moments += put(alarm, fault, Stimulus.GONE if symptom.cleared_at is not None else Stimulus.HOLDS, end)
        return min(moments, default=None)


def put(alarm: Alarm, fault: Fault, stimulus: Stimulus, at: float) -> list[float]:
    """Move an alarm as the engine does: holds that ended come first, and one of no length ends at once.

    Returns when it was raised by that.
    """
    raised = _pass(alarm, fault, at)
    step(alarm, fault, stimulus, at)
    return raised + _pass(alarm, fault, at)


def _pass(alarm: Alarm, fault: Fault, at: float) -> list[float]:
    """End the holds that end until *at*; return when the alarm was raised by that."""
    raised = []
    while (due := alarm.due) is not None and due <= at:
        if step(alarm, fault, Stimulus.DUE, due) == "raised":
            raised.append(due)
    return raised


def _is_beyond(fault: Fault, symptom: Symptom, hours: Hours) -> bool:
    """Tell whether the worst value that was told is beyond a limit; without a limit, or a value, it is taken to be."""
    if not isinstance(fault.when, ThresholdRule) or symptom.worst is None:
        return True
    case = Case(symptom.worst, fault.when.key, standing=False, at=symptom.since, offset_s=0.0, hours=hours, past={})
    return fault.when.verdict(case)
