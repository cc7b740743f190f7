"""IPP (RFC 8011): which printer answers at a host's port 631? Asked by the probe that would watch it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hallwatch_agent.discover.evidence import PrinterSaid
from hallwatch_agent.probes.printers.ipp_printer import IppPrinterProbe
from hallwatch_agent.probes.probe import Context, CouldNotRead, Told

WAYS: Final[tuple[dict[str, Any], ...]] = ({}, {"ipps": True}, {"path": "/ipp"}, {"path": "/ipp/printer"})
"""Options with which printers answer. ``/`` is not among them: a print server answers there, for no printer."""


async def ask(address: str, timeout_s: float) -> PrinterSaid | None:
    """Return what the printer says of itself; None when no printer answers, or the library is not there."""
    for way in WAYS:
        probe = msgspec.convert(
            {"kind": "ipp-printer", "host": address, "timeout_s": timeout_s, **way}, IppPrinterProbe
        )
        try:
            return conclude(way, await probe.read(Context()))
        except CouldNotRead:
            continue
        except ImportError:
            return None
    return None


def conclude(way: dict[str, Any], told: Told) -> PrinterSaid:
    """Take what says who the printer is."""
    return PrinterSaid(told.facts.get("model", "")[:80], way)
