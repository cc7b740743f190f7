"""Immutable pictures of a hall, made from its model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from hallwatch_collector.core.alerts.picture import view_alerts
from hallwatch_collector.core.billboard import proposals_of, view_notices
from hallwatch_collector.core.catalogue import EFFECTS, Fault
from hallwatch_collector.core.filing import view_deadlines
from hallwatch_collector.core.flips import PERSON
from hallwatch_collector.core.hall import THINGS, Window, positions_of
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.readiness.cover import in_maintenance
from hallwatch_collector.core.readiness.picture import picture_readiness
from hallwatch_collector.core.readiness.store import lend_spares
from hallwatch_collector.core.screens import view_screens
from hallwatch_collector.core.sheets import view_registers
from hallwatch_collector.core.signs import signs_due
from hallwatch_collector.core.state import Alarm, Incident, Measure
from hallwatch_collector.core.undoing import view_checks
from hallwatch_collector.core.views import (
    AgentView,
    DeviceState,
    DeviceView,
    FaultView,
    ForecastView,
    HallView,
    HandMoveView,
    IncidentView,
    MeasureView,
    WindowView,
)
from hallwatch_collector.core.watch import DeviceWatch
from hallwatch_collector.core.wording import name_of

INTERNAL_AREA = "hallwatch"
"""The area of Hallwatch's own health, which is no hall."""


def picture(model: Model, now: float) -> HallView:
    """Return the hall as it is."""
    hall = model.hall
    classes = model.impact.classes.values()
    lent = {spare: loan.device for spare, loan in model.readiness.loans.items()}
    kept = lend_spares(model)
    equipment = [watch for watch in model.devices.values() if watch.device.kind not in THINGS]
    explained = Counter(alarm.cause for watch in equipment for alarm, _ in watch.raised() if alarm.cause)
    at_it: dict[str, list[str]] = {}
    for watch in model.devices.values():
        at_it.setdefault(watch.device.place or "", []).append(watch.id)
    return HallView(
        area=hall.area,
        hall=hall.hall,
        name=hall.name,
        timezone=hall.timezone,
        simulated=hall.simulated,
        drill=hall.drill,
        internal=hall.area == INTERNAL_AREA,
        version=model.version,
        at=now,
        class_names={each.id: each.name for each in classes},
        class_names_en={each.id: each.name_en or each.id for each in classes},
        place_names={place.id: place.name for place in hall.places},
        positions=positions_of(hall),
        part_names=model.part_names.chinese,
        part_names_en=model.part_names.english,
        devices=tuple(_device(model, watch, lent.get(watch.id, ""), kept.get(watch.id, "")) for watch in equipment),
        windows=tuple(
            _window(model, window, at_it.get(window.id, ()))
            for window in sorted(hall.windows, key=lambda window: window.number)
        ),
        incidents=tuple(_incident(model, incident, explained) for incident in model.incidents.values()),
        measures=tuple(
            _measure(model, measure, now) for measure in model.measures.values() if _is_current(model, measure)
        ),
        checks=tuple(view_checks(model, now)),
        signs=tuple(model.signs.values()),
        signs_due=tuple(signs_due(model)),
        screens=tuple(view_screens(model)),
        registers=tuple(view_registers(model)),
        alerts=tuple(view_alerts(model)),
        reachable=tuple(each.name for each in model.alerting.recipients if each.is_of(model.hall.key)),
        agents=tuple(_agent(model, name) for name in model.agents),
        notices=tuple(view_notices(model)),
        deadlines=tuple(view_deadlines(model, now)),
        extensions=tuple(model.extensions),
        readiness=picture_readiness(model, now),
        open_reports=hall.open_reports,
        open_board=hall.open_board,
        contacts=tuple((each.role, each.name, each.phone) for each in hall.contacts),
    )


def _device(model: Model, watch: DeviceWatch, lent_to: str, kept_for: str) -> DeviceView:
    readings = [probe.reading for probe in watch.probes.values() if probe.reading is not None]
    read_at = max((probe.read_at for probe in watch.probes.values()), default=float("-inf"))
    unknown = "" if watch.id not in model.unseen else model.unseen[watch.id] if watch.probes else "unwatched"
    return DeviceView(
        id=watch.id,
        kind=watch.device.kind,
        name=watch.device.name,
        place=watch.device.place or "",
        state=_state(model, watch, unknown),
        unknown_because=unknown,
        up=watch.answers(),
        last_seen=read_at if read_at > float("-inf") else None,
        faults=tuple(_fault(alarm, fault) for alarm, fault in watch.foremost()),
        metrics={key: value for reading in readings for key, value in reading.metrics.items()},
        facts={key: value for reading in readings for key, value in reading.facts.items()},
        forecasts=tuple(_forecasts(watch)),
        gives=tuple(watch.device.gives),
        taken=_taken(watch),
        spare=watch.device.spare or "",
        lent_to=lent_to,
        kept_for=kept_for,
        substitute=watch.device.substitute or "",
    )


def _taken(watch: DeviceWatch) -> tuple[str, ...]:
    taken = watch.takers()
    return tuple(name for name in watch.device.gives if name in taken)


def _forecasts(watch: DeviceWatch) -> Iterator[ForecastView]:
    """Yield what can be said, or not, of each value that some rule forecasts; the first probe that tells it counts."""
    told: set[tuple[str, str]] = set()
    for fault, rule in watch.rules.forecasts:
        for probe in watch.probes.values():
            for key in probe.past:
                metric, _, part = key.removesuffix("]").partition("[")
                if metric == rule.metric and (fault.id, part) not in told:
                    told.add((fault.id, part))
                    earliest, likely, latest = rule.forecast(key, probe.past) or (None, None, None)
                    yield ForecastView(
                        fault=fault.id, name=fault.name, name_en=fault.name_en, metric=metric, part=part,
                        earliest=earliest, likely=likely, latest=latest,
                    )  # fmt: skip


def _state(model: Model, watch: DeviceWatch, unknown: str) -> DeviceState:
    """Return the worst that stands; what nobody sees is unknown, whatever probes told of it last. What a person said
    stands until a person takes it back, and danger until it is seen to be over. What is worked on by plan is under
    maintenance, seen or not, and so is what has nothing but faults that come of it."""
    raised = list(watch.raised())
    effects = {fault.effect for _, fault in raised}
    if all(alarm.planned for alarm, _ in raised) and (raised or in_maintenance(model, watch.id)):
        return "maintenance"
    if unknown:
        effects = {fault.effect for alarm, fault in raised if alarm.probe == PERSON or fault.effect == "hazard"}
    return next((effect for effect in EFFECTS if effect in effects), "unknown" if unknown else "ok")


def _fault(alarm: Alarm, fault: Fault) -> FaultView:
    return FaultView(
        device=alarm.device,
        fault=alarm.fault,
        part=alarm.part,
        name=fault.name,
        name_en=fault.name_en,
        severity=fault.severity,
        effect=fault.effect,
        since=alarm.since,
        raised_at=alarm.raised_at or alarm.since,
        cause=alarm.cause,
        planned=alarm.planned,
        flapping=alarm.flapping,
        evidence=alarm.evidence,
        expected_at=alarm.expected_at,
        first_step=fault.first_step,
        first_step_en=fault.first_step_en,
    )


def _window(model: Model, window: Window, at_it: Iterable[str]) -> WindowView:
    reach = model.impact.reach(window.id, model.takers, model.is_unknown)
    rests, lent = model.is_resting(window.id), tuple(model.lent.get(window.id, ()))
    idle = [name for name in lent if name not in model.impact.borrowable(window.id, model.takers)]
    unsure = model.impact.unsure(window.id, [name for name in lent if name not in idle], model.takers, model.is_unknown)
    return WindowView(
        id=window.id,
        number=window.number,
        name=window.name,
        open=model.is_open(window.id),
        rests=rests,
        classes=(*window.classes, *lent),
        lent=lent,
        may=tuple(name for name in window.may if name not in lent),
        lost=() if rests else (*reach.lost, *idle),
        unknown=() if rests else (*reach.unknown, *unsure),
        devices=tuple(at_it),
        by_hand=tuple(_hand_moves(model, window.id)),
    )


def _hand_moves(model: Model, window: str) -> Iterator[HandMoveView]:
    for name, move in model.hand_moves.items():
        moved, _, business = name.partition("/")
        if moved == window:
            yield HandMoveView(business=business, by=move.by, at=move.at, reason=move.reason)


def _incident(model: Model, incident: Incident, explained: Mapping[str, int]) -> IncidentView:
    watches = model.watches(incident)
    faults = [watch.rules.faults for watch in watches]
    known = {name: theirs[name] for theirs in faults for name in incident.faults if name in theirs}
    return IncidentView(
        id=incident.id,
        device=incident.device,
        device_name=name_of(model, incident.device),
        joined=tuple(incident.joined),
        faults=tuple(known),
        fault_names=tuple(fault.name for fault in known.values()),
        fault_names_en=tuple(fault.name_en for fault in known.values()),
        status=incident.status,
        level=incident.level,
        level_by=incident.level_by,
        level_reason=incident.level_reason,
        owner=incident.owner,
        handed_by=incident.handed_by,
        offered_at=incident.offered_at,
        acknowledged_by=incident.acknowledged_by,
        false_by=incident.false_by,
        acknowledged_at=incident.acknowledged_at,
        repairing_at=incident.repairing_at,
        slipped_at=incident.slipped_at,
        notes=tuple(incident.notes),
        signatures=tuple(incident.signatures),
        estimates=tuple(incident.estimates),
        taken=tuple(incident.taken),
        back_at=incident.back_at,
        was_back_at=incident.was_back_at,
        estimate_source=incident.estimate_source,
        told_by=incident.told_by if incident.estimate_source == "person" else "",
        opened_at=incident.opened_at,
        reopened=incident.reopened,
        began_at=incident.began_at,
        recovered_at=incident.recovered_at,
        closed_at=incident.closed_at,
        windows=tuple(incident.windows),
        takes={window: tuple(names) for window, names in model.losses(incident).items()},
        explained=sum(explained.get(root, 0) for root in incident.roots),
    )


def _is_current(model: Model, measure: Measure) -> bool:
    incident = model.incidents.get(measure.incident)
    return measure.status != "undone" and (incident is None or incident.status != "closed")


def _measure(model: Model, measure: Measure, now: float) -> MeasureView:
    return MeasureView(
        id=measure.id,
        incident=measure.incident,
        clause=measure.clause,
        mode=measure.mode,
        subject=measure.subject,
        subject_name=name_of(model, measure.subject),
        owner=measure.owner,
        helpers=tuple(model.templates[measure.template].helpers),
        group=measure.group,
        text=measure.text,
        text_en=measure.text_en,
        raised_at=measure.raised_at,
        times=measure.times,
        due_at=measure.due_at,
        status=measure.status,
        decided_by=measure.decided_by,
        decided_at=measure.decided_at,
        reason=measure.reason,
        sign=measure.edition if model.templates[measure.template].on == "sign-unshown" else "",
        signs_report=model.templates[measure.template].ticked_by == "signing",
        releases=model.templates[measure.template].on_confirm in ("release", "correct-notice"),
        draft=measure.draft,
        draft_en=measure.draft_en,
        proposals=tuple(proposals_of(model, measure, now)),
    )


def _agent(model: Model, name: str) -> AgentView:
    watch = model.agents[name]
    state = watch.state
    named = next((agent.name for agent in model.hall.agents if agent.id == name), "")
    return AgentView(
        id=name,
        name=named or name,
        alive=state.alive,
        seen=bool(state.boot),
        since=state.since,
        last_report_at=state.last_report_at,
        version=state.version,
        host=state.host,
        spooled=state.spooled,
        dropped=state.dropped,
        gaps=state.gaps,
        clock_offset_s=state.clock_offset_s,
        probes=len(watch.probes),
    )
