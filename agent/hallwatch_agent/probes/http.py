"""HTTP or HTTPS: does a web service answer as it should, how fast, and how long is its certificate still good?

Uses ``http.client``: an HTTP library would cost 7 MiB for one GET. It and ``ssl`` load with the first reading, as an
agent that has neither this probe nor TLS to its broker does without them (5 MiB).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.probes.tcp import parse_failure
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import http.client
    import socket
    import ssl

MOST_READ_BYTES: Final = 1_048_576
"""So much of an answer is searched for the expected text."""


class HttpProbe(Probe, tag="http", frozen=True, kw_only=True):
    """Gets one page. It follows no redirection, as that is an answer too, and uses no proxy."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+")]
    expect_status: tuple[Annotated[int, Meta(ge=100, le=599)], ...] = ()
    """Status codes that are right; left out: any below 400."""
    expect_text: str = ""
    """Must stand in the answer, in UTF-8 or GB 18030."""
    verify: bool = True
    """Whether the certificate must be good. Without it, its end is not known either."""
    ca_file: str = ""
    """Certificates to trust instead of the system's, a PEM file on the agent's machine."""

    def __post_init__(self) -> None:
        """Refuse an address without a host or with a wrong port."""
        parts = urlsplit(self.url)
        if not parts.hostname or parts.port == 0:  # .port raises ValueError by itself above 65535
            raise ValueError("`url` must name a host and a port from 1 to 65535, such as https://10.1.2.3:8443/login")

    def read(self, context: Context) -> Told:
        """Tell ``reachable`` and ``http-ok``, the status, the time taken, and how long the certificate lasts."""
        parts = urlsplit(self.url)
        ends_at = time.perf_counter() + self.timeout_s
        began = time.perf_counter()
        try:
            link = connect(parts.hostname or "", parts.port or _port(parts), self.timeout_s, context)
        except CouldNotRead as failure:
            reachable = parse_failure(failure).conditions["reachable"]
            return Told(conditions={"reachable": reachable, "http-ok": False})
        with link:
            return self._talk(link, parts, began, ends_at, context)

    def _talk(self, link: socket.socket, parts: SplitResult, began: float, ends_at: float, context: Context) -> Told:
        import http.client
        import ssl

        metrics: dict[str, float] = {}
        try:
            if parts.scheme == "https":
                link = self._tls(context).wrap_socket(link, server_hostname=parts.hostname)
                metrics |= parse_expiry(link.getpeercert(), context.now)
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port or _port(parts))
            connection.sock = link
            page = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            connection.request("GET", page, headers={"User-Agent": "hallwatch-agent", "Connection": "close"})
            answer = connection.getresponse()
            metrics |= {"http_status": float(answer.status), "http_response_s": time.perf_counter() - began}
            body = _read_body(answer, link, ends_at) if self.expect_text else b""
        except ssl.SSLCertVerificationError as error:
            return _failed(metrics, f"certificate refused: {error.verify_message}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return _failed(metrics, str(error) or type(error).__name__)
        finally:
            link.close()
        fine = parse_answer(answer.status, body, self.expect_status, self.expect_text)
        return Told(metrics, {"reachable": True, "http-ok": fine})

    def _tls(self, context: Context) -> ssl.SSLContext:
        """Make the TLS settings once: reading the system's certificates costs 20 ms."""
        import ssl

        tls: ssl.SSLContext | None = context.memory.get("tls")
        if tls is None:
            try:
                tls = ssl.create_default_context(cafile=self.ca_file or None)
            except OSError as error:
                note = f"ca_file {self.ca_file}: {error.strerror or error}"
                raise CouldNotRead(ReadError.UNSUPPORTED, note) from None
            if not self.verify:
                tls.check_hostname = False
                tls.verify_mode = ssl.CERT_NONE
            context.memory["tls"] = tls
        return tls


def parse_answer(status: int, body: bytes, expect_status: Sequence[int], expect_text: str) -> bool:
    """Tell whether an answer is what it should be."""
    if status not in expect_status if expect_status else status >= 400:
        return False
    return not expect_text or any(expect_text.encode(charset, "ignore") in body for charset in ("utf-8", "gb18030"))


def parse_expiry(certificate: dict[str, Any] | None, now: float) -> dict[str, float]:
    """Return how long a certificate (as ``getpeercert`` gives it) is still good; nothing when that is not known."""
    import ssl

    try:
        return {"tls_expires_in_s": ssl.cert_time_to_seconds(str((certificate or {})["notAfter"])) - now}
    except (KeyError, ValueError):
        return {}


def _failed(metrics: dict[str, float], why: str) -> Told:
    return Told(metrics, {"reachable": True, "http-ok": False}, {"http": why[:200]})


def _port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _read_body(answer: http.client.HTTPResponse, link: socket.socket, ends_at: float) -> bytes:
    body = bytearray()
    while len(body) < MOST_READ_BYTES and not answer.isclosed():
        left_s = ends_at - time.perf_counter()
        if left_s <= 0:
            raise TimeoutError("the answer did not end in time")
        link.settimeout(left_s)
        chunk = answer.read1(65_536)
        if not chunk:
            break
        body += chunk
    return bytes(body)
