"""By which names the pages may be called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_port = re.compile(r":\d+$")


class HostCheck(ASGIMiddleware):
    """Answers only calls by a known name, so that a foreign name pointed at this machine (DNS rebinding) gets nothing.

    Litestar's own check compares the port too and lets a request without ``Host`` pass.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = {host.lower() for host in (*LOOPBACK, *hosts)}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or answer 421 (RFC 9110, misdirected)."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        if _port.sub("", host) in self._hosts:
            await next_app(scope, receive, send)
            return
        text = b"unknown host name; add it to the collector's web.hosts\n"
        start = {"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]}
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": text, "more_body": False})
