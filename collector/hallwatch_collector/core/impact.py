"""What faults mean for the windows: which business classes each can still take.

A window offers classes; a class needs capabilities; devices give capabilities. A fault therefore takes away classes,
not always the window (clauses S5, W1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from hallwatch_collector.core.hall import BusinessClass, Device, Window

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
        self.classes = dict(classes)
        devices = list(devices)
        self._spares = {device.spare for device in devices}
        self._givers: dict[tuple[str, str], list[str]] = {}
        for device in devices:
            for window in self.served_by(device):
                for capability in device.gives:
                    self._givers.setdefault((window, capability), []).append(device.id)

    def served_by(self, device: Device) -> list[str]:
        """Return the windows that get what the device gives: those named, else the one it stands at, else all.

        A spare gives nothing to anybody until the hall file says so.
        """
        if device.serves is not None:
            return [window for window in device.serves if window in self.windows]
        if device.place in self.windows:
            return [device.place]
        return [] if device.place or device.id in self._spares else list(self.windows)

    def givers(self, window: str, capability: str) -> list[str]:
        """Return the devices that give a capability to a window, whatever their state."""
        return self._givers.get((window, capability), [])

    def reach(self, window: str, takers: Callable[[str], Takers], is_unknown: Callable[[str], bool]) -> Reach:
        """Tell what the window lost, and through whom.

        *takers* returns what faults take from a device now, *is_unknown* whether nobody sees it. A capability is gone
        when every device that gives it lost it; one that nobody gives is not watched and counts as there. So a fault
        of a device that gives the window nothing costs it nothing.
        """
        lost, unknown = {}, []
        for name in self.windows[window].classes:
            needs = [need for need in self.classes[name].needs if self.givers(window, need)]
            blames = [self._blame(window, need, takers) for need in needs]
            if any(blame.involved for blame in blames):
                involved = frozenset().union(*(blame.involved for blame in blames))
                lost[name] = Blame(involved, frozenset().union(*(blame.alone for blame in blames)))
            elif any(self._is_unknown(window, need, takers, is_unknown) for need in needs):
                unknown.append(name)
        return Reach(lost, unknown)

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
            if names := [name for name in self.windows[window].classes if gone.intersection(self.classes[name].needs)]:
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
