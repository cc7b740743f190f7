"""Whether what was told to the public still holds (clause R6): told by nobody but the hall's own state."""

from __future__ import annotations

from hallwatch_collector.core.filing import extensions_of
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.public_events import NoticeOutdated
from hallwatch_collector.core.public_state import Moot, Release
from hallwatch_collector.core.releases import withdraw_text
from hallwatch_collector.core.values import AUTOMATIC


def follow_releases(turn: Turn) -> None:
    """Note which public texts no longer hold; where the plan asks nobody, one whose cause is gone goes by itself."""
    model = turn.model
    asked = any(template.on == "notice-left" for template in model.plan.measures)
    for release in model.releases.values():
        moot = _why_moot(model, release, turn.at) if release.in_force else release.moot
        if moot == release.moot:
            continue
        release.moot, release.moot_at = moot, turn.at if moot else None
        if moot:
            version = release.current.number
            outdated = NoticeOutdated(
                at=turn.at, release=release.id, incident=release.incident, version=version, because=moot
            )
            turn.events.append(outdated)
        if moot == "cause-gone" and not asked:
            withdraw_text(turn, release, AUTOMATIC)


def _why_moot(model: Model, release: Release, now: float) -> Moot:
    """Tell why a public text no longer holds: its proposal is owed no longer, or would be worded otherwise now."""
    proposal = model.measures.get(release.measure)
    template = model.templates.get(release.template)
    if template is not None and template.on == "deadline-extended" and extensions_of(model, release.incident, now):
        pass  # an extension outlives its incident
    elif proposal is None or proposal.status in ("over", "undone"):
        return "cause-gone"
    changed = proposal is not None and proposal.status == "confirmed" and proposal.basis != release.current.basis
    return "facts-changed" if changed else ""
