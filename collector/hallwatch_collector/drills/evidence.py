"""What the record of a drill tells so far. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.events import AnyEvent, SignPosted
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.things import WINDOW
from hallwatch_collector.report.record import IncidentTold, MeasureTold, Record, SignTold

OVER: Final = frozenset({"recovered", "closed"})


def displays_of(hall: Hall) -> frozenset[str]:
    """Return the places of a hall whose signs a connected display shows."""
    windows = {each.id for each in hall.windows if each.shows_signs}
    return frozenset(windows | {each.id for each in hall.devices if each.shows_signs})


class Evidence:
    """What the record of a drill tells so far."""

    def __init__(self, events: Iterable[AnyEvent] = (), displays: Collection[str] = ()) -> None:
        """*displays*: the places whose signs a connected display shows."""
        self.record = Record()
        self._displays = displays
        self._posted: list[SignPosted] = []
        self._began: dict[str, float] = {}
        self.stopped_by: str | None = None
        """Who ended the drill before its time; None: nobody did."""
        for event in events:
            self.take(event)

    def take(self, event: AnyEvent) -> None:
        """Take in the next event of the twin's record."""
        self.record.take(event)
        if isinstance(event, DrillStepped) and event.act == "start":
            self._began.setdefault("", event.at)
            self._began.setdefault(event.group, event.at)
        elif isinstance(event, DrillStepped) and event.act == "stop" and self.stopped_by is None:
            self.stopped_by = event.by
        elif isinstance(event, SignPosted) and event.text:
            self._posted.append(event)

    def began_at(self, group: str = "") -> float | None:
        """Return when trouble first came to a group, or to any; None: it has not."""
        return self._began.get(group)

    def incidents(self) -> list[IncidentTold]:
        """Return the incidents, oldest first."""
        return list(self.record.incidents.values())

    def measures(self, mode: str, clauses: Iterable[str] = ()) -> list[MeasureTold]:
        """Return the measures of this mode and, if any are named, these clauses."""
        wanted = set(clauses)
        return [each for each in self.record.measures if each.mode == mode and (not wanted or each.clause in wanted)]

    def asked(self, clauses: Iterable[str]) -> bool:
        """Tell whether the plan asked for one of these."""
        wanted = set(clauses)
        return any(measure.clause in wanted for measure in self.record.measures)

    def shown(self, sign: SignTold) -> bool:
        """Tell whether a connected display shows a sign; elsewhere it is only due until somebody posts it."""
        return sign.sign.place in self._displays

    def posted(self, sign: SignTold) -> Iterator[tuple[float, str]]:
        """Yield when, and by whom, a printed sign was posted that was due."""
        for each in self._posted:
            place, text = each.place.removeprefix(WINDOW), each.text
            if (place, text) == (sign.sign.place, sign.sign.text) and sign.holds(each.at):
                yield each.at, each.by

    @property
    def stands(self) -> bool:
        """Whether the cause of some incident is still there."""
        return any(incident.status not in OVER for incident in self.incidents())
