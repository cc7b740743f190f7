"""What is sent to chat robots and webhooks, and what their answers mean, against what the vendors publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.chat import dingtalk, feishu, webhook, wecom
from hallwatch_agent.chat.exchange import (
    Answer,
    HttpAnswer,
    Never,
    NotNow,
    Request,
    Taken,
    code_of,
    retry_after,
    tidy,
)
from hallwatch_agent.chat.reason import LONGEST, Reason, plain
from parts.outcomes import in_english, reads_as_chinese

READERS: list[Callable[[HttpAnswer], Answer]] = [wecom.read, dingtalk.read, feishu.read, webhook.read]
KEY = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"


def answered(told: Any, status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, json.dumps(told).encode())


@given(
    st.sampled_from(READERS), st.integers(100, 599), st.binary(),
    st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text()),
)  # fmt: skip
def test_that_any_answer_means_something(read: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    meaning = read(HttpAnswer(status, headers, body))
    assert isinstance(meaning, Taken | NotNow | Never)
    assert not isinstance(meaning, Taken) or 200 <= status < 300


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["errcode", "code", "errmsg", "msg", "x"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(READERS[:3]), _json)
def test_that_only_a_zero_is_taken_from_a_vendor(read: Any, told: Any) -> None:
    meaning = read(answered(told))
    codes = [told.get(name) for name in ("errcode", "code")] if isinstance(told, dict) else []
    if isinstance(meaning, Taken):
        assert any(code in (0, "0", "-0", "00") or str(code).strip("-0") == "" for code in codes if code is not False)
    else:
        assert max(len(meaning.reason.en), len(meaning.reason.zh)) <= LONGEST


@pytest.mark.parametrize(
    ("read", "told", "meaning"),
    [
        (wecom.read, {"errcode": 0, "errmsg": "ok"}, Taken()),
        (wecom.read, {"errcode": 45009, "errmsg": "api freq out of limit"},
         NotNow(plain("WeCom: more than it takes in a minute (45009)"), 60.0)),
        (wecom.read, {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1755605200], from ip: 10.0.0.1"},
         Never(plain("WeCom: the robot's address is not valid (any more); copy it anew from the group "
                     "(93000 invalid webhook url)"))),
        (wecom.read, {"errcode": 40008, "errmsg": f"invalid message type, key={KEY}"},
         Never(plain("WeCom: does not know this form of message (40008 invalid message type, …)"))),
        (wecom.read, {"errcode": 12345, "errmsg": f"see https://x.cn/{KEY}, key {KEY}"},
         NotNow(plain("WeCom: an error (12345 see … key …)"))),
        (wecom.read, {"status": "ok"}, NotNow(plain("somebody answers, but not as WeCom does"), maybe_taken=True)),
        (dingtalk.read, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
         NotNow(plain("DingTalk: more than twenty messages in a minute; it takes none for ten (130101)"), 600.0)),
        (dingtalk.read, {"errcode": 310000, "errmsg": "keywords not in content"},
         Never(plain("DingTalk: none of the robot's keywords is in the message; set `keyword` "
                     "(310000 keywords not in content)"))),
        (dingtalk.read, {"errcode": 310000, "errmsg": "sign not match"},
         Never(plain("DingTalk: the signature does not fit; check the file of the robot's secret "
                     "(it begins with SEC) (310000 sign not match)"))),
        (dingtalk.read, {"errcode": 310000, "errmsg": "invalid timestamp"},
         Never(plain("DingTalk: this machine's clock is wrong; the signature holds the time "
                     "(310000 invalid timestamp)"))),
        (dingtalk.read, {"errcode": 310000, "errmsg": "description:安全设置不匹配"},
         Never(plain("DingTalk: the robot's safety rules (310000 description:安全设置不匹配)"))),
        (dingtalk.read, {"errcode": 310000, "errmsg": "ip 1.2.3.4 not in whitelist"},
         Never(plain("DingTalk: this machine's address is not among those that may send "
                     "(310000 ip 1.2.3.4 not in whitelist)"))),
        (dingtalk.read, {"errcode": -1, "errmsg": "系统繁忙"}, NotNow(plain("DingTalk: is busy (-1)"))),
        (feishu.read, {"code": 0, "msg": "success"}, Taken()),
        (feishu.read, {"StatusCode": 0, "StatusMessage": "success"}, Taken()),
        (feishu.read, {"code": 11232, "msg": "frequency limited"},
         NotNow(plain("Feishu: more messages than it takes (11232)"), 10.0)),
        (feishu.read, {"code": 9499, "msg": "too many request"},
         NotNow(plain("Feishu: more messages than it takes (9499)"), 10.0)),
        (feishu.read, {"code": 9499, "msg": "Bad Request"},
         Never(plain("Feishu: does not know this form of message (9499 Bad Request)"))),
        (feishu.read, {"code": 19024, "msg": "Key Words Not Found"},
         Never(plain("Feishu: none of the robot's keywords is in the message; set `keyword` "
                     "(19024 Key Words Not Found)"))),
    ],
)  # fmt: skip
def test_codes(read: Callable[[HttpAnswer], Answer], told: Any, meaning: Answer) -> None:
    assert in_english(read(answered(told))) == meaning


@pytest.mark.parametrize("robot", [wecom, dingtalk, feishu], ids=lambda robot: robot.VENDOR.name)
def test_that_every_code_has_a_reason_in_chinese(robot: Any) -> None:
    vendor = robot.VENDOR
    for code in (*vendor.later, *vendor.never, 310000, 9499, 77777):
        meaning = robot.read(answered({"errcode": code, "code": code, "errmsg": "the vendor's words"}))
        assert meaning.reason.zh.startswith((f"{vendor.name_zh}拒收:", f"{vendor.name_zh}暂未接收:"))
        assert str(code) in meaning.reason.zh
        assert reads_as_chinese(meaning.reason.zh), meaning.reason.zh


@pytest.mark.parametrize("status", [301, 400, 404, 408, 425, 429, 500, 503])
def test_that_every_status_has_a_reason_in_chinese(status: int) -> None:
    meaning = webhook.read(HttpAnswer(status, {}, b""))
    assert isinstance(meaning, NotNow | Never)
    assert reads_as_chinese(meaning.reason.zh), meaning.reason.zh


def test_that_a_code_counts_more_than_a_refusing_status() -> None:
    assert feishu.read(answered({"code": 19001, "msg": "param invalid"}, 400)) == Never(
        Reason(
            "Feishu: there is no robot of this address (any more); copy it anew from the group (19001 param invalid)",
            "飞书拒收:机器人地址无效,请在群里重新复制机器人地址(19001 param invalid)",
        )
    )
    assert isinstance(feishu.read(answered({"code": 0}, 404)), Never)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "999999999999"}, 3600.0),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "Sun, 22 Nov 2026 16:00:30 GMT", "date": "Sun, 22 Nov 2026 16:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 16:00:30 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after(HttpAnswer(429, headers, b"")) == wait_s


def test_that_codes_are_read_as_numbers_only() -> None:
    assert code_of(answered({"errcode": "45009", "errmsg": "x"}), "errcode") == (45009, "x")
    for odd in (True, None, 1.5, [], "0x1", "٣"):
        assert code_of(answered({"errcode": odd}), "errcode") is None


def test_wecom_text() -> None:
    request = wecom.build("https://x/", "卡纸", ["zhang", "13800000000", "@all"])
    assert json.loads(request.body) == {
        "msgtype": "text",
        "text": {
            "content": "卡纸", "mentioned_list": ["zhang", "@all"], "mentioned_mobile_list": ["13800000000"],
        },
    }  # fmt: skip


def test_dingtalk_signature() -> None:
    """Made by the vendor's published example in Python, with these values."""
    signed = dingtalk.sign("https://oapi.dingtalk.com/robot/send?access_token=x", "this is secret", 1_600_000_000.123)
    assert signed == (
        "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1600000000123"
        "&sign=" + _dingtalk_example(1_600_000_000_123, "this is secret")
    )
    assert dingtalk.sign("https://x/", "", 1.0) == "https://x/"


def _dingtalk_example(timestamp: int, secret: str) -> str:
    import base64
    import hashlib
    import hmac
    import urllib.parse

    secret_enc = secret.encode("utf-8")
    string_to_sign_enc = f"{timestamp}\n{secret}".encode()
    hmac_code = hmac.new(secret_enc, string_to_sign_enc, digestmod=hashlib.sha256).digest()
    return urllib.parse.quote_plus(base64.b64encode(hmac_code))


def test_that_dingtalk_names_whom_it_calls() -> None:
    told = json.loads(
        dingtalk.build("https://x/", secret="", now=1.0, title="t", text="卡纸", mentions=["13800000000", "all"]).body
    )
    assert told["at"] == {"atMobiles": ["13800000000"], "atUserIds": [], "isAtAll": True}
    assert told["text"]["content"] == "卡纸\n@13800000000"


def test_feishu_post() -> None:
    request = feishu.build(
        "https://x/",
        secret="s",
        now=1.9,
        title="t",
        lines=["a"],
        link=("详情", "https://h/"),
        mentions=["ou_1", "@all"],
    )
    told = json.loads(request.body)
    assert told["timestamp"] == "1"
    assert told["content"]["post"]["zh_cn"] == {
        "title": "t",
        "content": [
            [{"tag": "text", "text": "a"}],
            [{"tag": "a", "text": "详情", "href": "https://h/"}],
            [{"tag": "at", "user_id": "ou_1"}, {"tag": "at", "user_id": "all"}],
        ],
    }


def test_webhook_signature() -> None:
    """The example of the Standard Webhooks specification."""
    request = webhook.build(
        "https://x/", key="msg_p5jXN8AQM9LWM0D4loKWxJek", now=1614265330.0,
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", body=b'{"test": 2432232314}',
    )  # fmt: skip
    assert request.headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert request.headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_that_a_long_or_odd_key_becomes_a_short_one() -> None:
    names = {
        webhook.build("https://x/", key=key, now=1.0, secret="", body=b"").headers["webhook-id"]
        for key in ("a" * 129, "大厅", "a.b", "a\r\nb")
    }
    assert len(names) == 4
    assert all(len(name) == 64 and name.isalnum() for name in names)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_that_a_webhook_s_refusal_is_for_good(status: int) -> None:
    assert isinstance(webhook.read(HttpAnswer(status, {}, b"")), Never)


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 502, 503, 504])
def test_that_a_webhook_s_trouble_passes(status: int) -> None:
    assert isinstance(webhook.read(HttpAnswer(status, {}, b"")), NotNow)


def test_that_nothing_printed_holds_a_key() -> None:
    request = Request(url=f"https://x.cn/send?key={KEY}", headers={"Authorization": KEY}, body=KEY.encode(), ca=KEY)
    answer = HttpAnswer(200, {"x": KEY}, KEY.encode())
    assert KEY not in f"{request!r} {request} {answer!r} {request.__rich_repr__()} {answer.__rich_repr__()}"
    assert "key" not in tidy(f"POST https://x.cn/?key={KEY} failed")
    assert KEY not in tidy(f"bad {KEY}")


@pytest.mark.parametrize(
    ("held", "address"),
    [
        (KEY, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"),
        (f"https://proxy.cn/send?key={KEY}", f"https://proxy.cn/send?key={KEY}"),
        ("https://", None),
        ("https://x.cn/a b", None),
        ("key=1", None),
        ("", None),
        ("https://[::1", None),
    ],
)
def test_addresses(held: str, address: str | None) -> None:
    assert wecom.address(held) == address
    assert feishu.address(KEY, feishu.LARK) == f"https://open.larksuite.com/open-apis/bot/v2/hook/{KEY}"


def test_that_bodies_are_json() -> None:
    for request in (
        wecom.build("https://x/", "a", markdown=True),
        dingtalk.build("https://x/", secret="s", now=1.0, title="t", text="a", markdown=True),
        feishu.build("https://x/", secret="s", now=1.0, title="t", lines=[]),
    ):
        assert msgspec.json.decode(request.body)
