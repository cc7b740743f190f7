"""The record of a hall, put together from events in any order that a journal can hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_agent.wire import Sign
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.report.archive import compile_report
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.story import NoSuchIncident
from parts.jammed_hall import MORNING, NINE, RULES, SOURCE, TOLD_AT, raised


def test_faults_losses_and_signs_have_a_beginning_and_an_end() -> None:
    record = Record(MORNING)
    jams = [(fault.start - NINE, fault.end and fault.end - NINE) for fault in record.faults if fault.fault == "jam"]
    assert jams == [(-3, 240), (1197, 1800)]
    lost = [(loss.window, loss.business, loss.start - NINE, loss.end and loss.end - NINE) for loss in record.losses]
    assert lost == [
        ("w1", "certificates", 0, 240),
        ("w1", "certificates", 1200, None),
        ("w1", "filing", 1500, None),
        ("w2", "filing", 1500, None),
    ]
    assert [(sign.start - NINE, sign.end and sign.end - NINE) for sign in record.signs] == [(0, 240), (1200, None)]


def test_two_incidents_that_were_made_one_and_parted_are_told_as_if_they_had_not_been() -> None:
    at = NINE + 4000
    moved: list[AnyEvent] = [
        ev.IncidentMoved(at=at, incident="inc-4", status="recovered"),
        ev.IncidentMoved(at=at + 60, incident="inc-4", status="detected", by=f"{ev.MERGED_WITH}inc-1"),
        ev.IncidentMoved(at=at + 60, incident="inc-1", status="closed", by=f"{ev.MERGED_INTO}inc-4"),
        ev.IncidentMoved(at=at + 70, incident="inc-4", status="recovered", by=f"{ev.PARTED_FROM}inc-1"),
        ev.IncidentMoved(at=at + 70, incident="inc-1", status="detected", by=f"{ev.PARTED_FROM}inc-4"),
    ]
    before, after = Record(MORNING).incidents, Record([*MORNING, *moved]).incidents
    assert after["inc-1"].periods == before["inc-1"].periods
    assert [(move.status, move.at) for move in after["inc-4"].moves][-1] == ("recovered", at)
    assert not any(move.by for move in after["inc-4"].moves[-1:])


def test_an_incident_has_a_period_for_each_time_it_was_opened() -> None:
    incident = Record(MORNING).incidents["inc-1"]
    assert [(period.start - NINE, period.end and period.end - NINE) for period in incident.periods] == [
        (0, 300),
        (1200, None),
    ]
    assert incident.status == "recovered"


def test_a_proposal_that_is_worded_anew_is_no_news_and_stands_as_people_last_read_it() -> None:
    first = raised(NINE, "m-1", "inc-1 W1 ask w1 head", "转到2号窗口。")
    again = structs.replace(raised(NINE + 5, "m-1", "inc-1 W1 ask w1 head", "转到3号窗口。"), updated=True)
    record = Record([first, again])
    assert record.course == [first]
    assert [(measure.text, measure.start) for measure in record.measures] == [("转到3号窗口。", NINE)]


def test_an_automatic_measure_stands_as_it_was_first_carried_out() -> None:
    first = raised(NINE, "m-1", "inc-1 W2 auto w1 staff", "替代去处:暂无。")
    again = structs.replace(raised(NINE + 5, "m-1", "inc-1 W2 auto w1 staff", "替代去处:2号窗口。"), updated=True)
    assert [measure.text for measure in Record([first, again]).measures] == ["替代去处:暂无。"]


def test_a_measure_that_is_asked_again_unanswered_is_told_each_time_in_the_words_of_that_time() -> None:
    first = raised(NINE, "m-1", "inc-1 W1 ask w1 head", "现预计09:10,请告知。")
    again = raised(NINE + 600, "m-1", "inc-1 W1 ask w1 head", "修复时间待定,请告知。")
    record = Record([first, again])
    assert record.course == [first, again]
    assert [(each.text, each.start, each.end, each.because) for each in record.measures] == [
        ("现预计09:10,请告知。", NINE, NINE + 600, "asked-again"),
        ("修复时间待定,请告知。", NINE + 600, None, ""),
    ]


@pytest.mark.parametrize(
    "between",
    [
        ev.MeasureUndone(at=NINE + 1, measure="m-1"),
        ev.MeasureDecided(at=NINE + 1, measure="m-1", by="王主任", decision="declined", reason="不必"),
    ],
)
def test_a_measure_that_comes_back_is_told_again(between: AnyEvent) -> None:
    asked = raised(NINE, "m-1", "inc-1 W1 ask w1 head", "停办。")
    again = raised(NINE + 9, "m-1", "inc-1 W1 ask w1 head", "停办。")
    assert [measure.start for measure in Record([asked, between, again]).measures] == [NINE, NINE + 9]


def test_another_sign_at_the_same_place_ends_the_one_before() -> None:
    def put(at: float, text: str) -> ev.SignPut:
        return ev.SignPut(at=at, sign=Sign("prn-1", text, "打印机", at, "H2"))

    record = Record([put(NINE, "暂停使用"), put(NINE + 1, "暂停使用"), put(NINE + 2, "危险!请勿触摸")])
    assert [(sign.sign.text, sign.start, sign.end) for sign in record.signs] == [
        ("暂停使用", NINE, NINE + 2),
        ("危险!请勿触摸", NINE + 2, None),
    ]


ID = st.sampled_from(["prn-1", "rt-1", "w1", "w2", "core", "gone"])
INCIDENT = st.sampled_from(["inc-1", "inc-2"])
MEASURE = st.sampled_from(["m-1", "m-2"])
FAULT = st.sampled_from(["jam", "network-down", "no-such-fault"])
BY = st.sampled_from(["", "auto", "王主任", "explained-by:rt-1"])


def _events(at: float) -> st.SearchStrategy[Any]:
    def event(kind: type[Any], **fields: Any) -> st.SearchStrategy[Any]:
        return st.builds(kind, at=st.just(at), **fields)

    classes = st.lists(st.sampled_from(["filing", "certificates", "no-such-class"]), unique=True)
    return st.one_of(
        event(
            ev.FaultRaised, device=ID, fault=FAULT, part=st.sampled_from(["", "tray-1"]), since=st.just(at - 2),
            known_at=st.just(at), evidence=st.sampled_from(["", "jam=True", "="]), cause=st.sampled_from(["", "rt-1"]),
        ),
        event(ev.FaultCleared, device=ID, fault=FAULT, since=st.just(at - 2)),
        event(ev.CauseChanged, device=ID, fault=FAULT, cause=st.sampled_from(["", "rt-1"])),
        event(ev.WindowChanged, window=ID, lost=classes),
        event(ev.WindowClosed, window=ID, by=BY),
        event(ev.WindowReopened, window=ID, by=BY),
        event(ev.IncidentOpened, incident=INCIDENT, device=ID, fault=FAULT),
        event(
            ev.IncidentMoved, incident=INCIDENT, by=BY,
            status=st.sampled_from(["acknowledged", "recovered", "checked", "closed", "something-new"]),
        ),
        event(ev.LevelChanged, incident=INCIDENT, level=st.sampled_from(["Ⅰ", "二级"])),
        event(
            ev.MeasureRaised, measure=MEASURE, incident=INCIDENT, clause=st.sampled_from(["H1", "D4", "W1"]),
            mode=st.sampled_from(["auto", "ask", "show", "register"]), subject=ID, owner=st.just("head"),
            text=st.sampled_from(["", "w1请核对。"]), due_at=st.sampled_from([None, at + 3]),
        ),
        event(ev.MeasureUndone, measure=MEASURE),
        event(
            ev.MeasureDecided, measure=MEASURE, by=BY, decision=st.sampled_from(["confirmed", "declined", "done"])
        ),
        event(ev.SignPut, sign=st.builds(Sign, ID, st.just("暂停使用"), st.just("x"), st.just(at), st.just("H2"))),
        event(ev.SignTaken, place=ID),
        event(ev.AgentLost, agent=st.just("gw"), boot=st.just("b")),
        event(ev.HallLoaded, digest=st.just("d")),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.integers(0, 25).flatmap(lambda n: st.tuples(*(_events(NINE + step) for step in range(n)))))
def test_whatever_the_journal_holds_a_report_comes_of_it(events: tuple[AnyEvent, ...]) -> None:
    record = Record(events)
    spans = [*record.faults, *record.losses, *record.closures, *record.signs, *record.measures]
    assert all(each.end is None or each.end >= each.start for each in spans)
    for incident in record.incidents:
        document = compile_report(record, SOURCE, incident, RULES, told_at=TOLD_AT)
        assert document.blocks
    with pytest.raises(NoSuchIncident, match="inc-9"):
        compile_report(record, SOURCE, "inc-9", RULES, told_at=TOLD_AT)
