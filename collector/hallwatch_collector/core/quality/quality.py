"""All that is told of a span: what was counted, and what would have been better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.quality.counts import (
    HallEpisodes,
    PersonCount,
    RuleCount,
    Told,
    count_people,
    count_rules,
    count_told,
)
from hallwatch_collector.core.quality.episodes import find_episodes
from hallwatch_collector.core.quality.suggestions import Suggestion, suggest
from hallwatch_collector.core.quality.week import Span, last_days, span_of


class Quality(Struct, frozen=True, kw_only=True):
    """How good the alerts of a span were."""

    week: str
    """Such as ``2026-W47``; empty: the last seven days."""
    start: float
    end: float
    told: Told
    people: tuple[PersonCount, ...]
    rules: tuple[RuleCount, ...]
    suggestions: tuple[Suggestion, ...]


def span_in(hall: Hall, week: str, now: float) -> Span:
    """Return a week by a hall's clocks, empty: the last seven days; raise :class:`ValueError` when there is no such."""
    return span_of(week, hall.timezone) if week else last_days(now)


def weigh(
    halls: Mapping[str, Hall], events: Mapping[HallKey, Iterable[AnyEvent]], catalogue: Catalogue,
    alerting: Alerting, *, week: str, now: float,
) -> Quality:  # fmt: skip
    """Count what the events of some halls tell of a week (empty: the last seven days), and look for better rules.

    *halls* are by their files. Raises :class:`ValueError` when there is no such week.
    """
    files = {hall.key: file for file, hall in halls.items()}
    found = [
        HallEpisodes(hall=hall, span=span_in(hall, week, now), episodes=find_episodes(events.get(hall.key, ())))
        for hall in halls.values()
    ]
    whole = found[0].span if found else last_days(now)
    return Quality(
        week=week, start=whole.start, end=whole.end,
        told=count_told(episode for each in found for episode in each.told()),
        people=tuple(count_people(found, alerting)), rules=tuple(count_rules(found, catalogue)),
        suggestions=tuple(
            structs.replace(each, file=files[HallKey(each.area, each.hall)]) for each in suggest(found, catalogue, now)
        ),
    )  # fmt: skip


def count_halls(
    halls: Iterable[Hall], events: Mapping[HallKey, Iterable[AnyEvent]], catalogue: Catalogue, *, now: float
) -> tuple[dict[HallKey, Told], list[RuleCount]]:
    """Count the last seven days of each hall by itself, and of each rule over all of them, without looking for more."""
    found = [
        HallEpisodes(hall=hall, span=last_days(now), episodes=find_episodes(events.get(hall.key, ()))) for hall in halls
    ]
    return {each.hall.key: count_told(each.told()) for each in found}, count_rules(found, catalogue)
