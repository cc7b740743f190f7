"""What texts of the plan say of public texts and of filing deadlines, in Chinese and in English (R6, O2 to O5)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from hallwatch_collector.core.deadlines import Proposal
from hallwatch_collector.core.extension_words import SERVICES, Pair, day_name
from hallwatch_collector.core.filing import CLAUSE_OF, decided_for, extensions_of, lapsed_for, near_filings, propose_for
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import Template
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.public_state import Extension
from hallwatch_collector.core.releases import DISPLAY, find_posting, find_release, name_of_notice
from hallwatch_collector.core.state import Incident

FLEETING: Final = frozenset({"waiting", "kiosks", "minutes", "moves", "entries", "trend"})
"""Words that change by the minute: nobody corrects a public text for them."""
TO_COME: Final[dict[str, Pair]] = {
    "O3": ("故障排除之日的次一工作日", "the next working day after the fault is cleared"),
    "O4": ("故障排除后另行公告的日期", "a day that will be told when the fault is cleared"),
}
"""What the public is told of a new deadline that is not known yet."""


def name_of_release(model: Model, subject: str) -> str:
    """Return the name of a public text, or of an outlet where a step has it; empty: it is neither."""
    posting = find_posting(model, subject)
    if posting is not None:
        return OUTLETS[posting[1]][0]
    release = model.releases.get(subject)
    return name_of_notice(model, release) if release else ""


def say_notice(model: Model, subject: str) -> Pair:
    """Name a public text, with its version when it is not the first."""
    release = find_release(model, subject)
    if release is None:
        return subject, subject
    name, number = name_of_notice(model, release), release.current.number
    return (f"《{name}》(第{number}版)", f"“{name}” (version {number})") if number > 1 else (f"《{name}》", f"“{name}”")


def say_outlet(model: Model, subject: str) -> Pair:
    """Name the outlet that a step is about, and say when it does not work now (S7)."""
    posting = find_posting(model, subject)
    if posting is None:
        return subject, subject
    name, name_en = OUTLETS[posting[1]]
    if posting[1] == DISPLAY or posting[1] not in model.services:
        return name, name_en
    return f"{name}(故障中,恢复后再发)", f"{name_en} (out of order: once it is back)"


def say_public(model: Model, subject: str, template: Template | None) -> Pair:
    """Say a public text: as it would be by what holds now, where a measure proposes that, else as it is out."""
    release = find_release(model, subject)
    if release is None:
        return "", ""
    proposal = model.measures.get(release.measure)
    if template is not None and template.on == "notice-outdated" and proposal is not None:
        return proposal.draft, proposal.draft_en or proposal.draft
    return release.current.text, release.current.text_en or release.current.text


def say_services(model: Model, incident: Incident | None, template: Template | None, now: float) -> Pair | None:
    """Name the systems because of which a deadline moves, also when they are back; None: it is about something else."""
    if incident is None or template is None or template.on not in (*CLAUSE_OF, "deadline-extended"):
        return None
    clauses = {each.clause for each in extensions_of(model, incident.id, now)}
    both = template.on == "deadline-both" or (template.on == "deadline-extended" and "O4" in clauses)
    names = [SERVICES["online-bureau"], *([SERVICES["core-system"]] if both else [])]
    return "和".join(zh for zh, _ in names), " and ".join(en for _, en in names)


def say_deadline(model: Model, incident: Incident | None, template: Template | None, now: float) -> Pair:
    """Say a filing deadline: the extension that is proposed or was decided, else the last day that is near."""
    on = template.on if template else "incident"
    mark, mark_en = "、", ", "
    if incident is not None and on in CLAUSE_OF:
        mark, mark_en = ";", "; "
        said = [_proposed(model, each) for each in propose_for(model, incident, CLAUSE_OF[on], now)]
        said += [_lapsed(each) for each in lapsed_for(model, incident, CLAUSE_OF[on], now)]
    elif incident is not None and on == "deadline-extended":
        said = _extended(model, extensions_of(model, incident.id, now))
    else:
        said = list(dict.fromkeys(day_name(day) for _, day in near_filings(model, now)))[:1]
    return mark.join(zh for zh, _ in said) or "待定", mark_en.join(en for _, en in said) or "not known"


def _proposed(model: Model, proposal: Proposal) -> Pair:
    """Say old and new day of a proposal, what it hangs on, and what had been decided."""
    (old, old_en), (new, new_en) = day_name(proposal.old), day_name(proposal.not_before)
    if proposal.surety == "open":
        new, new_en = f"故障排除后确定(最早{new})", f"to be known when the fault is cleared (at the earliest {new_en})"
    elif proposal.surety == "expected":
        new, new_en = f"{new}(如按预计时间恢复)", f"{new_en} (if it is back when expected)"
    text, text_en = f"{proposal.filing}{old}→{new}", f"{proposal.filing} {old_en} → {new_en}"
    before = decided_for(model, proposal.filing, proposal.old)
    if before is not None and before.new != proposal.new:
        was, was_en = _day(before.new, "待定", "not known yet")
        text, text_en = f"{text},此前决定:{was}", f"{text_en}; decided before: {was_en}"
    return text, text_en


def _lapsed(extension: Extension) -> Pair:
    day, day_en = day_name(extension.old)
    return (
        f"{extension.filing}{day}前已恢复,不再顺延",
        f"{extension.filing}: back before {day_en}, no extension after all",
    )


def _extended(model: Model, extensions: list[Extension]) -> list[Pair]:
    """Say the new days as the public is told them; of which filing, where the hall has several."""
    said = {each.filing: _day(each.new, *TO_COME[each.clause]) for each in extensions}
    if len({filing.name for filing in model.hall.filing}) <= 1:
        return list(said.values())
    return [(f"{day}({filing})", f"{day_en} ({filing})") for filing, (day, day_en) in said.items()]


def _day(day: dt.date | None, unknown: str, unknown_en: str) -> Pair:
    return (unknown, unknown_en) if day is None else day_name(day)
