"""The page behind the link in a message: without a key, for one incident, for those to whom the message went."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from hallwatch_collector.core.alerts.state import Wording
from hallwatch_collector.core.commands import Acknowledge, CommandRefused, FalseAlarm, HandOver, RealAlarm, RemindMe
from hallwatch_collector.core.views import AlertView, DeliveryView
from hallwatch_collector.notify.links import Redeemed, Ticket
from hallwatch_collector.web.throttle import MOST_WRONG, WINDOW_S
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY, NOW
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, WORK, browse

TICKET = "abcDEF123-ticket"
ACK = f"/ack/{TICKET}"
WORDING = Wording(
    edition=1, at=NOW, title="[Ⅳ级]西湖区办税服务厅 3号窗口打印机:卡纸",
    lines=["自10:31起", "影响:3号窗口不能办理完税证明开具", "第一步:打开后盖,取出卡住的纸"],
    title_en="[level Ⅳ] Xihu prn-3: jam", lines_en=["Since 10:31", "First step: open the cover"], basis="b", rank=2,
)  # fmt: skip


def ticket(**changes: Any) -> Redeemed:
    told = {
        "area": KEY.area, "hall": KEY.hall, "incident": "i1", "people": ("张伟",), "reopened": 0,
        "until": int(NOW) + 3600,
    }  # fmt: skip
    return Redeemed(ticket=Ticket(**(told | changes)), wording=WORDING)


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource()
    show(source)
    source.tickets[TICKET] = ticket()
    return source


def show(source: FakeSource, **changes: Any) -> None:
    """Let the incident be otherwise."""
    view = bad_morning(reachable=("张伟", "李敏", "王主任"))
    incidents = tuple(
        msgspec.structs.replace(each, **{"owner": "", **changes}) if each.id == "i1" else each
        for each in view.incidents
    )
    source.put(msgspec.structs.replace(view, incidents=incidents))


def seal_of(client: TestClient[Any]) -> str:
    found = re.search(r'name="seal" value="(\w+)"', client.get(ACK).text)
    assert found
    return found[1]


def send(client: TestClient[Any], headers: dict[str, str] | None = None, **fields: str) -> Any:
    body = {"command": "acknowledge", "by": "张伟", "seal": seal_of(client)} | fields
    return client.post(ACK, data=body, headers=OWN if headers is None else headers, follow_redirects=False)


def test_it_says_what_it_is_about_and_offers_one_button(source: FakeSource) -> None:
    with browse(source) as client:
        answer = client.get(ACK)
    assert answer.status_code == 200
    assert "我是张伟,我来处理" in answer.text
    assert "影响:3号窗口不能办理完税证明开具" in answer.text
    assert "打开后盖,取出卡住的纸" in answer.text
    assert "还没有人接手" in answer.text
    assert f'href="{PAGE}/incidents/i1"' in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert TICKET not in answer.text
    assert not answer.cookies


def test_opening_it_changes_nothing(source: FakeSource) -> None:
    with browse(source) as client:
        for _ in range(3):
            client.get(ACK)
        client.get(f"{ACK}?did=acknowledge")
    assert source.commands == []


def test_the_button_acknowledges_in_the_name_of_who_was_told(source: FakeSource) -> None:
    with browse(source) as client:
        answer = send(client)
        show(source, status="acknowledged", acknowledged_by="张伟", acknowledged_at=NOW, owner="张伟")
        after = client.get(answer.headers["location"])
    assert answer.status_code == 303
    assert source.commands == [(KEY, Acknowledge(by="张伟", incident="i1", via="link"))]
    assert "已登记:由您处理。" in after.text
    assert "张伟已接手" in after.text
    assert "打开后盖,取出卡住的纸" in after.text
    assert "我来处理" not in after.text


def test_it_reminds_and_hands_over(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, command="remind-me", in_minutes="30").status_code == 303
        assert send(client, command="hand-over", person="李敏", note="我在外地").status_code == 303
    assert [command for _, command in source.commands] == [
        RemindMe(by="张伟", incident="i1", in_minutes=30, via="link"),
        HandOver(by="张伟", incident="i1", person="李敏", note="我在外地", via="link"),
    ]


def test_a_note_of_several_lines_is_taken_as_one(source: FakeSource) -> None:
    with browse(source) as client:
        assert send(client, command="hand-over", person="李敏", note="我在外地\r\n\r\n请先换纸 \n").status_code == 303
    ((_, sent),) = source.commands
    assert sent == HandOver(by="张伟", incident="i1", person="李敏", note="我在外地 请先换纸", via="link")


def test_of_several_people_whoever_acts_says_who_they_are(source: FakeSource) -> None:
    source.tickets[TICKET] = ticket(people=("张伟", "李敏"))
    with browse(source) as client:
        page = client.get(ACK).text
        assert send(client, by="李敏").status_code == 303
        assert send(client, by="王主任").status_code == 403
    assert "我是张伟,我来处理" in page
    assert "我是李敏,我来处理" in page
    assert [command.by for _, command in source.commands] == ["李敏"]


@pytest.mark.parametrize("more", [{"incident": "i2"}, {"roles": "*"}, {"via": ""}])
def test_a_form_cannot_say_more_than_the_ticket(source: FakeSource, more: dict[str, str]) -> None:
    with browse(source) as client:
        send(client, **more)
    assert source.commands == [(KEY, Acknowledge(by="张伟", incident="i1", via="link"))]


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({"Sec-Fetch-Site": "same-site"}, {}),
        ({"Origin": "https://evil.example"}, {}),
        (OWN, {"seal": "0" * 64}),
        ({"Origin": "null"}, {"seal": ""}),
        (OWN, {"seal": "密"}),
    ],
)
def test_a_form_of_another_site_is_refused(source: FakeSource, headers: dict[str, str], fields: dict[str, str]) -> None:
    with browse(source) as client:
        answer = send(client, headers, **fields)
    assert answer.status_code == 403
    assert source.commands == []
    assert TICKET not in answer.text


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "http://testserver.local"}])
def test_old_browsers_and_plain_http_may_act_too(source: FakeSource, headers: dict[str, str]) -> None:
    with browse(source) as client:
        assert send(client, headers).status_code == 303


@pytest.mark.parametrize(("text", "status", "says"), [("forged", 403, "链接无效"), ("expired", 410, "链接已过期")])
def test_what_is_no_good_link_is_said_plainly(source: FakeSource, text: str, status: int, says: str) -> None:
    with browse(source) as client:
        for answer in (client.get(f"/ack/{text}"), client.post(f"/ack/{text}", data={"by": "张伟"}, headers=OWN)):
            assert answer.status_code == status
            assert says in answer.text
            assert answer.headers["referrer-policy"] == "no-referrer"
    assert source.commands == []


def test_what_somebody_else_took_on_is_said_with_their_name(source: FakeSource) -> None:
    with browse(source) as client:
        seal = seal_of(client)
        show(source, status="acknowledged", acknowledged_by="李敏", acknowledged_at=NOW, owner="李敏")
        source.refuse_with = CommandRefused("already-taken-on", incident="i1", by="李敏")
        page = client.get(ACK)
        answer = client.post(ACK, data={"command": "acknowledge", "by": "张伟", "seal": seal}, headers=OWN)
    assert page.status_code == 200
    assert "我来处理" not in page.text
    assert answer.status_code == 409
    assert "已由李敏接手" in answer.text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "closed"}, "已经结束"),
        ({"status": "recovered"}, "还有事要做"),
        ({"reopened": 1}, "这是上一次的通知"),
    ],
)
def test_what_is_over_or_began_anew_takes_nothing(source: FakeSource, changes: dict[str, Any], says: str) -> None:
    with browse(source) as client:
        seal = seal_of(client)
        show(source, **changes)
        page = client.get(ACK)
        answer = client.post(ACK, data={"command": "acknowledge", "by": "张伟", "seal": seal}, headers=OWN)
    assert says in page.text
    offered = set(re.findall(r'name="command" value="([a-z-]+)"', page.text))
    assert offered == (set() if "reopened" in changes else {"false-alarm"}), "what it was is often known only then"
    assert (answer.status_code, source.commands) == (409, [])


def test_after_the_end_of_the_fault_it_says_what_is_still_to_be_done(source: FakeSource) -> None:
    show(source, status="recovered", recovered_at=NOW)
    view = source.halls()[0]
    left = next(each for each in view.measures if each.incident == "i1" and each.status == "open")
    check = msgspec.structs.replace(
        left, clause="D4", mode="show", status="open", text="核对3号窗口的最后一笔业务", text_en="Check window 3"
    )
    done = msgspec.structs.replace(check, text="核对4号窗口的最后一笔业务", status="done")
    source.put(msgspec.structs.replace(view, measures=(check, done)))
    with browse(source) as client:
        page, english = client.get(ACK).text, client.get(f"{ACK}?lang=en").text
        source.put(msgspec.structs.replace(view, measures=(done,)))
        after = client.get(f"{ACK}?lang=zh-CN").text
    assert "D4 核对3号窗口的最后一笔业务" in page
    assert "不用再处理" not in page
    assert "核对4号窗口" not in page
    assert "something is still to be done" in english
    assert "D4 Check window 3" in english
    assert "不用再处理" in after


def test_what_is_handed_over_is_said_to_be_offered_and_can_be_taken_on(source: FakeSource) -> None:
    source.tickets[TICKET] = ticket(people=("李敏",))
    taken = {"status": "acknowledged", "acknowledged_by": "张伟", "acknowledged_at": NOW}
    show(source, **taken, owner="李敏", handed_by="张伟", offered_at=NOW)
    with browse(source) as client:
        page = client.get(ACK).text
        assert send(client, by="李敏").status_code == 303
    assert "张伟请李敏接手,还没有接手。" in page
    assert "我是李敏,我来处理" in page
    assert "现由" not in page


@pytest.mark.parametrize("status", ["detected", "acknowledged", "recovered", "closed"])
def test_a_false_alarm_can_be_said_and_taken_back_by_the_link(source: FakeSource, status: str) -> None:
    with browse(source) as client:
        seal = seal_of(client)
        now = {"status": status, "acknowledged_at": NOW, "acknowledged_by": "张伟"}
        show(source, **now)
        said = client.post(ACK, data={"command": "false-alarm", "by": "张伟", "seal": seal}, headers=OWN)
        show(source, **now, false_by="张伟")
        page = client.get(ACK)
        back = client.post(ACK, data={"command": "real-alarm", "by": "张伟", "seal": seal}, headers=OWN)
    assert "已登记:误报" in said.text
    assert "张伟登记:这是误报。" in page.text
    assert "已撤销误报" in back.text
    assert [command for _, command in source.commands] == [
        FalseAlarm(by="张伟", incident="i1", via="link"), RealAlarm(by="张伟", incident="i1", via="link"),
    ]  # fmt: skip


def test_of_what_came_back_since_nobody_says_by_the_old_link_that_it_was_false(source: FakeSource) -> None:
    with browse(source) as client:
        seal = seal_of(client)
        for status in ("detected", "closed"):
            show(source, status=status, reopened=1)
            answer = client.post(ACK, data={"command": "false-alarm", "by": "张伟", "seal": seal}, headers=OWN)
            assert answer.status_code == 409
    assert source.commands == []


def test_a_hall_or_an_incident_that_is_gone_is_over(source: FakeSource) -> None:
    source.tickets[TICKET] = msgspec.structs.replace(ticket(incident="i99"), wording=None)
    source.tickets["other"] = msgspec.structs.replace(ticket(hall="gone"), wording=None)
    with browse(source) as client:
        assert "已经结束" in client.get(ACK).text
        assert "已经结束" in client.get("/ack/other").text


def test_guessing_is_slowed_down_and_right_links_stay_good(source: FakeSource) -> None:
    with browse(source) as client:
        for number in range(MOST_WRONG):
            assert client.get(f"/ack/guess{number}").status_code == 403
        slowed = client.get("/ack/guess")
        assert slowed.status_code == 429
        assert int(slowed.headers["retry-after"]) <= WINDOW_S
        assert client.get("/ack/expired").status_code == 410
        assert client.get(ACK).status_code == 200
        source.clock += WINDOW_S + 1
        assert client.get("/ack/guess").status_code == 403


@pytest.mark.parametrize(
    "fields", [{"command": "remind-me"}, {"command": "remind-me", "in_minutes": "99999"}, {"command": "note"}]
)
def test_a_form_that_is_not_as_it_should_be_is_refused(source: FakeSource, fields: dict[str, str]) -> None:
    with browse(source) as client:
        answer = send(client, **fields)
    assert (answer.status_code, source.commands) == (400, [])


def test_a_defect_logs_no_ticket(source: FakeSource, caplog: pytest.LogCaptureFixture) -> None:
    def break_() -> None:
        raise ZeroDivisionError

    source.redeem = lambda _ticket: break_()  # type: ignore[assignment,method-assign,return-value]
    with caplog.at_level(logging.DEBUG), browse(source) as client:
        client.raise_server_exceptions = False  # type: ignore[attr-defined]
        answer = client.get(ACK)
    assert answer.status_code == 500
    assert TICKET not in answer.text
    ours = [record for record in caplog.records if record.name.startswith("hallwatch")]
    assert ours
    assert not [record for record in ours if TICKET in record.getMessage()]


def test_no_program_finds_it_in_the_description_of_the_api(source: FakeSource) -> None:
    with browse(source) as client:
        assert "/ack" not in client.get("/schema/openapi.json").text


@pytest.mark.parametrize("by_api", [True, False])
def test_nobody_else_can_say_that_it_came_by_the_link(source: FakeSource, by_api: bool) -> None:
    body = {"command": "acknowledge", "incident": "i1", "via": "link"}
    with browse(source, person="李工") as client:
        if by_api:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = client.post(f"/api{PAGE}/commands", json=body | {"by": "李工"}, headers=headers)
        else:
            answer = client.post(f"{PAGE}/commands", data=body, headers=OWN, follow_redirects=False)
    assert answer.status_code in (204, 303)
    assert [getattr(command, "via", None) for _, command in source.commands] == [""]


def test_what_was_not_delivered_is_shown_in_red_and_each_way_on_the_incidents_page(source: FakeSource) -> None:
    def delivery(id_: str, **changes: Any) -> DeliveryView:
        told = {
            "id": id_, "channel": "bot", "people": ("张伟",), "occasion": "new", "edition": 1, "round": 0,
            "status": "accepted", "accepted": 1, "decided_at": NOW - 300, "sent_at": NOW - 299,
            "accepted_at": NOW - 298, "hold_until": None, "reason": "", "reference": "",
        }  # fmt: skip
        return DeliveryView(**(told | changes))

    away = {"accepted": 0, "accepted_at": None}
    poor = {"reason": "no credit", "reason_zh": "余额<不足"}
    ways = (
        delivery("al-1"),
        delivery("al-2", status="failed", people=("王<主任",), missed=("王<主任",), **poor, **away),
        delivery("al-3", status="failed", people=("李敏",), reason="was told otherwise", **away),
        delivery("al-4", status="waiting", people=("赵敏",), reason="refused", **away),
        delivery("al-5", status="waiting", people=("钱敏",), hold_until=NOW + 3600, **away),
        delivery("al-6", status="waiting", people=("孙敏",), reason="5", decided_at=NOW - 5, owed_at=NOW - 300, **away),
        delivery("al-7", status="waiting", people=("周敏",), reason="6", hold_until=NOW - 5, **away),
    )
    alert = AlertView(
        incident="i1", device="prn-3", fault="jam", since=NOW - 300, over_at=None, wording=WORDING, deliveries=ways
    )
    source.put(msgspec.structs.replace(source.views[KEY], alerts=(alert,)))
    with browse(source, "李工") as client:
        hall = client.get(WORK).text
        page = client.get(f"{PAGE}/incidents/i1").text
        english = client.get(f"{WORK}?lang=en").text
    red = hall[hall.index("notice-failed") :].split("</div></div>")[0]
    assert "没有通知到王&lt;主任" in red
    assert "余额&lt;不足" in red
    assert "no credit" not in red
    assert "no credit" in english[english.index("notice-failed") :]
    assert "李敏" not in red, "another way reached them"
    late = hall[hall.index("正在重试") :].split("</div></div>")[0]
    assert "赵敏" in late
    assert "钱敏" not in late, "is in quiet hours"
    assert "孙敏" in late, "the news of a moment ago made it no younger"
    assert "周敏" not in late, "the quiet hours ended a moment ago"
    shown = ("已送达", "送不到", "等待发送", "正在重试", "免打扰", "was told otherwise", "还没有通知到:王&lt;主任")
    for text in shown:
        assert text in page, text
