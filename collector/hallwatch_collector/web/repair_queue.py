"""What technicians have before them: the faults of a hall, or of all, the one that costs most first.

How much a fault costs is said in one number, so that the order can be understood and argued with:

    (1 + classes taken) × (1 + people who wait for them / 10) × weight of the level × weight of the effect × age

Classes count once a window. The weight of a level halves with each step down (Ⅰ counts 8, none 1/2), that of the effect
from a hazard (4) to a warning (1/4); the age counts 1 at first and one more for each hour, up to 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.things import CLASS
from hallwatch_collector.core.views import DeviceState, DeviceView, FaultView, HallView, IncidentView
from hallwatch_collector.web.crowd import CROWDING, find_crowds
from hallwatch_collector.web.trouble import Attention, Trouble, find_attention, find_troubles

EFFECT_WEIGHTS: Final[Mapping[str, float]] = {"hazard": 4.0, "unusable": 1.0, "degraded": 0.5, "warning": 0.25}
UNRANKED: Final = 0.5
"""The weight of an incident that the plan gives no level."""
PEOPLE_STEP: Final = 10.0
HOUR_S: Final = 3600.0
OLDEST_HOURS: Final = 4.0
REPAIRERS: Final[Mapping[str, str]] = {"router": "network", "switch": "network", "firewall": "network",
    "access-point": "network", "system": "system", "server": "system", "ups": "logistics"}  # fmt: skip
"""Who repairs a kind of device, by the plans' roles; all else is the technician's."""


class Cost(Struct, frozen=True, kw_only=True):
    """What a fault costs now."""

    windows: int
    classes: int
    """Counted once a window."""
    people: float | None
    """Who waits for one of these classes; None: nobody counts."""
    level: str
    age_s: float
    score: float


class Job(Struct, frozen=True, kw_only=True):
    """Something to be repaired, or looked after."""

    view: HallView
    id: str
    """Of the incident; of a warning, which is none, the fault at its device."""
    device: DeviceView | None
    name: str
    state: DeviceState
    faults: tuple[FaultView, ...]
    fault_names: tuple[str, ...]
    """Where no fault is raised any more, or it is of no device: how the incident calls it, in Chinese."""
    fault_names_en: tuple[str, ...]
    since: float
    incident: IncidentView | None
    trouble: Trouble | None
    attention: Attention | None
    cost: Cost

    @property
    def owner(self) -> str:
        """Who answers for the repair; empty: nobody yet."""
        return self.incident.owner if self.incident else ""


def list_jobs(views: Iterable[HallView], plan: Plan, now: float) -> list[Job]:
    """Return what is to be repaired in some halls, the dearest first; warnings that are no incident after all these."""
    jobs = [job for view in views for job in (*_of_incidents(view, plan, now), *_of_warnings(view, plan, now))]
    return sorted(jobs, key=lambda job: (job.incident is None, -job.cost.score, job.since))


def _of_incidents(view: HallView, plan: Plan, now: float) -> Iterable[Job]:
    waiting = count_people(view)
    for trouble in find_troubles(view):
        incident = trouble.incident
        if incident is None or incident.device.startswith(CLASS) or set(incident.faults) <= CROWDING:
            continue  # a class without a window and a crowd are for who arranges the windows
        yield Job(
            view=view, id=trouble.id, device=trouble.device, name=trouble.device_name, state=trouble.state,
            faults=trouble.faults, fault_names=incident.fault_names, fault_names_en=incident.fault_names_en,
            since=trouble.since, incident=incident, trouble=trouble, attention=None,
            cost=_weigh(
                takes=incident.takes, level=incident.level, effect=trouble.state, age_s=now - trouble.since,
                waiting=waiting, plan=plan,
            ),
        )  # fmt: skip


def _of_warnings(view: HallView, plan: Plan, now: float) -> Iterable[Job]:
    for each in find_attention(view):
        if each.fault.fault in CROWDING:
            continue
        yield Job(
            view=view, id=f"{each.fault.fault}@{each.device.id}", device=each.device, name=each.device.name,
            state=each.device.state, faults=(each.fault,), fault_names=(each.fault.name,),
            fault_names_en=(each.fault.name_en,), since=each.fault.since, incident=None, trouble=None, attention=each,
            cost=_weigh(
                takes={}, level="", effect=each.fault.effect, age_s=now - each.fault.since, waiting={}, plan=plan
            ),
        )  # fmt: skip


def _weigh(
    *,
    takes: Mapping[str, tuple[str, ...]], level: str, effect: str, age_s: float, waiting: Mapping[str, float],
    plan: Plan,
) -> Cost:  # fmt: skip
    classes = sum(len(names) for names in takes.values())
    counted = [waiting[name] for name in {name for names in takes.values() for name in names} if name in waiting]
    people = sum(counted) if counted else None
    levels = [each.id for each in plan.levels]
    ranked = 2.0 ** (len(levels) - 1 - levels.index(level)) if level in levels else UNRANKED
    age = 1 + min(max(age_s, 0.0) / HOUR_S, OLDEST_HOURS)
    score = (1 + classes) * (1 + (people or 0.0) / PEOPLE_STEP) * ranked * EFFECT_WEIGHTS.get(effect, 0.5) * age
    windows = sum(1 for names in takes.values() if names)
    return Cost(windows=windows, classes=classes, people=people, level=level, age_s=max(age_s, 0.0), score=score)


def count_people(view: HallView) -> dict[str, float]:
    """Return who waits for each business class, where a queue machine counts them."""
    people: dict[str, float] = {}
    for crowd in find_crowds(view):
        for name, count in crowd.classes:
            people[name] = people.get(name, 0.0) + count
    return people


def find_contacts(view: HallView, device: DeviceView | None) -> list[tuple[str, str, str]]:
    """Return whom to call about a device, (role, name, phone): the repairers first, who is on duty before contacts."""
    wanted = (REPAIRERS.get(device.kind, "technician") if device else "technician", "technician")
    people = [*((each.role, each.name, each.phone) for each in view.readiness.on_duty), *view.contacts]
    theirs = [each for role in dict.fromkeys(wanted) for each in people if each[0] == role]
    return list(dict.fromkeys(theirs or people))[:4]
