"""Which hosts and ids stand in hall files already. Reads their TOML itself: the agent knows no collector."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct


class Known(Struct, frozen=True):
    """What stands in some hall files."""

    hosts: frozenset[str] = frozenset()
    """Addresses and names, lower-case."""
    ids: frozenset[str] = frozenset()


class BadHallFile(ValueError):  # noqa: N818 - reads as a sentence
    """A hall file cannot be read; the text names it and says why."""


def read_known(paths: Sequence[Path]) -> Known:
    """Read hall files, and the ``*.toml`` in folders; names are looked up, and count with all their addresses.

    Raises :class:`BadHallFile`.
    """
    hosts: set[str] = set()
    ids: set[str] = set()
    for path in [file for place in paths for file in _files(place)]:
        try:
            table = tomllib.loads(path.read_text("utf-8-sig"))
        except OSError as error:
            raise BadHallFile(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:  # what is no text, no TOML, or too long or too deep for Python
            raise BadHallFile(f"{path}: is not TOML: {error}; `hallwatch check` says more") from None
        hosts |= set(hosts_in({"devices": table.get("devices"), "systems": table.get("systems")}))
        ids |= set(_ids_in(table))
    return Known(frozenset(hosts | {address for host in hosts for address in _look_up(host)}), frozenset(ids))


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    try:
        return sorted(file for file in place.iterdir() if file.suffix == ".toml")
    except OSError as error:
        raise BadHallFile(f"{place}: cannot be read: {error.strerror}") from None


def hosts_in(told: Any) -> Iterator[str]:
    """Yield the hosts that the probes name: ``host``, and those within URLs and paths on another machine."""
    if isinstance(told, list):
        for item in told:
            yield from hosts_in(item)
    elif isinstance(told, dict):
        for key, value in told.items():
            if isinstance(value, str):
                yield from _hosts_in_text(key, value)
            else:
                yield from hosts_in(value)


def _hosts_in_text(key: str, value: str) -> Iterator[str]:
    host = value if key == "host" or key.endswith("_host") else ""
    if "://" in value:
        try:
            host = urlsplit(value).hostname or ""
        except ValueError:
            return
    elif value.startswith("\\\\"):
        host = value[2:].partition("\\")[0]
    if host:
        yield host.strip().lower()


def _ids_in(table: dict[str, Any]) -> Iterator[str]:
    for key in ("devices", "systems", "windows", "places"):
        items = table.get(key)
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                yield item["id"]


def _look_up(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None, socket.AF_INET)}
    except (OSError, UnicodeError):
        return set()
