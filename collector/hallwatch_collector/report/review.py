"""What follows from a story: its state and trend, advice for the next step (R5), a draft of the evaluation (F1). Pure.

Advice and lessons are drawn by rules, one function each, from what the record shows; a person judges them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from hallwatch_collector.core.hall import Device
from hallwatch_collector.core.public_events import NoticeReleased
from hallwatch_collector.core.topology import Topology
from hallwatch_collector.report.line import OWED, gist, split_subject
from hallwatch_collector.report.record import ClosureTold, LossTold
from hallwatch_collector.report.registers import sum_up
from hallwatch_collector.report.spans import elapsed_s
from hallwatch_collector.report.story import Story
from hallwatch_collector.report.timing import find_late, find_stages, judge_measure, unserved
from hallwatch_collector.report.words import ReportWords, span

SLOW_DETECTION_S: Final = 60.0
SLOW_ACKNOWLEDGEMENT_S: Final = 600.0
"""What other bureaus' plans allow a person before a fault must be passed on."""

NATURES: Final = {
    "switch": "网络故障", "router": "网络故障", "firewall": "网络故障", "access-point": "网络故障", "ups": "电力故障",
    "system": "业务系统故障", "server": "业务系统故障",
}  # fmt: skip
"""What sort of incident a fault of a kind of device makes; any other kind makes one of equipment."""

Rule = Callable[[Story, ReportWords], Iterator[str]]


def root_device(story: Story) -> Device | None:
    """Return the root device as the hall file has it; None: it is gone from there."""
    equipment = (*story.hall.devices, *story.hall.systems)
    return next((device for device in equipment if device.id == story.incident.device), None)


def nature(story: Story) -> str:
    """Return what sort of incident it is."""
    device = root_device(story)
    return NATURES.get(device.kind, "设备故障") if device else "设备故障"


def windows_lost(story: Story, at: float) -> int:
    """Return how many windows lacked a business class, or were closed, at a moment."""
    spans: list[LossTold | ClosureTold] = [*story.losses, *story.closures]
    return len({each.window for each in spans if each.start <= at and (each.end is None or each.end > at)})


def trend(story: Story) -> str:
    """Say how the reach of the incident moved."""
    moments = [each.start for each in (*story.losses, *story.closures)]
    most = max((windows_lost(story, at) for at in moments), default=0)
    now = windows_lost(story, story.told_at)
    if not most:
        return "窗口业务未受影响。"
    if not now:
        return f"受影响窗口由最多时的{most}个减至0个,影响已消除。"
    if now < most:
        return f"受影响窗口由最多时的{most}个减至{now}个,影响正在缩小。"
    return f"受影响窗口为{now}个,是本次事件中最多的,影响尚未缩小。"


# -- advice for the next step ------------------------------------------------------------------------------------------


def _repair(story: Story, words: ReportWords) -> Iterator[str]:
    faults = {fault.id: fault for fault in story.rules.catalogue.faults}
    for told in story.roots if story.standing else ():
        known = faults.get(told.fault)
        if told.end is None and known and known.first_step:
            yield f"尽快修复{words.subject(told.device)}({words.fault(told.fault, told.part)}):{known.first_step}。"


def _answer(story: Story, words: ReportWords) -> Iterator[str]:
    waiting: dict[tuple[str, str], list[str]] = {}
    for measure in story.measures:
        if measure.mode != "auto" and measure.end is None and not measure.decision and story.ended_at is None:
            verb = "作出决定" if measure.mode == "ask" else "办理并勾选"
            subjects, says = split_subject(words.brief(measure.text), words.subject(measure.subject))
            asked = f"请{words.owner(measure.owner)}{verb}(条款{measure.clause}):"
            waiting.setdefault((asked, says), []).extend(subjects)
    for (asked, says), alike in waiting.items():
        yield f"{asked}{words.listed(alike)}{says}"


def _take_on(story: Story, _: ReportWords) -> Iterator[str]:
    if story.incident.status == "detected":
        yield "事件还没有人接手,请指定专人负责并接手。"


def _reopen(story: Story, words: ReportWords) -> Iterator[str]:
    closed = [closure.window for closure in story.closures if closure.end is None]
    if closed:
        yield f"{words.listed(map(words.subject, closed))}仍暂停服务,设备恢复并核对最后一笔业务后恢复服务。"


def _observe(story: Story, words: ReportWords) -> Iterator[str]:
    if story.standing:
        return
    device = words.subject(story.incident.device)
    yield f"继续观察{device}的运行情况;同一故障再次发生时,按预案重新启动响应(条款F3)。"
    kept = sum_up(story.course)
    for each in kept:
        if each.left:
            yield f"{words.subject(each.register)}尚有{each.left}笔未办完:补录并逐一告知纳税人(条款D3、O8)。"
    if story.losses and not kept:
        yield "故障期间如有手工受理的业务,核实是否已全部补录,并逐一告知纳税人(条款D3、O8)。"


ADVICE: Final[tuple[Rule, ...]] = (_take_on, _repair, _answer, _reopen, _observe)


# -- lessons -----------------------------------------------------------------------------------------------------------


def _single_point(story: Story, words: ReportWords) -> Iterator[str]:
    equipment = (*story.hall.devices, *story.hall.systems)
    topology, root = Topology(equipment), story.incident.device
    hangs = [each.id for each in equipment if topology.root_cause(each.id, lambda id_: 0.0 if id_ == root else None)]
    if hangs:
        yield (
            f"{words.subject(root)}是单点:{words.listed(map(words.subject, hangs))}"
            f"没有它就不能用,又没有替代线路或设备。建议评估增加冗余。"
        )


def _no_spare(story: Story, words: ReportWords) -> Iterator[str]:
    device = root_device(story)
    equipment = (*story.hall.devices, *story.hall.systems)
    groups = [need for each in equipment for need in each.depends_on if isinstance(need, list)]
    if device and any(device.id in group for group in groups):
        return  # another line or device stands in for it
    if device and device.kind != "system" and not device.spare:
        yield f"{words.subject(device.id)}没有登记备用设备(条款H1)。建议配备并登记。"


def _nobody_stood_in(story: Story, words: ReportWords) -> Iterator[str]:
    gone = unserved(story)
    if gone:
        classes = words.listed(map(words.business, gone))
        by_hand = sum(each.accepted for each in sum_up(story.course))
        if by_hand:
            yield f"{classes}一度全厅无窗口可办,手工受理{by_hand}笔。建议复核手工受理的人手和表单是否够用(条款D2)。"
        else:
            yield f"{classes}一度全厅无窗口可办。建议明确可以借办的窗口和手工受理的办法(条款W1、D2)。"


def _corrected(story: Story, _: ReportWords) -> Iterator[str]:
    """A text was out that had to be corrected, because the repair took longer than was known then."""
    last = {event.release: event for event in story.course if isinstance(event, NoticeReleased)}
    for event in last.values():
        if event.version > 1:
            yield f"《{event.name}》发布后更正{event.version - 1}次。建议技术人员尽早给出预计恢复时间(条款D1、R6)。"


def _slow(story: Story, _: ReportWords) -> Iterator[str]:
    stages = {stage.name: stage.at for stage in find_stages(story)}
    known = stages.get("监测程序得知")
    if known is None:
        return
    if (took_s := elapsed_s(story.began_at, known)) > SLOW_DETECTION_S:
        yield f"从首个征兆到监测程序得知用了{span(took_s)}。建议缩短该设备的检查间隔。"
    taken_on = stages.get("有人接手")
    if taken_on is None:
        yield "没有人在系统中接手本事件。建议明确值班人员,并落实接手登记。"
    elif (took_s := elapsed_s(known, taken_on)) > SLOW_ACKNOWLEDGEMENT_S:
        yield f"告知后{span(took_s)}才有人接手。建议核对联系人和值班安排(条款B2)。"


def _late(story: Story, words: ReportWords) -> Iterator[str]:
    for measure, told in find_late(story):
        owed = OWED[measure.mode]
        what = f"{owed}时已超过时限" if told.verdict == "late" else f"到时限未{owed},超过"
        about = f"{words.subject(measure.subject)}的措施(条款{measure.clause},{words.role(measure.owner)}负责)"
        about += f"「{gist(words.brief(measure.text))}」"
        yield f"{about}{what}{span(told.late_s)}。建议查明原因。"


def _came_back(story: Story, _: ReportWords) -> Iterator[str]:
    if len(story.periods) > 1:
        yield f"同一故障结束后又发生{len(story.periods) - 1}次(条款F3)。建议查找根本原因,不只排除表面故障。"


def _longer_than_usual(story: Story, words: ReportWords) -> Iterator[str]:
    faults = {fault.id: fault for fault in story.rules.catalogue.faults}
    for told in story.roots:
        usual_s = faults[told.fault].usual_repair_s if told.fault in faults else 0.0
        lasted_s = elapsed_s(told.start, story.until if told.end is None else told.end)
        if 0 < usual_s < lasted_s:
            what = f"{words.subject(told.device)}({words.fault(told.fault, told.part)})"
            yield f"{what}持续{span(lasted_s)},超过通常修复时间({span(usual_s)})。建议复核修复流程和预计时间。"


LESSONS: Final[tuple[Rule, ...]] = (
    _came_back, _single_point, _no_spare, _nobody_stood_in, _corrected, _slow, _late, _longer_than_usual,
)  # fmt: skip


def draw(rules: tuple[Rule, ...], story: Story, words: ReportWords) -> list[str]:
    """Return what the rules find, each thing once."""
    return list(dict.fromkeys(text for rule in rules for text in rule(story, words)))


def achieved(story: Story) -> str:
    """Say what the measures achieved."""
    if not story.measures:
        return "预案没有要求采取措施。"
    judged = [judge_measure(story, measure).verdict for measure in story.measures]
    limited = [verdict for verdict in judged if verdict in ("kept", "late", "missed")]
    kept = limited.count("kept")
    answered = [measure for measure in story.measures if measure.mode != "auto" and measure.decision]
    asked = [measure for measure in story.measures if measure.mode != "auto"]
    parts = [f"共采取措施{len(story.measures)}项,其中自动执行{len(story.measures) - len(asked)}项"]
    if asked:
        parts.append(f"由人员决定或办理{len(asked)}项,已答复{len(answered)}项")
    if limited:
        parts.append(f"有时限的措施中,已办理或已到期{len(limited)}项,其中按时{kept}项")
    closures = [closure for closure in story.closures if closure.end is not None]
    if closures:
        parts.append(f"停办的窗口已恢复{len({closure.window for closure in closures})}个")
    return ";".join(parts) + "。"
