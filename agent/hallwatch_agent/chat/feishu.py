"""The custom robot of Feishu and Lark (飞书自定义机器人),
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.

It answers HTTP 200 to nearly everything; ``code`` tells. It takes five messages a second and a hundred a minute, fewer
at whole and half hours, and 20 KB a message.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Request, Vendor, address_of, code_of
from hallwatch_agent.chat.reason import Reason

MOST_BYTES: Final = 10_000
"""Of text: the vendor takes 20 KB for the whole body, which says more about each line than the line."""
FEISHU: Final = "open.feishu.cn"
LARK: Final = "open.larksuite.com"
_ADDRESS: Final = "https://{host}/open-apis/bot/v2/hook/{{}}"
_BAD_REQUEST: Final = 9499
_TOO_MANY: Final = Reason("more messages than it takes", "消息太多,稍后再发")
VENDOR: Final = Vendor(
    "Feishu",
    "飞书",
    later={2200: (Reason("has a fault", "系统出错"), None), 11232: (_TOO_MANY, 10.0), 99991400: (_TOO_MANY, 60.0)},
    never={
        _BAD_REQUEST: Reason("does not know this form of message", "不认这种消息格式"),
        19001: Reason(
            "there is no robot of this address (any more); copy it anew from the group",
            "机器人地址无效,请在群里重新复制机器人地址",
        ),
        19002: Reason("the message lacks something", "消息缺少内容"),
        19021: Reason(
            "the signature does not fit; check the file of the robot's secret, and this machine's clock",
            "签名不符,请检查签名密钥文件和本机时钟",
        ),
        19022: Reason("this machine's address is not among those that may send", "本机IP不在机器人的白名单里,请加上"),
        19024: Reason(
            "none of the robot's keywords is in the message; set `keyword`", "消息里没有机器人的关键词,请设置 keyword"
        ),
    },
)


def address(held: str, host: str = FEISHU) -> str | None:
    """Return the address for what the robot's file holds: all of it, or the last part alone; None: neither."""
    return address_of(held, _ADDRESS.format(host=host))


def build(
    url: str,
    *,
    secret: str,
    now: float,
    title: str,
    lines: Sequence[str],
    link: tuple[str, str] | None = None,
    mentions: Iterable[str] = (),
) -> Request:
    """Return the request that sends a title and lines.

    *secret* signs it, empty: the robot asks for no signature. *link*: its words and its address. *mentions*: open ids
    or user ids, or ``@all``: this vendor does not call people by their telephone number.
    """
    content: list[list[dict[str, str]]] = [[{"tag": "text", "text": line}] for line in lines]
    if link is not None:
        content.append([{"tag": "a", "text": link[0], "href": link[1]}])
    called = ["all" if name == "@all" else name for name in mentions]
    if called:
        content.append([{"tag": "at", "user_id": name} for name in called])
    told: dict[str, object] = {
        "msg_type": "post",
        "content": {"post": {"zh_cn": {"title": title, "content": content}}},
    }
    told |= {"timestamp": str(int(now)), "sign": sign(secret, now)} if secret else {}
    return Request(url=url, headers={"Content-Type": "application/json"}, body=msgspec.json.encode(told))


def sign(secret: str, now: float) -> str:
    """Return the signature of the time, in s: HMAC-SHA256 of nothing, with time, line end and secret as its key."""
    return base64.b64encode(hmac.digest(f"{int(now)}\n{secret}".encode(), b"", "sha256")).decode()


def read(answer: HttpAnswer) -> Answer:
    """Return what an answer means."""
    told = code_of(answer, "code", "StatusCode")
    if told is not None and told[0] == _BAD_REQUEST and "too many request" in told[1].lower():
        return VENDOR.not_now(_TOO_MANY.because(str(_BAD_REQUEST)), 10.0)
    return VENDOR.read(told, answer)
