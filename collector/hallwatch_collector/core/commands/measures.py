"""Answers to what the plan asks for."""

from __future__ import annotations

from hallwatch_collector.core.commands.command import Command, MeasureId, Words
from hallwatch_collector.core.commands.releases import Wording


class Confirm(Command, tag="confirm", frozen=True, kw_only=True):
    """Say yes to a proposal (mode ``ask``)."""

    measure: MeasureId
    text: Wording = ""
    """Of a proposal that lets a public text go out: another wording; empty: the one that is proposed (R6)."""
    text_en: Wording = ""
    """The same in English. A changed text without it goes out in Chinese alone."""


class Decline(Command, tag="decline", frozen=True, kw_only=True):
    """Say no to a proposal, with a reason."""

    measure: MeasureId
    reason: Words


class Tick(Command, tag="tick", frozen=True, kw_only=True):
    """Say that a step (mode ``show``) is done."""

    measure: MeasureId


class Retract(Command, tag="retract", frozen=True, kw_only=True):
    """Take back what was answered by mistake: the question is open again."""

    measure: MeasureId
    reason: Words
