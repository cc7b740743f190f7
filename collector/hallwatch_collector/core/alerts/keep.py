"""Station 8 begins here: who is told what is decided by the core, and written down, before anything is sent.

An incident has one alert, and each place that is told (a person's telephone, a group's chat, a system) one delivery of
it: always the newest edition. :mod:`hallwatch_collector.core.alerts.receipts` takes in what became of it.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hallwatch_collector.core.alerts.escalation import Call, address_of, find_people, find_ways, gather, quiet_until
from hallwatch_collector.core.alerts.events import AlertDecided, AlertFailed, AlertWorded
from hallwatch_collector.core.alerts.people import Recipient, Step, Way
from hallwatch_collector.core.alerts.state import Alert, Delivery, Occasion, StepTaken, Wording
from hallwatch_collector.core.alerts.words import word_end, word_gone, word_standing
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import Incident

URGENT: Final[frozenset[Occasion]] = frozenset({"new", "worse", "back", "other", "over", "joined"})
"""Told at once; an update waits for its pause."""
CALLS_AGAIN: Final[frozenset[Occasion]] = frozenset({"reminder", "hand-over"})
"""Told also to those who know as much already."""
GONE: Final = ("alerts.toml leads there no more", "alerts.toml 里已没有这个渠道或收件人")


def keep_alerts(turn: Turn) -> None:
    """Tell those who are to know of each incident: when it begins, changes, is not acknowledged, and is over."""
    model = turn.model
    with model.still():
        for incident in model.incidents.values():
            alert = model.alerts.get(incident.id)
            if alert is None and incident.stands and (model.alerting.recipients or model.alerting.feeds):
                alert = _begin(turn, incident)
            if alert is not None:
                _follow(turn, incident, alert)
    for name, alert in list(model.alerts.items()):
        if name not in model.incidents:
            _leave(turn, alert)


def _leave(turn: Turn, alert: Alert) -> None:
    """Tell the end of what nobody follows any more, and forget it once that is told."""
    if not alert.over:
        alert.over = True
        _say(turn, alert, word_gone(alert.wording, turn.at), "over")
    elif not is_open(alert):
        del turn.model.alerts[alert.incident]


def is_open(alert: Alert) -> bool:
    """Tell whether somebody is still to be told."""
    return any(delivery.is_open for delivery in alert.deliveries)


def _begin(turn: Turn, incident: Incident) -> Alert:
    model = turn.model
    since = _first_symptom(model, incident)
    wording = structs.replace(word_standing(model, incident, since, turn.at), edition=1)
    alert = Alert(
        incident=incident.id, device=incident.device, fault=incident.faults[0], began_at=incident.began_at, since=since,
        wording=wording,
    )  # fmt: skip
    model.alerts[incident.id] = alert
    _note_wording(turn, alert)
    for channel in model.alerting.feeds:
        _call(turn, alert, Call(channel, "", ()), "new")
    return alert


def _follow(turn: Turn, incident: Incident, alert: Alert) -> None:
    occasion, wording = _news(turn, incident, alert)
    if occasion and (occasion in URGENT or _has_paused(turn, alert)):
        _say(turn, alert, wording, occasion)
    alert.over, alert.faults = not incident.stands, list(incident.faults)
    if incident.is_untaken:
        _escalate(turn, incident, alert)
    _remind(turn, incident, alert)


def _news(turn: Turn, incident: Incident, alert: Alert) -> tuple[Occasion | None, Wording]:
    """Return what has happened since the last edition, if it is worth telling, and how it is told."""
    model = turn.model
    if not incident.stands:
        into = _joined_to(model, incident)
        wording = word_end(model, incident, alert.since, turn.at, into)
        return (None if alert.over else "joined" if into else "over"), wording
    back = incident.began_at > alert.began_at
    if back:
        alert.began_at, alert.since, alert.steps = incident.began_at, _first_symptom(model, incident), {}
    wording = word_standing(model, incident, alert.since, turn.at)
    if back or alert.over:
        return ("back" if _has_again(model, incident, alert) else "other"), wording
    if wording.basis == alert.wording.basis:
        return None, wording
    if wording.rank > alert.wording.rank:
        return "worse", wording
    return (None if _is_ending(model, incident) else "update"), wording


def _has_again(model: Model, incident: Incident, alert: Alert) -> bool:
    """Tell whether an incident that is back has a fault that it had before."""
    faults = {alarm.fault for watch in model.watches(incident) for alarm in root_faults(watch)}
    return not faults or not faults.isdisjoint((alert.fault, *alert.faults))


def _is_ending(model: Model, incident: Incident) -> bool:
    """Tell whether nothing of an incident stands any more, and its end only waits to be sure."""
    return not any(list(root_faults(watch)) for watch in model.watches(incident))


def _has_paused(turn: Turn, alert: Alert) -> bool:
    """Tell whether the last edition is old enough for an update; else ask to be woken when it is."""
    due = alert.wording.at + turn.model.alerting.update_pause_s
    if due > turn.at:
        turn.model.set_step(due)
    return due <= turn.at


def _say(turn: Turn, alert: Alert, wording: Wording, occasion: Occasion) -> None:
    """Tell everybody who was told of an incident the next edition."""
    alert.wording = structs.replace(wording, edition=alert.wording.edition + 1)
    _note_wording(turn, alert)
    for delivery in list(alert.deliveries):
        if delivery.status == "failed" and delivery.people:
            continue  # they have it by another way; a system has no other
        if turn.model.alerting.leads(delivery.channel, delivery.people):
            _tell(turn, alert, delivery, occasion)
        elif delivery.status != "failed":
            delivery.occasion = occasion
            give_up(turn, alert, delivery, alert.wording.edition, GONE)


def _note_wording(turn: Turn, alert: Alert) -> None:
    said = alert.wording
    turn.events.append(AlertWorded(
        at=turn.at, incident=alert.incident, edition=said.edition, title=said.title, lines=said.lines,
        title_en=said.title_en, lines_en=said.lines_en,
    ))  # fmt: skip


def _escalate(turn: Turn, incident: Incident, alert: Alert) -> None:
    """Take the steps that are due while nobody has acknowledged the incident, and repeat those that are to be; when it
    was acknowledged and then handed over, time and steps count from there until it is taken on."""
    since = incident.began_at
    if incident.status != "detected" and incident.offered_at is not None:
        since = incident.offered_at
    for step in turn.model.alerting.steps:
        if step.levels and incident.level not in step.levels:
            continue
        before = alert.steps.get(step.name)
        taken = before if before and before.at >= since else None
        due = since + step.after_s if taken is None else _repeat_at(step, taken)
        if due is None:
            continue
        if due > turn.at:
            turn.model.set_step(due)
            continue
        again: Occasion = "reminder" if taken or (before and step.after_s) else "new"
        alert.steps[step.name] = StepTaken(at=turn.at, times=taken.times + 1 if taken else 1)
        _take_step(turn, alert, step, again)
        if (repeat := _repeat_at(step, alert.steps[step.name])) is not None:
            turn.model.set_step(repeat)


def _repeat_at(step: Step, taken: StepTaken) -> float | None:
    return None if step.repeat_s is None or taken.times >= step.times else taken.at + step.repeat_s


def _take_step(turn: Turn, alert: Alert, step: Step, occasion: Occasion) -> None:
    people = find_people(turn.model, step, turn.at)
    chosen = [(person, way) for person in people if (way := _next_way(alert, person, step))]
    if occasion == "reminder":  # whom nothing reached: perhaps it was mended since
        reached = {person.name for person, _ in chosen}
        chosen += [(person, find_ways(person, step)[0]) for person in people if person.name not in reached]
    for call in gather(chosen):
        _call(turn, alert, call, occasion)


def tell_newcomers(turn: Turn) -> None:
    """Tell whoever came into alerts.toml of what stands and nobody has acknowledged: a step that was taken before would
    not tell them."""
    model = turn.model
    for alert in model.alerts.values():
        incident = model.incidents.get(alert.incident)
        if incident is None or not incident.is_untaken:
            continue
        for step in model.alerting.steps:
            if step.name in alert.steps:
                told = {name for delivery in alert.deliveries for name in delivery.people}
                people = [person for person in find_people(model, step, turn.at) if person.name not in told]
                for call in gather([(person, find_ways(person, step)[0]) for person in people]):
                    _call(turn, alert, call, "new")


def _next_way(alert: Alert, person: Recipient, step: Step | None) -> Way | None:
    """Return the first of a person's ways that has not failed for this incident, or was tried again since."""
    theirs = [each for each in alert.deliveries if person.name in each.people]
    works = {each.channel for each in theirs if each.status != "failed"}
    failed = {each.channel for each in theirs} - works
    return next((way for way in find_ways(person, step) if way.channel not in failed), None)


def _call(turn: Turn, alert: Alert, call: Call, occasion: Occasion) -> None:
    """Tell some people at one place, who may have been told there before."""
    model = turn.model
    delivery = next((each for each in alert.deliveries if _is_at(model, each, call)), None)
    if delivery is None:
        delivery = Delivery(
            id=f"al-{model.next_number()}", channel=call.channel, people=list(call.people), edition=0,
            decided_at=turn.at, owed_at=turn.at,
        )  # fmt: skip
        alert.deliveries.append(delivery)
    elif set(call.people) <= set(delivery.people) and occasion not in CALLS_AGAIN:
        return  # another role, or another way, of the same person: they have the newest there, or get it
    delivery.people = list(dict.fromkeys((*delivery.people, *call.people)))
    delivery.round += occasion == "reminder"
    _tell(turn, alert, delivery, occasion)


def _is_at(model: Model, delivery: Delivery, call: Call) -> bool:
    here = delivery.channel == call.channel and delivery.status != "failed"
    return here and address_of(model.alerting, call.channel, delivery.people) == call.to


def _tell(turn: Turn, alert: Alert, delivery: Delivery, occasion: Occasion) -> None:
    """Have a delivery tell the newest edition."""
    delivery.occasion = _occasion_of(delivery, occasion)
    if not delivery.is_open:
        delivery.owed_at = turn.at
    delivery.edition, delivery.decided_at = alert.wording.edition, turn.at
    delivery.stamp = round(turn.at * 1000)
    until = quiet_until(turn.model, delivery.people, alert.wording.level, turn.at)
    delivery.hold_until = None if delivery.occasion == "hand-over" else until
    delivery.status, delivery.reason = ("sending" if delivery.status == "sending" else "waiting"), ""
    turn.events.append(AlertDecided(
        at=turn.at, alert=delivery.id, incident=alert.incident, channel=delivery.channel, people=delivery.people,
        occasion=delivery.occasion, edition=delivery.edition, hold_until=delivery.hold_until,
    ))  # fmt: skip


def _occasion_of(delivery: Delivery, occasion: Occasion) -> Occasion:
    """Return why somebody is told when what is to be told changes: what was to be told before was perhaps more."""
    if occasion not in ("update", "worse"):
        return occasion
    owed = delivery.occasion if delivery.is_open else None
    if owed == "hand-over":
        return owed
    if not delivery.accepted:
        return "new"
    return owed if owed in ("new", "worse", "back", "other", "reminder") and occasion == "update" else occasion


def give_up(turn: Turn, alert: Alert, delivery: Delivery, edition: int, reason: tuple[str, str]) -> None:
    """Note that a delivery failed (*reason*: English, Chinese), and tell its people by their next way, at once."""
    delivery.status, (delivery.reason, delivery.reason_zh) = "failed", reason
    turn.events.append(AlertFailed(
        at=turn.at, alert=delivery.id, incident=alert.incident, edition=edition, reason=reason[0], reason_zh=reason[1],
    ))  # fmt: skip
    model = turn.model
    people = [person for name in delivery.people if (person := model.alerting.recipient(name))]
    chosen = [(person, way) for person in people if (way := _next_way(alert, person, None))]
    for call in gather(chosen):
        _call(turn, alert, call, delivery.occasion)


def tell_handed_over(turn: Turn, incident: Incident, alert: Alert, person: Recipient) -> None:
    """Tell everybody who was told of an incident who has it now, and that person at once, in quiet hours too."""
    _say(turn, alert, word_standing(turn.model, incident, alert.since, turn.at), "update")
    way = _next_way(alert, person, None) or person.ways[0]  # whom nothing reached: perhaps it was mended since
    _call(turn, alert, Call(way.channel, way.to, (person.name,)), "hand-over")


def _remind(turn: Turn, incident: Incident, alert: Alert) -> None:
    """Tell again those who asked for it, unless it is over."""
    model = turn.model
    for name, due in list(alert.reminders.items()):
        person = model.alerting.recipient(name)
        if due > turn.at and person is not None and incident.stands:
            model.set_step(due)
            continue
        del alert.reminders[name]
        if incident.stands and person is not None and (way := _next_way(alert, person, None)):
            _call(turn, alert, Call(way.channel, way.to, (name,)), "reminder")


def _first_symptom(model: Model, incident: Incident) -> float:
    moments = [alarm.since for watch in model.watches(incident) for alarm in root_faults(watch)]
    return min(moments, default=incident.began_at)


def _joined_to(model: Model, incident: Incident) -> str:
    """Return what goes on in place of an incident: another one, or the device that its faults come of; empty: it
    simply ended."""
    if incident.status != "closed" or incident.recovered_at is not None:
        return ""
    raised = (alarm for watch in model.watches(incident) for alarm, _ in watch.raised())
    cause = next((alarm.cause for alarm in raised if alarm.cause), incident.device)
    into = model.live_incident(cause)
    if into is not None and into is not incident:
        return into.id
    return cause if cause != incident.device else ""
