"""The section of the measures: what the plan asked for, of whom, and what became of it. Pure."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.things import WINDOW
from hallwatch_collector.report.document import Block, Column, Paragraph, Table
from hallwatch_collector.report.line import split_subject
from hallwatch_collector.report.record import MeasureTold
from hallwatch_collector.report.registers import sum_up
from hallwatch_collector.report.story import Story
from hallwatch_collector.report.timing import judge_measure
from hallwatch_collector.report.words import DECISIONS, ReportWords, span

_ENDED: Final = {
    "cause-gone": "原因消除,无需办理", "fault-back": "故障又发生,不再办理",
    "time-over": "修复时间超出预计,改按其他措施办理", "soon-back": "即将恢复,无需办理",
    "level-lowered": "响应级别已调低,预案不再要求", "replaced": "由其他措施代替",
    "hall-file": "登记资料已变动,不再办理", "asked-again": "情况有变,重新提出",
}  # fmt: skip
"""Why a measure ended that nobody had answered."""


def list_measures(story: Story, words: ReportWords) -> list[Block]:
    """Return the table of the measures; those alike of several subjects are one row."""
    if not story.measures:
        return [Paragraph("预案没有要求采取措施。")]
    alike: dict[tuple[str, ...], list[str]] = {}
    late = set()
    kept = {each.register: each.sum() for each in sum_up(story.course)}
    for measure in story.measures:
        text = words.brief(measure.text)
        if measure.mode == "register" and measure.subject in kept:
            text = f"《{words.subject(measure.subject)}》:{kept[measure.subject]}。"
        subjects, says = split_subject(text, words.subject(measure.subject))
        due = "—" if measure.due_at is None else words.clock(measure.due_at)
        owner, outcome = words.owner(measure.owner), _outcome(story, words, measure)
        row = (measure.clause, says, owner, words.clock(measure.start), due, outcome)
        alike.setdefault(row, []).extend(subjects)
        if judge_measure(story, measure).verdict in ("late", "missed"):
            late.add(list(alike).index(row))
    rows = [
        [clause, f"{words.listed(subjects, most=12)}{says}", *rest] for (clause, says, *rest), subjects in alike.items()
    ]
    columns = [
        Column("条款", 7), Column("措施", 38), Column("责任人", 12), Column("提出", 11), Column("时限", 11),
        Column("结果", 21),
    ]  # fmt: skip
    return [Table(columns, rows, frozenset(late))]


def _outcome(story: Story, words: ReportWords, measure: MeasureTold) -> str:
    told = judge_measure(story, measure)
    if measure.mode == "auto":
        return f"{_by_itself(story, measure)}{_TAKEN_ON.get(told.verdict, '').format(span=span(told.late_s))}"
    if measure.decided_at is not None:
        reason = f"(理由:{measure.reason})" if measure.reason else ""
        late = f",超时{span(told.late_s)}" if told.verdict == "late" else ""
        who = words.person(measure.decided_by)
        return f"{who}于{words.clock(measure.decided_at)}{DECISIONS[measure.decision]}{reason}{late}"
    if told.verdict == "missed":
        return f"超时{span(told.late_s)}未办" + (",又重新提出" if measure.because == "asked-again" else "")
    if measure.because:
        return _ENDED[measure.because]
    return "事件结束,无需办理" if story.ended_at is not None else "待办"


def _by_itself(story: Story, measure: MeasureTold) -> str:
    """Say what the program did: showed a sign or asked for one, told those who are to act, or only kept a line."""
    template = next((each for each in story.rules.plan.measures if each.id == measure.template), None)
    confirmed = {event.place for event in story.shown}
    up = story.shows_signs(measure.subject) or measure.subject.removeprefix(WINDOW) in confirmed
    if template is not None and template.sign and not up:
        return "自动提示张贴"
    return "自动执行" if measure.decision or (template is not None and template.sign) else "自动提示"


_TAKEN_ON: Final = {"kept": ",按时接手", "late": ",接手超时{span}", "missed": ",超时{span}无人接手"}
"""How a measure that told people to do something was answered."""
