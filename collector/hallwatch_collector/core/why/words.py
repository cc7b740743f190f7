"""The occasions, the conditions and the level rules of a plan, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hallwatch_collector.core.conditions import Circumstance
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import LevelRule, Occasion, Reach
from hallwatch_collector.core.services import systems_of
from hallwatch_collector.core.why.link import Said, span

REACHES: Final[Mapping[Reach, Said]] = {
    "hall": ("影响限于本厅", "it reaches this hall"),
    "county": ("影响全县", "it reaches the county"),
}
OCCASIONS: Final[Mapping[Occasion, Said]] = {
    "incident": ("设备有故障,还没有恢复", "A device has a fault and has not recovered"),
    "incident-open": (
        "事件还没有结束,无论故障是否已消除",
        "It was opened and is not closed, whether the fault is over or not",
    ),
    "incident-recovered": ("故障已全部消除", "All its faults are gone"),
    "estimate-slipped": (
        "预计修复时间已过,还没有新的估计",
        "The expected repair time has passed, and there is no other",
    ),
    "estimate-changed": ("预计修复时间晚于告知过的时间", "The repair is expected later than people were told"),
    "crowded": ("等候的人太多", "More people wait than should"),
    "crowded-relievable": (
        "等候的人太多,还有窗口可以增开",
        "More people wait than should, and windows could be opened",
    ),
    "crowded-uneven": ("等候的人太多,窗口之间可以调剂", "More people wait than should, and windows could be lent"),
    "crowded-full": ("等候的人太多,已没有窗口可以调配", "More people wait than should, and no window is left for them"),
    "class-unserved": ("没有开放的窗口办理这项业务", "No open window takes this class"),
    "classes-unserved": ("有业务没有开放的窗口办理", "No open window takes some classes"),
    "class-arrangeable": ("调整窗口后可以恢复这项业务", "Moves of windows could serve this class again"),
    "device-unusable": ("设备因自身故障停用", "A device is out of use by a fault of its own"),
    "device-explained": ("设备因上游故障停用", "A device is out of use because of one upstream"),
    "device-in-maintenance": (
        "设备正在计划维护中,或因此停用",
        "A device is under maintenance, or out of use because of it",
    ),
    "device-hazard": ("设备有危险", "A device is dangerous to touch"),
    "sign-unshown": ("应挂的标识没有联网显示屏可显示", "A sign is due where no connected display shows it"),
    "sign-left": ("张贴的标识已不需要", "A printed sign hangs there that nothing calls for any more"),
    "window-impaired": ("窗口有业务不能办,别的窗口可以代办", "A window lost classes that another window can take"),
    "window-useless": ("窗口所有业务都不能办", "A window lost all its classes"),
    "hall-impaired": (
        "有窗口已不能办理任何业务,厅内没有窗口可以代办",
        "Windows can take nothing, and no open window can stand in",
    ),
    "window-closed": ("窗口已暂停服务", "A window was closed"),
    "window-ready": ("暂停的窗口可以恢复", "A closed window could reopen"),
    "window-recovered": ("受影响的窗口设备已恢复", "A window that was touched has its devices back"),
    "register-open": ("应急台帐已启用", "An emergency register is open"),
    "register-to-enter": (
        "故障或业务已恢复,台帐还有未办完的记录",
        "It has recovered, or the hall works again, and the register has entries to be done",
    ),
    "deadline-bureau": (
        "网上税务局到申报期最后一天仍未恢复",
        "The online bureau is not back by the last day of filing",
    ),
    "deadline-both": (
        "网上税务局和核心系统到申报期最后一天都未恢复",
        "Neither bureau nor core system is back by the last day",
    ),
    "notice-unsent": ("对外通知还没有送到这个渠道", "A public text is out that no machine can bring to this outlet"),
    "notice-outdated": ("对外通知的内容已与实际不符", "What a public text says is otherwise now"),
    "notice-left": ("对外通知的原因已消除", "A public text is out whose cause is gone"),
    "notice-hanging": ("已撤回的对外通知还挂在那里", "A public text that was withdrawn is still there"),
    "windows-returnable": (
        "为事件增开或调剂的窗口已不再需要",
        "Windows opened or lent for an incident are needed no longer",
    ),
    "stock-unchecked": ("备件或耗材久未清点", "A spare or supply was not counted for long"),
    "deadline-extended": ("申报期限已延长", "The filing deadline was extended"),
    "warned": ("预警指标超限", "A warning indicator is exceeded"),
    "maintenance-ahead": ("计划维护即将开始", "Planned maintenance is coming"),
    "maintenance-overdue": ("计划维护超时", "Planned maintenance lasts longer than announced"),
    "stock-low": ("备件或耗材低于最低数量", "Less of a spare or supply is there than should be"),
    "spare-returnable": ("备用设备所替代的设备已恢复", "The device that a spare stands in for is well again"),
    "round-due": ("到了每日巡检的时间", "The daily round is due"),
}
"""What is given when the plan asks for something."""


Say = Callable[[Circumstance], Said]


def say_condition(name: str, circumstance: Circumstance) -> Said:
    """Say a condition of the plan, named as in the plan file."""
    return CONDITIONS[name](circumstance)


def _kinds(_circumstance: Circumstance) -> Said:
    return "设备类型在条款所列之内", "its kind is one of those that the clause names"


def _faults(circumstance: Circumstance) -> Said:
    watch, names = circumstance.model.devices.get(circumstance.subject), circumstance.template.faults
    known = [watch.rules.faults[name] for name in names if name in watch.rules.faults] if watch else []
    text, text_en = "、".join(fault.name for fault in known), ", ".join(fault.name_en for fault in known)
    return f"有其中一项故障:{text}", f"one of these faults stands on it: {text_en}"


def _levels(circumstance: Circumstance) -> Said:
    levels = circumstance.template.levels
    return f"事件级别为{'、'.join(levels)}", f"the incident has level {', '.join(levels)}"


def _lost(circumstance: Circumstance) -> Said:
    names = name_services(circumstance.model, circumstance.template.lost)
    return f"本厅现在不能使用:{'、'.join(names)}", f"the hall lacks: {', '.join(names)}"


def _kept(circumstance: Circumstance) -> Said:
    names = name_services(circumstance.model, circumstance.template.kept)
    return f"本厅仍可使用:{'、'.join(names)}", f"the hall still has: {', '.join(names)}"


def name_services(model: Model, services: Sequence[str]) -> list[str]:
    """Name services by the systems that give them."""
    systems = [watch.device for watch in model.devices.values() if watch.device.kind == "system"]
    named = {service: system.name for system in systems for service in system.gives}
    return [named.get(service, service) for service in services]


def _longer(circumstance: Circumstance) -> Said:
    length, length_en = span(circumstance.template.repair_longer_than_s or 0.0)
    return f"预计(或已经)超过 {length}", f"expected to last, or lasting already, longer than {length_en}"


def _up_to(circumstance: Circumstance) -> Said:
    length, length_en = span(circumstance.template.repair_up_to_s or 0.0)
    return f"预计 {length}之内恢复", f"expected to be over within {length_en}"


def _windows(circumstance: Circumstance) -> Said:
    number = circumstance.template.windows_at_least
    return f"影响 {number} 个以上窗口", f"windows that it takes classes from: {number} or more"


def _systems(circumstance: Circumstance) -> Said:
    incident = circumstance.incident
    systems = systems_of(circumstance.model, incident) if incident is not None else []
    names = [system.name for system in systems]
    return f"本厅不能使用:{'、'.join(names) or '无'}", f"the hall cannot use: {', '.join(names) or 'none'}"


def _reach(circumstance: Circumstance) -> Said:
    return REACHES[circumstance.template.reach or "hall"]


def _near_deadline(_circumstance: Circumstance) -> Said:
    return "临近申报期最后一天", "the last day of a filing period is near"


def _display(circumstance: Circumstance) -> Said:
    if circumstance.template.display:
        return "这里有联网显示屏", "a connected display is there"
    return "这里没有联网显示屏", "no connected display is there"


def _kiosks(circumstance: Circumstance) -> Said:
    if circumstance.template.kiosks:
        return "有可用的自助办税终端", "a self-service terminal works"
    return "没有可用的自助办税终端", "no self-service terminal works"


CONDITIONS: Final[Mapping[str, Say]] = {
    "kinds": _kinds,
    "faults": _faults,
    "levels": _levels,
    "lost": _lost,
    "kept": _kept,
    "repair_longer_than_s": _longer,
    "repair_up_to_s": _up_to,
    "windows_at_least": _windows,
    "systems_at_least": _systems,
    "reach": _reach,
    "near_deadline": _near_deadline,
    "display": _display,
    "kiosks": _kiosks,
}
"""Key of the plan file, as in :data:`hallwatch_collector.core.conditions.CONDITIONS` → how it is said."""


def say_rule(rule: LevelRule) -> Said:
    """Say what a level rule asks."""
    said: list[Said] = []
    if rule.windows_ratio:
        share = f"{rule.windows_ratio:.0%}"
        said.append((f"{share} 以上的窗口有业务不能办", f"{share} of the windows lost classes"))
    if rule.after_s:
        length, length_en = span(rule.after_s)
        said.append((f"已持续 {length}", f"after {length_en}"))
    if rule.after_open_s:
        length, length_en = span(rule.after_open_s)
        said.append((f"已持续 {length}营业时间", f"after {length_en} of business"))
    if rule.kinds:
        said.append(("设备类型在规则所列之内", f"kinds: {', '.join(rule.kinds)}"))
    if rule.lost:
        said.append((f"业务系统停用({'、'.join(rule.lost)})", f"lost: {', '.join(rule.lost)}"))
    if rule.reach:
        said.append(REACHES[rule.reach])
    texts = said or [("其他事件", "any other incident")]
    return ";".join(text for text, _ in texts), "; ".join(text_en for _, text_en in texts)
