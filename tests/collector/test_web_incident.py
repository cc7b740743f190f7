"""The pages about incidents: one incident, why, its report, and reports by hand."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hallwatch_collector.core.alerts.state import Wording
from hallwatch_collector.core.commands import CommandRefused, Estimate, ReportFault, Retract
from hallwatch_collector.core.state import Note, Signature
from hallwatch_collector.core.told import AnswerTaken, EstimateTold
from hallwatch_collector.core.views import AlertView, DeliveryView, HallView
from hallwatch_collector.core.why import Link, Why
from hallwatch_collector.people import Person
from hallwatch_collector.web.incident import find_course, find_life
from hallwatch_collector.web.policy import POLICY, allow_styles_of
from hallwatch_collector.web.source import CannotBeMade
from parts.fake_source import FakeSource
from parts.hall_views import KEY, NOW, fault, incident
from parts.register_hall import RegisterHall
from parts.screen_halls import notice
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, WORK, browse

I1 = f"{PAGE}/incidents/i1"
API = "/api/halls/330106/xihu"


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning())
    source.reports["i1"] = b"report"
    source.tokens = {
        "t-wang": Person(name="王主任", roles=["head"]),
        "t-chen": Person(name="小陈", roles=["guide"], halls=["330106/xihu"]),
        "t-stranger": Person(name="外人", roles=["head"], halls=["330106/west"]),
    }
    return source


def change(view: HallView, id_: str, **changes: Any) -> HallView:
    """Return a hall with one incident changed."""
    incidents = tuple(msgspec.structs.replace(each, **changes) if each.id == id_ else each for each in view.incidents)
    return msgspec.structs.replace(view, incidents=incidents)


# -- the page of one incident


@pytest.mark.parametrize("in_force", [True, False])
@pytest.mark.parametrize("person", ["王主任", "李工"])
def test_a_text_that_was_released_for_it_stands_on_its_page(source: FakeSource, person: str, in_force: bool) -> None:
    source.put(msgspec.structs.replace(bad_morning(), notices=(notice("n1", "请到5号窗口。", in_force=in_force),)))
    with browse(source, person=person) as client:
        assert "请到5号窗口。" in client.get(I1).text


def test_an_incident_has_its_life_its_measures_and_what_can_be_done(source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        page = client.get(I1).text
    assert 'aria-current="step"><span class="life-name">发现' in page
    assert "领用改到5号窗口办理。" in page
    for command in ("acknowledge", "start-repair", "estimate", "assign", "note", "set-level", "merge", "confirm"):
        assert f'name="command" value="{command}"' in page, command
    assert 'value="split"' not in page, "nothing was merged into it"
    assert f'href="{PAGE}/why/incident/i1"' in page
    assert f'href="{I1}/report.docx"' in page


def test_an_onlooker_sees_it_without_buttons(source: FakeSource) -> None:
    with browse(source, "审计", "auditor") as client:
        page = client.get(I1).text.partition("<main")[2]
    assert "<form" not in page
    with browse(source, "") as client:
        assert client.get(I1, follow_redirects=False).status_code == 303


def test_a_closed_incident_takes_no_commands(source: FakeSource) -> None:
    source.put(change(bad_morning(), "i1", status="closed", closed_at=NOW))
    with browse(source, person="李工") as client:
        page = client.get(I1).text
    assert 'value="estimate"' not in page
    assert "事件已结束" in page


def test_who_set_the_level_and_who_said_when_is_told(source: FakeSource) -> None:
    source.put(
        change(
            bad_morning(), "i1", level="Ⅱ", level_by="王主任", level_reason="舆情", back_at=NOW + 600, told_by="李工",
            estimate_source="person", was_back_at=NOW + 60, slipped_at=NOW - 60, owner="李工",
        )
    )  # fmt: skip
    with browse(source, "李工") as client:
        page = client.get(f"{I1}?lang=en").text
    assert "set by 王主任: 舆情" in page
    assert "as 李工 says" in page
    assert "people were told 10:41 before" in page
    assert "the expected time passed at 10:39" in page


def test_whom_it_was_handed_to_is_shown_with_the_note(source: FakeSource) -> None:
    notes = (
        Note(at=NOW - 60, by="李工", text="要换定影器", what="hand-over", to="张伟"),
        Note(at=NOW, by="张伟", text="", what="taken-over"),
    )
    offered = {"owner": "张伟", "offered_at": NOW, "handed_by": "李工"}
    source.put(change(bad_morning(), "i1", notes=notes, status="acknowledged", **offered))
    with browse(source, person="张伟") as client:
        page, english = client.get(I1).text, client.get(f"{I1}?lang=en").text
    assert re.search(r"<strong>李工 交给 张伟</strong>\s*<span class=\"course-text\">要换定影器", page)
    assert "<strong>张伟接手</strong>" in page
    assert "李工备注" not in page
    assert "李工交接,还没有接手" in page
    assert 'name="command" value="acknowledge"' in page, "it is theirs to take on"
    assert "李工 handed it to 张伟" in english


def test_which_edition_waits_and_which_was_sent_and_taken_is_told_apart(source: FakeSource) -> None:
    def row(**more: Any) -> str:
        told: dict[str, Any] = {
            "id": "al-1", "channel": "bot", "people": ("张伟",), "occasion": "update", "edition": 4, "round": 0,
            "status": "waiting", "sent": 3, "accepted": 3, "decided_at": NOW, "sent_at": NOW - 60,
            "accepted_at": NOW - 60, "hold_until": None, "reason": "", "reference": "",
        }  # fmt: skip
        wording = Wording(edition=4, at=NOW, title="t", lines=[], title_en="t", lines_en=[], basis="", rank=0)
        alert = AlertView(
            incident="i1", device="d", fault="f", since=NOW, wording=wording, over_at=None,
            deliveries=(DeliveryView(**(told | more)),),
        )  # fmt: skip
        source.put(msgspec.structs.replace(bad_morning(), alerts=(alert,)))
        with browse(source, "李工") as client:
            page = client.get(I1).text
        found = re.search(r'<ul class="rows ways">(.*?)</ul>', page, re.DOTALL)
        assert found
        return re.sub(r"\s+", " ", re.sub(r"<(?!br)[^>]*>", "", found[1])).strip()

    assert row().endswith("进展, 第 4 版 · 决定 10:40 <br>此前:第 3 版 · 发出 10:39 · 送达 10:39")
    assert row(sent=4, status="sending").endswith(
        "第 4 版 · 决定 10:40 · 发出 10:39 <br>此前:第 3 版 · 送达 10:39"
    )  # fmt: skip
    assert row(sent=4, accepted=4, status="accepted").endswith("第 4 版 · 决定 10:40 · 发出 10:39 · 送达 10:39")
    assert row(sent=0, accepted=0, sent_at=None, accepted_at=None).endswith("第 4 版 · 决定 10:40")


def test_what_people_write_is_shown_as_written(source: FakeSource) -> None:
    source.put(change(bad_morning(), "i1", notes=(Note(at=NOW, by="<b>", text="<script>alert(1)</script>"),)))
    with browse(source, "李工") as client:
        page = client.get(I1).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("path", [f"{PAGE}/incidents/i99", "/halls/330106/none/incidents/i1", f"{PAGE}/why/sign/none"])
def test_what_is_not_there_is_not_found(source: FakeSource, path: str) -> None:
    with browse(source, "李工") as client:
        assert client.get(path).status_code == 404


def test_every_incident_and_sign_of_the_hall_leads_to_its_reasons(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        page = client.get(WORK).text
    for path in ("incidents/i1", "why/incident/i1", "why/measure/m1", "why/sign/w3", "why/window/w6"):
        assert f'href="{PAGE}/{path}"' in page, path


def test_a_form_leads_back_to_its_page_and_nowhere_else(source: FakeSource) -> None:
    form = {"command": "estimate", "incident": "i1", "minutes": "30", "back": I1}
    with browse(source, person="李工") as client:
        answer = client.post(f"{PAGE}/commands", data=form, headers=OWN, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, I1)
        elsewhere = form | {"back": "//evil.example/"}
        answer = client.post(f"{PAGE}/commands", data=elsewhere, headers=OWN, follow_redirects=False)
        assert answer.headers["location"] == "/"
    assert source.commands[0] == (KEY, Estimate(by="李工", roles=["*"], incident="i1", minutes=30))


def test_a_form_that_is_filled_in_wrong_is_told_which_field(source: FakeSource) -> None:
    with browse(source, person="李工") as client:
        form = {"command": "estimate", "incident": "i1", "minutes": "soon"}
        answer = client.post(f"{PAGE}/commands?lang=en", data=form, headers=OWN)
    assert answer.status_code == 400
    assert "“minutes” is missing or wrong: send in how many minutes" in answer.text
    assert source.commands == []


# -- its life and course


def test_stations_that_were_left_out_are_told_from_those_to_come() -> None:
    changes = {"status": "recovered", "recovered_at": NOW, "acknowledged_at": NOW - 60}
    one = incident("i1", "prn-3", "3号窗口打印机", fault_id="jam", zh="卡纸", en="jam", **changes)
    places = {station.name: station.place for station in find_life(one)}
    assert places == {
        "detected": "done", "acknowledged": "done", "repairing": "skipped", "recovered": "now", "checked": "ahead",
        "closed": "ahead",
    }  # fmt: skip


def test_the_course_is_told_from_the_end() -> None:
    view = bad_morning()
    course = find_course(view, view.incidents[0])
    assert [entry.at for entry in course] == sorted((entry.at for entry in course), reverse=True)
    assert course[-1].what == "course.detected"


def test_the_course_tells_estimates_that_were_missed_and_answers_that_were_taken_back() -> None:
    estimates = (
        EstimateTold(at=NOW - 600, back_at=NOW - 60, source="person", by="李工"),
        EstimateTold(at=NOW - 60, passed_at=NOW - 60),
    )
    taken = AnswerTaken(
        at=NOW - 30, by="王主任", reason="点错", clause="W1", text="办理领用的改到5号窗口", text_en="Window 5",
        answer="declined", answered_by="小陈", answered_at=NOW - 45,
    )  # fmt: skip
    source = FakeSource(change(bad_morning(), "i1", estimates=estimates, taken=(taken,)))
    with browse(source, "李工") as client:
        course = client.get(I1).text.partition("<h2>经过</h2>")[2]
        english = client.get(f"{I1}?lang=en").text.partition("<h2>What happened</h2>")[2]
    told = ["王主任撤回答复", "理由:点错", "小陈不同意", "修复时间待定", "已过,未修复", "李工估计"]
    places = [course.index(each) for each in told]
    assert places == sorted(places), "the newest first"
    assert "Reason: 点错" in english
    assert "has passed, and it is not repaired" in english


def test_what_was_told_of_an_incident_is_kept_by_a_running_collector(tmp_path: Path) -> None:
    hall = RegisterHall(tmp_path)
    hall.close_down()
    hall.do(Estimate, "李工", incident=hall.incident, minutes=10)
    hall.wait(660)
    view = hall.collector.view(KEY)
    assert view
    ask = next(each.id for each in view.measures if (each.clause, each.status) == ("D2", "confirmed"))
    hall.do(Retract, "王主任", measure=ask, reason="点错")
    hall.restart()
    view = hall.collector.view(KEY)
    assert view
    told = next(each for each in view.incidents if each.id == hall.incident)
    began_at = told.opened_at
    assert [(each.back_at, each.by, each.passed_at) for each in told.estimates][-2:] == [
        (began_at + 600, "李工", None), (None, "", began_at + 600),
    ]  # fmt: skip
    assert [(each.by, each.reason, each.answer, each.answered_by) for each in told.taken] == [
        ("王主任", "点错", "confirmed", "小陈"),
    ]  # fmt: skip
    hall.stop()


# -- why


WHY = Why(
    kind="sign", id="w3", at=NOW,
    links=(
        Link(station="reading", about="prn-3", name="打印机", at=NOW, text="探测", text_en="", evidence="jam=True"),
        Link(station="incident", about="i1", name="3号窗口打印机", text="记为事件", text_en="incident"),
        Link(station="condition", about="w3", name="3号窗口", text="预计很快", text_en="soon", holds=False),
        Link(station="sign", about="w3", name="3号窗口", text="挂出", text_en="shown", clause="H2"),
    ),
)  # fmt: skip


def test_the_reasons_are_shown_in_order_with_what_the_device_said_in_words(source: FakeSource) -> None:
    source.whys["sign", "w3"] = WHY
    with browse(source, "李工") as client:
        page = client.get(f"{PAGE}/why/sign/w3").text
        english = client.get(f"{PAGE}/why/sign/w3?lang=en").text
    assert page.index("卡纸") < page.index("记为事件") < page.index("预计很快") < page.index("挂出")
    assert "现已不是" in page
    assert f'href="{I1}"' in page
    assert english.index("incident") < english.index("soon") < english.index("shown")


def test_the_reasons_come_as_json(source: FakeSource) -> None:
    source.whys["sign", "w3"] = WHY
    with browse(source, "李工") as client:
        assert msgspec.convert(client.get(f"{API}/why/sign/w3").json(), Why) == WHY
        assert client.get(f"{API}/why/sign/w4").status_code == 404
        assert client.get(f"{API}/why/weather/w3").status_code == 400


# -- reports


@pytest.mark.parametrize("form", ["html", "docx", "pdf"])
def test_the_report_is_for_anybody_with_a_token_for_the_hall(source: FakeSource, form: str) -> None:
    path = f"{API}/incidents/i1/report.{form}"
    with browse(source) as client:
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": "Bearer t-stranger"}).status_code == 403
        answer = client.get(path, headers={"Authorization": "Bearer t-chen"})
        assert (answer.status_code, answer.content) == (200, f"{form} report".encode())
        assert client.get(path.replace("i1", "i9"), headers={"Authorization": "Bearer t-chen"}).status_code == 404


def test_what_the_machine_lacks_or_the_journal_refuses_is_told(source: FakeSource) -> None:
    path, headers = f"{API}/incidents/i1/report.pdf", {"Authorization": "Bearer t-wang"}
    with browse(source) as client:
        source.reports["i1"] = CannotBeMade("there is no Chinese font")
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (503, "there is no Chinese font")
        source.reports["i1"] = CommandRefused("journal-failing", reason="away")
        assert client.get(path, headers=headers).status_code == 409


def test_who_signed_the_report_stands_on_the_page_of_the_incident(source: FakeSource) -> None:
    signed = (Signature(version=1, by="王主任", at=NOW - 60, digest="d"),)
    source.put(change(bad_morning(), "i1", status="closed", signatures=signed))
    with browse(source, person="王主任") as client:
        page = client.get(I1).text
    assert re.search(r"<strong>王主任</strong> <span class=.soft.>第1版", page)
    assert "内容有变时,再次签署报告" in page
    assert "预案没有要求措施" not in page


def test_who_reported_a_fault_is_told_in_their_words(source: FakeSource) -> None:
    view = bad_morning()
    told = fault("prn-3", "reported-unusable", "报障", "reported", evidence="林窗口: 不出纸")
    devices = [msgspec.structs.replace(each, faults=(told,)) if each.id == "prn-3" else each for each in view.devices]
    name = next(each.id for each in view.incidents if each.device == "prn-3")
    source.put(msgspec.structs.replace(view, devices=tuple(devices)))
    with browse(source, person="李工") as client:
        assert "林窗口: 不出纸" in client.get(f"{PAGE}/incidents/{name}").text
        near = client.get(f"{PAGE}/devices/prn-3").text
    assert "林窗口: 不出纸" in near
    assert "设备报告:林窗口" not in near


def test_a_report_may_use_the_style_sheet_that_is_in_it_and_no_other() -> None:
    digest = base64.b64encode(hashlib.sha256(b"p { margin: 0 }").digest()).decode()
    policy = allow_styles_of(b"<head><style>p { margin: 0 }</style></head>")
    assert policy == POLICY.replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'")
    assert allow_styles_of(b"<p>none</p>") == POLICY


def test_the_pages_report_is_for_who_is_signed_in(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.get(f"{I1}/report.docx", follow_redirects=False).status_code == 303
    with browse(source, person="李工") as client:
        answer = client.get(f"{I1}/report.docx")
        assert answer.headers["content-disposition"] == 'attachment; filename="330106-xihu-i1.docx"'
        assert client.get(f"{I1}/report.exe").status_code == 404
        assert client.get(f"{I1}/secret.docx").status_code == 404


def test_the_head_of_the_record_needs_a_token(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.get("/api/journal/head").status_code == 401
        answer = client.get("/api/journal/head", headers={"Authorization": "Bearer t-wang"})
    assert answer.json() == {"seq": 7, "hash": "0" * 64}


def test_who_has_a_role_reports_by_the_form(source: FakeSource) -> None:
    form = {"command": "report-fault", "thing": "prn-3", "effect": "unusable", "text": "不出纸", "back": PAGE}
    with browse(source, person="李工") as client:
        assert client.post(f"{PAGE}/commands", data=form, headers=OWN).status_code == 200
    found = ReportFault(by="李工", roles=["*"], thing="prn-3", effect="unusable", text="不出纸")
    assert source.commands == [(KEY, found)]
