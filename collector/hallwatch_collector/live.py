"""The running collector as the pages see it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Web
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.source import Listener

TOKEN_FILE = "operator.token"  # noqa: S105 - a file's name


class LiveSource:
    """Implements :class:`hallwatch_collector.web.source.Source`."""

    def __init__(self, collector: Collector, web: Web, token: str, now: Callable[[], float]) -> None:
        self._collector = collector
        self._now = now
        self.token = token
        self.hosts: Sequence[str] = [web.host, *web.hosts]

    def now(self) -> float:
        """Return the collector's clock, Unix seconds UTC."""
        return self._now()

    def halls(self) -> Sequence[HallView]:
        """Return the present picture of every hall, Hallwatch's own included."""
        return list(self._collector.views())

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of one hall, or None when there is no such hall."""
        return self._collector.view(key)

    def command(self, key: HallKey, command: AnyCommand) -> None:
        """Carry out what a person decided; raise ``CommandRefused`` when it cannot be."""
        self._collector.command(key, command)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with a hall's key after each change of its picture; return what ends that."""
        return self._collector.subscribe(listener)

    def problems(self) -> Sequence[str]:
        """Return what keeps the collector from its work now, a sentence each."""
        return self._collector.problems()

    def metrics(self) -> bytes:
        """Return the Prometheus exposition of everything."""
        return self._collector.metrics.render(self._collector.views())


def keep_token(folder: Path) -> str:
    """Return the operator's token of this data folder; drawn at the first start, readable by its owner only."""
    path = folder / TOKEN_FILE
    try:
        known = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        known = ""
    if known:
        return known
    token = secrets.token_urlsafe(24)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token
