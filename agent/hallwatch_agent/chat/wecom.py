"""The group robot of WeCom (企业微信群机器人), https://developer.work.weixin.qq.com/document/path/91770.

It answers HTTP 200 to everything; ``errcode`` tells. Twenty messages a minute are taken from one robot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Request, Vendor, address_of, code_of
from hallwatch_agent.chat.reason import Reason

TEXT_BYTES: Final = 2048
MARKDOWN_BYTES: Final = 4096
ADDRESS: Final = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={}"
_COPY: Final = "机器人地址无效,请在群里重新复制机器人地址"
VENDOR: Final = Vendor(
    "WeCom",
    "企业微信",
    later={
        -1: (Reason("is busy", "系统繁忙"), None),
        45009: (Reason("more than it takes in a minute", "一分钟内消息太多,稍后再发"), 60.0),
        45033: (Reason("too many calls at once", "同时发送太多,稍后再发"), 10.0),
    },
    never={
        40001: Reason("the key is not valid; copy the robot's address anew", _COPY),
        40008: Reason("does not know this form of message", "不认这种消息格式"),
        40014: Reason("the key is not valid; copy the robot's address anew", _COPY),
        40035: Reason("the message has a part that it does not take", "消息里有不接受的内容"),
        40058: Reason("the message has a part that it does not take, or is too long", "消息里有不接受的内容,或太长"),
        41001: Reason("there is no key in the address; copy it anew", _COPY),
        44004: Reason("the message is empty", "消息是空的"),
        60020: Reason("this machine's address is not among those that may send", "本机IP不在机器人的白名单里,请加上"),
        93000: Reason("the robot's address is not valid (any more); copy it anew from the group", _COPY),
        93004: Reason("the robot has been stopped", "机器人已停用,请在群里启用或新建"),
        93008: Reason("the robot is no longer in the group", "机器人已不在群里,请重新添加"),
    },
)


def address(held: str) -> str | None:
    """Return the address for what the robot's file holds: all of it, or the key alone; None: neither."""
    return address_of(held, ADDRESS)


def build(url: str, text: str, mentions: Iterable[str] = (), *, markdown: bool = False) -> Request:
    """Return the request that sends a text of at most so many bytes as it takes.

    *mentions*: user ids, telephone numbers, or ``@all``; in the form Markdown nobody can be called.
    """
    if markdown:
        return _request(url, {"msgtype": "markdown", "markdown": {"content": text}})
    named = [name for name in mentions if not _is_number(name)]
    numbers = [name for name in mentions if _is_number(name)]
    content: dict[str, object] = {"content": text}
    content |= {"mentioned_list": named} if named else {}
    content |= {"mentioned_mobile_list": numbers} if numbers else {}
    return _request(url, {"msgtype": "text", "text": content})


def read(answer: HttpAnswer) -> Answer:
    """Return what an answer means."""
    return VENDOR.read(code_of(answer, "errcode"), answer)


def _is_number(name: str) -> bool:
    return name.lstrip("+").isdigit() and len(name) >= 7


def _request(url: str, told: dict[str, object]) -> Request:
    return Request(url=url, headers={"Content-Type": "application/json"}, body=msgspec.json.encode(told))
