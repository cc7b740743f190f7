"""Filing deadlines in a running hall (clauses O2 to O5): when the plan moves them, and that a person decides."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec import structs

from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Filing
from hallwatch_collector.core.public_events import DeadlineExtended, ExtensionWithdrawn
from parts.bureau_hall import EVERYTHING, LAST_DAY, BureauBench, bureau_hall


def extended(events: list[AnyEvent]) -> list[tuple[str, dt.date | None]]:
    """Return which deadlines were extended, and to when."""
    return [(event.filing, event.new) for event in events if isinstance(event, DeadlineExtended)]


def test_people_are_called_in_person_near_the_deadline_only() -> None:
    bench = BureauBench("10-22 10:00")  # four days before
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24 * 20)
    assert bench.measures("O2") == []
    bench.until("10-23 00:00")
    assert "2026-10-26" in bench.measures("O2")[0].text


def test_a_last_day_on_a_day_off_is_the_next_working_day() -> None:
    saturday = Filing(name="增值税申报", last_days=[dt.date(2026, 10, 24)])
    bench = BureauBench("10-23 10:00", bureau_hall(filing=[saturday]))
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24 * 20)
    assert "2026-10-26" in bench.measures("O2")[0].text


def test_the_core_system_alone_moves_nothing() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("core-system")
    bench.promise("core-system", 60 * 24 * 20)
    bench.until("10-28 09:00")
    assert bench.measures("O2") + bench.measures("O3") + bench.measures("O4") == []


def test_a_cut_uplink_moves_nothing_because_others_can_file() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("rt-1")
    bench.promise("rt-1", 60 * 24 * 20)
    bench.until("10-28 09:00")
    assert bench.measures("O3") + bench.measures("O4") == []


def test_back_in_time_moves_nothing() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 119)
    bench.until("10-26 10:58")
    assert bench.measures("O3") == []
    bench.is_back("bureau")
    bench.until("10-27 00:00")
    assert bench.measures("O3") == []


def test_two_hours_lost_on_the_last_day_move_it() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.until("10-26 11:00")
    bench.is_back("bureau")
    (proposal,) = bench.measures("O3")[0].proposals
    assert (proposal.old, proposal.new, proposal.surety) == (LAST_DAY, dt.date(2026, 10, 27), "over")
    assert [day.date.day for day in proposal.days] == [26, 27]
    assert extended(bench.confirm("O3")) == [("增值税申报", dt.date(2026, 10, 27))]


@pytest.mark.parametrize(("back_at", "day"), [("10-26 13:59:59", 27), ("10-26 14:00", 29)])
def test_exactly_three_days_count_as_three_and_more(back_at: str, day: int) -> None:
    bench = BureauBench("10-23 14:00")
    bench.fails("bureau")
    bench.fails("core-system")
    bench.until(back_at)
    bench.is_back("bureau")
    bench.is_back("core-system")
    assert extended(bench.confirm("O4")) == [("增值税申报", dt.date(2026, 10, day))]


def test_what_is_both_down_after_all_is_proposed_by_the_other_clause() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 48)
    assert len(bench.measures("O3")) == 1
    bench.fails("core-system")
    bench.promise("core-system", 60 * 48)
    assert bench.measures("O3") == []
    assert len(bench.measures("O4")) == 1
    assert [event.because for event in bench.events if event.__struct_config__.tag == "measure-undone"][
        -1
    ] == "replaced"


def test_a_longer_outage_is_decided_again_and_says_what_was_decided() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    assert extended(bench.confirm("O3")) == [("增值税申报", dt.date(2026, 10, 28))]
    assert bench.measures("O3") == []
    bench.until("10-27 10:00")
    bench.promise("bureau", 60 * 24)
    assert "→2026-10-29(周四)" in bench.measures("O3")[0].text
    assert "此前决定:2026-10-28(周三)" in bench.measures("O3")[0].text
    (event,) = [event for event in bench.confirm("O3") if isinstance(event, DeadlineExtended)]
    assert (event.was, event.new, event.surety) == (dt.date(2026, 10, 28), dt.date(2026, 10, 29), "expected")


def test_the_same_day_is_not_asked_twice() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    bench.confirm("O3")
    bench.promise("bureau", 60 * 25)
    assert bench.measures("O3") == []
    bench.until("10-27 09:30")
    bench.is_back("bureau")
    assert bench.measures("O3") == []


def test_a_declined_extension_is_not_asked_again_and_holds_nothing() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.until("10-26 12:00")
    bench.is_back("bureau")
    assert [each.status for each in bench.engine.view(bench.key, bench.now).incidents] == ["recovered"]
    (measure,) = bench.measures("O3")
    bench.order(commands.Decline(by="李主任", roles=EVERYTHING, measure=measure.id, reason="上级不同意"))
    assert [each.status for each in bench.engine.view(bench.key, bench.now).incidents] == ["closed"]
    assert extended(bench.until("10-29 12:00")) == []
    assert bench.measures("O3") == []


def test_what_was_confirmed_by_mistake_is_taken_back() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    bench.confirm("O3")
    (measure,) = bench.measures("O3", "confirmed")
    events = bench.order(commands.Retract(by="李主任", roles=EVERYTHING, measure=measure.id, reason="看错了"))
    assert any(isinstance(event, ExtensionWithdrawn) for event in events)
    assert bench.measures("O5") == []
    assert len(bench.measures("O3")) == 1
    assert bench.engine.view(bench.key, bench.now).extensions == ()


def test_an_extension_in_principle_lapses_when_the_service_is_back_in_time() -> None:
    bench = BureauBench("10-24 09:00")
    bench.fails("bureau")
    bench.until("10-25 09:00")
    (event,) = [event for event in bench.confirm("O3") if isinstance(event, DeadlineExtended)]
    assert (event.new, event.surety) == (None, "open")
    bench.until("10-26 08:00")
    bench.is_back("bureau")
    assert "不再顺延" in bench.measures("O3")[0].text
    assert any(isinstance(event, ExtensionWithdrawn) for event in bench.confirm("O3"))
    assert bench.engine.view(bench.key, bench.now).extensions == ()


def test_several_periods_are_named_each_with_its_day() -> None:
    periods = [
        Filing(name="增值税申报", last_days=[LAST_DAY]),
        Filing(name="个税申报", last_days=[dt.date(2026, 10, 27)]),
    ]
    bench = BureauBench("10-26 09:00", bureau_hall(filing=periods))
    bench.fails("bureau")
    bench.promise("bureau", 60 * 48)
    assert extended(bench.confirm("O3")) == [(each.name, dt.date(2026, 10, 29)) for each in periods]
    assert "2026-10-29(周四)(增值税申报)、2026-10-29(周四)(个税申报)" in bench.measures("O5")[0].text


def test_another_incident_does_not_ask_for_what_was_decided() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.until("10-26 12:00")
    bench.is_back("bureau")
    bench.confirm("O3")
    bench.order(
        commands.Decline(by="周宣", roles=EVERYTHING, measure=bench.measures("O5")[0].id, reason="已由市局发布")
    )
    bench.until("10-26 16:00")
    bench.fails("bureau")
    bench.until("10-26 16:30")
    assert bench.measures("O3") == []


def test_an_outage_survives_a_restart_an_edited_file_and_a_clock_that_is_set() -> None:
    bench = BureauBench("10-23 14:00")
    bench.fails("bureau")
    bench.fails("core-system")
    bench.until("10-24 14:00")
    bench.restart()
    bench.until("10-25 14:00")
    bench.hall = structs.replace(bench.hall, name="改名")
    bench.engine.load_hall(bench.hall, "d2", None, bench.now)
    bench.engine.shift_clock(3600.0)
    bench.until("10-26 14:59")
    bench.is_back("bureau")
    bench.is_back("core-system")
    assert extended(bench.confirm("O4")) == [("增值税申报", dt.date(2026, 10, 27))]  # 3 days less a minute


def test_a_past_outage_counts_after_its_filing_period_was_added_to_the_file() -> None:
    bench = BureauBench("10-26 09:00", bureau_hall(filing=[]))
    bench.fails("bureau")
    bench.until("10-26 12:00")
    bench.hall = bureau_hall()
    bench.engine.load_hall(bench.hall, "d2", None, bench.now)
    assert len(bench.measures("O3")) == 1


def test_two_people_cannot_both_extend() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    (measure,) = bench.measures("O3")
    bench.confirm("O3")
    with pytest.raises(CommandRefused) as refused:
        bench.order(commands.Confirm(by="副局长", roles=EVERYTHING, measure=measure.id))
    assert refused.value.code == "already-decided"


def test_the_picture_shows_the_next_deadline_and_what_became_of_it() -> None:
    bench = BureauBench("10-20 09:00")
    (far,) = bench.engine.view(bench.key, bench.now).deadlines
    assert (far.filing, far.last_day, far.days_left) == ("增值税申报", LAST_DAY, 6)
    assert not far.near
    bench.until("10-26 09:00")
    assert bench.engine.view(bench.key, bench.now).deadlines[0].near
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    bench.confirm("O3")
    bench.until("10-27 08:00")
    (moved,) = bench.engine.view(bench.key, bench.now).deadlines
    assert moved.days_left == -1
    assert moved.extension is not None
    assert (moved.extension.old, moved.extension.new) == (LAST_DAY, dt.date(2026, 10, 28))
    bench.until("10-29 08:00")
    assert bench.engine.view(bench.key, bench.now).deadlines == ()


def test_the_day_is_known_at_once_when_one_of_both_is_back_after_the_last_day() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.fails("core-system")
    bench.until("10-26 16:00")
    bench.confirm("O4")
    bench.until("10-27 00:29")
    assert bench.measures("O4") == []
    bench.is_back("core-system")
    (proposal,) = bench.measures("O4")
    assert "2026-10-27" in proposal.text
