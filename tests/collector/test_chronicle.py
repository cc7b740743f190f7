"""The past is read once, goes on from where it was, and counts nothing twice when the journal fails midway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hallwatch_collector.chronicle import Chronicle
from hallwatch_collector.core.events import IncidentOpened
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal import Entry, JournalUnavailable

KEY = HallKey("330106", "xihu")


class Record:
    """A record that can fail after some entries."""

    def __init__(self) -> None:
        self.entries = [self._entry(1)]
        self.asked: list[int] = []
        self.fails_after = 99

    def _entry(self, seq: int) -> Entry:
        event = IncidentOpened(at=seq, incident="inc-1", device="a", fault="jam", reopened=seq > 1)
        return Entry(seq=seq, hall=str(KEY), at=seq, written_at=seq, kind="incident-opened", event=event, hash="")

    def grow(self) -> None:
        self.entries.append(self._entry(len(self.entries) + 1))

    def read(self, _: HallKey, after: int) -> Iterator[Entry]:
        self.asked.append(after)
        for number, entry in enumerate(each for each in self.entries if each.seq > after):
            if number >= self.fails_after:
                raise JournalUnavailable("away")
            yield entry


def test_only_what_came_since_is_read() -> None:
    record = Record()
    chronicle = Chronicle(record.read)
    assert chronicle.past(KEY).incidents["inc-1"].reopened == 0
    record.grow()
    assert chronicle.past(KEY).incidents["inc-1"].reopened == 1
    assert record.asked == [0, 1]


def test_a_journal_that_fails_midway_is_gone_on_with() -> None:
    record = Record()
    for _ in range(4):
        record.grow()
    chronicle, record.fails_after = Chronicle(record.read), 3
    with pytest.raises(JournalUnavailable):
        chronicle.past(KEY)
    record.fails_after = 99
    assert chronicle.past(KEY).incidents["inc-1"].reopened == 4
    assert record.asked == [0, 3]
