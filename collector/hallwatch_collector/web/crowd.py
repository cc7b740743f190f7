"""How many people wait in the hall (clause A1)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from hallwatch_collector.core.views import DeviceView, HallView

PEOPLE_WAITING: Final = "people-waiting"
TOO_MANY: Final = (PEOPLE_WAITING, "wait-too-long")
CROWDING: Final = frozenset({*TOO_MANY, "crowded"})
SOURCE_STALE: Final = "source-stale"
"""Faults of the catalogue by which the number of people waiting is too high, or not of now."""


class Crowd(Struct, frozen=True, kw_only=True):
    """How many people wait, as a queue machine tells it now (clause A1)."""

    device: str
    people: float
    longest_wait_s: float | None
    classes: tuple[tuple[str, float], ...]
    """(business class, people), those with the most first; those with nobody are left out."""
    too_many: bool
    """Whether a limit is exceeded."""


def find_crowds(view: HallView) -> list[Crowd]:
    """Return how many people wait, by each device that tells it now: not by one that nobody sees, or that is stale."""
    return [
        _count(device)
        for device in view.devices
        if "people_waiting" in device.metrics
        and device.state != "unknown"
        and not any(fault.fault == SOURCE_STALE for fault in device.faults)
    ]


def _count(device: DeviceView) -> Crowd:
    prefix = "people_waiting["
    told = {key[len(prefix) : -1]: people for key, people in device.metrics.items() if key.startswith(prefix)}
    most_first = sorted(told.items(), key=lambda each: -each[1])
    return Crowd(
        device=device.id,
        people=device.metrics["people_waiting"],
        longest_wait_s=device.metrics.get("longest_wait_s"),
        classes=tuple((name, people) for name, people in most_first if people > 0),
        too_many=any(fault.fault in TOO_MANY for fault in device.faults),
    )
