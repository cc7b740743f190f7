"""Short messages through any gateway that takes HTTP: what it wants and how it answers is said in ``alerts.toml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Meta, field, structs

from hallwatch_agent.chat.exchange import judge_status, tidy
from hallwatch_agent.chat.words import harmless
from hallwatch_agent.probes.patterns import compile_pattern
from hallwatch_collector.notify.channel import (
    Answer,
    HttpAnswer,
    HttpChannel,
    Kit,
    Never,
    NotNow,
    Pace,
    Reason,
    Request,
    SecretName,
    Taken,
    Unusable,
)
from hallwatch_collector.notify.document import encode
from hallwatch_collector.notify.message import Message
from hallwatch_collector.notify.rendering import Form, count_named, first_step, render

EACH_PIECE: Final = 67
"""Characters in each of several short messages that belong together: of the 70 that Chinese leaves (3GPP TS 23.038,
UCS-2) the rest says which piece it is (3GPP TS 23.040)."""
MOST_CHARS: Final = 500
"""What gateways take."""
_OURS: Final = ("to", "text", "key")
_NO_HEADER: Final = Reason(
    "a header would hold what no header can; put {text} into `form` or `json`",
    "请求头里不能放这样的内容,请把 {text} 放进 form 或 json",
)
_REFUSED: Final = Reason("the gateway refuses it for good", "短信网关拒收,请检查账号、余额和号码")
_NOT_TAKEN: Final = Reason("the gateway did not take it", "短信网关暂未接收")
_NOT_SAID: Final = Reason("the gateway did not say that it took it", "短信网关没有说已接收,请检查 success_pattern")
_NOTHING_THERE: Final = Reason(
    "the gateway's answer has nothing where success should stand", "短信网关的应答里没有结果,请检查 success_pointer"
)
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
Address = Annotated[str, Meta(pattern=r"^https?://[^\s]+$(?!\n)", max_length=2000)]
Pointer = Annotated[str, Meta(pattern=r"^(?:/[^\r\n]*)?$(?!\n)", max_length=200)]


class SmsChannel(HttpChannel, frozen=True, kw_only=True, tag="sms"):
    """A gateway for short messages.

    ``{to}``, ``{text}``, ``{key}`` and the names of ``secrets`` are filled in wherever they stand in ``url``,
    ``headers``, ``form`` and ``json``.
    """

    url: Address
    method: Literal["POST", "GET"] = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    """Sent as a form; with GET in the address."""
    json: dict[str, Any] = field(default_factory=dict)
    """Sent as JSON, in place of ``form``."""
    secrets: dict[str, SecretName] = field(default_factory=dict)
    """Name → file beside alerts.toml that holds the secret alone."""
    pieces: Annotated[int, Meta(ge=2, le=7)] = 5
    """A message is cut to so many short messages: each is paid for."""
    signature: Annotated[str, Meta(max_length=20)] = ""
    """What the gateway puts before each text, such as 【示范区税务】: it counts."""
    success_pointer: Pointer = ""
    """Where in its JSON answer the gateway tells how it went (JSON Pointer, RFC 6901), such as ``/code``."""
    success: list[str] = field(default_factory=list)
    """What stands there when it took the message."""
    success_pattern: str = ""
    """In place of a pointer: an expression (RE2) that is found in the answer when it took the message."""
    permanent: list[str] = field(default_factory=list)
    """What stands at the pointer when no further try can help: a wrong number, no money."""
    permanent_pattern: str = ""

    pace: ClassVar[Pace] = Pace(10, 60.0)
    takes_addresses: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if bool(self.success_pointer and self.success) == bool(self.success_pattern):
            raise ValueError(
                "say how the answer tells success: `success_pointer` with `success`, or `success_pattern`; gateways "
                "answer HTTP 200 to what they do not take"
            )
        if self.form and self.json:
            raise ValueError("give either `form` or `json`")
        if self.json and self.method == "GET":
            raise ValueError('`json` goes with method = "POST"')
        for option in ("success_pattern", "permanent_pattern"):
            if pattern := getattr(self, option):
                compile_pattern(pattern, option)
        known = {*_OURS, *self.secrets}
        for name in sorted({name for text in self._templates() for name in _PLACEHOLDER.findall(text)} - known):
            raise ValueError(f"there is no {{{name}}}, only {', '.join(sorted(known))}; add it to `secrets`")

    def secret_files(self) -> dict[str, str]:
        """Return the options that name secrets' files, with the files."""
        own = {f"secrets.{name}": file for name, file in self.secrets.items()}
        return super().secret_files() | own

    def names(self, message: Message) -> int:
        """Return how many incidents so many short messages can name."""
        return count_named(message, self._text_form)

    @property
    def _text_form(self) -> Form:
        most = min(self.pieces * EACH_PIECE, MOST_CHARS) - units(self.signature)
        return Form(most=most, length=units, clean=harmless, show_link=lambda _, address: address)

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is."""
        values = {name: kit.secret(file) for name, file in self.secrets.items()}
        values |= {"to": message.to, "text": self.word(message), "key": message.key}

        def fill(text: str, quote: Callable[[str], str] = str) -> str:
            return _PLACEHOLDER.sub(lambda found: quote(values[found[1]]), text)

        headers = {name: fill(value) for name, value in self.headers.items()}
        if any(not value.isascii() or "\n" in value for value in headers.values()):
            raise Unusable(_NO_HEADER)
        url = fill(self.url, quote_plus)
        if self.json:
            body = encode(_fill_all(self.json, fill))
            return Request(url=url, headers={"Content-Type": "application/json", **headers}, body=body)
        fields = urlencode({name: fill(value) for name, value in self.form.items()})
        if self.method == "GET":
            joint = "&" if "?" in url else "?"
            return Request(method="GET", url=f"{url}{joint}{fields}" if fields else url, headers=headers)
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return Request(url=url, headers=kind | headers, body=fields.encode())

    def word(self, message: Message) -> str:
        """Return what is said in so many short messages: title, first step, link; of several only the link to all."""
        link = message.parts[0].link if len(message.parts) == 1 else ""
        parts = tuple(
            structs.replace(part, lines=tuple(filter(None, [first_step(part)])), link=link) for part in message.parts
        )
        return render(structs.replace(message, parts=parts), self._text_form).text

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means: what the options say of it, once its status is well."""
        by_status = judge_status(answer)
        if by_status is not None:
            return by_status
        text = answer.body.decode("utf-8", "replace")
        if self.permanent_pattern and compile_pattern(self.permanent_pattern, "permanent_pattern").search(text):
            return Never(_REFUSED.because("permanent_pattern"))
        if self.success_pattern:
            found = compile_pattern(self.success_pattern, "success_pattern").search(text)
            return Taken() if found else NotNow(_NOT_SAID, maybe_taken=not text.strip())
        return self._read_pointed(answer)

    def _read_pointed(self, answer: HttpAnswer) -> Answer:
        told = follow(answer.json(), self.success_pointer)
        if told is None:
            return NotNow(_NOTHING_THERE.because(self.success_pointer), maybe_taken=True)
        if told in self.success:
            return Taken()
        if told in self.permanent:
            return Never(_REFUSED.because(tidy(told)))
        return NotNow(_NOT_TAKEN.because(tidy(told)))

    def _templates(self) -> Iterator[str]:
        yield self.url
        yield from self.headers.values()
        yield from self.form.values()
        yield from _texts_of(self.json)


def units(text: str) -> int:
    """Return the length that a short message counts: signs beyond the first 65536 count twice."""
    return len(text.encode("utf-16-le", "replace")) // 2


def follow(told: Any, pointer: str) -> str | None:
    """Return what stands at a JSON Pointer, as text: ``true`` and ``0`` as JSON writes them; None: nothing does."""
    for word in pointer.split("/")[1:]:
        name = word.replace("~1", "/").replace("~0", "~")
        if isinstance(told, dict) and name in told:
            told = told[name]
        elif isinstance(told, list) and name.isascii() and name.isdigit() and int(name[:6]) < len(told):
            told = told[int(name[:6])]
        else:
            return None
    if told is None or isinstance(told, dict | list):
        return None
    return told if isinstance(told, str) else msgspec.json.encode(told).decode()


def _fill_all(told: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(told, dict):
        return {name: _fill_all(value, fill) for name, value in told.items()}
    if isinstance(told, list):
        return [_fill_all(value, fill) for value in told]
    return fill(told) if isinstance(told, str) else told


def _texts_of(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for value in told:
            yield from _texts_of(value)
    elif isinstance(told, str):
        yield told
