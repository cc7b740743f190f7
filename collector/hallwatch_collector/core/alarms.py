"""The alarm table: how verdicts and time move one alarm, and which of its moves are flips.

An alarm is one fault on one device (or part of it). Readings give verdicts: the fault holds, does not, or nobody can
tell. Holds keep short glitches out at both ends. Silence is no verdict: an alarm that nobody can see neither raises nor
clears. While another fault of the device brings this one along, it is no news: its hold runs all the same, and at its
end the alarm is held back until the other one is gone.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.state import Alarm, Phase

Flip = Literal["raised", "cleared"]


class Stimulus(Enum):
    """What can happen to an alarm."""

    HOLDS = "holds"
    GONE = "gone"
    UNSEEN = "unseen"
    DUE = "due"  # the running hold ended
    HELD = "held"  # it ended while another fault brings this one along
    FREED = "freed"  # no other fault brings it along any more


TABLE: Final[dict[tuple[Phase, Stimulus], Phase]] = {
    ("clear", Stimulus.HOLDS): "rising",
    ("clear", Stimulus.GONE): "clear",
    ("clear", Stimulus.UNSEEN): "clear",
    ("clear", Stimulus.DUE): "clear",
    ("clear", Stimulus.HELD): "clear",
    ("clear", Stimulus.FREED): "clear",
    ("rising", Stimulus.HOLDS): "rising",
    ("rising", Stimulus.GONE): "clear",
    ("rising", Stimulus.UNSEEN): "clear",  # what nobody sees any more is not raised
    ("rising", Stimulus.DUE): "raised",
    ("rising", Stimulus.HELD): "held",
    ("rising", Stimulus.FREED): "rising",  # its hold runs on
    ("held", Stimulus.HOLDS): "held",
    ("held", Stimulus.GONE): "clear",
    ("held", Stimulus.UNSEEN): "clear",
    ("held", Stimulus.DUE): "held",
    ("held", Stimulus.HELD): "held",
    ("held", Stimulus.FREED): "raised",
    ("raised", Stimulus.HOLDS): "raised",
    ("raised", Stimulus.GONE): "falling",
    ("raised", Stimulus.UNSEEN): "raised",
    ("raised", Stimulus.DUE): "raised",
    ("raised", Stimulus.HELD): "raised",  # what stood before stands on
    ("raised", Stimulus.FREED): "raised",
    ("falling", Stimulus.HOLDS): "raised",
    ("falling", Stimulus.GONE): "falling",
    ("falling", Stimulus.UNSEEN): "raised",  # and not cleared either
    ("falling", Stimulus.DUE): "clear",
    ("falling", Stimulus.HELD): "clear",
    ("falling", Stimulus.FREED): "falling",
}

MOST_STRETCHES: Final = 24
"""Kept of one alarm; what comes after is one with the last: it then looks longer, never shorter, than it was."""
ENDS: Final = (Stimulus.DUE, Stimulus.HELD)
"""What the end of a hold can come to."""


def step(alarm: Alarm, fault: Fault, stimulus: Stimulus, at: float) -> Flip | None:
    """Move the alarm by one stimulus at the moment *at*; return the flip if it was one.

    The flip's own moment is *at*: a hold ends at its due moment, however late that is noticed.
    """
    before = alarm.phase
    after = TABLE[before, stimulus]
    if before == after:
        if after == "clear":
            alarm.due = None if stimulus in ENDS else alarm.due
        return None
    alarm.phase = after
    alarm.due = None
    if after == "rising":
        alarm.since = alarm.stretch_from = at
        alarm.stretches = []
        alarm.due = at + fault.hold_s
    elif after == "falling":
        _end_stretch(alarm, at)
        alarm.due = at + (fault.flap_hold_s if alarm.flapping else fault.clear_hold_s)
    elif after == "held":
        alarm.held_at = at
    elif after == "raised" and before in ("rising", "held"):
        alarm.raised_at = at
        _note_raise(alarm, fault, at)
        return "raised"
    elif after == "raised":
        alarm.stretch_from = at
    elif after == "clear":
        return _clear(alarm, fault, at, flipped=before == "falling")
    return None


def _end_stretch(alarm: Alarm, at: float) -> None:
    """Note for how long it held; a stretch that was taken for ended, and was not, goes on."""
    start = max(alarm.stretch_from, alarm.since)
    ended = [each for each in alarm.stretches if each[0] < start]
    if len(ended) < MOST_STRETCHES:
        alarm.stretches = [*ended, (start, at)]
    else:
        alarm.stretches = [*ended[:-1], (ended[-1][0], at)]


def _note_raise(alarm: Alarm, fault: Fault, at: float) -> None:
    alarm.flips = [moment for moment in alarm.flips if moment > at - fault.flap_window_s] + [at]
    alarm.flapping = len(alarm.flips) >= fault.flap_count


def _clear(alarm: Alarm, fault: Fault, at: float, *, flipped: bool) -> Flip | None:
    alarm.flapping = False
    alarm.awaiting = alarm.planned = False
    alarm.counts_from = 0.0
    alarm.settle_until = None
    alarm.cause = ""
    alarm.held_at = None
    alarm.flips = [moment for moment in alarm.flips if moment > at - fault.flap_window_s]
    if alarm.flips:
        alarm.due = alarm.flips[-1] + fault.flap_window_s  # then its past is forgotten
    return "cleared" if flipped else None


def is_forgotten(alarm: Alarm) -> bool:
    """Tell whether nothing of the alarm needs to be remembered."""
    return alarm.phase == "clear" and alarm.due is None


def is_raised(alarm: Alarm) -> bool:
    """Tell whether the fault stands: raised, or on its way out but not yet."""
    return alarm.phase in ("raised", "falling")


def resume(alarm: Alarm) -> None:
    """Put an alarm that was written out back to work: the time away proves nothing, so running holds are void."""
    if alarm.phase in ("rising", "held"):
        alarm.phase, alarm.due, alarm.held_at = "clear", None, None
    elif alarm.phase == "falling":
        alarm.phase, alarm.due = "raised", None
