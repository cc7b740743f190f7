"""HTTP or HTTPS: does a web service answer as it should, how fast, and how long is its certificate still good?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.probe import Context, CouldNotRead, Told
from hallwatch_agent.probes.systems.tcp import parse_failure
from hallwatch_agent.probes.systems.web_probe import (
    Url,
    WebProbe,
    ask,
    check_no_password,
    check_url,
    holds_text,
    parse_expiry,
    port_of,
    read_body,
    secure,
)

if TYPE_CHECKING:
    import socket


class HttpProbe(WebProbe, tag="http", frozen=True, kw_only=True):
    """Gets one page. It follows no redirection, as that is an answer too."""

    url: Url
    expect_status: tuple[Annotated[int, Meta(ge=100, le=599)], ...] = ()
    """Status codes that are right; left out: any below 400."""
    expect_text: str = ""
    """Must stand in the answer, in UTF-8 or GB 18030."""

    def __post_init__(self) -> None:
        """Refuse an address without a host, with a wrong port, or with a password that would not be sent."""
        check_no_password(check_url(self.url))

    def read(self, context: Context) -> Told:
        """Tell ``reachable`` and ``http-ok``, the status, the time taken, and how long the certificate lasts."""
        parts = urlsplit(self.url)
        began = time.perf_counter()
        try:
            link = connect(parts.hostname or "", port_of(parts), self.timeout_s, context)
        except CouldNotRead as failure:
            reachable = parse_failure(failure).conditions["reachable"]
            return Told(conditions={"reachable": reachable, "http-ok": False})
        with link:
            return self._talk(link, parts, began, context)

    def _talk(self, link: socket.socket, parts: SplitResult, began: float, context: Context) -> Told:
        import http.client
        import ssl

        metrics: dict[str, float] = {}
        ends_at = began + self.timeout_s
        try:
            if parts.scheme == "https":
                link = secured = secure(link, self.tls(context), parts.hostname, ends_at)
                metrics |= parse_expiry(secured.getpeercert(), context.now)
            answer = ask(link, parts, ends_at)
            metrics |= {"http_status": float(answer.status), "http_response_s": time.perf_counter() - began}
            body = read_body(answer) if self.expect_text else b""
        except ssl.SSLCertVerificationError as error:
            return _failed(metrics, f"certificate refused: {error.verify_message}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return _failed(metrics, str(error) or type(error).__name__)
        finally:
            link.close()
        fine = parse_answer(answer.status, body, self.expect_status, self.expect_text)
        return Told(metrics, {"reachable": True, "http-ok": fine})


def parse_answer(status: int, body: bytes, expect_status: Sequence[int], expect_text: str) -> bool:
    """Tell whether an answer is what it should be."""
    if status not in expect_status if expect_status else status >= 400:
        return False
    return not expect_text or holds_text(body, expect_text)


def _failed(metrics: dict[str, float], why: str) -> Told:
    return Told(metrics, {"reachable": True, "http-ok": False}, {"http": why[:200]})
