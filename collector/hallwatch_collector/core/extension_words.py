"""What is said of a filing deadline and its extension, in Chinese for the hall and in English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from hallwatch_collector.core.hours import DAY_S
from hallwatch_collector.core.workdays import WHYS, Day

if TYPE_CHECKING:
    from hallwatch_collector.core.deadlines import DeadlineRules

Clause = Literal["O2", "O3", "O4"]
Surety = Literal["over", "expected", "open"]
Pair = tuple[str, str]
"""The same in Chinese and in English."""

SERVICES: Final[Mapping[str, Pair]] = {
    "online-bureau": ("网上税务局", "the online bureau"),
    "core-system": ("核心征管系统", "the core system"),
}
SUPPOSED: Final[Mapping[Surety, Pair]] = {
    "open": ("按最早可能的恢复时间计:", "if it is back as early as can be: "),
    "expected": ("按预计恢复时间计:", "if it is back when expected: "),
}
"""What a step supposes, the least sure first."""
RULE_O3: Final = (
    "网上税务局故障、核心征管系统正常,申报期最后一日前不能恢复的,申报期限顺延至故障排除之日的次一工作日。",
    (
        "Online bureau down, core system up, not back by the last day of the filing period: the deadline moves to the "
        "next working day after the day on which the fault is cleared."
    ),
)
Left = Literal["online-up", "later", "back", "far", "little"]
LEFT: Final[Mapping[Left, Pair]] = {
    "online-up": (
        "网上税务局没有故障,O3、O4只在其故障时适用",
        "the online bureau is not down, and O3 and O4 are for when it is",
    ),
    "later": (
        "故障发生在申报期最后一日结束之后",
        "the outage began after the last day was over",
    ),
    "back": (
        "最后一日开始前系统已恢复",
        "it was back before the last day began",
    ),
    "far": (
        "距最后一日还有{near_days}天以上,故障何时恢复尚不知道,现在还不判断",
        "the last day is more than {near_days} days away, and an open end is judged only from then on",
    ),
    "little": (
        "最后一日的营业时间因故障损失不足{loss},视为当日已恢复",
        "less than {loss_en} of the last day's business was lost, which counts as back by it",
    ),
}
"""Why a deadline is not moved."""
WEEKDAYS: Final = "一二三四五六日"


class Step(Struct, frozen=True, kw_only=True):
    """One move of a deadline."""

    clause: Clause
    start: dt.date
    """The last day that a service was not back by."""
    counted: dt.date
    """O3: the day on which the fault is cleared. O4: the day that the extension reaches."""
    end: dt.date
    """The working day that becomes the last day."""
    text: str
    text_en: str


def day_name(day: dt.date) -> Pair:
    """Name a day with its weekday."""
    return f"{day:%Y-%m-%d}(周{WEEKDAYS[day.weekday()]})", f"{day:%Y-%m-%d} ({day:%a})"


def near(days_left: int, near_days: int, *, by_hand: bool) -> Pair:
    """Say that people should come in person (O2)."""
    left, left_en = ("今天是最后一日", "today is the last day")
    if days_left:
        left, left_en = f"距申报期最后一日还有{days_left}天", f"the last day of the period is {days_left} days away"
    where = "到办税服务厅上门申报" + (",大厅手工受理并登记" if by_hand else "")
    where_en = "come to the hall in person" + (", which accepts by hand, into the registers" if by_hand else "")
    return (
        f"网上税务局故障,{left}(不超过{near_days}天即为临近):通知纳税人{where}。",
        f"The online bureau is down and {left_en} (near: {near_days} days or less): tell taxpayers to {where_en}.",
    )


def rule(clause: Clause, rules: DeadlineRules) -> Pair:
    """Say what a clause gives, with the plan's numbers."""
    if clause == "O3":
        return RULE_O3
    unit, unit_en = ("个工作日", "working") if rules.extension_in == "working-days" else ("天", "calendar")
    days, short, long = f"{rules.short_days:g}", rules.short_extension_days, rules.long_extension_days
    text = (
        f"网上税务局和核心征管系统均故障,申报期最后一日前不能恢复的:不足{days}天,顺延{short}{unit};"
        f"{days}天及以上(含满{days}天),顺延{long}{unit}。每24小时计1天,遇非工作日顺延至下一工作日。"
    )
    text_en = (
        f"Online bureau and core system both down, not back by the last day of the filing period: for less than {days} "
        f"days, {short} {unit_en} day{'s' * (short != 1)} more; for {days} days and more (exactly {days} included), "
        f"{long} more. 24 hours down are a day; a day that is no working day gives way to the next one."
    )
    return text, text_en


def left(why: Left, rules: DeadlineRules) -> Pair:
    """Say why a deadline is left where it is."""
    loss, loss_en = _duration(rules.last_day_loss_s)
    zh, en = (text.format(near_days=rules.near_days, loss=loss, loss_en=loss_en) for text in LEFT[why])
    return zh, en


def followed(cleared_on: dt.date) -> Pair:
    """Explain a step by O3."""
    day, day_en = day_name(cleared_on)
    return f"故障排除日{day}之后的下一个工作日", f"the next working day after {day_en}, on which the fault is cleared"


def step(clause: Clause, days: tuple[dt.date, dt.date, dt.date], said: Pair, surety: Surety) -> Step:
    """Return a step over *days* (start, counted, end) with its explanation, and with what it supposes."""
    supposed, supposed_en = SUPPOSED.get(surety, ("", ""))
    text, text_en = supposed + said[0], supposed_en + said[1]
    return Step(clause=clause, start=days[0], counted=days[1], end=days[2], text=text, text_en=text_en)


def extended(rules: DeadlineRules, down_s: float, count: int, reached: Day) -> Pair:
    """Explain a step by O4: so long were both down, so many days more reach that day."""
    working = rules.extension_in == "working-days"
    down, down_en = _duration(down_s)
    less, less_en = ("不足", "less than") if down_s < rules.short_days * DAY_S else ("已满", "not less than")
    unit, unit_en = ("个工作日", "working day") if working else ("天", "day")
    text = f"两个系统均故障{down},{less}{rules.short_days:g}天,顺延{count}{unit}至{day_name(reached.date)[0]}"
    text_en = (
        f"both down for {down_en}, {less_en} {rules.short_days:g} days: {count} {unit_en}{'s' * (count != 1)} more, "
        f"to {day_name(reached.date)[1]}"
    )
    if not reached.works:
        why, why_en = WHYS[reached.why]
        text += f",该日为{reached.name or why},顺延至下一工作日"
        text_en += f", which is no working day ({reached.name_en or why_en}): the next one"
    return text, text_en


def hangs_on(surety: Surety, services: Iterable[str], day: dt.date) -> Pair:
    """Say what the new deadline hangs on; nothing when it is final."""
    named, named_en = (sep.join(SERVICES[each][at] for each in services) for at, sep in ((0, "、"), (1, " and ")))
    if surety == "expected":
        return f"{named}按预计时间恢复", f"{named_en} being back when expected"
    if surety == "open":
        name, name_en = day_name(day)
        return (
            f"{named}的恢复时间(尚不知道);如到申报期最后一日仍未恢复,新期限最早为{name}",
            f"when {named_en} will be back, which is not known; if not by the last day, {name_en} at the earliest",
        )
    return "", ""


def _duration(seconds: float) -> Pair:
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "天", "d"), (hours, "小时", "h"), (rest, "分", "min")]
    shown = [part for part in parts if part[0]] or [parts[-1]]
    return "".join(f"{n}{zh}" for n, zh, _ in shown), " ".join(f"{n} {en}" for n, _, en in shown)
