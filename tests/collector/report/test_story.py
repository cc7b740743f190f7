"""What of a hall's record belongs to which incident, how long it took, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector.core import events as ev
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.readiness.kept import RoundLine
from hallwatch_collector.report.course import tell_course
from hallwatch_collector.report.document import Facts, Table
from hallwatch_collector.report.review import ADVICE, LESSONS, achieved, draw, nature, trend
from hallwatch_collector.report.sections import write_report
from hallwatch_collector.report.spans import Span, elapsed_s, intersect, length_s, unite
from hallwatch_collector.report.story import NoSuchIncident, Rules, Story
from hallwatch_collector.report.timing import (
    find_late,
    find_people,
    find_stages,
    judge_measure,
    missing_stages,
    unserved,
)
from hallwatch_collector.report.words import ReportWords, span
from parts.jammed_hall import HALL, MORNING, NINE, RULES, TOLD_AT, story

JAM, CUT = "inc-1", "inc-4"


def words(told: Story) -> ReportWords:
    return ReportWords(told.rules, told.told_at, told.began_at)


def test_each_incident_has_what_its_own_faults_took() -> None:
    jam, cut = story(JAM), story(CUT)
    assert [(loss.window, loss.business) for loss in jam.losses] == [("w1", "certificates")] * 2
    assert {(loss.window, loss.business) for loss in cut.losses} == {
        ("w1", "filing"),
        ("w2", "filing"),
        ("w1", "certificates"),  # printing is no use without the core system
    }
    assert jam.closures == []
    assert [closure.window for closure in cut.closures] == ["w2"]
    assert [fault.device for fault in cut.roots] == ["rt-1"]
    assert [fault.device for fault in cut.followed] == ["core"]
    assert cut.windows == ["w1", "w2"]


MENDED_AT, JAMMED_AT = NINE + 3000, NINE + 3300
AFTERWARDS: list[ev.AnyEvent] = [
    *MORNING,
    ev.FaultCleared(at=MENDED_AT, device="rt-1", fault="network-down", since=NINE + 1490),
    ev.FaultCleared(at=MENDED_AT, device="core", fault="system-down", since=NINE + 1490),
    ev.WindowChanged(at=MENDED_AT, window="w1", lost=[]),
    ev.WindowChanged(at=MENDED_AT, window="w2", lost=[]),
    ev.IncidentMoved(at=MENDED_AT, incident=CUT, status="recovered"),
    ev.MeasureRaised(
        at=MENDED_AT, measure="m-8", incident=CUT, template="check-last-transaction", clause="D4", mode="show",
        subject="w1", owner="staff", text="1号窗口请核对。",
    ),
    ev.WindowReopened(at=MENDED_AT + 60, window="w2", by="王主任"),
    ev.WindowClosed(at=MENDED_AT + 90, window="w1", by="王主任", reason="开会"),
    ev.WindowReopened(at=MENDED_AT + 90, window="w1", by="王主任", reason="开错"),
    ev.FaultRaised(at=JAMMED_AT, device="prn-1", fault="jam", since=JAMMED_AT, known_at=JAMMED_AT),
    ev.WindowChanged(at=JAMMED_AT, window="w1", lost=["certificates"]),
    ev.IncidentOpened(at=JAMMED_AT, incident="inc-9", device="prn-1", fault="jam"),
    ev.FaultRaised(at=JAMMED_AT, device="core", fault="system-down", since=JAMMED_AT, known_at=JAMMED_AT),
    ev.WindowChanged(at=JAMMED_AT, window="w2", lost=["filing"]),
    ev.IncidentOpened(at=JAMMED_AT, incident="inc-10", device="core", fault="system-down"),
]  # fmt: skip
"""The router is mended and its check waits; meanwhile window 1 is closed by mistake, and others take windows."""


def test_what_others_take_before_an_incident_is_closed_is_not_its_own() -> None:
    told = story(CUT, AFTERWARDS)
    assert told.ended_at is None
    assert {(loss.window, loss.start - NINE, loss.end) for loss in told.losses} == {
        ("w1", 1500, MENDED_AT), ("w2", 1500, MENDED_AT),
    }  # fmt: skip
    assert [(each.window, each.end) for each in told.closures] == [("w2", MENDED_AT + 60)]
    assert trend(told) == "受影响窗口由最多时的2个减至0个,影响已消除。"
    late = [event for event in told.course if event.at > MENDED_AT]
    assert [type(event) for event in late] == [ev.WindowReopened], "the rest is of others, or of nobody"
    jam = story("inc-9", AFTERWARDS)
    assert [(loss.window, loss.start) for loss in jam.losses] == [("w1", JAMMED_AT)]


def test_a_fault_is_an_incidents_only_while_its_device_explains_it() -> None:
    own = ev.CauseChanged(at=NINE + 2700, device="core", fault="system-down", cause="")
    told = story(CUT, [*MORNING, own, ev.FaultCleared(at=NINE + 3600, device="core", fault="system-down", since=NINE)])
    assert ev.FaultCleared not in [type(event) for event in told.course if event.at > own.at]
    late = ev.CauseChanged(at=NINE + 1560, device="core", fault="system-down", cause="rt-1")
    first = [structs.replace(e, cause="") if isinstance(e, ev.FaultRaised) and e.cause else e for e in MORNING]
    (core,) = story(CUT, [*first, late]).followed
    assert [(span.start - NINE, span.end) for span in core.under("rt-1")] == [(1500, None)], "nobody knew it earlier"


def test_a_window_that_a_person_reported_lost_all_of_its_classes_while_it_stood() -> None:
    events: list[ev.AnyEvent] = [
        ev.FaultReported(at=NINE, device="window:w2", effect="hazard", text="冒烟", by="小陈"),
        ev.FaultRaised(at=NINE, device="window:w2", fault="reported-hazard", since=NINE, known_at=NINE),
        ev.WindowChanged(at=NINE, window="w2", lost=["filing"]),
        ev.IncidentOpened(at=NINE, incident="inc-1", device="window:w2", fault="reported-hazard"),
    ]
    assert [loss.window for loss in story("inc-1", events).losses] == ["w2"]


def test_the_course_of_an_incident_leaves_out_what_happened_elsewhere_and_meanwhile() -> None:
    about = [type(event) for event in story(JAM).course]
    assert about.count(ev.FaultRaised) == 2
    assert ev.WindowClosed not in about
    assert ev.HallLoaded not in about, "that was before it began"
    assert all(getattr(event, "incident", CUT) == CUT for event in story(CUT).course)


def test_an_incident_is_told_from_its_first_symptom() -> None:
    assert story(JAM).began_at == NINE - 3
    assert story(JAM).ended_at is None
    assert story(JAM).until == TOLD_AT
    closed = story(JAM, MORNING[: MORNING.index(ev.HallLoaded(at=NINE - 600, digest="d")) + 17])
    assert closed.ended_at == closed.until == NINE + 300


def test_a_window_whose_devices_left_the_hall_file_is_known_from_the_measures() -> None:
    without = Rules(structs.replace(HALL, devices=[], systems=[]), RULES.plan, RULES.catalogue)
    assert [closure.window for closure in story(CUT, rules=without).closures] == ["w2"]
    assert [loss.window for loss in story(CUT, rules=without).losses] == ["w2"]


def test_an_unknown_incident_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(NoSuchIncident, match="inc-1, inc-4"):
        story("inc-2")


def test_stages_tell_every_delay() -> None:
    stages = [(stage.name, stage.at - NINE, stage.by) for stage in find_stages(story(CUT))]
    assert stages == [
        ("首个征兆", 1490, ""),
        ("确认故障", 1500, ""),
        ("监测程序得知", 1500, ""),
        ("通知检修人员", 1500, ""),
        ("第一项决定", 2220, "王主任"),
        ("有人接手", 2400, "李工"),
    ]
    assert missing_stages(story(CUT)) == ["第一块告示", "窗口恢复办理", "故障消除", "事件结束"]


def test_a_reopened_incident_says_when_it_came_back() -> None:
    stages = {stage.name: stage.at - NINE for stage in find_stages(story(JAM))}
    assert stages["故障再次发生"] == 1200
    assert stages["故障消除"] == 1800
    assert "事件结束" not in stages


def test_while_it_is_being_repaired_it_still_stands_though_it_was_over_once_before() -> None:
    again = MORNING.index(ev.IncidentMoved(at=NINE + 1800, incident=JAM, status="recovered"))
    repairing = ev.IncidentMoved(at=NINE + 1260, incident=JAM, status="repairing", by="李工")
    told = story(JAM, [*MORNING[:again], repairing])
    assert "故障消除" not in {stage.name for stage in find_stages(told)}
    advice = draw(ADVICE, told, words(told))
    assert not any("继续观察" in text for text in advice)


def test_a_level_that_is_taken_back_is_said_so() -> None:
    levels = [ev.LevelChanged(at=NINE + at, incident=JAM, level=level) for at, level in ((10, "Ⅳ"), (20, ""))]
    told = story(JAM, [*MORNING, *levels])
    (basics,) = (block for block in write_report(told, words(told)).blocks[:2] if isinstance(block, Facts))
    assert dict(basics.rows)["响应级别"].endswith("09:00:20起未定级")


def verdicts(told: Story) -> list[tuple[str, str, float]]:
    judged = [(measure, judge_measure(told, measure)) for measure in told.measures]
    return [(f"{measure.clause}@{measure.start - NINE:g}", each.verdict, each.late_s) for measure, each in judged]


def test_due_times_are_kept_missed_or_lapse() -> None:
    assert verdicts(story(CUT)) == [("H1@1500", "late", 300.0), ("W1@1500", "late", 420.0)]
    assert verdicts(story(JAM)) == [
        ("H1@0", "lapsed", 0.0),  # it was over before it was due
        ("H2@0", "no-limit", 0.0),
        ("D4@240", "kept", 0.0),
        ("H1@1200", "missed", TOLD_AT - NINE - 1800),
        ("H2@1200", "no-limit", 0.0),
    ]
    assert [measure.clause for measure, _ in find_late(story(CUT))] == ["H1", "W1"]


def of_day(clock: str) -> int:
    hours, minutes, rest = map(int, clock.split(":"))
    return (hours * 60 + minutes) * 60 + rest


def test_delays_are_the_differences_of_the_moments_that_are_shown() -> None:
    told = structs.replace(story(CUT), began_at=NINE + 1490.9)
    blocks = (block for block in write_report(told, words(told)).blocks if isinstance(block, Table))
    (first, *rows) = next(table for table in blocks if table.columns[0].title == "环节").rows
    assert [since for _, _, since, *_ in rows] == [span(of_day(row[1]) - of_day(first[1])) for row in rows]
    barely = structs.replace(story(CUT), began_at=NINE + 1500 - 0.4)
    assert [span(elapsed_s(barely.began_at, at)) for at in (NINE + 1499.9, NINE + 1500)] == ["0秒", "1秒"]


def test_what_is_late_by_less_than_clocks_show_is_in_time() -> None:
    decided = ev.MeasureDecided(at=NINE + 1800.7, measure="m-6", by="王主任", decision="declined", reason="x")
    told = story(CUT, [*(each for each in MORNING if not isinstance(each, ev.MeasureDecided)), decided])
    assert ("W1@1500", "kept", 0.0) in verdicts(told)


def test_people_are_named_in_the_order_of_their_first_deed() -> None:
    assert find_people(story(CUT)) == ["王主任", "李工"]
    assert find_people(story(JAM)) == ["小陈"]
    at = NINE + 3000
    more: list[ev.AnyEvent] = [
        ev.EstimateChanged(at=at, incident=CUT, back_at=at + 600, source="person", by="赵工"),
        ev.NoteTaken(at=at + 1, incident=CUT, by="小周", text="已致电"),
        ev.ReportSigned(at=at + 2, incident=CUT, version=1, digest="d", by="钱局"),
    ]
    assert find_people(story(CUT, [*MORNING, *more])) == ["王主任", "李工", "赵工", "小周", "钱局"]


def test_nobody_is_told_before_the_program_knows() -> None:
    names = [stage.name for stage in find_stages(story(JAM))]
    assert names.index("监测程序得知") < names.index("通知检修人员")
    stages = {stage.name: stage.at for stage in find_stages(story(JAM))}
    assert stages["通知检修人员"] == stages["监测程序得知"] == NINE + 1


def test_a_sign_that_was_called_for_and_nobody_posted_is_missing() -> None:
    assert "第一块告示" in missing_stages(story(JAM)), "no display is at that printer"


def test_why_a_measure_ended_is_said_as_it_was() -> None:
    kept = MORNING.index(ev.MeasureDecided(at=NINE + 2220, measure="m-6", by="王主任", decision="confirmed"))
    over = ev.MeasureUndone(at=NINE + 1600, measure="m-6", incident=CUT, because="time-over")
    told = story(CUT, [*MORNING[:kept], over])
    said = str(write_report(told, words(told)).blocks)
    assert "修复时间超出预计,改按其他措施办理" in said


def test_a_class_is_unserved_while_no_window_takes_it() -> None:
    gone = unserved(story(CUT))
    assert {name: length_s(spans) for name, spans in gone.items()} == {
        "filing": TOLD_AT - NINE - 1500,
        "certificates": TOLD_AT - NINE - 1500,
    }
    assert set(unserved(story(JAM))) == {"certificates"}


TIMES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 10)).map(lambda pair: Span(start=pair[0], end=pair[0] + pair[1]))
)


def seconds(spans: list[Span]) -> set[int]:
    return {at for each in spans for at in range(int(each.start), int(each.end or 0))}


@given(TIMES, TIMES)
def test_times_are_united_and_intersected_as_sets_are(ours: list[Span], theirs: list[Span]) -> None:
    left, right = unite(ours, 50), unite(theirs, 50)
    assert seconds(left) == seconds(ours)
    assert length_s(left) == len(seconds(ours))
    assert seconds(intersect(left, right)) == seconds(ours) & seconds(theirs)


def test_the_course_tells_alike_things_of_one_moment_in_one_line() -> None:
    told = story(CUT)
    lines = [
        (line.at - NINE, line.lead + "、".join(line.subjects) + line.says, line.by)
        for line in tell_course(told, words(told))
    ]
    assert lines == [
        (1490, "上联路由器出现首个征兆", ""),
        (1500, "上联路由器发生故障:网络设备无应答", ""),
        (1500, "核心征管系统受上联路由器故障影响,业务系统无法访问", ""),
        (1500, "1号窗口不能办理申报纳税、完税证明开具", ""),
        (1500, "2号窗口不能办理申报纳税", ""),
        (1500, "立为事件:上联路由器(网络设备无应答)", ""),
        (1500, "响应级别定为Ⅲ级(较大)", ""),
        (1500, "请检修上联路由器。", words(told).role("network")),
        (1500, "提请决定:2号窗口建议停办。", words(told).role("head")),
        (2220, "2号窗口暂停服务", "王主任"),
        (2400, "接手处理", "李工"),
    ]


def test_of_readiness_the_course_tells_what_is_about_the_device_and_nothing_else() -> None:
    at = NINE + 1600
    line = RoundLine(item="order", result="ok")
    more = [
        ready.SpareLent(at=at, spare="rt-spare", device="rt-1", by="李工"),
        ready.SpareLent(at=at, spare="prn-spare", device="prn-1", by="小陈"),
        ready.MaintenanceBegun(at=at + 1, maintenance="mt-1", devices=["rt-1"], text="更换上联路由器", by="李工"),
        ready.MaintenanceBegun(at=at + 2, maintenance="mt-2", devices=["prn-1"], text="清洁", by="小陈"),
        ready.RoundDue(at=at + 3, round="r-1", lines=[line]),
        ready.RoundEnded(at=at + 4, round="r-1", by="小陈", lines=[line]),
        ready.StockChanged(at=at + 5, supply="toner", how="taken", count=3, by="小陈"),
        ready.SpareReturned(at=at + 6, spare="rt-spare", device="rt-1", by="李工"),
    ]
    told = story(CUT, [*MORNING, *more])
    said = [
        ("、".join(line.subjects) + line.says, line.by, line.clause)
        for line in tell_course(told, words(told))
        if at <= line.at <= at + 6
    ]
    assert said == [
        ("上联路由器启用备用设备rt-spare", "李工", "H1"),
        ("上联路由器转入维护:更换上联路由器", "李工", "S9"),
        ("上联路由器归还备用设备rt-spare", "李工", "H1"),
    ]


def test_windows_that_lose_the_same_are_one_line() -> None:
    both = [ev.WindowChanged(at=NINE + 1501, window=window, lost=["filing"]) for window in ("w1", "w2")]
    told = story(CUT, [*MORNING, *both])
    assert ("1号窗口", "2号窗口") in [line.subjects for line in tell_course(told, words(told))]


def advice(told: Story) -> str:
    return "\n".join(draw(ADVICE, told, words(told)))


def lessons(told: Story) -> str:
    return "\n".join(draw(LESSONS, told, words(told)))


def test_advice_names_what_is_still_to_be_done() -> None:
    assert "尽快修复上联路由器(网络设备无应答)" in advice(story(CUT))
    assert "2号窗口仍暂停服务" in advice(story(CUT))
    assert "继续观察1号窗口打印机" in advice(story(JAM))
    assert "补录" in advice(story(JAM))


def test_lessons_follow_from_the_record() -> None:
    assert "上联路由器是单点:核心征管系统" in lessons(story(CUT))
    assert "告知后15分钟才有人接手" in lessons(story(CUT))
    assert "超过时限7分钟" in lessons(story(CUT))
    assert "完税证明开具、申报纳税一度全厅无窗口可办" in lessons(story(CUT))
    assert "又发生1次" in lessons(story(JAM))
    assert "没有人在系统中接手" in lessons(story(JAM))
    assert "单点" not in lessons(story(JAM))


def test_a_second_router_is_no_single_point() -> None:
    second = structs.replace(HALL.devices[1], id="rt-2", name="备用路由器")
    core = structs.replace(HALL.systems[0], depends_on=[["rt-1", "rt-2"]])
    better = structs.replace(HALL, devices=[*HALL.devices, second], systems=[core])
    assert "单点" not in lessons(story(CUT, rules=Rules(better, RULES.plan, RULES.catalogue)))


def test_nature_trend_and_effect_are_said_plainly() -> None:
    assert nature(story(CUT)) == "网络故障"
    assert nature(story(JAM)) == "设备故障"
    assert trend(story(CUT)).startswith("受影响窗口为2个")
    back = [ev.WindowChanged(at=NINE + 3000, window=window, lost=[]) for window in ("w1", "w2")]
    reopened = ev.WindowReopened(at=NINE + 3000, window="w2", by="auto")
    assert trend(story(CUT, [*MORNING, *back, reopened])) == "受影响窗口由最多时的2个减至0个,影响已消除。"
    assert achieved(story(CUT)) == (
        "共采取措施2项,其中自动执行1项;由人员决定或办理1项,已答复1项;有时限的措施中,已办理或已到期2项,其中按时0项。"
    )


@pytest.mark.parametrize(
    ("length_s", "told"),
    [
        (0, "0秒"), (59.4, "59秒"), (60, "1分钟"), (110, "1分50秒"), (3599, "59分59秒"), (3600, "1小时"),
        (13_380, "3小时43分钟"), (172_800, "2天"), (200_000, "2天8小时"),
    ],
)  # fmt: skip
def test_spans_are_as_precise_as_people_need_them(length_s: float, told: str) -> None:
    assert span(length_s) == told


@pytest.mark.parametrize("changed", [{"windows": []}, {"contacts": []}, {"windows": [], "devices": [], "systems": []}])
def test_a_hall_file_that_has_changed_since_costs_names_and_no_report(changed: dict[str, Any]) -> None:
    bare: Hall = structs.replace(HALL, **changed)
    told = story(CUT, rules=Rules(bare, RULES.plan, RULES.catalogue))
    assert tell_course(told, words(told))
    assert lessons(told)
