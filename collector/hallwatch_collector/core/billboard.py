"""Public texts and extended deadlines as pages and displays see them (R6, O3, O4)."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.deadlines import Proposal
from hallwatch_collector.core.filing import CLAUSE_OF, propose_for
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.releases import by_hand, name_of_notice
from hallwatch_collector.core.state import Measure
from hallwatch_collector.core.views import NoticeView


def view_notices(model: Model) -> Iterator[NoticeView]:
    """Yield the public texts that are out, or were, the last one first."""
    for release in reversed(model.releases.values()):
        yield NoticeView(
            id=release.id,
            name=name_of_notice(model, release),
            incident=release.incident,
            clause=release.clause,
            outlets=tuple(release.outlets),
            held_back=tuple(release.held_back),
            by_hand=tuple(by_hand(model, release)),
            posted=dict(release.posted),
            versions=tuple(release.versions),
            in_force=release.in_force,
            moot=release.moot if release.in_force else "",
            withdrawn_at=release.withdrawn_at,
            withdrawn_by=release.withdrawn_by,
            reason=release.reason,
        )


def proposals_of(model: Model, measure: Measure, now: float) -> list[Proposal]:
    """Return how each deadline was counted that confirming a measure would extend; none: it is about something else."""
    clause, incident = CLAUSE_OF.get(model.templates[measure.template].on), model.incidents.get(measure.incident)
    if clause is None or incident is None or measure.status != "open":
        return []
    return propose_for(model, incident, clause, now)
