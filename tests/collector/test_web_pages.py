"""The pages as HTML: what people see, in both languages, whatever a device is called."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.views import DeviceView, FaultView, ForecastView, HallView
from hallwatch_collector.web.render import STEPS_SHOWN
from parts.fake_source import FakeSource
from parts.hall_views import CLASSES, NOW, agent, device, fault, hall, incident, measure
from parts.screen_halls import sign
from parts.shown_halls import bad_morning, calm_hall, own_health
from parts.web import OWN, PAGE, WORK, browse


class _Text(HTMLParser):
    """Gathers the text of each part of a page, and every tag and attribute name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: dict[str, str] = {}
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self._part = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "section":
            self._part = (dict(attrs).get("id") or "").removeprefix("part-")

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._part = ""

    def handle_data(self, data: str) -> None:
        self.parts[self._part] = re.sub(r"\s+", " ", self.parts.get(self._part, "") + data)


def read(view: HallView, *others: HallView, path: str = WORK, person: str = "李工") -> _Text:
    """Return the page of a hall."""
    with browse(FakeSource(view, *others), person) as client:
        answer = client.get(path)
        assert answer.status_code == 200
        return _Text(answer.text)


def test_the_first_thing_says_how_the_hall_is_and_what_to_do() -> None:
    parts = read(bad_morning(), own_health()).parts
    assert "1 个窗口暂停服务" in parts["now"]
    assert "4 / 6 个窗口可办理业务" in parts["now"]
    assert "1 个窗口情况不明" in parts["now"]
    assert "打开打印机前盖" in parts["trouble"]
    assert "证明开具、发票领用 → 1号窗口、2号窗口、5号窗口" in parts["trouble"]
    assert "10:28 起 · 12 分钟前" in parts["trouble"]
    assert "换上备用:1号备用打印机" in parts["trouble"]
    assert "税务登记:没有其他窗口能办" in parts["trouble"]
    assert "另有 3 项故障由此引起" in parts["trouble"]


def test_measures_tell_clause_owner_and_due_time() -> None:
    parts = read(bad_morning()).parts
    tasks = parts["tasks"]
    assert "W1 3号窗口 由办税服务厅负责人负责" in tasks
    assert "10:50 前" in tasks
    assert "已超时 5 分钟" in tasks
    assert "已同意 · 王主任" in parts["done"]


def test_unknown_is_said_with_its_reason_and_is_never_green() -> None:
    with browse(FakeSource(bad_morning()), "李工") as client:
        page = client.get(WORK).text
    card = page[page.index('id="device-pc-4"') - 80 : page.index('id="device-pc-4"') + 1200]
    assert "edge-unknown" in card
    assert "负责监测它的采集程序没有消息,现在没有人看着它。" in card
    assert "is-ok" not in card[: card.index("</li>")]
    assert "从来没有读到过它" in page


def test_a_place_is_called_by_its_name() -> None:
    view = calm_hall(devices=(device("ups-1", "ups", "机房UPS", "machine-room"),))
    assert "机房UPS 不间断电源 · 机房" in read(view).parts["devices"]


def test_a_hall_nobody_sees_says_so_and_shows_nothing_green() -> None:
    dead = (agent("gw", "导税台电脑", alive=False, last_report_at=NOW - 5000),)
    with browse(FakeSource(calm_hall(agents=dead)), "李工") as client:
        page = client.get(WORK).text
    assert "看不到大厅现状" in page
    assert "1 小时 23 分钟前的" in page
    assert "is-ok" not in page
    assert "edge-ok" not in page


def test_a_simulated_hall_is_marked_everywhere() -> None:
    view = bad_morning(simulated=True)
    with browse(FakeSource(view), "李工") as client:
        page = client.get(WORK).text
        index = _Text(client.get("/").text)
    assert "<title>[模拟] " in page
    assert "模拟大厅:本页一切均为模拟数据" in page
    signs = page[page.index('id="part-signs"') : page.index('id="part-incidents"')]
    assert signs.count("模拟") == len(view.signs)
    assert "模拟" in "".join(index.parts.values())


def test_english_by_choice_is_remembered() -> None:
    with browse(FakeSource(bad_morning()), "李工") as client:
        assert "1 个窗口暂停服务" in client.get(WORK).text
        assert "1 window closed" in client.get(f"{WORK}?lang=en").text
        again = client.get(WORK).text
        assert 'lang="en"' in again
        assert "Open the front cover" in again
        assert "1 个窗口暂停服务" in client.get(f"{WORK}?lang=zh-CN").text
        assert "1 个窗口暂停服务" in client.get(f"{WORK}?lang=xx").text


def test_an_english_page_falls_back_to_chinese_where_there_is_no_english() -> None:
    low = fault("a", "odd", "怪事", "", effect="warning")
    page = read(hall(devices=(device("a", "pc", "A", state="warning", faults=(low,)),)), path=f"{WORK}?lang=en")
    assert "怪事" in page.parts["devices"]


def test_names_are_only_names() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    bad = fault("x", "jam", evil, evil, part=evil, evidence=evil, first_step=evil, effect=evil)
    view = bad_morning()
    measures = tuple(replace(m, text=evil, subject_name=evil, owner=evil, clause=evil) for m in view.measures)
    thing = device("x", "pc", evil, evil, state="degraded", faults=(bad,), metrics={evil: 1.0}, facts={evil: evil})
    windows = tuple(replace(w, name=evil, classes=(evil,)) for w in view.windows)
    incidents = tuple(replace(i, device_name=evil, fault_names=(evil,), level=evil) for i in view.incidents)
    page = read(
        replace(
            view, name=evil, devices=(*view.devices, thing), measures=measures, windows=windows, incidents=incidents
        )
    )
    assert "img" not in page.tags
    assert "onerror" not in page.attributes
    assert evil in page.parts["devices"]


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere() -> None:
    with browse(FakeSource(bad_morning()), person="李工") as client:
        answer = client.get(WORK)
    page = _Text(answer.text)
    assert "style" not in page.tags | page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]
    assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)
    assert "<script>" not in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert len(page.ids) == len(set(page.ids)), "an id twice"


def test_empty_states_say_what_to_do() -> None:
    page = read(hall())
    assert "还没有登记设备" in page.parts["now"]
    assert "本大厅没有登记窗口。" in page.parts["windows"]
    with browse(FakeSource(), "李工") as client:
        assert "还没有大厅" in client.get("/").text


def test_one_hall_is_shown_at_once_and_several_are_listed() -> None:
    with browse(FakeSource(calm_hall(), own_health()), "李工") as client:
        assert client.get("/", follow_redirects=False).headers["location"] == PAGE
    listed = read(calm_hall(), bad_morning(hall="other", name="另一个大厅"), own_health(), path="/").parts["halls"]
    assert "大厅一切正常" in listed
    assert "另一个大厅 1 个窗口暂停服务" in listed
    assert "hallwatch/self" not in listed


def test_troubles_of_hallwatch_itself_stand_at_the_top_and_in_their_section() -> None:
    lost = fault("broker", "dropped", "丢失消息", "messages lost")
    broker = device("broker", "other", "消息代理", state="degraded", faults=(lost,))
    source = FakeSource(calm_hall(), own_health(devices=(broker,)))
    source.troubles = ["halls/xihu.toml: devices[3] (prn-3).depends_on: no such device"]
    with browse(source, "李工") as client:
        page = _Text(client.get(WORK).text)
    assert "halls/xihu.toml: devices[3] (prn-3).depends_on" in page.parts["now"]
    assert "Hallwatch 自身有 1 项问题" in page.parts["now"]
    assert "丢失消息" in page.parts["self"]


def test_hallwatch_is_not_said_to_work_while_something_keeps_it_from_its_work() -> None:
    source = FakeSource(calm_hall(), own_health())
    with browse(source, "李工") as client:
        assert "运行正常" in _Text(client.get(WORK).text).parts["self"]
    source.troubles = ["The broker is away: it keeps the connection, and answers nothing"]
    with browse(source, "李工") as client:
        page = _Text(client.get(WORK).text)
    assert "answers nothing" in page.parts["now"]
    assert "运行正常" not in page.parts["self"]
    assert "监测程序自身有问题" in page.parts["self"]


def test_buttons_are_for_who_may_act() -> None:
    assert "button" not in read(bad_morning(), path=PAGE, person="").tags
    assert "button" in read(bad_morning()).tags


@pytest.mark.parametrize("path", ["/halls/330106/none", "/nothing", "/halls/330106"])
def test_a_page_that_is_not_there_says_so_in_words(path: str) -> None:
    with browse(FakeSource(calm_hall()), "李工") as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "没有这个页面或大厅。" in answer.text
    assert ("李工" in answer.text, 'href="/sign-in' in answer.text) == (True, False), "it is known who asks"


def test_a_refused_decision_is_told_in_words_with_a_way_back() -> None:
    source = FakeSource(bad_morning())
    source.refuse_with = CommandRefused("already-decided", measure="m1", by="王主任")
    with browse(source, person="李工") as client:
        answer = client.post(f"{PAGE}/commands", data={"command": "confirm", "measure": "m1"}, headers=OWN)
    assert answer.status_code == 409
    assert "m1 已由王主任决定。" in answer.text
    assert f'href="{PAGE}"' in answer.text


def forecast(part: str, *days: float | None) -> ForecastView:
    """Return a forecast: the days until its earliest, likely and latest moment; none: not known."""
    bounds = zip(("earliest", "likely", "latest"), days, strict=bool(days))
    moments = {bound: None if day is None else NOW + day * 86_400 for bound, day in bounds}
    names = {"name": "墨粉将用完", "name_en": "toner will run out"}
    return ForecastView(fault="toner-runs-out", metric="toner_ratio", part=part, **names, **moments)


def test_forecasts_stand_in_the_line_of_the_device_and_say_how_sure_they_are() -> None:
    told = (
        forecast("black", 6, 9, 14), forecast("cyan", 5, 20, None), forecast("magenta", 3, 3, 3),
        forecast("yellow", 0.1, 0.2, 0.4), forecast("photo"),
    )  # fmt: skip
    printer = device("prn-1", "printer", "1号窗口打印机", forecasts=told, metrics={"pages_total": 7.0})
    view = hall(devices=(printer,), part_names={"black": "黑色"}, part_names_en={"black": "black"})
    chinese, english = (read(view, path=path).parts["devices"] for path in (WORK, f"{WORK}?lang=en"))
    assert "墨粉将用完(黑色):约 9 天后(6–14 天)" in chinese
    assert "墨粉将用完「cyan」:约 20 天后(最早 5 天)" in chinese
    assert "墨粉将用完「magenta」:3 天后" in chinese
    assert "墨粉将用完「yellow」:一天之内" in chinese
    assert "墨粉将用完「photo」暂无法预计" in chinese
    assert "toner will run out (black): in about 9 days (6 to 14)" in english


def test_a_device_that_lost_a_part_says_what_it_can_still_do() -> None:
    kiosk = device("k", "kiosk", "自助终端1", state="degraded", gives=("filing", "print"), taken=("print",))
    assert "不能办:打印;还能办:申报" in read(hall(devices=(kiosk,))).parts["devices"]
    off = device("k", "kiosk", "自助终端1", state="unusable", gives=("filing", "print"), taken=("filing", "print"))
    assert "还能办" not in read(hall(devices=(off,))).parts["devices"]


@pytest.mark.parametrize("state", ["ok", "unusable", "unknown"])
def test_where_people_go_instead_is_said_once(state: Any) -> None:
    broken = device("kiosk-1", "kiosk", "自助终端1", state="unusable", substitute="kiosk-2")
    failed = incident("i1", "kiosk-1", "自助终端1", fault_id="off", zh="无应答", en="no answer")
    hangs = sign("kiosk-1", "暂停使用", about="自助终端1", instead="自助终端2")

    def told(*signs: Sign) -> str:
        other = device("kiosk-2", "kiosk", "自助终端2", state=state)
        view = hall(devices=(broken, other), incidents=(failed,), signs=signs)
        return read(view).parts["trouble"].partition("引导到哪里")[2]

    if state == "unusable":
        assert "替代设施自助终端2现在也不可用" in told()
    else:
        assert told(hangs).count("自助终端2") == told().count("自助终端2") == 1


def queue_machine(**changes: Any) -> DeviceView:
    """Return a queue machine with a crowd before it."""
    told = {"people_waiting": 48.0, "people_waiting[filing]": 30.0, "people_waiting[invoices]": 18.0}
    faults = (
        fault("q", "people-waiting", "等候人数过多", "too many people waiting", effect="warning"),
        fault("q", "people-waiting", "等候人数过多", "too many people waiting", part="filing", effect="warning"),
    )
    values: dict[str, Any] = {"state": "warning", "metrics": told | {"longest_wait_s": 3000.0}, "faults": faults}
    return device("q", "queue-machine", "叫号机", **(values | changes))


def test_people_waiting_are_told_with_the_verdict_and_by_class_where_they_are_too_many() -> None:
    parts = read(hall(devices=(queue_machine(),), part_names=CLASSES)).parts
    assert "48 人在等,最久已等 50 分钟" in parts["now"]
    assert "叫号机 等候人数过多(申报) 48 人在等(申报 30 人、发票领用 18 人),最久已等 50 分钟" in parts["trouble"]
    assert parts["trouble"].count("等候人数过多") == 1, "one line, however many classes"
    english = read(hall(devices=(queue_machine(),)), path=f"{WORK}?lang=en").parts["trouble"]
    assert "48 waiting (filing 30, invoices 18), the longest for 50 min" in english


def test_people_waiting_are_told_by_nobody_who_does_not_know_it_now() -> None:
    stale = fault("q", "source-stale", "排队数据未更新", "stale", effect="warning")
    for machine in (queue_machine(state="unknown", faults=()), queue_machine(faults=(stale,))):
        assert "人在等" not in "".join(read(hall(devices=(machine,))).parts.values())


def test_a_warning_says_the_value_it_hangs_on_as_it_is_now() -> None:
    low = fault(
        "p", "toner-low", "墨粉不足", "toner low", part="black", effect="warning", evidence="toner_ratio[black]=0.1"
    )
    printer = device("p", "printer", "P", state="warning", faults=(low,), metrics={"toner_ratio[black]": 0.06})
    assert "墨粉不足(黑色) 6%" in read(hall(devices=(printer,), part_names={"black": "黑色"})).parts["trouble"]


def test_a_phone_shows_what_is_broken_then_what_to_do_then_the_windows() -> None:
    """The style sheet orders the blocks of a phone's one column; a desktop shows the two halves beside each other."""
    with browse(FakeSource(bad_morning()), person="李工") as client:
        page, style = client.get(WORK).text, client.get("/static/hallwatch.css").text
    order = {block: int(place) for block, place in re.findall(r"^\.(at-\w+) { order: (\d); }", style, re.MULTILINE)}
    blocks = re.findall(r'class="(at-\w+)">|id="part-(\w+)"', page[page.index('class="halves"') :])
    shown: dict[str, int] = {}
    place = 0
    for block, part in blocks:
        place = order.get(block, 0) if block else place
        shown.setdefault(part, place)
    assert shown["trouble"] < shown["tasks"] == shown["next"] < shown["windows"] < shown["done"] < shown["signs"]
    assert page.index('id="part-now"') < page.index('class="halves"')


def test_the_latest_of_many_steps_are_folded_and_counted() -> None:
    steps = tuple(
        measure(f"s{n}", "D4", "show", f"{n}号窗口", text="核对", text_en="check") for n in range(STEPS_SHOWN + 3)
    )
    page = read(bad_morning(measures=steps)).parts["tasks"]
    assert "另有 3 项" in page
    assert all(f"{n}号窗口" in page for n in range(STEPS_SHOWN + 3))
    assert "另有" not in read(bad_morning(measures=steps[:STEPS_SHOWN])).parts["tasks"]


def test_what_was_done_by_itself_is_folded_and_counted() -> None:
    with browse(FakeSource(bad_morning()), "李工") as client:
        page = client.get(WORK).text
    assert re.search(r'<details id="autos"><summary>已自动执行 1 项</summary>', page)


def test_open_incidents_come_first_and_closed_ones_are_folded_by_day() -> None:
    jam = incident("i1", "p", "一号", fault_id="jam", zh="卡纸", en="jam", opened_at=NOW - 900)
    ended = replace(jam, id="i2", device_name="二号", status="closed", closed_at=NOW - 600)
    yesterday = replace(ended, id="i3", device_name="三号", closed_at=NOW - 86_400)
    checking = replace(jam, id="i4", device_name="四号", status="recovered", recovered_at=NOW - 60)
    page = read(hall(incidents=(ended, checking, yesterday, jam))).parts["incidents"]
    order = ("一号", "四号", "今天已结束 1 项", "二号", "更早结束 1 项", "三号")
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert "没有未结束的事件。" in read(hall(incidents=(ended,))).parts["incidents"]


def test_a_fault_that_came_back_says_which_time_is_which() -> None:
    came_back = {"opened_at": NOW - 1800, "began_at": NOW - 600, "reopened": 1}
    jam = incident("i1", "p", "P", fault_id="jam", zh="卡纸", en="jam", **came_back)
    stuck = fault("p", "jam", "卡纸", "jam", since=NOW - 600)
    parts = read(
        hall(devices=(device("p", "printer", "P", state="unusable", faults=(stuck,)),), incidents=(jam,))
    ).parts
    assert "10:30 再次出现 (首次 10:10)" in parts["trouble"]
    assert "10:10 发现 · 10:30 再次出现(第 2 次)" in parts["incidents"]


def test_many_devices_of_which_nothing_is_known_are_one_card_with_their_names() -> None:
    few = [device(f"d-{n}", "pc", f"{n}号机", state="unknown", unknown_because="never") for n in range(1, 5)]
    more = [device(f"e-{n}", "pc", f"{n}号柜员机", state="unknown", unknown_because="overdue") for n in range(1, 12)]
    with browse(FakeSource(calm_hall(devices=tuple(few))), "李工") as client:
        assert '<details class="group group-unknown" id="group-unknown" open>' in client.get(WORK).text
    with browse(FakeSource(calm_hall(devices=(*few, *more))), "李工") as client:
        page = client.get(WORK).text
    assert '<details class="group group-unknown" id="group-unknown">' in page
    told = _Text(page).parts["devices"]
    assert "状态不明 15 台" in told
    assert told.index("1号机、2号机、3号机、4号机") < told.index("逐台查看")
    assert told.index("1号柜员机、2号柜员机、3号柜员机") < told.index("逐台查看")


def test_what_all_and_each_class_have_is_said_once() -> None:
    def waiting(part: str, seconds: int) -> FaultView:
        key = f"longest_wait_s[{part}]" if part else "longest_wait_s"
        evidence = f"{key}={seconds}"
        return fault("q", "long-wait", "等候过久", "long wait", part=part, effect="warning", evidence=evidence)

    faults = (waiting("filing", 3000), waiting("", 3000))
    metrics = {"longest_wait_s": 3000.0, "longest_wait_s[filing]": 3000.0}
    machine = device("q", "queue-machine", "叫号机", state="warning", faults=faults, metrics=metrics)
    parts = read(calm_hall(devices=(machine,))).parts
    assert parts["trouble"].count("50 分钟") == 1
    assert parts["devices"].count("等候过久") == 1


def test_a_badge_and_what_follows_it_are_two_words() -> None:
    assert "3号窗口打印机 模拟 卡纸" in read(bad_morning(simulated=True)).parts["trouble"]
