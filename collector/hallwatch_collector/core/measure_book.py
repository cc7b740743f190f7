"""The measures of a hall, by their ids, and by the incident that each belongs to."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, ValuesView

from hallwatch_collector.core.state import Measure


class MeasureBook(MutableMapping[str, Measure]):
    """Measures by id, in the order in which they were raised; one goes to another incident by :meth:`hand` alone."""

    def __init__(self) -> None:
        self._all: dict[str, Measure] = {}
        self._by_incident: dict[str, dict[str, Measure]] = {}

    def of(self, incident: str) -> list[Measure]:
        """Return the measures of an incident (empty: of the hall itself), without looking at those of others."""
        return list(self._by_incident.get(incident, {}).values())

    def hand(self, measure: Measure, incident: str) -> None:
        """Let a measure be one of another incident."""
        self._part(measure)
        measure.incident = incident
        self._by_incident.setdefault(incident, {})[measure.id] = measure

    def values(self) -> ValuesView[Measure]:
        """Return all of them."""
        return self._all.values()

    def __getitem__(self, name: str) -> Measure:
        return self._all[name]

    def __setitem__(self, name: str, measure: Measure) -> None:
        self._all[name] = measure
        self._by_incident.setdefault(measure.incident, {})[name] = measure

    def __delitem__(self, name: str) -> None:
        self._part(self._all.pop(name))

    def _part(self, measure: Measure) -> None:
        theirs = self._by_incident[measure.incident]
        del theirs[measure.id]
        if not theirs:
            del self._by_incident[measure.incident]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
