"""What a message about an incident says, in the words of those who get it: what, where, since when, what it does to the
windows, where people can go, who waits, why, how long, what stands in, the first step.

A line of the table is said when it says something. What changes by the minute (people waiting, faults that follow) or
with what else fails (where people can go) is said, but is no reason to tell people again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec import structs

from hallwatch_collector.core.alerts.state import Wording
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.instead import instead_of
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions import Case
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.wording import About, fill_in, say_moment, words_of

MOST_WINDOWS: Final = 4
"""More are counted, not named."""
MINUTE_S: Final = 60
HOUR_S: Final = 3600


class Line(NamedTuple):
    """A line of a message."""

    zh: str
    en: str
    fits: Callable[[Model, Incident], bool]
    moves: bool = False
    """It says a figure that changes by the minute."""


def _is_named(model: Model, incident: Incident) -> bool:
    return 0 < len(model.losses(incident)) <= MOST_WINDOWS


def _is_counted(model: Model, incident: Incident) -> bool:
    return len(model.losses(incident)) > MOST_WINDOWS


def _is_elsewhere(model: Model, incident: Incident) -> bool:
    """Tell whether people can go somewhere else for what a window cannot take."""
    return bool(model.losses(incident) and instead_of(model, incident.device))


def _has_spare(model: Model, incident: Incident) -> bool:
    """Tell whether something may stand in: that there is none is said where it could be expected."""
    watch = model.devices.get(incident.device)
    return watch is not None and watch.device.kind not in THINGS and watch.device.kind != "system"


LINES: Final = (
    Line("影响:{windows}不能办理{classes}", "Effect: {windows} cannot take {classes}", _is_named),
    Line("影响:{count}个窗口不能办理{classes}", "Effect: {count} windows cannot take {classes}", _is_counted),
    Line("影响:窗口业务未受影响", "Effect: none on the windows", lambda model, incident: not model.losses(incident)),
    Line("替代去处:{instead}", "Go to: {instead}", _is_elsewhere, moves=True),
    Line("等候:{waiting}人", "Waiting: {waiting}", lambda model, _: model.queue.total is not None, moves=True),
    Line("原因:{causes}", "Cause: {causes}", lambda _, incident: bool(incident.faults)),
    Line(
        "另有{followers}项故障由此引起,不再单独通知", "{followers} more faults come of it and are not told one by one",
        lambda model, incident: _count_followers(model, incident) > 0, moves=True,
    ),
    Line(
        "预计恢复:{back_at}", "Expected back: {back_at}",
        lambda _, incident: incident.back_at is not None and incident.estimate_source != "catalogue",
    ),
    Line(
        "一般需要{minutes}分钟", "Usually takes {minutes} min",
        lambda _, incident: incident.back_at is not None and incident.estimate_source == "catalogue", moves=True,
    ),
    Line("备用:{spare}", "Spare: {spare}", _has_spare),
    Line("待接手:{owner}", "Offered to: {owner}", lambda _, incident: incident.offered_at is not None),
    Line(
        "处理:{owner}", "In charge: {owner}",
        lambda _, incident: incident.offered_at is None and bool(incident.owner or incident.acknowledged_by),
    ),
    Line("交接:{handed}", "Handed over: {handed}", lambda _, incident: bool(incident.handed_by)),
    Line("第一步:{first_step}", "First step: {first_step}", lambda _, incident: incident.repairing_at is None),
)  # fmt: skip


def word_standing(model: Model, incident: Incident, since: float, at: float) -> Wording:
    """Return what is said of an incident whose cause stands; the edition is the caller's."""
    about = _about(model, incident, at)
    lines, lines_en, basis = [], [], []
    in_title, _ = _say("{device}:{fault}", "", about)
    for line in LINES:
        if not line.fits(model, incident):
            continue
        zh, en = _say(line.zh, line.en, about)
        label = line.zh.partition(":")[0]
        if zh in (f"{label}:", f"{label}:{in_title}"):  # there is no spare, no first step; or the title says it
            continue
        lines.append(zh)
        lines_en.append(en)
        basis += [] if line.moves else [zh]
    began, began_en = say_moment(model, since, at)
    title, title_en = _title(model, incident, about)
    return Wording(
        edition=0, at=at, title=title, title_en=title_en,
        lines=[f"自{began}起", *lines], lines_en=[f"Since {began_en}", *lines_en],
        basis="\n".join((title, *basis)), level=incident.level, rank=rank_of(model, incident),
    )  # fmt: skip


def word_now(model: Model, name: str, at: float) -> Wording | None:
    """Return what is to be said of an incident at a moment, told or not; None when there is no such incident."""
    incident, alert = model.incidents.get(name), model.alerts.get(name)
    if incident is None:
        return None
    since = alert.since if alert else incident.began_at
    return (word_standing if incident.stands else word_end)(model, incident, since, at)


def word_gone(last: Wording, at: float) -> Wording:
    """Return what is said of an incident that nobody follows any more: the hall file no longer has its device."""
    return structs.replace(
        last, edition=0, at=at, rank=0, basis="gone",
        title=f"{last.title}:不再跟踪", lines=["配置文件中已没有该设备"],
        title_en=f"{last.title_en}: followed no longer", lines_en=["The hall file no longer has the device"],
    )  # fmt: skip


def word_end(model: Model, incident: Incident, since: float, at: float, into: str = "") -> Wording:
    """Return what is said when an incident is over, or was joined to another one (its id)."""
    about = _about(model, incident, at)
    name, name_en = _say("{device}", "{device}", about)
    if into:
        said, said_en = f"已并入{into}一并处理", f"Joined to {into}"
    else:
        until = incident.recovered_at or incident.closed_at or at
        took, took_en = say_span(until - since)
        said, said_en = f"已恢复,历时{took}", f"Recovered after {took_en}"
    began, began_en = _clock(model, since, at)
    was, was_en = _say_was(model, incident)
    lines = [f"{began}开始{was}", *_to_check(model, incident)[0]]
    lines_en = [f"Began {began_en}{was_en}", *_to_check(model, incident)[1]]
    title, title_en = f"{_mark(model)[0]}{model.hall.name} {name}:{said}", f"{_mark(model)[1]}{name_en}: {said_en}"
    return Wording(
        edition=0,
        at=at,
        title=title,
        lines=lines,
        title_en=title_en,
        lines_en=lines_en,
        basis=f"over {said}",
        level=incident.level,
        rank=0,
    )


def rank_of(model: Model, incident: Incident) -> int:
    """Return how bad an incident is: its level first (R1), then whether it costs a window something."""
    levels = [level.id for level in model.plan.levels]
    height = len(levels) - levels.index(incident.level) if incident.level in levels else 0
    return 2 * height + bool(model.losses(incident))


def say_span(seconds: float) -> tuple[str, str]:
    """Say how long something took."""
    minutes = max(1, round(seconds / MINUTE_S))
    hours, rest = divmod(minutes, HOUR_S // MINUTE_S)
    if not hours:
        return f"{minutes}分钟", f"{minutes} min"
    return f"{hours}小时{rest}分钟" if rest else f"{hours}小时", f"{hours} h {rest} min" if rest else f"{hours} h"


def _about(model: Model, incident: Incident, at: float) -> About:
    case = Case(incident.device, incident.began_at)
    return About(model, incident, incident.device, model.losses(incident), at, case)


def _title(model: Model, incident: Incident, about: About) -> tuple[str, str]:
    level, level_en = (f"[{incident.level}级]", f"[level {incident.level}] ") if incident.level else ("", "")
    marks = _mark(model)
    zh, en = _say("{device}:{fault}", "{device}: {fault}", about)
    return f"{marks[0]}{level}{model.hall.name} {zh}", f"{marks[1]}{level_en}{model.hall.name} {en}"


def _mark(model: Model) -> tuple[str, str]:
    """Say what is no real incident, before anything else (B3)."""
    if model.hall.drill:
        return "[演练]", "[drill] "
    return ("[模拟]", "[simulated] ") if model.hall.simulated else ("", "")


def _say(text: str, text_en: str, about: About) -> tuple[str, str]:
    texts = [text, text_en]
    for name in words_of(text) & _OWN.keys():
        value = _OWN[name](about).replace("{", "{{").replace("}", "}}")
        texts = [each.replace(f"{{{name}}}", value) for each in texts]
    return fill_in(texts[0], texts[1], about)


def _incident(about: About) -> Incident:
    assert about.incident is not None  # noqa: S101 - every message here is about one
    return about.incident


def _say_owner(about: About) -> str:
    return _incident(about).owner or _incident(about).acknowledged_by


def _say_handed(about: About) -> str:
    incident = _incident(about)
    return ":".join(filter(None, (f"{incident.handed_by} → {incident.owner}", incident.handed_note)))


_OWN: Final[dict[str, Callable[[About], str]]] = {
    "count": lambda about: str(len(about.losses)),
    "followers": lambda about: str(_count_followers(about.model, _incident(about))),
    "owner": _say_owner,
    "handed": _say_handed,
}
"""Words that only messages have, the same in both languages."""


def _count_followers(model: Model, incident: Incident) -> int:
    """Count the faults of other devices that an incident explains now."""
    explained = model.once("explained", lambda: _count_explained(model))
    return sum(explained[root] for root in incident.roots)


def _count_explained(model: Model) -> Counter[str]:
    return Counter(alarm.cause for watch in model.devices.values() for alarm, _ in watch.raised())


def _say_was(model: Model, incident: Incident) -> tuple[str, str]:
    """Say what it was: whoever was told of nothing yet is to know what is over."""
    found = [name_fault(model, root, fault) for root in incident.roots for fault in incident.faults]
    names = dict.fromkeys(names for names in found if names[0])
    zh, en = "、".join(name for name, _ in names), ", ".join(name for _, name in names)
    return (f":{zh}", f": {en}") if names else ("", "")


def name_fault(model: Model, device: str, fault: str) -> tuple[str, str]:
    """Return what a fault of a device is called, in Chinese and in English; empty when the hall file has it no more."""
    watch = model.devices.get(device)
    found = watch.rules.faults.get(fault) if watch else None
    return (found.name, found.name_en) if found else ("", "")


def _clock(model: Model, moment: float, now: float) -> tuple[str, str]:
    return say_moment(model, moment, now)


def _to_check(model: Model, incident: Incident) -> tuple[list[str], list[str]]:
    """Say which windows are to check their last transaction (D4)."""
    names = [model.impact.windows[each.subject].name for each in model.checks(incident.id) if each.status == "open"]
    if not names:
        return [], []
    if len(names) > MOST_WINDOWS:
        return [f"待核对最后一笔业务:{len(names)}个窗口"], [f"Last transaction to be checked: {len(names)} windows"]
    return [f"待核对最后一笔业务:{'、'.join(names)}"], [f"Last transaction to be checked: {', '.join(names)}"]
