"""Turns readings into InfluxDB line protocol, ready to be sent. Pure.

``hallwatch_reading`` holds what was measured, named as in the metrics (:mod:`~hallwatch_collector.export.series`);
``hallwatch_condition`` what was told, as 0 and 1. ``ok`` tells for every reading whether the device could be read. All
fields are floats: a field that is an integer one day and a float the next is refused by InfluxDB.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.export.series import series_of

LATEST_AT: Final = 32_503_680_000.0
"""The year 3000: a time beyond it is a broken clock, and no server keeps it."""
ESCAPES: Final = str.maketrans({" ": "\\ ", ",": "\\,", "=": "\\=", "\\": "/", "\n": " ", "\r": " "})
"""A tag value cannot end in a backslash, whatever is done to it, so Windows paths become ``C:/``."""


def lines_of(key: HallKey, readings: Iterable[Reading]) -> tuple[bytes, int]:
    """Return the lines of these readings, in milliseconds, and how many readings have a time that nobody can keep."""
    lines: list[str] = []
    unwritable = 0
    for reading in readings:
        if 0 < reading.at < LATEST_AT:
            lines += _reading_lines(key, reading)
        else:
            unwritable += 1
    return "\n".join(lines).encode("utf-8", "replace"), unwritable


def _reading_lines(key: HallKey, reading: Reading) -> list[str]:
    device, probe = reading.device.translate(ESCAPES), reading.probe.translate(ESCAPES)
    tags = f",area={key.area},hall={key.hall},device={device},probe={probe}"
    at_ms = round(reading.at * 1000)
    told = _fields(reading.metrics)
    told[""] += (f"took_seconds={reading.took_s!r}", f"ok={'0' if reading.error else '1'}")
    lines = _measurement("hallwatch_reading", tags, told, at_ms)
    lines += _measurement("hallwatch_condition", tags, _fields(reading.conditions), at_ms)
    if reading.error:
        lines.append(f"hallwatch_reading{tags},error={reading.error.value} failed=1 {at_ms}")
    return lines


def _fields(values: Mapping[str, float]) -> defaultdict[str, list[str]]:
    """Return the fields of each part of the device; what is not a number is left out, never written as one."""
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in values.items():
        series = series_of(key)
        if series is not None and isfinite(value):
            fields[series.part].append(f"{series.name}={value * series.factor!r}")
    return fields


def _measurement(name: str, tags: str, parts: Mapping[str, list[str]], at_ms: int) -> list[str]:
    return [
        f"{name}{tags}{f',part={part.translate(ESCAPES)}' if part else ''} {','.join(fields)} {at_ms}"
        for part, fields in parts.items()
    ]
