"""The custom robot of DingTalk (钉钉自定义机器人), https://open.dingtalk.com/document/orgapp/custom-robot-access.

It answers HTTP 200 to everything; ``errcode`` tells. Whoever sends more than twenty messages in a minute is shut out
for ten.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote_plus

import msgspec

from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Never, NotNow, Request, Vendor, address_of, code_of
from hallwatch_agent.chat.reason import Reason

MOST_BYTES: Final = 5_000
"""Of text; the vendor takes 20000 for the whole body."""
ADDRESS: Final = "https://oapi.dingtalk.com/robot/send?access_token={}"
SHUT_OUT_S: Final = 600.0
EVERYBODY: Final = ("all", "@all")
_NOT_LET_IN: Final = 310000
_GONE: Final = Reason(
    "there is no robot of this address (any more); copy it anew from the group",
    "机器人地址无效,请在群里重新复制机器人地址",
)
_SHUT_OUT: Final = "发送太快,十分钟内不再接收,之后合并补发"
VENDOR: Final = Vendor(
    "DingTalk",
    "钉钉",
    later={
        -1: (Reason("is busy", "系统繁忙"), None),
        90018: (Reason("more than it takes in a minute", _SHUT_OUT), SHUT_OUT_S),
        90030: (Reason("more than it takes", _SHUT_OUT), SHUT_OUT_S),
        130101: (Reason("more than twenty messages in a minute; it takes none for ten", _SHUT_OUT), SHUT_OUT_S),
        410100: (Reason("messages come too fast", _SHUT_OUT), SHUT_OUT_S),
    },
    never={
        40035: Reason("the message lacks something", "消息缺少内容"),
        43004: Reason("does not take this kind of content", "不接受这种内容"),
        300001: _GONE,
        400013: Reason("the group has been dissolved", "群已解散,请换一个群"),
        400101: _GONE,
        400102: Reason("the robot has been stopped", "机器人已停用,请在群里启用"),
        400105: Reason("does not know this form of message", "不认这种消息格式"),
        400106: Reason("there is no such robot (any more)", "机器人不存在,请在群里重新添加"),
        430101: Reason("a link in the message counts as unsafe", "消息里的链接被视为不安全"),
        430102: Reason("a word in the message is not allowed", "消息里有不允许的词"),
        430103: Reason("a picture in the message is not allowed", "消息里有不允许的图片"),
        430104: Reason("what the message says is not allowed", "消息内容不允许发送"),
    },
)
_WHY_NOT_LET_IN: Final = (
    (
        ("timestamp", "时间戳已过期", "过期"),
        Reason("this machine's clock is wrong; the signature holds the time", "本机时钟不准,请校时"),
    ),
    (
        ("sign", "签名"),
        Reason(
            "the signature does not fit; check the file of the robot's secret (it begins with SEC)",
            "签名不符,请检查加签密钥文件(以 SEC 开头)",
        ),
    ),
    (
        ("keyword", "关键词"),
        Reason(
            "none of the robot's keywords is in the message; set `keyword`", "消息里没有机器人的关键词,请设置 keyword"
        ),
    ),
    (
        ("whitelist", "白名单"),
        Reason("this machine's address is not among those that may send", "本机IP不在机器人的白名单里,请加上"),
    ),
)
_SAFETY_RULES: Final = Reason("the robot's safety rules", "不符合机器人的安全设置,请在群里查看")


def address(held: str) -> str | None:
    """Return the address for what the robot's file holds: all of it, or the token alone; None: neither."""
    return address_of(held, ADDRESS)


def build(
    url: str, *, secret: str, now: float, title: str, text: str, mentions: Iterable[str] = (), markdown: bool = False
) -> Request:
    """Return the request that sends a text.

    *secret* signs it, empty: the robot asks for no signature. *mentions*: telephone numbers, user ids, or ``@all``; the
    chat shows who is called where the text names them, so that they are put behind it.
    """
    called = list(mentions)
    numbers = [name for name in called if _is_number(name)]
    named = [name for name in called if not _is_number(name) and name not in EVERYBODY]
    at = {"atMobiles": numbers, "atUserIds": named, "isAtAll": any(name in EVERYBODY for name in called)}
    shown = " ".join(f"@{name}" for name in (*numbers, *named))
    whole = "\n\n".join(filter(None, (text, shown))) if markdown else "\n".join(filter(None, (text, shown)))
    form = {"markdown": {"title": title, "text": whole}} if markdown else {"text": {"content": whole}}
    told = {"msgtype": "markdown" if markdown else "text", **form, "at": at}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Request(url=sign(url, secret, now), headers=headers, body=msgspec.json.encode(told))


def sign(url: str, secret: str, now: float) -> str:
    """Return an address with the time, in ms, and its signature: HMAC-SHA256 of time, line end and secret."""
    if not secret:
        return url
    moment = str(int(now * 1000))
    seal = base64.b64encode(hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), "sha256"))
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}timestamp={moment}&sign={quote_plus(seal)}"


def read(answer: HttpAnswer) -> Answer:
    """Return what an answer means."""
    told = code_of(answer, "errcode")
    meaning = VENDOR.read(told, answer)
    if told is not None and told[0] == _NOT_LET_IN and isinstance(meaning, NotNow | Never):
        return VENDOR.refuse(_find_why(told[1].lower()), told)
    return meaning


def _find_why(words: str) -> Reason:
    found = (reason for signs, reason in _WHY_NOT_LET_IN if any(sign in words for sign in signs))
    return next(found, _SAFETY_RULES)


def _is_number(name: str) -> bool:
    return name.lstrip("+-").replace("-", "").isdigit() and len(name) >= 7
