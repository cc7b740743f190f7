"""From events to episodes: each time an incident began, whom it was told, what they did, and how it went away.

Events come in the order in which the journal has them. What began before the first of them is known only in part.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from msgspec import Struct, field

from hallwatch_collector.core import events as ev
from hallwatch_collector.core.alerts import events as al
from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.core.events import BY_MERGING, AnyEvent
from hallwatch_collector.core.window_events import ReserveOpened, WindowLent

BACK_WITHIN_S: Final = 86_400.0
"""The same fault on the same device so soon after is a repetition."""
ALONE_WITHIN_S: Final = 600.0
"""What nobody did anything about, and went away within this time, went away by itself."""
BLIP_S: Final = 60.0
"""Where a window lost something, somebody there may have put it right without a word: only what never held for so
long is taken to have gone by itself."""
NOBODY: Final = ("", "auto", "hall-file")
"""Stand for who did something where no person did."""

FalseHow = Literal["", "said", "alone"]
"""Not false; somebody said that it was; it went away by itself before anybody did anything."""


class Message(Struct, frozen=True, kw_only=True):
    """A message that a channel took for a person."""

    person: str
    at: float
    occasion: Occasion
    channel: str
    incident: str
    digest: bool = False
    """Together with others, in one message."""


class Act(Struct, frozen=True, kw_only=True):
    """Something that a person did about an incident."""

    at: float
    by: str
    acknowledges: bool = False


class Symptom(Struct, kw_only=True):
    """A fault as it was raised, and when it held."""

    device: str
    fault: str
    part: str
    since: float
    raised_at: float
    cleared_at: float | None = None
    stretches: list[tuple[float, float]] = []
    """From when until when it held; none: not known, so all the time."""
    worst: float | None = None
    cause: str = ""

    def held(self, until: float) -> list[tuple[float, float]]:
        """Return from when until when it held, as far as is known."""
        if self.cleared_at is None:
            return [(self.since, max(until, self.raised_at))]
        return self.stretches or [(self.since, self.cleared_at)]


class Episode(Struct, kw_only=True):
    """An incident from when it began, or came back, until it recovered."""

    incident: str
    device: str
    fault: str
    """Which opened it."""
    opened_at: float
    repeated: bool = False
    """It came back within a day."""
    ended_at: float | None = None
    explained: bool = False
    """It ended because another incident explains it, or took it in."""
    symptoms: list[Symptom] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    """Before it ended."""
    false_by: str = ""
    moved: bool = False
    """A window was closed, opened or lent a class meanwhile."""
    cost: bool = False
    """A window lost something meanwhile."""

    @property
    def told(self) -> bool:
        """Whether a person was told of it."""
        return bool(self.messages)

    @property
    def acknowledged_at(self) -> float | None:
        """When somebody took it on."""
        return next((act.at for act in self.acts if act.acknowledges), None)

    @property
    def false_how(self) -> FalseHow:
        """Whether it was false: somebody said so, or it went away by itself, and nothing had come of it."""
        if self.false_by:
            return "said"
        if self.ended_at is None or self.explained or self.acts or self.moved:
            return ""
        if self.ended_at - self.opened_at > ALONE_WITHIN_S or (self.cost and self._longest_s() > BLIP_S):
            return ""
        return "alone"

    def _longest_s(self) -> float:
        until = self.ended_at or self.opened_at
        return max((end - start for each in self.symptoms for start, end in each.held(until)), default=float("inf"))


def find_episodes(events: Iterable[AnyEvent]) -> list[Episode]:
    """Return what became of each incident that began among the events of one hall, oldest first."""
    reader = _Reader()
    for event in events:
        read = _READ.get(type(event))
        if read is not None:
            read(reader, event)
    return reader.finish()


def is_counted(event: AnyEvent) -> bool:
    """Tell whether an event is of any account here."""
    return type(event) in _READ


class _Reader:
    """Takes in one event after the other."""

    def __init__(self) -> None:
        self.episodes: list[Episode] = []
        self._newest: dict[str, Episode] = {}
        """Incident → its newest episode."""
        self._open: dict[str, Episode] = {}
        """Of these the ones that have not ended."""
        self._before: dict[tuple[str, str], Episode] = {}
        """(device, fault) → the newest episode of it."""
        self._standing: dict[tuple[str, str, str], Symptom] = {}
        self._decided: dict[str, al.AlertDecided] = {}
        self._incident_of: dict[str, str] = {}
        """Measure → incident."""
        self._losses: list[float] = []

    def finish(self) -> list[Episode]:
        """Return all of it, once the last event was read."""
        losses = sorted(self._losses)
        for episode in self.episodes:
            until = float("inf") if episode.ended_at is None else episode.ended_at
            began = min((each.raised_at for each in episode.symptoms), default=episode.opened_at)
            next_loss = bisect_left(losses, began)
            episode.cost = next_loss < len(losses) and losses[next_loss] <= until
        return self.episodes

    def raise_fault(self, event: ev.FaultRaised) -> None:
        """A fault was raised: of an incident that stands, or that will be opened for it."""
        symptom = self._standing[event.device, event.fault, event.part] = Symptom(
            device=event.device, fault=event.fault, part=event.part, since=event.since, raised_at=event.at,
            cause=event.cause or ("planned" if event.planned else ""),
        )  # fmt: skip
        self._join(symptom)

    def clear_fault(self, event: ev.FaultCleared) -> None:
        """A fault is over."""
        symptom = self._standing.pop((event.device, event.fault, event.part), None)
        if symptom is not None:
            symptom.cleared_at, symptom.stretches, symptom.worst = event.at, event.stretches, event.worst

    def change_cause(self, event: ev.CauseChanged) -> None:
        """A fault is explained by another device, or no more."""
        symptom = self._standing.get((event.device, event.fault, event.part))
        if symptom is not None:
            symptom.cause = event.cause
            self._join(symptom)

    def _join(self, symptom: Symptom) -> None:
        if symptom.cause:
            return
        for episode in self._open.values():
            if episode.device == symptom.device and symptom not in episode.symptoms:
                episode.symptoms.append(symptom)

    def open_incident(self, event: ev.IncidentOpened) -> None:
        """An incident began, or came back."""
        before = self._before.get((event.device, event.fault))
        last = None if before is None else before.opened_at if before.ended_at is None else before.ended_at
        episode = Episode(
            incident=event.incident, device=event.device, fault=event.fault, opened_at=event.at,
            repeated=event.reopened or (last is not None and event.at - last < BACK_WITHIN_S),
            symptoms=[each for each in self._standing.values() if each.device == event.device and not each.cause],
        )  # fmt: skip
        self.episodes.append(episode)
        self._newest[event.incident] = self._open[event.incident] = episode
        self._before[event.device, event.fault] = episode

    def move_incident(self, event: ev.IncidentMoved) -> None:
        """An incident took a step of its life."""
        self._act(event, acknowledges=event.status in ("acknowledged", "repairing"))
        if event.status in ("recovered", "closed") and (episode := self._open.pop(event.incident, None)):
            episode.ended_at, episode.explained = event.at, event.status == "closed"

    def note_act(self, event: Any) -> None:
        """A person did something about an incident."""
        self._act(event)

    def _act(self, event: Any, *, incident: str = "", acknowledges: bool = False) -> None:
        episode = self._open.get(incident or event.incident)
        by_nobody = event.by in NOBODY or event.by.startswith((*BY_MERGING, "explained-by:"))
        if episode is not None and not by_nobody:
            episode.acts.append(Act(at=event.at, by=event.by, acknowledges=acknowledges))

    def merge(self, event: ev.IncidentMerged) -> None:
        """A person made two incidents one: that is about both."""
        self._act(event)
        self._act(event, incident=event.into)

    def report(self, event: ev.FaultReported) -> None:
        """A person reported something by hand, of a device that has an incident or not."""
        for episode in self._open.values():
            if episode.device == event.device:
                self._act(event, incident=episode.incident)

    def know_measure(self, event: ev.MeasureRaised | ev.MeasureHanded) -> None:
        """Note of which incident a measure is."""
        self._incident_of[event.measure] = event.incident

    def decide_measure(self, event: ev.MeasureDecided) -> None:
        """A person answered a measure."""
        if incident := self._incident_of.get(event.measure):
            self._act(event, incident=incident)

    def judge(self, event: ev.AlarmJudged) -> None:
        """A person said that it was a false alarm, or that it was none after all."""
        episode = self._newest.get(event.incident)
        if episode is not None:
            episode.false_by = event.by if event.false else ""
            if episode.ended_at is None:
                episode.acts.append(Act(at=event.at, by=event.by))

    def change_window(self, event: ev.WindowChanged) -> None:
        """A window lost something, or has it back."""
        if event.lost:
            self._losses.append(event.at)

    def move_window(self, _event: ev.WindowClosed | ReserveOpened | WindowLent) -> None:
        """A window was closed, opened or lent a class; for which incident is not always said."""
        for episode in self._open.values():
            episode.moved = True

    def decide_alert(self, event: al.AlertDecided) -> None:
        """Somebody is to be told."""
        self._decided[event.alert] = event

    def accept_alert(self, event: al.AlertAccepted) -> None:
        """A channel took a message."""
        decided, episode = self._decided.get(event.alert), self._newest.get(event.incident)
        if decided is not None and episode is not None:
            episode.messages += [
                Message(
                    person=person, at=event.at, occasion=decided.occasion, channel=decided.channel,
                    incident=event.incident, digest=event.digest,
                )
                for person in decided.people
            ]  # fmt: skip


_READ: Final[dict[type, Callable[[_Reader, Any], None]]] = {
    ev.FaultRaised: _Reader.raise_fault,
    ev.FaultCleared: _Reader.clear_fault,
    ev.CauseChanged: _Reader.change_cause,
    ev.IncidentOpened: _Reader.open_incident,
    ev.IncidentMoved: _Reader.move_incident,
    ev.IncidentAssigned: _Reader.note_act,
    ev.EstimateChanged: _Reader.note_act,
    ev.LevelChanged: _Reader.note_act,
    ev.NoteTaken: _Reader.note_act,
    ev.IncidentSplit: _Reader.note_act,
    ev.ResponseEnded: _Reader.note_act,
    ev.IncidentMerged: _Reader.merge,
    ev.FaultReported: _Reader.report,
    ev.MeasureRaised: _Reader.know_measure,
    ev.MeasureHanded: _Reader.know_measure,
    ev.MeasureDecided: _Reader.decide_measure,
    ev.AlarmJudged: _Reader.judge,
    ev.WindowChanged: _Reader.change_window,
    ev.WindowClosed: _Reader.move_window,
    ReserveOpened: _Reader.move_window,
    WindowLent: _Reader.move_window,
    al.AlertDecided: _Reader.decide_alert,
    al.AlertAccepted: _Reader.accept_alert,
}
"""What is made of each kind of event; the others are of no account here."""
