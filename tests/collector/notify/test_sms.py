"""Short messages through gateways of several habits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.chat.reason import Reason, plain
from hallwatch_collector.notify.channel import HttpAnswer, Never, NotNow, Taken
from hallwatch_collector.notify.channels import AnyChannel
from hallwatch_collector.notify.channels.sms import SmsChannel, follow, units
from parts.messages import LINK, deliver, make_message, make_part
from parts.outcomes import in_english
from parts.vendors.sms_gateway import ACCOUNT, PASSWORD, SmsGateway
from parts.vendors.web import serve

TO = "13800000000"
TELLING: dict[str, Any] = {"success_pointer": "/code", "success": ["0"], "permanent": ["101", "107", "109"]}
FIELDS = {"account": ACCOUNT, "password": "{password}", "phone": "{to}", "msg": "{text}"}


@pytest.mark.parametrize(
    "options",
    [
        {"json": FIELDS},
        {"form": FIELDS},
        {"form": FIELDS, "method": "GET"},
        {"url": "/send?account=" + ACCOUNT + "&password={password}&phone={to}&msg={text}", "method": "GET"},
    ],
    ids=["json", "form", "query", "url"],
)
def test_forms(options: dict[str, Any]) -> None:
    with serve(SmsGateway()) as gateway:
        options = options | {"url": gateway.url + options.get("url", "/send")}
        channel = SmsChannel(id="s", secrets={"password": "password"}, **options, **TELLING)
        assert deliver(channel, make_message(to=TO), {"password": PASSWORD}) == Taken()
        (told,) = gateway.taken
        assert told["msg"] == f"[III级]西湖大厅 3号窗口打印机:卡纸\n第一步:打开前盖,取出卡住的纸\n{LINK}"
        assert channel.secret_files() == {"secrets.password": "password"}


def test_codes() -> None:
    with serve(SmsGateway()) as gateway:
        channel = SmsChannel(id="s", url=gateway.url, json=FIELDS, secrets={"password": "password"}, **TELLING)
        secrets = {"password": PASSWORD}
        gateway.has_money = False
        poor = Reason("the gateway refuses it for good (109)", "短信网关拒收,请检查账号、余额和号码(109)")
        assert deliver(channel, make_message(to=TO), secrets) == Never(poor)
        gateway.has_money, gateway.too_fast = True, True
        fast = Reason("the gateway did not take it (103)", "短信网关暂未接收(103)")
        assert deliver(channel, make_message(to=TO), secrets) == NotNow(fast)


def test_that_of_several_incidents_only_the_link_to_all_is_paid_for() -> None:
    channel = SmsChannel(id="s", url="http://x/", success_pattern="^OK")
    told = channel.word(make_message(make_part(), make_part(alert="A2"), to=TO))
    assert LINK not in told
    assert told.count("第一步:打开前盖,取出卡住的纸") == 2
    assert told.endswith("https://hall.example.cn/")


def test_patterns() -> None:
    channel = SmsChannel(id="s", url="http://x/", success_pattern="^OK", permanent_pattern="(?i)no money")
    assert channel.read(HttpAnswer(200, {}, b"OK 1")) == Taken()
    assert isinstance(channel.read(HttpAnswer(200, {}, b"ERR no MONEY")), Never)
    not_said = plain("the gateway did not say that it took it")
    assert in_english(channel.read(HttpAnswer(200, {}, b"ERR busy"))) == NotNow(not_said)
    assert in_english(channel.read(HttpAnswer(200, {}, b""))) == NotNow(not_said, maybe_taken=True)


@given(st.binary(), st.text())
def test_that_any_answer_means_something(body: bytes, pointer: str) -> None:
    channel = SmsChannel(id="s", url="http://x/", success_pointer=f"/{pointer}", success=["0"])
    assert isinstance(channel.read(HttpAnswer(200, {}, body)), Taken | NotNow | Never)


@pytest.mark.parametrize(
    ("told", "pointer", "value"),
    [
        ({"code": 0}, "/code", "0"), ({"ok": True}, "/ok", "true"), ({"a": [{"b": "x"}]}, "/a/0/b", "x"),
        ({"a/b": {"~": "x"}}, "/a~1b/~0", "x"), ({"a": []}, "/a/0", None), ({"a": None}, "/a", None),
        ({"a": {}}, "/a", None), (["x"], "/00", "x"), (None, "/a", None), ({"a": 1.5}, "/a", "1.5"),
    ],
)  # fmt: skip
def test_follow(told: Any, pointer: str, value: str | None) -> None:
    assert follow(told, pointer) == value


@pytest.mark.parametrize(("pieces", "most"), [(2, 134), (3, 201), (7, 469)])
def test_pieces(pieces: int, most: int) -> None:
    channel = SmsChannel(id="s", url="http://x/", pieces=pieces, signature="【税务】", success_pattern="x")
    part = make_part(title="长" * 300, link="", lines=("第一步:" + "慢" * 300,))
    text = channel.word(make_message(part))
    assert most - 20 < units(text) + 4 <= most
    digest = make_message(*(make_part(alert=f"A{at}", link="") for at in range(60)), page="")
    assert units(channel.word(digest)) + 4 <= most


@given(
    pieces=st.integers(2, 7), title=st.text(max_size=300), line=st.text(max_size=300), link=st.integers(0, 400),
    marked=st.booleans(), language=st.sampled_from(["zh", "en"]),
)  # fmt: skip
def test_that_any_text_fits(*, pieces: int, title: str, line: str, link: int, marked: bool, language: Any) -> None:
    channel = SmsChannel(id="s", url="http://x/", pieces=pieces, success_pattern="x")
    part = make_part(title=title, lines=(f"第一步:{line}",), link="https://" + "x" * link)
    text = channel.word(make_message(part, again=marked, is_test=marked, language=language))
    assert units(text) <= 67 * pieces


def test_that_a_link_to_acknowledge_fits() -> None:
    """As long as one really is: it goes to a telephone, and from there it is the only way."""
    link = "https://hall.example.cn/ack/" + "x" * 150
    text = SmsChannel(id="s", url="http://x/", success_pattern="x").word(make_message(make_part(link=link)))
    assert text == f"[III级]西湖大厅 3号窗口打印机:卡纸\n第一步:打开前盖,取出卡住的纸\n{link}"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "say how the answer tells success"),
        ({"success_pointer": "/code"}, "say how the answer tells success"),
        ({"success_pattern": "("}, "no usable regular expression"),
        ({"success_pattern": "x", "form": {"a": "b"}, "json": {"a": "b"}}, "either `form` or `json`"),
        ({"success_pattern": "x", "json": {"a": [{"b": "{pass}"}]}}, "there is no {pass}, only key, text, to"),
        ({"success_pattern": "x", "json": {"a": "b"}, "method": "GET"}, "goes with method"),
        ({"success_pattern": "x", "url": "gateway"}, "url"),
    ],
)
def test_wrong_options(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert({"kind": "sms", "id": "s", "url": "http://x/", **options}, AnyChannel)


def test_that_a_header_holds_no_text_of_a_hall() -> None:
    channel = SmsChannel(id="s", url="http://x/", headers={"X": "{text}"}, success_pattern="x")
    assert isinstance(deliver(channel, make_message(to=TO), {}), Never)
