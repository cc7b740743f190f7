"""What each recorded device told in this run, as a table at the end of the tests' output.

A table test says that nothing is wrong; this shows a person what is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from hallwatch_agent.probes import Told

PARTS_SHOWN: Final = 3
TOLD: Final = "told"
"""Names a row among the properties of a test's report."""

_new: list[tuple[str, str, str]] = []
_rows: dict[tuple[str, str], str] = {}


def note_told(device: str, probe: str, told: Told | None, refusal: str = "") -> None:
    """Put what a device told a kind of probe into the table, or why it told nothing."""
    _new.append((device, probe, in_a_line(told) if told is not None else f"- {refusal}"))


def take() -> list[tuple[str, str, str]]:
    """Return the rows since the last call."""
    rows = list(_new)
    _new.clear()
    return rows


def keep(rows: Iterable[Any]) -> None:
    """Put rows into the table, in the process that prints it."""
    _rows.update({(device, probe): words for device, probe, words in rows})


def in_a_line(told: Told) -> str:
    """Return a reading in one line: what holds, then what is known not to hold, then the numbers."""
    holds = {key: key for key, value in told.conditions.items() if value}
    not_so = {key: key for key, value in told.conditions.items() if not value}
    numbers = {key: f"{key}={value:.4g}" for key, value in told.metrics.items()}
    return f"{_in_words(holds)} | not: {_in_words(not_so)} | {_in_words(numbers)}"


def _in_words(said: dict[str, str]) -> str:
    """Name what is said, of a chassis with dozens of boards only the first ones."""
    words: list[str] = []
    for _, parts in groupby(sorted(said), key=lambda key: key.partition("[")[0]):
        names = [said[key] for key in parts]
        words += names[:PARTS_SHOWN]
        if len(names) > PARTS_SHOWN:
            words.append(f"(+{len(names) - PARTS_SHOWN})")
    return " ".join(words) or "-"


def lines() -> Iterator[str]:
    """Yield the table's lines; none when no recording was read."""
    if not _rows:
        return
    widths = [max(len(key[column]) for key in _rows) for column in (0, 1)]
    yield "what the recorded devices told (device, probe, what holds | what does not | numbers)"
    for (device, probe), words in sorted(_rows.items()):
        yield f"{device:{widths[0]}}  {probe:{widths[1]}}  {words}"
