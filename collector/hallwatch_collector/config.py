"""The collector's own file, ``collector.toml``. Everything has a default that works on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct, structs

from hallwatch_agent.probes.probe import Host, Port
from hallwatch_agent.tables import TableReader
from hallwatch_agent.wire import Id
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.tables import read_toml
from hallwatch_collector.webconfig import Web, check_web

__all__ = [
    "DEFAULT_PATH",
    "DEMO_PATH",
    "EXAMPLE",
    "TOKEN_FILE",
    "Broker",
    "Config",
    "Drills",
    "History",
    "Journal",
    "Report",
    "Web",
    "anchor",
    "load_config",
    "load_running",
    "read_secret",
]

DEFAULT_PATH: Final = Path("collector.toml")
DEMO_PATH: Final = Path("data/collector.toml")
TOKEN_FILE: Final = "operator.token"  # noqa: S105 - a file's name
HALLS: Final = "halls"
"""The folder of the hall files, unless told otherwise; before the first hall it need not be there."""
EXAMPLE: Final = """\
halls = "halls"                 # one hall file, or a folder of them; relative paths start at this file's folder
data_dir = "data"               # everything that the collector writes
# plan = "county.toml"          # an emergency plan of your own, instead of the county plan that comes with Hallwatch
# catalogue = "catalogue.toml"  # a fault catalogue of your own
# alerts = "alerts.toml"        # who is told of what, by which way; left out: nobody
# areas = ["330106"]            # listen only to these, at a broker that several collectors share

[broker]
embedded = true                 # start and supervise a broker of our own on loopback; false: one that is there already
port = 1883                     # usually 8883 with TLS
# binary = "/usr/sbin/mosquitto"        # the embedded broker's program, if not the one of the extra "broker"
# host = "192.168.1.10"         # of a broker that is not embedded
# client_id = "hallwatch-collector"     # no two collectors at one broker may share it
# keepalive_s = 30              # 5 to 3600
# username = "hallwatch"
# password_file = "broker-password"     # holds the password alone
# tls = false
# ca_file = "ca.pem"            # left out: the authorities that the system trusts
# cert_file = "collector.pem"   # goes with key_file
# key_file = "collector.key"

[web]
host = "127.0.0.1"              # "0.0.0.0": from every machine that reaches this one
port = 8080
# address = "https://hall.example.cn"   # where people's browsers find the pages, for the links in messages
# hosts = ["hall.example.cn"]   # names by which browsers may call it, beside loopback, host and address
# proxies = ["127.0.0.1"]       # of a proxy with TLS before it: see docs/access.md
# idle_s = 14400                # who does nothing for so long signs in again
# session_s = 43200             # and everybody does after so long
# audit_days = 366              # so long is kept who did what; 184 at least
# metrics_token_file = "metrics-token"  # the token that Prometheus sends for /metrics; left out: none is asked

# [web.oidc]                    # a bureau's own sign-in, by OpenID Connect: see docs/access.md
# issuer = "https://id.example.cn/realms/tax"
# client_id = "hallwatch"
# client_secret_file = "oidc-secret"
# roles_claim = "groups"
# roles = { "tax-hall-heads" = ["head"], "it" = ["technician"] }

# [journal]
# url = "postgresql+psycopg://hallwatch@db/hallwatch"   # left out: SQLite in data_dir

# [history]                     # a time series database that takes InfluxDB's line protocol
# url = "http://127.0.0.1:8428"
# bucket = "hallwatch"
# org = "hallwatch"
# token_file = "history-token"

# [report]                      # fonts with Chinese letters, for PDFs; left out: the best that are installed
# font = "/usr/share/fonts/songti.ttc"
# heading_font = "/usr/share/fonts/heiti.ttf"

# [drills]                      # as whom the simulated agents of a drill come to the broker
# username = "drill"            # left out: as the collector does
# password_file = "drill-password"
"""


class Broker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the MQTT broker is, and how to be let in."""

    embedded: bool = False
    """Start and supervise a broker of our own on loopback; ``host`` is then ignored."""
    binary: str = ""
    """The embedded broker's program; empty: the one that comes with the extra ``broker``."""
    host: Host = "127.0.0.1"
    port: Port = 1883
    client_id: Annotated[str, Meta(min_length=1, max_length=64)] = "hallwatch-collector"
    """Names the session that the broker keeps for us while we are away: no two collectors may share one."""
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    username: str = ""
    password_file: str = ""
    """A file that holds the password and nothing else."""
    tls: bool = False
    ca_file: str = ""
    """Certificate authority of the broker; empty: those that the system trusts."""
    cert_file: str = ""
    key_file: str = ""


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where every decision is written down before it is carried out."""

    url: str = ""
    """A SQLAlchemy URL such as ``postgresql+psycopg://hallwatch@db/hallwatch``; empty: SQLite in the data folder."""


class History(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time series database that takes InfluxDB's line protocol; an empty ``url`` keeps no history."""

    url: str = ""
    bucket: str = "hallwatch"
    org: str = "hallwatch"
    token_file: str = ""


class Report(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the reports on incidents are written."""

    font: str = ""
    """Font file (.ttf, .otf, .ttc) with Chinese letters that a PDF embeds; empty: the best that is installed."""
    heading_font: str = ""
    """The same for headings; empty: ``font``, or the best that is installed when that is empty too."""


class Drills(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As whom the simulated agents of a drill come to the broker; an empty ``username``: as the collector does."""

    username: str = ""
    password_file: str = ""


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The collector's file. Paths are relative to it."""

    halls: str = HALLS
    """One hall file, or a folder of them."""
    data_dir: str = "data"
    plan: str = ""
    """The emergency plan; empty: the county plan that comes with Hallwatch."""
    catalogue: str = ""
    """The fault catalogue; empty: the one that comes with Hallwatch."""
    areas: list[Id] = []
    """Listen only to these areas; empty: to all. For brokers that several collectors share."""
    broker: Broker = Broker()
    web: Web = Web()
    journal: Journal = Journal()
    history: History = History()
    report: Report = Report()
    alerts: str = ""
    """Who is told what, when, and by which way; empty: nobody is."""
    drills: Drills = Drills()

    @property
    def data(self) -> Path:
        """The folder that holds everything this collector writes."""
        return Path(self.data_dir)

    @property
    def token_file(self) -> Path:
        """The file that holds the operator's token."""
        return self.data / TOKEN_FILE

    @property
    def alerts_file(self) -> Path | None:
        """Who is told what, when, and by which way; None: nobody is."""
        return Path(self.alerts) if self.alerts else None

    @property
    def drill_halls(self) -> Path:
        """The folder of the hall files of twins on which drills are held (B3)."""
        return self.data / "drills"

    @property
    def plan_file(self) -> Path | None:
        """The emergency plan; None: the one that comes with Hallwatch."""
        return Path(self.plan) if self.plan else None

    @property
    def catalogue_file(self) -> Path | None:
        """The fault catalogue; None: the one that comes with Hallwatch."""
        return Path(self.catalogue) if self.catalogue else None

    @property
    def journal_url(self) -> str:
        """The journal's SQLAlchemy URL."""
        return self.journal.url or f"sqlite:///{self.data / 'journal.sqlite'}"


def load_config(path: Path | None) -> Config:
    """Read and check the collector's file; *None*: ``collector.toml`` when it is there, else all defaults.

    Raises :class:`FileRefused` with everything that is wrong with it.
    """
    if path is None and not DEFAULT_PATH.exists():
        return anchor(Config(), Path())
    path = path or DEFAULT_PATH
    table, _ = read_toml(path)
    reader = TableReader()
    config = anchor(reader.read(table, Config), path.parent)
    problems = [Problem(str(path), key, text) for key, text in (*reader.problems, *_check(config))]
    if problems:
        raise FileRefused(problems)
    return config


def load_running(path: Path | None) -> Config:
    """Read the file of the collector that runs here: as :func:`load_config`, or else that of ``hallwatch demo``.

    So what is asked of a collector needs no ``--config`` in the folder from which it was started.
    """
    if path is None and not DEFAULT_PATH.exists() and DEMO_PATH.exists():
        return load_config(DEMO_PATH)
    return load_config(path)


def anchor(config: Config, folder: Path) -> Config:
    """Return the config with its paths made absolute from the folder its file is in."""

    def absolute(path: str) -> str:
        return str((folder / path).absolute()) if path else ""

    files = ("binary", "password_file", "ca_file", "cert_file", "key_file")
    broker = structs.replace(config.broker, **{name: absolute(getattr(config.broker, name)) for name in files})
    history = structs.replace(config.history, token_file=absolute(config.history.token_file))
    report = structs.replace(
        config.report, font=absolute(config.report.font), heading_font=absolute(config.report.heading_font)
    )
    secret = absolute(config.web.oidc.client_secret_file)
    oidc, metrics_token = structs.replace(config.web.oidc, client_secret_file=secret), config.web.metrics_token_file
    web = structs.replace(config.web, oidc=oidc, metrics_token_file=absolute(metrics_token))
    drills = structs.replace(config.drills, password_file=absolute(config.drills.password_file))
    paths = {name: absolute(getattr(config, name)) for name in ("halls", "data_dir", "plan", "catalogue", "alerts")}
    return structs.replace(config, broker=broker, web=web, history=history, report=report, drills=drills, **paths)


def read_secret(path: str) -> str:
    """Return what a secret's file holds, without the line end; empty when there is no file to read."""
    return Path(path).read_text(encoding="utf-8").rstrip("\r\n") if path else ""


def _check(config: Config) -> Iterator[tuple[str, str]]:
    broker = config.broker
    files = {
        "plan": config.plan,
        "catalogue": config.catalogue,
        "broker.password_file": broker.password_file,
        "broker.ca_file": broker.ca_file,
        "broker.cert_file": broker.cert_file,
        "broker.key_file": broker.key_file,
        "history.token_file": config.history.token_file,
        "drills.password_file": config.drills.password_file,
        "report.font": config.report.font,
        "web.metrics_token_file": config.web.metrics_token_file,
        "web.oidc.client_secret_file": config.web.oidc.client_secret_file,
        "report.heading_font": config.report.heading_font,
    }
    for key, file in files.items():
        if file and not Path(file).is_file():
            yield key, f"there is no file {file}"
    halls = Path(config.halls)
    if not halls.exists() and not (halls.name == HALLS and halls.parent.is_dir()):  # the pages make that one
        yield "halls", f"there is no file or folder {config.halls}"
    if bool(broker.cert_file) != bool(broker.key_file):
        yield "broker", "cert_file and key_file go together; give both or none"
    if not broker.tls and (broker.ca_file or broker.cert_file):
        yield "broker.tls", "is false, but certificate files are given; set tls = true"
    if broker.password_file and not broker.username:
        yield "broker.username", "is missing; a password needs one"
    if config.drills.password_file and not config.drills.username:
        yield "drills.username", "is missing; a password needs one"
    yield from check_web(config.web)
    if config.history.url and not config.history.url.startswith(("http://", "https://")):
        yield "history.url", f"{config.history.url!r} must begin with http:// or https://"
