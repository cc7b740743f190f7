"""How much may be asked from one address: so much at once, and so much a second after that."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from hallwatch_collector.people.neighbours import neighbourhood_of

AT_ONCE: Final = 1200.0
"""Behind one address there may be a whole hall, whose boards all come back when the collector does."""
A_SECOND: Final = 40.0
MOST_ADDRESSES: Final = 5000
FREE: Final = ("/static/", "/events/", "/health", "/metrics")
"""Files that browsers keep, streams that come once, and what machines look after us by."""


class RateLimit(ASGIMiddleware):
    """Answers 429 (RFC 6585) to an address that asks too much. Lives in the loop's thread alone."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Address → how many it may ask for now, as of when; who asked last is last."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or say how long to wait."""
        client = scope.get("client")
        wait_s = 0.0 if scope["path"].startswith(FREE) else self.take(client[0] if client else "", self._now())
        if not wait_s:
            await next_app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"retry-after", str(math.ceil(wait_s)).encode())]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        body = b"too many requests from this address\n"
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def take(self, address: str, now: float) -> float:
        """Count a request; return how long to wait first, 0: not at all."""
        address = neighbourhood_of(address)
        left, at = self._left.pop(address, (AT_ONCE, now))
        left = min(AT_ONCE, left + max(0.0, now - at) * A_SECOND)
        allowed = left >= 1.0
        self._left[address] = (left - 1.0 if allowed else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / A_SECOND
