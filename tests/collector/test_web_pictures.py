"""What a hall's picture says before it is HTML: the verdict, the troubles, the words."""

from __future__ import annotations

from string import Formatter
from typing import get_args

import pytest
from msgspec.structs import replace

from hallwatch_agent.wire import ReadError
from hallwatch_collector.core.commands import Refusal
from hallwatch_collector.core.hall import BusinessClass
from hallwatch_collector.core.parts import PartNames
from hallwatch_collector.core.views import HallView
from hallwatch_collector.plans import load as load_plans
from hallwatch_collector.web.texts import Words, load_catalogue
from hallwatch_collector.web.trouble import find_attention, find_detours, find_troubles, group_devices
from hallwatch_collector.web.verdict import dim, judge, sort_classes, window_state
from parts.hall_views import NOW, agent, device, fault, hall, incident, window
from parts.shown_halls import bad_morning, calm_hall

SEEN = (agent("gw", "导税台电脑"),)
CLASSES = ("filing", "certificates")
PARTS = PartNames(load_plans()[1].parts, [BusinessClass(id="filing", name="申报", needs=[])])
CHINESE, ENGLISH = Words("zh-CN", NOW, parts=PARTS.chinese), Words("en", NOW, parts=PARTS.english)


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        (hall(), "empty"),
        (calm_hall(), "ok"),
        (hall(devices=(device("a", "pc", "A"),), agents=(agent("gw", "", alive=False),)), "blind"),
        (hall(devices=(device("a", "pc", "A"),), agents=(agent("gw", "", last_report_at=NOW - 999),)), "blind"),
        (hall(agents=SEEN, windows=(window(1, CLASSES, open=False), window(2, CLASSES, lost=CLASSES))), "stuck"),
        (hall(agents=SEEN, windows=(window(1, CLASSES, open=False), window(2, CLASSES, lost=("filing",)))), "stopped"),
        (hall(agents=SEEN, windows=(window(1, CLASSES, lost=CLASSES), window(2, CLASSES))), "stuck"),
        (hall(agents=SEEN, windows=(window(1, CLASSES, lost=("filing",)),)), "limited"),
        (hall(agents=SEEN, windows=(window(1, CLASSES, unknown=("filing",)),)), "unsure"),
        (hall(agents=SEEN, devices=(device("a", "pc", "A", state="hazard"),)), "hazard"),
        (hall(agents=SEEN, devices=(device("a", "pc", "A", state="unusable"),)), "equipment"),
        (hall(agents=SEEN, devices=(device("a", "pc", "A", state="warning"),)), "attention"),
        (hall(agents=SEEN, devices=tuple(device(s, "pc", s, state=s) for s in ("unknown", "warning"))), "unsure"),
    ],
)
def test_the_verdict_tells_the_gravest_thing(view: HallView, kind: str) -> None:
    assert judge(view, NOW).kind == kind


def test_a_window_that_takes_nothing_counts_like_one_that_is_closed() -> None:
    verdict = judge(hall(agents=SEEN, windows=(window(1, CLASSES, open=False), window(2, CLASSES, lost=CLASSES))), NOW)
    assert (verdict.count, verdict.windows_open) == (2, 0)


def test_only_a_hall_that_is_seen_and_well_gets_the_mark_of_health() -> None:
    assert judge(calm_hall(), NOW).mark == "ok"
    for state in ("warning", "degraded", "unusable", "hazard", "unknown"):
        assert judge(hall(agents=SEEN, devices=(device("a", "pc", "A", state=state),)), NOW).mark != "ok"


def test_the_gravest_level_of_the_standing_incidents_is_shown() -> None:
    verdict = judge(bad_morning(), NOW)
    assert (verdict.level, verdict.windows_open, verdict.windows, verdict.unknown) == ("Ⅲ", 4, 6, 2)


def test_the_level_holds_until_the_incident_is_closed() -> None:
    """Recovered is not over: from Ⅲ on, a person declares the end of the response (R7)."""
    view = bad_morning()
    for status, level in (("recovered", "Ⅲ"), ("closed", "")):
        incidents = tuple(replace(each, status=status, recovered_at=NOW) for each in view.incidents)
        assert judge(replace(view, incidents=incidents), NOW).level == level


def test_a_hall_nobody_sees_keeps_its_faults_and_loses_its_health() -> None:
    dimmed = dim(bad_morning())
    assert {d.state for d in dimmed.devices} == {"unusable", "warning", "unknown"}
    assert [window_state(w) for w in dimmed.windows] == ["unsure", "unsure", "limited", "unsure", "unsure", "closed"]
    assert dict(sort_classes(dimmed.windows[2])) == {
        "takes": [],
        "lost": ["certificates", "invoices"],
        "unknown": ["filing"],
    }


def test_troubles_come_by_gravity_with_what_they_cause_folded_below_them() -> None:
    troubles = find_troubles(bad_morning())
    assert [trouble.id for trouble in troubles] == ["i3", "i1", "i2"]
    assert [(t.explained_count, len(t.explained)) for t in troubles] == [(0, 0), (0, 0), (3, 3)]
    assert troubles[1].spare is not None
    assert troubles[1].spare.works


def test_people_are_sent_to_open_windows_that_surely_take_their_business() -> None:
    windows = (
        window(1, CLASSES, lost=("certificates",)),
        window(2, CLASSES, unknown=("certificates",)),
        window(3, CLASSES, open=False),
        window(4, ("certificates",)),
    )
    [detour] = find_detours(hall(windows=windows), windows[:1])
    assert (detour.classes, detour.windows) == (("certificates",), ("4号窗口",))
    assert detour.unsure == ("2号窗口",), "named, and said to be uncertain"
    nowhere = find_detours(hall(windows=(windows[0], windows[2])), windows[:1])
    assert [(d.windows, d.unsure) for d in nowhere] == [((), ())]


def test_only_windows_that_surely_take_something_count_as_taking_business() -> None:
    windows = (
        window(1, CLASSES, unknown=CLASSES),
        window(2, CLASSES, unknown=("certificates",)),
        window(3, ("filing", "certificates"), lost=("filing",), unknown=("certificates",)),
        window(4, ("filing",), lost=("filing",), unknown=("filing",)),
        window(5, CLASSES, open=False),
        window(6, ()),
    )
    assert [each.takes_business for each in windows] == [None, True, None, False, False, True]
    verdict = judge(hall(windows=windows, agents=(agent("gw", "gw"),)), NOW)
    assert (verdict.windows_open, verdict.windows_unsure, verdict.windows) == (2, 2, 6)


@pytest.mark.parametrize(
    ("state", "works"),
    [("ok", True), ("warning", True), ("degraded", True), ("unusable", False), ("hazard", False), ("unknown", None)],
)
def test_nobody_is_sent_to_a_spare_that_is_broken_and_nobody_surely_to_one_unseen(
    state: str, works: bool | None
) -> None:
    broken = device("p", "printer", "P", state="unusable", faults=(fault("p", "jam", "卡纸", "jam"),), spare="s")
    view = hall(
        devices=(broken, device("s", "printer", "S", state=state)),
        incidents=(incident("i", "p", "P", fault_id="jam", zh="卡纸", en="jam"),),
    )
    [trouble] = find_troubles(view)
    assert trouble.spare is not None
    assert trouble.spare.works is works


@pytest.mark.parametrize(("lent_to", "told"), [("p", ""), ("q", "Q"), ("", ""), ("gone", "")])
def test_a_spare_that_replaces_another_device_is_not_offered_again(lent_to: str, told: str) -> None:
    broken = [
        device(name, "printer", name.upper(), state="unusable", faults=(fault(name, "jam", "卡纸", "jam"),), spare="s")
        for name in ("p", "q")
    ]
    view = hall(
        devices=(*broken, device("s", "printer", "S", lent_to=lent_to)),
        incidents=(incident("i", "p", "P", fault_id="jam", zh="卡纸", en="jam"),),
    )
    [trouble] = find_troubles(view)
    assert trouble.spare is not None
    assert trouble.spare.lent_to == told


def test_a_warning_without_an_incident_is_shown_apart_and_a_caused_fault_is_not() -> None:
    assert [(each.device.id, each.fault.fault) for each in find_attention(bad_morning())] == [("prn-5", "toner-low")]


def test_an_incident_of_a_device_that_left_the_hall_can_still_be_shown() -> None:
    gone = hall(incidents=(incident("i", "gone", "旧打印机", fault_id="jam", zh="卡纸", en="jam"),))
    [trouble] = find_troubles(gone)
    assert (trouble.device_name, trouble.state, trouble.since) == ("旧打印机", "unknown", trouble.incident.opened_at)


def test_devices_are_grouped_and_no_device_is_left_out() -> None:
    view = bad_morning()
    groups = dict(group_devices(view))
    shown = [device.id for group in groups.values() for device in group]
    assert sorted(shown) == sorted(d.id for d in view.devices)
    assert [d.id for d in groups["faulty"]][-3:] == ["kiosk-1", "kiosk-2", "led-1"], "what is caused comes last"


def test_both_languages_say_the_same_things_with_the_same_placeholders() -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    chinese, english = load_catalogue("zh-CN"), dict(load_catalogue("en"))
    for key in [key for key in english if key.endswith("_one")]:
        assert places(english.pop(key)) <= {"n"}
        assert "n" in places(english[key.removesuffix("_one")])
    assert chinese.keys() == english.keys()
    # A date needs no month's name in one language and may need it in the other; all else must agree.
    assert {key: places(text) for key, text in chinese.items()} == {key: places(text) for key, text in english.items()}


def test_every_refusal_is_told_in_both_languages() -> None:
    assert {key.partition(".")[2] for key in load_catalogue("en") if key.startswith("refusal.")} == set(
        get_args(Refusal)
    )


def test_one_thing_is_told_in_the_singular() -> None:
    words = Words("en", NOW)
    assert words.say("verdict.stopped", n=1) == "1 window closed"
    assert words.say("verdict.stopped", n=2) == "2 windows closed"
    assert Words("zh-CN", NOW).say("verdict.stopped", n=1) == "1 个窗口暂停服务"
    assert not [key for key, text in load_catalogue("en").items() if "(s)" in text]


@pytest.mark.parametrize(
    ("told", "chinese", "english"),
    [
        ("jam=True", "卡纸", "paper jam"),
        ("input-empty[tray-1]=True", "缺纸(纸盒 1)", "out of paper (tray 1)"),
        ("present[card-reader]=False", "未连接(读卡器)", "not plugged in (card reader)"),
        ("port-down[gi0-0-1]=True", "端口断开「gi0-0-1」", "port down “gi0-0-1”"),
        ("reachable=False", "无应答", "not reachable"),
        ("jam=False", "卡纸:否", "not paper jam"),
        ("odd-word=True", "「odd-word」", "“odd-word”"),
        ("contact=False", "无应答", "no answer"),
        ("agent=True", "采集程序没有消息", "agent not heard of"),
        ("error=garbage", "读取失败(回答无法识别)", "not read (answer not understood)"),
        ("toner_ratio[black]=0.03", "碳粉余量(黑色) 3%", "Toner left (black) 3%"),
        ("printer says: jammed", "printer says: jammed", "printer says: jammed"),
        ("a=b", "a=b", "a=b"),
    ],
)
def test_what_a_device_said_reads_like_words(told: str, chinese: str, english: str) -> None:
    assert (CHINESE.evidence(told), ENGLISH.evidence(told)) == (chinese, english)


@pytest.mark.parametrize(
    ("evidence", "chinese", "english"),
    [
        ("jam=True", "设备报告:卡纸", "The device says: paper jam"),
        ("contact=False", "无应答", "no answer"),
        ("error=mute", "读取失败(接受连接但不回答)", "not read (it accepts the connection and does not answer)"),
        ("error=local", "读取失败(采集电脑自身无法读取)", "not read (the agent's own computer could not ask)"),
    ],
)
def test_only_what_a_device_said_is_put_in_its_mouth(evidence: str, chinese: str, english: str) -> None:
    known = replace(fault("q", "jam", "卡纸", "paper jam"), evidence=evidence)
    assert (CHINESE.finding(known), ENGLISH.finding(known)) == (chinese, english)


def test_what_a_person_said_is_not_put_in_the_mouth_of_a_device() -> None:
    said = replace(fault("q", "reported-unusable", "报告停用", "reported"), evidence="李工: 不出纸")
    assert (CHINESE.finding(said), "device says" in ENGLISH.finding(said)) == ("李工: 不出纸", False)


def test_every_reason_why_something_cannot_be_read_has_its_word_and_its_advice() -> None:
    told = {key for key in load_catalogue("en") if key.startswith("error.")}
    assert told == {f"error.{error}" for error in ReadError}
    advised = next(fault.when.errors for fault in load_plans()[1].faults if fault.id == "unread")
    unread = fault("q", "unread", "读不到", "cannot be read", first_step="查", first_step_en="look")
    for error in advised:
        assert ENGLISH.advice(replace(unread, evidence=f"error={error}")) == load_catalogue("en")[f"advice.{error}"]
    assert ENGLISH.advice(replace(unread, evidence="error=new")) == "look"


def test_a_hall_without_windows_is_told_nothing_of_windows() -> None:
    view = hall(windows=(), devices=(device("a", "pc", "A", state="unusable"),))
    verdict = judge(view, NOW)
    assert Words("zh-CN", NOW).say(verdict.headline, n=verdict.count) == "有设备停用"
    assert "窗口" in Words("zh-CN", NOW).say(judge(bad_morning(), NOW).headline, n=1)


@pytest.mark.parametrize(
    ("age_s", "chinese", "english"),
    [
        (-3, "刚刚", "just now"),
        (59, "刚刚", "just now"),
        (60, "1 分钟前", "1 min ago"),
        (3600, "1 小时前", "1 h ago"),
        (3900, "1 小时 5 分钟前", "1 h 5 min ago"),
        (90_000, "1 天前", "1 d ago"),
    ],
)
def test_ages_in_words(age_s: float, chinese: str, english: str) -> None:
    assert (Words("zh-CN", NOW).ago(NOW - age_s), Words("en", NOW).ago(NOW - age_s)) == (chinese, english)


def test_clocks_are_the_halls_own_and_name_the_day_when_it_is_not_today() -> None:
    assert Words("zh-CN", NOW).clock(NOW) == "10:40"
    assert Words("zh-CN", NOW, "Asia/Urumqi").clock(NOW) == "08:40"
    assert Words("zh-CN", NOW).clock(NOW - 86_400) == "11月20日 10:40"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("toner_ratio[black]", 0.23, "23%"),
        ("disk_free_bytes", 81e9, "75.4 GiB"),
        ("receive_bits_per_s[gi0-0-1]", 999.7e6, "1000 Mbit/s"),
        ("discards_per_s", 0.25, "0.25 /s"),
        ("http_response_s", 0.182, "0.182 s"),
        ("uptime_s", 7300.0, "2 小时 1 分钟"),
        ("boot_at_s", NOW, "10:40"),
        ("boot_at_s", 1e300, "1e+300"),
        ("boot_at_s", -5.0, "-5 s"),
        ("uptime_s", float("inf"), "inf"),
        ("pages_total", 18_230.0, "18,230 页"),
        ("input_v", 231.4, "231 V"),
    ],
)
def test_values_have_their_units_and_nonsense_breaks_nothing(key: str, value: float, shown: str) -> None:
    assert Words("zh-CN", NOW).value(key, value) == shown


def test_a_part_has_its_name_and_what_nobody_named_stands_in_quotes() -> None:
    assert CHINESE.told("metric", "toner_ratio[black]") == "碳粉余量(黑色)"
    assert CHINESE.told("metric", "flux_ratio") == "「flux_ratio」"
    assert CHINESE.told("metric", "people_waiting[filing]") == "等候人数(申报)"
    assert CHINESE.part("端口断开", "gi0-0-1", "tray-2") == "端口断开(「gi0-0-1」、纸盒 2)"
    assert ENGLISH.told("metric", "flux_ratio[a]") == "“flux_ratio” “a”"


def test_a_recovered_incident_is_no_trouble_any_more() -> None:
    view = bad_morning()
    recovered = tuple(replace(i, status="recovered", recovered_at=NOW) for i in view.incidents)
    assert find_troubles(replace(view, incidents=recovered)) == []
