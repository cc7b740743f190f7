"""What faults took from the windows, and when: which losses of a hall are an incident's own. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.impact import Impact
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.things import STANDING, things_of
from hallwatch_collector.report.record import FaultTold, LossTold
from hallwatch_collector.report.spans import Span, intersect, unite

FOREVER: Final = float("inf")


class Stood(NamedTuple):
    """A fault, and when it was the incident's."""

    fault: FaultTold
    spans: list[Span]


class Harm:
    """What the faults of an incident took from each window, by the hall file in force."""

    def __init__(
        self, stood: Sequence[Stood], named: Collection[str], hall: Hall, rules: tuple[Plan, Catalogue]
    ) -> None:
        """*named*: windows that measures of the incident are about; of these it may be that the hall file has changed
        so that it cannot be told any more what the faults took."""
        self._named, self._all = named, [span for each in stood for span in each.spans]
        self._taken: dict[str, dict[str, list[Span]]] = {}
        plan, catalogue = rules
        classes = {each.id: each for each in (*plan.classes, *hall.classes)}
        equipment = {each.id: each for each in (*hall.devices, *hall.systems, *things_of(hall, classes.values()))}
        impact = Impact(hall.windows, equipment.values(), classes)
        faults = {fault.id: fault for fault in catalogue.faults}
        for told, spans in stood:
            device, fault = equipment.get(told.device), faults.get(told.fault)
            if device is None or fault is None:
                continue
            taken = fault.on(device, told.part).taken(device.gives)
            for window in impact.served_by(device) if taken else ():
                theirs = self._taken.setdefault(window, {})
                for name in impact.windows[window].classes:
                    if taken & {*STANDING, *classes[name].needs}:
                        theirs.setdefault(name, []).extend(spans)

    def own(self, losses: Iterable[LossTold]) -> Iterator[LossTold]:
        """Yield the parts of losses that are the incident's: another may have begun them, or go on with them."""
        for loss in losses:
            spans = self._spans(loss.window, loss.business)
            for part in intersect(unite([loss], FOREVER), unite(spans, FOREVER)):
                end = None if part.end == FOREVER else part.end
                yield LossTold(window=loss.window, business=loss.business, start=part.start, end=end)

    def _spans(self, window: str, business: str) -> list[Span]:
        if window in self._taken:
            return self._taken[window].get(business, [])
        return self._all if window in self._named else []
