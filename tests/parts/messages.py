"""Messages as the collector gives them to channels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hallwatch_collector.notify.channel import Answer, Channel, Kit, Reason, SecretMissing
from hallwatch_collector.notify.http import Client
from hallwatch_collector.notify.message import Message, Part

BEGAN = 1_795_000_000.0
LINK = "https://hall.example.cn/incidents/I-1?t=AbCdEf0123456789"
LINES = (
    "自09:12起",
    "影响:3号窗口不能办理发票代开、完税证明",
    "等候:14人",
    "原因:卡纸",
    "一般需要10分钟",
    "备用:2号窗口打印机",
    "第一步:打开前盖,取出卡住的纸",
)


def make_part(**given: Any) -> Part:
    """Return what is told of an incident; *given* changes it."""
    usual: dict[str, Any] = {
        "alert": "A1", "edition": 1, "area": "330106", "hall": "main", "hall_name": "西湖大厅", "incident": "I-1",
        "device": "printer-3", "fault": "paper-jam", "level": "III", "occasion": "new",
        "title": "[III级]西湖大厅 3号窗口打印机:卡纸", "lines": LINES, "began_at": BEGAN, "link": LINK,
    }  # fmt: skip
    return Part(**(usual | given))


def make_message(*parts: Part, **given: Any) -> Message:
    """Return a message about *parts*, or about one incident."""
    usual: dict[str, Any] = {"channel": "c", "parts": parts or (make_part(),), "page": "https://hall.example.cn/"}
    return Message(**(usual | given))


def clock() -> float:
    """Return this machine's time, which real servers go by."""
    return time.time()  # noqa: TID251 - see above


def make_kit(secrets: Mapping[str, str], now: float | None = None) -> Kit:
    """Return what a channel is given beside the message."""

    def read(name: str) -> str:
        if name not in secrets:
            raise SecretMissing(Reason(f"{name}: no such file", f"密钥文件 {name} 读不了(no such file)"))
        return secrets[name]

    return Kit(secret=read, now=clock() if now is None else now)


def deliver(channel: Channel, message: Message, secrets: Mapping[str, str], now: float | None = None) -> Answer:
    """Deliver a message as the collector does."""
    client = Client()
    try:
        return channel.deliver(message, make_kit(secrets, now), client)
    finally:
        client.close()
