"""What people tell the core to do. Each command names who says it (clauses R2, W1): the journal keeps it.

``AnyCommand`` is the registry: a new command is one struct, one word in this union, and one line in ``orders``.
"""

from __future__ import annotations

from hallwatch_collector.core.commands.command import FORBIDDEN, Command, CommandRefused, PersonName, Refusal, Words
from hallwatch_collector.core.commands.drills import DrillStep
from hallwatch_collector.core.commands.incidents import (
    Acknowledge,
    Assign,
    Estimate,
    FalseAlarm,
    HandOver,
    Merge,
    RealAlarm,
    RemindMe,
    SetLevel,
    SignReport,
    Split,
    StartRepair,
    TakeNote,
)
from hallwatch_collector.core.commands.looks import LookNow
from hallwatch_collector.core.commands.measures import Confirm, Decline, Retract, Tick
from hallwatch_collector.core.commands.readiness import ReadinessCommand
from hallwatch_collector.core.commands.registers import (
    AmendEntry,
    EnterEntry,
    ReserveNumbers,
    ReturnSheets,
    TakeEntry,
    TellTaxpayer,
    VoidEntry,
)
from hallwatch_collector.core.commands.releases import CorrectNotice, WithdrawNotice
from hallwatch_collector.core.commands.reports import ReportFault, ReportOver, ReportUnconfirmed
from hallwatch_collector.core.commands.screens import PairScreen, RevokeScreen, ScreenCommand
from hallwatch_collector.core.commands.windows import WindowCommand

AnyCommand = (
    Confirm
    | Decline
    | Tick
    | Retract
    | Acknowledge
    | Assign
    | HandOver
    | RemindMe
    | FalseAlarm
    | RealAlarm
    | StartRepair
    | Estimate
    | TakeNote
    | SignReport
    | SetLevel
    | Merge
    | Split
    | ReportFault
    | ReportUnconfirmed
    | ReportOver
    | LookNow
    | ReadinessCommand
    | WindowCommand
    | ScreenCommand
    | CorrectNotice
    | WithdrawNotice
    | ReserveNumbers
    | ReturnSheets
    | TakeEntry
    | AmendEntry
    | EnterEntry
    | TellTaxpayer
    | VoidEntry
    | DrillStep
)

__all__ = [
    "FORBIDDEN",
    "Acknowledge",
    "AmendEntry",
    "AnyCommand",
    "Assign",
    "Command",
    "CommandRefused",
    "Confirm",
    "CorrectNotice",
    "Decline",
    "DrillStep",
    "EnterEntry",
    "Estimate",
    "FalseAlarm",
    "HandOver",
    "LookNow",
    "Merge",
    "PairScreen",
    "PersonName",
    "RealAlarm",
    "Refusal",
    "RemindMe",
    "ReportFault",
    "ReportOver",
    "ReportUnconfirmed",
    "ReserveNumbers",
    "Retract",
    "ReturnSheets",
    "RevokeScreen",
    "SetLevel",
    "SignReport",
    "Split",
    "StartRepair",
    "TakeEntry",
    "TakeNote",
    "TellTaxpayer",
    "Tick",
    "VoidEntry",
    "WithdrawNotice",
    "Words",
]
