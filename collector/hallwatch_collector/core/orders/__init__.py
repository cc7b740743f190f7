"""What people's commands do. A new command is one struct in ``commands``, one function here, one line in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders import (
    drills,
    handing,
    incidents,
    judging,
    looks,
    measures,
    readiness,
    registers,
    releases,
    reports,
    screens,
    signing,
    windows,
)

HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    commands.Confirm: measures.confirm,
    commands.Decline: measures.decline,
    commands.Tick: measures.tick,
    commands.Retract: measures.retract,
    commands.Acknowledge: incidents.acknowledge,
    commands.Assign: incidents.assign,
    commands.HandOver: handing.hand_over,
    commands.RemindMe: handing.remind_me,
    commands.FalseAlarm: judging.say_false,
    commands.RealAlarm: judging.say_real,
    commands.StartRepair: incidents.start_repair,
    commands.Estimate: incidents.estimate,
    commands.TakeNote: incidents.take_note,
    commands.SignReport: signing.sign_report,
    commands.SetLevel: incidents.set_level,
    commands.Merge: incidents.merge,
    commands.Split: incidents.split,
    commands.ReportFault: reports.report_fault,
    commands.ReportUnconfirmed: reports.report_unconfirmed,
    commands.ReportOver: reports.report_over,
    commands.LookNow: looks.look_now,
    **readiness.HANDLERS,
    **windows.HANDLERS,
    **screens.HANDLERS,
    commands.CorrectNotice: releases.correct_notice,
    commands.WithdrawNotice: releases.withdraw_notice,
    commands.ReserveNumbers: registers.reserve,
    commands.ReturnSheets: registers.return_sheets,
    commands.TakeEntry: registers.take_entry,
    commands.AmendEntry: registers.amend_entry,
    commands.EnterEntry: registers.enter_entry,
    commands.TellTaxpayer: registers.tell_taxpayer,
    commands.VoidEntry: registers.void_entry,
    commands.DrillStep: drills.note_step,
}


def obey(turn: Turn, command: AnyCommand) -> None:
    """Carry out a command.

    Raises :class:`~hallwatch_collector.core.commands.CommandRefused` when its question is not, or no longer, open, or
    is not this person's to answer; then nothing has changed.
    """
    HANDLERS[type(command)](turn, command)
