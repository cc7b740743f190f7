"""Who signed which version of a report, and what of it that covers (R5). Pure.

A signature stands in the record with the digest of what the report said then. That is worked out from the record alone,
up to the last thing that belongs to the incident, and not from what merely says when and by whom it was written; so the
same record has the same digest whenever it is asked for, and whoever has the record can work it out again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import msgspec

from hallwatch_collector.core.events import AnyEvent, IncidentMoved, MeasureDecided, MeasureRaised, ReportSigned
from hallwatch_collector.report.clock import by_last_clock
from hallwatch_collector.report.document import Block, Facts, Paragraph, Signature
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.sections import write_report
from hallwatch_collector.report.story import NOWHERE, Rules, Story, tell_story
from hallwatch_collector.report.words import ReportWords


def seal(events: Iterable[AnyEvent], incident: str, rules: Rules) -> str:
    """Return the SHA-256 of what the report says by these events of the hall, oldest first, but for the signatures.

    Raises :class:`~hallwatch_collector.report.story.NoSuchIncident`.
    """
    record = Record(by_last_clock(list(_without_signing(events, rules))))
    story = tell_story(record, incident, rules, NOWHERE, 0.0)
    told_at = max((event.at for event in story.course), default=story.began_at)
    story = msgspec.structs.replace(story, told_at=told_at)
    document = write_report(story, ReportWords(rules, told_at, story.began_at, story.course))
    said = msgspec.json.encode((document.title, document.subtitle, document.marks, document.blocks))
    return hashlib.sha256(said).hexdigest()


def _without_signing(events: Iterable[AnyEvent], rules: Rules) -> Iterator[AnyEvent]:
    """Leave out that a report was signed, so that who signs second signs the same as who did first."""
    signing = {template.id for template in rules.plan.measures if template.ticked_by == "signing"}
    steps: set[str] = set()
    for event in events:
        if isinstance(event, MeasureRaised) and event.template in signing:
            steps.add(event.measure)
        answers = isinstance(event, MeasureDecided) and event.measure in steps
        if not answers and not isinstance(event, ReportSigned):
            yield event


def verify_signature(events: Sequence[AnyEvent], signed: ReportSigned, rules: Rules) -> bool:
    """Tell whether what the record said before a signature still comes to the digest that was signed.

    It does not where the record is another; nor where plan, hall file or the wording of reports are others by now.
    """
    return seal(takewhile(lambda event: event != signed, events), signed.incident, rules) == signed.digest


def tell_signatures(story: Story, words: ReportWords) -> list[Block]:
    """Return who signed what, and the lines to sign on by hand."""
    signed = [event for event in story.course if isinstance(event, ReportSigned)]
    if not signed:
        return [Signature([("单位(盖章)", ""), ("签发人", ""), ("日期", "")])]
    last = signed[-1]
    present = [each for each in signed if each.version == last.version]
    rows = [(f"第{each.version}版", f"{words.person(each.by)},{words.moment(each.at)}签署") for each in signed]
    blocks: list[Block] = [Facts([*rows, (f"第{last.version}版校验码", last.digest)])]
    if changed_since(story, last):
        blocks.append(Paragraph(f"第{last.version}版签署之后处置记录又有变化,须核对后重新签署。", "draft"))
    signers = words.listed(words.person(each.by) for each in present)
    return [*blocks, Signature([("单位(盖章)", ""), ("签发人", signers), ("日期", words.date(last.at))])]


def changed_since(story: Story, signed: ReportSigned) -> bool:
    """Tell whether anything happened after a signature but what follows from it: its step is done, it closes."""
    steps = {template.id for template in story.rules.plan.measures if template.ticked_by == "signing"}
    answers = {each.measure for each in story.measures if each.template in steps}
    later = story.course[story.course.index(signed) + 1 :]
    return any(
        not (
            isinstance(event, ReportSigned)
            or (isinstance(event, MeasureDecided) and event.measure in answers)
            or (isinstance(event, IncidentMoved) and event.status in ("checked", "closed"))
        )
        for event in later
    )
