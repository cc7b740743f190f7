"""A WeCom group's robot, from https://developer.work.weixin.qq.com/document/path/91770 and its global error codes."""

from __future__ import annotations

from collections import deque
from typing import Any

from parts.vendors.web import Asked, Imitation, Told, in_json

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
PATH = "/cgi-bin/webhook/send"
A_MINUTE = 20
LIMITS = {"text": 2048, "markdown": 4096}
HINT = (
    "hint: [1755605200056773468916791], from ip: 10.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query"
)


class Wecom(Imitation):
    """Takes twenty messages a minute, texts of 2048 bytes and Markdown of 4096."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[float] = deque()

    @property
    def robot(self) -> str:
        """The robot's address."""
        return f"{self.url}{PATH}?key={KEY}"

    def answer(self, asked: Asked) -> Told:
        """Answer as the vendor does: HTTP 200, whatever happened."""
        code, words = self._judge(asked)
        said = words if code == 0 else f"{words}, {HINT}?e={code}"
        return in_json({"errcode": code, "errmsg": said})

    def _judge(self, asked: Asked) -> tuple[int, str]:
        told: Any = asked.json()
        if asked.path != PATH or asked.query.get("key") != KEY:
            return 93000, "invalid webhook url"
        kind = told.get("msgtype") if isinstance(told, dict) else None
        if kind not in LIMITS:
            return 40008, "invalid message type"
        content = told.get(kind, {}).get("content", "")
        if not content:
            return 44004, "content size out of limit or empty"
        if len(content.encode()) > LIMITS[kind]:
            return 40058, f"{kind}.content exceed max length {LIMITS[kind]}"
        now = self.now()
        while self._recent and self._recent[0] <= now - 60:
            self._recent.popleft()
        if len(self._recent) >= A_MINUTE:
            return 45009, "api freq out of limit"
        self._recent.append(now)
        self.taken.append(told)
        return 0, "ok"
