"""Checks (D4) that let an incident close just now: whoever pressed by mistake can take them back (F3)."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.incidents import closed_by_check
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.views import CheckView


def view_checks(model: Model, now: float) -> Iterator[CheckView]:
    """Yield those that are not longer ago than an incident may be reopened."""
    for measure in model.measures.values():
        if measure.status != "over" or measure.decided_at is None or not measure.decided_by:
            continue
        if now - measure.decided_at <= model.plan.reopen_within_s and closed_by_check(model, measure) is not None:
            yield CheckView(
                measure=measure.id, subject=measure.subject, owner=measure.owner, text=measure.text,
                text_en=measure.text_en, by=measure.decided_by, at=measure.decided_at,
            )  # fmt: skip
