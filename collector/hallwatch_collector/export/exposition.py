"""Turns the picture of a hall into series, as Prometheus text (exposition format 0.0.4).

By hand, because prometheus-client takes a second for 100,000 series, and this a tenth of it. A series stands
only for what is known: a device that nobody sees has no ``hallwatch_device_up``, only ``hallwatch_device_unknown``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from hallwatch_collector.core.views import AgentView, DeviceView, ForecastView, HallView, WindowView
from hallwatch_collector.export import course, service, situation, week
from hallwatch_collector.export.samples import Family, Lines, escape, labels, put, word
from hallwatch_collector.export.series import series_of

FAMILIES: Final = (
    Family("hallwatch_hall_info", "gauge", "A hall; simulated and internal (Hallwatch's own health) ones are marked."),
    Family("hallwatch_device_info", "gauge", "A device, with its name for people and where it stands."),
    Family("hallwatch_device_up", "gauge", "Whether the device answers; no sample while that is not known."),
    Family("hallwatch_device_usable", "gauge", "Whether people can use the device; no sample while nobody sees it."),
    Family("hallwatch_device_unknown", "gauge", "Whether nobody sees the device, so that its state is not known."),
    Family("hallwatch_device_last_seen_timestamp_seconds", "gauge", "When the device was last read."),
    Family("hallwatch_device_maintenance", "gauge", "Whether it is worked on by plan, or all it has comes of that."),
    Family(
        "hallwatch_fault_active",
        "gauge",
        "A fault that holds, unless it is planned; explained when a device upstream is its cause.",
    ),
    Family(
        "hallwatch_forecast_timestamp_seconds",
        "gauge",
        "When a value will reach its limit: bound earliest, likely, latest; no sample while that is not known.",
    ),
    Family("hallwatch_window_info", "gauge", "A window, with its number and its name for people."),
    Family("hallwatch_window_open", "gauge", "Whether the window takes business; no sample while that is not known."),
    Family("hallwatch_window_classes", "gauge", "Business classes that the window offers."),
    Family("hallwatch_window_classes_lost", "gauge", "Business classes that the window cannot take now."),
    Family("hallwatch_window_classes_unknown", "gauge", "Business classes that hang on a device nobody sees."),
    Family("hallwatch_incidents", "gauge", "Incidents by level and status; those without a level have level none."),
    Family("hallwatch_measures", "gauge", "Measures of the plan by mode and status."),
    Family("hallwatch_signs", "gauge", "Signs that are up."),
    Family("hallwatch_agent_info", "gauge", "An agent, its version and the machine it runs on."),
    Family("hallwatch_agent_up", "gauge", "Whether the agent is connected."),
    Family("hallwatch_agent_probes", "gauge", "Probes that the agent is to run."),
    Family("hallwatch_agent_last_report_timestamp_seconds", "gauge", "When the agent's last report came in."),
    Family("hallwatch_agent_spooled_reports", "gauge", "Reports that wait on the agent's disk."),
    Family("hallwatch_agent_dropped_reports_total", "counter", "Reports that the agent's full spool threw away."),
    Family("hallwatch_agent_sequence_gaps", "gauge", "Reports that the agent sent and that are missing now."),
    Family("hallwatch_agent_clock_offset_seconds", "gauge", "The collector's clock minus the agent's clock."),
    *situation.FAMILIES,
    *service.FAMILIES,
    *course.FAMILIES,
    *week.FAMILIES,
)
READING: Final = "hallwatch_reading_"
"""Readings have a name space of their own: no key of a device can take the name of a family above."""
USABLE: Final = {"ok": 1, "warning": 1, "degraded": 1, "unusable": 0, "hazard": 0}


def render_hall(view: HallView, *, readings: bool = True, levels: Sequence[str] = ()) -> Lines:
    """Return the sample lines of one hall by family.

    *readings*: with the last values that its devices told; *levels*: those of the plan, the highest first.
    """
    lines: Lines = defaultdict(list)
    hall = labels(area=view.area, hall=view.hall)
    marks = labels(name=view.name, simulated=word(view.simulated), internal=word(view.internal), drill=word(view.drill))
    lines["hallwatch_hall_info"].append(f"hallwatch_hall_info{{{hall},{marks}}} 1")
    if view.drill:  # what is only practised is in no statistics (B3)
        return lines
    for device in view.devices:
        base = f"{hall},{labels(device=device.id, kind=device.kind)}"
        _render_device(lines, device, base)
        if readings:
            _render_readings(lines, device, base)
    for window in (window for window in view.windows if not window.rests):
        _render_window(lines, window, f"{hall},{labels(window=window.id)}")
    for agent in view.agents:
        _render_agent(lines, agent, f"{hall},{labels(agent=agent.id)}")
    incidents = Counter((incident.level or "none", incident.status) for incident in view.incidents)
    measures = Counter((measure.mode, measure.status) for measure in view.measures)
    for (level, status), count in incidents.items():
        put(lines, "hallwatch_incidents", f"{hall},{labels(level=level, status=status)}", count)
    for (mode, status), count in measures.items():
        put(lines, "hallwatch_measures", f"{hall},{labels(mode=mode, status=status)}", count)
    put(lines, "hallwatch_signs", hall, len(view.signs))
    if not view.internal:
        situation.render_situation(lines, view, hall, levels)
    return lines


def join_families(halls: Iterable[Mapping[str, bytes]]) -> bytes:
    """Join the text blocks of many halls into one page: the samples of a family must stand together."""
    blocks: defaultdict[str, list[bytes]] = defaultdict(list)
    for hall in halls:
        for name, block in hall.items():
            blocks[name].append(block)
    families = [family for family in FAMILIES if family.name in blocks]
    readings = sorted(blocks.keys() - {family.name for family in families})
    page: list[bytes] = []
    for family in (*families, *map(_reading_family, readings)):
        page += (_header(family), *blocks[family.name])
    return b"".join(page)


def _header(family: Family) -> bytes:
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n".encode()


def _reading_family(name: str) -> Family:
    kind = "counter" if name.endswith("_total") else "gauge"
    return Family(name, kind, f"The last {name.removeprefix(READING)} that the device told.")


def _render_device(lines: Lines, device: DeviceView, base: str) -> None:
    put(lines, "hallwatch_device_info", f"{base},{labels(name=device.name, place=device.place)}", 1)
    put(lines, "hallwatch_device_unknown", base, device.state == "unknown")
    if device.up is not None:
        put(lines, "hallwatch_device_up", base, device.up)
    if device.state in USABLE:
        put(lines, "hallwatch_device_usable", base, USABLE[device.state])
    if device.last_seen is not None:
        put(lines, "hallwatch_device_last_seen_timestamp_seconds", base, device.last_seen)
    put(lines, "hallwatch_device_maintenance", base, device.state == "maintenance")
    for fault in (fault for fault in device.faults if not fault.planned):
        marks = labels(fault=fault.fault, part=fault.part, effect=fault.effect, explained=word(bool(fault.cause)))
        put(lines, "hallwatch_fault_active", f"{base},{marks}", 1)
    for forecast in device.forecasts:
        _render_forecast(lines, forecast, base)


def _render_forecast(lines: Lines, forecast: ForecastView, base: str) -> None:
    marks = labels(fault=forecast.fault, metric=forecast.metric, part=forecast.part)
    moments = (("earliest", forecast.earliest), ("likely", forecast.likely), ("latest", forecast.latest))
    for bound, moment in moments:
        if moment is not None:
            put(lines, "hallwatch_forecast_timestamp_seconds", f"{base},{marks},{labels(bound=bound)}", round(moment))


def _render_readings(lines: Lines, device: DeviceView, base: str) -> None:
    metrics = device.metrics
    for slot in _slots(tuple(metrics)):
        value = float(metrics[slot.key] * slot.factor)
        lines[slot.family].append(f"{slot.head}{base}{slot.tail}{value!r}")


class _Slot(NamedTuple):
    """Where one reading goes: what stands before and behind the labels of its device."""

    key: str
    family: str
    head: str
    tail: str
    factor: float


@lru_cache(maxsize=4096)
def _slots(keys: tuple[str, ...]) -> tuple[_Slot, ...]:
    """Return the slots for a device that told these keys; devices of a kind share them. No series stands twice."""
    slots = {}
    for key in keys:
        series = series_of(key)
        if series is not None:
            family = READING + series.name
            part = f',part="{escape(series.part)}"' if series.part else ""
            slots[family, part] = _Slot(key, family, f"{family}{{", f"{part}}} ", series.factor)
    return tuple(slots.values())


def _render_window(lines: Lines, window: WindowView, base: str) -> None:
    put(lines, "hallwatch_window_info", f"{base},{labels(number=str(window.number), name=window.name)}", 1)
    if window.takes_business is not None:
        put(lines, "hallwatch_window_open", base, window.takes_business)
    put(lines, "hallwatch_window_classes", base, len(window.classes))
    put(lines, "hallwatch_window_classes_lost", base, len(window.lost))
    put(lines, "hallwatch_window_classes_unknown", base, len(window.unknown))


def _render_agent(lines: Lines, agent: AgentView, base: str) -> None:
    marks = labels(name=agent.name, version=agent.version, host=agent.host)
    put(lines, "hallwatch_agent_info", f"{base},{marks}", 1)
    put(lines, "hallwatch_agent_up", base, agent.alive)
    put(lines, "hallwatch_agent_probes", base, agent.probes)
    if not agent.seen:
        return
    put(lines, "hallwatch_agent_spooled_reports", base, agent.spooled)
    put(lines, "hallwatch_agent_dropped_reports_total", base, agent.dropped)
    put(lines, "hallwatch_agent_sequence_gaps", base, agent.gaps)
    if agent.last_report_at is not None:
        put(lines, "hallwatch_agent_last_report_timestamp_seconds", base, agent.last_report_at)
    if agent.clock_offset_s is not None:
        put(lines, "hallwatch_agent_clock_offset_seconds", base, agent.clock_offset_s)
