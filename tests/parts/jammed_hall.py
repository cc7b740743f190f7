"""The record of one bad morning in a small hall, for tests of the report: a jam at window 1 that comes back, a router
that takes the core system from both windows, and a window that closes for it."""

from __future__ import annotations

from collections.abc import Sequence

from hallwatch_agent.wire import Sign
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Contact, Device, Hall, Window
from hallwatch_collector.journal import Entry
from hallwatch_collector.plans import load
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.story import Rules, Source, Story, tell_story

NINE = 1_773_104_400.0
"""2026-03-10 09:00:00 in Shanghai."""
TOLD_AT = NINE + 7200
SOURCE = Source(entries=1, first=1, last=1)

HALL = Hall(
    area="330106",
    hall="xihu",
    name="西湖办税服务厅",
    windows=[
        Window(id="w1", number=1, name="1号窗口", classes=["filing", "certificates"]),
        Window(id="w2", number=2, name="2号窗口", classes=["filing"]),
    ],
    devices=[
        Device(id="prn-1", kind="printer", name="1号窗口打印机", place="w1", gives=["print"]),
        Device(id="rt-1", kind="router", name="上联路由器", gives=["network"]),
    ],
    systems=[
        Device(id="core", kind="system", name="核心征管系统", gives=["core-system"], depends_on=["rt-1"]),
    ],
    contacts=[Contact(role="head", name="王主任", phone="0571-1")],
)
RULES = Rules(HALL, *load())
TEMPLATES = {"H1": "inspect-and-spare", "H2": "device-sign", "W1": "close-window", "W2": "window-sign"} | {
    "D4": "check-last-transaction"
}
"""Clause → the measure of the plan that is raised here for it."""


def jam(at: float) -> list[AnyEvent]:
    """Return how a jam begins: the window loses certificates, the sign goes up."""
    sign = Sign("prn-1", "暂停使用", "1号窗口打印机", at, "H2")
    return [
        ev.FaultRaised(at=at, device="prn-1", fault="jam", since=at - 3, known_at=at + 1, evidence="jam=True"),
        ev.WindowChanged(at=at, window="w1", lost=["certificates"]),
        ev.IncidentOpened(at=at, incident="inc-1", device="prn-1", fault="jam", reopened=at > NINE),
        raised(at, "m-1", "inc-1 H1 auto prn-1 technician", "请检修。", due_s=600),
        raised(at, "m-2", "inc-1 H2 auto prn-1 guide", "1号窗口打印机已挂「暂停使用」。"),
        ev.SignPut(at=at, sign=sign),
    ]


def raised(at: float, measure: str, what: str, text: str, *, due_s: float | None = None) -> ev.MeasureRaised:
    """Return a measure being raised; *what* is its incident, clause, mode, subject and owner."""
    incident, clause, mode, subject, owner = what.split()
    return ev.MeasureRaised(
        at=at, measure=measure, incident=incident, template=TEMPLATES[clause], clause=clause, mode=mode,
        subject=subject, owner=owner, text=text, due_at=None if due_s is None else at + due_s,
    )  # fmt: skip


def mended(at: float) -> list[AnyEvent]:
    """Return how a jam ends; window 1 is to check its last transaction within half an hour."""
    return [
        ev.FaultCleared(at=at, device="prn-1", fault="jam", since=at - 60),
        ev.WindowChanged(at=at, window="w1", lost=[]),
        ev.IncidentMoved(at=at, incident="inc-1", status="recovered"),
        ev.MeasureUndone(at=at, measure="m-1"),
        ev.MeasureUndone(at=at, measure="m-2"),
        raised(at, "m-3", "inc-1 D4 show w1 staff", "1号窗口请核对。", due_s=1800),
        ev.SignTaken(at=at, place="prn-1"),
    ]


def checked(at: float) -> list[AnyEvent]:
    """Return how the check is ticked and the incident closed."""
    return [
        ev.MeasureDecided(at=at, measure="m-3", by="小陈", decision="done"),
        ev.IncidentMoved(at=at, incident="inc-1", status="checked", by="小陈"),
        ev.IncidentMoved(at=at, incident="inc-1", status="closed"),
    ]


def cut(at: float) -> list[AnyEvent]:
    """Return how the router fails: no window can take anything; the head closes window 2 twelve minutes later."""
    return [
        ev.FaultRaised(
            at=at, device="rt-1", fault="network-down", since=at - 10, known_at=at, evidence="contact=False"
        ),
        ev.FaultRaised(at=at, device="core", fault="system-down", since=at - 10, known_at=at, cause="rt-1"),
        ev.WindowChanged(at=at, window="w1", lost=["filing", "certificates"]),
        ev.WindowChanged(at=at, window="w2", lost=["filing"]),
        ev.IncidentOpened(at=at, incident="inc-4", device="rt-1", fault="network-down"),
        ev.LevelChanged(at=at, incident="inc-4", level="Ⅲ"),
        raised(at, "m-5", "inc-4 H1 auto rt-1 network", "请检修上联路由器。", due_s=600),
        raised(at, "m-6", "inc-4 W1 ask w2 head", "2号窗口建议停办。", due_s=300),
        ev.IncidentMoved(at=at + 900, incident="inc-4", status="acknowledged", by="李工"),
        ev.MeasureDecided(at=at + 720, measure="m-6", by="王主任", decision="confirmed"),
        ev.WindowClosed(at=at + 720, window="w2", by="王主任"),
    ]


MORNING: Sequence[AnyEvent] = [
    ev.HallLoaded(at=NINE - 600, digest="d"),
    *jam(NINE),
    *mended(NINE + 240),
    *checked(NINE + 300),
    *jam(NINE + 1200),
    *cut(NINE + 1500),
    *mended(NINE + 1800)[:1],
    ev.IncidentMoved(at=NINE + 1800, incident="inc-1", status="recovered"),
]
"""The jam stands from 09:00 to 09:04 and from 09:20 to 09:30; the router has been down since 09:25."""


def story(incident: str, events: Sequence[AnyEvent] = MORNING, rules: Rules = RULES) -> Story:
    """Return the story of an incident."""
    return tell_story(Record(events), incident, rules, SOURCE, TOLD_AT)


def entries(events: Sequence[AnyEvent] = MORNING) -> list[Entry]:
    """Return the events as they would stand in the journal."""
    return [
        Entry(seq, str(HALL.key), each.at, each.at, each.__struct_config__.tag, each, f"{seq:064x}")
        for seq, each in enumerate(events, 1)
    ]
