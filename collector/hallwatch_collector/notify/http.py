"""HTTP as channels need it: one request, one answer, a time limit over all of it.

No redirect is followed (a captive portal, a stolen name), no proxy is taken from the environment, and an answer is read
to its 64th KiB. Connections are kept for a while, so that a second message needs no second handshake.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import httpcore

from hallwatch_agent.chat.exchange import HttpAnswer, NotSent, Request
from hallwatch_agent.chat.reason import BAD_ADDRESS, CUT, NO_CERTIFICATE, NOT_REACHED, NOT_TRUSTED, OUT_OF_TIME, Reason

LARGEST_ANSWER: Final = 64 * 1024
KEPT_S: Final = 15.0
MOST_CONNECTIONS: Final = 16
AGENT: Final = "Hallwatch"
_NOT_REACHED: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.ProxyError)
_deadline = threading.local()


class Client:
    """Sends requests, from any thread."""

    def __init__(self) -> None:
        """Prepare; nothing is connected before the first request."""
        self._pools: dict[tuple[str, str], httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, timeout_s: float) -> HttpAnswer:
        """Send a request and return its answer, within *timeout_s*.

        Raises :class:`NotSent` when the other end cannot have got it, else :class:`OSError`; neither tells the address.
        """
        sent = threading.Event()
        _deadline.at = time.monotonic() + timeout_s
        try:
            return self._exchange(request, timeout_s, sent)
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError, TypeError):
            raise NotSent(BAD_ADDRESS) from None
        except ssl.SSLError:  # of a connection the library raises errors of its own
            raise NotSent(NO_CERTIFICATE) from None
        except _NOT_REACHED as error:
            raise NotSent(NOT_REACHED.because(_find_why(error))) from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            kind = OSError if sent.is_set() else NotSent
            why = _find_why(error)
            raise kind(why if isinstance(why, Reason) else CUT.because(why)) from None

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _exchange(self, request: Request, timeout_s: float, sent: threading.Event) -> HttpAnswer:
        def trace(event: str, _: Any) -> None:
            if event.endswith("send_request_headers.started"):
                sent.set()

        limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        with self._pool(request).stream(
            request.method, request.url, headers=[("User-Agent", AGENT), *request.headers.items()],
            content=request.body, extensions={"timeout": limits, "trace": trace},
        ) as answer:  # fmt: skip
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return HttpAnswer(answer.status, headers, _beginning(answer.iter_stream()))

    def _pool(self, request: Request) -> httpcore.ConnectionPool:
        with self._lock:
            key = (request.proxy, request.ca)
            if key not in self._pools:
                self._pools[key] = _open(*key)
            return self._pools[key]


class _Stream(httpcore.NetworkStream):
    """A connection of which each step gets the time that is left: a server that answers by drops holds nobody up."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left_s(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left_s(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = _left_s(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left_s))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Opens such connections."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        left_s = _left_s(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_tcp(host, port, left_s, local_address, socket_options))


def _left_s(limit_s: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    if limit_s is not None and limit_s <= 0:
        return limit_s  # it only looks whether there is something
    left_s = _deadline.at - time.monotonic()
    if left_s <= 0:
        raise late("out of time")
    return float(left_s) if limit_s is None else min(limit_s, left_s)


def _open(proxy: str, ca: str) -> httpcore.ConnectionPool:
    settings: dict[str, Any] = {
        "ssl_context": _trust(ca), "max_connections": MOST_CONNECTIONS, "keepalive_expiry": KEPT_S,
        "network_backend": _Network(),
    }  # fmt: skip
    return httpcore.HTTPProxy(proxy, **settings) if proxy else httpcore.ConnectionPool(**settings)


@lru_cache(maxsize=16)
def _trust(ca: str) -> ssl.SSLContext:
    """Return whom to believe; without *ca* those that the system trusts."""
    return ssl.create_default_context(cadata=ca or None)


def _beginning(chunks: Iterable[bytes]) -> bytes:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > LARGEST_ANSWER:
            return bytes(held[:LARGEST_ANSWER])
    return bytes(held)


def _find_why(error: Exception) -> Reason | str:
    """Return what went wrong: the library's texts may hold the address, the system's do not."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NOT_TRUSTED.because(cause.verify_message)
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return OUT_OF_TIME if isinstance(error, httpcore.TimeoutException) else CUT
