"""An engine to which recorded time is dealt out: the heart of ``hallwatch replay``, of golden cases and of drills."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import msgspec

from hallwatch_agent.wire import Birth, Death, Life, Report
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.trace import HallPast
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.narration import Narrator


class Player:
    """An engine with one hall in it, to which recorded time is dealt out second by second."""

    def __init__(self, plan: Plan, catalogue: Catalogue, file: HallFile, now: float, *, as_json: bool = False) -> None:
        self.lines: list[str] = []
        self.refused: Counter[str] = Counter()
        self.narrator = Narrator(file.hall.timezone, {fault.id: fault.name for fault in catalogue.faults})
        self._as_json = as_json
        self._plan, self._catalogue = plan, catalogue
        self._engine = Engine(plan, catalogue)
        self._now = now
        self.load(file, None)

    @property
    def key(self) -> HallKey:
        """The hall's key."""
        return self._file.hall.key

    def load(self, file: HallFile, saved: HallState | None, past: HallPast | None = None) -> None:
        """Bring a hall file into force."""
        self._file = file
        self._tell(self._engine.load_hall(file.hall, file.digest, saved, self._now, past))

    def restart(self) -> None:
        """Go on with a new engine and nothing but the state written down so far."""
        state = msgspec.json.encode(self._engine.state(self.key))
        past = msgspec.json.encode(self._engine.past(self.key))
        self._engine = Engine(self._plan, self._catalogue)
        self.load(self._file, msgspec.json.decode(state, type=HallState), msgspec.json.decode(past, type=HallPast))

    def advance(self, now: float) -> None:
        """Let time pass until *now*, at least once a second."""
        while self._now < now:
            self._now = min(now, math.floor(self._now) + 1.0)
            for events in self._engine.on_tick(self._now).values():
                self._tell(events)

    def receive(self, agent: str, message: Report | Life) -> None:
        """Take a message in, as it came through the broker; *agent* is the one its topic names."""
        if isinstance(message, Birth | Death):
            self._tell(self._engine.on_life(self.key, agent, message, self._now))
            return
        outcome = self._engine.on_report(self.key, agent, message, self._now)
        self.refused.update(outcome.refused)
        self._tell(outcome.events)

    def command(self, command: AnyCommand) -> None:
        """Let a person decide; a refusal is told in the output."""
        try:
            self._tell(self._engine.on_command(self.key, command, self._now))
        except CommandRefused as error:
            self.note(f"refused: {error}")

    def note(self, text: str) -> None:
        """Tell something that happened outside the core."""
        if not self._as_json:
            self.lines += self.narrator.line(self._now, "--", text)

    def find_measure(self, clause: str, subject: str) -> str:
        """Return the id of the open measure of *clause* for *subject*; these two words when there is none."""
        for measure in self._engine.view(self.key, self._now).measures:
            if (measure.clause, measure.subject, measure.status) == (clause, subject, "open"):
                return measure.id
        return f"{clause} of {subject}"

    def find_incident(self, device: str) -> str:
        """Return the id of the open incident of *device*, or the device itself when there is none."""
        open_ones = [one for one in self._engine.view(self.key, self._now).incidents if one.status != "closed"]
        return next((one.id for one in open_ones if one.device == device), device)

    def told(self) -> list[str]:
        """Return every line so far, and at the end how many messages and readings were refused, by reason."""
        if self._as_json:
            refused = msgspec.json.encode({"refused": self.refused}, order="sorted").decode()
            return [*self.lines, refused] if self.refused else self.lines
        return self.lines + [f"refused: {number} × {reason}" for reason, number in sorted(self.refused.items())]

    def _tell(self, events: Iterable[AnyEvent]) -> None:
        if self._as_json:
            self.lines += [
                msgspec.json.encode({"hall": str(self.key), **msgspec.to_builtins(e)}).decode() for e in events
            ]
        else:
            self.lines += self.narrator.tell(events)
