"""What a reader of a page may do: every question of these pages about roles is asked here, and nowhere else.

The core asks again when a command comes; this only keeps buttons away that would be refused.
"""

from __future__ import annotations

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import EVERYTHING, Plan, Right
from hallwatch_collector.core.views import MeasureView
from hallwatch_collector.web.reader import Reader


def has_to_do_with(reader: Reader, key: HallKey) -> bool:
    """Tell whether a hall is one of the reader's."""
    return reader.signed_in and (not reader.halls or str(key) in reader.halls)


def may_act(reader: Reader, key: HallKey) -> bool:
    """Tell whether the reader may do anything at all in a hall."""
    return reader.may_act and has_to_do_with(reader, key)


def may(reader: Reader, key: HallKey, plan: Plan, right: Right) -> bool:
    """Tell whether the plan gives the reader a right in a hall."""
    return may_act(reader, key) and plan.may(reader.roles, right)


def may_answer(reader: Reader, key: HallKey, measure: MeasureView) -> bool:
    """Tell whether a measure is the reader's to answer: it is for the role that owes it, and its helpers (R2)."""
    return may_act(reader, key) and bool(reader.roles & {measure.owner, *measure.helpers, EVERYTHING})
