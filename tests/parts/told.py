"""What each recorded device told in this run, as a table at the end of the tests' output.

A table test says that nothing is wrong; this shows a person what is right.
"""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_agent.probes import Told

_rows: dict[tuple[str, str], str] = {}


def note_told(device: str, probe: str, told: Told | None, refusal: str = "") -> None:
    """Put what a device told a kind of probe into the table, or why it told nothing."""
    _rows[device, probe] = in_a_line(told) if told is not None else f"- {refusal}"


def in_a_line(told: Told) -> str:
    """Return a reading in one line: what holds, then what is known not to hold, then the numbers."""
    holds = sorted(key for key, value in told.conditions.items() if value)
    not_so = sorted(key for key, value in told.conditions.items() if not value)
    numbers = [f"{key}={value:.4g}" for key, value in sorted(told.metrics.items())]
    return f"{' '.join(holds)} | not: {' '.join(not_so) or '-'} | {' '.join(numbers) or '-'}"


def lines() -> Iterator[str]:
    """Yield the table's lines; none when no recording was read."""
    if not _rows:
        return
    widths = [max(len(key[column]) for key in _rows) for column in (0, 1)]
    yield "what the recorded devices told (device, probe, what holds | what does not | numbers)"
    for (device, probe), words in sorted(_rows.items()):
        yield f"{device:{widths[0]}}  {probe:{widths[1]}}  {words}"
