"""Compares what was decided to tell, as the journal has it, with what arrived: nothing is lost, no repeat is unmarked.

Printers of the test's hall are named ``017号打印机``, jam once and are mended once: so what people read tells which
message it is.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parts.outcomes import note_line

AGAIN: Final = "(重发,如已收到请忽略)"
Edition = tuple[str, str, int]
"""Hall, incident, number."""
_NAMED: Final = re.compile(r"(【[^】]+】)?(?:\[[^\]]+\])?[^【\[]*?(\d{3})号打印机:(.*)")
"""Occasion, printer, and what became of it, in a title."""


@dataclass
class Record:
    """What the journal says of alerts."""

    titles: dict[Edition, str] = field(default_factory=dict)
    newest: dict[tuple[str, str], tuple[str, Edition]] = field(default_factory=dict)
    """Hall and delivery → its channel, and the edition that was to be told last."""
    accepted: set[tuple[str, str, int]] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)

    def wanted(self) -> dict[str, list[Edition]]:
        """Return what was to be told last of each incident, by channel."""
        found: dict[str, list[Edition]] = defaultdict(list)
        for channel, edition in self.newest.values():
            found[channel].append(edition)
        return found

    def waiting(self) -> list[Edition]:
        """Return what was decided and no channel has taken."""
        return [
            edition
            for (hall, alert), (_, edition) in self.newest.items()
            if (hall, alert, edition[2]) not in self.accepted
        ]


def read_record(journal: sqlite3.Connection) -> Record:
    """Read a journal; what Hallwatch tells of itself, such as a machine that is too slow, is left out."""
    record = Record()
    ours = "kind LIKE 'alert-%' AND hall != 'hallwatch/self'"
    rows = journal.execute(f"SELECT hall, kind, body FROM event WHERE {ours} ORDER BY seq").fetchall()
    for hall, kind, body in rows:
        event = json.loads(body)
        record.kinds[kind] += 1
        if kind == "alert-worded":
            record.titles[hall, event["incident"], event["edition"]] = event["title"]
        elif kind == "alert-decided":
            edition = (hall, event["incident"], event["edition"])
            record.newest[hall, event["alert"]] = (event["channel"], edition)
        elif kind == "alert-accepted":
            record.accepted.add((hall, event["alert"], event["edition"]))
    return record


def check_program(
    channel: str, wanted: Sequence[Edition], sent: Sequence[dict[str, Any]], taken: Iterable[dict[str, Any]]
) -> None:
    """Everything is among the parts that were *taken*; of what was *sent* twice the second has the key of the first."""
    arrived = {_edition_of(part) for part in taken}
    keys = defaultdict(set)
    for part in sent:
        keys[*_edition_of(part), part["round"]].add(part["key"])
    lost = [edition for edition in wanted if edition not in arrived]
    copies = len(sent) - len({part["key"] for part in sent})
    note_line(f"  {channel:6} {len(wanted)} alerts, {len(lost)} lost; sent again {copies}, each with its key")
    assert lost == []
    assert all(len(each) == 1 for each in keys.values()), "a repeat has the key of the first"


def check_people(channel: str, wanted: Sequence[str], texts: Sequence[str]) -> None:
    """Everything arrived; what came twice says so. *wanted*: titles."""
    seen: Counter[str] = Counter()
    copies, unmarked, needless = 0, [], 0
    for text in texts:
        named = _named_in(text)
        again = [each for each in named if seen[each]]
        copies += len(again)
        if again and AGAIN not in text:
            unmarked.append(text)
        needless += AGAIN in text and not again
        seen.update(named)
    lost = [title for title in wanted if not seen[_named_in(title)[0]]]
    note_line(
        f"  {channel:6} {len(wanted)} alerts, {len(lost)} lost; arrived again {copies}, {len(unmarked)} unmarked; "
        f"{needless} of {len(texts)} messages marked that were the first"
    )
    assert lost == []
    assert unmarked == []


def check_alertmanager(wanted: Sequence[Edition], taken: Sequence[dict[str, Any]], mended: Iterable[str]) -> None:
    """An incident is one alert, however often it was told; exactly those of the *mended* devices have ended."""
    told: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for alert in taken:
        if (labels := alert["labels"])["area"] == "hallwatch":
            continue
        told[f"{labels['area']}/{labels['hall']}", labels["incident"]].append(alert)
    lost = [edition for edition in wanted if edition[:2] not in told]
    note_line(f"  am     {len(wanted)} alerts, {len(lost)} lost; sent again, it is the same by its labels")
    assert lost == []
    assert all(len({json.dumps(each["labels"], sort_keys=True) for each in alerts}) == 1 for alerts in told.values())
    last = [alerts[-1] for alerts in told.values()]
    assert {each["labels"]["device"] for each in last if "已恢复" in each["annotations"]["summary"]} == set(mended)


def _edition_of(part: dict[str, Any]) -> Edition:
    """Return which edition a program was told."""
    return f"{part['area']}/{part['hall']}", part["incident"], part["edition"]


def _named_in(text: str) -> list[str]:
    """Return what a text that people read tells of: of one printer, or of all in a digest."""
    found = map(_NAMED.search, text.replace("\u200b", "").splitlines())
    return [f"{each[1] or ''}{each[2]} {each[3].partition(',')[0]}" for each in found if each]
