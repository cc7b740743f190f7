"""An engine to which recorded time is dealt out: the heart of ``hallwatch replay``, of golden cases and of drills."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

import msgspec
from msgspec import structs

from hallwatch_agent.wire import Birth, Death, Life, Report
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.commands import AnyCommand, CommandRefused, SignReport
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.next_steps import find_next_steps
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.state import HallState, Mode
from hallwatch_collector.core.trace import HallPast
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.narration import Narrator
from hallwatch_collector.report.signing import seal
from hallwatch_collector.report.story import NoSuchIncident, Rules

Listen = Callable[["Player", Sequence[AnyEvent]], None]


class Player:
    """An engine with one hall in it, to which recorded time is dealt out second by second."""

    def __init__(
        self,
        plan: Plan,
        catalogue: Catalogue,
        file: HallFile,
        now: float,
        *,
        as_json: bool = False,
        listen: Listen | None = None,
        alerting: Alerting | None = None,
    ) -> None:
        """*listen* hears what each call of the engine decided, and may ask the player why.

        *alerting*: who is told; nothing is sent, and every channel takes everything at once.
        """
        self._alerting = alerting
        self.lines: list[str] = []
        self.refused: Counter[str] = Counter()
        self.narrator = Narrator(file.hall.timezone, {fault.id: fault.name for fault in catalogue.faults})
        self._as_json = as_json
        self._listen = listen
        self._events: list[AnyEvent] = []
        self._plan, self._catalogue = plan, catalogue
        self._engine = Engine(plan, catalogue, alerting)
        self._now = now
        self.load(file, None)

    @property
    def now(self) -> float:
        """The moment up to which time was dealt out (Unix seconds UTC)."""
        return self._now

    @property
    def key(self) -> HallKey:
        """The hall's key."""
        return self._file.hall.key

    @property
    def file(self) -> HallFile:
        """The hall file in force."""
        return self._file

    @property
    def timezone(self) -> str:
        """The hall's time zone."""
        return self._file.hall.timezone

    def load(self, file: HallFile, saved: HallState | None, past: HallPast | None = None) -> None:
        """Bring a hall file into force."""
        self._file = file
        self._tell(self._engine.load_hall(file.hall, file.digest, saved, self._now, past))

    def restart(self) -> None:
        """Go on with a new engine and nothing but the state written down so far."""
        state = msgspec.json.encode(self._engine.state(self.key))
        past = msgspec.json.encode(self._engine.past(self.key))
        self._engine = Engine(self._plan, self._catalogue, self._alerting)
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
            self._tell(self._engine.on_command(self.key, self._sealed(command), self._now))
        except CommandRefused as error:
            self.note(f"refused: {error}")

    def attempt(self, command: AnyCommand, says: str) -> bool:
        """Let a person do something if it can be done now, and tell it in these words; return whether it could."""
        try:
            events = self._engine.on_command(self.key, self._sealed(command), self._now)
        except CommandRefused:
            return False
        self.note(says)
        self._tell(events)
        return True

    def note(self, text: str) -> None:
        """Tell something that happened outside the core; an empty text is nothing."""
        if text and not self._as_json:
            self.lines += self.narrator.line(self._now, "--", text)

    def tell_next_steps(self) -> None:
        """Tell what each role is to do next (clause B4)."""
        for step in find_next_steps(self._engine.view(self.key, self._now), self._plan):
            detail = " ".join(filter(None, (step.group_name, f"{step.role_name}:", step.clause, step.text)))
            if not self._as_json:
                self.lines += self.narrator.line(self._now, "next step", detail)

    def find_measure(self, clause: str, subject: str, mode: Mode) -> str:
        """Return the id of the open measure of *clause* for *subject*, best one of this mode; else these two words.

        ``*`` in the subject stands for any characters: public texts are numbered as they come.
        """
        measures = self._engine.view(self.key, self._now).measures
        found = [each for each in measures if (each.clause, each.status) == (clause, "open")]
        found = [each for each in found if fnmatchcase(each.subject, subject)]
        best = min(found, key=lambda each: each.mode != mode, default=None)
        return best.id if best else f"{clause} of {subject}"

    def explain(self, kind: Kind, name: str) -> Why:
        """Return why something is so; raise :class:`~hallwatch_collector.core.why.NothingToExplain`."""
        return self._engine.explain(self.key, kind, name, self._now)

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

    def sign(self, measure: str, by: str, roles: list[str]) -> SignReport | None:
        """Return the command by which a person signs the report that a step asks for; None: it asks for none."""
        found = next((each for each in self._engine.view(self.key, self._now).measures if each.id == measure), None)
        if found is None or not found.signs_report:
            return None
        return SignReport(by=by, roles=roles, incident=found.incident)

    def _sealed(self, command: AnyCommand) -> AnyCommand:
        """Return a command as the running collector completes it: who signs a report signs what it says now."""
        if not isinstance(command, SignReport):
            return command
        rules = Rules(self._file.hall, self._plan, self._catalogue)
        with suppress(NoSuchIncident):
            return structs.replace(command, digest=seal(self._events, command.incident, rules))
        return command

    def _tell(self, events: Sequence[AnyEvent]) -> None:
        self._events += events
        if self._as_json:
            self.lines += [
                msgspec.json.encode({"hall": str(self.key), **msgspec.to_builtins(e)}).decode() for e in events
            ]
        else:
            self.lines += self.narrator.tell(events)
        if self._listen:
            self._listen(self, events)
        self._accept()

    def _accept(self) -> None:
        """Have channels take what is to be told now; that it was sent and taken is not told one by one."""
        open_ones = [each for alert in self._engine.alerts(self.key) for each in alert.deliveries if each.is_open]
        taken = [
            Receipt(alert=each.id, edition=each.edition, outcome="accepted")
            for each in open_ones
            if (each.hold_until or 0.0) <= self._now
        ]
        self._engine.on_receipts(self.key, taken, self._now)
