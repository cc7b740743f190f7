"""Times without a service: joined, overlapped, and how sure their ends are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hallwatch_collector.core import extension_words as words
from hallwatch_collector.core.extension_words import Surety
from hallwatch_collector.core.hours import LAST

if TYPE_CHECKING:
    from hallwatch_collector.core.deadlines import Outage


class Span(NamedTuple):
    """A time without a service, as far as it is known or assumed."""

    start: float
    end: float
    surety: Surety


def least_sure(spans: Iterable[Span]) -> Surety:
    """Return how sure the least sure of these times is."""
    sureties = {span.surety for span in spans}
    return next((each for each in words.SUPPOSED if each in sureties), "over")


def span_of(outage: Outage, earliest: float, now: float) -> Span:
    """Return the time of an outage; *earliest* is what an open end is taken for."""
    start = max(outage.start, 0.0)  # no clock told what was before
    if outage.end is not None:
        return Span(start, min(outage.end, LAST), "over")
    if outage.expected_end is not None and now < outage.expected_end < LAST:
        return Span(start, outage.expected_end, "expected")
    return Span(start, earliest, "open")


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return spans without overlaps, in their order; of those joined, the last to end says how sure the end is."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if joined and span.start <= joined[-1].end:
            first = joined[-1]
            joined[-1] = max(first, span, key=lambda each: each.end)._replace(start=first.start)
        else:
            joined.append(span)
    return joined


def overlap_spans(ones: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Return the times in which both are down; the one that is back first says how sure the end is."""
    found = []
    for one in ones:
        for other in others:
            first = min(one, other, key=lambda span: (span.end, span.surety != "over"))
            start = max(one.start, other.start)
            if start < first.end:
                found.append(first._replace(start=start))
    return found
