"""Which rule of a hall's file would have spared people false alarms, found by playing the week again under it.

A suggestion is the smallest of a few changes that spares at least half of a fault's false alarms and loses no real one.
Whether to follow it is for people to say: the week that comes is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from hallwatch_collector.core.catalogue import Catalogue, Fault
from hallwatch_collector.core.hall import FaultOverride, HallKey
from hallwatch_collector.core.quality.again import Replay
from hallwatch_collector.core.quality.counts import HallEpisodes
from hallwatch_collector.core.quality.episodes import Episode
from hallwatch_collector.core.rules import DeclaredRule, ThresholdRule

HOLDS_S: Final = (30.0, 60.0, 120.0, 300.0, 600.0, 900.0)
STEPS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""By which share of itself a limit is moved away from what is well."""
LEAST_FALSE: Final = 2
"""One false alarm is no reason to change a rule."""

Setting = Literal["hold_s", "above", "below"]


class Suggestion(Struct, frozen=True, kw_only=True):
    """One line of a hall's file that would have been better."""

    area: str
    hall: str
    kind: str
    """Of device; empty: devices of several kinds have this fault here."""
    fault: str
    fault_name: str
    fault_name_en: str
    device: str = ""
    """The only device it is about; empty: all of the hall that can have this fault."""
    setting: Setting
    was: float
    value: float
    false: int
    """False alarms of the span that today's rule would still raise."""
    fewer: int
    """So many of them would not have been raised."""
    real: int
    """Others of the same fault. None would have been lost."""
    median_later_s: float | None = None
    """So much later people would have been told of these; None: there were none, or it cannot be told."""
    worst_later_s: float | None = None
    toml: str
    """What to write into the hall's file."""
    file: str = ""
    """Where that file is; empty: not known."""


class _Effect(NamedTuple):
    """What a change would have done."""

    change: FaultOverride
    setting: Setting
    was: float
    false: int
    fewer: int
    later_s: list[float]


def suggest(halls: Iterable[HallEpisodes], catalogue: Catalogue, until: float) -> list[Suggestion]:
    """Return what would have spared false alarms, the most sparing first; *until* is how far the record goes."""
    found = [each for hall in halls for each in _suggest_for(hall, catalogue, until)]
    return sorted(found, key=lambda each: (-each.fewer, each.area, each.hall, each.fault))


def _suggest_for(hall: HallEpisodes, catalogue: Catalogue, until: float) -> Iterator[Suggestion]:
    replay = Replay(hall.hall, catalogue, hall.episodes, until)
    numbers = [number for number, each in enumerate(hall.episodes) if hall.span.holds(each.opened_at)]
    false = [number for number in numbers if hall.episodes[number].told and hall.episodes[number].false_how]
    real = [number for number in numbers if not hall.episodes[number].false_how]
    kinds = {device.id: device.kind for device in hall.hall.devices}
    for fault_id in sorted({hall.episodes[number].fault for number in false}):
        theirs = [number for number in false if _has(hall.episodes[number], fault_id)]
        devices = sorted({hall.episodes[number].device for number in theirs})
        device = devices[0] if len(devices) == 1 else ""
        others = [
            number
            for number in real
            if _has(hall.episodes[number], fault_id) and device in ("", hall.episodes[number].device)
        ]
        fault = replay.fault_on(device, fault_id)
        if fault is None or fault.effect == "hazard" or isinstance(fault.when, DeclaredRule):
            continue  # of what endangers people nobody is told later
        best = _find_best(replay, fault, device, theirs, others)
        if best is not None:
            kind = {kinds.get(hall.episodes[number].device, "") for number in (*theirs, *others)}
            yield _say(hall.hall.key, next(iter(kind)) if len(kind) == 1 else "", fault, device, best)


def _has(episode: Episode, fault: str) -> bool:
    return any(each.fault == fault for each in episode.symptoms)


def _find_best(replay: Replay, fault: Fault, device: str, false: Sequence[int], real: Sequence[int]) -> _Effect | None:
    """Return the better of the smallest hold and the smallest limit that are worth it; None: neither is."""
    changes = (_holds(fault, device), _limits(fault, device))
    found = [next(_try(replay, each, false, real), None) for each in changes]
    good = [each for each in found if each is not None]
    return max(good, key=lambda each: each.fewer, default=None)


def _try(
    replay: Replay, changes: Iterable[tuple[FaultOverride, Setting, float]], false: Sequence[int], real: Sequence[int]
) -> Iterator[_Effect]:
    """Yield what those of some changes would have done that are worth it."""
    now = replay.raised()
    still = [number for number in false if number in now]
    if len(still) < LEAST_FALSE:
        return
    for change, setting, was in changes:
        try:
            then = replay.raised(change)
        except ValueError:  # beside the limit at which this hall has it well again
            continue
        fewer = sum(number not in then for number in still)
        lost = any(number in now and number not in then for number in real)
        later_s = [then[number] - now[number] for number in real if number in now and number in then]
        if 2 * fewer >= len(still) and not lost:
            yield _Effect(change, setting, was, len(still), fewer, later_s)


def _holds(fault: Fault, device: str) -> Iterator[tuple[FaultOverride, Setting, float]]:
    for hold_s in HOLDS_S:
        if hold_s > fault.hold_s:
            yield FaultOverride(fault=fault.id, device=device or None, hold_s=hold_s), "hold_s", fault.hold_s


def _limits(fault: Fault, device: str) -> Iterator[tuple[FaultOverride, Setting, float]]:
    rule = fault.when
    if not isinstance(rule, ThresholdRule):
        return
    is_above = rule.above is not None
    limit = rule.above if rule.above is not None else rule.below
    if not limit:
        return
    for share in STEPS:
        moved = _round(limit + abs(limit) * share * (1 if is_above else -1))
        if rule.metric.endswith("_ratio") and not 0 < moved < 1:
            continue
        if is_above:
            yield FaultOverride(fault=fault.id, device=device or None, above=moved), "above", limit
        else:
            yield FaultOverride(fault=fault.id, device=device or None, below=moved), "below", limit


def _round(value: float) -> float:
    """Return a limit as people write one."""
    return float(f"{value:.3g}")


def _say(key: HallKey, kind: str, fault: Fault, device: str, effect: _Effect) -> Suggestion:
    value = getattr(effect.change, effect.setting)
    lines = ["[[faults]]", f'fault = "{fault.id}"', *([f'device = "{device}"'] if device else [])]
    timed = effect.later_s if effect.setting == "hold_s" else []  # when a limit was passed is not on record
    return Suggestion(
        area=key.area, hall=key.hall, kind=kind, fault=fault.id, fault_name=fault.name, fault_name_en=fault.name_en,
        device=device, setting=effect.setting, was=effect.was, value=value, false=effect.false, fewer=effect.fewer,
        real=len(effect.later_s), median_later_s=median(timed) if timed else None,
        worst_later_s=max(timed, default=None), toml="\n".join([*lines, f"{effect.setting} = {value:g}"]),
    )  # fmt: skip
