"""People waiting at a queue-number machine that hands out JSON or CSV over HTTP."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from hallwatch_agent.probes.probe import Context, CouldNotRead, SecretName, Told
from hallwatch_agent.probes.queues.waiting import QueueMap, judge
from hallwatch_agent.probes.queues.waiting_rows import MAX_BYTES, NAME, VALUE, Delimiter, parse_csv, parse_json
from hallwatch_agent.probes.systems.web_probe import (
    HeaderText,
    Url,
    WebProbe,
    check_no_password,
    check_url,
    refuse_secret,
)
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

HeaderName = Annotated[
    str,
    Meta(
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$(?!\n)",
        description="the name of an HTTP header",
        examples=["X-Hall"],
    ),
]
_secret_header = re.compile(r"auth(?!or$)|cookie|token|secret|passw|api-?key|(?:^|-)key$", re.IGNORECASE)


class QueueHttpProbe(WebProbe, tag="queue-http", frozen=True, kw_only=True):
    """Gets one document. It follows no redirection, so that the token goes nowhere else."""

    tells: ClassVar[frozenset[str] | None] = frozenset({"people_waiting", "longest_wait_s"})

    url: Url
    mapping: QueueMap
    format: Literal["json", "csv"] = "json"
    rows: str = ""
    """Where in the JSON document the rows are, such as ``data.queues``."""
    delimiter: Delimiter = ","
    body: str = ""
    """Sent with POST, where the machine wants that; left out: GET."""
    headers: dict[HeaderName, HeaderText] = field(default_factory=dict)
    """Sent along; a secret has no place here."""
    token_file: SecretName = ""
    """Holds the token that is sent in ``auth_header``, behind ``auth_prefix``."""
    auth_header: HeaderName = "Authorization"
    auth_prefix: HeaderText = "Bearer "

    def __post_init__(self) -> None:
        """Refuse an address that cannot be asked, and secrets."""
        super().__post_init__()
        check_no_password(check_url(self.url), instead=tell("put it into a secret file: `token_file`"))
        if self.rows and self.format == "csv":
            raise ValueError(tell('`rows` says where they are in JSON; leave it out with `format = "csv"`'))
        if not self.token_file and (self.auth_header, self.auth_prefix) != ("Authorization", "Bearer "):
            raise ValueError(
                tell("`auth_header` and `auth_prefix` go with `token_file`, which holds what is sent in it")
            )
        for name in filter(_secret_header.search, self.headers):
            instead = f'`token_file = "…"`, `auth_header = "{name}"`, `auth_prefix = ""`'
            refuse_secret("headers", name, instead)

    @property
    def parts(self) -> frozenset[str] | None:
        """The classes of business."""
        return frozenset(self.mapping.classes.values())

    def read(self, context: Context) -> Told:
        """Tell ``people_waiting`` and ``longest_wait_s``, in all and by class."""
        body = self.body.encode() if self.body else None
        content = self.fetch(self.url, context, MAX_BYTES, body=body, headers=self._headers(context))
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
