"""What is wrong, by root cause: since when, what to do, where to send people, what hangs on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from hallwatch_collector.core.things import CLASS, HALL, WINDOW
from hallwatch_collector.core.views import (
    DeviceState,
    DeviceView,
    FaultView,
    ForecastView,
    HallView,
    IncidentView,
    WindowView,
)
from hallwatch_collector.web.crowd import CROWDING, PEOPLE_WAITING, Crowd, find_crowds
from hallwatch_collector.web.verdict import window_state

RANK: dict[str, int] = {"hazard": 0, "unusable": 1, "degraded": 2, "warning": 3}
"""Effects of faults, gravest first; also the states of devices that come of them."""
STANDING = ("detected", "acknowledged", "repairing")
"""States of an incident whose fault still stands."""


class StandIn(Struct, frozen=True, kw_only=True):
    """A spare (H1) or a substitute (H2) for a device."""

    name: str
    state: DeviceState
    lent_to: str = ""
    """Name of another device that was exchanged for it."""
    kept_for: str = ""
    """Name of another device that comes first."""
    watched: bool = True
    """Whether anything reads it at all; what lies in a cupboard is taken to work."""

    @property
    def works(self) -> bool | None:
        """Whether people may be sent there: never to something broken, or worked on; None: nobody sees it now."""
        if self.state == "unknown" and self.watched:
            return None
        return self.state not in ("unusable", "hazard", "maintenance")


class Detour(Struct, frozen=True, kw_only=True):
    """Business classes that a window lost, and the windows that take them (none: nobody does)."""

    classes: tuple[str, ...]
    windows: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    """Windows that may take them: nobody sees what that hangs on."""


class Trouble(Struct, frozen=True, kw_only=True):
    """One root cause that stands now."""

    id: str
    device: DeviceView | None
    device_name: str
    state: DeviceState
    faults: tuple[FaultView, ...]
    """Those of the root device, gravest first."""
    since: float
    incident: IncidentView | None
    windows: tuple[WindowView, ...]
    detours: tuple[Detour, ...]
    spare: StandIn | None
    substitute: StandIn | None
    instead: str
    """Where the sign sends people, to the letter."""
    kiosks: tuple[str, ...] | None = None
    """Of a crowd: the self-service terminals that surely work, to which people are led (P3); None: it is no crowd."""
    explained: tuple[tuple[str, FaultView], ...]
    """Faults of other devices that this one causes, with the names of those devices."""
    explained_count: int

    @property
    def windows_lost(self) -> int:
        """How many windows it touches that take no business now."""
        return sum(window_state(window) in ("stuck", "closed") for window in self.windows)


class Attention(Struct, frozen=True, kw_only=True):
    """Something of a device that wants attention and is no incident: one fault, of one or several parts."""

    device: DeviceView
    fault: FaultView
    """Of several parts the gravest, then the oldest."""
    parts: tuple[str, ...]
    crowd: Crowd | None
    """Where the fault is about the people who wait."""
    forecast: ForecastView | None
    """Where the fault is about what will be."""
    measured: tuple[tuple[str, float], ...]
    """What it hangs on, as last told: (metric, value)."""


def find_troubles(view: HallView) -> list[Trouble]:
    """Return the standing incidents, gravest first, then by windows that take nothing, then by touched ones, by age."""
    hall = _Lookup(view)
    troubles = [hall.trouble(incident) for incident in view.incidents if incident.status in STANDING]
    return sorted(troubles, key=lambda t: (RANK.get(t.state, 4), -t.windows_lost, not t.windows, t.since))


def find_attention(view: HallView) -> list[Attention]:
    """Return the faults that are their own root and of no standing incident: warnings mostly."""
    covered = {
        (incident.device, fault)
        for incident in view.incidents
        if incident.status in STANDING
        for fault in incident.faults
    }
    crowds = {crowd.device: crowd for crowd in find_crowds(view)}
    wanted: list[Attention] = []
    for device in view.devices:
        own = [fault for fault in device.faults if not (fault.cause or fault.planned)]
        loose = [fault for fault in own if (device.id, fault.fault) not in covered]
        for name in dict.fromkeys(fault.fault for fault in loose):
            same = sorted((fault for fault in loose if fault.fault == name), key=_by_gravity)
            wanted.append(_attend(device, same, crowds.get(device.id)))
    return sorted(wanted, key=lambda each: _by_gravity(each.fault))


def _attend(device: DeviceView, faults: list[FaultView], crowd: Crowd | None) -> Attention:
    forecasts = (each for each in device.forecasts if (each.fault, each.part) == (faults[0].fault, faults[0].part))
    whole = [fault for fault in faults if not fault.part]  # what the parts make up together is said once
    keys = dict.fromkeys(fault.evidence.rpartition("=")[0] for fault in whole or faults)
    return Attention(
        device=device,
        fault=faults[0],
        parts=tuple(fault.part for fault in faults if fault.part),
        crowd=crowd if faults[0].fault == PEOPLE_WAITING else None,
        forecast=next(forecasts, None),
        measured=tuple((key, device.metrics[key]) for key in keys if key in device.metrics),
    )


def gather_faults(device: DeviceView) -> list[tuple[FaultView, tuple[str, ...]]]:
    """Return the faults of a device with the parts that have them: what the whole and its parts have, or several
    parts, counts once, as it is with the whole or else with the first."""
    same: dict[tuple[str, str], list[FaultView]] = {}
    for fault in device.faults:
        same.setdefault((fault.fault, fault.cause), []).append(fault)
    return [
        (min(faults, key=lambda fault: bool(fault.part)), tuple(fault.part for fault in faults if fault.part))
        for faults in same.values()
    ]


def _by_gravity(fault: FaultView) -> tuple[int, float]:
    return RANK.get(fault.effect, 4), fault.since


def sort_incidents(view: HallView, day_began_at: float) -> dict[str, list[IncidentView]]:
    """Return the incidents as ``open``, ``ended`` (since the day began) and ``ended_before``, the newest first."""
    closed = sorted(
        (each for each in view.incidents if each.status == "closed"), key=lambda each: -(each.closed_at or 0.0)
    )
    return {
        "open": sorted(
            (each for each in view.incidents if each.status != "closed"),
            key=lambda each: (each.status not in STANDING, each.level or "~", -each.opened_at),
        ),
        "ended": [each for each in closed if (each.closed_at or 0.0) >= day_began_at],
        "ended_before": [each for each in closed if (each.closed_at or 0.0) < day_began_at],
    }


def group_devices(view: HallView) -> list[tuple[str, list[DeviceView]]]:
    """Return the devices as (``faulty`` | ``maintenance`` | ``unknown`` | ``ok``, devices); causes before the rest."""

    def rank(device: DeviceView) -> tuple[bool, int]:
        return all(fault.cause for fault in device.faults), RANK.get(device.state, 4)

    faulty = [device for device in view.devices if device.state in RANK]
    return [
        ("faulty", sorted(faulty, key=rank)),
        ("maintenance", [device for device in view.devices if device.state == "maintenance"]),
        ("unknown", [device for device in view.devices if device.state == "unknown"]),
        ("ok", [device for device in view.devices if device.state == "ok"]),
    ]


class _Lookup:
    """The hall's things by their ids."""

    def __init__(self, view: HallView) -> None:
        self.view = view
        self.devices = {device.id: device for device in view.devices}
        self.explained: dict[str, list[tuple[str, FaultView]]] = defaultdict(list)
        for device in view.devices:
            for fault in device.faults:
                if fault.cause:
                    self.explained[fault.cause].append((device.name, fault))

    def trouble(self, incident: IncidentView) -> Trouble:
        device = self.devices.get(incident.device)
        own = [fault for fault in (device.faults if device else ()) if fault.fault in incident.faults]
        faults = tuple(sorted(own, key=_by_gravity))
        windows = tuple(
            w for w in self.view.windows if w.id in incident.windows and (w.lost or not (w.open or w.rests))
        )
        explained = tuple(self.explained[incident.device])
        return Trouble(
            id=incident.id,
            device=device,
            device_name=incident.device_name,
            state=device.state if device else self.state_of_thing(incident),
            faults=faults,
            since=min((fault.since for fault in faults), default=incident.opened_at),
            incident=incident,
            windows=windows,
            detours=self.detours(incident, windows),
            spare=self.spare(device) if device else None,
            substitute=self.stand_in(device.substitute if device else ""),
            instead=self.instead(incident),
            kiosks=self.kiosks() if set(incident.faults) & CROWDING else None,
            explained=explained,
            explained_count=max(incident.explained, len(explained)),
        )

    def detours(self, incident: IncidentView, windows: tuple[WindowView, ...]) -> tuple[Detour, ...]:
        """Return where people go: from windows that lost classes, or with a class that no window takes."""
        if incident.device.startswith(CLASS):
            return find_ways(self.view, [incident.device.removeprefix(CLASS)])
        return find_detours(self.view, windows)

    def state_of_thing(self, incident: IncidentView) -> DeviceState:
        """Return how a window, the hall or a class is of which there is an incident: no device tells it."""
        if incident.device.startswith(CLASS) or incident.takes:
            return "unusable"
        return "degraded" if incident.device.startswith((WINDOW, HALL)) else "unknown"

    def stand_in(self, device_id: str) -> StandIn | None:
        device = self.devices.get(device_id)
        return StandIn(name=device.name, state=device.state, watched=_is_watched(device)) if device else None

    def spare(self, device: DeviceView) -> StandIn | None:
        spare = self.devices.get(device.spare)
        if spare is None:
            return None
        lent_to, kept_for = (self._name_other(each, device) for each in (spare.lent_to, spare.kept_for))
        return StandIn(
            name=spare.name, state=spare.state, lent_to=lent_to, kept_for=kept_for, watched=_is_watched(spare)
        )

    def _name_other(self, name: str, device: DeviceView) -> str:
        other = self.devices.get(name) if name != device.id else None
        return other.name if other else ""

    def kiosks(self) -> tuple[str, ...]:
        works = ("ok", "warning", "degraded")
        return tuple(each.name for each in self.view.devices if each.kind == "kiosk" and each.state in works)

    def instead(self, incident: IncidentView) -> str:
        """Return the guidance of the sign about this device, if one hangs."""
        return next((s.instead for s in self.view.signs if s.about == incident.device_name and s.instead), "")


def _is_watched(device: DeviceView) -> bool:
    return device.unknown_because != "unwatched"


def find_detours(view: HallView, windows: tuple[WindowView, ...]) -> tuple[Detour, ...]:
    """Return for the lost classes of *windows* the open windows that take them, gathered by destination."""
    lost = {name: None for window in windows for name in (window.classes if not window.open else window.lost)}
    return find_ways(view, lost)


def find_ways(view: HallView, classes: Iterable[str]) -> tuple[Detour, ...]:
    """Return for business classes the open windows that take them, gathered by destination."""
    gathered: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for name in classes:
        able = [each for each in view.windows if each.open and name in each.classes and name not in each.lost]
        sure = tuple(each.name for each in able if name not in each.unknown)
        unsure = tuple(each.name for each in able if name in each.unknown)
        gathered.setdefault((sure, unsure), []).append(name)
    return tuple(
        Detour(classes=tuple(names), windows=sure, unsure=unsure) for (sure, unsure), names in gathered.items()
    )
