"""What must be true of a hall at every moment, whatever happened before: found anew from the faults that stand.

Each function looks at one promise and yields what breaks it. None asks the code that keeps the promise: what a window
can take, what calls for a sign, what moves a deadline is worked out here from the hall file and the faults alone.
"""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.model import Model
from parts.upright import incidents, notices, readiness, registers, signs, windows

CHECKS: Final = (
    *signs.CHECKS,
    *windows.CHECKS,
    *incidents.CHECKS,
    *registers.CHECKS,
    *notices.CHECKS,
    *readiness.CHECKS,
)


def problems(model: Model, now: float) -> list[str]:
    """Return everything that is wrong with a hall now."""
    return [problem for check in CHECKS for problem in check(model, now)]
