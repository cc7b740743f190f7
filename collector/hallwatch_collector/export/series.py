"""How a reading's key becomes the name of a series, in the metrics and in the history alike.

Readings are named in the hall's words (``receive_bits_per_s[gi0-0-1]``), series by the Prometheus conventions: base
units, spelled out, the part of the device as a label (``receive_bytes_per_second{part="gi0-0-1"}``). One translation
for both places, so that a dashboard works on either.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

KEY: Final = re.compile(r"([a-z][a-z0-9_-]{0,79})(?:\[([^\[\]\r\n]{1,80})\])?")
UNITS: Final = (
    ("_bits_per_s", "_bytes_per_second", 0.125),
    ("_per_s", "_per_second", 1.0),
    ("_at_s", "_timestamp_seconds", 1.0),
    ("_ms", "_seconds", 0.001),
    ("_s", "_seconds", 1.0),
    ("_c", "_celsius", 1.0),
    ("_v", "_volts", 1.0),
    ("_a", "_amperes", 1.0),
    ("_w", "_watts", 1.0),
    ("_hz", "_hertz", 1.0),
)


class Series(NamedTuple):
    """A series of one device: *name* in base units, *part* of the device, *factor* from the reading's unit."""

    name: str
    part: str
    factor: float


@lru_cache(maxsize=16_384)
def series_of(key: str) -> Series | None:
    """Translate the key of a metric or condition; None when it is not spelled as a key of a reading is.

    Whatever an agent invents, only plain names become series: none of them can break a scrape.
    """
    match = KEY.fullmatch(key)
    if match is None:
        return None
    name, part = match[1].replace("-", "_"), match[2] or ""
    for unit, base_unit, factor in UNITS:
        if name.endswith(unit):
            return Series(name.removesuffix(unit) + base_unit, part, factor)
    return Series(name, part, 1.0)
