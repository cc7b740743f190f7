"""The agent's own file, ``agent.toml``: where the broker is, who this agent is, where it keeps its spool. No more.

What it probes does not stand here: the collector sends it (see :mod:`hallwatch_agent.assignment`).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hallwatch_agent.collector_watch import settings as watch_settings
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.expectations import name_choices, show_value
from hallwatch_agent.probes.probe import Host, Port
from hallwatch_agent.wire import Id

Text = Annotated[str, Meta(min_length=1)]

EXAMPLE: Final = """\
[identity]
area = "330106"                 # administrative code
hall = "xihu"
agent = "gw"                    # its id in the hall file

[broker]
host = "192.168.1.10"
port = 1883                     # usually 8883 with TLS
# username = "gw"
# password_file = "password"    # relative paths start at this file's folder
# keepalive_s = 10              # a cut network is noticed within 1.5 times this; at least 8
# [broker.tls]                  # this line alone: TLS with the system's authorities
# ca = "ca.pem"
# cert = "gw.pem"
# key = "gw.key"

[spool]
directory = "/var/lib/hallwatch-agent"
# max_bytes = 67108864
# max_age_s = 604800

# [secrets]
# directory = "secrets"         # communities, keys, passwords: one file each, named in the hall file

# [traps]
# listen = "0.0.0.0:162"        # SNMP traps: a device that sends one is read at once

# [collector_watch]             # this agent tells people itself when the collector is gone
# channel = "wecom"             # or "dingtalk", "feishu", "webhook"
# url_file = "watch-robot"      # the robot's address alone
# mention = ["@all"]
# silent_s = 90
"""

HINTS: Final = {
    "identity": "a table [identity] with area, hall and agent",
    "broker": "a table [broker] with host",
    "spool": "a table [spool] with directory",
    "identity.area": "lower-case letters, digits and '-', usually the administrative code, for example \"330106\"",
    "identity.hall": "lower-case letters, digits and '-', as in the hall file, for example \"xihu\"",
    "identity.agent": "lower-case letters, digits and '-', an [[agents]] id of the hall file, for example \"gw\"",
    "broker.host": 'the host name or address of the MQTT broker, for example "192.168.1.10"',
    "broker.port": "a whole number from 1 to 65535; usually 1883, with TLS 8883",
    "broker.username": 'text, for example "gw"',
    "broker.password_file": "the path of a file that holds the password alone",
    "broker.keepalive_s": "a whole number of seconds from 8 to 3600; 10 unless given",
    "broker.tls": 'a table [broker.tls] with, each optional, ca = "…", cert = "…", key = "…"',
    "broker.tls.ca": "the path of a PEM file with the authorities to trust",
    "broker.tls.cert": "the path of this agent's certificate, a PEM file; goes with key",
    "broker.tls.key": "the path of this agent's private key, a PEM file; goes with cert",
    "spool.directory": "the path of a directory that the agent may write; made when it is not there",
    "spool.max_bytes": "a whole number from 65536; 67108864 (64 MiB) unless given",
    "spool.max_age_s": "seconds, at least 60; 604800 (7 days) unless given",
    "secrets": "a table [secrets] with directory; the folder secrets beside this file unless given",
    "secrets.directory": "the path of a directory with the secret files that the hall file names",
    "traps": 'a table [traps] with listen = "0.0.0.0:162"; no traps are received unless given',
    "traps.listen": 'an address of this machine and a port, for example "0.0.0.0:162", or "[::]:162" with IPv6',
    **watch_settings.HINTS,
}


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """Who this agent is, in the words of the hall file."""

    area: Id
    hall: Id
    agent: Id

    def __str__(self) -> str:
        return f"{self.area}/{self.hall}/{self.agent}"


class Tls(Struct, frozen=True, forbid_unknown_fields=True):
    """TLS to the broker; an empty ``ca`` trusts the system's authorities."""

    ca: str = ""
    cert: str = ""
    key: str = ""


class Broker(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the MQTT broker is and how to be let in."""

    host: Host
    port: Port = 1883
    username: str = ""
    password_file: str = ""
    keepalive_s: Annotated[int, Meta(ge=8, le=3600)] = 10
    tls: Tls | None = None


class SpoolLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Where unacknowledged reports are kept, how many bytes of them, and for how long."""

    directory: Text
    max_bytes: Annotated[int, Meta(ge=65_536)] = 64 * 1024 * 1024
    max_age_s: Annotated[float, Meta(ge=60)] = 7 * 86_400.0


class Secrets(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the secrets of the probes are: one file each, of this machine alone."""

    directory: Text = "secrets"


class Traps(Struct, frozen=True, forbid_unknown_fields=True):
    """Where SNMP traps are received."""

    listen: Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5}$(?!\n)")]
    """Address and port, ``[…]`` around an IPv6 address."""

    @property
    def address(self) -> tuple[str, int]:
        """Address and port as the system takes them."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    identity: Identity
    broker: Broker
    spool: SpoolLimits
    secrets: Secrets = Secrets()
    traps: Traps | None = None
    collector_watch: CollectorWatch | None = None

    @property
    def assignment_path(self) -> Path:
        """Where the probe list from the collector is kept."""
        return self._path("assignment.json")

    @property
    def spool_path(self) -> Path:
        """Where the spool is; named after the identity, because its reports must never go out under another."""
        return self._path("spool.sqlite")

    @property
    def watch_path(self) -> Path:
        """Where it is kept what people were told of the collector."""
        return self._path("collector-watch.json")

    def _path(self, ending: str) -> Path:
        who = self.identity  # ids hold no dots, so no two identities share a name
        return Path(self.spool.directory) / f"{who.area}.{who.hall}.{who.agent}.{ending}"


class BadConfig(ValueError):  # noqa: N818 - reads as a sentence
    """The file cannot be used; ``problems`` holds one line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


SECTIONS: Final[dict[str, type[Struct]]] = {
    "identity": Identity,
    "broker": Broker,
    "broker.tls": Tls,
    "spool": SpoolLimits,
    "secrets": Secrets,
    "traps": Traps,
    "collector_watch": CollectorWatch,
}


def load_config(path: Path) -> Config:
    """Read and check *path*; raise :class:`BadConfig` with every problem found, each naming file, key and fix."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))  # Windows' Notepad may write a mark first
    except OSError as error:
        raise BadConfig([f"{path}: cannot be read: {error.strerror}; `hallwatch-agent --help` shows one"]) from None
    except (ValueError, RecursionError) as error:  # what is no text, no TOML, or too long or too deep for Python
        raise BadConfig([f"{path}: is not TOML: {error}"]) from None
    problems: list[str] = []
    config = check_config(table, path.absolute().parent, problems)
    if config is None or problems:
        raise BadConfig([f"{path}: {problem}" for problem in problems])
    return config


def secrets_beside(path: Path) -> Path:
    """Return the secrets folder for a command that works without the file *path* too."""
    try:
        return Path(load_config(path).secrets.directory)
    except BadConfig:
        return Path("secrets")


def find_spool_problem(config: Config) -> str:
    """Try the folder of the spool, and say what is wrong with it; empty: nothing. What had to be made is removed."""
    folder = Path(config.spool.directory)
    try:
        _try_to_write(folder)
    except OSError as error:
        why = error.strerror or str(error)
        return f"spool.directory: {folder} cannot be made or written: {why}; give {HINTS['spool.directory']}"
    return ""


def _try_to_write(folder: Path) -> None:
    """Raise :class:`OSError` when no file can be made in *folder*, nor it itself where it is not there."""
    import tempfile  # only a check needs it

    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    finally:
        for path in made:
            if path.is_dir():
                path.rmdir()


def check_config(table: dict[str, Any], base: Path, problems: list[str]) -> Config | None:
    """Turn a parsed file into a :class:`Config`; put what is wrong into *problems*. Relative paths start at *base*."""
    _check_struct(Config, table, "", problems)
    if problems:
        return None
    config = msgspec.convert(table, Config)
    broker = config.broker
    tls = broker.tls and Tls(*(_resolve(base, text) for text in msgspec.structs.astuple(broker.tls)))
    broker = msgspec.structs.replace(broker, password_file=_resolve(base, broker.password_file), tls=tls)
    spool = msgspec.structs.replace(config.spool, directory=_resolve(base, config.spool.directory))
    secrets = Secrets(_resolve(base, config.secrets.directory))
    _check_files(broker, problems)
    if config.traps:
        _check_traps(config.traps, problems)
    watch = config.collector_watch
    if watch is not None:
        files = {key: _resolve(base, getattr(watch, key)) for key in watch_settings.FILES}
        watch = msgspec.structs.replace(watch, **files)
        _check_readable({f"collector_watch.{key}": file for key, file in files.items()}, problems)
        problems += watch_settings.check_watch(watch)
    return Config(config.identity, broker, spool, secrets, config.traps, watch)


def _check_struct(kind: type[Struct], table: dict[str, Any], prefix: str, problems: list[str]) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    problems += [f"{prefix}{key}: no such key; {name_choices(key, fields)}" for key in table if key not in fields]
    for name, field in fields.items():
        key = f"{prefix}{name}"
        inner = SECTIONS.get(key)
        if name not in table:
            if field.required:
                problems.append(f"{key}: is missing; give {HINTS[key]}")
        elif inner is not None and isinstance(table[name], dict):
            _check_struct(inner, table[name], f"{key}.", problems)
        else:
            try:
                msgspec.convert(table[name], field.type)
            except msgspec.ValidationError:
                problems.append(f"{key} = {show_value(table[name])}: give {HINTS[key]}")


def _resolve(base: Path, text: str) -> str:
    return str(base / Path(text).expanduser()) if text else ""


def _check_files(broker: Broker, problems: list[str]) -> None:
    files = {"broker.password_file": broker.password_file}
    if broker.tls is not None:
        files |= {f"broker.tls.{key}": getattr(broker.tls, key) for key in Tls.__struct_fields__}
        if bool(broker.tls.cert) != bool(broker.tls.key):
            problems.append("broker.tls: cert and key go together; give both or neither")
    _check_readable(files, problems)
    if broker.password_file and not broker.username:
        problems.append(f"broker.username: is missing beside password_file; give {HINTS['broker.username']}")


def _check_readable(files: dict[str, str], problems: list[str]) -> None:
    for key, file in files.items():
        if file and not (Path(file).is_file() and os.access(file, os.R_OK)):
            problems.append(f"{key}: {file} is not there or cannot be read; give {HINTS[key]}")


def _check_traps(traps: Traps, problems: list[str]) -> None:
    from ipaddress import ip_address  # seldom needed

    host, port = traps.address
    try:
        ip_address(host)
    except ValueError:
        port = 0
    if not 1 <= port <= 65_535:
        problems.append(f"traps.listen = {traps.listen!r}: is no address and port; give {HINTS['traps.listen']}")
