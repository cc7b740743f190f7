"""Lines of the course that tell what people did: each act by its name, and none twice."""

from __future__ import annotations

from typing import Final

import pytest

from hallwatch_collector.core import events as ev
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.report.course import tell_course
from hallwatch_collector.report.line import GIST, gist
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.sections import size
from hallwatch_collector.report.story import Rules, Source, Story, tell_story
from hallwatch_collector.report.words import ReportWords
from parts.bureau_hall import BureauBench, bureau_hall
from parts.county import CATALOGUE, PLAN

AT: Final = 1_773_104_400.0  # 2026-03-10 09:00:00 in Shanghai
OPENED: Final[list[AnyEvent]] = [
    ev.FaultRaised(
        at=AT, device="bureau", fault="system-down", part="", since=AT - 10, known_at=AT, cause="", evidence=""
    ),
    ev.IncidentOpened(at=AT, incident="inc-1", device="bureau", fault="system-down", waiting=48.0),
]


def story(*events: AnyEvent) -> Story:
    record = Record([*OPENED, *events])
    return tell_story(
        record, "inc-1", Rules(bureau_hall(), PLAN, CATALOGUE), Source(entries=1, first=1, last=1), AT + 7200
    )


def lines(*events: AnyEvent) -> list[tuple[str, str, str]]:
    told = story(*events)
    words = ReportWords(told.rules, told.told_at, told.began_at, told.course)
    return [
        (line.clause, line.lead + "、".join(line.subjects) + line.says, line.by) for line in tell_course(told, words)
    ]


OF: Final = {"at": AT + 60, "incident": "inc-1"}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ev.NoteTaken(**OF, by="王主任", text="已报告信息中心"), ("", "记事:已报告信息中心", "王主任")),
        (ev.IncidentAssigned(**OF, owner="李工", by="王主任"), ("", "指定李工负责修复", "王主任")),
        (ev.ResponseEnded(**OF, by="王主任"), ("R7", "宣布应急响应结束", "王主任")),
        (
            ev.EstimateChanged(**OF, back_at=AT + 3600, source="person", was_back_at=AT + 1800, by="李工"),
            ("D1", "预计10:00修复,原预计09:30", "李工"),
        ),
        (
            ev.EstimateChanged(**OF, back_at=AT + 3600, source="history", was_back_at=AT + 60, slipped=True),
            ("D1", "预计10:00修复(按本厅以往修复用时估计),原预计09:01(已过)", ""),
        ),
        (ev.EstimateChanged(**OF), ("D1", "修复时间待定", "")),
        (
            ev.LevelChanged(**OF, level="Ⅱ", by="李局", reason="影响大"),
            ("R1", "响应级别定为Ⅱ级(重大),理由:影响大", "李局"),
        ),
        (
            ev.FaultReported(at=AT + 60, device="bureau", effect="unusable", text="登不进去", by="小陈"),
            ("R3", "网上税务局有人报告不能使用:登不进去", "小陈"),
        ),
        (
            ev.IncidentMerged(at=AT + 60, incident="inc-2", into="inc-1", by="李工", reason="同一原因"),
            ("", "事件inc-2并入事件inc-1,理由:同一原因", "李工"),
        ),
        (
            ev.IncidentSplit(**OF, device="core-system", by="李工", reason="另有原因"),
            ("", "核心征管系统从本事件中分出,理由:另有原因", "李工"),
        ),
    ],
)
def test_each_act_has_its_line(event: AnyEvent, line: tuple[str, str, str]) -> None:
    assert line in lines(event)


def test_how_many_people_waited_is_told() -> None:
    told = story()
    assert "发生时厅内等候48人" in size(told, ReportWords(told.rules, told.told_at, told.began_at, told.course))
    assert any("当时厅内等候48人" in says for _, says, _ in lines())


def test_what_is_done_by_an_answer_is_not_told_twice() -> None:
    bench = BureauBench("03-10 09:00")
    bench.fails("bureau")
    bench.confirm("O1")
    bench.tick(f"{bench.notices()[0].id}-notice-board")
    told = tell_story(
        Record(bench.events), "inc-1", Rules(bench.hall, PLAN, CATALOGUE), Source(entries=1, first=1, last=1), bench.now
    )
    words = ReportWords(told.rules, told.told_at, told.began_at, told.course)
    says = [line.lead + "、".join(line.subjects) + line.says for line in tell_course(told, words)]
    text = bench.notices()[0].versions[-1].text
    assert sum(text in each for each in says) == 1, "the public text stands where it was released"
    assert not any(each.startswith(("同意:", "办理完毕:")) for each in says)
    assert "《系统故障公告》(第1版)已发布到公告栏" in says


def test_an_answer_that_was_taken_back_counts_no_more() -> None:
    raised = ev.MeasureRaised(
        **OF, measure="m-2", template="notice-system-down", clause="O1", mode="ask", subject="bureau", owner="head",
        group="opinion", text="网上税务局故障,建议在大厅发布公告。", text_en="x", due_at=None,
    )  # fmt: skip
    declined = ev.MeasureDecided(at=AT + 90, measure="m-2", by="王主任", decision="declined", reason="先核实")
    back = ev.MeasureRetracted(at=AT + 120, measure="m-2", by="王主任", reason="点错了")
    assert ("O1", "不同意:网上税务局(建议在大厅发布公告),理由:先核实", "王主任") in lines(raised, declined)
    assert ("O1", "撤回答复:网上税务局(建议在大厅发布公告),理由:点错了", "王主任") in lines(raised, declined, back)
    (measure,) = story(raised, declined, back).measures
    assert (measure.decision, measure.decided_at) == ("", None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1号窗口已恢复,请核对最后一笔业务,核对后勾选。", "请核对最后一笔业务"),
        ("网络故障,建议手工受理:留存资料。恢复后补录。", "建议手工受理:留存资料"),
        ("厅内没有窗口可以代办。确认后,窗口挂「暂停服务」。", "窗口挂「暂停服务」"),
        ("甲" * 60, "甲" * (GIST - 1) + "…"),
        ("", ""),
    ],
)
def test_a_measure_is_called_by_what_it_asks_for(text: str, says: str) -> None:
    assert gist(text) == says
