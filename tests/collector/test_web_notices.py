"""Public texts on the page (clause R6): their wording, their versions, and how a deadline was counted (O3)."""

from __future__ import annotations

from hallwatch_collector.core.commands import Confirm, CorrectNotice, WithdrawNotice
from parts.bureau_hall import BureauBench, bureau_hall
from parts.fake_source import FakeSource
from parts.web import OWN, PAGE, WORK, browse


def bad_day(**more: object) -> BureauBench:
    """Return a hall whose online bureau is down on the last day of the filing period, and which was told so."""
    bench = BureauBench("10-26 09:00", bureau_hall(**more))
    bench.fails("bureau")
    bench.promise("bureau", 60 * 24)
    bench.confirm("O1", text="网上税务局暂停服务。")
    bench.promise("bureau", 60 * 48)
    bench.confirm("R6", subject=bench.notices()[0].id)
    return bench


def source_of(bench: BureauBench) -> FakeSource:
    source = FakeSource(bench.engine.view(bench.key, bench.now))
    source.clock = bench.now
    return source


def test_everybody_sees_what_is_out_in_which_version_and_where() -> None:
    with browse(source_of(bad_day()), "李工") as client:
        page = client.get(WORK).text
    part = page[page.index('id="part-notices"') : page.index('id="part-incidents"')]
    assert "系统故障公告" in part
    assert "第 2 版" in part
    assert "此前 1 版" in part
    assert "网上税务局暂停服务。" in part
    assert "李主任发布" in part
    assert "大厅显示屏、公告栏" in part


def test_what_was_kept_in_a_simulated_hall_is_said() -> None:
    bench = bad_day(simulated=True)
    bench.confirm("O2")
    with browse(source_of(bench), "李工") as client:
        assert "因属演练或模拟,未向厅外发布:门户网站、12366短信" in client.get(WORK).text


def test_who_releases_may_word_it_otherwise() -> None:
    bench = bad_day()
    (measure,) = bench.measures("O2")
    source = source_of(bench)
    with browse(source, person="李主任") as client:
        page = client.get(WORK).text
        assert measure.draft in page[page.index(f'id="text-{measure.id}"') :].split("</textarea>")[0]
        form = {"command": "confirm", "measure": measure.id, "text": "请到大厅。"}
        assert client.post(f"{PAGE}/commands", data=form, headers=OWN, follow_redirects=False).status_code == 303
    (_, command) = source.commands[0]
    assert isinstance(command, Confirm)
    assert (command.measure, command.text) == (measure.id, "请到大厅。")


def test_it_is_corrected_and_withdrawn_from_the_page() -> None:
    bench = bad_day()
    name = bench.notices()[0].id
    source = source_of(bench)
    with browse(source, person="周宣") as client:
        for order in ("correct-notice", "withdraw-notice"):
            assert f'value="{order}"' in client.get(WORK).text
        correct = {"command": "correct-notice", "release": name, "text": "更正。", "reason": "写错"}
        client.post(f"{PAGE}/commands", data=correct, headers=OWN)
        client.post(
            f"{PAGE}/commands", data={"command": "withdraw-notice", "release": name, "reason": "好了"}, headers=OWN
        )
    assert [type(command) for _, command in source.commands] == [CorrectNotice, WithdrawNotice]


def test_a_proposal_shows_rule_steps_and_every_day() -> None:
    with browse(source_of(bad_day()), "李工") as client:
        page = client.get(WORK).text
        english = client.get(f"{WORK}?lang=en").text
    assert "怎样算出来的" in page
    assert "申报期限顺延至故障排除之日的次一工作日" in page
    assert "2026-10-27(周二)" in page
    assert "周一至周五" in page
    assert "网上税务局按预计时间恢复" in page
    assert "the next working day after" in english
