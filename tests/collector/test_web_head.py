"""The page of the head of the hall: what waits, what it would do, who may answer; tried once for all who look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from hallwatch_collector.core.commands import AnyCommand, Confirm, Decline, Retract, SetLevel
from hallwatch_collector.core.commands.windows import CloseWindow
from hallwatch_collector.core.foresight import MOST_TRIED, Copy, Flow, Load, Outlook
from hallwatch_collector.people import Person
from hallwatch_collector.tryouts import KEPT_S, Tryouts
from hallwatch_collector.web.app import create_app
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.rights import has_to_do_with, may, may_act, may_answer
from parts.fake_source import FakeSource
from parts.hall_views import KEY, NOW, hall, measure, window
from parts.people import ADMINISTRATOR, sign_in
from parts.register_hall import RegisterHall
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, browse

HEAD = f"{PAGE}/head"


def load(windows: int, queue: float | None = None, wait_s: float | None = None) -> Load:
    return Load(windows=windows, windows_in_use=6, people=23.0, queue=queue, wait_s=wait_s, unserved=())


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    source.outlooks["m2"] = Outlook(
        before=load(5, 5.0, 1500.0), after=load(4, 9.0, 2700.0), closed=("w4",), signs_up=("w4",),
        flows=(Flow(business="certificates", people=9.0, before=("w2", "w4"), after=()),),
    )  # fmt: skip
    return source


def test_each_decision_says_what_it_would_do_to_the_windows_and_those_who_wait(source: FakeSource) -> None:
    with browse(source, "王主任", "head") as client:
        page = client.get(HEAD).text
    card = page.partition('id="measure-m2"')[2].partition("</article>")[0]
    for told in ("9 人", "45 分钟", "证明开具(9 人在等):2号窗口、4号窗口 → 没有窗口", "挂出告示:4号窗口"):
        assert told in card
    assert card.count("更差") == 3
    assert page.index('id="measure-m2"') < page.index('id="measure-m1"'), "what is due first comes first"


def test_answers_levels_and_undoing_go_the_way_of_every_command(source: FakeSource) -> None:
    with browse(source, "王主任", "head") as client:
        for told in (
            {"command": "confirm", "measure": "m2"},
            {"command": "decline", "measure": "m1", "reason": "人手够"},
            {"command": "retract", "measure": "m6", "reason": "点错了"},
            {"command": "set-level", "incident": "i1", "level": "Ⅱ", "reason": "影响全县"},
        ):
            answer = client.post(f"{PAGE}/commands", data=told | {"back": HEAD}, headers=OWN, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, HEAD)
    kinds = [type(command) for _, command in source.commands]
    assert kinds == [Confirm, Decline, Retract, SetLevel]


def commands_in(page: str) -> set[str]:
    return set(re.findall(r'name="command" value="([a-z-]+)"', page))


def test_each_role_is_offered_what_it_may_and_nothing_else(source: FakeSource) -> None:
    public = measure("m8", "R6", "ask", "大厅", text="发布公告", text_en="tell", owner="publicity", releases=True)
    source.put(replace(bad_morning(), measures=(*bad_morning().measures, replace(public, draft="公告"))))
    windows = {"open-window", "close-window"}
    offered = {
        "head": {"confirm", "decline", "retract", "set-level", *windows},
        "deputy": {"set-level"},
        "publicity": {"confirm", "decline"},
        "technician": windows,
        "staff": set[str](),
        "auditor": set[str](),
    }
    for role, commands in offered.items():
        with browse(source, f"某{role}", role) as client:
            page = client.get(HEAD).text
        assert 'id="measure-m2"' in page, "all of them see what waits"
        assert commands_in(page) == commands, role


def test_nobody_looks_who_is_not_signed_in_or_has_nothing_to_do_with_the_hall(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.get(HEAD, follow_redirects=False).status_code == 303
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        sign_in(client, source, Person(name="外人", roles=["head"], halls=["330106/yuhang"]))
        assert client.get(HEAD, follow_redirects=False).status_code == 403


def test_the_questions_about_roles_have_one_answer_each(source: FakeSource) -> None:
    asked = measure("m1", "W1", "ask", "3号窗口", text="", text_en="")
    head = Reader("zh-CN", True, "王主任", frozenset({"head"}), frozenset(), frozenset())
    elsewhere = head._replace(halls=frozenset({"330106/yuhang"}))
    staff = head._replace(roles=frozenset({"staff"}))
    told = [
        (has_to_do_with(each, KEY), may_act(each, KEY), may(each, KEY, source.plan, "manage"),
         may_answer(each, KEY, asked))
        for each in (head, staff, elsewhere, Reader("zh-CN"))
    ]  # fmt: skip
    assert told == [
        (True, True, True, True), (True, True, False, False), (False, False, False, False),
        (False, False, False, False),
    ]  # fmt: skip


def test_names_are_only_names_and_both_languages_are_complete(source: FakeSource) -> None:
    evil = "<script>alert(1)</script>"
    view = bad_morning()
    windows = tuple(replace(each, name=evil) if each.id == "w4" else each for each in view.windows)
    asked = tuple(replace(each, text=evil, subject_name=evil) for each in view.measures)
    source.put(replace(view, windows=windows, measures=asked))
    with browse(source, "王主任", "head") as client:
        for language in ("zh-CN", "en"):
            page = client.get(f"{HEAD}?lang={language}").text
            assert evil not in page
            assert "&lt;script&gt;" in page


def test_the_reserve_says_what_opening_it_would_do() -> None:
    source = FakeSource(hall(windows=(window(1, ("filing",)), window(9, ("filing",), open=False, rests=True))))
    source.outlooks["w9"] = Outlook(before=load(1, 8.0), after=load(2, 4.0), opened=("w9",))
    with browse(source, "王主任", "head") as client:
        page = client.get(HEAD).text
    card = page.partition('id="reserve-w9"')[2].partition("</article>")[0]
    assert "8 人" in card
    assert "4 人" in card
    assert card.count("更好") == 2


def test_too_many_decisions_are_shown_and_only_the_first_are_tried() -> None:
    asked = [measure(f"m{n}", "W1", "ask", "窗口", text=f"事项{n}", text_en=f"matter {n}") for n in range(50)]
    source = FakeSource(hall(measures=tuple(asked)))
    with browse(source, "王主任", "head") as client:
        page = client.get(HEAD).text
    assert page.count('class="card task task-ask"') == 50
    assert page.count("同意后会怎样") == MOST_TRIED


def test_the_same_question_about_the_same_hall_is_worked_out_once(tmp_path: Path) -> None:
    there = RegisterHall(tmp_path)
    packed: list[object] = []

    def pack(key: Any) -> Copy | None:
        packed.append(key)
        return there.collector.pack(key)

    tryouts = Tryouts(there.collector.view, pack)
    asked: Sequence[AnyCommand] = [CloseWindow(by="–", roles=["*"], window="w3", reason="–")]
    first = tryouts.foresee(KEY, asked, NOW)
    assert tryouts.foresee(KEY, asked, NOW + 1) is first
    assert len(packed) == 1
    assert tryouts.foresee(KEY, asked, NOW + KEPT_S + 1) == first, "time alone may change it"
    there.do(CloseWindow, window="w3", reason="轮休")
    assert tryouts.foresee(KEY, asked, NOW + KEPT_S + 2)[0].refused == "window-not-open"
    assert len(packed) == 3
    there.stop()


def test_a_real_collector_shows_the_page(tmp_path: Path) -> None:
    there = RegisterHall(tmp_path)
    there.do(CloseWindow, window="w3", reason="轮休")
    with TestClient(create_app(there.source), base_url="http://testserver.local") as client:
        there.people.admit(ADMINISTRATOR, NOW, password_hash="none", must_change=False)
        sign_in(client, there.source, Person(name="王主任", roles=["head"]))
        page = client.get(HEAD)
    assert page.status_code == 200
    assert "轮休" in page.text
    there.stop()
