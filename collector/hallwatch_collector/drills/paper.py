"""The score of a drill in words: a few lines for a terminal, and a document for the file (演练评估报告)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from hallwatch_collector.drills.scenario import Scenario
from hallwatch_collector.drills.score import Line, Score
from hallwatch_collector.report.document import (
    Block,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Points,
    Signature,
    Table,
)
from hallwatch_collector.report.words import ReportWords, span

MARK: Final = "演练"
VERDICTS: Final = {
    "kept": ("按时", "in time"), "late": ("超时", "late"), "missed": ("未做", "not done"),
    "waiting": ("待办", "to be done"), "cut-short": ("未到时限即结束", "cut short"),
    "lapsed": ("未到时限情况已消除", "asked, over before due"), "not-asked": ("未触发", "not asked for"),
}  # fmt: skip
TIMES: Final = (
    ("alert_s", "通知检修人员", "alert"),
    ("sign_s", "挂出第一块标识", "sign"),
    ("acknowledge_s", "接手事件", "acknowledgement"),
    ("decision_s", "第一项决定", "decision"),
    ("check_s", "恢复后核对完毕", "check"),
)


class Result(Struct, frozen=True, kw_only=True):
    """A drill that was held."""

    drill: str
    """The scenario's name."""
    title: str
    title_en: str
    hall: str
    hall_name: str
    began_at: float
    ended_at: float
    by: str
    stopped_by: str = ""
    """Who ended it before its time; empty: nobody did."""
    entries: int
    head: str
    """Of the journal: how many events of it are the drill's, and where it ended."""
    score: Score
    speed: float = 1.0
    """The trouble's own times went by so many times as fast."""
    mark: str = MARK


def in_lines(result: Result, language: str) -> Iterator[str]:
    """Yield the result for a terminal, in ``zh`` or ``en``."""
    zh = language == "zh"
    total = _total(result.score, zh=zh)
    mark, title = ("演练", result.title) if zh else ("DRILL", result.title_en)
    yield f"[{mark}] {title} · {result.hall_name} ({result.hall}): {total}"
    if result.speed != 1.0:
        yield f"  {_speed(result.speed, zh=zh)}"
    for name, said, said_en in TIMES:
        took = getattr(result.score.times, name)
        yield f"  {said if zh else said_en}: {_took(took, zh=zh)}"
    yield ""
    for line in result.score.lines:
        yield _in_line(line, zh=zh)


def _total(score: Score, *, zh: bool) -> str:
    if score.nobody_acted:
        return "没有人参与,不评分" if zh else "nobody acted: not scored"
    if score.percent is None:
        return "没有可评分的事项" if zh else "nothing to score"
    short = sum(line.verdict == "cut-short" for line in score.lines)
    said = f"{score.percent:g}分(满分100分)" if zh else f"{score.percent:g}%"
    if not short:
        return said
    return said + (f",另有{short}项未到时限演练即结束,未计入" if zh else f", without {short} cut short")


def _speed(speed: float, *, zh: bool) -> str:
    return f"故障进程加快到{speed:g}倍" if zh else f"the trouble's times went by {speed:g} times as fast"


def _in_line(line: Line, *, zh: bool) -> str:
    verdict = VERDICTS[line.verdict][0 if zh else 1]
    target = f" / {_took(line.within_s, zh=zh)}" if line.within_s else ""
    took = "" if line.took_s is None or not line.within_s else f" {_took(line.took_s, zh=zh)}{target}"
    count = f" {line.done}/{line.asked}" if line.asked > 1 else ""
    left = f"  ({', '.join(line.left)})" if line.left else ""
    if line.asked and line.left_open:
        left += f"  (另有{line.left_open}项未到时限)" if zh else f"  ({line.left_open} more not yet due)"
    return f"  {verdict:<14} {line.title if zh else line.title_en}{count}{took}{left}"


def _took(seconds: float | None, *, zh: bool) -> str:
    if seconds is None:
        return "无" if zh else "–"
    return span(seconds) if zh else f"{seconds:.0f} s"


def to_document(result: Result, scenario: Scenario, words: ReportWords) -> Document:
    """Return the result as a document, marked as a drill on every page."""
    blocks: list[Block] = [
        Heading("一、演练概况"),
        Facts(
            [
                ("演练科目", result.title),
                ("情景", scenario.story),
                ("演练大厅", f"{result.hall_name}(演练大厅 {result.hall},与真实大厅设备、窗口相同)"),
                ("开始时间", words.moment(result.began_at)),
                (
                    "结束时间",
                    words.moment(result.ended_at) + (f"({result.stopped_by}提前结束)" if result.stopped_by else ""),
                ),
                ("组织人", result.by),
                ("进程", "按情景时间" if result.speed == 1.0 else _speed(result.speed, zh=True)),
                ("得分", _total(result.score, zh=True)),
            ]
        ),
        Heading("二、用时"),
        Facts([(said, _took(getattr(result.score.times, name), zh=True)) for name, said, _ in TIMES]),
        Paragraph("前两项自所评故障发生时起计,后三项自系统提出之时起计。", "note"),
        Heading("三、逐项评估"),
        _table(result.score.lines),
        Paragraph("系统自动完成的事项自故障发生起计时,人员办理的事项自系统提出之时起计时;超时办理的得一半分。", "note"),
        Heading("四、未完成和超时的事项"),
        *_left(result.score, words),
        Heading("五、依据"),
        Paragraph(
            f"本报告由监测程序根据不可篡改的处置记录生成,依据其中{result.entries}条,记录校验码{result.head}。", "note"
        ),
        Signature([("评估人", ""), ("办税服务厅负责人", "")]),
    ]
    return Document(
        title=f"{result.hall_name}应急演练评估报告",
        subtitle=result.title,
        number=f"{result.hall.replace('/', '-')}-{words.stamp(result.began_at)}-{result.drill}",
        marks=[MARK],
        blocks=blocks,
    )


def _table(lines: tuple[Line, ...]) -> Table:
    columns = [
        Column("事项", 34), Column("时限", 14), Column("用时", 14), Column("完成", 10), Column("评定", 14),
        Column("人员", 14),
    ]  # fmt: skip
    rows = [
        [
            line.title, span(line.within_s) if line.within_s else "", span(line.took_s) if line.took_s else "",
            _count(line), VERDICTS[line.verdict][0], "、".join(line.by),
        ]
        for line in lines
    ]  # fmt: skip
    marked = frozenset(number for number, line in enumerate(lines) if line.verdict in ("late", "missed"))
    return Table(columns, rows, marked)


def _count(line: Line) -> str:
    done = f"{line.done}/{line.asked}" if line.asked else ""
    return done + (f"(另{line.left_open}项未到时限)" if done and line.left_open else "")


def _left(told: Score, words: ReportWords) -> Iterator[Block]:
    said = [_fault_of(line, words) for line in told.lines if line.verdict in ("missed", "late")]
    if told.nobody_acted:
        yield Paragraph(f"没有人参与演练,不评分{';以下事项到时限没有完成:' if said else ',人员办理的事项未作评估。'}")
    if said:
        yield Points(said)
    elif not told.nobody_acted:
        yield Paragraph("没有遗漏和超时的事项。")


def _fault_of(line: Line, words: ReportWords) -> str:
    if line.verdict == "late":
        return f"{line.title}:用时{span(line.took_s or 0.0)},超过时限{span(line.within_s)},请分析原因。"
    left = f"{words.listed(map(words.subject, line.left))}," if line.left else ""
    within = f"时限{span(line.within_s)}," if line.within_s else ""
    return f"{line.title}:{left}{within}没有完成。"
