"""A gateway for short messages as many are: a form or JSON in, HTTP 200 and a code out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from parts.vendors.web import Asked, Imitation, Told, in_json

ACCOUNT, PASSWORD = "hall-330106", "p&ss=wörd/1"
MOST_CHARS = 500


class SmsGateway(Imitation):
    """Codes: 0 taken, 101 wrong password, 103 too fast, 105 too long, 107 wrong number, 109 no money."""

    def __init__(self) -> None:
        super().__init__()
        self.has_money = True
        self.too_fast = False

    def answer(self, asked: Asked) -> Told:
        """Answer HTTP 200, whatever happened."""
        told: Any = asked.json() if "json" in asked.headers.get("content-type", "") else None
        if told is None:
            fields = parse_qs(asked.body.decode()) if asked.method == "POST" else {}
            told = {name: values[0] for name, values in fields.items()} or asked.query
        code = self._judge(told)
        if code == 0:
            self.taken.append(told)
        return in_json(
            {"code": str(code), "errorMsg": "" if code == 0 else f"error {code}", "msgId": "17041010383624511"}
        )

    def _judge(self, told: dict[str, Any]) -> int:
        checks = (
            (101, told.get("account") != ACCOUNT or told.get("password") != PASSWORD),
            (103, self.too_fast),
            (105, len(told.get("msg", "")) > MOST_CHARS),
            (107, re.fullmatch(r"1[0-9]{10}", told.get("phone", "")) is None),
            (109, not self.has_money),
        )
        return next((code for code, is_so in checks if is_so), 0)
