"""What people do with an incident along its life: take it on, estimate, note, set its level, merge, split."""

from __future__ import annotations

from hallwatch_collector.core.commands import (
    Acknowledge,
    Assign,
    CommandRefused,
    Estimate,
    Merge,
    SetLevel,
    Split,
    StartRepair,
    TakeNote,
)
from hallwatch_collector.core.commands.command import Via
from hallwatch_collector.core.events import (
    IncidentAssigned,
    IncidentMerged,
    IncidentMoved,
    IncidentSplit,
    LevelChanged,
    NoteTaken,
)
from hallwatch_collector.core.merging import merge_incidents, split_incident
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, find_incident, list_names
from hallwatch_collector.core.state import Incident, Note


def acknowledge(turn: Turn, command: Acknowledge) -> None:
    """Take an incident on: whoever does answers for it until another is named."""
    incident = find_incident(turn, command.incident, standing=True)
    if not incident.is_untaken:
        raise CommandRefused("already-taken-on", incident=incident.id, by=incident.acknowledged_by)
    note_acknowledged(turn, incident, command.by, command.via)


def note_acknowledged(turn: Turn, incident: Incident, by: str, via: Via = "") -> None:
    """Note who has taken an incident on; what was handed over is theirs then, to whomever it was offered."""
    if incident.status == "detected":
        incident.status, incident.acknowledged_at, incident.acknowledged_by = "acknowledged", turn.now, by
    else:
        incident.notes = [*incident.notes, Note(at=turn.now, by=by, text="", what="taken-over")]
    incident.owner = by if incident.offered_at is not None else incident.owner or by
    incident.offered_at = None
    turn.events.append(IncidentMoved(at=turn.now, incident=incident.id, status=incident.status, by=by, via=via))


def assign(turn: Turn, command: Assign) -> None:
    """Say who answers for the repair."""
    incident = find_incident(turn, command.incident)
    incident.owner, incident.handed_by, incident.handed_note = command.owner, "", ""
    incident.offered_at = None
    turn.events.append(IncidentAssigned(at=turn.now, incident=incident.id, owner=command.owner, by=command.by))


def start_repair(turn: Turn, command: StartRepair) -> None:
    """Say that the repair has begun; who does so has taken the incident on."""
    check_right(turn.model, command, "repair")
    incident = find_incident(turn, command.incident, standing=True)
    if incident.status == "repairing":
        raise CommandRefused("already-under-repair", incident=incident.id, owner=incident.owner)
    if incident.is_untaken:
        note_acknowledged(turn, incident, command.by)
    incident.status, incident.repairing_at = "repairing", turn.now
    turn.events.append(IncidentMoved(at=turn.now, incident=incident.id, status="repairing", by=command.by))


def estimate(turn: Turn, command: Estimate) -> None:
    """Say when it will be repaired; the measures are decided again by that."""
    check_right(turn.model, command, "repair")
    incident = find_incident(turn, command.incident, standing=True)
    incident.told_back_at, incident.told_by = turn.now + command.minutes * 60, command.by


def take_note(turn: Turn, command: TakeNote) -> None:
    """Write something to an incident."""
    incident = find_incident(turn, command.incident)
    incident.notes = [*incident.notes, Note(at=turn.now, by=command.by, text=command.text)]
    turn.events.append(NoteTaken(at=turn.now, incident=incident.id, by=command.by, text=command.text))


def set_level(turn: Turn, command: SetLevel) -> None:
    """Set another level than the computed one, or go back to that (R1)."""
    model = turn.model
    check_right(model, command, "set-level")
    incident = find_incident(turn, command.incident)
    levels = [level.id for level in model.plan.levels]
    if command.level and command.level not in levels:
        raise CommandRefused("unknown-level", level=command.level, waiting=list_names(levels))
    repeated = command.level == incident.level if incident.level_by else not command.level
    if repeated:
        raise CommandRefused("level-holds", incident=incident.id, level=incident.level)
    incident.level_by, incident.level_reason = (command.by, command.reason) if command.level else ("", "")
    incident.level = level = command.level or incident.computed_level
    changed = LevelChanged(at=turn.now, incident=incident.id, level=level, by=command.by, reason=command.reason)
    turn.events.append(changed)


def merge(turn: Turn, command: Merge) -> None:
    """Make two incidents one."""
    check_right(turn.model, command, "manage")
    incident, into = find_incident(turn, command.incident), find_incident(turn, command.into)
    if incident is into:
        raise CommandRefused("same-incident", incident=incident.id)
    merged = IncidentMerged(at=turn.now, incident=incident.id, into=into.id, by=command.by, reason=command.reason)
    turn.events.append(merged)
    merge_incidents(turn, incident, into)


def split(turn: Turn, command: Split) -> None:
    """Take a device out of an incident again."""
    check_right(turn.model, command, "manage")
    incident = find_incident(turn, command.incident)
    if command.device not in incident.roots or not incident.joined:
        raise CommandRefused("not-joined", device=command.device, waiting=list_names(incident.joined))
    parted = IncidentSplit(
        at=turn.now, incident=incident.id, device=command.device, by=command.by, reason=command.reason
    )
    turn.events.append(parted)
    split_incident(turn, incident, command.device)
