"""Signing the report on an incident (R5): who stands for which version of it is part of the record."""

from __future__ import annotations

from hallwatch_collector.core.commands import CommandRefused, SignReport
from hallwatch_collector.core.events import ReportSigned
from hallwatch_collector.core.measures import decide_measure
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, list_names
from hallwatch_collector.core.state import Signature


def sign_report(turn: Turn, command: SignReport) -> None:
    """Note who signed which version; what the plan asks for by that is done with it.

    What says the same as before is the same version: several people may sign it, each once.
    """
    model = turn.model
    check_right(model, command, "sign-report")
    incident = model.incidents.get(command.incident)
    if incident is None:  # one that is closed may still be signed by another, while it is remembered
        raise CommandRefused("unknown-incident", incident=command.incident, waiting=list_names(model.incidents))
    last = incident.signatures[-1] if incident.signatures else None
    version = 1 if last is None else last.version + (last.digest != command.digest)
    if any((each.version, each.by) == (version, command.by) for each in incident.signatures):
        raise CommandRefused("signed-already", incident=incident.id, version=str(version))
    signature = Signature(version=version, by=command.by, at=turn.now, digest=command.digest)
    incident.signatures = [*incident.signatures, signature]
    turn.events.append(
        ReportSigned(at=turn.now, incident=incident.id, version=version, digest=command.digest, by=command.by)
    )
    for step in model.measures.values():
        asks = model.templates[step.template].ticked_by == "signing"
        if asks and step.incident == incident.id and step.status == "open":
            decide_measure(turn, step, "done", command.by)
