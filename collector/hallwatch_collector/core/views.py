"""Immutable pictures of a hall, for pages, metrics and the board. Made by the core, read by any thread."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hallwatch_agent.wire import Sign

DeviceState = Literal["ok", "warning", "degraded", "unusable", "hazard", "unknown"]
"""``unknown``: nobody sees it. ``warning``: works, wants attention (also: not monitored)."""


class FaultView(Struct, frozen=True, kw_only=True):
    """A raised fault."""

    device: str
    fault: str
    part: str
    name: str
    name_en: str
    severity: str
    effect: str
    since: float
    raised_at: float
    cause: str
    """Device id upstream that explains it; empty: own root."""
    flapping: bool
    evidence: str
    expected_at: float | None = None
    """Of a forecast: when what it warns of will likely come, as it was when the fault was raised."""
    first_step: str
    first_step_en: str


class ForecastView(Struct, frozen=True, kw_only=True):
    """When a slow-moving value will likely reach its limit; all None: not known (too few days, or no trend)."""

    fault: str
    """The fault that warns of it."""
    name: str
    name_en: str
    metric: str
    """Without the part."""
    part: str
    earliest: float | None = None
    likely: float | None = None
    latest: float | None = None
    """None beside a likely moment: perhaps never."""


class DeviceView(Struct, frozen=True, kw_only=True):
    """A device and how it is."""

    id: str
    kind: str
    name: str
    place: str
    state: DeviceState
    unknown_because: str
    """``agent-lost``, ``overdue``, ``unread``, ``never`` or empty."""
    up: bool | None
    """Whether it answers; None: not known."""
    last_seen: float | None
    """When it could last be read; None: never."""
    faults: tuple[FaultView, ...]
    metrics: dict[str, float]
    """Last values told, over all its probes."""
    facts: dict[str, str]
    forecasts: tuple[ForecastView, ...] = ()
    gives: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    """Of what it gives, what faults take away now."""
    spare: str
    lent_to: str = ""
    """The broken device that it replaces now, as its spare."""
    substitute: str


class WindowView(Struct, frozen=True, kw_only=True):
    """A window and what it can take."""

    id: str
    number: int
    name: str
    open: bool
    classes: tuple[str, ...]
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    """Classes that hang on a device whose state nobody knows."""
    devices: tuple[str, ...]

    @property
    def takes_business(self) -> bool | None:
        """Whether it is open and takes anything; None: nobody knows of any class whether it does."""
        if not self.open:
            return False
        if set(self.classes) - {*self.lost, *self.unknown} or not self.classes:
            return True
        return None if set(self.unknown) - set(self.lost) else False


class IncidentView(Struct, frozen=True, kw_only=True):
    """An incident."""

    id: str
    device: str
    device_name: str
    faults: tuple[str, ...]
    fault_names: tuple[str, ...]
    fault_names_en: tuple[str, ...]
    status: str
    level: str
    opened_at: float
    reopened: int = 0
    """How often its fault came back within the plan's time (F3)."""
    began_at: float = 0.0
    """When it was opened or last reopened."""
    recovered_at: float | None
    closed_at: float | None
    windows: tuple[str, ...]
    """All that it touched."""
    takes: dict[str, tuple[str, ...]] = {}
    """Window → classes that it takes from it now, alone or with others; what else the window lost is not its doing."""
    explained: int
    """Faults of other devices that it explains now."""


class MeasureView(Struct, frozen=True, kw_only=True):
    """A measure that is asked for, or was decided, of an incident that is not closed."""

    id: str
    incident: str
    clause: str
    mode: str
    subject: str
    subject_name: str
    owner: str
    group: str
    text: str
    text_en: str
    raised_at: float
    due_at: float | None
    status: str
    decided_by: str
    reason: str


class AgentView(Struct, frozen=True, kw_only=True):
    """An agent."""

    id: str
    name: str
    alive: bool
    seen: bool
    """Whether it ever reported to this collector."""
    since: float
    last_report_at: float | None
    version: str
    host: str
    spooled: int
    dropped: int
    gaps: int
    clock_offset_s: float | None
    probes: int


class HallView(Struct, frozen=True, kw_only=True):
    """A hall at one moment."""

    area: str
    hall: str
    name: str
    timezone: str
    simulated: bool
    internal: bool
    """Hallwatch's own health, not a hall."""
    version: int
    """Grows with every change; pages compare it."""
    at: float
    class_names: dict[str, str]
    class_names_en: dict[str, str]
    place_names: dict[str, str]
    """Of the places that are no windows."""
    part_names: dict[str, str] = {}
    """Of the parts of devices that stand in the brackets of a key, business classes among them."""
    part_names_en: dict[str, str] = {}
    devices: tuple[DeviceView, ...]
    windows: tuple[WindowView, ...]
    incidents: tuple[IncidentView, ...]
    measures: tuple[MeasureView, ...]
    signs: tuple[Sign, ...]
    agents: tuple[AgentView, ...]
    contacts: tuple[tuple[str, str, str], ...]
    """(role, name, phone)."""
