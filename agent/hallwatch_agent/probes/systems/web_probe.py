"""What all probes share that speak HTTP: TLS options, and one question with its answer within a time limit.

``http.client`` does the talking: an HTTP library would cost 7 MiB for a few requests. It and ``ssl`` load with the
first reading, as an agent that has neither such a probe nor TLS to its broker does without them (5 MiB).
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit

from msgspec import Meta

from hallwatch_agent.probes.contact import connect, in_words
from hallwatch_agent.probes.probe import HOST_PATTERN, Context, CouldNotRead, FilePath, Probe
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import http.client
    import socket
    import ssl

IN_A_FILE: Final = tell("put it into a secret file")
MOST_READ_BYTES: Final = 1_048_576
"""So much of an answer is read."""
_password = re.compile(
    r"(?:^|[&;])(password|passwd|passphrase|pwd|secret|[\w-]*token|(?:api|access|app|auth)?[-_]?key)=[^&;{]",
    re.IGNORECASE,
)
"""Not a variable of a transaction, ``{token}``: that is no secret of the hall file."""
_key = re.compile("(?:token|key)$", re.IGNORECASE)

Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/?#]+[^\r\n]*$(?!\n)",
        description="an address that begins with http:// or https://",
        examples=["https://10.1.2.3:8443/login"],
    ),
]
HeaderText = Annotated[
    str, Meta(pattern=r"^[\x20-\x7e]{0,1000}$(?!\n)", description="plain letters, digits and signs, at most 1000")
]


class WebProbe(Probe, frozen=True, kw_only=True):
    """Options of every probe that speaks HTTP. None uses a proxy."""

    verify: bool = True
    """Whether the certificate must be good. Without it, its end is not known either."""
    ca_file: FilePath = ""
    """Certificates to trust instead of the system's, a PEM file on the agent's machine."""

    def __post_init__(self) -> None:
        """Refuse certificates to trust where none is looked at."""
        if self.ca_file and not self.verify:
            raise ValueError(tell("`ca_file` is of no use with `verify = false`: leave one of them out"))

    def tls(self, context: Context) -> ssl.SSLContext:
        """Make the TLS settings, which costs 20 ms, once and when ``ca_file`` has changed.

        Raises :class:`CouldNotRead` (``unsupported``) when ``ca_file`` cannot be read.
        """
        import ssl

        kept: tuple[int, ssl.SSLContext] | None = context.memory.get("tls")
        try:
            changed_at = Path(self.ca_file).stat().st_mtime_ns if self.ca_file else 0
            if kept and kept[0] == changed_at:
                return kept[1]
            tls = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            note = f"ca_file {self.ca_file}: {error.strerror or error}"
            raise CouldNotRead(ReadError.UNSUPPORTED, note) from None
        if not self.verify:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        context.memory["tls"] = (changed_at, tls)
        return tls

    def fetch(
        self,
        url: str,
        context: Context,
        most_bytes: int,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Get one document, or post *body* for it, and return it whole; a redirection is not followed.

        Raises :class:`CouldNotRead`: as :func:`connect` and :meth:`tls` do; ``denied`` when the answer is a refusal,
        ``garbage`` when it is no such document, ``mute`` when it does not come, or end, in time.
        """
        import http.client

        parts, ends_at = check_url(url), time.perf_counter() + self.timeout_s
        method = "GET" if body is None else "POST"
        link = connect(parts.hostname or "", port_of(parts), self.timeout_s, context)
        try:
            if parts.scheme == "https":
                link = secure(link, self.tls(context), parts.hostname, ends_at)
            answer = ask(link, parts, ends_at, method=method, body=body, headers=headers)
            content = read_body(answer, most_bytes + 1)
        except TimeoutError:
            # whoever takes the connection is alive; only the service behind it is not
            note = f"it accepts the connection, but its answer does not end within {self.timeout_s:g} s"
            raise CouldNotRead(ReadError.MUTE, note) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CouldNotRead(ReadError.GARBAGE, words_of(error)) from None
        finally:
            link.close()
        if answer.status in (401, 403):
            raise CouldNotRead(ReadError.DENIED, f"HTTP {answer.status}: wrong or missing token")
        if answer.status != 200:
            raise CouldNotRead(ReadError.GARBAGE, f"HTTP {answer.status}, not 200")
        if len(content) > most_bytes or answer.length:
            raise CouldNotRead(ReadError.GARBAGE, f"an answer cut short, or of more than {most_bytes} bytes")
        return content


def check_url(url: str, option: str = "url") -> SplitResult:
    """Take an address apart; raise :class:`ValueError` naming *option* for one that HTTP cannot be spoken with."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # in the library's words
        parts, port = SplitResult("", "", "", "", ""), None
    known = parts.scheme in ("http", "https") and re.search(HOST_PATTERN, parts.hostname or "")
    if not known or port == 0:
        wrong = tell(
            "`{option}` must have http:// or https://, a host and, if it is not the usual one, "
            "a port from 1 to 65535, such as https://10.1.2.3:8443/login",
            option=option,
        )
        raise ValueError(wrong)
    return parts


def check_no_password(parts: SplitResult, option: str = "url", instead: str = IN_A_FILE) -> None:
    """Raise :class:`ValueError` when an address holds a password or key: hall files hold no secrets."""
    found = _password.search(unquote_plus(parts.query))
    if parts.password is not None or found:
        is_key = found is not None and _key.search(found[1])
        what = tell("the secret {name}", name=found[1]) if found and is_key else tell("a password")
        raise ValueError(tell("`{option}` must not hold {what}; {instead}", option=option, what=what, instead=instead))


def refuse_secret(option: str, name: str, instead: str) -> NoReturn:
    """Raise :class:`ValueError` for a secret in an option; *instead* is how to name the file that holds it."""
    raise ValueError(
        tell(
            "`{option}` must hold no secret such as {name}; put it into a secret file: {instead}",
            option=option, name=name, instead=instead,
        )
    )  # fmt: skip


def port_of(parts: SplitResult) -> int:
    """Return the port that an address means."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def secure(link: socket.socket, tls: ssl.SSLContext, host: str | None, ends_at: float) -> ssl.SSLSocket:
    """Shake hands over a connection; raise :class:`OSError`, of which :class:`ssl.SSLError` is one, when that fails.

    Moments are those of ``time.perf_counter``.
    """
    link.settimeout(_left_s(ends_at))
    return tls.wrap_socket(link, server_hostname=host)


def ask(
    link: socket.socket,
    parts: SplitResult,
    ends_at: float,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> http.client.HTTPResponse:
    """Ask one thing and return the answer, its body still unread. The link stays the caller's to close.

    Raises :class:`OSError`, :class:`http.client.HTTPException` or :class:`ValueError` when no such answer comes before
    *ends_at*, however slowly it drips.
    """
    import http.client

    connection = http.client.HTTPConnection(parts.hostname or "", port_of(parts))
    talking: Any = _TimedLink(link, ends_at)
    connection.sock = talking
    target = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe="/?:@!$&'()*+,;=%~[]")
    fixed = {"User-Agent": "hallwatch-agent", "Connection": "close"}
    connection.request(method, target, body, fixed | dict(headers or {}))
    return connection.getresponse()


def read_body(answer: http.client.HTTPResponse, most_bytes: int = MOST_READ_BYTES) -> bytes:
    """Return the body of an answer, at most so much of it; raise as :func:`ask` does."""
    return answer.read(most_bytes)


def words_of(error: Exception) -> str:
    """Say why there is no answer, in no words of the server's: they may hold what was sent to it."""
    return in_words(error)[:200] if isinstance(error, OSError) else f"no HTTP: {type(error).__name__}"


def parse_expiry(certificate: dict[str, Any] | None, now: float) -> dict[str, float]:
    """Return how long a certificate (as ``getpeercert`` gives it) is still good; nothing when that is not known."""
    import ssl

    try:
        return {"tls_expires_in_s": ssl.cert_time_to_seconds(str((certificate or {})["notAfter"])) - now}
    except (KeyError, ValueError):
        return {}


def holds_text(body: bytes, wanted: str) -> bool:
    """Tell whether a text stands in a page, in UTF-8 or GB 18030."""
    return any(wanted.encode(charset, "ignore") in body for charset in ("utf-8", "gb18030"))


class _TimedLink:
    """As much of a socket as ``http.client`` uses. A time limit for each packet would let a slow server go on for
    ever, so whatever is done with this one ends by one moment."""

    def __init__(self, link: socket.socket, ends_at: float) -> None:
        self._link = link
        self._ends_at = ends_at

    def sendall(self, content: bytes) -> None:
        self._link.settimeout(_left_s(self._ends_at))
        self._link.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedStream(self._link, self._ends_at))

    def close(self) -> None:
        """Do nothing: the answer is still to be read."""


class _TimedStream(io.RawIOBase):
    def __init__(self, link: socket.socket, ends_at: float) -> None:
        self._link = link
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._link.settimeout(_left_s(self._ends_at))
        return self._link.recv_into(buffer)


def _left_s(ends_at: float) -> float:
    left_s = ends_at - time.perf_counter()
    if left_s <= 0:
        raise TimeoutError("the answer did not end in time")
    return left_s
