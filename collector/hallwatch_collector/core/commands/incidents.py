"""What people do with an incident along its life."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command, IncidentId, PersonName, ThingId, Words

Minutes = Annotated[float, Meta(gt=0, le=60 * 24 * 90, description="Minutes from now.", examples=[30])]
Digest = Annotated[
    str,
    Meta(
        extra_json_schema={
            "description": "SHA-256 of what the report says: filled in by the collector, whatever stands here.",
            "extra": {"readOnly": True},  # for the API's description
        }
    ),
]
LevelId = Annotated[str, Meta(description="A level of the plan; empty: the computed one again.", examples=["Ⅱ"])]


class Acknowledge(Command, tag="acknowledge", frozen=True, kw_only=True):
    """Take an incident on."""

    incident: IncidentId


class Assign(Command, tag="assign", frozen=True, kw_only=True):
    """Say who answers for the repair."""

    incident: IncidentId
    owner: PersonName


class HandOver(Command, tag="hand-over", frozen=True, kw_only=True):
    """Give an incident to somebody else, who is told at once."""

    incident: IncidentId
    person: Annotated[PersonName, Meta(description="Who is to have it: a person whom alerts.toml names.")]
    note: Annotated[
        str,
        Meta(
            max_length=400,
            pattern=r"^[^\x00-\x1f\x7f-\x9f]*$(?!\n)",
            description="What they are to know; without personal data of taxpayers.",
            examples=["到现场看过,要换定影器"],
        ),
    ] = ""


class RemindMe(Command, tag="remind-me", frozen=True, kw_only=True):
    """Be told of an incident again later, if it is not over by then; others are told meanwhile all the same."""

    incident: IncidentId
    in_minutes: Annotated[float, Meta(ge=1, le=24 * 60, description="Minutes from now.", examples=[30])]


class FalseAlarm(Command, tag="false-alarm", frozen=True, kw_only=True):
    """Say that an incident was a false alarm: nothing was out of order. It may be over by then; while it stands and
    nobody has acknowledged it, whoever says so has."""

    incident: IncidentId


class RealAlarm(Command, tag="real-alarm", frozen=True, kw_only=True):
    """Take back that an incident was a false alarm."""

    incident: IncidentId


class StartRepair(Command, tag="start-repair", frozen=True, kw_only=True):
    """Say that the repair has begun."""

    incident: IncidentId


class Estimate(Command, tag="estimate", frozen=True, kw_only=True):
    """Say in how many minutes from now it will be repaired (D1)."""

    incident: IncidentId
    minutes: Minutes


class TakeNote(Command, tag="note", frozen=True, kw_only=True):
    """Write something to an incident; the report repeats it."""

    incident: IncidentId
    text: Words


class SignReport(Command, tag="sign-report", frozen=True, kw_only=True):
    """Sign the report on an incident (R5); signed again after something happened, it is a new version."""

    incident: IncidentId
    digest: Digest = ""


class SetLevel(Command, tag="set-level", frozen=True, kw_only=True):
    """Set another level than the computed one (R1); the empty level goes back to the computed one."""

    incident: IncidentId
    level: LevelId
    reason: Words


class Merge(Command, tag="merge", frozen=True, kw_only=True):
    """Make two incidents one: the first goes into the second."""

    incident: IncidentId
    into: Annotated[IncidentId, Meta(examples=["inc-2"])]
    reason: Words


class Split(Command, tag="split", frozen=True, kw_only=True):
    """Take a device that was merged into an incident out again."""

    incident: IncidentId
    device: ThingId
    reason: Words
