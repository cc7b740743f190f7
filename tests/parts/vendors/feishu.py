"""A Feishu group's robot, from https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Iterator
from typing import Any

from parts.vendors.web import Asked, Imitation, Told, in_json

TOKEN = "3e1a9f6c-0d5b-4c6a-8f2e-7b9d1c2a3f40"
SECRET = "wJx2kQeT7Zr0bVn5LsYpCg"
A_SECOND, A_MINUTE = 5, 100
MOST_BYTES = 20 * 1024


class Feishu(Imitation):
    """Takes five messages a second and a hundred a minute, of 20 KB."""

    def __init__(self, secret: str = SECRET, keyword: str = "") -> None:
        super().__init__()
        self.secret = secret
        self.keyword = keyword
        self._recent: deque[float] = deque(maxlen=A_MINUTE)

    @property
    def robot(self) -> str:
        """The robot's address."""
        return f"{self.url}/open-apis/bot/v2/hook/{TOKEN}"

    def answer(self, asked: Asked) -> Told:
        """Answer as the vendor does: HTTP 200 nearly always."""
        code, words = self._judge(asked)
        if code == 0:
            return in_json({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})
        return in_json({"code": code, "msg": words, "data": {}}, 400 if code == 19001 else 200)

    def _judge(self, asked: Asked) -> tuple[int, str]:
        refusal = next(self._refusals(asked), None)
        if refusal is not None:
            return refusal
        self._recent.append(self.now())
        self.taken.append(asked.json())
        return 0, "success"

    def _refusals(self, asked: Asked) -> Iterator[tuple[int, str]]:
        told: Any = asked.json()
        if asked.path != f"/open-apis/bot/v2/hook/{TOKEN}":
            yield 19001, "param invalid: incoming webhook access token invalid"
        if not isinstance(told, dict) or len(asked.body) > MOST_BYTES:
            yield 9499, "Bad Request"
        if told.get("msg_type") not in ("text", "post", "interactive"):
            yield 19002, "params error, msg_type need"
        if self.secret and not self._is_signed(told):
            yield 19021, "sign match fail or timestamp is not within one hour from current time"
        if self.keyword and self.keyword not in str(told):
            yield 19024, "Key Words Not Found"
        if self._count(1.0) >= A_SECOND or self._count(60.0) >= A_MINUTE:
            yield 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"

    def _count(self, seconds: float) -> int:
        now = self.now()
        return sum(at > now - seconds for at in self._recent)

    def _is_signed(self, told: dict[str, Any]) -> bool:
        moment = str(told.get("timestamp", ""))
        if not moment.isdigit() or abs(int(moment) - self.now()) > 3600:
            return False
        seal = hmac.new(f"{moment}\n{self.secret}".encode(), digestmod=hashlib.sha256).digest()
        return bool(told.get("sign") == base64.b64encode(seal).decode("utf-8"))
