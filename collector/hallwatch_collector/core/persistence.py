"""Writing a hall's state out and taking it up again: after a restart, and when its file changes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from hallwatch_collector.core.alarms import is_raised, resume
from hallwatch_collector.core.events import FaultCleared, IncidentMoved, WindowChanged, WindowReopened
from hallwatch_collector.core.flips import DECLARING
from hallwatch_collector.core.incidents import set_steps
from hallwatch_collector.core.intake import ClockOffset
from hallwatch_collector.core.measures import undo_measure
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.readiness.keep import take_up_readiness
from hallwatch_collector.core.registers import has_open_entries, keep_registers
from hallwatch_collector.core.screens import resume_screens, take_up_screens
from hallwatch_collector.core.state import BY_HAND, Alarm, HallState, Incident
from hallwatch_collector.core.things import HALL
from hallwatch_collector.core.values import HALL_FILE
from hallwatch_collector.core.watch import DeviceWatch, ProbeWatch
from hallwatch_collector.core.window_events import ReserveClosed, WindowReturned


def save(model: Model) -> HallState:
    """Return what a restart must not lose."""
    return HallState(
        digest=model.digest,
        alarms=[alarm for watch in model.devices.values() for alarm in watch.alarms.values()],
        agents={name: watch.state for name, watch in model.agents.items() if watch.state.boot},
        incidents=list(model.incidents.values()),
        measures=list(model.measures.values()),
        signs=model.signs,
        closed_windows=model.closed_windows,
        opened=model.opened,
        lent=model.lent,
        hand_moves=model.hand_moves,
        queue=model.queue,
        failures=model.failures,
        lost=model.lost,
        unseen=model.unseen,
        seen=[device for device in model.devices if device not in model.unseen],
        first_read=model.first_read,
        taken_at={name: probe.taken_at for name, probe in _probes(model) if probe.taken_at > float("-inf")},
        read_at={name: probe.read_at for name, probe in _probes(model) if probe.read_at > float("-inf")},
        posted=model.posted,
        screens=model.screens,
        releases=model.releases,
        outages=model.outages,
        extensions=model.extensions,
        alerts=list(model.alerts.values()),
        repairs=model.repairs,
        settling=model.settling,
        counter=model.counter,
        readiness=model.readiness,
        numbers=model.numbers,
        kept_registers=model.kept_registers,
    )


def restore(saved: HallState, turn: Turn) -> None:
    """Take up a written state: what stood stands, running holds begin anew, and nothing fires or clears by itself."""
    model, now = turn.model, turn.now
    for alarm in saved.alarms:
        resume(alarm)
    _take_up(saved, turn)
    resume_screens(turn)
    model.settling = dict(saved.settling)
    for until in model.settling.values():
        model.set_timer(max(until, now))
    for name, state in saved.agents.items():
        if name in model.agents:
            watch = model.agents[name]
            watch.state, watch.clock = state, ClockOffset(state.clock_offset_s)
            watch.sequences.start(state.boot)
    for name, probe in _probes(model):
        probe.taken_at = saved.taken_at.get(name, probe.taken_at)
        probe.read_at = saved.read_at.get(name, probe.read_at)
        probe.awaited = name in saved.taken_at
    for device in model.devices.values():
        for probe in device.probes.values():
            model.watch_for_silence(device, probe, now)


def _probes(model: Model) -> Iterator[tuple[str, ProbeWatch]]:
    """Yield the hall's probes, each with the name that it has among all."""
    for watch in model.devices.values():
        for probe in watch.probes.values():
            yield f"{watch.id}/{probe.name}", probe


def carry_over(old: Model, turn: Turn) -> None:
    """Take up the state of the same hall under its earlier file; readings and clocks go on as they were."""
    model, now = turn.model, turn.now
    saved = save(old)
    saved.alarms = [alarm for alarm in saved.alarms if not _is_moot(alarm, old, turn)]
    _take_up(saved, turn)
    model.settling = dict(old.settling)
    for device in model.devices.values():
        for alarm in device.alarms.values():
            follows = device.rules.faults[alarm.fault].follows
            # an edit that changes what hangs on what is no news of it
            if follows and alarm.cause and alarm.settle_until is None:
                alarm.settle_until = now + model.plan.settle_s
                model.set_timer(alarm.settle_until)
    for name, watch in old.agents.items():
        if name in model.agents:
            new = model.agents[name]
            new.state, new.clock, new.sequences = watch.state, watch.clock, watch.sequences
    for device in model.devices.values():
        before = old.devices.get(device.id)
        for probe in device.probes.values():
            same = before.probes.get(probe.name) if before else None
            if same is not None and _asks_the_same(same, probe):
                probe.reading, probe.fresh = same.reading, same.fresh
                probe.taken_at, probe.seen_at, probe.arrived_at = same.taken_at, same.seen_at, same.arrived_at
                probe.read_at, probe.awaited = same.read_at, same.awaited
                probe.past = same.past
            model.watch_for_silence(device, probe, now)


def _is_moot(alarm: Alarm, old: Model, turn: Turn) -> bool:
    """Tell whether the probe that told a fault asks for something else now; what stood is then over."""
    device = turn.model.devices.get(alarm.device)
    before = old.devices[alarm.device].probes.get(alarm.probe)
    after = device.probes.get(alarm.probe) if device else None
    if before is None or after is None or _asks_the_same(before, after):
        return False
    if is_raised(alarm):
        turn.events.append(_over(alarm, turn.now))
    return True


def _asks_the_same(before: ProbeWatch, after: ProbeWatch) -> bool:
    """Tell whether two probes ask the same of the same device, however often."""
    if (before.agent, before.kind) != (after.agent, after.kind):
        return False
    asked = [structs.asdict(probe.options) for probe in (before, after)]
    for options in asked:
        options.pop("interval_s", None)
        options.pop("timeout_s", None)
    return asked[0] == asked[1]


def _take_up(saved: HallState, turn: Turn) -> None:
    """Put a state into a model, leaving out what the hall file no longer has; what stood there is over."""
    model = turn.model
    _take_up_alarms(saved, turn)
    known = _take_up_incidents(saved, turn)
    _take_up_measures(saved, turn, known)
    _take_up_windows(saved, turn, known)
    model.signs = dict(saved.signs)
    model.queue = saved.queue
    model.failures = [each for each in saved.failures if each.device in model.devices]
    places = {*model.devices, *model.impact.windows}
    model.posted = {
        place: posted for place, posted in saved.posted.items() if posted.incident in {"", *known} and place in places
    }
    take_up_screens(saved.screens, turn)
    model.releases, model.extensions = dict(saved.releases), list(saved.extensions)
    model.outages = list(saved.outages)
    model.alerts = {alert.incident: alert for alert in saved.alerts}
    model.repairs = {key: list(past) for key, past in saved.repairs.items()}
    known_before = {*saved.seen, *saved.unseen}
    model.unseen = {
        device: saved.unseen.get(device, "never")
        for device in model.devices
        if device in saved.unseen or device not in known_before
    }
    model.first_read = {
        device: saved.first_read.get(device, turn.now)
        for device in model.devices
        if model.unseen.get(device) != "never" and device in known_before
    }
    model.counter = saved.counter
    take_up_readiness(saved.readiness, turn)
    model.numbers = dict(saved.numbers)


def _take_up_alarms(saved: HallState, turn: Turn) -> None:
    model = turn.model
    for alarm in saved.alarms:
        watch = model.devices.get(alarm.device)
        if watch is not None and alarm.fault in watch.rules.faults and alarm.probe in _voices(watch):
            watch.alarms[alarm.key] = alarm
            if alarm.due is not None:
                model.set_timer(alarm.due, alarm.device, alarm.key)
            if alarm.settle_until is not None:
                model.set_timer(max(alarm.settle_until, turn.now))
        elif is_raised(alarm):
            turn.events.append(_over(alarm, turn.now))


def _take_up_incidents(saved: HallState, turn: Turn) -> set[str]:
    """Take up the incidents of which a device is still there, and return their ids."""
    model = turn.model
    model.kept_registers = list(saved.kept_registers)
    for incident in saved.incidents:
        roots = [root for root in incident.roots if root in model.devices]
        if roots:
            incident.device, incident.joined = roots[0], roots[1:]
        elif incident.status != "closed" and has_open_entries(incident):
            _leave_to_hall(turn, incident)
        if incident.device in model.devices:
            incident.windows = [window for window in incident.windows if window in model.impact.windows]
            model.incidents[incident.id] = incident
            set_steps(model, incident, turn.now)
            continue
        if incident.status != "closed":
            incident.closed_at = turn.now
            turn.events.append(IncidentMoved(at=turn.now, incident=incident.id, status="closed", by=HALL_FILE))
        keep_registers(model, incident)
    return set(model.incidents)


def _leave_to_hall(turn: Turn, incident: Incident) -> None:
    """Make an incident whose device is gone the hall's own: what was accepted by hand is still to be done with (O8)."""
    incident.device = HALL
    if incident.stands:
        incident.status, incident.recovered_at = "recovered", turn.now
        turn.events.append(IncidentMoved(at=turn.now, incident=incident.id, status="recovered", by=HALL_FILE))


def _take_up_windows(saved: HallState, turn: Turn, known: set[str]) -> None:
    """Take up what windows lost, and which are closed; one that nothing is left to reopen reopens now."""
    model = turn.model
    model.lost = {window: lost for window, lost in saved.lost.items() if window in model.impact.windows}
    for window in sorted(saved.lost.keys() - model.lost.keys()):
        turn.events.append(WindowChanged(at=turn.now, window=window, lost=[]))
    for window, incident in saved.closed_windows.items():
        if window in model.impact.windows and incident in {BY_HAND, *known}:
            model.closed_windows[window] = incident
        elif window in model.impact.windows:
            turn.events.append(WindowReopened(at=turn.now, window=window, by=HALL_FILE))
    _take_up_arrangement(saved, turn, known)


def _take_up_arrangement(saved: HallState, turn: Turn, known: set[str]) -> None:
    """Take up which reserve windows are open and what is lent, as far as the hall file still allows it."""
    model, windows, owners = turn.model, turn.model.impact.windows, {BY_HAND, *known}
    for window, incident in saved.opened.items():
        if window in windows and windows[window].reserve and incident in owners:
            model.opened[window] = incident
        else:
            closed = ReserveClosed(at=turn.now, window=window, incident=incident, by=HALL_FILE)
            turn.events.append(closed)
    for window, lent in saved.lent.items():
        for business, incident in lent.items():
            if window in windows and business in windows[window].may and incident in owners:
                model.lent.setdefault(window, {})[business] = incident
            else:
                returned = WindowReturned(
                    at=turn.now, window=window, business=business, incident=incident, by=HALL_FILE
                )
                turn.events.append(returned)
    model.hand_moves = dict(saved.hand_moves)
    model.forget_overruled()


def _voices(watch: DeviceWatch) -> set[str]:
    """Return the probes that can tell of a device, the life and clock of the agent on it included."""
    own = {watch.agent_view.name, watch.clock_view.name} if watch.hosts else set()
    return {*watch.probes, *own, *DECLARING}


def _take_up_measures(saved: HallState, turn: Turn, known: set[str]) -> None:
    model = turn.model
    for measure in saved.measures:
        if measure.template in model.templates and (not measure.incident or measure.incident in known):
            model.measures[measure.id] = measure
        elif measure.status == "open":
            undo_measure(turn, measure, "hall-file")


def _over(alarm: Alarm, now: float) -> FaultCleared:
    return FaultCleared(at=now, device=alarm.device, fault=alarm.fault, part=alarm.part, since=alarm.since)
