"""Station 6, first half: readings become verdicts, by which alarms are moved (``flips``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.alarms import Stimulus, is_raised
from hallwatch_collector.core.catalogue import Bindings, Fault
from hallwatch_collector.core.flips import free, move
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.rules import Case
from hallwatch_collector.core.sampling import sample
from hallwatch_collector.core.sight import freeze, judge_sight
from hallwatch_collector.core.state import Alarm
from hallwatch_collector.core.watch import AgentWatch, DeviceWatch, ProbeWatch

MOST_ALARMS: Final = 128
"""Faults of one device, parts counted, that are followed at a time: a device may not invent parts for ever."""
LAPSE_S: Final = 600.0
"""A fault on something that its probe has not told for so long, though it could read the device, has lapsed."""


def judge_reading(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, reading: Reading) -> None:
    """Put every rule that asks for something in a new reading of a probe.

    This is the hot path: most values are asked by no rule, and most rules hold for no device.
    """
    rules, alarms, failed = watch.rules, watch.alarms, reading.error is not None
    if failed or not probe.steady:
        judge_sight(turn, watch)
        probe.steady = not failed
        if failed:
            freeze(turn, watch, probe)
        else:
            probe.steady_since = turn.at
    conditions, metrics = reading.conditions, reading.metrics
    if metrics and turn.at >= probe.sample_at and sample(turn, watch, probe, metrics):
        _judge_past(turn, watch, probe, metrics)
    if conditions:
        _judge_told(turn, watch, probe, rules.conditions, conditions)
    if metrics:
        _judge_told(turn, watch, probe, rules.metrics, metrics)
    silent = conditions.get("reachable") is False
    if alarms and not failed and not silent:
        _let_lapse(turn, watch, probe)
    if alarms or failed or silent:
        _judge_contact(turn, watch, probe)
    if alarms:
        free(turn, watch, turn.at)


def _judge_told(
    turn: Turn, watch: DeviceWatch, probe: ProbeWatch, bindings: Bindings, told: Mapping[str, float]
) -> None:
    alarms = watch.alarms
    for key, low, high, faults in bindings[tuple(told)]:
        if alarms or not low <= told[key] <= high:
            for fault in faults:
                _put(turn, watch, probe, fault, key)


def _judge_past(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, metrics: Mapping[str, float]) -> None:
    for asked in watch.rules.metrics[tuple(metrics)]:
        for fault in asked.faults:
            if fault.when.keeping is not None:
                _put(turn, watch, probe, fault, asked.key)


def judge_anew(turn: Turn, watch: DeviceWatch, probe: ProbeWatch) -> None:
    """Put to a probe's last reading again what may have changed by time alone: what is idle, what holds while open."""
    rules, reading = watch.rules, probe.reading
    if reading is None or not probe.fresh or not rules.turning:
        return
    for bindings, told in ((rules.conditions, reading.conditions), (rules.metrics, reading.metrics)):
        for asked in bindings[tuple(told)]:
            for fault in asked.faults:
                if fault.only_open or fault.when.timed:
                    _put(turn, watch, probe, fault, asked.key)
    if any(fault.only_open for fault in (*rules.contact, *rules.error)):
        _judge_contact(turn, watch, probe)


def _look_again(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, due: float) -> None:
    """Have a probe's last reading judged anew at *due*; one timer a probe is enough."""
    due = max(due, turn.at + 1.0)
    if due < probe.look_at:
        probe.look_at = due
        turn.model.set_timer(due, watch.id, f"?{probe.name}")


def _let_lapse(turn: Turn, watch: DeviceWatch, probe: ProbeWatch) -> None:
    """End faults on what this probe no longer tells: a tray that was taken out, a process that nobody asks for now."""
    for alarm in list(watch.alarms.values()):
        silent_s = turn.at - max(alarm.told_at, probe.steady_since)
        stands = is_raised(alarm) or alarm.phase == "held"
        if alarm.probe == probe.name and stands and silent_s > max(LAPSE_S, 4 * probe.late_after_s):
            move(turn, watch, alarm, Stimulus.GONE, turn.at)


def _judge_contact(turn: Turn, watch: DeviceWatch, probe: ProbeWatch) -> None:
    if probe.contact() is not None:
        for fault in watch.rules.contact:
            _put(turn, watch, probe, fault, "")
    for fault in watch.rules.error:
        _put(turn, watch, probe, fault, "")


def _put(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, fault: Fault, key: str) -> None:
    """Put one rule to what a probe told under *key* and move the alarm by the verdict."""
    part = _part_of(key)
    name = f"{fault.id}[{part}]" if part else fault.id
    alarm = watch.alarms.get(name)
    standing = alarm is not None and is_raised(alarm)
    case = _case(turn, probe, fault, key, standing)
    verdict = fault.when.verdict(case)
    if fault.when.timed and not verdict:
        _look_again(turn, watch, probe, fault.when.turns_at(case))
    if alarm is None and not verdict:
        return
    verdict, teller = _weigh(turn, watch, probe, fault, case)
    if verdict != standing and _awaits_word(turn, watch, probe, fault, alarm):
        if alarm is not None:
            move(turn, watch, alarm, Stimulus.UNSEEN, turn.at)
        return
    if alarm is None:
        if not verdict:
            return
        if len(watch.alarms) >= MOST_ALARMS:
            turn.refuse("too-many-parts")
            return
        alarm = watch.alarms[name] = Alarm(device=watch.id, fault=fault.id, part=part, phase="clear")
    alarm.told_at = turn.at
    if verdict and (alarm.phase == "clear" or (alarm.probe == probe.name and teller is not probe)):
        case = _case(turn, teller, fault, key, standing)
        alarm.probe = teller.name
        alarm.evidence = f"{key or fault.when.channel}={case.value}"
        alarm.expected_at = fault.when.expects(case)
        alarm.worst = None
    if verdict:
        alarm.worst = fault.when.worse(alarm.worst, case.value)
    move(turn, watch, alarm, Stimulus.HOLDS if verdict else Stimulus.GONE, turn.at)


def _part_of(key: str) -> str:
    return key[key.index("[") + 1 : -1] if key.endswith("]") else ""


def _weigh(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, fault: Fault, case: Case) -> tuple[bool, ProbeWatch]:
    """Return a verdict in view of all that is known of the device, and the probe whose verdict it then is."""
    if _means_nothing(turn, watch, fault):
        return False, probe
    verdict = fault.when.verdict(case)
    if verdict == (fault.when.agree == "any"):  # the other probes can change a verdict only in one direction
        return verdict, probe
    other = _find_contrary(turn, watch, probe, fault, case)
    return (verdict, probe) if other is None else (not verdict, other)


def _means_nothing(turn: Turn, watch: DeviceWatch, fault: Fault) -> bool:
    """Tell whether this fault cannot be now: it is late, what it needs does not stand, or nothing answers.

    What does not answer at all is not "answers, but cannot be read".
    """
    if fault.only_open and not turn.model.hours.is_open(turn.at):
        return True
    if fault.when.channel == "error" and watch.answers() is False:
        return True
    return bool(fault.only_with) and not any(alarm.fault in fault.only_with for alarm, _ in watch.raised())


def _find_contrary(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, fault: Fault, case: Case) -> ProbeWatch | None:
    """Find another fresh probe that says otherwise: ``any`` lets it uphold a fault, ``all`` lets it deny one."""
    rule, default = fault.when, fault.when.agree == "all"
    for other in watch.fresh_probes():
        its = _case(turn, other, fault, case.key, case.standing) if other is not probe else None
        if its is not None and its.value is not None and rule.verdict(its) != default:
            return other
    return None


def _awaits_word(turn: Turn, watch: DeviceWatch, probe: ProbeWatch, fault: Fault, alarm: Alarm | None) -> bool:
    """Tell whether the word of a probe that is not heard now is needed before this fault is raised or cleared.

    A restart proves nothing: who told a fault before it may go on to tell it, and who read a device may read it again.
    And that one probe can be read says nothing of another one that could not.
    """
    if fault.when.agree == "all":
        others = [other for other in watch.probes.values() if other.own or other.asks_device]
        return (alarm is None or not is_raised(alarm)) and any(other.may_yet_read(turn.at) for other in others)
    teller = watch.probes.get(alarm.probe) if alarm is not None and is_raised(alarm) else None
    if teller is None or teller is probe or teller.fresh:
        return False
    return teller.awaited or (fault.when.channel == "error" and watch.answers() is not False)


def _case(turn: Turn, probe: ProbeWatch, fault: Fault, key: str, standing: bool) -> Case:
    """Return what a probe last told where a rule asks, with what the rule may have to see it against."""
    value, offset_s = _value(probe, fault, key), probe.seen_at - probe.taken_at
    return Case(value, key, standing, turn.at, offset_s, turn.model.hours, probe.past)


def _value(probe: ProbeWatch, fault: Fault, key: str) -> Any:
    """Return what a probe last told on the channel and under the key that a rule asks; None: nothing."""
    reading = probe.reading
    match fault.when.channel:
        case "contact":
            return probe.contact()
        case _ if reading is None:
            return None
        case "conditions":
            return reading.conditions.get(key)
        case "metrics":
            return reading.metrics.get(key)
        case "error":
            return reading.error
        case "agent":
            return reading.conditions.get("answers-others")


def judge_second_view(turn: Turn, watch: DeviceWatch) -> None:
    """Say what the death of the agent on this machine means, by what other agents saw of it since.

    The machine answers somebody: it is only not monitored. It does not: the contact rule says that it is down. Nobody
    else looks: nothing can be said, and nothing is.
    """
    agent = turn.model.agents[watch.hosts].state
    others = [probe for probe in watch.fresh_probes() if not probe.own and probe.seen_at >= agent.since]
    contacts = {probe.contact() for probe in others} - {None}
    if not agent.alive and not contacts:
        return
    answers_others = not agent.alive and True in contacts
    view = watch.agent_view
    view.reading = Reading(watch.id, view.name, turn.at, conditions={"answers-others": answers_others})
    for fault in watch.rules.agent:
        _put(turn, watch, view, fault, "")


def judge_clock(turn: Turn, agent: AgentWatch) -> None:
    """Put the difference between the agent's clock and ours to the rules of the machine it runs on."""
    host = agent.host
    offset_s = abs(agent.clock.offset_s or 0.0)
    if host is None or (offset_s < 1.0 and not host.alarms):
        return
    view = host.clock_view
    view.reading = Reading(host.id, view.name, turn.at, metrics={"clock_offset_s": round(offset_s, 1)})
    for asked in host.rules.metrics[("clock_offset_s",)]:
        for fault in asked.faults:
            _put(turn, host, view, fault, asked.key)
