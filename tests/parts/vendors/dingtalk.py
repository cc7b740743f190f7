"""A DingTalk group's robot, from https://open.dingtalk.com/document/orgapp/custom-robot-access."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from typing import Any

from parts.vendors.web import Asked, Imitation, Told, in_json

TOKEN = "566cc69da782ec54f7a1bdbd5b3a1ddf"
SECRET = "SECf2a3b1c0a9e84b1e8c6d5f3a2b1c0d9e"
A_MINUTE = 20
SHUT_OUT_S = 600


class Dingtalk(Imitation):
    """Takes twenty messages a minute; whoever sends more is shut out for ten minutes."""

    def __init__(self, secret: str = SECRET, keyword: str = "") -> None:
        super().__init__()
        self.secret = secret
        self.keyword = keyword
        self.shut_out_until = 0.0
        self._recent: deque[float] = deque()

    @property
    def robot(self) -> str:
        """The robot's address."""
        return f"{self.url}/robot/send?access_token={TOKEN}"

    def answer(self, asked: Asked) -> Told:
        """Answer as the vendor does: HTTP 200, whatever happened."""
        now = self.now()
        if now < self.shut_out_until:
            return self._too_fast()
        if asked.path != "/robot/send" or asked.query.get("access_token") != TOKEN:
            return in_json({"errcode": 300001, "errmsg": "token is not exist"})
        told: Any = asked.json()
        if not isinstance(told, dict) or told.get("msgtype") not in ("text", "markdown"):
            return in_json({"errcode": 400105, "errmsg": "description:不支持的消息类型"})
        refusal = self._check_safety(asked, told, now)
        if refusal:
            return in_json({"errcode": 310000, "errmsg": refusal})
        while self._recent and self._recent[0] <= now - 60:
            self._recent.popleft()
        if len(self._recent) >= A_MINUTE:
            self.shut_out_until = now + SHUT_OUT_S
            return self._too_fast()
        self._recent.append(now)
        self.taken.append(told)
        return in_json({"errcode": 0, "errmsg": "ok"})

    def _check_safety(self, asked: Asked, told: dict[str, Any], now: float) -> str:
        if self.secret:
            moment = asked.query.get("timestamp", "")
            if not moment.isdigit() or abs(int(moment) / 1000 - now) > 3600:
                return "invalid timestamp, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"
            said = f"{moment}\n{self.secret}"
            seal = hmac.new(self.secret.encode("utf-8"), said.encode("utf-8"), digestmod=hashlib.sha256).digest()
            if asked.query.get("sign") != base64.b64encode(seal).decode():
                return "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中"
        if self.keyword and self.keyword not in str(told):
            return "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词"
        return ""

    def _too_fast(self) -> Told:
        return in_json(
            {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "9ff0e7e2346aabb5a8bcbb7c93c71636",
             "errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        )  # fmt: skip
