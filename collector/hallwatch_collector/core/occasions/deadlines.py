"""Occasions that filing deadlines give (clauses O3, O4, O5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.deadlines import Proposal
from hallwatch_collector.core.filing import CLAUSE_OF, decided_for, extensions_of, lapsed_for, propose_for
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, Question
from hallwatch_collector.core.plan import Occasion


def _movable(on: Occasion) -> Finder:
    """The plan gives an extension by this occasion's clause. Another day than was decided is another proposal."""

    def occasion(question: Question) -> Cases:
        model, incident = question.model, question.incident
        proposals = propose_for(model, incident, CLAUSE_OF[on], question.now)
        lapsed = lapsed_for(model, incident, CLAUSE_OF[on], question.now)
        if lapsed or any(not _is_decided(model, each) for each in proposals):
            editions = [*map(_edition, proposals), *(f"{each.filing}:{each.old}:lapsed" for each in lapsed)]
            yield Case(incident.device, incident.began_at, edition=" ".join(editions))
            return
        for measure in question.measures:
            if model.templates[measure.template].on == on and measure.status == "confirmed":
                yield Case(measure.subject, incident.began_at, edition=measure.edition)

    return occasion


def _is_decided(model: Model, proposal: Proposal) -> bool:
    decided = decided_for(model, proposal.filing, proposal.old)
    return decided is not None and decided.new == proposal.new


def _edition(proposal: Proposal) -> str:
    return f"{proposal.filing}:{proposal.old}:{proposal.new or 'open'}"


def _extended(question: Question) -> Cases:
    extensions = extensions_of(question.model, question.incident.id, question.now)
    if extensions:
        edition = " ".join(f"{each.filing}:{each.old}:{each.new or 'open'}" for each in extensions)
        yield Case(question.incident.device, min(each.at for each in extensions), edition=edition)


FINDERS: Final[Mapping[Occasion, Finder]] = {
    "deadline-bureau": _movable("deadline-bureau"),
    "deadline-both": _movable("deadline-both"),
    "deadline-extended": _extended,
}
