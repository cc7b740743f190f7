"""The sections of the report, one function each: a story and its words → blocks. All that clause R5 asks for, then F1.

A new section needs a function and its place in :data:`SECTIONS`; what it has nothing to say about, it leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from hallwatch_collector.core.events import FaultReported, IncidentOpened, NoteTaken
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.report.course import tell_course
from hallwatch_collector.report.document import (
    Block,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Points,
    Table,
)
from hallwatch_collector.report.line import OWED, gist
from hallwatch_collector.report.measures import list_measures
from hallwatch_collector.report.review import ADVICE, LESSONS, achieved, draw, nature, root_device, trend
from hallwatch_collector.report.spans import Span, elapsed_s, length_s, unite
from hallwatch_collector.report.story import Story
from hallwatch_collector.report.timing import (
    find_late,
    find_people,
    find_stages,
    judge_measure,
    missing_stages,
    unserved,
)
from hallwatch_collector.report.words import ReportWords, span

NUMERALS: Final = "一二三四五六七八九十"
DRAFT: Final = "本部分由监测程序根据记录自动起草,是草稿,须由评估人员核实、修改后定稿。"


def write_report(
    story: Story, words: ReportWords, ending: Callable[[Story, ReportWords], list[Block]] | None = None
) -> Document:
    """Return the report as a document; *ending* is where it says by what record it was written, and who signed it."""
    blocks: list[Block] = []
    for number, (title, section) in enumerate(SECTIONS):
        blocks += [Heading(f"{NUMERALS[number]}、{title}"), *section(story, words)]
    if ending is not None:
        blocks += [Heading(f"{NUMERALS[len(SECTIONS)]}、记录依据"), *_basis(story, words), *ending(story, words)]
    device = words.subject(story.incident.device)
    return Document(
        title=f"{story.hall.name}突发事件处置报告",
        subtitle=f"{device}:{words.fault(story.incident.fault)}",
        number=f"{story.hall.area}-{story.hall.hall}-{words.stamp(story.began_at)}-{story.incident.id}",
        marks=marks_of(story.hall),
        blocks=blocks,
    )


def marks_of(hall: Hall) -> list[str]:
    """Return what everything about this hall is marked with (B3)."""
    if hall.drill:
        return ["演练"]
    return ["模拟"] if hall.simulated else []


def _basics(story: Story, words: ReportWords) -> list[Block]:
    ended = "尚未结束" if story.ended_at is None else words.moment(story.ended_at)
    place = " ".join(filter(None, [story.hall.name, words.place(story.incident.device)]))
    kind, names = words.kind(story.incident.device), find_people(story)
    taken_on = [move.by for move in story.incident.moves if move.status == "acknowledged"]
    rows = [
        ("发生时间", f"{words.moment(story.began_at)}(首个征兆)"),
        ("结束时间", ended),
        ("持续时间", _duration(story)),
        *([("影响办税时段", _spans(story, words, story.losses))] if story.losses else []),
        ("地点", place),
        ("故障所在", words.subject(story.incident.device) + (f"({kind})" if kind else "")),
        ("响应级别", _levels(story, words)),
        ("当前状态", words.status(story.incident.status)),
        ("发现方式", _found_by(story)),
        ("处置负责人", words.listed(taken_on) or "没有人接手"),
        ("参与人员", words.listed(names, most=30) or "没有人员参与的记录"),
    ]
    return [Facts(rows)]


def _found_by(story: Story) -> str:
    """Say who found it first: a person who reported it (R3), or the monitor."""
    opened_at = story.periods[0].start
    told = (event for event in story.course if isinstance(event, FaultReported) and event.effect)
    first = next((event.by for event in told if event.at <= opened_at), "")
    return f"第一发现人{first}报告" if first else "监测程序自动发现"


def _duration(story: Story) -> str:
    times = len(story.periods) - 1
    again = f",其间结束后又发生{times}次" if times else ""
    lasted = _length(story, [Span(start=story.began_at, end=story.until)])
    return f"{lasted}{again}{'' if story.ended_at else ',尚在持续'}"


def _length(story: Story, spans: Sequence[Span]) -> str:
    """Say how long spans are, and how much of that was business time where that is less."""
    lasted_s, hours = length_s(spans), Hours.of(story.hall)
    open_s = sum(hours.count_s(math.floor(each.start), math.floor(each.end or each.start)) for each in spans)
    within = f"(其中营业时间{span(open_s)})" if span(open_s) != span(lasted_s) else ""
    return f"{span(lasted_s)}{within}"


def _levels(story: Story, words: ReportWords) -> str:
    levels = [f"{words.clock(at)}起{words.level(level) if level else '未定级'}" for at, level in story.incident.levels]
    return ";".join(levels) or "未定级"


def _cause_and_course(story: Story, words: ReportWords) -> list[Block]:
    rows = [
        [words.clock(line.at), f"{line.lead}{words.listed(line.subjects, most=12)}{line.says}", line.by, line.clause]
        for line in tell_course(story, words)
    ]
    return [
        Heading("(一)原因", 2),
        Paragraph(cause(story, words)),
        Heading("(二)性质", 2),
        Paragraph(f"{nature(story)}。设备状况:{_effects(story, words)}。"),
        Heading("(三)规模", 2),
        Paragraph(size(story, words)),
        Heading("(四)经过", 2),
        Table([Column("时间", 15), Column("经过", 61), Column("人员", 15), Column("条款", 9)], rows),
    ]


def cause(story: Story, words: ReportWords) -> str:
    """Say what the root cause was, and what the device itself told."""
    device = words.subject(story.incident.device)
    faults = words.listed(words.fault(fault.fault, fault.part) for fault in story.roots)
    said = [words.evidence(fault.evidence) for fault in story.roots]
    told = words.listed(each for each in said if each not in faults)
    evidence = f"设备报告:{told}。" if told else ""
    noted = "现场查明的情况见经过中的记事。" if any(isinstance(event, NoteTaken) for event in story.course) else ""
    return f"{device}:{faults or words.fault(story.incident.fault)}。{evidence}{noted}"


def _effects(story: Story, words: ReportWords) -> str:
    faults = [fault.fault for fault in story.roots] or [story.incident.fault]
    return words.listed(words.effect(fault) for fault in faults)


def size(story: Story, words: ReportWords) -> str:
    """Say how many devices, windows and business classes were hit, and how many people waited when it began."""
    followed = words.listed(words.subject(fault.device) for fault in story.followed)
    also = f",并使{followed}不能正常使用" if followed else ""
    windows, total = len(story.windows), len(story.hall.windows)
    lost = words.listed(dict.fromkeys(words.business(loss.business) for loss in story.losses))
    waiting = [event.waiting for event in story.course if isinstance(event, IncidentOpened) and event.waiting]
    people = f"发生时厅内等候{waiting[0]:.0f}人。" if waiting else ""
    reach = f"涉及窗口{windows}个(全厅共{total}个)" + (f",涉及业务:{lost}" if lost else "")
    return f"{words.subject(story.incident.device)}发生故障{also}。{reach if windows else '没有窗口受影响'}。{people}"


def _harm(story: Story, words: ReportWords) -> list[Block]:
    if not story.windows:
        return [Paragraph("没有窗口因此不能办理业务。记录中没有人员伤害和财物损失的登记。")]
    rows = []
    for window in story.windows:
        losses = [loss for loss in story.losses if loss.window == window]
        closed = [closure for closure in story.closures if closure.window == window]
        lost = words.listed(words.business(loss.business) for loss in losses)
        rows.append([words.subject(window), lost or "—", _spans(story, words, losses), _spans(story, words, closed)])
    columns = [
        Column("窗口", 11), Column("不能办理的业务", 25), Column("不能办理的时段", 32), Column("暂停服务的时段", 32),
    ]  # fmt: skip
    blocks: list[Block] = [Table(columns, rows)]
    blocks += [
        Paragraph(f"全厅无窗口可办理{words.business(business)}:{_spans(story, words, spans)}。")
        for business, spans in unserved(story).items()
    ]
    blocks.append(Paragraph("离厅人数和财物损失不在本记录之内,如有请另行补充。", "note"))
    return blocks


def _spans(story: Story, words: ReportWords, spans: Sequence[Span]) -> str:
    united = unite(spans, story.until)
    if not united:
        return "—"
    last = max((each.end is None for each in spans), default=False)
    told = [f"{words.clock(each.start)}至{words.clock(each.end or story.until)}" for each in united]
    return f"{'、'.join(told)}{'(尚未结束)' if last else ''},共{_length(story, united)}"


def _timeliness(story: Story, words: ReportWords) -> list[Block]:
    rows, before = [], story.began_at
    for stage in find_stages(story):
        since, step = (_after(elapsed_s(moment, stage.at)) for moment in (story.began_at, before))
        if stage.at == story.began_at:
            since = step = "—"
        rows.append([stage.name, words.clock(stage.at), since, step, words.person(stage.by)])
        before = stage.at
    columns = [
        Column("环节", 24), Column("时间", 20), Column("距首个征兆", 18), Column("距上一环节", 18), Column("人员", 20),
    ]  # fmt: skip
    blocks: list[Block] = [Table(columns, rows)]
    missing = missing_stages(story)
    if missing:
        blocks.append(Paragraph(f"记录中没有的环节:{words.listed(missing, most=10)}。", "note"))
    late = [
        f"条款{measure.clause}({words.subject(measure.subject)},{words.role(measure.owner)}{OWED[measure.mode]}:"
        f"{gist(words.brief(measure.text))})"
        f"{'超时' if told.verdict == 'late' else f'到时限未{OWED[measure.mode]},已超'}{span(told.late_s)}"
        for measure, told in find_late(story)
    ]
    if late:
        blocks.append(Paragraph(f"未按时限完成的措施:{';'.join(late)}。"))
    elif any(judge_measure(story, measure).verdict == "kept" for measure in story.measures):
        blocks.append(Paragraph("到期的措施均按时完成。"))
    return blocks


def _after(delay_s: float) -> str:
    return span(delay_s) if delay_s else "同时"


def _state(story: Story, words: ReportWords) -> list[Block]:
    standing = [fault for fault in (*story.roots, *story.followed) if fault.end is None]
    faults = words.listed(f"{words.subject(each.device)}({words.fault(each.fault, each.part)})" for each in standing)
    state = f"截至{words.moment(story.told_at)},事件状态为:{words.status(story.incident.status)}。"
    return [Paragraph(f"{state}{f'仍存在的故障:{faults}。' if faults else '相关故障均已消除。'}{trend(story)}")]


def _advice(story: Story, words: ReportWords) -> list[Block]:
    return [Points(draw(ADVICE, story, words) or ["按预案继续值守。"])]


def _evaluation(story: Story, words: ReportWords) -> list[Block]:
    lessons = draw(LESSONS, story, words) or ["记录中没有发现需要改进之处。"]
    device = root_device(story)
    gone = "" if device else "该设备已不在大厅登记资料中。"
    return [
        Paragraph(DRAFT, "draft"),
        Facts([
            ("起因", cause(story, words) + gone),
            ("性质", f"{nature(story)}({_effects(story, words)})"),
            ("影响", size(story, words)),
            ("措施成效", achieved(story)),
        ]),
        Heading("经验教训", 2),
        Points(lessons),
    ]  # fmt: skip


def _basis(story: Story, words: ReportWords) -> list[Block]:
    source = story.source
    rows = [
        ("依据", f"{story.rules.plan.name}"),
        ("记录范围", f"本厅台账第{source.first}号至第{source.last}号,共{source.entries}条"),
        ("台账校验", source.head or "台账没有校验链"),
        ("成文时间", words.moment(story.told_at)),
    ]
    return [Facts(rows), Paragraph("本报告根据台账自动生成,不含纳税人个人信息。", "note")]


SECTIONS: Final[tuple[tuple[str, Callable[[Story, ReportWords], list[Block]]], ...]] = (
    ("基本情况", _basics),
    ("原因、性质、规模与经过", _cause_and_course),
    ("危害程度与影响范围", _harm),
    ("已采取的措施", list_measures),
    ("处置时效", _timeliness),
    ("当前状态与发展趋势", _state),
    ("下一步工作建议", _advice),
    ("后期评估(草稿)", _evaluation),
)
"""The sections in their order."""
