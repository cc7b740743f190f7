"""Public texts (clause R6): who lets them out, in which words, where to, and when they go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from hallwatch_agent.wire import decode
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.public_events import NoticeOutdated, NoticePosted, NoticeReleased, NoticeWithdrawn
from hallwatch_collector.effects.effect import Outlets
from hallwatch_collector.effects.notice import Notices
from hallwatch_collector.shelf import Shelf
from parts.bureau_hall import EVERYTHING, BureauBench, bureau_hall
from parts.county import PLAN


def down(now: str = "03-10 09:00", **more: object) -> BureauBench:
    """Return a hall whose online bureau is down, far from any deadline."""
    bench = BureauBench(now, bureau_hall(**more))
    bench.fails("bureau")
    bench.promise("bureau", 120)
    return bench


def without(plan: Plan, *occasions: str) -> Plan:
    """Return a plan without the measures of some occasions."""
    return structs.replace(plan, measures=[each for each in plan.measures if each.on not in occasions])


def refusal(act: Callable[[], object]) -> str:
    """Return why something is refused."""
    with pytest.raises(CommandRefused) as refused:
        act()
    return refused.value.code


def test_the_text_goes_out_as_prepared_with_its_words_filled_in() -> None:
    bench = down()
    (measure,) = bench.measures("O1")
    assert measure.releases
    assert "网上税务局发生故障" in measure.draft
    assert "预计11:00恢复" in measure.draft
    bench.confirm("O1")
    (notice,) = bench.notices()
    assert [(each.number, each.text, each.text_en, each.by) for each in notice.versions] == [
        (1, measure.draft, measure.draft_en, "李主任")
    ]
    assert notice.outlets == ("hall-display", "notice-board")


def test_whoever_releases_it_may_word_it_otherwise() -> None:
    bench = down()
    bench.confirm("O1", text="  系统故障,\r\n请稍候。 ")
    version = bench.notices()[0].versions[0]
    assert (version.text, version.text_en) == ("系统故障,\n请稍候。", "")
    bench.until("03-10 09:10")
    assert bench.measures("R6", subject=bench.notices()[0].id) == []  # another wording is not out of date


def test_the_english_of_another_wording_goes_out_when_it_is_given() -> None:
    bench = down()
    bench.confirm("O1", text="系统故障。", text_en="Out of order.")
    assert bench.notices()[0].versions[0].text_en == "Out of order."


def test_only_who_owes_it_and_may_release_releases() -> None:
    bench = down()
    assert refusal(lambda: bench.confirm("O1", roles=["publicity"])) == "not-yours"
    roles = [structs.replace(role, may=[]) if role.id == "head" else role for role in PLAN.roles]
    bench = BureauBench("03-10 09:00", plan=structs.replace(PLAN, roles=roles))
    bench.fails("bureau")
    bench.promise("bureau", 120)
    assert refusal(lambda: bench.confirm("O1", roles=["head"])) == "no-right"
    assert bench.notices() == ()
    assert len(bench.measures("O1")) == 1


def test_a_wording_belongs_to_public_texts_only() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    assert refusal(lambda: bench.confirm("O3", text="顺延")) == "no-notice"
    assert bench.engine.view(bench.key, bench.now).extensions == ()


def test_what_no_machine_reaches_is_a_step_for_each_outlet_and_version() -> None:
    bench = down()
    bench.confirm("O1")
    board = f"{bench.notices()[0].id}-notice-board"
    assert [each.subject for each in bench.measures("R6")] == [board]  # the display is connected
    (posted,) = [event for event in bench.tick(board) if isinstance(event, NoticePosted)]
    assert (posted.outlet, posted.version) == ("notice-board", 1)
    bench.promise("bureau", 240)
    bench.confirm("R6", subject=bench.notices()[0].id)
    assert "第2版" in bench.measures("R6", subject=board)[0].text
    bench.tick(board)
    assert bench.notices()[0].posted == {"notice-board": 2}


def test_a_text_that_was_not_put_there_after_all_is_asked_for_again() -> None:
    bench = BureauBench("10-20 09:30")
    bench.fails("bureau")
    bench.confirm("O1")
    board = f"{bench.notices()[0].id}-notice-board"
    bench.tick(board)
    (ticked,) = bench.measures("R6", "done", board)
    events = bench.order(commands.Retract(by="周宣", roles=["publicity"], measure=ticked.id, reason="点错了"))
    (gone,) = [event for event in events if isinstance(event, NoticePosted)]
    assert (gone.outlet, gone.version, gone.by) == ("notice-board", 0, "周宣")
    assert bench.engine.state(bench.key).releases[bench.notices()[0].id].posted == {}
    assert [each.status for each in bench.measures("R6", "open", board)] == ["open"]
    bench.is_back("bureau")
    withdraw = next(each for each in bench.measures("R6") if each.mode == "ask")
    bench.order(commands.Confirm(by="周宣", roles=["publicity"], measure=withdraw.id))
    assert not bench.measures("R6"), "what never hung there has not to be taken down"


def test_without_a_connected_display_somebody_has_to_show_it() -> None:
    bench = down(places=[])
    bench.confirm("O1")
    assert {each.subject.split("-", 2)[2] for each in bench.measures("R6")} == {"hall-display", "notice-board"}


@pytest.mark.parametrize("played", [{"simulated": True}, {"drill": True}])
def test_nothing_leaves_a_hall_that_is_played(played: dict[str, bool]) -> None:
    bench = BureauBench("10-26 09:00", bureau_hall(**played))
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    (released,) = [event for event in bench.confirm("O2") if isinstance(event, NoticeReleased)]
    assert (released.outlets, released.held_back) == (["hall-display"], ["portal", "sms"])
    assert bench.measures("R6") == []


def test_when_the_cause_is_gone_somebody_is_asked_and_the_incident_waits() -> None:
    bench = down()
    bench.confirm("O1")
    board = f"{bench.notices()[0].id}-notice-board"
    bench.tick(board)
    events = bench.is_back("bureau")
    assert [event.because for event in events if isinstance(event, NoticeOutdated)] == ["cause-gone"]
    bench.confirm("R6", subject=bench.notices()[0].id)
    assert not bench.notices()[0].in_force
    assert "incident-moved closed" not in states(bench)
    bench.tick(board)
    assert states(bench)[-1] == "incident-moved closed"


def states(bench: BureauBench) -> list[str]:
    """Return the steps of incidents so far."""
    moved = [event for event in bench.events if event.__struct_config__.tag == "incident-moved"]
    return [f"incident-moved {event.status}" for event in moved]  # type: ignore[union-attr]


def test_it_goes_by_itself_where_the_plan_asks_nobody() -> None:
    bench = BureauBench("03-10 09:00", plan=without(PLAN, "notice-left"))
    bench.fails("bureau")
    bench.promise("bureau", 120)
    bench.confirm("O1")
    (withdrawn,) = [event for event in bench.is_back("bureau") if isinstance(event, NoticeWithdrawn)]
    assert withdrawn.by == "auto"
    assert bench.measures("R6") == []


def test_a_release_that_is_retracted_is_withdrawn_and_its_next_one_is_version_2() -> None:
    bench = down()
    bench.confirm("O1")
    (measure,) = bench.measures("O1", "confirmed")
    bench.order(commands.Retract(by="李主任", roles=EVERYTHING, measure=measure.id, reason="措辞不当"))
    assert not bench.notices()[0].in_force
    bench.confirm("O1", text="系统故障。")
    (notice,) = bench.notices()
    assert notice.in_force
    assert [each.number for each in notice.versions] == [1, 2]


def test_a_person_with_the_right_corrects_and_withdraws_at_any_time() -> None:
    bench = down()
    bench.confirm("O1")
    name = bench.notices()[0].id
    correct = commands.CorrectNotice(by="周宣", roles=["publicity"], release=name, text="更正。", reason="写错了")
    withdraw = commands.WithdrawNotice(by="周宣", roles=["publicity"], release=name, reason="不再需要")

    def as_guide(command: commands.CorrectNotice | commands.WithdrawNotice) -> AnyCommand:
        return structs.replace(command, roles=["guide"])

    assert refusal(lambda: bench.order(as_guide(correct))) == "no-right"
    assert refusal(lambda: bench.order(as_guide(withdraw))) == "no-right"
    bench.order(correct)
    assert bench.notices()[0].versions[-1].text == "更正。"
    bench.order(withdraw)
    assert (bench.notices()[0].withdrawn_by, bench.notices()[0].reason) == ("周宣", "不再需要")
    assert refusal(lambda: bench.order(withdraw)) == "unknown-notice"
    assert refusal(lambda: bench.order(correct)) == "unknown-notice"


def test_a_text_outlives_a_restart_and_an_edited_file() -> None:
    bench = down()
    bench.confirm("O1")
    before = bench.notices()
    assert bench.restart() == []
    assert bench.notices() == before
    bench.hall = structs.replace(bench.hall, systems=bench.hall.systems[1:])  # the bureau is gone from the file
    bench.engine.load_hall(bench.hall, "d2", None, bench.now)
    (notice,) = bench.notices()
    assert (notice.in_force, notice.moot) == (True, "cause-gone")
    bench.confirm("R6", subject=notice.id)
    assert not bench.notices()[0].in_force


def test_the_notice_of_an_extension_outlives_its_incident_until_the_day_is_over() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.until("10-26 12:00")
    bench.is_back("bureau")
    bench.confirm("O3")
    bench.confirm("O5")
    (notice,) = bench.notices()
    for outlet in notice.outlets:
        bench.tick(f"{notice.id}-{outlet}")
    assert states(bench)[-1] == "incident-moved closed"
    bench.until("10-27 23:59")
    assert bench.notices()[0].moot == ""
    bench.until("10-28 00:01")
    assert bench.notices()[0].moot == "cause-gone"
    bench.confirm("R6", subject=notice.id)
    assert [each.subject for each in bench.measures("R6")] == [f"{notice.id}-portal"]  # what was sent stays sent


def test_displays_show_the_last_version_until_it_is_withdrawn() -> None:
    bench = down()
    standing: dict[str, bytes] = {}
    shelf = Shelf(
        lambda name, payload, _: standing.update({name: payload}), lambda _: True, lambda *_: None, lambda: 0.0
    )
    effect = Notices(Outlets(shelf=shelf), bench.engine.view)
    effect.perform(bench.key, bench.confirm("O1", text="系统故障。"), bench.now)
    name = bench.notices()[0].id
    where = f"hallwatch/v1/330106/xihu/notices/{name}"
    assert decode("notices", standing[where]).text == "系统故障。"
    bench.promise("bureau", 240)
    effect.perform(bench.key, bench.confirm("R6", subject=name), bench.now)
    shown = decode("notices", standing[where])
    assert (shown.version, shown.text) == (2, bench.notices()[0].versions[-1].text)
    withdrawn = commands.WithdrawNotice(by="周宣", roles=EVERYTHING, release=name, reason="x")
    effect.perform(bench.key, bench.order(withdrawn), bench.now)
    assert standing[where] == b""
    effect.stand(bench.hall, bench.now)
    assert standing[where] == b""


def test_passing_on_follows_the_level_up_and_a_person_who_sets_it() -> None:
    bench = down()
    (incident,) = bench.engine.view(bench.key, bench.now).incidents
    assert bench.measures("R4") == []

    def passes(level: str) -> list[str]:
        bench.order(
            commands.SetLevel(by="副局长", roles=["deputy"], incident=incident.id, level=level, reason="影响面大")
        )
        return [f"{each.owner}: {each.text.split('(')[0]}" for each in bench.measures("R4") if each.mode == "show"]

    assert passes("Ⅲ") == ["head: Ⅲ级事件:请向县局领导小组报告"]
    assert passes("Ⅰ") == ["deputy: Ⅰ级事件:请向省局报告,可越级"]
    assert passes("") == []


def test_nobody_is_asked_to_post_what_is_over() -> None:
    bench = down()
    bench.confirm("O1")
    (step,) = bench.measures("R6")
    assert step.subject == f"{bench.notices()[0].id}-notice-board"
    bench.is_back("bureau")
    (left,) = bench.measures("R6")
    assert left.subject == bench.notices()[0].id, "only to withdraw it"
    bench.fails("bureau")
    assert step.subject in {each.subject for each in bench.measures("R6")}, "it holds again"
