"""The words of a report: names for ids, moments and lengths of time by the hall's clock. In Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.public_events import NoticeReleased
from hallwatch_collector.core.things import CLASS, HALL, REGISTER, WINDOW
from hallwatch_collector.core.values import AUTOMATIC
from hallwatch_collector.report.story import Rules
from hallwatch_collector.web.texts import Words

MOST_LISTED: Final = 8
"""Of more names than these, only the first few are written out."""
FIRST_LISTED: Final = 5

DECISIONS: Final = {"confirmed": "同意", "declined": "不同意", "done": "办理完毕"}


class ReportWords:
    """Says things about one hall. What has no name is called by its id."""

    def __init__(self, rules: Rules, told_at: float, first_at: float, course: Iterable[AnyEvent] = ()) -> None:
        """*first_at* is on the day for which moments are given without a date; *course* names public texts."""
        hall = rules.hall
        self._page = Words("zh-CN", told_at, hall.timezone)
        self._zone = ZoneInfo(hall.timezone)
        self._day = datetime.fromtimestamp(first_at, self._zone).date()
        self._devices = {device.id: device for device in (*hall.devices, *hall.systems)}
        self._classes = {each.id: each.name for each in (*rules.plan.classes, *hall.classes)}
        self._names = {hall.hall: hall.name} | self._classes
        self._names |= {place.id: place.name for place in hall.places}
        self._names |= {window.id: window.name for window in hall.windows}
        self._names |= {device.id: device.name for device in self._devices.values()}
        self._names |= {REGISTER + form.id: form.name for form in rules.plan.registers}
        self._names |= {CLASS + id_: name for id_, name in self._classes.items()} | {HALL: hall.name}
        self._names |= {WINDOW + window.id: window.name for window in hall.windows}
        course = list(course)
        self._names |= _notice_names(course)
        self._public = [event.text for event in course if isinstance(event, NoticeReleased)]
        self._faults = {fault.id: fault for fault in rules.catalogue.faults}
        self._roles = {role.id: role.name for role in rules.plan.roles}
        self._levels = {level.id: level.name for level in rules.plan.levels}
        self._people = {contact.role: contact.name for contact in hall.contacts}

    def subject(self, id_: str) -> str:
        """Name what a fault can be on or a sign at: a device, a window, another place, a business class, the hall."""
        return self._names.get(id_, id_)

    def business(self, id_: str) -> str:
        """Name a business class."""
        return self._classes.get(id_, id_)

    def fault(self, id_: str, part: str = "") -> str:
        """Name a fault, with the part that has it."""
        fault = self._faults.get(id_)
        return (fault.name if fault else id_) + (f"({part})" if part else "")

    def role(self, id_: str) -> str:
        """Name a role."""
        return self._roles.get(id_) or self._page.term("role", id_)

    def level(self, id_: str) -> str:
        """Name a response level."""
        name = self._levels.get(id_, "")
        return f"{id_.removesuffix('级')}级" + (f"({name})" if name else "")

    def owner(self, role: str) -> str:
        """Name a role, and the person whom the hall file has for it."""
        name, person = self.role(role), self._people.get(role, "")
        return f"{name}({person})" if person not in ("", name) else name

    def kind(self, device: str) -> str:
        """Name the kind of a device; empty: it is none."""
        known = self._devices.get(device)
        return self._page.term("kind", known.kind) if known else ""

    def place(self, device: str) -> str:
        """Name where a device stands; empty: nowhere in particular."""
        known = self._devices.get(device)
        return self.subject(known.place) if known and known.place else ""

    def effect(self, fault: str) -> str:
        """Say what a fault does to its device."""
        known = self._faults.get(fault)
        return self._page.term("mark", known.effect) if known else "情况不明"

    def status(self, id_: str) -> str:
        """Say how far an incident is."""
        return self._page.term("status", id_)

    def evidence(self, told: str) -> str:
        """Say what a device told; empty when that is only a code, which the name of the fault says better."""
        said = self._page.evidence(told)
        return "" if said.isascii() else said

    def person(self, by: str) -> str:
        """Name who did something; what nobody decided was done by the program."""
        return "自动" if by == AUTOMATIC else by

    def listed(self, names: Iterable[str], most: int = MOST_LISTED) -> str:
        """Return names as one phrase; of more than *most*, the first few and how many there are."""
        each = list(dict.fromkeys(filter(None, names)))
        return "、".join(each) if len(each) <= most else f"{'、'.join(each[:FIRST_LISTED])}等{len(each)}项"

    def brief(self, text: str) -> str:
        """Return the text of a measure without the public text in it, where that was released: it stands there."""
        for public in self._public:
            text = text.replace(public, "(全文见发布记录)")
        return text

    def minute(self, at: float) -> str:
        """Return a moment to the minute, with the date only when it is another day than the first."""
        return self.clock(at).rpartition(":")[0]

    def moment(self, at: float) -> str:
        """Return a moment with its date."""
        local = self._local(at)
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"

    def date(self, at: float) -> str:
        """Return the day of a moment."""
        local = self._local(at)
        return f"{local.year}年{local.month}月{local.day}日"

    def stamp(self, at: float) -> str:
        """Return the day of a moment as a number in a report's own number."""
        return f"{self._local(at):%Y%m%d}"

    def clock(self, at: float) -> str:
        """Return a moment, with the date only when it is another day than the first."""
        local = self._local(at)
        return f"{local:%H:%M:%S}" if local.date() == self._day else f"{local.month}月{local.day}日 {local:%H:%M:%S}"

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)


def span(length_s: float) -> str:
    """Return a length of time in words: to the second below an hour, to the minute below two days."""
    seconds = max(0, round(length_s))
    if seconds < 60:
        return f"{seconds}秒"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes}分{rest}秒" if rest else f"{minutes}分钟"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"
    days, rest = divmod(round(seconds / 3600), 24)
    return f"{days}天{rest}小时" if rest else f"{days}天"


def _notice_names(course: Iterable[AnyEvent]) -> dict[str, str]:
    """Return the names of public texts, and of each at each of its outlets, as measures call them."""
    names: dict[str, str] = {}
    for event in course:
        if isinstance(event, NoticeReleased):
            names[event.release] = name = f"《{event.name}》"
            names |= {f"{event.release}-{outlet}": f"{name}({OUTLETS[outlet][0]})" for outlet in event.outlets}
    return names
