"""Walks the whole record and finds where it does not fit: changed, removed, put in, moved, or cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from hallwatch_collector.journal.archive import read_archive
from hallwatch_collector.journal.chain import START, Head
from hallwatch_collector.journal.journal import Journal, Sealed

STRIDE: Final = 10_000
"""So many events are walked between two words about the progress."""

Progress = Callable[[int, int], None]


class Misfit(Struct, frozen=True):
    """A place where the record does not fit."""

    seq: int
    """The first event there that is missing, or does not follow from the one before it."""
    text: str


class Finding(Struct):
    """What came of a walk."""

    events: int = 0
    head: Head = START
    """Where the record ends now; noted elsewhere, it shows later whether anything up to here was touched."""
    reaches: int = 0
    """The last event that was known from elsewhere, and is there; 0: nothing was known, so the end may be cut off."""
    misfits: list[Misfit] = field(default_factory=list)
    """In the order of the record; none: it is as it was written."""


class _Known(Struct, frozen=True):
    """A head that the record had once, and how we know."""

    head: Head
    whence: str


def verify(journal: Journal, noted: Sequence[Head] = (), progress: Progress | None = None) -> Finding:
    """Walk the record; *noted* are heads from earlier prints or reports, *progress* hears how many events are done.

    A collector may go on writing meanwhile. Raises :class:`~hallwatch_collector.journal.JournalUnavailable`.
    """
    known = [_Known(head, "the head that was noted") for head in noted]
    known += [_Known(head, f"the state of hall {hall}") for hall, head in journal.heads() if head != START]
    return _walk(journal.sealed(), known, progress, journal.head().seq)


def verify_archive(path: Path, noted: Sequence[Head] = ()) -> Finding:
    """Walk an exported record (F2) in the same way.

    That nothing is missing at its end shows when the head it had when it was exported is among *noted*. Raises
    :class:`~hallwatch_collector.journal.archive.NoArchive`, or OSError.
    """
    finding = _walk(read_archive(path), [_Known(head, "the head that was noted") for head in noted])
    if not finding.events and not finding.misfits:
        finding.misfits.append(Misfit(1, f"{path}: there is no event in it, so it proves nothing"))
    return finding


def _walk(events: Iterable[Sealed], known: Sequence[_Known], progress: Progress | None = None, of: int = 0) -> Finding:
    waiting = sorted(known, key=lambda each: each.head.seq, reverse=True)
    finding = Finding()
    for event in events:
        finding.misfits += _compare(finding.head, event)
        finding.head = Head(event.seq, event.hash)
        finding.events += 1
        while waiting and waiting[-1].head.seq <= event.seq:
            finding.reaches = max(finding.reaches, waiting[-1].head.seq)
            finding.misfits += _recognise(waiting.pop(), finding.head)
        if progress and finding.events % STRIDE == 0:
            progress(finding.events, of)
    for each in reversed(waiting):
        text = f"the record ends with event {finding.head.seq}, but {each.whence} knows event {each.head.seq}: cut off"
        finding.misfits.append(Misfit(finding.head.seq + 1, text))
    return finding


def _compare(before: Head, event: Sealed) -> Iterator[Misfit]:
    """Yield what is wrong between an event and the one before it."""
    seq, wanted = event.seq, before.seq + 1
    if seq > wanted:
        gone = f"event {wanted} was" if seq == wanted + 1 else f"events {wanted} to {seq - 1} were"
        yield Misfit(wanted, f"{gone} removed")
    elif seq < wanted:
        yield Misfit(seq, f"event {seq} was put in before the first")
    elif not event.fits(before):
        yield Misfit(
            seq,
            f"event {seq} does not follow from event {before.seq}: it was changed, put in or moved here, or what stood "
            "before it was",
        )


def _recognise(known: _Known, there: Head) -> Iterator[Misfit]:
    """Yield what is wrong when the record had a head once and is now at *there*, the first event not before it."""
    seq = known.head.seq
    if there.seq == seq and there.hash != known.head.hash:
        yield Misfit(seq, f"event {seq} is not the one that {known.whence} knows: the record up to here was made anew")
    elif there.seq > seq:
        yield Misfit(seq, f"event {seq}, which {known.whence} knows, was removed")
