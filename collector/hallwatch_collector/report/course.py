"""The course of an incident in lines: what happened when, in the words of people. Pure.

A new kind of event needs one function and one row of the table at the end; kinds that are not in it leave no line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import structs

from hallwatch_collector.core import events as ev
from hallwatch_collector.core import public_events as pub
from hallwatch_collector.core import window_events as win
from hallwatch_collector.core.extension_words import day_name
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.report import acts
from hallwatch_collector.report.line import Line, Teller
from hallwatch_collector.report.registers import sum_up
from hallwatch_collector.report.story import Story
from hallwatch_collector.report.timing import GIVEN_WAY
from hallwatch_collector.report.words import ReportWords


def tell_course(story: Story, words: ReportWords) -> list[Line]:
    """Return the lines of a story, oldest first; what happened alike at one moment is one line."""
    measures = {measure.measure: measure for measure in story.measures}
    signs = {(told.sign.place, told.sign.clause) for told in story.signs}
    templates = {template.id: template for template in story.rules.plan.measures}
    teller = Teller(words, measures, templates, signs, story.shows_signs, story.incident.device)
    told: dict[Line, list[str]] = {Line(story.began_at, (), "出现首个征兆"): [words.subject(story.incident.device)]}
    for event in story.course:
        tell = _TELLERS.get(type(event))
        line = tell(teller, event) if tell else None
        if line is not None:
            told.setdefault(structs.replace(line, subjects=()), []).extend(line.subjects)
    lines = [structs.replace(line, subjects=tuple(subjects)) for line, subjects in told.items()]
    for kept in sum_up(story.course):
        name = words.subject(kept.register)
        lines += [Line(at, (name,), says, by, clause) for at, says, by, clause in kept.say(words.clock)]
    return sorted(lines, key=lambda line: line.at)


def _fault_raised(teller: Teller, event: ev.FaultRaised) -> Line:
    words = teller.words
    if event.cause:
        says = f"受{words.subject(event.cause)}故障影响,{words.fault(event.fault, event.part)}"
    else:
        fault, told = words.fault(event.fault, event.part), words.evidence(event.evidence)
        says = f"发生故障:{fault}" + (f"(设备报告:{told})" if told not in fault else "")
    return teller.line(event, says, event.device)


def _fault_cleared(teller: Teller, event: ev.FaultCleared) -> Line:
    says = "故障消除" if event.device == teller.root else "恢复正常"
    fault = teller.words.fault(event.fault, event.part)
    return teller.line(event, f"{says}(此前:{fault})", event.device)


def _cause_changed(teller: Teller, event: ev.CauseChanged) -> Line:
    words = teller.words
    says = f"的故障查明由{words.subject(event.cause)}引起" if event.cause else "的故障查明不再由其他设备引起"
    return teller.line(event, says, event.device)


def _window_changed(teller: Teller, event: ev.WindowChanged) -> Line:
    lost = teller.words.listed(map(teller.words.business, event.lost))
    return teller.line(event, f"不能办理{lost}" if lost else "可以办理全部业务", event.window)


def _why(event: ev.WindowClosed | ev.WindowReopened | win.AnyWindowEvent) -> str:
    """Say the reason of whoever did something to a window by hand."""
    return f",理由:{event.reason}" if event.reason else ""


def _window_closed(teller: Teller, event: ev.WindowClosed) -> Line:
    return teller.line(event, f"暂停服务{_why(event)}", event.window, clause="W2")


def _window_reopened(teller: Teller, event: ev.WindowReopened) -> Line:
    return teller.line(event, f"恢复服务{_why(event)}", event.window, clause="W3")


def _reserve_opened(teller: Teller, event: win.ReserveOpened) -> Line:
    says = f"开放(备用窗口){_why(event)}"
    return teller.line(event, says, event.window, clause="W1")


def _reserve_closed(teller: Teller, event: win.ReserveClosed) -> Line:
    says = f"转回备用{_why(event)}"
    return teller.line(event, says, event.window, clause="W3")


def _window_lent(teller: Teller, event: win.WindowLent) -> Line:
    says = f"兼办{teller.words.business(event.business)}{_why(event)}"
    return teller.line(event, says, event.window, clause="W1")


def _window_returned(teller: Teller, event: win.WindowReturned) -> Line:
    says = f"不再兼办{teller.words.business(event.business)}{_why(event)}"
    return teller.line(event, says, event.window, clause="W3")


def _incident_opened(teller: Teller, event: ev.IncidentOpened) -> Line:
    what = f"{teller.words.subject(event.device)}({teller.words.fault(event.fault)})"
    waiting = f",当时厅内等候{event.waiting:.0f}人" if event.waiting else ""
    return teller.line(event, f"{'故障再次发生,重新启动响应' if event.reopened else '立为事件'}:{what}{waiting}")


_STEPS: Final = {
    "acknowledged": "接手处理",
    "repairing": "开始修复",
    "recovered": "故障已恢复,进入核对",
    "checked": "各项核对均已办理完毕",
    "unchecked": "收回一项核对,事件重新等待核对",
    "closed": "事件结束",
}


def _incident_moved(teller: Teller, event: ev.IncidentMoved) -> Line:
    if event.by.startswith(GIVEN_WAY):
        root = teller.words.subject(event.by.removeprefix(GIVEN_WAY))
        return Line(event.at, (), f"查明由{root}引起,并入其事件,本事件结束")
    says = _STEPS.get(event.status) or teller.words.status(event.status)
    says += "(由通知消息中的链接)" if event.via == "link" else ""
    by = "" if event.status == "checked" else teller.words.person(event.by)  # each check says who ticked it
    return Line(event.at, (), says, by)


def _level_changed(teller: Teller, event: ev.LevelChanged) -> Line:
    says = f"响应级别定为{teller.words.level(event.level)}" if event.level else "响应级别恢复为按预案计算"
    reason = f",理由:{event.reason}" if event.reason else ""
    return teller.line(event, f"{says}{reason}", clause="R1")


def _notice_released(teller: Teller, event: pub.NoticeReleased) -> Line:
    outlets = "、".join(OUTLETS[outlet][0] for outlet in event.outlets) or "无渠道"
    version = f"(第{event.version}版,更正)" if event.version > 1 else ""
    held_back = ";因属演练或模拟,未向厅外发布" if event.held_back else ""
    says = f"发布《{event.name}》{version}({outlets}{held_back}):{event.text}"
    return teller.line(event, says, clause=event.clause)


def _notice_outdated(teller: Teller, event: pub.NoticeOutdated) -> Line:
    says = "所述情况已消除" if event.because == "cause-gone" else "所述情况已有变化"
    return teller.line(event, f"(第{event.version}版){says}", event.release, clause="R6")


def _notice_withdrawn(teller: Teller, event: pub.NoticeWithdrawn) -> Line:
    reason = f",理由:{event.reason}" if event.reason else ""
    says = f"(第{event.version}版)撤回{reason}"
    return teller.line(event, says, event.release, clause="R6")


def _notice_posted(teller: Teller, event: pub.NoticePosted) -> Line:
    outlet = OUTLETS[event.outlet][0]
    says = f"(第{event.version}版)已发布到{outlet}" if event.version else f"已从{outlet}撤下"
    return teller.line(event, says, event.release, clause="R6")


def _deadline_extended(teller: Teller, event: pub.DeadlineExtended) -> Line:
    new = day_name(event.new)[0] if event.new else f"故障排除后确定(最早{day_name(event.not_before)[0]})"
    was = f",此前决定为{day_name(event.was)[0]}" if event.was else ""
    says = f"{event.filing}的期限由{day_name(event.old)[0]}顺延至{new}{was}"
    return teller.line(event, says, clause=event.clause)


def _extension_withdrawn(teller: Teller, event: pub.ExtensionWithdrawn) -> Line:
    says = f"撤销{event.filing}的期限({day_name(event.old)[0]})的顺延决定"
    return teller.line(event, says)


def _sign_put(teller: Teller, event: ev.SignPut) -> Line | None:
    if not teller.shows(event.sign.place):
        return None  # it is there when somebody has posted it
    text = event.sign.text
    return teller.line(event, f"挂出「{text}」", event.sign.place, clause=event.sign.clause)


def _sign_taken(teller: Teller, event: ev.SignTaken) -> Line | None:
    if not teller.shows(event.place):
        return None
    return teller.line(event, "撤下告示", event.place)


def _hall_loaded(teller: Teller, event: ev.HallLoaded) -> Line:
    return teller.line(event, "大厅登记资料更新(设备、线路或窗口有变动)")


def _clock_set(teller: Teller, event: ev.ClockSet) -> Line:
    step = f"{'拨快' if event.step_s > 0 else '拨慢'}{abs(event.step_s):.0f}秒"
    return teller.line(event, f"监测主机时钟被校正({step});此前的时刻均已按校正后的时钟换算")


_TELLERS: Final[dict[type, Callable[[Teller, Any], Line | None]]] = {
    ev.HallLoaded: _hall_loaded,
    ev.ClockSet: _clock_set,
    ev.FaultRaised: _fault_raised,
    ev.FaultCleared: _fault_cleared,
    ev.CauseChanged: _cause_changed,
    ev.WindowChanged: _window_changed,
    ev.WindowClosed: _window_closed,
    ev.WindowReopened: _window_reopened,
    win.ReserveOpened: _reserve_opened,
    win.ReserveClosed: _reserve_closed,
    win.WindowLent: _window_lent,
    win.WindowReturned: _window_returned,
    ev.IncidentOpened: _incident_opened,
    ev.IncidentMoved: _incident_moved,
    ev.LevelChanged: _level_changed,
    **acts.TELLERS,
    pub.NoticeReleased: _notice_released,
    pub.NoticeOutdated: _notice_outdated,
    pub.NoticeWithdrawn: _notice_withdrawn,
    pub.NoticePosted: _notice_posted,
    pub.DeadlineExtended: _deadline_extended,
    pub.ExtensionWithdrawn: _extension_withdrawn,
    ev.SignPut: _sign_put,
    ev.SignTaken: _sign_taken,
}
"""What tells each kind of event."""
