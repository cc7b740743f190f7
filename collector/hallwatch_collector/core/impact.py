"""What faults mean for the windows: which business classes each can still take.

A window offers classes; a class needs capabilities; devices give capabilities. A fault therefore takes away classes,
not always the window (clauses S5, W1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from hallwatch_collector.core.hall import BusinessClass, Device, Window
from hallwatch_collector.core.things import STANDING

Takers = Mapping[str, Collection[str]]
"""Capability that a device does not give now → the root devices whose faults take it away."""


class Blame(NamedTuple):
    """Whose fault it is that a window cannot take a class, as root devices."""

    involved: frozenset[str]
    """They take away something that the class needs and nobody else gives."""
    alone: frozenset[str]
    """Of these: it would be lost just the same if only this one were broken."""


NOBODY: Final = Blame(frozenset(), frozenset())


class Reach(NamedTuple):
    """What a window cannot take now, and what hangs on a device that nobody sees."""

    lost: dict[str, Blame]
    unknown: list[str]


class Impact:
    """The offer of one hall: who gives what to which window."""

    def __init__(
        self, windows: Iterable[Window], devices: Iterable[Device], classes: Mapping[str, BusinessClass]
    ) -> None:
        self.windows = {window.id: window for window in windows}
        self.reserves = [window.id for window in self.windows.values() if window.reserve]
        self.classes = dict(classes)
        devices = list(devices)
        self._spares = {device.spare for device in devices}
        self._devices = {device.id: device for device in devices}
        self._givers: dict[tuple[str, str], list[str]] = {}
        self._standing_in: dict[tuple[str, str], list[str]] = {}
        """The same of the spares that are in use."""
        for device in devices:
            for window in self.served_by(device):
                for capability in device.gives:
                    self._givers.setdefault((window, capability), []).append(device.id)

    def lend(self, loans: Mapping[str, str]) -> None:
        """Take in which spares stand in for which devices now: each gives what it can where that one did (H1)."""
        self._standing_in = {}
        for spare, replaced in loans.items():
            own = set(self.served_by(self._devices[spare]))
            for window in self.served_by(self._devices[replaced]):
                for capability in self._devices[spare].gives if window not in own else ():
                    self._standing_in.setdefault((window, capability), []).append(spare)

    def served_by(self, device: Device) -> list[str]:
        """Return the windows that get what the device gives: those named, else the one it stands at, else all.

        A spare gives nothing to anybody until the hall file says so, or it is lent (:meth:`lend`).
        """
        if device.serves is not None:
            return [window for window in device.serves if window in self.windows]
        if device.place in self.windows:
            return [device.place]
        return [] if device.place or device.id in self._spares else list(self.windows)

    def givers(self, window: str, capability: str) -> list[str]:
        """Return the devices that give a capability to a window, whatever their state."""
        givers = self._givers.get((window, capability), [])
        standing_in = self._standing_in.get((window, capability))
        return [*givers, *standing_in] if standing_in else givers

    def reach(self, window: str, takers: Callable[[str], Takers], is_unknown: Callable[[str], bool]) -> Reach:
        """Tell what the window lost, and through whom.

        *takers* returns what faults take from a device now, *is_unknown* whether nobody sees it. A capability is gone
        when every device that gives it lost it; one that nobody gives is not watched and counts as there. So a fault
        of a device that gives the window nothing costs it nothing.
        """
        lost, unknown = {}, []
        for name in self.windows[window].classes:
            needs = self._needs(window, name)
            blames = [self._blame(window, need, takers) for need in needs]
            if any(blame.involved for blame in blames):
                involved = frozenset().union(*(blame.involved for blame in blames))
                lost[name] = Blame(involved, frozenset().union(*(blame.alone for blame in blames)))
            elif self._is_unsure(window, name, takers, is_unknown):
                unknown.append(name)
        return Reach(lost, unknown)

    def unsure(
        self, window: str, names: Iterable[str], takers: Callable[[str], Takers], is_unknown: Callable[[str], bool]
    ) -> list[str]:
        """Return those of the classes that hang, at this window, on something that nobody sees."""
        return [name for name in names if self._is_unsure(window, name, takers, is_unknown)]

    def _needs(self, window: str, name: str) -> list[str]:
        """Return what a class needs at a window, of what anybody gives there."""
        return [need for need in (*STANDING, *self.classes[name].needs) if self.givers(window, need)]

    def _is_unsure(
        self, window: str, name: str, takers: Callable[[str], Takers], is_unknown: Callable[[str], bool]
    ) -> bool:
        return any(self._is_unknown(window, need, takers, is_unknown) for need in self._needs(window, name))

    def _blame(self, window: str, need: str, takers: Callable[[str], Takers]) -> Blame:
        """Tell who takes a capability from a window; nobody does while one device still gives it."""
        theirs = [frozenset(takers(giver).get(need, ())) for giver in self.givers(window, need)]
        if not all(theirs):
            return NOBODY
        return Blame(frozenset().union(*theirs), theirs[0].intersection(*theirs))

    def lost_through(self, device: Device, takers: Callable[[str], Takers]) -> dict[str, list[str]]:
        """Return what windows lose because this device does not give it and no other does: window → classes."""
        taken = takers(device.id)
        lost: dict[str, list[str]] = {}
        for window in self.served_by(device) if taken else ():
            gone = {need for need in taken if need in device.gives and self._blame(window, need, takers).involved}
            of_all = bool(gone.intersection(STANDING))
            offered = self.windows[window].classes
            if names := [name for name in offered if of_all or gone.intersection(self.classes[name].needs)]:
                lost[window] = names
        return lost

    def _is_unknown(
        self, window: str, need: str, takers: Callable[[str], Takers], is_unknown: Callable[[str], bool]
    ) -> bool:
        """Tell whether nobody sees any of the devices that may still give a capability."""
        return all(is_unknown(giver) for giver in self.givers(window, need) if need not in takers(giver))

    def stand_ins(
        self, window: str, lost: Iterable[str], able: Callable[[str], set[str]], sure: Callable[[str], set[str]]
    ) -> dict[str, bool]:
        """Return the other windows that can take at least one of the lost classes now, and whether that is certain.

        The certain ones come first, of these the most able. *able* returns the classes that a window takes at this
        moment as far as is known (none when it is closed), *sure* those of them that hang on nothing unseen.
        """
        wanted = set(lost)
        others = [each for each in self.windows.values() if each.id != window and able(each.id) & wanted]
        certain = {each.id: bool(sure(each.id) & wanted) for each in others}

        def rank(other: Window) -> tuple[bool, int, int]:
            return not certain[other.id], -len((sure if certain[other.id] else able)(other.id) & wanted), other.number

        return {other.id: certain[other.id] for other in sorted(others, key=rank)}

    def borrowable(self, window: str, takers: Callable[[str], Takers]) -> list[str]:
        """Return the classes that the window could be lent now: those of ``may`` of which it would lack nothing."""
        return [name for name in self.windows[window].may if not self._lacks(window, name, takers)]

    def _lacks(self, window: str, name: str, takers: Callable[[str], Takers]) -> bool:
        return any(self._blame(window, need, takers).involved for need in self._needs(window, name))
