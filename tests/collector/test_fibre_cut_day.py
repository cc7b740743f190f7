"""The fibre-cut day (tests/halls/fibre-cut), by what must hold on it.

What comes of it in every line stands in its golden files; here each promise is asked for by name, also on days that go
otherwise.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec import structs

from hallwatch_collector import plans
from hallwatch_collector.core import events as ev
from hallwatch_collector.core import public_events as pub
from hallwatch_collector.core import register_events as reg
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.player import Player
from hallwatch_collector.replay import play_scenario
from hallwatch_collector.report.archive import compile_report
from hallwatch_collector.report.document import Heading, Signature, Table
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.story import Rules, Source
from hallwatch_collector.simulate.scenario import Scenario, load_scenario
from hallwatch_collector.simulate.steps import Act, End, Start

FOLDER = Path(__file__).parents[1] / "halls" / "fibre-cut"
PLAN, CATALOGUE = plans.load()
KNOWN = Known.of(PLAN, CATALOGUE)
ZONE = ZoneInfo("Asia/Shanghai")
E = TypeVar("E")
PARTS = (
    "基本情况", "原因", "性质", "规模", "经过", "危害程度", "影响范围", "措施", "处置时效", "当前状态", "发展趋势",
    "建议", "后期评估", "经验教训",
)  # fmt: skip
TOLD = (
    "已电话报告分管副局长", "预计13:45修复,原预计11:47", "登记29笔", "补录29笔", "告知纳税人10户", "宣布应急响应结束",
    "超时17分50秒",
)  # fmt: skip


def clock(time: str) -> float:
    return dt.datetime.fromisoformat(f"2026-03-13T{time}").replace(tzinfo=ZONE).timestamp()


CUT, LINKED, REPAIRED, CLEARED = map(clock, ("09:47:00", "10:45:00", "13:30:00", "14:00:00"))


class Day(NamedTuple):
    """A day that was played."""

    events: list[AnyEvent]
    lines: list[str]
    file: HallFile
    ended_at: float

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def raised(self, template: str) -> list[ev.MeasureRaised]:
        return [each for each in self.of(ev.MeasureRaised) if each.template == template and not each.updated]


class DuePlayer(Player):
    """Lets time pass only where the engine says that something is due, to the very moment, and at no other second."""

    def advance(self, now: float) -> None:
        while (due := self._engine.next_due()) <= now:
            self._now = max(self._now, due)
            for events in self._engine.on_tick(self._now).values():
                self._tell(events)
        self._now = now


def play(change: Callable[[Scenario], Scenario] = lambda scenario: scenario, player_of: type[Player] = Player) -> Day:
    file = read_hall(FOLDER / "hall.toml", KNOWN)
    scenario = change(load_scenario(FOLDER / "scenario.toml", file.hall.timezone))
    heard: list[AnyEvent] = []

    def hear(_: Player, events: Sequence[AnyEvent]) -> None:
        heard.extend(events)

    player = player_of(PLAN, CATALOGUE, file, scenario.start, listen=hear)
    play_scenario(player, scenario, file, KNOWN)
    return Day(heard, player.told(), player.file, scenario.until)


@pytest.fixture(scope="module")
def day() -> Day:
    return play()


def test_ticked_each_second_or_when_due_the_day_is_the_same(day: Day) -> None:
    assert play(player_of=DuePlayer).lines == day.lines


def test_it_is_one_incident_told_within_fifteen_seconds(day: Day) -> None:
    (opened,) = day.of(ev.IncidentOpened)
    assert (opened.device, opened.reopened, opened.waiting) == ("fibre", False, 50)
    (alert,) = day.raised("inspect-and-spare")
    assert 0 < alert.at - CUT <= 15
    assert {each.incident for each in day.of(ev.MeasureRaised)} == {opened.incident, ""}


@pytest.mark.parametrize("late_s", [1, 2, 3, 4])
def test_it_is_told_within_fifteen_seconds_whenever_it_comes(late_s: int) -> None:
    def change(scenario: Scenario) -> Scenario:
        cut = (CUT + late_s, Start(at=0, thing="fibre", fault="line-cut"))
        return structs.replace(scenario, start=CUT - 60, until=CUT + 40, steps=[cut])

    day = play(change)
    (alert,) = day.raised("inspect-and-spare")
    (level,) = day.of(ev.LevelChanged)
    assert alert.at - (CUT + late_s) <= 15
    assert (level.level, level.at) == ("Ⅲ", alert.at)


def test_its_level_is_set_at_once_and_passed_on(day: Day) -> None:
    assert [(each.at - CUT, each.level) for each in day.of(ev.LevelChanged)] == [(10, "Ⅲ")]
    assert [each.at for each in day.raised("pass-on-county")] == [CUT + 10]


def test_people_are_led_and_told_in_one_wording_at_each_outlet(day: Day) -> None:
    guides = {each.subject for each in day.raised("class-unserved")}
    assert guides == {"class:filing", "class:registration", "class:certificates"}
    first, second = day.of(pub.NoticeReleased)
    assert (first.notice, first.outlets, first.version, second.version) == (
        "hall-cut-off", ["hall-display", "notice-board"], 1, 2,
    )  # fmt: skip
    assert "预计11:47恢复" in first.text
    assert second.text == first.text.replace("11:47", "13:45"), "corrected where it was wrong"
    carried = [each.text for each in day.of(ev.MeasureRaised) if each.template == "carry-notice"]
    assert all(text in told for text, told in zip((first.text, second.text), carried, strict=True))
    posted = [(each.outlet, each.version) for each in day.of(pub.NoticePosted)]
    assert posted == [("notice-board", 1), ("notice-board", 2), ("notice-board", 0)]


def test_nothing_is_told_or_moved_that_this_hall_cannot_know(day: Day) -> None:
    """A hall that is cut off does not know whether the systems work for others: the notice speaks of this hall, and a
    deadline that is near stays where it is."""
    assert all("本厅" in each.text for each in day.of(pub.NoticeReleased))
    (filing,) = day.file.hall.filing
    assert (filing.last_days[0] - dt.date(2026, 3, 13)).days <= PLAN.deadlines.near_days
    asked = {each.clause for each in day.of(ev.MeasureRaised)}
    assert not asked & {"O2", "O3", "O4", "O5"}
    assert {"O1", "O6"} <= asked


def test_twenty_nine_are_written_down_entered_and_told(day: Day) -> None:
    taken = {each.number: each.at for each in day.of(reg.EntryTaken)}
    entered = {each.number: each.at for each in day.of(reg.EntryMoved) if each.status == "entered"}
    told = {each.number: each.at for each in day.of(reg.EntryMoved) if each.status == "told"}
    assert len(taken) == 29
    assert taken.keys() == entered.keys() == told.keys()
    assert all(CUT < taken[each] < LINKED < entered[each] < told[each] for each in taken)


def test_no_personal_data_is_in_the_record_or_in_what_is_shown(day: Day) -> None:
    written = msgspec.json.encode(day.events).decode() + "".join(day.lines)
    written += "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt"))
    assert "号公司" not in written
    assert "138000000" not in written


def test_business_resumes_on_the_emergency_link(day: Day) -> None:
    reopened = {each.window: each.at for each in day.of(ev.WindowReopened)}
    assert reopened.keys() == {"w1", "w2", "w3", "w4"}
    checked = {each.subject: each.at for each in day.raised("check-last-transaction")}
    assert all(LINKED <= checked[window] < reopened[window] < REPAIRED for window in reopened)
    (to_enter,) = day.raised("enter-register")
    assert to_enter.at == LINKED, "what was taken by hand can be entered, although the fibre is still cut"
    (withdrawn,) = day.of(pub.NoticeWithdrawn)
    assert LINKED < withdrawn.at < REPAIRED


def test_all_clear_is_asked_after_the_stable_half_hour_only(day: Day) -> None:
    (recovered,) = (each for each in day.of(ev.IncidentMoved) if each.status == "recovered")
    (asked,) = day.raised("end-response")
    assert (recovered.at, asked.at) == (REPAIRED, CLEARED)
    (ended,) = day.of(ev.ResponseEnded)
    (closed,) = (each for each in day.of(ev.IncidentMoved) if each.status == "closed")
    last = max(each.at for each in day.of(reg.EntryMoved))
    assert CLEARED < ended.at < last < closed.at, "it closes when everybody is told and the report is signed"


def _fails_again(scenario: Scenario) -> Scenario:
    again = [
        (clock("13:45:00"), Start(at=0, thing="fibre", fault="line-cut")),
        (clock("13:50:00"), End(at=0, thing="fibre", fault="line-cut")),
    ]
    return structs.replace(scenario, start=clock("09:46:00"), steps=_from(scenario, "09:46:00", again))


def _one_is_never_told(scenario: Scenario) -> Scenario:
    steps = [
        (at, structs.replace(step, count=3) if isinstance(step, Act) and step.first == 26 else step)
        for at, step in _from(scenario, "09:46:00", [])
    ]
    return structs.replace(scenario, start=clock("09:46:00"), steps=steps)


def _link_fails(scenario: Scenario) -> Scenario:
    off = [
        (clock("11:20:00"), Start(at=0, thing="link-4g", fault="off")),
        (clock("11:25:00"), End(at=0, thing="link-4g", fault="off")),
    ]
    steps = [step for step in _from(scenario, "09:46:00", off) if step[0] <= clock("11:30:00")]
    return structs.replace(scenario, start=clock("09:46:00"), until=clock("11:30:00"), steps=steps)


def _bureau_is_down_for_all(scenario: Scenario) -> Scenario:
    say = {"thing": "bureau", "effect": "unusable", "text": "市局通知:网上税务局停用"}
    told = [(clock("09:50:00"), Act(at=0, order="report-fault", by="王主任", say=say))]
    steps = [step for step in _from(scenario, "09:46:00", told) if step[0] <= clock("09:50:00")]
    return structs.replace(scenario, start=clock("09:46:00"), until=clock("09:50:30"), steps=steps)


def _from(scenario: Scenario, time: str, more: list) -> list:  # type: ignore[type-arg]
    return sorted([*(step for step in scenario.steps if step[0] >= clock(time)), *more], key=lambda step: step[0])


def test_a_line_that_fails_again_within_the_half_hour_begins_it_anew() -> None:
    day = play(_fails_again)
    first, again = day.of(ev.IncidentOpened)
    assert (first.incident, first.reopened, again.reopened) == (again.incident, False, True)
    assert [each.at for each in day.raised("end-response")] == [clock("14:20:00")]


def test_the_incident_cannot_close_while_somebody_is_not_told() -> None:
    day = play(_one_is_never_told)
    assert day.of(ev.ResponseEnded)
    assert "closed" not in {each.status for each in day.of(ev.IncidentMoved)}


def test_nothing_can_be_entered_while_the_emergency_link_fails() -> None:
    day = play(_link_fails)
    first, again = (each.at for each in day.raised("enter-register"))
    (undone,) = (each for each in day.of(ev.MeasureUndone) if each.clause == "O8")
    assert (first, undone.because) == (LINKED, "fault-back")
    assert clock("11:20:00") < undone.at < clock("11:25:00") <= again


def test_what_is_known_to_be_down_for_all_calls_people_in_person() -> None:
    """Somebody reports that the online bureau itself is down, three days before the last day: that is the county's."""
    day = play(_bureau_is_down_for_all)
    (asked,) = (each for each in day.of(ev.MeasureRaised) if each.clause == "O2")
    assert (asked.subject, asked.at) == ("bureau", clock("09:50:00"))
    assert {each.template for each in day.of(ev.MeasureRaised) if each.clause == "O1"} == {
        "notice-hall-cut-off", "notice-system-down",
    }  # fmt: skip


def test_the_report_has_all_that_the_plan_asks_for(day: Day) -> None:
    rules = Rules(day.file.hall, PLAN, CATALOGUE)
    record = Record(day.events)
    (incident,) = record.incidents
    source = Source(entries=len(day.events), first=1, last=len(day.events))
    document = compile_report(record, source, incident, rules, told_at=day.ended_at)
    titles = "".join(block.text for block in document.blocks if isinstance(block, Heading))
    assert [part for part in PARTS if part not in titles] == []
    assert any(isinstance(block, Signature) for block in document.blocks)
    told = "".join(cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row)
    assert [said for said in TOLD if said not in told] == []
    stages = [block for block in document.blocks if isinstance(block, Table)][-1]
    assert [row[0] for row in stages.rows] == [
        "首个征兆", "确认故障", "监测程序得知", "通知检修人员", "有人接手", "第一项决定", "首次发布公告", "第一块告示",
        "窗口恢复办理", "核对完毕", "故障消除", "事件结束",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (
            "handbook",
            r"09:57:10  measure raised     m-\d+ H1 show fibre staff: .*10分钟内未修复,请设备责任人报信",
        ),
        ("handbook", r"10:07:10  measure raised     m-\d+ D2 ask fibre head: 故障已满20分钟"),
        ("handbook", r"10:07:10  measure raised     m-\d+ D2 show fibre guide: .*「二次优先办理卡」"),
        ("handbook", r"09:47:10  measure raised     m-\d+ O1 ask fibre head: .*请立即在电子屏发布公告"),
        ("handbook", r"09:47:10  measure raised     m-\d+ R3 show fibre head: 请值班长先核实"),
        ("provincial", r"09:47:10  level changed      inc-\d+ 三级"),
        ("provincial", r"this plan never asked for .*王主任: confirm R7 fibre"),
    ],
)
def test_another_plan_asks_for_its_own_measures(plan: str, says: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        pytest.skip("the golden files are being written")
    told = (FOLDER / f"expected.{plan}.txt").read_text(encoding="utf-8")
    assert re.search(says, told)
    assert not re.search(says, (FOLDER / "expected.txt").read_text(encoding="utf-8"))
