"""HTTP or HTTPS: does a web service answer as it should, how fast, and how long is its certificate still good?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
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
    words_of,
)
from hallwatch_agent.sentences import tell

if TYPE_CHECKING:
    import socket

MOST_TARGET_CHARS: Final = 100
"""Of where a redirection leads."""


class HttpProbe(WebProbe, tag="http", frozen=True, kw_only=True):
    """Gets one page. It follows no redirection, as that is an answer too."""

    tells: ClassVar[frozenset[str] | None] = frozenset(
        {"reachable", "http-ok", "http_status", "http_response_s", "tls_expires_in_s"}
    )

    url: Url
    expect_status: Annotated[tuple[Annotated[int, Meta(ge=100, le=599)], ...], Meta(min_length=1)] = ()
    """Status codes that are right; left out: any below 400."""
    expect_text: Annotated[str, Meta(min_length=1)] = ""
    """Must stand in the answer, in UTF-8 or GB 18030."""

    def __post_init__(self) -> None:
        """Refuse an address without a host, with a wrong port, or with a password that would not be sent."""
        super().__post_init__()
        check_no_password(check_url(self.url), instead=tell("ask a page that needs none, or use a `transaction`"))

    def read(self, context: Context) -> Told:
        """Tell ``reachable`` and ``http-ok``, the status, the time taken, and how long the certificate lasts.

        When it is not OK, the fact ``why`` says what is not.
        """
        parts = urlsplit(self.url)
        began = time.perf_counter()
        try:
            link = connect(parts.hostname or "", port_of(parts), self.timeout_s, context)
        except CouldNotRead as failure:
            return _failed({}, failure.note, reachable=parse_failure(failure).conditions["reachable"])
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
        except TimeoutError:
            return _failed(metrics, "it accepts the connection, but does not answer in time")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return _failed(metrics, words_of(error))
        finally:
            link.close()
        if wrong := parse_answer(answer.status, body, self.expect_status, self.expect_text):
            where = parse_target(answer.getheader("Location")) if 300 <= answer.status < 400 else ""
            return _failed(metrics, f"{wrong}; it redirects to {where}" if where else wrong)
        return Told(metrics, {"reachable": True, "http-ok": True})


def parse_answer(status: int, body: bytes, expect_status: Sequence[int], expect_text: str) -> str:
    """Say what about an answer is not as it should be; empty when all is."""
    if expect_status and status not in expect_status:
        return f"HTTP {status}, not {' or '.join(map(str, expect_status))}"
    if not expect_status and status >= 400:
        return f"HTTP {status}"
    return f"the page does not hold {expect_text}" if expect_text and not holds_text(body, expect_text) else ""


def parse_target(location: str | None) -> str:
    """Return where a redirection leads, without its query, which may hold what is secret; empty for no address."""
    try:
        parts = urlsplit(location or "")
        host = f"{parts.scheme or 'http'}://{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return ""
    return "".join(letter for letter in f"{host}{parts.path}" if letter.isprintable())[:MOST_TARGET_CHARS]


def _failed(metrics: dict[str, float], why: str, *, reachable: bool = True) -> Told:
    return Told(metrics, {"reachable": reachable, "http-ok": False}, {"why": why[:200]})
