"""Sends a message over the configured channel, in a thread that the agent's work does not wait for.

Python's own HTTP: an agent brings no library for it. No redirect is followed, and no proxy of the environment used.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from hallwatch_agent.chat import dingtalk, feishu, webhook, wecom
from hallwatch_agent.chat.exchange import Answer, HttpAnswer, Never, NotNow, NotSent, Request, Taken, address_of
from hallwatch_agent.chat.reason import CUT, NOT_REACHED, NOT_TRUSTED, OUT_OF_TIME, Reason, plain, reason_of
from hallwatch_agent.chat.words import cut
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.collector_watch.words import Words

if TYPE_CHECKING:
    from http.client import HTTPConnection

LIMIT_S: Final = 15.0
"""For all of one try."""
LARGEST_ANSWER: Final = 65_536
TYPE: Final = "hallwatch.collector-watch"

log = logging.getLogger(__name__)


class Unusable(ValueError):  # noqa: N818 - it says what happened
    """The settings cannot be used; the text says which file, and nothing of what is in it."""


class Parcel(msgspec.Struct, frozen=True):
    """What is sent: its name, its words, and what programs want to know of it."""

    key: str
    words: Words
    facts: dict[str, Any] = {}


def deliver(settings: CollectorWatch, parcel: Parcel, now: float) -> Answer:
    """Send a message and return what became of it; takes at most :data:`LIMIT_S`, but for looking up the name."""
    try:
        request = build(settings, parcel, now)
    except Unusable as error:
        return Never(reason_of(error))
    read = {"wecom": wecom.read, "dingtalk": dingtalk.read, "feishu": feishu.read, "webhook": webhook.read}
    try:
        answer = exchange(request, LIMIT_S)
    except NotSent as error:
        return NotNow(reason_of(error))
    except OSError as error:
        return NotNow(reason_of(error), maybe_taken=True)
    meaning = read[settings.channel](answer)
    if isinstance(meaning, Taken):
        return meaning
    held = [_read("url_file", settings.url_file)]
    held += [_read("secret_file", settings.secret_file)] if settings.secret_file else []
    return msgspec.structs.replace(meaning, reason=meaning.reason.without(held))


def deliver_aside(settings: CollectorWatch, parcel: Parcel, now: float, done: Callable[[Answer], None]) -> None:
    """Send a message in a thread of its own, which tells *done* what became of it."""

    def work() -> None:
        try:
            answer = deliver(settings, parcel, now)
        except Exception as error:  # a defect met on the way must not keep the next try from being made
            log.exception("a message about the collector could not be sent")
            answer = NotNow(plain(type(error).__name__), maybe_taken=True)
        done(answer)

    threading.Thread(target=work, name="collector-watch", daemon=True).start()


def build(settings: CollectorWatch, parcel: Parcel, now: float) -> Request:
    """Return the request that a message is. Raises :class:`Unusable`."""
    held, words, called = _read("url_file", settings.url_file), parcel.words, settings.mention
    secret = _read("secret_file", settings.secret_file) if settings.secret_file else ""
    if settings.channel == "wecom":
        request = wecom.build(_address(wecom.address(held), settings), cut(words.text, wecom.TEXT_BYTES), called)
    elif settings.channel == "dingtalk":
        request = dingtalk.build(
            _address(dingtalk.address(held), settings), secret=secret, now=now, title=words.title,
            text=cut(words.text, dingtalk.MOST_BYTES), mentions=called,
        )  # fmt: skip
    elif settings.channel == "feishu":
        request = feishu.build(
            _address(feishu.address(held), settings), secret=secret, now=now, title=words.title, lines=words.lines,
            mentions=called,
        )  # fmt: skip
    else:
        request = _build_webhook(_address(address_of(held, ""), settings), parcel, secret, now, settings)
    ca = _read("ca_file", settings.ca_file) if settings.ca_file else ""
    return msgspec.structs.replace(request, proxy=settings.proxy, ca=ca)


def exchange(request: Request, limit_s: float) -> HttpAnswer:
    """Send a request and return its answer, within *limit_s* from when the name is looked up.

    Raises :class:`NotSent` when the other end cannot have got it, else :class:`OSError`; neither tells the address.
    """
    from http.client import HTTPException  # with ssl, 6 MiB that an agent has no use for until then

    until = time.monotonic() + limit_s
    try:
        connection, target = _open(request, limit_s)
        connection.connect()
    except (OSError, HTTPException, ValueError) as error:
        raise NotSent(NOT_REACHED.because(_find_why(error))) from None
    wire = connection.sock
    # A server that answers drop by drop keeps within every time limit of a single step.
    end = threading.Timer(max(until - time.monotonic(), 0.0), _hang_up, [wire])
    end.daemon = True
    end.start()
    try:
        connection.request(request.method, target, request.body, {**request.headers, "User-Agent": "Hallwatch"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return HttpAnswer(answer.status, headers, answer.read(LARGEST_ANSWER))
    except (OSError, HTTPException, ValueError) as error:
        late = time.monotonic() >= until
        raise OSError(OUT_OF_TIME if late else _find_why(error)) from None
    finally:
        end.cancel()
        connection.close()


def _open(request: Request, limit_s: float) -> tuple[HTTPConnection, str]:
    """Prepare a connection; return it, and what is asked of it."""
    from http.client import HTTPConnection, HTTPSConnection

    parts, proxy = urlsplit(request.url), urlsplit(request.proxy)
    host, port = str(parts.hostname), parts.port
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if parts.scheme == "http":
        if proxy.hostname:
            return HTTPConnection(proxy.hostname, proxy.port, timeout=limit_s), request.url
        return HTTPConnection(host, port, timeout=limit_s), target
    import ssl

    context = ssl.create_default_context(cadata=request.ca or None)
    if not proxy.hostname:
        return HTTPSConnection(host, port, timeout=limit_s, context=context), target
    tunnel = HTTPSConnection(proxy.hostname, proxy.port, timeout=limit_s, context=context)
    tunnel.set_tunnel(host, port)
    return tunnel, target


def _build_webhook(url: str, parcel: Parcel, secret: str, now: float, settings: CollectorWatch) -> Request:
    data = {"key": parcel.key, "title": parcel.words.title, "lines": parcel.words.lines, **parcel.facts}
    body = msgspec.json.encode({"type": TYPE, "timestamp": now, "data": data})
    try:
        return webhook.build(url, key=parcel.key, now=now, secret=secret, body=body)
    except ValueError as error:
        raise Unusable(f"collector_watch.secret_file: {settings.secret_file}: {error}") from None


def _address(address: str | None, settings: CollectorWatch) -> str:
    if address is None:
        raise Unusable(f"collector_watch.url_file: {settings.url_file} holds no address of a {settings.channel} robot")
    return address


def _read(key: str, name: str) -> str:
    try:
        held = Path(name).read_text("utf-8-sig").strip()
    except OSError as error:
        raise Unusable(f"collector_watch.{key}: {name}: {error.strerror}") from None
    except ValueError:
        raise Unusable(f"collector_watch.{key}: {name} is not text") from None
    if not held:
        raise Unusable(f"collector_watch.{key}: {name} is empty")
    return held


def _hang_up(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself
        wire.shutdown(socket.SHUT_RDWR)


def _find_why(error: Exception) -> Reason:
    """Return what went wrong: the system's texts do not hold the address."""
    verify = getattr(error, "verify_message", "")
    if verify:
        return NOT_TRUSTED.because(verify)
    if isinstance(error, TimeoutError):
        return OUT_OF_TIME
    return plain(error.strerror) if isinstance(error, OSError) and error.strerror else CUT
