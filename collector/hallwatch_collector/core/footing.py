"""What the measures of an incident hang on, so that one of which nothing changed need not be decided again.

A hall may have hundreds of incidents at once, and a decision is mostly about one of them. What the plan asks for
because of a *plain* incident (one that touches nothing but its own devices: no window, class, system, register, public
text) follows from few things, and they are all put into its footing: while that is the same, so is what is owed. Every
other incident is decided again by every decision. Nothing of this is kept over a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from msgspec import msgpack

from hallwatch_collector.core.conditions import named
from hallwatch_collector.core.filing import near_filings
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.instead import SELF_SERVICE, places_alike
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions import FINDERS
from hallwatch_collector.core.readiness.duty import who_is_on_duty
from hallwatch_collector.core.readiness.store import lend_spares, may_stand_in, working_kiosks
from hallwatch_collector.core.state import Alarm, Incident
from hallwatch_collector.core.watch import DeviceWatch
from hallwatch_collector.core.wording import words_of

_of_alarm = attrgetter(*(name for name in Alarm.__struct_fields__ if name != "told_at"))
"""All of an alarm but when it was last told, which changes with every reading and means nothing by itself."""
CROWDED: Final = frozenset({"crowded", "crowded-relievable", "crowded-uneven", "crowded-full"})
_encode = msgpack.Encoder().encode


class Ground:
    """What incidents of a hall hang on now."""

    def __init__(self, model: Model, now: float) -> None:
        self._model, self._now = model, now
        self._hall = _encode(list(_of_hall(model, now)))
        self._lent = lend_spares(model)
        moved = (model.closed_windows, model.opened, *model.lent.values())
        told = (model.posted.values(), model.releases.values(), model.outages, model.extensions)
        self._owners = {owner for owners in moved for owner in owners.values()}
        self._owners.update(each.incident for those in told for each in those)
        """Incidents for which windows were moved, signs posted, texts released or deadlines extended."""

    def of(self, incident: Incident) -> bytes:
        """Return all that a plain incident, which explains nothing else, hangs on now; empty: it is none."""
        if incident.windows or not incident.stands or incident.registers or incident.id in self._owners:
            return b""
        if incident.back_at is not None and incident.back_at <= self._now:  # how long it lasts grows with time
            return b""
        measures, watches = self._model.measures.of(incident.id), self._model.watches(incident)
        is_asked_again = any(each.status == "declined" for each in measures)
        if is_asked_again or not all(map(self._is_apart, watches)):
            return b""
        about = [
            (watch.id, [_of_alarm(alarm) for alarm in watch.alarms.values()], self._beside(watch)) for watch in watches
        ]
        return bytes(_encode((self._hall, incident, about, measures)))

    def beside_plain(self, others: Iterable[Incident]) -> bytes:
        """Return all that what the *other* incidents call for can hang on, but the time."""
        model = self._model
        alarms = [_of_alarm(alarm) for watch in model.devices.values() for alarm in watch.alarms.values()]
        theirs = [(incident, model.measures.of(incident.id)) for incident in others]
        windows = (model.lost, model.unsure, model.closed_windows, model.opened, model.lent, model.hand_moves)
        public = (model.posted, list(model.releases.values()), model.outages, model.extensions)
        beside = (model.queue, model.readiness, model.unseen, model.failures, model.repairs, model.measures.of(""))
        return bytes(_encode((self._hall, alarms, theirs, windows, public, beside)))

    def _is_apart(self, watch: DeviceWatch) -> bool:
        """Tell whether a device's faults are those of a broken device, and cost no window anything, in use or not."""
        if watch.device.kind == "system" or watch.device.kind in THINGS or watch.id in self._model.posted:
            return False
        faults = watch.rules.faults
        for alarm in watch.alarms.values():
            if faults[alarm.fault].nature != "failure":
                return False
        return not (watch.device.gives and self._model.impact.lost_through(watch.device, self._model.takers))

    def _beside(self, watch: DeviceWatch) -> list[Any]:
        """Return what texts say of other devices: those that could do the same, and the spares."""
        model, device = self._model, watch.device
        in_use = [spare for spare, loan in model.readiness.loans.items() if loan.device == watch.id]
        spares = [each for each in (device.spare, device.substitute, *in_use) if each]
        told = [(may_stand_in(model, each), model.is_unknown(each), self._lent.get(each)) for each in spares]
        alike = places_alike(model, watch) if device.kind in SELF_SERVICE else []
        return [told, alike]


def _of_hall(model: Model, now: float) -> Iterator[Any]:
    """Yield what a plain incident may hang on beside its devices: services, the day, who is on duty, what is there."""
    yield sorted(model.services)
    yield model.hours.day_of(now), near_filings(model, now)
    roles = dict.fromkeys([*(turn.role for turn in model.hall.duty), *(each.role for each in model.hall.contacts)])
    yield [who_is_on_duty(model.hall, model.hours, role, now) for role in roles]
    yield [place for place in model.displays if model.display_works(place)]
    yield [(screen.place, screen.up) for screen in model.screens.values()]
    readiness, words = model.readiness, _words(model)
    yield readiness.maintenance, readiness.stock, readiness.loans, model.hand_moves
    yield [watch.id for watch in working_kiosks(model)] if "kiosks" in words else None
    yield model.queue if words & {"waiting", "trend"} else None


def _words(model: Model) -> frozenset[str]:
    """Return the words and conditions that the plan names in what a plain incident may call for."""
    if model.plain_words is None:
        words: set[str] = set()
        for template in model.plan.measures:
            if template.on in FINDERS and template.on not in CROWDED:
                notice = model.notices.get(template.notice or "")
                texts = (template.text, template.text_en, *((notice.text, notice.text_en) if notice else ()))
                words.update(named(template), *map(words_of, texts))
        model.plain_words = frozenset(words)
    return model.plain_words
