"""A report by hand in three taps (R3), with a photo: who may, what goes into the record, what the thanks say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec import structs

from hallwatch_collector.core.commands import CommandRefused, ReportFault, ReportUnconfirmed
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.photos.studio import LARGEST_BYTES
from hallwatch_collector.web.desk import MOST_REPORTS, REPORTS_WINDOW_S
from hallwatch_collector.web.findings import HAZARD, OTHER, list_choices, list_places
from hallwatch_collector.web.forms import TOKEN_HEADER
from hallwatch_collector.web.report_pages import LARGEST_BODY_BYTES
from hallwatch_collector.web.texts import LANGUAGES, Words
from hallwatch_collector.web.tickets import MOST_KEPT, Tickets
from parts.fake_source import CATALOGUE, FakeSource
from parts.hall_file import GOOD
from parts.hall_views import KEY, NOW, device, hall
from parts.photos import SECRETS, phone_photo, photo
from parts.register_hall import RegisterHall
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, browse

JAM = {"thing": "prn-3", "what": "paper-jam"}
OPEN = "open_reports = true\nopen_board = true\n" + GOOD


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning())


@pytest.fixture
def open_source() -> FakeSource:
    return FakeSource(bad_morning(open_reports=True))


@pytest.fixture
def open_hall(tmp_path: Path) -> Iterator[RegisterHall]:
    there = RegisterHall(tmp_path, text=OPEN)
    yield there
    there.stop()


def send(client: TestClient, form: dict[str, str], *, photo: bytes | None = None, follow: bool = False) -> Any:
    """Send a report from the page that the client has open, as a browser would; anybody's brings the page's token."""
    page = client.get(f"{PAGE}/report?thing={form.get('thing', '')}").text
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|ticket)" value="([^"]+)"', page))
    files = {"photo": ("photo.jpg", photo, "image/jpeg")} if photo is not None else {"photo": ("", b"", "")}
    return client.post(f"{PAGE}/reports", data=hidden | form, files=files, headers=OWN, follow_redirects=follow)


# -- what can be chosen


def test_every_device_window_and_the_hall_can_be_chosen_with_how_they_are(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        page = client.get(f"{PAGE}/report").text
    for thing in ("window%3Aw1", "kiosk-2", "hall%3A", "core-system"):
        assert f'href="{PAGE}/report?thing={thing}"' in page
    assert re.search(r'class="pick edge-unusable" href="[^"]+thing=prn-3"', page)


def test_ones_own_window_comes_first(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        ordinary = client.get(f"{PAGE}/report").text
        asked = client.get(f"{PAGE}/report?window=w5").text
        client.post(f"{PAGE}/my-window", data={"window": "w4"}, headers=OWN)
        remembered = client.get(f"{PAGE}/report").text
    first = [re.search(r"thing=window%3A(w\d)", page) for page in (ordinary, asked, remembered)]
    assert [found and found[1] for found in first] == ["w1", "w5", "w4"]


@pytest.mark.parametrize("kind", ["printer", "pc", "kiosk", "window", "hall", "system", "other", "server"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_each_kind_there_is_something_to_say_and_always_danger_and_ones_own_words(kind: Kind, language: Any) -> None:
    choices = list_choices(CATALOGUE, kind, Words(language, NOW))
    ids = [each.id for each in choices]
    assert ids[-1] == OTHER
    assert len(set(ids)) == len(ids)
    assert any(each.effect == HAZARD for each in choices)
    assert 3 <= len(choices) <= 9, "more would be no large buttons"
    assert all(each.name for each in choices)
    assert all(each.recorded for each in choices[:-1])


def test_the_record_is_in_chinese_whatever_the_page_is_in(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        assert "paper jam" in client.get(f"{PAGE}/report?thing=prn-3&lang=en").text
        assert send(client, JAM).status_code == 303
    [(_, command)] = source.commands
    assert isinstance(command, ReportFault)
    assert command.text == "卡纸"


def test_what_is_known_already_is_said_before_it_is_reported_again(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        known, behind, new = (
            client.get(f"{PAGE}/report?thing={thing}").text for thing in ("prn-3", "kiosk-1", "prn-1")
        )
    assert "已经知道:3号窗口打印机 卡纸" in known
    assert "已经知道:自助区路由器" in behind, "what comes of something else says of what"
    assert "已经知道" not in new


def test_a_thing_that_is_not_there_leads_to_the_choice(source: FakeSource) -> None:
    with browse(source, "李工") as client:
        page = client.get(f"{PAGE}/report?thing=gone").text
    assert "没有找到这台设备" in page
    assert 'class="picks"' in page


def test_names_are_only_names() -> None:
    evil = '<script>alert("1")</script>'
    view = hall(name=evil, devices=(device("x", "printer", evil),), open_reports=True)
    with browse(FakeSource(view), "") as client:
        for path in ("", "?thing=x", "/taken?thing=x&what=paper-jam", f"?thing={evil}"):
            page = client.get(f"{PAGE}/report{path}").text
            assert evil not in page
    assert [place for place, _ in list_places(view, Words("zh-CN", NOW))] == ["其他位置"]


# -- what is sent


def test_who_may_act_reports_a_fault_with_what_it_most_likely_means(source: FakeSource) -> None:
    with browse(source, "小陈", "staff") as client:
        answer = send(client, JAM | {"text": " 响了一声\n没出纸 ", "effect": "hazard", "by": "somebody else"})
    assert answer.headers["location"] == f"{PAGE}/report/taken?thing=prn-3&what=paper-jam"
    found = ReportFault(by="小陈", roles=["staff"], thing="prn-3", effect="unusable", text="卡纸:响了一声 没出纸")
    assert source.commands == [(KEY, found)]


def test_of_ones_own_words_one_says_how_bad_it_is(source: FakeSource) -> None:
    own = {"thing": "pc-1", "what": OTHER}
    with browse(source, "小陈", "staff") as client:
        assert send(client, own | {"text": "风扇很响"}).status_code == 303
        assert send(client, own | {"text": "冒烟了", "effect": "hazard"}).status_code == 303
    effects = [(command.effect, command.text) for _, command in source.commands if isinstance(command, ReportFault)]
    assert effects == [("degraded", "风扇很响"), ("hazard", "冒烟了")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"what": ""}, "请选一项"),
        ({"what": "no-such"}, "请选一项"),
        ({"what": "no-ticket"}, "请选一项"),  # of another kind of thing
        ({"what": OTHER, "text": " \n"}, "请写一句看到了什么"),
        ({"text": "长" * 401}, "400 字以内"),
        ({"thing": "gone"}, "没有找到这台设备"),
        ({"thing": ""}, "没有找到这台设备"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_what_was_written_stays(
    source: FakeSource, wrong: dict[str, str], said: str
) -> None:
    with browse(source, "小陈", "staff") as client:
        answer = send(client, JAM | {"text": "没出纸"} | wrong)
        assert answer.status_code == 400
        assert said in answer.text
        if wrong.get("what") == "no-such":
            assert ">没出纸</textarea>" in answer.text
            again = dict(re.findall(r'<input type="hidden" name="(csrf|ticket)" value="([^"]+)"', answer.text))
            mended = client.post(f"{PAGE}/reports", data=again | JAM, headers=OWN, follow_redirects=False)
            assert mended.status_code == 303
    assert len(source.commands) == (wrong.get("what") == "no-such")


def test_without_signing_in_nobody_reports_unless_the_hall_allows_it(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.get(f"{PAGE}/report", follow_redirects=False).headers["location"].startswith("/sign-in")
        assert client.post(f"{PAGE}/reports", data=JAM, headers=OWN).status_code in (401, 403)
    assert source.commands == []


def test_where_the_hall_allows_it_anybody_reports_what_is_to_be_confirmed(open_source: FakeSource) -> None:
    with browse(open_source, "") as client:
        assert 'name="effect"' not in client.get(f"{PAGE}/report?thing=prn-3").text, "that somebody of the hall says"
        assert send(client, JAM | {"effect": "hazard", "roles": "*"}).status_code == 303
        assert send(client, JAM | {"by": " 小李\n"}).status_code == 303
        assert send(client, JAM | {"by": "auto"}).status_code == 400, "nobody is called like the program itself"
    [first, second] = [command for _, command in open_source.commands]
    assert first == ReportUnconfirmed(by="现场人员", roles=[], thing="prn-3", text="卡纸")
    assert second.by == "小李"


def test_who_is_known_but_plays_no_part_in_the_plan_reports_to_be_confirmed_in_their_name(
    open_source: FakeSource,
) -> None:
    with browse(open_source, "审计员", "auditor") as client:
        assert send(client, JAM | {"by": "小李"}).status_code == 303
    assert open_source.commands[0][1] == ReportUnconfirmed(by="审计员", roles=[], thing="prn-3", text="卡纸")


def test_a_report_from_another_site_or_without_the_pages_token_is_refused(open_source: FakeSource) -> None:
    with browse(open_source, "") as client:
        client.get(f"{PAGE}/report?thing=prn-3")
        forged = {**OWN, TOKEN_HEADER: "made up"}
        assert client.post(f"{PAGE}/reports", data=JAM, headers=forged).status_code == 403
        assert client.post(f"{PAGE}/reports", data=JAM, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert open_source.commands == []


def test_so_many_reports_are_taken_from_one_address_of_who_is_not_known(open_source: FakeSource) -> None:
    with browse(open_source, "") as client:
        statuses = [send(client, JAM).status_code for _ in range(MOST_REPORTS + 2)]
        assert statuses == [303] * MOST_REPORTS + [429] * 2
        open_source.clock += REPORTS_WINDOW_S + 1
        assert send(client, JAM).status_code == 303
    with browse(open_source, "小陈", "staff") as client:
        assert {send(client, JAM).status_code for _ in range(MOST_REPORTS + 2)} == {303}


# -- once


def test_who_presses_twice_has_reported_once(source: FakeSource) -> None:
    with browse(source, "小陈", "staff") as client:
        page = client.get(f"{PAGE}/report?thing=prn-3").text
        hidden = dict(re.findall(r'<input type="hidden" name="(csrf|ticket)" value="([^"]+)"', page))
        answers = [
            client.post(f"{PAGE}/reports", data=hidden | JAM, headers=OWN, follow_redirects=False) for _ in range(3)
        ]
        assert {answer.headers["location"] for answer in answers} == {f"{PAGE}/report/taken?thing=prn-3&what=paper-jam"}
        for _ in range(3):
            assert client.get(answers[0].headers["location"]).status_code == 200
    assert len(source.commands) == 1


def test_what_was_refused_may_come_again_with_the_same_ticket(source: FakeSource) -> None:
    source.refuse_with = CommandRefused("journal-failing", reason="away")
    with browse(source, "小陈", "staff") as client:
        page = client.get(f"{PAGE}/report?thing=prn-3").text
        hidden = dict(re.findall(r'<input type="hidden" name="(csrf|ticket)" value="([^"]+)"', page))
        assert client.post(f"{PAGE}/reports", data=hidden | JAM, headers=OWN).status_code == 409
        source.refuse_with = None
        again = client.post(f"{PAGE}/reports", data=hidden | JAM, headers=OWN, follow_redirects=False)
    assert again.status_code == 303
    assert len(source.commands) == 1


def test_old_tickets_are_forgotten_and_none_is_always_the_first() -> None:
    tickets = Tickets()
    first = tickets.draw()
    assert tickets.use(first)
    assert not tickets.use(first)
    for number in range(MOST_KEPT):
        tickets.use(str(number))
    assert tickets.use(first)
    assert tickets.use("")
    assert tickets.use("")


# -- thanks


def test_the_thanks_say_what_to_do_and_where_to_send_people(source: FakeSource) -> None:
    with browse(source, "小陈", "staff") as client:
        page = send(client, JAM, follow=True).text
    assert "已收到,谢谢" in page
    assert "打开盖板,顺着走纸方向慢慢取出卡住的纸" in page
    assert "1号窗口" in page.split("引导到哪里")[1][:300]
    assert f'href="{PAGE}/windows/w3"' in page
    assert f'href="{PAGE}/incidents/i1"' in page


def test_who_is_not_known_is_thanked_without_names(open_source: FakeSource) -> None:
    view = open_source.views[KEY]
    taken = structs.replace(view.incidents[0], status="repairing", owner="李敏", acknowledged_by="李敏")
    open_source.put(structs.replace(view, incidents=(taken, *view.incidents[1:])))
    with browse(open_source, "") as client:
        pages = [client.get(f"{PAGE}/report?thing=prn-3").text, send(client, JAM, follow=True).text]
    for page in pages:
        assert "李敏" not in page
        assert "已有技术人员处理" in page
    assert "/incidents/" not in pages[1]


def test_danger_says_to_keep_away_first(source: FakeSource) -> None:
    with browse(source, "小陈", "staff") as client:
        page = send(client, {"thing": "kiosk-3", "what": HAZARD}, follow=True).text
    assert page.index("请远离,并拦住旁边的人") < page.index("先断电、拦住人群")


def test_what_somebody_reported_already_is_no_mistake(open_source: FakeSource) -> None:
    open_source.refuse_with = CommandRefused("reported-already", thing="prn-3")
    with browse(open_source, "") as client:
        page = send(client, JAM, follow=True).text
    assert "已有人报过,谢谢" in page


@pytest.mark.parametrize("path", ["", "?thing=gone", "?thing=prn-3&what=no-such&photo=no-such"])
def test_thanks_for_nothing_that_is_known_are_still_a_page(source: FakeSource, path: str) -> None:
    with browse(source, "小陈", "staff") as client:
        answer = client.get(f"{PAGE}/report/taken{path}")
    assert answer.status_code == 200
    assert "no-such" not in answer.text.split("<main")[1]


# -- with a photo, in a real collector


def test_a_photo_is_kept_with_the_incident_and_shown_to_who_is_signed_in(open_hall: RegisterHall) -> None:
    with browse(open_hall.source, "") as client:  # type: ignore[arg-type]
        answer = send(client, JAM, photo=phone_photo())
        assert answer.headers["location"].endswith("&photo=kept")
        assert "照片已收下" in client.get(answer.headers["location"]).text
        view = open_hall.collector.view(KEY)
        assert view
        [incident] = view.incidents
        [kept] = open_hall.album.of(KEY, incident.id)
        shown = f"{PAGE}/incidents/{incident.id}/photos/{kept.name}.jpg"
        assert client.get(shown, follow_redirects=False).status_code in (303, 401)
    assert [note.text for note in incident.notes] == [f"附照片一张(编号 {kept.name[:12]})"], (
        "the record says that it is there"
    )
    with browse(open_hall.source, "李工", "technician") as client:  # type: ignore[arg-type]
        page = client.get(f"{PAGE}/incidents/{incident.id}").text
        assert f'src="{shown}"' in page
        image = client.get(shown)
        assert client.get(shown.replace(kept.name, "0" * 32)).status_code == 404
        assert client.get(f"{PAGE}/incidents/inc-9/photos/{kept.name}.jpg").status_code == 404
    assert image.content.startswith(b"\xff\xd8\xff")
    assert not [secret for secret in SECRETS if secret in image.content]
    assert image.headers["content-type"] == "image/jpeg"
    assert image.headers["x-content-type-options"] == "nosniff"
    assert image.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert image.headers["cache-control"].startswith("private")
    assert image.headers["content-disposition"].startswith("inline; filename=")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"%PDF-1.7 not a photo", "只收 JPEG、PNG、WebP"),
        (photo((300, 300))[:400], "不完整或已损坏"),
        (photo() + bytes(LARGEST_BYTES), "文件太大(最多 8 MB)"),
    ],
    ids=["pdf", "cut", "large"],
)
def test_a_photo_that_is_none_costs_only_itself(open_hall: RegisterHall, sent: bytes, said: str) -> None:
    with browse(open_hall.source, "") as client:  # type: ignore[arg-type]
        page = send(client, JAM, photo=sent, follow=True).text
    assert said in page
    assert "报障已收到" in page
    view = open_hall.collector.view(KEY)
    assert view
    assert [each.device for each in view.incidents] == ["prn-3"]
    assert open_hall.album.of(KEY, view.incidents[0].id) == ()


def test_what_is_far_too_large_is_refused_in_a_sentence_and_only_this_door_takes_so_much(
    open_hall: RegisterHall,
) -> None:
    with browse(open_hall.source, "") as client:  # type: ignore[arg-type]
        answer = send(client, JAM, photo=bytes(LARGEST_BODY_BYTES))
        assert answer.status_code == 413
        assert "照片最多 8 MB" in answer.text
        small = client.post(f"{PAGE}/my-window", data={"window": "w" * 100_000}, headers=OWN)
        assert small.status_code == 413


def test_a_report_without_a_photo_needs_no_file_field_at_all(open_hall: RegisterHall) -> None:
    with browse(open_hall.source, "小陈", "staff") as client:  # type: ignore[arg-type]
        answer = client.post(f"{PAGE}/reports", data=JAM, headers=OWN, follow_redirects=False)
    assert answer.status_code == 303
    view = open_hall.collector.view(KEY)
    assert view
    assert view.windows[0].lost == ("certificates",)
