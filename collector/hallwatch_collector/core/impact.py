"""What faults mean for the windows: which business classes each can still take.

A window offers classes; a class needs capabilities; devices give capabilities. A fault therefore takes away classes,
not always the window (clauses S5, W1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hallwatch_collector.core.hall import BusinessClass, Device, Window


class Reach(NamedTuple):
    """What a window cannot take now, and what hangs on a device that nobody sees."""

    lost: list[str]
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

    def reach(self, window: str, taken: Callable[[str], set[str]], is_unknown: Callable[[str], bool]) -> Reach:
        """Tell what the window lost.

        *taken* returns the capabilities that faults take from a device now, *is_unknown* whether nobody sees it. A
        capability is gone when every device that gives it lost it; one that nobody gives is not watched and counts as
        there.
        """
        lost, unknown = [], []
        for name in self.windows[window].classes:
            state = [self._capability(window, need, taken, is_unknown) for need in self.classes[name].needs]
            if "lost" in state:
                lost.append(name)
            elif "unknown" in state:
                unknown.append(name)
        return Reach(lost, unknown)

    def _capability(
        self, window: str, need: str, taken: Callable[[str], set[str]], is_unknown: Callable[[str], bool]
    ) -> str:
        givers = self.givers(window, need)
        left = [giver for giver in givers if need not in taken(giver)]
        if givers and not left:
            return "lost"
        return "unknown" if left and all(is_unknown(giver) for giver in left) else "there"

    def stand_ins(self, window: str, lost: Iterable[str], able: Callable[[str], set[str]]) -> list[str]:
        """Return the other windows that can take at least one of the lost classes now, the most able first.

        *able* returns the classes a window takes at this moment (none when it is closed).
        """
        wanted = set(lost)
        scored = [
            (-len(able(other) & wanted), self.windows[other].number, other) for other in self.windows if other != window
        ]
        return [other for score, _, other in sorted(scored) if score < 0]
