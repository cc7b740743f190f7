"""Daily rounds of the hall (每日巡查, clause A4): when one is due, and what the monitor fills in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan import RoundItem
from hallwatch_collector.core.readiness.cover import in_maintenance
from hallwatch_collector.core.readiness.events import RoundDue, RoundEnded
from hallwatch_collector.core.readiness.kept import Round, RoundLine
from hallwatch_collector.core.readiness.store import is_due, is_low, spares
from hallwatch_collector.core.values import minute_of

INTERNAL_AREA: Final = "hallwatch"
"""The area of Hallwatch's own health, which is no hall: nobody walks there."""
REMEMBERED: Final = 10
AHEAD_DAYS: Final = 30
"""How far the next round is looked for; what lies beyond comes into sight when the hall opens or closes."""


def keep_rounds(turn: Turn) -> None:
    """Open the round that is due, end the one that nobody did that day, and ask to be woken for the next."""
    model, kept = turn.model, turn.model.readiness
    if model.hall.area == INTERNAL_AREA or not model.plan.rounds.items:
        return
    since = turn.at if kept.rounds_until is None else min(kept.rounds_until, turn.at)  # the clock may be set back
    had = {each.due_at for each in kept.rounds}
    due = [moment for moment in _moments(model, since) if since < moment <= turn.at and moment not in had]
    kept.rounds_until = turn.at
    for each in kept.rounds:
        if each.is_open and (due or turn.at >= _ends_at(model, each)):
            end_round(turn, each, "")
    if due and model.hours.day_of(due[-1]) == model.hours.day_of(turn.at):
        _open(turn, due[-1])
    set_round_clock(model, turn.at)


def set_round_clock(model: Model, now: float) -> None:
    """Ask to be woken when the next round is due, and when the open one's day is over."""
    coming = next((moment for moment in _moments(model, now) if moment > now), None)
    if coming is not None:
        model.set_step(coming)
    for each in model.readiness.rounds:
        if each.is_open:
            model.set_step(_ends_at(model, each))


def _moments(model: Model, start: float) -> Iterator[float]:
    """Yield when rounds are due from the day of a moment on: at the plan's times, on days on which the hall is open."""
    day = model.hours.day_of(start)
    for _ in range(AHEAD_DAYS):
        if model.hours.has_business(day):
            yield from (model.hours.moment(day, minute) for minute in sorted(map(minute_of, model.plan.rounds.at)))
        day += dt.timedelta(days=1)


def _ends_at(model: Model, of: Round) -> float:
    return model.hours.start_of(model.hours.day_of(of.due_at) + dt.timedelta(days=1))


def _open(turn: Turn, due_at: float) -> None:
    model, kept = turn.model, turn.model.readiness
    local = model.hours.local(due_at)
    lines = [look(model, item, turn.at) for item in model.plan.rounds.items]
    kept.rounds = [*kept.rounds, Round(id=f"round-{local:%Y%m%d-%H%M}", due_at=due_at, lines=lines)][-REMEMBERED:]
    turn.events.append(RoundDue(at=turn.at, round=kept.rounds[-1].id, lines=lines))


def end_round(turn: Turn, of: Round, by: str) -> None:
    """End a round: somebody did it or, by nobody, its day is over."""
    of.ended_at, of.ended_by = turn.at, by
    turn.events.append(RoundEnded(at=turn.at, round=of.id, by=by, lines=list(of.lines)))


def look(model: Model, item: RoundItem, now: float) -> RoundLine:
    """Return an item of the checklist as the monitor sees it now."""
    if item.supplies:
        names = [*model.store, *spares(model)]
        ill = [name for name in names if is_low(model, name) or is_due(model, name, now) or not _is_well(model, name)]
    else:
        names = [watch.id for watch in model.devices.values() if watch.device.kind in item.kinds and watch.probes]
        ill = [name for name in names if not _is_well(model, name)]
    return RoundLine(item=item.id, watched=len(names), found=ill)


def _is_well(model: Model, device: str) -> bool:
    """Tell whether a device is seen, and has nothing but warnings; what is no device is well."""
    watch = model.devices.get(device)
    if watch is None:
        return True
    ill = any(fault.severity == "fault" for _, fault in watch.raised())
    return not (ill or model.is_unknown(device) or in_maintenance(model, device))
