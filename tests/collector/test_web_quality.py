"""The page of how good the alerts of a week were, and the same for programs."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.quality.counts import Told
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.people import Person
from hallwatch_collector.web.quality_words import say_suggestion
from hallwatch_collector.web.texts import Words
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import NOW
from parts.quality import BETTER, WEIGHED
from parts.shown_halls import bad_morning
from parts.web import browse

SIGNED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    source.weighed = WEIGHED
    return source


def test_the_sentence_of_a_suggestion_names_the_setting_and_what_it_costs() -> None:
    zh, en = Words("zh-CN", NOW), Words("en", NOW)
    assert say_suggestion(zh, BETTER) == (
        "打印机·卡纸:把 hold_s 从 10 改为 60,12 起误报中可少 9 起;3 起真实故障会晚 50 秒通知。"
    )
    assert say_suggestion(en, BETTER) == (
        "Printer, paper jam: change hold_s from 10 to 60. Of 12 false alarms that spares 9; "
        "real ones (3) would be told 50 s later."
    )
    alone = msgspec.structs.replace(BETTER, real=0, median_later_s=None, worst_later_s=None, device="prn-3", kind="")
    assert say_suggestion(zh, alone).startswith("卡纸(仅 prn-3):")
    assert "没有真实故障" in say_suggestion(zh, alone)
    limit = msgspec.structs.replace(BETTER, setting="above", real=1, median_later_s=None, worst_later_s=None)
    assert "the 1 real one would still be told" in say_suggestion(en, limit)
    uneven = msgspec.structs.replace(BETTER, median_later_s=20, worst_later_s=120)
    assert "会晚 20 秒通知(最晚 120 秒)" in say_suggestion(zh, uneven)


def test_the_page_shows_figures_and_what_to_write(source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        page = client.get("/quality").text
    assert source.asked == (None, "")
    for text in ("可少 9 起", "halls/xihu.toml", "hold_s = 60", "打印机·卡纸", "张伟", "2 起由人登记,10 起自行消失"):
        assert text in page
    assert re.search(r'data-label="消息"><strong>54</strong>', page)
    assert 'aria-current="page">最近 7 天' in page


def test_who_was_told_how_much_is_for_who_is_signed_in(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.get("/quality", follow_redirects=False).status_code == 303
    with browse(source, "审计", "auditor") as client:
        assert "可少 9 起" in client.get("/quality").text


def test_a_week_and_a_hall_can_be_chosen(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        page = client.get("/quality?hall=330106/xihu&week=2026-W10&lang=en")
        assert source.asked == (HallKey("330106", "xihu"), "2026-W10")
        assert "Quality of alerts" in page.text
        assert client.get("/quality?hall=330106/gone").status_code == 404
        assert client.get("/quality?week=2026-W60").status_code == 404
        links = re.findall(r'href="(/quality\?[^"]*week=[^"]*)"', page.text)
        assert len(links) >= 10
        assert all(client.get(link.replace("&amp;", "&")).status_code == 200 for link in links)


def test_without_false_alarms_it_says_that_there_are_none(source: FakeSource) -> None:
    real = msgspec.structs.replace(WEIGHED.told, false=0, said_false=0)
    source.weighed = msgspec.structs.replace(WEIGHED, told=real, suggestions=())
    with browse(source, "李工") as client:
        page = client.get("/quality").text
        source.weighed = msgspec.structs.replace(WEIGHED, suggestions=())
        other = client.get("/quality").text
    assert "没有误报。" in page
    assert "没有哪一项" not in page
    assert "没有哪一项" in other


def test_without_alerts_it_says_so(source: FakeSource) -> None:
    source.weighed = Quality(week="", start=NOW - 604_800, end=NOW, told=Told(), people=(), rules=(), suggestions=())
    with browse(source, "李工") as client:
        assert "这段时间没有通知过任何人" in client.get("/quality").text


def test_the_pages_link_to_it(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        assert 'href="/quality?hall=330106/xihu"' in client.get("/halls/330106/xihu").text
        source.put(msgspec.structs.replace(bad_morning(), hall="other"))
        assert 'href="/quality"' in client.get("/").text


def test_programs_get_the_same_with_a_token(source: FakeSource) -> None:
    source.tokens["t-1"] = Person(name="李工", roles=["technician"], halls=["330106/xihu"])
    theirs = {"Authorization": "Bearer t-1"}
    with browse(source, "李工") as client:
        assert client.get("/api/quality").status_code == 401
        told = client.get("/api/quality?week=2026-W10", headers=SIGNED).json()
        assert (told["week"], told["told"]["false"], told["people"][0]["new"]) == ("2026-W10", 12, 17)
        assert told["suggestions"][0]["text"].startswith("打印机·卡纸:把 hold_s 从 10 改为 60")
        assert client.get("/api/quality?hall=330106/xihu", headers=theirs).status_code == 200
        assert client.get("/api/quality", headers=theirs).status_code == 403
        assert client.get("/api/quality?week=nonsense", headers=SIGNED).status_code == 400
        assert client.get("/api/quality?week=2026-W60", headers=SIGNED).status_code == 404


def test_while_the_journal_cannot_be_read_it_says_so(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Quality:
        raise CommandRefused("journal-failing", reason="disk")

    monkeypatch.setattr(source, "quality", fail)
    with browse(source, "李工") as client:
        assert client.get("/api/quality", headers=SIGNED).status_code == 409
        assert client.get("/quality").status_code == 409
