"""What people do with a public text that is out: correct it, take it back (R6)."""

from __future__ import annotations

from hallwatch_collector.core.commands import CommandRefused, CorrectNotice, WithdrawNotice
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, list_names
from hallwatch_collector.core.public_state import Release
from hallwatch_collector.core.releases import add_version, withdraw_text


def correct_notice(turn: Turn, command: CorrectNotice) -> None:
    """Let a corrected wording go out, in one wording everywhere."""
    release = _release(turn, command)
    add_version(turn, release, (tidy(command.text), tidy(command.text_en)), command.by, reason=command.reason)


def withdraw_notice(turn: Turn, command: WithdrawNotice) -> None:
    """Take a public text back."""
    withdraw_text(turn, _release(turn, command), command.by, command.reason)


def tidy(text: str) -> str:
    """Return a wording without blanks at the ends of its lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _release(turn: Turn, command: CorrectNotice | WithdrawNotice) -> Release:
    """Return a public text that is out; raise :class:`CommandRefused` when there is none, or not for this person."""
    model = turn.model
    check_right(model, command, "release")
    release = model.releases.get(command.release)
    if release is None or not release.in_force:
        out = [each.id for each in model.releases.values() if each.in_force]
        raise CommandRefused("unknown-notice", release=command.release, waiting=list_names(out))
    return release
