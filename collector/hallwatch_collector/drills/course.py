"""The course of a drill in the words of its incidents' reports: Chinese, incident by incident. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.report.course import tell_course
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.story import NOWHERE, Rules, tell_story
from hallwatch_collector.report.words import ReportWords


def tell_in_chinese(record: Record, rules: Rules, told_at: float) -> Iterator[str]:
    """Yield the lines, under a line that names the incident."""
    for incident in record.incidents.values():
        story = tell_story(record, incident.id, rules, NOWHERE, told_at)
        words = ReportWords(rules, told_at, story.began_at, story.course)
        yield f"{incident.id} {words.subject(incident.device)}:{words.fault(incident.fault)}"
        for line in tell_course(story, words):
            said = f"{line.lead}{words.listed(line.subjects, most=12)}{line.says}"
            who = ",".join(filter(None, (line.by, line.clause)))
            yield f"  {words.clock(line.at)}  {said}" + (f" ({who})" if who else "")
