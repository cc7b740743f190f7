"""Signed webhooks (Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks).

Whoever takes them checks three headers with a library of that project, and takes each ``webhook-id`` once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Never, Request, Taken, judge_status
from hallwatch_agent.chat.reason import Reason

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with
_GONE: Final = 410
_NO_MORE: Final = Reason("the other end wants no more messages", "对方不再接收消息,请检查地址")
_ID: Final = re.compile(r"[\w+-]{1,128}", re.ASCII)


def build(
    url: str, *, key: str, now: float, secret: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Request:
    """Return the request that sends *body*; *key* names it, so that it is taken once however often it comes.

    *secret* as the specification writes it (``whsec_`` and base64) or any text; empty: it is not signed. Raises
    :class:`ValueError` for one that begins right and goes on wrong.
    """
    name = key if _ID.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()
    moment = str(int(now))
    told = {"Content-Type": "application/json", **(headers or {}), "webhook-id": name, "webhook-timestamp": moment}
    if secret:
        told["webhook-signature"] = sign(name, moment, body, secret)
    return Request(url=url, headers=told, body=body)


def sign(name: str, moment: str, body: bytes, secret: str) -> str:
    """Return the signature: HMAC-SHA256 of id, time and body."""
    seal = hmac.digest(_key_of(secret), b".".join((name.encode(), moment.encode(), body)), "sha256")
    return f"v1,{base64.b64encode(seal).decode()}"


def read(answer: HttpAnswer) -> Answer:
    """Return what an answer means: its status alone counts."""
    if answer.status == _GONE:
        return Never(_NO_MORE.because("HTTP 410"))
    return judge_status(answer) or Taken()


def _key_of(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the secret begins with whsec_, but what follows is not base64") from None
