"""Reports by hand (R3): a fault that a person declares goes the way of every other fault."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.commands import CommandRefused, ReportFault, ReportOver, ReportUnconfirmed
from hallwatch_collector.core.events import FaultReported
from hallwatch_collector.core.flips import PERSON, declare
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import list_names
from hallwatch_collector.core.watch import DeviceWatch

REPORTED = "reported-"
"""What the ids of these faults of the catalogue begin with; the effect comes after."""
UNCONFIRMED: Final = "reported-unconfirmed"
MOST_UNCONFIRMED: Final = 10
"""So many unconfirmed reports stand in a hall at most: nobody from outside shall bury what its people report."""


def report_fault(turn: Turn, command: ReportFault) -> None:
    """Take down what a finder says; it stands until a person says that it is over, and confirms what others said."""
    watch = _thing(turn, command.thing)
    reported = FaultReported(at=turn.now, device=watch.id, effect=command.effect, text=command.text, by=command.by)
    turn.events.append(reported)
    if UNCONFIRMED in watch.alarms:
        declare(turn, watch, UNCONFIRMED, holds=False, told="", by=PERSON)
    declare(turn, watch, f"{REPORTED}{command.effect}", holds=True, told=f"{command.by}: {command.text}", by=PERSON)


def report_unconfirmed(turn: Turn, command: ReportUnconfirmed) -> None:
    """Take down what anybody says, until somebody of the hall confirms it by reporting the same, or says it is over."""
    watch = _thing(turn, command.thing)
    if any(alarm.fault.startswith(REPORTED) for alarm, _ in watch.raised()):
        raise CommandRefused("reported-already", thing=command.thing)
    standing = sum(UNCONFIRMED in each.alarms for each in turn.model.devices.values())
    if standing >= MOST_UNCONFIRMED:
        raise CommandRefused("many-unconfirmed", number=str(standing))
    effect = UNCONFIRMED.removeprefix(REPORTED)
    reported = FaultReported(at=turn.now, device=watch.id, effect=effect, text=command.text, by=command.by)
    turn.events.append(reported)
    declare(turn, watch, UNCONFIRMED, holds=True, told=f"{command.by}: {command.text}", by=PERSON)


def report_over(turn: Turn, command: ReportOver) -> None:
    """Take down that what was reported is over."""
    watch = _thing(turn, command.thing)
    faults = sorted({alarm.fault for alarm, _ in watch.raised() if alarm.fault.startswith(REPORTED)})
    if not faults:
        raise CommandRefused("nothing-reported", thing=command.thing)
    turn.events.append(FaultReported(at=turn.now, device=watch.id, effect="", text=command.text, by=command.by))
    for fault in faults:
        declare(turn, watch, fault, holds=False, told="", by=PERSON)


def _thing(turn: Turn, name: str) -> DeviceWatch:
    """Return what a report is about; a class is served or it is not, nobody needs to say so."""
    known = {watch.id: watch for watch in turn.model.devices.values() if watch.device.kind != "class"}
    if name not in known:
        raise CommandRefused("unknown-thing", thing=name, waiting=list_names(sorted(known)))
    return known[name]
