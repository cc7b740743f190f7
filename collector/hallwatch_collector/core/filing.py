"""The filing deadlines of a hall while the online bureau is down (clauses O2 to O4): the clerk, fed from the model.

What counts is that taxpayers everywhere cannot use a system. When only this hall cannot reach it, because its own
uplink is cut, the system works for all others and moves no deadline.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, get_args

from hallwatch_collector.core.deadlines import Outage, Proposal, Service
from hallwatch_collector.core.extension_words import Clause
from hallwatch_collector.core.hall import Filing
from hallwatch_collector.core.hours import DAY_S
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.public_events import DeadlineExtended, ExtensionWithdrawn
from hallwatch_collector.core.public_state import Extension, ServiceOutage
from hallwatch_collector.core.state import Incident, Measure
from hallwatch_collector.core.views import DeadlineView

SERVICES: Final[tuple[Service, ...]] = get_args(Service)
KEEP_S: Final = 40 * DAY_S
"""A filing period lasts a month; what was down longer ago counts for no deadline that is still to come."""
CLAUSE_OF: Final[dict[str, Clause]] = {"deadline-bureau": "O3", "deadline-both": "O4"}
"""Occasion of the plan → the clause by which the clerk counts."""


def follow_outages(turn: Turn) -> None:
    """Note since when and until when the online bureau and the core system are down, in halls that have deadlines."""
    model = turn.model
    if not model.hall.filing:
        return
    for service in SERVICES:
        roots = roots_of(model, service)
        standing = next((each for each in model.outages if each.service == service and each.end is None), None)
        if roots and standing is None:
            standing = ServiceOutage(service=service, start=_down_since(model, service, turn.at))
            model.outages.append(standing)
        if standing is not None and not roots:
            standing.end = turn.at
        elif standing is not None:
            standing.incident = _oldest(model, roots) or standing.incident
    model.outages = [each for each in model.outages if each.end is None or each.end > turn.at - KEEP_S]
    if model.outages:
        for moment in model.clerk.turning_points(_filings(model), outages_of(model), turn.at):
            model.set_step(moment)


def outages_of(model: Model) -> list[Outage]:
    """Return the outages as the clerk wants them, with the time at which each is expected to be over."""
    return [
        Outage(service=each.service, start=each.start, end=each.end, expected_end=_expected_end(model, each))
        for each in model.outages
    ]


def near_filings(model: Model, now: float) -> list[tuple[str, dt.date]]:
    """Return the filing periods whose last day is near: the extended one, where it was extended."""
    moved = {(each.filing, each.old) for each in model.extensions if each.new is not None}
    return [each for each in model.clerk.near_filings(_filings(model), now) if each not in moved]


def view_deadlines(model: Model, now: float) -> list[DeadlineView]:
    """Return of each kind of filing the next last day, or the one that was extended until now, the nearest first."""
    today = model.hours.day_of(now)
    near = set(model.clerk.near_filings(_filings(model), now))
    kept = [(each.filing, each.old) for each in model.extensions if each.new is None or each.new >= today]
    found: dict[str, DeadlineView] = {}
    for filing, day in sorted({*model.clerk.coming(model.hall.filing, today), *kept}, key=lambda each: each[1]):
        if filing not in found:
            found[filing] = DeadlineView(
                filing=filing, last_day=day, days_left=(day - today).days, near=(filing, day) in near,
                extension=decided_for(model, filing, day),
            )  # fmt: skip
    return list(found.values())


def propose_for(model: Model, incident: Incident, clause: Clause, now: float) -> list[Proposal]:
    """Return the extensions that the plan gives by a clause because of an incident, the nearest deadline first.

    What is over already, or was decided because of another incident and would come out the same, is not among them.
    """
    if not any(each.incident == incident.id for each in model.outages if each.service == "online-bureau"):
        return []
    today = model.hours.day_of(now)
    found = []
    for proposal in model.clerk.propose(model.hall.filing, outages_of(model), now):
        decided = decided_for(model, proposal.filing, proposal.old)
        same = decided is not None and decided.incident != incident.id and decided.new == proposal.new
        if proposal.clause == clause and proposal.not_before >= today and not same:
            found.append(proposal)
    return found


def lapsed_for(model: Model, incident: Incident, clause: Clause, now: float) -> list[Extension]:
    """Return what was extended to a day not known yet, and needs no extension: the service was back in time."""
    decided = [each for each in extensions_of(model, incident.id, now) if each.new is None and each.clause == clause]
    if not decided or any(each.service == "online-bureau" and each.end is None for each in model.outages):
        return []
    moved = {(each.filing, each.old) for each in model.clerk.propose(model.hall.filing, outages_of(model), now)}
    return [each for each in decided if (each.filing, each.old) not in moved]


def decided_for(model: Model, filing: str, old: dt.date) -> Extension | None:
    """Return what was decided last about a deadline; None: it is as announced."""
    return next((each for each in reversed(model.extensions) if (each.filing, each.old) == (filing, old)), None)


def extensions_of(model: Model, incident: str, now: float) -> list[Extension]:
    """Return the extensions in force because of an incident whose new day is not over."""
    if not model.extensions:
        return []
    today = model.hours.day_of(now)
    last = {(each.filing, each.old): each for each in model.extensions}
    return [
        each for each in last.values() if each.incident == incident and (each.new is None or each.new >= today)
    ]  # fmt: skip


def extend_deadlines(turn: Turn, measure: Measure, by: str) -> None:
    """Take the deadlines that a confirmed proposal names."""
    model = turn.model
    incident = model.incidents[measure.incident]
    clause = CLAUSE_OF[model.templates[measure.template].on]
    for proposal in propose_for(model, incident, clause, turn.at):
        before = decided_for(model, proposal.filing, proposal.old)
        extension = Extension(
            filing=proposal.filing, clause=clause, old=proposal.old, new=proposal.new, not_before=proposal.not_before,
            surety=proposal.surety, incident=incident.id, measure=measure.id, by=by, at=turn.at,
        )  # fmt: skip
        model.extensions = [*model.extensions, extension]
        turn.events.append(_extended(turn, extension, proposal, before))
    for lapsed in lapsed_for(model, incident, clause, turn.at):
        gone = [each for each in model.extensions if (each.filing, each.old) == (lapsed.filing, lapsed.old)]
        model.extensions = [each for each in model.extensions if each not in gone]
        turn.events.append(_withdrawn(turn, lapsed, by))


def withdraw_extensions(turn: Turn, measure: Measure, by: str) -> None:
    """Take back what confirming a proposal by mistake extended; what had been decided before it counts again."""
    model = turn.model
    at = max((each.at for each in model.extensions if each.measure == measure.id), default=None)
    taken = [each for each in model.extensions if each.measure == measure.id and each.at == at]
    model.extensions = [each for each in model.extensions if each not in taken]
    turn.events.extend(_withdrawn(turn, each, by) for each in taken)


def _withdrawn(turn: Turn, extension: Extension, by: str) -> ExtensionWithdrawn:
    return ExtensionWithdrawn(
        at=turn.at, incident=extension.incident, filing=extension.filing, old=extension.old, by=by
    )


def _extended(turn: Turn, extension: Extension, proposal: Proposal, before: Extension | None) -> DeadlineExtended:
    return DeadlineExtended(
        at=turn.at, incident=extension.incident, measure=extension.measure, filing=extension.filing,
        clause=extension.clause, old=extension.old, new=extension.new, not_before=extension.not_before,
        surety=extension.surety, hangs_on=proposal.hangs_on, rule=proposal.rule, steps=proposal.steps,
        calendar=proposal.calendar, days=proposal.days, assumption=proposal.assumption,
        was=before.new if before else None, by=extension.by,
    )  # fmt: skip


def _filings(model: Model) -> list[Filing]:
    """Return the periods with the last days that were announced, and with those to which they were extended."""
    moved: dict[str, list[dt.date]] = {}
    for each in model.extensions:
        if each.new is not None:
            moved.setdefault(each.filing, []).append(each.new)
    extended = [Filing(name=name, last_days=days) for name, days in moved.items()]
    return [*model.hall.filing, *extended]


def roots_of(model: Model, service: str) -> frozenset[str]:
    """Return the root devices by which nobody anywhere has a service; none: it is there, or only this hall lacks it."""
    roots = (model.devices[root].device for root in model.services.get(service, ()))
    return frozenset(root.id for root in roots if root.reaches == "county")


def _down_since(model: Model, service: str, now: float) -> float:
    """Return the first symptom of the outage: of the system that was the last to go, where several give the service."""
    firsts = []
    for watch in model.devices.values():
        if watch.device.kind == "system" and service in watch.device.gives:
            faults = [alarm for alarm, fault in watch.raised() if service in fault.taken(watch.device.gives)]
            firsts += [min(alarm.since for alarm in faults)] if faults else []
    return max(firsts, default=now)


def _oldest(model: Model, roots: frozenset[str]) -> str:
    parts = [each for each in model.incidents.values() if each.stands and roots.intersection(each.roots)]
    return min(parts, key=lambda each: (each.began_at, each.id)).id if parts else ""


def _expected_end(model: Model, outage: ServiceOutage) -> float | None:
    """Return when a service is expected back: when the last of the incidents that take it is; None: nobody can say."""
    if outage.end is not None:
        return None
    roots = roots_of(model, outage.service)
    ends = [each.back_at for each in model.incidents.values() if each.stands and roots.intersection(each.roots)]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
