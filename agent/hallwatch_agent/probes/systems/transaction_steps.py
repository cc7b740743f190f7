"""The steps of a synthetic transaction as the hall file writes them, and the requests they become. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec
from msgspec import Meta, Struct, field

from hallwatch_agent.expectations import show_value
from hallwatch_agent.probes.patterns import compile_pattern
from hallwatch_agent.probes.probe import SecretName
from hallwatch_agent.probes.systems.web_probe import Url, check_no_password, check_url, port_of, refuse_secret
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import Id

MAX_STEPS: Final = 20
MAX_EXTRACT_CHARS: Final = 200
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
REDIRECTIONS: Final = (301, 302, 303, 307, 308)
KEEP_METHOD: Final = (307, 308)

_variable = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_secret_field = re.compile(r"passw|passphrase|pwd|secret", re.IGNORECASE)


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One request, redirections within its host included, and what must come of it."""

    name: Id
    url: Url
    method: Literal["GET", "POST"] | None = None
    """Left out: POST with a form, else GET."""
    form: dict[str, str] = field(default_factory=dict)
    """Fields to send; ``{token}`` stands for what an earlier step extracted under that name, here and in ``url``."""
    secrets: dict[str, SecretName] = field(default_factory=dict)
    """Further fields, from secret files."""
    send_as: Literal["form", "json"] = "form"
    login: bool = False
    """Marks the step that logs in: when it is not answered as expected, the system lets nobody in."""
    expect_status: Annotated[tuple[Annotated[int, Meta(ge=100, le=599)], ...], Meta(min_length=1)] = ()
    """Status codes that are right; left out: any below 300 after the redirections."""
    expect_text: Annotated[str, Meta(min_length=1)] = ""
    """Must stand in the answer, in UTF-8 or GB 18030."""
    forbid_text: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    """A program error has one of these in its page, whatever its status."""
    extract: dict[str, Annotated[str, Meta(max_length=MAX_EXTRACT_CHARS)]] = field(default_factory=dict)
    """Regular expressions with one group, by the name of the variable that it becomes."""

    def __post_init__(self) -> None:
        """Refuse what could not be asked, and what would put a secret into an address."""
        if _variable.search(re.split("[/?#]", self.url.partition("://")[2], maxsplit=1)[0]):
            raise ValueError(tell("`url` may have a {{variable}} behind the host only"))
        check_no_password(check_url(self.url))
        for name in filter(_secret_field.search, self.form):
            if self.form[name] and not _variable.search(self.form[name]):
                instead = f'`secrets = {{ {name} = "…" }}`'
                refuse_secret("form", name, instead)
        if self.secrets and self.method == "GET":
            raise ValueError(tell("`secrets` go with POST only, as addresses end in logs"))
        for name in self.form.keys() & self.secrets.keys():
            raise ValueError(
                tell("field {name} stands in `form` and in `secrets`; only one of them would be sent", name=name)
            )
        for text in filter(self.expect_text.__contains__, self.forbid_text):
            shown = show_value(text)
            raise ValueError(tell("`forbid_text` {text} stands in `expect_text`, so no page is ever right", text=shown))
        for name, pattern in self.extract.items():
            groups = compile_pattern(pattern, f"extract.{name}").groups
            if groups != 1 or not _variable.fullmatch(f"{{{name}}}"):
                raise ValueError(
                    tell("`extract` {name}: needs exactly one group, and a name of a-z, 0-9 and _", name=name)
                )

    @property
    def variables(self) -> set[str]:
        """The variables that the step uses."""
        return {name for text in (self.url, *self.form.values()) for name in _variable.findall(text)}


class Request(Struct, frozen=True):
    """One HTTP request."""

    url: str
    method: str = "GET"
    body: bytes | None = None
    content_type: str = ""


class Refused(Exception):  # noqa: N818 - it says what happened
    """What came is not what should come; the text says what, for a technician."""


def check_steps(steps: tuple[Step, ...]) -> None:
    """Raise :class:`ValueError` when steps cannot follow each other."""
    names = [step.name for step in steps]
    if len(set(names)) < len(names) or sum(step.login for step in steps) > 1:
        raise ValueError(tell("each step needs a `name` of its own, and at most one may be the `login`"))
    known: set[str] = set()
    for step in steps:
        if unknown := step.variables - known:
            raise ValueError(
                tell("step {step}: no earlier step extracts {{{name}}}", step=step.name, name=min(unknown))
            )
        known |= step.extract.keys()


def build_request(step: Step, variables: Mapping[str, str], secrets: Mapping[str, str]) -> Request:
    """Return the request of a step; *secrets* are the values of its secret fields."""
    url = _variable.sub(lambda found: quote(variables[found[1]], safe=""), step.url)
    fields = {key: _variable.sub(lambda found: variables[found[1]], text) for key, text in step.form.items()}
    fields |= secrets
    method = step.method or ("POST" if fields else "GET")
    if method == "GET":
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(fields))))
        return Request(parts._replace(query=query, fragment="").geturl())
    if step.send_as == "json":
        return Request(url, method, msgspec.json.encode(fields), JSON)
    return Request(url, method, urlencode(fields).encode(), FORM)


def follow(request: Request, status: int, location: str | None) -> Request | None:
    """Return the request that an answer redirects to, None for one that does not.

    Raises :class:`Refused` for a way that leads to another host, out of TLS, or with the form to another port: what is
    secret stays with whom it was meant for.
    """
    if status not in REDIRECTIONS or not location:
        return None
    here = urlsplit(request.url)
    try:
        there = urlsplit(urljoin(request.url, location.strip()))._replace(fragment="")
        host, port = there.hostname, port_of(there)
    except ValueError:
        raise Refused("redirects to what is no address") from None
    if there.scheme not in ("http", "https") or host != here.hostname:
        raise Refused(f"redirects to another host, {host}")
    if (here.scheme, there.scheme) == ("https", "http"):
        raise Refused("redirects out of TLS, from https to http")
    if status not in KEEP_METHOD or request.method == "GET":
        return Request(there.geturl())
    if port != port_of(here) and (here.scheme, there.scheme) != ("http", "https"):
        raise Refused(f"redirects the form to another port, {port}")
    return Request(there.geturl(), request.method, request.body, request.content_type)


def check_status(step: Step, status: int) -> None:
    """Raise :class:`Refused` when the status of a step's last answer is not what it should be."""
    if status not in step.expect_status if step.expect_status else status >= 300:
        raise Refused(f"HTTP {status}")


def parse_variables(step: Step, body: bytes) -> dict[str, str]:
    """Return what a step extracts from a page; raise :class:`Refused` naming what is not in it."""
    if not step.extract:
        return {}
    from html import unescape

    text = decode_page(body)
    found = {}
    for name, pattern in step.extract.items():
        match = compile_pattern(pattern, f"extract.{name}").search(text)
        if match is None or match[1] is None:
            raise Refused(f"nothing in the page matches `extract` {name}")
        found[name] = unescape(match[1])
    return found


def decode_page(body: bytes) -> str:
    """Return a page as text, in UTF-8 even when it is cut in the middle of a letter, else in GB 18030."""
    for cut in range(4):
        try:
            return body[: len(body) - cut].decode()
        except UnicodeDecodeError:
            continue
    return body.decode("gb18030", "replace")
