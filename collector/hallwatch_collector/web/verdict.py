"""The first thing to see: whether the hall is all right, and which window takes what."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from hallwatch_collector.core.views import DeviceState, HallView, WindowView

STALE_AFTER_S = 180.0
"""When nothing was heard of any agent for so long, what the page shows is the past and says so."""

VerdictKind = Literal[
    "hazard", "stopped", "stuck", "limited", "equipment", "attention", "unsure", "blind", "ok", "empty"
]
WindowState = Literal["ok", "limited", "stuck", "closed", "resting", "unsure"]

MARK_OF_VERDICT: dict[VerdictKind, DeviceState] = {
    "hazard": "hazard",
    "stopped": "unusable",
    "stuck": "unusable",
    "limited": "degraded",
    "equipment": "degraded",
    "attention": "warning",
    "unsure": "unknown",
    "blind": "unknown",
    "empty": "unknown",
    "ok": "ok",
}
MARK_OF_WINDOW: dict[WindowState, DeviceState] = {
    "ok": "ok",
    "limited": "degraded",
    "stuck": "unusable",
    "closed": "unusable",
    "resting": "ok",
    "unsure": "unknown",
}


class Verdict(Struct, frozen=True, kw_only=True):
    """How the hall is, in one word and the figures that go with it."""

    kind: VerdictKind
    count: int
    """How many windows the word is about, or devices that are a danger."""
    windows_open: int
    """Those that surely take business now."""
    windows_unsure: int
    """Those of which nobody knows whether they take any."""
    windows: int
    unknown: int
    level: str
    last_heard: float | None
    """The newest report of any agent, when it is too old for the present; else None."""
    never_heard: bool
    """Nothing ever came from any agent: there is no last known state either."""

    @property
    def mark(self) -> DeviceState:
        """The sign that goes with the word; never ``ok`` unless everything is seen and well."""
        return MARK_OF_VERDICT[self.kind]

    @property
    def headline(self) -> str:
        """The key of the text that says it; a hall without windows is not told that its windows are fine."""
        only = not self.windows and self.kind in ("equipment", "attention")
        return f"verdict.{self.kind}_only" if only else f"verdict.{self.kind}"


def window_state(window: WindowView) -> WindowState:
    """Return how a window is, for the people before it."""
    if window.rests:
        return "resting"
    if not window.open:
        return "closed"
    if window.lost:
        return "stuck" if set(window.lost) >= set(window.classes) else "limited"
    return "unsure" if window.unknown else "ok"


def sort_classes(window: WindowView) -> list[tuple[str, list[str]]]:
    """Return the window's classes by how it is with them; a closed window takes none, one in reserve would take all."""
    lost = set(window.lost) if window.open or window.rests else set(window.classes)
    unknown = set(window.unknown) - lost
    return [
        ("takes", [name for name in window.classes if name not in lost | unknown | set(window.lent)]),
        *([("lent", [name for name in window.lent if name not in lost])] if window.lent else []),
        ("lost", [name for name in window.classes if name in lost]),
        ("unknown", [name for name in window.classes if name in unknown]),
    ]


def dim(view: HallView) -> HallView:
    """Return the picture of a hall that nobody sees any more: what was well is unknown; faults stay as last known."""
    devices = tuple(
        replace(device, state="unknown", unknown_because=device.unknown_because or "overdue")
        if device.state == "ok"
        else device
        for device in view.devices
    )
    windows = tuple(replace(window, unknown=window.classes) for window in view.windows)
    return replace(view, devices=devices, windows=windows)


def judge(view: HallView, now: float) -> Verdict:
    """Return the verdict on a hall: the worst that is known comes first, and not knowing is never well."""
    windows = [window_state(window) for window in view.windows]
    devices = [device.state for device in view.devices]
    heard = max((agent.last_report_at or 0.0 for agent in view.agents), default=0.0)
    stale = bool(view.agents) and now - heard > STALE_AFTER_S
    kind, count = _kind(view, windows, devices, stale)
    levels = [incident.level for incident in view.incidents if incident.level and incident.status != "closed"]
    return Verdict(
        kind=kind,
        count=count,
        windows_open=sum(window.takes_business is True for window in view.windows),
        windows_unsure=sum(window.takes_business is None for window in view.windows),
        windows=len(windows) - windows.count("resting"),
        unknown=devices.count("unknown"),
        level=min(levels, default=""),  # Ⅰ is the gravest, and the numerals sort
        last_heard=heard if stale and heard else None,
        never_heard=bool(view.agents) and not any(agent.seen for agent in view.agents),
    )


def _kind(
    view: HallView, windows: list[WindowState], devices: list[DeviceState], stale: bool
) -> tuple[VerdictKind, int]:
    """Return the first of the kinds, gravest first, that holds."""
    blind = bool(view.agents) and (stale or not any(agent.alive for agent in view.agents))
    closed, stuck = windows.count("closed"), windows.count("stuck")
    ranked: tuple[tuple[VerdictKind, int], ...] = (
        ("empty", not devices and not windows),
        ("blind", blind),
        ("hazard", devices.count("hazard")),
        ("stuck", stuck and stuck + closed),
        ("stopped", closed),
        ("limited", windows.count("limited")),
        ("equipment", devices.count("unusable")),
        ("unsure", devices.count("unknown") + windows.count("unsure")),
        ("attention", sum(state in ("degraded", "warning", "maintenance") for state in devices)),
    )
    return next(((kind, int(count)) for kind, count in ranked if count), ("ok", 0))
