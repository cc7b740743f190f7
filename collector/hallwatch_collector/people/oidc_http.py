"""Asks a provider of OpenID Connect by HTTP: without redirects, within some seconds, at most a megabyte."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus, urlencode

import httpcore

Headers = Mapping[bytes | str, bytes | str]
WITHIN_S: Final = 5.0
LARGEST_BYTES: Final = 1_000_000


class ProviderAway(Exception):  # noqa: N818 - it says what happened
    """The provider does not answer, or not with what it was asked for; the text says more."""


def ask(address: str, form: dict[str, str] | None = None, credentials: tuple[str, str] | None = None) -> bytes:
    """Return what stands at an address, or what comes of a form; raise :class:`ProviderAway`.

    *credentials*: name and secret, sent as RFC 6749, 2.3.1 says.
    """
    headers: dict[bytes | str, bytes | str] = {"Accept": "application/json"}
    if credentials:
        told = ":".join(quote_plus(each) for each in credentials)
        headers["Authorization"] = f"Basic {base64.b64encode(told.encode()).decode()}"
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        with httpcore.ConnectionPool(ssl_context=ssl.create_default_context()) as pool:
            return _ask(pool, address, headers, form)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError, ValueError) as error:
        raise ProviderAway(f"{type(error).__name__}: {error}") from error
    except httpcore.UnsupportedProtocol as error:
        raise ProviderAway(f"no web address: {address}") from error


def _ask(pool: httpcore.ConnectionPool, address: str, headers: Headers, form: dict[str, str] | None) -> bytes:
    waits = dict.fromkeys(("connect", "read", "write", "pool"), WITHIN_S)
    content = urlencode(form).encode() if form is not None else None
    method = "POST" if form is not None else "GET"
    with pool.stream(method, address, headers=headers, content=content, extensions={"timeout": waits}) as answer:
        told = b""
        for piece in answer.iter_stream():
            told += piece
            if len(told) > LARGEST_BYTES:
                raise ProviderAway("its answer is too long")
        if answer.status != 200:
            raise ProviderAway(f"HTTP {answer.status}")
        return told
