"""What is sent and what comes back, and what may be made of it: taken, not now, never.

Nothing in here shows a secret when it is printed: addresses of chat robots hold their key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from hallwatch_agent.chat.reason import Reason, clip

LONGEST_WAIT_S: Final = 3600.0
"""Whoever asks us to stay away for longer is asked again after an hour."""
_LATER: Final = {
    408: Reason("the other end did not get the request in time", "对方没有及时收到请求"),
    425: Reason("the other end does not take it yet", "对方暂不接收"),
    429: Reason("the other end gets too many messages", "对方收到的消息太多,稍后再发"),
}
_FAULT: Final = Reason("the other end has a fault", "对方服务出错,稍后再发")
_ELSEWHERE: Final = Reason(
    "somebody sends us elsewhere, where we do not go", "被转到别的地址,没有跟随;请检查地址,以及本机是否要先登录上网"
)
_REFUSED: Final = Reason("the other end refuses it", "对方拒收,请检查地址和密钥")
_AN_ERROR: Final = Reason("an error", "对方返回错误")
_ADDRESS: Final = re.compile(r"\w+://\S+")
_ASIDE: Final = re.compile(r"[,;]\s*(?:hint|link|more info)\b.*", re.DOTALL)
"""What some vendors add is another one each time, or advertises their pages."""
_KEY: Final = re.compile(r"[\w+/=%-]{20,}", re.ASCII)


class Taken(Struct, frozen=True):
    """The channel took the message."""

    reference: str = ""
    """By which it can be edited later; empty: it cannot."""


class NotNow(Struct, frozen=True):
    """A temporary error: it is tried again."""

    reason: Reason
    after_s: float | None = None
    """The channel says when; None: it does not."""
    maybe_taken: bool = False
    """It may have arrived: the answer is missing, not the way there."""


class Never(Struct, frozen=True):
    """An error for good: with this message, this address or these settings it will not go."""

    reason: Reason


Answer = Taken | NotNow | Never


class NotSent(OSError):  # noqa: N818 - it says what happened
    """The request did not get to the other end, so it cannot have been taken; made with the :class:`Reason`."""


class Request(Struct, frozen=True, kw_only=True):
    """An HTTP request."""

    method: str = "POST"
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    proxy: str = ""
    """``http://host:port``; empty: straight, whatever the environment says."""
    ca: str = ""
    """Certificate authorities as PEM text; empty: those that the system trusts."""

    def __repr__(self) -> str:
        return f"<{self.method} to {urlsplit(self.url).hostname}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("method", self.method), ("host", urlsplit(self.url).hostname)]


class HttpAnswer(Struct, frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By names in small letters."""
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def __repr__(self) -> str:
        return f"<HTTP {self.status}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("status", self.status)]


def judge_status(answer: HttpAnswer) -> NotNow | Never | None:
    """Return what a status says by itself (RFC 9110, 15); None: it went well as far as the status can tell."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status in _LATER:
        return NotNow(_LATER[status].because(f"HTTP {status}"), retry_after(answer))
    if status >= 500:  # 503: it did not begin. What is behind a gateway may have
        return NotNow(_FAULT.because(f"HTTP {status}"), retry_after(answer), maybe_taken=status != 503)
    if status < 400:
        return NotNow(_ELSEWHERE.because(f"HTTP {status}"))
    return Never(_REFUSED.because(f"HTTP {status}"))


def retry_after(answer: HttpAnswer) -> float | None:
    """Return the seconds of ``Retry-After`` (RFC 9110, 10.2.3), an hour at most; None: there are none to be read."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told[:9]), LONGEST_WAIT_S)
    try:
        wait_s = (parsedate_to_datetime(told) - parsedate_to_datetime(answer.headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait_s, 0.0), LONGEST_WAIT_S)


def code_of(answer: HttpAnswer, *names: str) -> tuple[int, str] | None:
    """Return a vendor's code and its words, which stand in the answer whatever its status; None: it has none.

    *names*: of the code's field, the first that is there counts.
    """
    told = answer.json()
    if not isinstance(told, dict):
        return None
    code = next((told[name] for name in names if name in told), None)
    if isinstance(code, str) and re.fullmatch(r"-?[0-9]{1,9}", code):
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    words = next((told[name] for name in ("errmsg", "msg", "StatusMessage") if isinstance(told.get(name), str)), "")
    return code, tidy(_ASIDE.sub("", words))


class Vendor(Struct, frozen=True):
    """Who answers with codes of its own, and what they mean."""

    name: str
    name_zh: str
    later: Mapping[int, tuple[Reason, float | None]]
    """Code → why, and after how many seconds it is worth a try."""
    never: Mapping[int, Reason]

    def read(self, told: tuple[int, str] | None, answer: HttpAnswer) -> Answer:
        """Return what an answer means: its code, where it has one; else its status.

        A code that is in neither table is taken for a passing one: what is tried again once too often costs less than
        an alert that is given up.
        """
        by_status = judge_status(answer)
        if isinstance(by_status, NotNow):
            return by_status
        if told is None:
            return by_status or NotNow(somebody_else(self.name, self.name_zh), maybe_taken=True)
        code, words = told
        if code in self.later:
            reason, after_s = self.later[code]
            return self.not_now(reason.because(str(code)), after_s)
        if code in self.never:
            return self.refuse(self.never[code], told)
        if code == 0:
            return by_status or Taken()
        return by_status or self.not_now(_AN_ERROR.because(f"{code} {words}"))

    def refuse(self, reason: Reason, told: tuple[int, str]) -> Never:
        """Return that it takes this for no good, with its own code and words."""
        return Never(reason.because(" ".join(map(str, told))).by(self.name, f"{self.name_zh}拒收"))

    def not_now(self, reason: Reason, after_s: float | None = None) -> NotNow:
        """Return that it may take it later."""
        return NotNow(reason.by(self.name, f"{self.name_zh}暂未接收"), after_s)


def somebody_else(name: str, name_zh: str) -> Reason:
    """Return that what answers is not who should."""
    return Reason(
        f"somebody answers, but not as {name} does", f"有应答,但不是{name_zh}的;请检查地址,以及本机是否要先登录上网"
    )


def address_of(held: str, template: str) -> str | None:
    """Return the web address that a secret's file holds: whole, or the key alone that goes into *template*.

    None: it holds neither.
    """
    if held.startswith(("https://", "http://")):
        try:
            return held if urlsplit(held).hostname and held.isascii() and not re.search(r"\s", held) else None
        except ValueError:
            return None
    return template.format(held) if re.fullmatch(r"[\w-]{8,200}", held, re.ASCII) else None


def tidy(words: str) -> str:
    """Return what another program said without addresses and whatever may be a key: it may repeat what we sent."""
    return clip(_KEY.sub("…", _ADDRESS.sub("…", words)))
