"""The embedded broker on a free port of loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hallwatch_collector.broker import EmbeddedBroker, choose_port


@contextmanager
def serve_nats(folder: Path, port: int | None = None) -> Iterator[EmbeddedBroker]:
    """Run the embedded broker in *folder* until the end of the block; its store is there again the next time."""
    broker = EmbeddedBroker(folder, port or choose_port([]))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
