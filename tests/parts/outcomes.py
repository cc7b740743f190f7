"""What each channel made of each fault in this run, as a table at the end of the tests' output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import structs

from hallwatch_agent.chat.reason import plain
from hallwatch_collector.notify.channel import Answer, NotNow, Taken

_cells: dict[tuple[str, str], str] = {}
_faults: dict[str, None] = {}
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)")
_lines: list[str] = []


def note_outcome(channel: str, fault: str, outcome: str) -> None:
    """Put an outcome into the table."""
    _cells[channel, fault] = outcome
    _faults.setdefault(fault)


def in_a_word(answer: Answer) -> str:
    """Return an answer as the table shows it; ``?``: it may have arrived; ``+60``: the channel says when."""
    if isinstance(answer, Taken):
        return "taken"
    if isinstance(answer, NotNow):
        when = "" if answer.after_s is None else f"+{answer.after_s:g}"
        return f"later{when}{'?' if answer.maybe_taken else ''}"
    return "never"


def note_line(line: str) -> None:
    """Put a line under the table."""
    _lines.append(line)


def in_english(answer: Answer) -> Answer:
    """Return an answer whose reason is told in English only."""
    return answer if isinstance(answer, Taken) else structs.replace(answer, reason=plain(answer.reason.en))


def reads_as_chinese(text: str) -> bool:
    """Tell whether a text is Chinese, but for what other programs said, which stands in brackets."""
    while (rest := _IN_BRACKETS.sub("", text)) != text:
        text = rest
    return re.search("[\u4e00-\u9fff]", text) is not None and re.search(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+", text) is None


def lines() -> Iterator[str]:
    """Yield the table's lines, if a channel was tried, and the other ones."""
    if _cells:
        yield from _table()
    yield from _lines


def _table() -> Iterator[str]:
    channels = sorted({channel for channel, _ in _cells})
    widths = {fault: max(len(fault), *(len(_cells.get((each, fault), "-")) for each in channels)) for fault in _faults}
    first = max(map(len, channels))
    yield "outcome by channel and fault (later?: it may have arrived, later+60: not before 60 s, never: told elsewhere)"
    yield "  ".join([" " * first, *(f"{fault:{width}}" for fault, width in widths.items())])
    for channel in channels:
        yield "  ".join(
            [f"{channel:{first}}", *(f"{_cells.get((channel, each), '-'):{widths[each]}}" for each in widths)]
        )
