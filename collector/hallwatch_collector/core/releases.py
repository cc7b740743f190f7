"""Public texts that are out, in one wording everywhere (clause R6): released, corrected, withdrawn, by name."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan.notices import BEYOND, LASTING
from hallwatch_collector.core.public_events import NoticePosted, NoticeReleased, NoticeWithdrawn
from hallwatch_collector.core.public_state import NoticeVersion, Release
from hallwatch_collector.core.state import Measure

DISPLAY = "hall-display"
REMEMBERED = 50
"""Public texts that were withdrawn, kept in memory at most; the journal keeps all."""


def release_text(turn: Turn, measure: Measure, by: str) -> None:
    """Let the text of a confirmed proposal go out; one that was out before gets its next version."""
    model = turn.model
    template = model.templates[measure.template]
    notice = model.notices[template.notice or ""]
    release = next((each for each in model.releases.values() if each.measure == measure.id), None)
    if release is None:
        kept_in = model.hall.is_played
        release = Release(
            id=f"n-{model.next_number()}", notice=notice.id, measure=measure.id, template=template.id,
            incident=measure.incident, subject=measure.subject, clause=measure.clause,
            outlets=[outlet for outlet in notice.outlets if not (kept_in and outlet in BEYOND)],
            held_back=[outlet for outlet in notice.outlets if kept_in and outlet in BEYOND],
        )  # fmt: skip
        model.releases[release.id] = release
        _forget(model)
    add_version(turn, release, (measure.draft, measure.draft_en), by, basis=measure.basis)


def add_version(
    turn: Turn, release: Release, text: tuple[str, str], by: str, *, basis: str | None = None, reason: str = ""
) -> None:
    """Let a wording go out, in Chinese and in English; *basis* is what it hangs on, left out: what holds now."""
    if basis is None:
        proposal = turn.model.measures.get(release.measure)
        basis = proposal.basis if proposal else release.current.basis
    number = len(release.versions) + 1
    version = NoticeVersion(number=number, text=text[0], text_en=text[1], by=by, at=turn.now, basis=basis)
    release.versions = [*release.versions, version]
    release.withdrawn_at, release.withdrawn_by, release.reason = None, "", ""
    release.moot, release.moot_at = "", None
    released = NoticeReleased(
        at=turn.at, release=release.id, incident=release.incident, measure=release.measure, notice=release.notice,
        name=name_of_notice(turn.model, release), clause=release.clause, version=number, text=version.text,
        text_en=version.text_en, outlets=release.outlets, held_back=release.held_back, by=by, reason=reason,
    )  # fmt: skip
    turn.events.append(released)


def withdraw_text(turn: Turn, release: Release, by: str, reason: str = "") -> None:
    """Take a public text back; one that is not out stays as it is."""
    if release.in_force:
        release.withdrawn_at, release.withdrawn_by, release.reason = turn.now, by, reason
        withdrawn = NoticeWithdrawn(
            at=turn.at, release=release.id, incident=release.incident, version=release.current.number, by=by,
            reason=reason,
        )  # fmt: skip
        turn.events.append(withdrawn)


def withdraw_of(turn: Turn, measure: Measure, by: str) -> None:
    """Take back what confirming a proposal by mistake let go out."""
    for release in turn.model.releases.values():
        if release.measure == measure.id:
            withdraw_text(turn, release, by)


def correct_it(turn: Turn, measure: Measure, by: str) -> None:
    """Let the corrected wording that a confirmed proposal names go out."""
    add_version(turn, turn.model.releases[measure.subject], (measure.draft, measure.draft_en), by)


def withdraw_it(turn: Turn, measure: Measure, by: str) -> None:
    """Withdraw the public text that a confirmed proposal names."""
    withdraw_text(turn, turn.model.releases[measure.subject], by)


def note_posted(turn: Turn, step: Measure, by: str) -> None:
    """Note what ticking a step says of an outlet that no machine reaches: the text is there, or gone from there."""
    on = turn.model.templates[step.template].on
    found = find_posting(turn.model, step.subject) if on in ("notice-unsent", "notice-hanging") else None
    if found is None:
        return
    release, outlet = found
    version = release.current.number if on == "notice-unsent" else 0
    release.posted = {**release.posted, outlet: version}
    posted = NoticePosted(
        at=turn.at, release=release.id, incident=release.incident, version=version, outlet=outlet, by=by
    )
    turn.events.append(posted)


def note_unposted(turn: Turn, step: Measure, by: str) -> None:
    """Note that a public text was not put on an outlet after all."""
    on = turn.model.templates[step.template].on
    found = find_posting(turn.model, step.subject) if on == "notice-unsent" else None
    if found is None or found[0].posted.get(found[1]) != found[0].current.number:
        return
    release, outlet = found
    release.posted = {name: version for name, version in release.posted.items() if name != outlet}
    turn.events.append(NoticePosted(at=turn.at, release=release.id, incident=release.incident, outlet=outlet, by=by))


def by_hand(model: Model, release: Release) -> list[str]:
    """Return the outlets of a public text that no machine reaches; displays are reached where some are connected."""
    return [outlet for outlet in release.outlets if outlet != DISPLAY or not _has_displays(model)]


def still_posted(release: Release) -> Iterator[str]:
    """Yield the outlets where a withdrawn text still is, because somebody put it there and can take it away."""
    yield from (outlet for outlet, version in release.posted.items() if version and outlet in LASTING)


def posting_at(release: Release, outlet: str) -> str:
    """Return what names a public text at one of its outlets, as the subject of a step."""
    return f"{release.id}-{outlet}"


def find_posting(model: Model, subject: str) -> tuple[Release, str] | None:
    """Return the public text and the outlet that the subject of a step names; None: it is about something else."""
    for release in model.releases.values():
        for outlet in release.outlets:
            if posting_at(release, outlet) == subject:
                return release, outlet
    return None


def find_release(model: Model, subject: str) -> Release | None:
    """Return the public text that a measure is about, be it as a whole or at one outlet."""
    posting = find_posting(model, subject)
    return posting[0] if posting else model.releases.get(subject)


def name_of_notice(model: Model, release: Release) -> str:
    """Return what people call a public text."""
    notice = model.notices.get(release.notice)
    return notice.name if notice else release.notice


def _has_displays(model: Model) -> bool:
    hall = model.hall
    places = [place.id for place in hall.places if place.shows_signs]
    places += [window.id for window in hall.windows if window.shows_signs]
    return any(map(model.display_works, places)) or any(device.shows_signs for device in hall.devices)


def _forget(model: Model) -> None:
    """Drop the oldest of those that were withdrawn, when they are too many."""
    done = [each.id for each in model.releases.values() if not each.in_force and not list(still_posted(each))]
    for name in done[:-REMEMBERED]:
        del model.releases[name]
