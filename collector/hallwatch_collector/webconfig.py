"""How the pages are served and how people are let in: ``[web]`` of the collector's file."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from hallwatch_agent.probes.probe import Host, Port
from hallwatch_collector.retention import HALF_YEAR_DAYS

LEAST_AUDIT_DAYS: Final = HALF_YEAR_DAYS
"""Six months: what the Cybersecurity Law (art. 21) asks of logs."""


class Oidc(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bureau's own sign-in (OpenID Connect); an empty ``issuer``: there is none."""

    issuer: str = ""
    """As it names itself, such as ``https://id.example.cn/realms/tax``."""
    client_id: str = ""
    client_secret_file: str = ""
    """A file that holds the secret and nothing else; empty: a public client, which PKCE alone protects."""
    name: str = ""
    """What the button says; empty: 「统一身份登录」."""
    scopes: list[str] = field(default_factory=lambda: ["openid", "profile"])
    name_claim: str = "name"
    """Which claim is a person's name in the record."""
    roles_claim: str = "roles"
    """Which claim, a list, names their roles or groups there."""
    roles: dict[str, list[str]] = {}
    """What that claim says → roles here. Empty: roles are given here, as to everybody else."""


class Web(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages, the API and ``/metrics`` are served."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    address: str = ""
    """Where people's browsers find the pages, for the links in messages; empty: messages have none."""
    proxies: list[str] = []
    """Addresses, or networks such as ``10.0.0.0/8``, of proxies that say truly from where a request comes and whether
    it came over TLS (``X-Forwarded-For``, ``X-Forwarded-Proto``); empty: nobody is believed."""
    idle_s: Annotated[int, Meta(ge=300, le=604_800)] = 4 * 3600
    """Who does nothing for so long has to sign in again. Half a working day: nobody is asked again after lunch, and
    a computer that was left at closing time is nobody's the next morning."""
    session_s: Annotated[int, Meta(ge=600, le=2_592_000)] = 12 * 3600
    """Whatever they do, people sign in anew after so long: once a working day."""
    audit_days: Annotated[int, Meta(ge=LEAST_AUDIT_DAYS, le=3660)] = 366
    """So long is kept who did what; at least six months."""
    metrics_token_file: str = ""
    """A file that holds the token which Prometheus sends for ``/metrics`` (``authorization`` in its file), for these
    tell of every hall, its board open or not. Empty: whoever reaches the pages may ask for them."""
    oidc: Oidc = Oidc()
    hosts: list[str] = []
    """Names by which browsers may call this server, beside the loopback ones, ``host`` and that of ``address``."""

    @property
    def names(self) -> list[str]:
        """The names by which browsers may call it, the loopback ones left out."""
        return [self.host, *self.hosts, *filter(None, [host_in(self.address)])]


def check_web(web: Web) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, by its key."""
    if web.address and not host_in(web.address):
        yield "web.address", f"{web.address!r} must begin with http:// or https://, and a host's name"
    yield from _check_oidc(web)
    for proxy in web.proxies:
        if not _is_network(proxy):
            yield "web.proxies", f"{proxy!r} is no proxy's address; give one such as 10.1.2.3, or a network 10.1.2.0/24"


def _check_oidc(web: Web) -> Iterator[tuple[str, str]]:
    oidc = web.oidc
    if not oidc.issuer:
        return
    parts = urlsplit(oidc.issuer)
    if not host_in(oidc.issuer) or parts.query or parts.fragment:
        yield "web.oidc.issuer", f"{oidc.issuer!r} must be the https:// address by which the issuer names itself"
    elif parts.scheme != "https" and host_in(oidc.issuer) not in ("127.0.0.1", "localhost", "[::1]"):
        yield "web.oidc.issuer", f"{oidc.issuer!r} must begin with https://, or who listens could sign in as anybody"
    if not oidc.client_id:
        yield "web.oidc.client_id", "is missing; the issuer gives one for each program that it signs people in to"
    if not web.address:
        yield "web.address", "is missing; the issuer sends people back there"
    if "openid" not in oidc.scopes:
        yield "web.oidc.scopes", 'must have "openid" among them'


def host_in(address: str) -> str:
    """Return the host that a web address names, as a browser names it; empty: it is none."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    return f"[{host}]" if ":" in host else host


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
