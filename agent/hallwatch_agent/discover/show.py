"""How a search is shown to people: its progress, and what was found, for people, programs and the watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TextIO

import msgspec
from msgspec import Struct

from hallwatch_agent.discover.evidence import Evidence
from hallwatch_agent.discover.fragment import plain
from hallwatch_agent.discover.identify import Identity
from hallwatch_agent.discover.propose import Draft

ON_A_TERMINAL_S: Final = 0.2
ELSEWHERE_S: Final = 10.0


def hosts(count: int) -> str:
    """Return how many hosts, in words."""
    return f"{count} host{'s' * (count != 1)}"


class ProgressLine:
    """Tells how far the search is: on a terminal in one line that changes, elsewhere in a line now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float]) -> None:
        self._out = out
        self._clock = clock
        self._lively = out.isatty()
        self._next_s = 0.0
        self._what = ""
        self._width = 0

    def __call__(self, what: str, done: int, total: int, found: int) -> None:
        """Say it, unless something was said just now. What was begun before people's eyes is also ended there."""
        now = self._clock()
        ends = done == total and (self._lively or what == self._what)
        if now < self._next_s and (what == self._what or not self._lively) and not ends:
            return
        self._next_s = now + (ON_A_TERMINAL_S if self._lively else ELSEWHERE_S)
        self._what = what
        line = f"{what}: {done} of {total}; {hosts(found)} found"
        if self._lively:
            self._out.write(f"\r{line:{self._width}}")
            self._width = len(line)
        else:
            self._out.write(f"{line}\n")
        self._out.flush()

    def clear(self) -> None:
        """Make room for other words."""
        if self._lively and self._width:
            self._out.write(f"\r{'':{self._width}}\r")
            self._out.flush()
            self._width = 0


class Finding(Struct, frozen=True, omit_defaults=True):
    """One host as a program reads it (``--json``)."""

    address: str
    mac: str
    kind: str
    confidence: str
    why: tuple[str, ...]
    maker: str
    model: str
    name: str
    open_ports: tuple[int, ...]
    probes: tuple[dict[str, Any], ...]
    event: str = ""
    """With ``--watch``: new or left."""


def as_json(seen: Evidence, identity: Identity, drafts: list[Draft], event: str = "") -> str:
    """Return a host as one JSON object on one line."""
    found = Finding(
        address=seen.address,
        mac=seen.mac,
        kind=identity.kind,
        confidence=identity.confidence.name.lower(),
        why=identity.why,
        maker=identity.maker,
        model=identity.model,
        name=seen.snmp.name if seen.snmp else "",
        open_ports=tuple(sorted(seen.open_ports)),
        probes=tuple({"kind": probe.kind, **probe.options} for draft in drafts for probe in draft.probes),
        event=event,
    )
    return msgspec.json.encode(found).decode()


def in_a_line(seen: Evidence, identity: Identity) -> str:
    """Return a host as a few words."""
    what = " ".join(filter(None, (identity.kind, identity.maker, identity.model)))
    why = f" ({'; '.join(identity.why)})" if identity.why else ""
    return plain(f"{seen.address} {what}{why}{f' MAC {seen.mac}' if seen.mac else ''}")
