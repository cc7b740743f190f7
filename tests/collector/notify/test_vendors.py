"""What arrives at the vendors: texts, calls, signatures, limits."""

from __future__ import annotations

from typing import Any

import pytest

from hallwatch_agent.chat.reason import plain
from hallwatch_collector.notify.channel import Never, NotNow, Taken
from hallwatch_collector.notify.channels.dingtalk import DingtalkChannel
from hallwatch_collector.notify.channels.feishu import FeishuChannel
from hallwatch_collector.notify.channels.webhook import WebhookChannel
from hallwatch_collector.notify.channels.wecom import WecomChannel
from parts.messages import LINES, LINK, deliver, make_message, make_part
from parts.outcomes import in_english
from parts.vendors import dingtalk, feishu, webhook, wecom
from parts.vendors.web import serve

NASTY = make_part(
    title="@all [点我](http://evil.cn) <@all>", lines=('**粗** <at user_id="all"></at>', "# 大", "http://evil.cn/x")
)
TITLE = "[III级]西湖大厅 3号窗口打印机:卡纸"


def test_wecom() -> None:
    with serve(wecom.Wecom()) as robot:
        secrets = {"robot": robot.robot}
        channel = WecomChannel(id="w", url_file="robot")
        assert deliver(channel, make_message(mentions=("13800000000",)), secrets) == Taken()
        text = robot.taken[0]["text"]
        assert text["content"] == "\n".join((TITLE, *LINES, f"详情与确认: {LINK}"))
        assert text["mentioned_mobile_list"] == ["13800000000"]
        markdown = WecomChannel(id="w", url_file="robot", form="markdown")
        assert deliver(markdown, make_message(NASTY), secrets) == Taken()
        content = robot.taken[1]["markdown"]["content"]
        assert content.endswith(f"\n\n[详情与确认]({LINK})")
        assert "[" not in content.removesuffix(f"[详情与确认]({LINK})")
        assert "<" not in content
        assert "@all" not in content


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_that_five_hundred_fit_into_one_message(form: Any) -> None:
    parts = [make_part(alert=f"A{at}", title=f"{at}号窗口打印机:卡纸") for at in range(500)]
    message = make_message(*parts)
    with serve(wecom.Wecom()) as wecoms, serve(dingtalk.Dingtalk()) as dings, serve(feishu.Feishu()) as larks:
        secrets = {"w": wecoms.robot, "d": dings.robot, "ds": dingtalk.SECRET, "f": larks.robot, "fs": feishu.SECRET}
        channels = [
            WecomChannel(id="w", url_file="w", form=form),
            DingtalkChannel(id="d", url_file="d", secret_file="ds", form=form),
            FeishuChannel(id="f", url_file="f", secret_file="fs"),
        ]
        assert [deliver(channel, message, secrets) for channel in channels] == [Taken()] * 3
        for robot in (wecoms, dings, larks):
            assert "起,详见页面" in str(robot.taken[0])


def test_dingtalk() -> None:
    with serve(dingtalk.Dingtalk(keyword="报警")) as robot:
        secrets = {"robot": robot.robot, "secret": dingtalk.SECRET}
        plain = DingtalkChannel(id="d", url_file="robot", secret_file="secret")
        refused = deliver(plain, make_message(), secrets)
        assert isinstance(refused, Never)
        assert "keyword" in refused.reason.en
        channel = DingtalkChannel(id="d", url_file="robot", secret_file="secret", keyword="报警")
        assert deliver(channel, make_message(mentions=("13800000000",)), secrets) == Taken()
        told = robot.taken[0]
        assert told["at"]["atMobiles"] == ["13800000000"]
        assert told["text"]["content"].endswith(f"\n报警\n详情与确认: {LINK}\n@13800000000")
        markdown = DingtalkChannel(id="d", url_file="robot", secret_file="secret", keyword="报警", form="markdown")
        assert deliver(markdown, make_message(NASTY), secrets) == Taken()
        assert robot.taken[1]["markdown"]["text"].count("](") == 1
        assert robot.taken[1]["at"] == {"atMobiles": [], "atUserIds": [], "isAtAll": False}


def test_that_a_clock_that_is_wrong_is_told() -> None:
    with serve(dingtalk.Dingtalk()) as robot:
        channel = DingtalkChannel(id="d", url_file="robot", secret_file="secret")
        answer = deliver(channel, make_message(), {"robot": robot.robot, "secret": dingtalk.SECRET}, now=1.6e9)
        assert isinstance(answer, Never)
        assert "clock" in answer.reason.en


def test_that_dingtalk_shuts_out_for_ten_minutes() -> None:
    with serve(dingtalk.Dingtalk()) as robot:
        clock = robot.now()
        robot.now = lambda: clock
        channel = DingtalkChannel(id="d", url_file="robot", secret_file="secret")
        secrets = {"robot": robot.robot, "secret": dingtalk.SECRET}
        answers = [deliver(channel, make_message(), secrets, now=clock) for _ in range(21)]
        assert answers[:20] == [Taken()] * 20
        assert isinstance(answers[20], NotNow)
        assert answers[20].after_s == 600.0
        clock += 599
        assert isinstance(deliver(channel, make_message(), secrets, now=clock), NotNow)
        clock += 1
        assert deliver(channel, make_message(), secrets, now=clock) == Taken()


@pytest.mark.parametrize(
    ("channel", "robot", "a_minute"),
    [(WecomChannel, wecom, 20), (DingtalkChannel, dingtalk, 20), (FeishuChannel, feishu, feishu.A_MINUTE)],
)
def test_that_our_pace_stays_below_the_vendor_s(channel: Any, robot: Any, a_minute: int) -> None:
    assert channel.pace.messages / channel.pace.per_s * 60 <= a_minute
    if robot is feishu:
        assert channel.pace.messages <= feishu.A_SECOND
    else:
        assert channel.pace.per_s == 60


def test_feishu() -> None:
    with serve(feishu.Feishu(keyword="报警")) as robot:
        channel = FeishuChannel(id="f", url_file="robot", secret_file="secret", keyword="报警")
        secrets = {"robot": robot.robot, "secret": feishu.SECRET}
        assert deliver(channel, make_message(mentions=("ou_1",)), secrets) == Taken()
        post = robot.taken[0]["content"]["post"]["zh_cn"]
        assert post["title"] == TITLE
        assert [line[0].get("text") for line in post["content"]] == [*LINES, "报警", "详情与确认", None]
        assert post["content"][-2] == [{"tag": "a", "text": "详情与确认", "href": LINK}]
        assert post["content"][-1] == [{"tag": "at", "user_id": "ou_1"}]
        assert deliver(channel, make_message(NASTY), secrets) == Taken()
        assert "<" not in str(robot.taken[1])


def test_that_a_token_alone_goes_to_the_host_that_is_named() -> None:
    channel = FeishuChannel(id="f", url_file="robot", host="open.larksuite.com", proxy="http://127.0.0.1:1")
    asked = []

    def http(request: Any, _timeout_s: float) -> Any:
        asked.append((request.url, request.proxy))
        raise OSError("enough")

    from parts.messages import make_kit

    channel.deliver(make_message(), make_kit({"robot": feishu.TOKEN}), http)
    assert asked == [(f"https://open.larksuite.com/open-apis/bot/v2/hook/{feishu.TOKEN}", "http://127.0.0.1:1")]


def test_that_a_file_that_holds_something_else_is_told_and_not_shown() -> None:
    answer = deliver(WecomChannel(id="w", url_file="robot"), make_message(), {"robot": "my password!"})
    assert in_english(answer) == Never(
        plain("the file robot holds no web address; copy it anew from where the robot was set up")
    )


def test_that_a_webhook_is_taken_once() -> None:
    with serve(webhook.Receiver()) as receiver:
        channel = WebhookChannel(id="h", url=receiver.url, secret_file="secret")
        message = make_message(mentions=("13800000000",))
        for _ in range(2):
            assert deliver(channel, message, {"secret": webhook.SECRET}) == Taken()
        (told,) = receiver.taken
        assert told["type"] == "hallwatch.alert"
        assert told["data"]["key"] == "330106-main-A1-1-0"
        assert told["data"]["parts"][0] | {"lines": []} == {
            "key": "330106-main-A1-1-0", "alert": "A1", "edition": 1, "round": 0, "stamp": 0, "area": "330106",
            "hall": "main", "hall_name": "西湖大厅", "incident": "I-1", "device": "printer-3", "fault": "paper-jam",
            "fault_name": "", "level": "III",
            "occasion": "new", "title": TITLE, "lines": [], "began_at": 1_795_000_000.0, "over_at": None, "link": LINK,
            "drill": False, "unwritten": False,
        }  # fmt: skip
        stale = deliver(channel, make_message(make_part(edition=2)), {"secret": webhook.SECRET}, now=1000.0)
        assert isinstance(stale, Never), "its time is part of what is signed"
        broken = deliver(channel, make_message(), {"secret": "whsec_%"})
        assert in_english(broken) == Never(
            plain("the file secret: the secret begins with whsec_, but what follows is not base64")
        )
