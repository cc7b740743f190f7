"""What was accepted by hand, in a report: a few lines however many entries there were, and nothing that was written."""

from __future__ import annotations

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.register_events import (
    EntryMoved,
    EntryTaken,
    NumbersReserved,
    RegisterOpened,
    RegisterTakenBack,
)
from hallwatch_collector.report.registers import sum_up

OF = {"incident": "inc-1", "register": "by-hand"}


def course(count: int) -> list[AnyEvent]:
    """Return a register with so many entries, of which the first is struck out, and two blank sheets."""
    numbers = [f"SG-20260310-{n:03d}" for n in range(1, count + 3)]
    events: list[AnyEvent] = [RegisterOpened(at=1.0, by="王主任", **OF)]
    events.append(NumbersReserved(at=2.0, numbers=numbers[-2:], by="小陈", **OF))
    events += [EntryTaken(at=3.0 + n, number=numbers[n], digest="d", by="小陈", **OF) for n in range(count)]
    events.append(EntryMoved(at=90.0, number=numbers[0], status="void", by="小陈", reason="重复", **OF))
    for status in ("entered", "told"):
        events += [EntryMoved(at=100.0, number=each, status=status, by="小陈", **OF) for each in numbers[1:count]]  # type: ignore[arg-type]
    return [*events, *(EntryMoved(at=110.0, number=each, status="void", by="auto", **OF) for each in numbers[-2:])]


def clock(at: float) -> str:
    return f"{at:g}"


def test_twenty_nine_entries_are_a_few_lines() -> None:
    (kept,) = sum_up(course(29))
    assert kept.register == "register:by-hand"
    assert list(kept.say(clock)) == [
        (1.0, "启用(编号打印空白表2张)", "王主任", "D3"),
        (3.0, "登记29笔,至31", "小陈", "D3"),
        (100.0, "补录28笔", "小陈", "O8"),
        (100.0, "告知纳税人28户", "小陈", "O8"),
        (90.0, "作废1笔", "小陈", "D3"),
    ]
    assert (kept.left, kept.sum()) == (0, "共登记29笔,已补录28笔,已告知28笔,作废1笔")


def test_people_phoned_in_groups_are_told_as_groups() -> None:
    told = [
        EntryMoved(at=at, number=f"SG-20260310-{n:03d}", status="told", by=by, **OF)
        for n, (at, by) in enumerate([(100.0, "小陈"), (160.0, "小李"), (5000.0, "小陈")], 1)
    ]
    (kept,) = sum_up([*course(5), *told])
    groups = [each for each in kept.say(clock) if "告知" in each.says]
    assert [(each.at, each.says, each.by) for each in groups][-1] == (5000.0, "告知纳税人1户", "小陈")
    assert groups[0].says.endswith(",至160")
    assert groups[0].by == "小李、小陈" or groups[0].by == "小陈、小李"


def test_what_is_not_done_with_is_counted() -> None:
    (kept,) = sum_up([each for each in course(5) if getattr(each, "status", "") != "told"])
    assert (kept.left, kept.sum()) == (4, "共登记5笔,已补录4笔,已告知0笔,作废1笔,还有4笔未办完")


def test_a_register_opened_by_mistake_is_said_to_be() -> None:
    (kept,) = sum_up([*course(0)[:1], RegisterTakenBack(at=5.0, by="王主任", **OF)])
    assert [each.says for each in kept.say(clock)] == ["启用", "系误启用,已收回"]


def test_what_was_struck_out_was_not_accepted_by_hand() -> None:
    (kept,) = sum_up(course(3))
    assert (kept.count, kept.struck, kept.accepted) == (3, 1, 2)


def test_a_register_that_nobody_used_is_only_opened() -> None:
    (kept,) = sum_up(course(0)[:1])
    assert list(kept.say(clock)) == [(1.0, "启用", "王主任", "D3")]
    assert kept.sum() == "没有登记"
    assert sum_up([]) == []
