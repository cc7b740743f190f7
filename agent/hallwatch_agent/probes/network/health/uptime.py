"""Since when a device runs, and whether it has just started. Pure.

sysUpTime counts hundredths of a second with 32 bits, so it starts anew after 497 days; snmpEngineTime (RFC 3411) counts
seconds and does not, but some agents count it from another moment.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

TICKS_PER_WRAP: Final = 2**32
WRAP_S: Final = TICKS_PER_WRAP / 100
NEW_FOR_S: Final = 600.0
"""A device counts as restarted so long after its start."""
CLOCKS_AGREE_S: Final = 300.0
JITTER_S: Final = 30.0


class Uptime(Struct, frozen=True):
    """How long a device has been running at one reading."""

    at_s: float
    """On this machine's clock for differences."""
    seconds: float
    wraps: int = 0
    """How often sysUpTime was seen to start anew without a restart."""
    noticed_at_s: float | None = None
    """When a restart was noticed last."""

    @property
    def restarted(self) -> bool:
        """Whether the device has started in the last ten minutes, or since then was found to have."""
        return self.seconds < NEW_FOR_S or (self.noticed_at_s is not None and self.at_s - self.noticed_at_s < NEW_FOR_S)


def parse_uptime(before: Uptime | None, ticks: int | None, engine_s: int | None, at_s: float) -> Uptime | None:
    """Judge sysUpTime (*ticks*) and snmpEngineTime; None when neither is told. 0 is what a broken counter says."""
    engine_s = engine_s if engine_s and 0 < engine_s < 2**31 else None
    ticks = ticks if ticks and 0 < ticks < TICKS_PER_WRAP else None
    if ticks is None:
        return None if engine_s is None else _continued(before, float(engine_s), 0, at_s)
    seconds = ticks / 100
    if engine_s is not None and engine_s > seconds and _wraps_between(seconds, float(engine_s)) is not None:
        return _continued(before, float(engine_s), 0, at_s)
    wraps = _wraps_since(before, seconds, at_s)
    return _continued(before, seconds + wraps * WRAP_S, wraps, at_s)


def _wraps_between(seconds: float, longer: float) -> int | None:
    """Return how many wraps make the difference of the two clocks; None when none do, so that they disagree."""
    wraps = round((longer - seconds) / WRAP_S)
    return wraps if abs(longer - seconds - wraps * WRAP_S) <= CLOCKS_AGREE_S else None


def _wraps_since(before: Uptime | None, seconds: float, at_s: float) -> int:
    if before is None:
        return 0
    expected = before.seconds + (at_s - before.at_s)
    wraps = _wraps_between(seconds, expected)
    return wraps if wraps is not None and wraps > 0 else 0


def _continued(before: Uptime | None, seconds: float, wraps: int, at_s: float) -> Uptime:
    noticed = before.noticed_at_s if before else None
    if before is not None and (
        seconds < before.seconds - JITTER_S or seconds < before.seconds + (at_s - before.at_s) - CLOCKS_AGREE_S
    ):
        noticed = at_s  # went back, or has come less far than the time that went by
    return Uptime(at_s, seconds, wraps, noticed)
