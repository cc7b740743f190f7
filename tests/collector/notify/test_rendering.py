"""What people read: what must be said is said, in what room there is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_agent.chat import wecom
from hallwatch_agent.chat.words import in_bytes, link_marked
from hallwatch_collector.core.alerts.words import LINES as WORDS
from hallwatch_collector.notify.message import Part
from hallwatch_collector.notify.rendering import FIRST_STEP, Form, count_named, render
from parts.messages import BEGAN, LINES, LINK, make_message, make_part

WIDE = Form(most=10_000)


def test_a_message_in_full() -> None:
    assert render(make_message(), WIDE).text.split("\n") == [
        "[III级]西湖大厅 3号窗口打印机:卡纸", *LINES, f"详情与确认: {LINK}",
    ]  # fmt: skip


def test_that_the_first_step_is_known_by_the_words_of_the_core() -> None:
    assert any(line.zh.startswith(FIRST_STEP[0]) and line.en.startswith(FIRST_STEP[1]) for line in WORDS)


def test_what_goes_when_there_is_no_room() -> None:
    shown = render(make_message(), Form(most=280)).text.split("\n")
    assert shown == [
        "[III级]西湖大厅 3号窗口打印机:卡纸",
        "自09:12起",
        "影响:3号窗口不能办理发票代开、完税证明",
        "等候:14人",
        "第一步:打开前盖,取出卡住的纸",
        "…(另有3行,详见页面)",
        f"详情与确认: {LINK}",
    ]


def test_a_test_and_a_repeat_are_marked() -> None:
    shown = render(make_message(make_part(occasion="test"), is_test=True, again=True), WIDE).text
    assert shown.startswith("【测试】[III级]西湖大厅")
    assert "\n这是测试,无需处理\n(重发,如已收到请忽略)\n" in shown
    english = render(make_message(is_test=True, again=True, language="en"), WIDE).text
    assert english.startswith("[TEST] ")
    assert "This is a test; nothing needs to be done" in english
    assert "(sent again; ignore it if you have it)" in english


@pytest.mark.parametrize(
    ("occasion", "mark"),
    [("new", "["), ("over", "["), ("update", "【更新】"), ("worse", "【加重】"), ("reminder", "【提醒】"),
     ("hand-over", "【交接】"), ("back", "【再次发生】"),
     ("other", "【新情况】")],
)  # fmt: skip
def test_occasions(occasion: str, mark: str) -> None:
    assert render(make_message(make_part(occasion=occasion)), WIDE).title.startswith(mark)


def test_a_digest() -> None:
    parts = [
        make_part(title="[III级]西湖大厅 3号窗口打印机:卡纸"),
        make_part(alert="A2", occasion="worse", title="[II级]城站大厅 网络:中断", lines=("自09:13起", "影响:6个窗口")),
    ]
    shown = render(make_message(*parts), WIDE).text.split("\n")
    assert shown == [
        "合并通知:2起",
        "1) [III级]西湖大厅 3号窗口打印机:卡纸",
        "自09:12起",
        "影响:3号窗口不能办理发票代开、完税证明",
        "第一步:打开前盖,取出卡住的纸",
        f"详情与确认: {LINK}",
        "2) 【加重】[II级]城站大厅 网络:中断",
        "自09:13起",
        "影响:6个窗口",
        f"详情与确认: {LINK}",
        "详情与确认: https://hall.example.cn/",
    ]


def test_that_what_matters_of_each_of_two_incidents_fits_a_robots_markdown_with_both_links() -> None:
    links = [f"https://hall.example.cn/ack/{letter * 240}" for letter in "ab"]
    message = make_message(*(make_part(alert=link[-1], link=link) for link in links))
    shown = render(message, Form(most=wecom.MARKDOWN_BYTES, joint="\n\n", show_link=link_marked)).text
    assert shown.count("影响:3号窗口不能办理发票代开、完税证明") == shown.count("自09:12起") == 2
    assert all(f"]({link})" in shown for link in links)


def test_what_goes_from_a_digest_without_room() -> None:
    lines = ("自09:12起", "影响:3号窗口", "备用:无", "第一步:打开前盖")
    message = make_message(*(make_part(alert=name, lines=lines) for name in "ab"))

    def said(most: int) -> set[str]:
        found = re.findall(r"自09:12|影响|备用|第一步|AbCdEf", render(message, Form(most=most)).text)
        return set(found)

    assert said(2000) == {"自09:12", "影响", "第一步", "AbCdEf"}
    assert said(400) == {"自09:12", "影响", "AbCdEf"}
    assert said(320) == {"自09:12", "影响", "第一步"}
    assert said(250) == {"自09:12", "影响"}


def printers(count: int, **more: Any) -> list[Part]:
    return [
        make_part(alert=f"A{at}", title=f"[III级]西湖大厅 {at}号打印机:卡纸", fault_name="卡纸", **more)
        for at in range(count)
    ]


def test_a_digest_without_room_for_lines_names_each_incident_under_its_hall() -> None:
    elsewhere = make_part(alert="B", hall="east", hall_name="城站大厅", title="[II级]城站大厅 网络:中断")
    gone = make_part(alert="C", occasion="over", over_at=BEGAN + 60, title="西湖大厅 0号打印机:已恢复,历时1分钟")
    parts = [*printers(2), elsewhere, gone]
    form = Form(most=320)
    assert count_named(make_message(*parts), form) == 4
    assert render(make_message(*parts), form).text.split("\n") == [
        "合并通知:4起",
        "西湖大厅:",
        "1) [III级]0号打印机:卡纸",
        "2) [III级]1号打印机:卡纸",
        "3) 0号打印机:已恢复,历时1分钟",
        "城站大厅:",
        "4) [II级]网络:中断",
        "详情与确认: https://hall.example.cn/",
    ]


def test_that_a_digest_counts_by_kind_what_it_does_not_name() -> None:
    parts = [
        *printers(300),
        *(make_part(alert=f"B{at}", title=f"西湖大厅 {at}号电脑:离线", fault_name="离线") for at in range(150)),
        *(
            make_part(alert=f"C{at}", title="西湖大厅 电脑:已恢复", fault_name="离线", over_at=BEGAN)
            for at in range(50)
        ),
    ]
    message = make_message(*parts)
    shown = render(message, Form(most=2048)).text
    assert in_bytes(shown) <= 2048
    lines = shown.split("\n")
    named = sum(line.endswith("号打印机:卡纸") for line in lines)
    assert 30 < named < count_named(message, Form(most=2048)) + 1
    assert f"另有{500 - named}起:卡纸{300 - named}起,离线150起,已恢复50起,详见页面" in lines
    assert lines[0] == "合并通知:500起"
    assert lines[-1] == "详情与确认: https://hall.example.cn/"
    english = render(make_message(*parts, language="en"), Form(most=2048)).text
    assert re.search(r"\d+ more: \d+ × 卡纸, 150 × 离线, 50 × recovered; see the page", english)


def test_that_many_kinds_are_counted_together() -> None:
    parts = [
        make_part(alert=f"A{at}", title=f"西湖大厅 {at}号", fault_name=f"故障{'甲乙丙丁戊己庚辛壬'[at % 9]}")
        for at in range(90)
    ]
    line = next(each for each in render(make_message(*parts), Form(most=500)).lines if each.startswith("另有"))
    told = re.fullmatch(r"另有(\d+)起:(.*),详见页面", line)
    assert told
    counts = [int(number) for number in re.findall(r"(\d+)起", told[2])]
    assert (len(counts), sum(counts)) == (5, int(told[1]))
    assert "其他" in told[2]


def test_that_it_is_only_counted_where_there_is_no_room_to_say_of_what() -> None:
    parts = [structs.replace(part, fault_name="前盖打开且进纸口卡纸") for part in printers(40)]
    shown = render(make_message(*parts, page=""), Form(most=130)).text
    assert re.search(r"\n另有\d+起,详见页面$", shown)


def test_that_a_hall_s_words_make_no_link_and_call_nobody() -> None:
    part = make_part(title="@all 打印机", lines=("原因:见http://evil.example",))
    shown = render(make_message(part), WIDE).text
    assert "@all" not in shown
    assert "evil.example" not in shown
    assert LINK in shown


MANY = st.lists(
    st.builds(
        make_part,
        title=st.text(max_size=40), hall_name=st.text(max_size=20), fault_name=st.text(max_size=20),
        lines=st.lists(st.text(max_size=40), max_size=2).map(tuple), over_at=st.none() | st.just(BEGAN),
    ),
    min_size=2, max_size=60,
)  # fmt: skip


@given(parts=MANY, most=st.integers(300, 3000), language=st.sampled_from(["zh", "en"]), again=st.booleans())
def test_that_what_is_said_to_have_room_is_named(parts: list[Part], most: int, language: str, again: bool) -> None:
    form = Form(most=most)
    while parts:
        named = count_named(make_message(*parts, language=language, again=True), form)
        told, parts = parts[:named], parts[named:]
        words = render(make_message(*told, language=language, again=again), form)
        assert in_bytes(words.text) <= most
        if len(told) > 1:
            numbers = [line.partition(")")[0] for line in words.lines]
            assert all(str(number) in numbers for number in range(1, named + 1)), "each is named, none only counted"


@given(
    st.lists(st.tuples(st.text(max_size=90), st.lists(st.text(max_size=90), max_size=9)), min_size=1, max_size=12),
    st.integers(300, 900), st.booleans(), st.sampled_from(["zh", "en"]),
)  # fmt: skip
def test_that_any_message_fits(told: list[tuple[str, list[str]]], most: int, marked: bool, language: str) -> None:
    parts = [make_part(alert=f"A{at}", title=title, lines=tuple(lines)) for at, (title, lines) in enumerate(told)]
    message = make_message(*parts, again=marked, is_test=marked, language=language)
    assert in_bytes(render(message, Form(most=most)).text) <= most
