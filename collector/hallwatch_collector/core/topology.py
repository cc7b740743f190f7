"""What hangs on what: which device upstream explains that another cannot be reached.

``depends_on`` lists what a device needs; a list within the list is redundant and counts as down only together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hallwatch_collector.core.hall import Device


class Topology:
    """The dependencies of one hall; a directed graph without cycles (``hallwatch check`` refuses them)."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._groups: dict[str, tuple[tuple[str, ...], ...]] = {}
        for device in devices:
            groups = tuple((needed,) if isinstance(needed, str) else tuple(needed) for needed in device.depends_on)
            self._groups[device.id] = groups

    def root_cause(
        self,
        device: str,
        raised_at: Callable[[str], float | None],
        is_planned: Callable[[str], bool] = lambda _: False,
    ) -> str:
        """Return the outermost device that cuts this one off, or the empty string.

        *raised_at* tells since when a device is down by a fault that cuts off what depends on it, or None. Of a
        redundant group the one that fell last completed the cut, so the trail follows that one. What is down by plan
        (*is_planned*) explains only what nothing that failed explains.
        """
        planned = ""
        for group in self._groups.get(device, ()):
            fallen: list[tuple[bool, float, str]] = []
            for parent in group:
                root = self.root_cause(parent, raised_at, is_planned)
                moment = raised_at(root or parent)
                if moment is None:
                    break
                fallen.append((not is_planned(root or parent), moment, root or parent))
            else:
                if fallen:
                    failed, _, cause = max(fallen)
                    if failed:
                        return cause
                    planned = planned or cause
        return planned

    def ancestors(self, device: str) -> Iterator[str]:
        """Yield every device that this one needs, directly or not, each once."""
        seen, waiting = {device}, [device]
        while waiting:
            for parent in (each for group in self._groups.get(waiting.pop(), ()) for each in group):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
                    yield parent
