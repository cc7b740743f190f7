"""What the pages need of the running collector: the one seam between the web and the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView

Listener = Callable[[HallKey], None]


class Source(Protocol):
    """The running collector, as the pages see it. Every method may be called from any thread."""

    @property
    def token(self) -> str:
        """The operator's key: who has it may confirm, decline, tick and acknowledge."""
        ...

    @property
    def hosts(self) -> Sequence[str]:
        """Names beside ``localhost`` and the loopback addresses by which browsers may call, without port."""
        ...

    def now(self) -> float:
        """Return the collector's clock, Unix seconds UTC."""
        ...

    def halls(self) -> Sequence[HallView]:
        """Return the present picture of every hall, Hallwatch's own (``internal``) included. Cheap: snapshots."""
        ...

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of one hall, or None when there is no such hall. Cheap: a snapshot."""
        ...

    def command(self, key: HallKey, command: AnyCommand) -> None:
        """Carry out what a person decided; return when it is in the journal.

        Raises :class:`~hallwatch_collector.core.commands.CommandRefused` with the reason when it cannot be. May block;
        the web calls it from a worker thread.
        """
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with a hall's key after each change of its picture; return what ends that.

        It is called from the collector's own threads, must not block them, and does not: see ``news.py``. A hall that
        came or went, and a change of :meth:`problems` (told with the internal hall's key), count as changes.
        """
        ...

    def problems(self) -> Sequence[str]:
        """Return what keeps the collector from its work now, a sentence each: a refused edit, the broker away."""
        ...

    def metrics(self) -> bytes:
        """Return the Prometheus exposition of everything. May take a while; called from a worker thread."""
        ...
