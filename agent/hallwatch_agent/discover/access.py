"""The ways in over SNMP that a person gave at the command line, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.probes.snmp_probe import SnmpProbe

FIXED = ("agent", "host", "interval_s", "kind", "name", "retries", "timeout_s")
"""What the search itself decides."""


class BadAccess(ValueError):  # noqa: N818 - reads as a sentence
    """These options let nobody in; the text says why, and what to give."""


def accesses_of(
    spelled: Sequence[Sequence[str]], community_files: Sequence[str], secrets: Path
) -> list[dict[str, Any]]:
    """Return the options of each way in; raise :class:`BadAccess` for a wrong one, or a secret that is not there."""
    tables = [dict(_option(word) for word in words) for words in spelled]
    tables += [{"community_file": name} for name in community_files]
    return [_check(table, secrets) for table in tables]


def _option(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals or key in FIXED:
        offered = ", ".join(field for field in SnmpProbe.__struct_fields__ if field not in FIXED)
        raise BadAccess(f"--snmp {word}: write options as key=value; there are {offered}")
    return key, value


def _check(table: dict[str, str], secrets: Path) -> dict[str, Any]:
    try:
        # Not strict: the command line knows only text.
        probe = msgspec.convert({"host": "h", **table}, SnmpProbe, strict=False)
    except msgspec.ValidationError as error:
        raise BadAccess(f"SNMP {' '.join(f'{key}={value}' for key, value in table.items())}: {error}") from None
    access = {key: getattr(probe, key) for key in table}
    try:
        for key in table:
            if key.endswith("_file"):
                Context(secrets=secrets).secret(access[key])
    except CouldNotRead as error:
        raise BadAccess(f"{error.note}; write it there, or name its folder with --secrets") from None
    return access
