"""People waiting at a queue-number machine that hands out JSON or CSV over HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import field

from hallwatch_agent.probes.contact import connect, in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead, SecretName, Told
from hallwatch_agent.probes.waiting import QueueMap, judge
from hallwatch_agent.probes.waiting_rows import MAX_BYTES, NAME, VALUE, Delimiter, parse_csv, parse_json
from hallwatch_agent.probes.web_probe import (
    Url,
    WebProbe,
    ask,
    check_no_password,
    check_url,
    port_of,
    read_body,
    secure,
)
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import http.client


class QueueHttpProbe(WebProbe, tag="queue-http", frozen=True, kw_only=True):
    """Gets one document. It follows no redirection, so that the token goes nowhere else."""

    url: Url
    mapping: QueueMap
    format: Literal["json", "csv"] = "json"
    rows: str = ""
    """Where in the JSON document the rows are, such as ``data.queues``."""
    delimiter: Delimiter = ","
    body: str = ""
    """Sent with POST, where the machine wants that; left out: GET."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent along; a secret has no place here."""
    token_file: SecretName = ""
    """Holds the token that is sent in ``auth_header``, behind ``auth_prefix``."""
    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "

    def __post_init__(self) -> None:
        """Refuse an address that cannot be asked, or that holds a password."""
        check_no_password(check_url(self.url))

    def read(self, context: Context) -> Told:
        """Tell ``people_waiting`` and ``longest_wait_s``, in all and by class."""
        content = self._fetch(self._headers(context), context)
        if self.format == "csv":
            rows = parse_csv(content, self.delimiter, "", header=True)
        else:
            rows = parse_json(content, self.rows, entries=bool({NAME, VALUE} & self.mapping.columns))
        return judge(rows, self.mapping, context.now)

    def _headers(self, context: Context) -> dict[str, str]:
        token = context.secret(self.token_file)
        if not (token.isascii() and token.isprintable()):  # http.client would refuse it, and repeat it in the error
            raise CouldNotRead(ReadError.LOCAL, f"secret {self.token_file}: holds what no HTTP header can hold")
        return self.headers | ({self.auth_header: f"{self.auth_prefix}{token}"} if token else {})

    def _fetch(self, headers: dict[str, str], context: Context) -> bytes:
        import http.client

        parts = urlsplit(self.url)
        ends_at = time.perf_counter() + self.timeout_s
        method, body = ("POST", self.body.encode()) if self.body else ("GET", None)
        link = connect(parts.hostname or "", port_of(parts), self.timeout_s, context)
        try:
            if parts.scheme == "https":
                link = secure(link, self.tls(context), parts.hostname, ends_at)
            answer = ask(link, parts, ends_at, method=method, body=body, headers=headers)
            check_answer(answer)
            content = read_body(answer, MAX_BYTES + 1)
        except TimeoutError:
            raise CouldNotRead(ReadError.TIMEOUT, "it accepts the connection, but its answer does not end") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CouldNotRead(ReadError.GARBAGE, in_words(error)[:200]) from None
        finally:
            link.close()
        if len(content) > MAX_BYTES or answer.length:
            raise CouldNotRead(ReadError.GARBAGE, f"an answer cut short, or of more than {MAX_BYTES} bytes")
        return content


def check_answer(answer: http.client.HTTPResponse) -> None:
    """Raise :class:`CouldNotRead` when an answer is a refusal or an error."""
    if answer.status in (401, 403):
        raise CouldNotRead(ReadError.DENIED, f"HTTP {answer.status}: wrong or missing token")
    if answer.status != 200:
        raise CouldNotRead(ReadError.GARBAGE, f"HTTP {answer.status}, not 200")
