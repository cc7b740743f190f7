"""The technicians' pages: the queue by what faults cost, and one device with all that is known of it."""

from __future__ import annotations

import re

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from hallwatch_collector.core.availability import DevicePast, Share, Span, look_back
from hallwatch_collector.core.closeup import ProbeView, ValueView
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.views import ForecastView, HallView
from hallwatch_collector.people import Person
from hallwatch_collector.web.app import create_app
from hallwatch_collector.web.repair_queue import find_contacts, list_jobs
from hallwatch_collector.web.source import DeviceRecord
from hallwatch_collector.web.strip import HIGH, draw_days, draw_strip, say_share
from hallwatch_collector.web.texts import Words
from parts.fake_source import FakeSource
from parts.hall_views import NOW, device, fault, hall, incident, look_at
from parts.people import sign_in
from parts.shown_halls import bad_morning, calm_hall
from parts.web import PAGE, browse

CHINESE = Words("zh-CN", NOW)
EVIL = "<script>alert(1)</script>"
DEVICE = f"{PAGE}/devices/prn-3"


def standing(name: str, **changes: object) -> HallView:
    """Return a hall with one broken device and its incident."""
    broken = device(name, "printer", name, state="unusable", faults=(fault(name, "jam", "卡纸", "jam"),))
    open_one = incident(f"i-{name}", name, name, fault_id="jam", zh="卡纸", en="jam", **changes)
    return hall(devices=(broken,), incidents=(open_one,))


def ranked(*views: HallView) -> list[str]:
    return [job.name for job in list_jobs(views, FakeSource().plan, NOW)]


def test_what_costs_most_comes_first_and_warnings_after_all_faults() -> None:
    plain = standing("plain")
    costly = standing("costly", takes={"w1": ("filing", "certificates")})
    grave = standing("grave", level="Ⅰ", takes={"w1": ("filing",)})
    warned = hall(devices=(device("w", "pc", "warned", state="warning", faults=(
        fault("w", "disk", "磁盘", "disk", effect="warning", since=NOW - 90_000),)),))  # fmt: skip
    assert ranked(warned, plain, costly, grave) == ["grave", "costly", "plain", "warned"]


def test_people_who_wait_for_what_is_taken_and_age_weigh_too() -> None:
    crowd = device("q", "queue-machine", "叫号机", metrics={"people_waiting": 30.0, "people_waiting[filing]": 30.0})
    awaited = standing("awaited", takes={"w1": ("filing",)})
    awaited = replace(awaited, devices=(*awaited.devices, crowd))
    other = standing("other", takes={"w1": ("certificates", "invoices")})
    assert ranked(other, awaited) == ["awaited", "other"]
    jobs = list_jobs([awaited], FakeSource().plan, NOW)
    assert (jobs[0].cost.windows, jobs[0].cost.classes, jobs[0].cost.people) == (1, 1, 30.0)
    old = standing("old")
    aged = tuple(replace(each, since=NOW - 7200) for each in old.devices[0].faults)
    old = replace(old, devices=(replace(old.devices[0], faults=aged),))
    assert ranked(standing("young"), old) == ["old", "young"]


def test_crowds_and_classes_without_a_window_are_nothing_to_repair() -> None:
    crowd = incident("i1", "q", "叫号机", fault_id="crowded", zh="办税高峰", en="crowded")
    unserved = incident("i2", "class:filing", "申报", fault_id="class-unserved", zh="无窗口", en="unserved")
    many = fault("q", "people-waiting", "等候人数过多", "many wait", effect="warning")
    machine = device("q", "queue-machine", "叫号机", state="warning", faults=(many,))
    assert ranked(hall(devices=(machine,), incidents=(crowd, unserved))) == []


def test_the_queue_says_all_that_a_technician_needs_and_offers_what_they_do() -> None:
    view = replace(bad_morning(), reachable=("赵工",), contacts=(("technician", "信息中心值班", "0571-000002"),))
    with browse(FakeSource(view), "李工", "technician") as client:
        page = client.get(f"{PAGE}/queue").text
    card = page.partition('id="job-330106-xihu-i1"')[2].partition("</article>")[0]
    for told in ("打开打印机前盖", "换上备用:1号备用打印机", "0571-000002", f'href="{DEVICE}"'):
        assert told in card
    commands = re.findall(r'name="command" value="([a-z-]+)"', card)
    assert commands == ["acknowledge", "start-repair", "estimate", "note", "hand-over"]


def test_the_queue_of_all_halls_sends_each_answer_to_its_own_hall() -> None:
    other = replace(bad_morning(), hall="yuhang", name=EVIL)
    source = FakeSource(bad_morning(), other, replace(calm_hall(), area="hallwatch", hall="self", internal=True))
    with browse(source, "李工", "technician") as client:
        page = client.get("/queue").text
        own = client.get("/queue/mine").text
    assert set(re.findall(r'action="(/halls/[^"]+)"', page)) == {
        "/halls/330106/xihu/commands", "/halls/330106/yuhang/commands",
    }  # fmt: skip
    assert EVIL not in page
    assert 'class="card job' not in own, "nothing of it is this reader's"


def commands_in(page: str) -> set[str]:
    return set(re.findall(r'name="command" value="([a-z-]+)"', page))


def test_each_role_is_offered_what_it_may_and_nothing_else() -> None:
    source = FakeSource(bad_morning())
    anybody, repairs = {"acknowledge", "note", "assign"}, {"start-repair", "estimate"}
    work = {"start-maintenance", "plan-maintenance"}
    for role, in_queue, at_device in (
        ("technician", anybody | repairs, anybody | repairs | work),
        ("logistics", anybody | repairs, anybody | repairs),
        ("staff", anybody, anybody),
        ("auditor", set[str](), set[str]()),
    ):
        with browse(source, f"某{role}", role) as client:
            assert commands_in(client.get(f"{PAGE}/queue").text) == in_queue, role
            assert commands_in(client.get("/queue").text) == in_queue, role
            assert commands_in(client.get(DEVICE).text) == at_device, role


def test_nobody_looks_who_is_not_signed_in_and_each_sees_their_own_halls_alone() -> None:
    source = FakeSource(bad_morning(), replace(bad_morning(), hall="yuhang", name="余杭区办税服务厅"))
    with browse(source, "") as client:
        for path in (f"{PAGE}/queue", DEVICE, "/queue", "/queue/mine"):
            assert client.get(path, follow_redirects=False).status_code == 303, path
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        sign_in(client, source, Person(name="赵工", roles=["technician"], halls=["330106/yuhang"]))
        page = client.get("/queue").text
        assert "余杭区办税服务厅" in page
        assert "西湖区办税服务厅" not in page
        assert client.get(f"{PAGE}/queue", follow_redirects=False).status_code == 403


def test_what_somebody_answers_for_is_theirs() -> None:
    source = FakeSource(standing("mine", owner="李工", status="acknowledged"))
    with browse(source, "李工", "technician") as client:
        for path in (f"{PAGE}/queue/mine", "/queue/mine"):
            page = client.get(path).text
            assert 'id="job-330106-xihu-i-mine"' in page
            assert "我的 1" in page
    with browse(source, "赵工", "technician") as client:
        assert "没有由您负责的故障" in client.get("/queue/mine").text


def test_who_repairs_a_kind_of_device_is_named_first_and_who_is_on_duty_before_contacts() -> None:
    view = hall(contacts=(("technician", "信息中心", "1"), ("network", "网管", "2"), ("head", "王主任", "3")))
    assert find_contacts(view, device("r", "router", "R"))[0] == ("network", "网管", "2")
    assert [name for _, name, _ in find_contacts(view, device("p", "printer", "P"))] == ["信息中心"]
    assert find_contacts(hall(contacts=(("head", "王主任", "3"),)), None) == [("head", "王主任", "3")]


def test_a_device_that_is_not_there_is_no_page() -> None:
    source = FakeSource(bad_morning())
    with browse(source, "李工", "technician") as client:
        assert client.get(f"{PAGE}/devices/nothing").status_code == 404
        source.unknown.add("prn-3")
        assert client.get(DEVICE).status_code == 404


def past() -> DevicePast:
    spans = [Span("unknown", NOW - 40 * 86_400, NOW - 3600), Span("ok", NOW - 3600, NOW - 60),
        Span("unusable", NOW - 60, NOW)]  # fmt: skip
    return look_back(spans, Hours([], "Asia/Shanghai"), NOW)


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(replace(bad_morning(), contacts=(("technician", "信息中心值班", "0571-000002"),)))
    values = (
        ValueView(channel="metric", key="toner_ratio[black]", value=0.62, at=NOW - 8, fresh=True, probe="snmp"),
        ValueView(channel="condition", key="jam", value=True, at=NOW - 8, fresh=True, probe="snmp"),
        ValueView(channel="fact", key="model", value=EVIL, at=NOW - 4000, fresh=False, probe="snmp"),
    )
    probe = ProbeView(name="snmp", kind="snmp-printer", agent="gw", agent_name="导税台电脑", agent_alive=True,
        read_at=NOW - 8, told_at=NOW - 8, fresh=True, error="timeout", note=EVIL)  # fmt: skip
    near = look_at("prn-3", values=values, probes=(probe,), depends_on=(("sw-1",), ("rt-1", "rt-2")), serves=("w3",),
        is_askable=True)  # fmt: skip
    source.records["prn-3"] = DeviceRecord(near, past())
    return source


def test_the_device_page_says_how_it_is_and_was_with_the_age_of_each_value(source: FakeSource) -> None:
    with browse(source, "李工", "technician") as client:
        for language in ("zh-CN", "en"):
            assert EVIL not in client.get(f"{DEVICE}?lang={language}").text
        page = client.get(f"{DEVICE}?lang=zh-CN").text
    for told in (
        "卡纸",
        "打开打印机前盖",
        "62%",
        "1 小时 6 分钟前",
        "旧值",
        "立即读取",
        "1号备用打印机",
        "0571-000002",
    ):
        assert told in page
    assert 'style="' not in page
    strip = re.findall(r'aria-label="(最近 24 小时[^"]*)"', page)
    assert strip == ["最近 24 小时: 正常 59 分钟、停用 1 分钟、状态不明 23 小时"]
    assert {"look-now", "acknowledge", "start-maintenance", "plan-maintenance"} <= set(
        re.findall(r'name="command" value="([a-z-]+)"', page)
    )


def test_a_supply_says_how_long_it_lasts(source: FakeSource) -> None:
    lasts = ForecastView(fault="toner-low", name="碳粉不足", name_en="toner low", metric="toner_ratio", part="black",
        earliest=NOW + 5 * 86_400, likely=NOW + 6 * 86_400, latest=NOW + 8 * 86_400)  # fmt: skip
    view = source.views[next(iter(source.views))]
    devices = tuple(replace(each, forecasts=(lasts,)) if each.id == "prn-3" else each for each in view.devices)
    source.put(replace(view, devices=devices))
    with browse(source, "李工", "technician") as client:
        assert "可用 约 6 天后(5–8 天)" in client.get(DEVICE).text


def test_states_are_told_apart_by_height_and_short_trouble_is_still_seen() -> None:
    bars = draw_strip(past().strip, CHINESE, NOW)
    broken = next(bar for bar in bars if bar.state == "unusable")
    quiet = next(bar for bar in bars if bar.state == "ok")
    assert (broken.height, broken.width) == (HIGH, 2.0)
    assert quiet.height < broken.height / 3
    assert bars[-1] == broken or bars[-1].state != "ok", "trouble is drawn over the quiet line"
    assert max(bar.x + bar.width for bar in bars) <= 1442


def test_a_day_is_filled_from_below_and_never_said_to_be_whole_when_it_was_not() -> None:
    day = draw_days(past().days, CHINESE)[-1]
    assert [bar.state for bar in day] == ["ok", "unusable", "unknown"]
    assert sum(bar.height for bar in day) == pytest.approx(HIGH, abs=0.1)
    assert say_share(Share(usable_s=1e6, broken_s=1.0), CHINESE) == "99.9%"
    assert say_share(Share(usable_s=1e6), CHINESE) == "100%"
    assert say_share(Share(unknown_s=5.0), CHINESE) == "状态不明"
    assert say_share(Share(usable_s=60.0, broken_s=30.0), CHINESE) == "记录不足 1 小时"


def test_conditions_that_are_as_they_should_be_are_folded(source: FakeSource) -> None:
    record = source.records["prn-3"]
    conditions = {"reachable": True, "cover-open": False, "port-open": False, "offline": True}
    told = [
        ValueView(channel="condition", key=key, value=value, at=NOW, fresh=True, probe="snmp")
        for key, value in conditions.items()
    ]
    source.records["prn-3"] = record._replace(closeup=replace(record.closeup, values=tuple(told)))
    with browse(source, "李工", "technician") as client:
        page = client.get(DEVICE).text
    shown, _, folded = page.partition('id="quiet-values"')
    assert [word in shown for word in ("有应答</th>", "盖板打开", "服务端口开放", "脱机")] == [False, False, True, True]
    assert "盖板打开" in folded
