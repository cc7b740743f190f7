"""Lines of the course: what the plan asked for and what people did (answers, notes, estimates, reports). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hallwatch_collector.core import events as ev
from hallwatch_collector.core import screen_events as scr
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.report.line import Line, Teller, gist, split_subject
from hallwatch_collector.report.words import DECISIONS

LEADS: Final = {"ask": "提请决定:", "show": "提示办理:"}
TELL_THEMSELVES: Final[frozenset[Occasion]] = frozenset(
    {"notice-unsent", "notice-hanging", "sign-unshown", "sign-left", "register-open", "register-to-enter"}
)
"""Steps whose doing has a line of its own: a text or sign is where it should be, entries are done with."""
SOURCES: Final = {
    "person": "", "history": "(按本厅以往修复用时估计)", "catalogue": "(按通常修复用时估计)",
    "causes": "(按造成它的各项故障估计)",
}  # fmt: skip
"""Where an estimate comes from."""
EFFECTS: Final = {
    "hazard": "有危险", "unusable": "不能使用", "degraded": "不正常", "unconfirmed": "有问题,待核实",
}  # fmt: skip
"""What a person reports of a thing (R3)."""


def _measure_raised(teller: Teller, event: ev.MeasureRaised) -> Line | None:
    if event.mode == "register" or (event.mode == "auto" and (event.subject, event.clause) in teller.signs):
        return None  # the register that is opened, the sign that goes up say it
    subjects, says = split_subject(teller.words.brief(event.text), teller.words.subject(event.subject))
    by = teller.words.role(event.owner)
    lead, again = LEADS.get(event.mode, ""), event.measure in teller.asked
    teller.asked.add(event.measure)
    return Line(event.at, subjects, says, by, event.clause, f"重新{lead}" if lead and again else lead)


def _measure_decided(teller: Teller, event: ev.MeasureDecided) -> Line | None:
    measure = teller.measures.get(event.measure)
    if measure is None or measure.mode == "register":
        return None
    template = teller.templates.get(measure.template)
    told = template is not None and (template.on_confirm or template.ticked_by or template.on in TELL_THEMSELVES)
    if told and event.decision != "declined":
        return None
    reason = f",理由:{event.reason}" if event.reason else ""
    says = f"({gist(teller.words.brief(measure.text))}){reason}"
    return teller.line(event, says, measure.subject, clause=measure.clause, lead=f"{DECISIONS[event.decision]}:")


def _measure_retracted(teller: Teller, event: ev.MeasureRetracted) -> Line | None:
    measure = teller.measures.get(event.measure)
    if measure is None:
        return None
    says = f"({gist(teller.words.brief(measure.text))}),理由:{event.reason}"
    return teller.line(event, says, measure.subject, clause=measure.clause, lead="撤回答复:")


def _response_ended(teller: Teller, event: ev.ResponseEnded) -> Line:
    return teller.line(event, "宣布应急响应结束", clause="R7")


def _report_signed(teller: Teller, event: ev.ReportSigned) -> Line:
    return teller.line(event, f"签署报告第{event.version}版", clause="R5")


def _note_taken(teller: Teller, event: ev.NoteTaken) -> Line:
    return teller.line(event, f"记事:{event.text}")


def _estimate_changed(teller: Teller, event: ev.EstimateChanged) -> Line:
    words = teller.words
    back = "修复时间待定" if event.back_at is None else f"预计{words.minute(event.back_at)}修复"
    was = f",原预计{words.minute(event.was_back_at)}" if event.was_back_at is not None else ""
    passed = "(已过)" if event.slipped and was else ""
    return teller.line(event, f"{back}{SOURCES.get(event.source, '')}{was}{passed}", clause="D1")


def _incident_assigned(teller: Teller, event: ev.IncidentAssigned) -> Line:
    return teller.line(event, f"指定{event.owner}负责修复")


def _incident_merged(teller: Teller, event: ev.IncidentMerged) -> Line:
    says = f"事件{event.incident}并入事件{event.into},理由:{event.reason}"
    return teller.line(event, says)


def _incident_split(teller: Teller, event: ev.IncidentSplit) -> Line:
    says = f"从本事件中分出,理由:{event.reason}"
    return teller.line(event, says, event.device)


def _fault_reported(teller: Teller, event: ev.FaultReported) -> Line:
    told = f":{event.text}" if event.text else ""
    says = f"有人报告{EFFECTS.get(event.effect, '已恢复')}{told}"
    return teller.line(event, says, event.device, clause="R3")


def _alarm_judged(teller: Teller, event: ev.AlarmJudged) -> Line:
    says = "认定为误报" if event.false else "撤销误报的认定"
    return teller.line(event, says + ("(由通知消息中的链接)" if event.via == "link" else ""))


def _sign_posted(teller: Teller, event: ev.SignPosted) -> Line:
    says = f"张贴「{event.text}」" if event.text else "取下张贴的标识"
    return teller.line(event, says, event.place, clause="H2")


def _screen_showed(teller: Teller, event: scr.ScreenShowed) -> Line | None:
    return teller.line(event, f"屏幕确认显示「{event.text}」", event.place, clause="H2") if event.text else None


def _screen_lost(teller: Teller, event: scr.ScreenLost) -> Line:
    says = "屏幕没有消息" if event.because == "silent" else "屏幕没有显示应显示的标识"
    return teller.line(event, f"{says},不再算作联网显示屏", event.place, clause="H2")


def _screen_back(teller: Teller, event: scr.ScreenBack) -> Line:
    return teller.line(event, "屏幕恢复显示", event.place, clause="H2")


def _spare_lent(teller: Teller, event: ready.SpareLent) -> Line:
    says = f"启用备用设备{teller.words.subject(event.spare)}"
    return teller.line(event, says, event.device, clause="H1")


def _spare_returned(teller: Teller, event: ready.SpareReturned) -> Line:
    says = f"归还备用设备{teller.words.subject(event.spare)}"
    return teller.line(event, says, event.device, clause="H1")


def _maintenance_begun(teller: Teller, event: ready.MaintenanceBegun) -> Line:
    return teller.line(event, f"转入维护:{event.text}", *event.devices, clause="S9")


def _maintenance_overdue(teller: Teller, event: ready.MaintenanceOverdue) -> Line:
    return teller.line(event, "维护超时未恢复", *event.devices, clause="S9")


TELLERS: Final[dict[type, Callable[[Teller, Any], Line | None]]] = {
    ev.MeasureRaised: _measure_raised,
    ev.MeasureDecided: _measure_decided,
    ev.MeasureRetracted: _measure_retracted,
    ev.ResponseEnded: _response_ended,
    ev.ReportSigned: _report_signed,
    ev.NoteTaken: _note_taken,
    ev.EstimateChanged: _estimate_changed,
    ev.IncidentAssigned: _incident_assigned,
    ev.IncidentMerged: _incident_merged,
    ev.IncidentSplit: _incident_split,
    ev.FaultReported: _fault_reported,
    ev.AlarmJudged: _alarm_judged,
    ev.SignPosted: _sign_posted,
    scr.ScreenShowed: _screen_showed,
    scr.ScreenLost: _screen_lost,
    scr.ScreenBack: _screen_back,
    ready.SpareLent: _spare_lent,
    ready.SpareReturned: _spare_returned,
    ready.MaintenanceBegun: _maintenance_begun,
    ready.MaintenanceOverdue: _maintenance_overdue,
}
"""What tells each kind of event that is an act of a person or of the plan."""
