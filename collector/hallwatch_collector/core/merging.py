"""Two incidents that a person makes one, and one that a person parts again: then both are what they were before."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hallwatch_collector.core.events import MERGED_INTO, MERGED_WITH, PARTED_FROM, IncidentMoved, LevelChanged
from hallwatch_collector.core.handing import follow_first, hand_public, part_public
from hallwatch_collector.core.incidents import close_incident, follow_incidents, raise_level, revive_answers
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.registers import hand_over
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import Incident

OF_REPAIR: Final = (
    "status", "began_at", "repairing_at", "recovered_at", "resumed_at", "told_back_at", "told_by", "back_at",
    "estimated_at", "earliest_at", "latest_at", "estimate_source", "estimated_for", "was_back_at", "slipped_at",
    "announced_at", "was_announced_at", "ended_by",
)  # fmt: skip
"""What an incident that recovered takes over from one that stands and becomes part of it."""
OF_TAKING: Final = ("acknowledged_at", "acknowledged_by", "owner", "handed_by", "handed_note", "offered_at")
OF_LEVEL: Final = ("level", "computed_level", "level_steps")


def merge_incidents(turn: Turn, incident: Incident, into: Incident) -> None:
    """Make one incident part of another, which stands if either does; what it still asks for is asked there."""
    model = turn.model
    into.before = {**into.before, incident.id: structs.replace(into, before={}, registers={})}
    incident.merged_as = incident.status
    if incident.stands and not into.stands:
        _copy(incident, into, OF_REPAIR)
        if into.acknowledged_at is None or into.offered_at is not None:
            _copy(incident, into, OF_TAKING)
        elif into.status == "detected":
            into.status = "acknowledged"
        moved = IncidentMoved(at=turn.at, incident=into.id, status=into.status, by=f"{MERGED_WITH}{incident.id}")
        turn.events.append(moved)
    done = [check.subject for check in model.checks(incident.id) if check.status == "done"]
    into.checked = sorted({*into.checked, *({*incident.checked, *done} - set(into.windows))})
    into.joined = [*into.joined, *incident.roots]
    into.windows = sorted({*into.windows, *incident.windows})
    into.faults = sorted({*into.faults, *incident.faults})
    into.notes = sorted([*into.notes, *incident.notes], key=lambda note: note.at)
    hand_over(incident, into)
    hand_public(turn, incident, into)
    incident.moved = _moved_for(model, incident)
    model.hand_windows(incident.id, into.id)
    model.hand_posted(incident.id, into.id)
    for step in incident.level_steps[-1:]:  # the highest
        raise_level(turn, into, structs.replace(step, at=turn.at))
    close_incident(turn, incident, f"{MERGED_INTO}{into.id}")


def split_incident(turn: Turn, incident: Incident, device: str) -> None:
    """Take a root device out of an incident; a fault that it has becomes an incident of its own at once.

    If it came by merging, that is undone: the incident that it had goes on, and this one is what it was before, as far
    as nothing happened to it since.
    """
    model, first = turn.model, incident.device
    left = [root for root in incident.roots if root != device]
    incident.device, incident.joined = left[0], left[1:]
    merged = _merged_for(model, incident, device)
    if merged is not None:
        _part(turn, incident, merged)
    if incident.device != first:
        follow_first(turn, incident, first)
    follow_incidents(turn)
    parted = model.live_incident(device)
    if parted is not None:
        part_public(turn, incident, parted, device)


def _merged_for(model: Model, incident: Incident, device: str) -> Incident | None:
    """Return the incident that was made part of another one with this device alone, if it is still remembered."""
    merged = (model.incidents.get(name) for name in incident.before)
    return next((each for each in merged if each is not None and each.merged_as and each.roots == [device]), None)


def _part(turn: Turn, incident: Incident, merged: Incident) -> None:
    model, before = turn.model, incident.before[merged.id]
    is_last = next(reversed(incident.before)) == merged.id
    incident.before = {name: each for name, each in incident.before.items() if name != merged.id}
    came = set(merged.windows) - set(before.windows)
    incident.windows = [window for window in incident.windows if window not in came]
    merged.checked = sorted({*merged.checked, *(came & set(incident.checked))})
    incident.checked = [window for window in incident.checked if window not in came]
    incident.faults = sorted(set(incident.faults) - (set(merged.faults) - set(before.faults)))
    incident.notes = [note for note in incident.notes if note not in merged.notes or note in before.notes]
    stood_alone = not any(map(root_faults, model.watches(incident)))
    goes_back = is_last and not before.stands and stood_alone
    if goes_back and merged.merged_as != "recovered":
        _copy(incident, merged, OF_REPAIR)
        merged.merged_as = incident.status
    if goes_back:
        _be_as_before(turn, incident, before, merged)
    _go_on(turn, merged, incident)


def _go_on(turn: Turn, merged: Incident, after: Incident) -> None:
    """Let an incident that was made part of another one go on by itself."""
    merged.status, merged.merged_as, merged.closed_at = merged.merged_as or "detected", "", None
    revive_answers(turn.model, merged)
    _hand_back(turn.model, merged, after)
    moved = IncidentMoved(at=turn.at, incident=merged.id, status=merged.status, by=f"{PARTED_FROM}{after.id}")
    turn.events.append(moved)


def _be_as_before(turn: Turn, incident: Incident, before: Incident, merged: Incident) -> None:
    """Let an incident that had recovered be what it was when another one became part of it."""
    stood = incident.stands
    _copy(before, incident, OF_REPAIR)
    if incident.acknowledged_at == merged.acknowledged_at:
        _copy(before, incident, OF_TAKING)
    revive_answers(turn.model, incident)
    if stood:
        moved = IncidentMoved(at=turn.at, incident=incident.id, status=before.status, by=f"{PARTED_FROM}{merged.id}")
        turn.events.append(moved)
    if incident.level_by != before.level_by:
        return  # a person said since what it is
    level = incident.level
    _copy(before, incident, OF_LEVEL)
    if incident.level != level:
        turn.events.append(LevelChanged(at=turn.at, incident=incident.id, level=incident.level))


def _moved_for(model: Model, incident: Incident) -> list[str]:
    """Return the windows that were closed or opened for an incident, and as ``window/class`` what was lent for it."""
    owners = (model.closed_windows, model.opened)
    moved = {window for owned in owners for window, owner in owned.items() if owner == incident.id}
    lent = ((window, name, owner) for window, names in model.lent.items() for name, owner in names.items())
    return sorted(moved | {f"{window}/{name}" for window, name, owner in lent if owner == incident.id})


def _hand_back(model: Model, merged: Incident, after: Incident) -> None:
    """Let what was done with windows for a merged incident be its own again."""
    for moved in merged.moved:
        window, _, business = moved.partition("/")
        for owners in [model.lent.get(window, {})] if business else [model.closed_windows, model.opened]:
            name = business or window
            if owners.get(name) == after.id:
                owners[name] = merged.id
    merged.moved = []


def _copy(one: Incident, other: Incident, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(other, name, getattr(one, name))
