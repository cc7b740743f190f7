"""A drill on a running collector: a twin's file for it to read, simulated agents on its broker, its journal to score.

Nothing is done past the real path: the collector finds the faults, carries the plan out and shows pages and signs,
people act there, and everything is in its journal. What is here only makes the trouble, and looks at the record.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from msgspec import structs
from paho.mqtt.client import Client

from hallwatch_agent.wire import encode
from hallwatch_collector.config import Broker, Config
from hallwatch_collector.core.commands import AnyCommand, DrillStep
from hallwatch_collector.core.drill_events import DrillAct
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.drills.choose import Action, plan_actions
from hallwatch_collector.drills.evidence import Evidence, displays_of
from hallwatch_collector.drills.held import Folder, Held
from hallwatch_collector.drills.news import Newsboy
from hallwatch_collector.drills.paper import VERDICTS, Result
from hallwatch_collector.drills.scenario import SETTLING_S
from hallwatch_collector.drills.score import Score, score
from hallwatch_collector.journal import Journal
from hallwatch_collector.mqtt import let_in
from hallwatch_collector.remote import NotCarriedOut, ask
from hallwatch_collector.report.words import span
from hallwatch_collector.simulate.clear import clear_agents
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.fleet import Fleet
from hallwatch_collector.simulate.statefile import Simulation, write_state
from hallwatch_collector.simulate.world import Standing

TAKEN_UP_WITHIN_S: Final = 20.0
SEEN_WITHIN_S: Final = 120.0
"""So long may the first readings take before the trouble begins all the same: some probes are slow."""
LOOK_S: Final = 0.5
WELL: Final = {"ok", "warning"}


class Reader:
    """The part of the journal that is a drill's."""

    def __init__(self, config: Config, held: Held, hall: Hall) -> None:
        self._journal = Journal(config.journal_url)
        self._held = held
        self.evidence = Evidence(displays=displays_of(hall))
        self.entries = 0
        self.head = ""
        self._last = 0

    def read_on(self) -> None:
        """Take in what is new; raise ``JournalUnavailable``."""
        for entry in self._journal.entries(self._held.key, self._held.since):
            if entry.seq > self._last:
                self.evidence.take(entry.event)
                self._last, self.entries = entry.seq, self.entries + 1
                self.head = f"{entry.seq}:{entry.hash}"

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()


class Director:
    """Holds one drill from begin to end. *say* gets each line for the terminal, in Chinese and English."""

    def __init__(
        self,
        config: Config,
        held: Held,
        hall: Hall,
        *,
        say: Callable[[str, str], None],
        clock: Callable[[], float],
    ) -> None:
        """Prepare; raise :class:`~hallwatch_collector.drills.choose.DoesNotFit`."""
        self._config, self._hall, self._say, self._clock = config, hall, say, clock
        self.held = held
        planned = plan_actions(held.scenario, hall, load_fault_kinds())
        self._news = Newsboy(held.scenario, planned, held.speed)
        self._actions = [action._replace(at=action.at / held.speed) for action in planned]
        self._folder = Folder(config.drill_halls, held.key)
        self._standing: dict[tuple[str, str], Standing] = {}
        self._told: set[str] = set()
        self._last_at = 0.0
        """When the last thing happened, seconds after the begin."""

    def hold(self, text: str, ended: threading.Event) -> Result:
        """Hold the drill until it is over or *ended* is set; *text* is the twin's hall file. Clears up in any case.

        Raises :class:`NotCarriedOut` when the collector does not do its part.
        """
        self.held = structs.replace(self.held, since=self._clock())  # what is in the record before is of another drill
        self._folder.write(self.held)
        self._write_faults()
        fleet = _make_fleet(self._config, self._hall, self._folder, self._clock)
        agents = threading.Thread(target=fleet.run, name="drill-agents")
        try:
            self._folder.put_hall(text)
            self._wait(
                lambda view: view is not None, TAKEN_UP_WITHIN_S, ended, "the collector takes up the drill's hall"
            )
            note(self._config, self.held, "begin")
            agents.start()
            self._wait_until_seen(ended)
            if act := self._play(ended):
                note(self._config, self.held, act)
            return conclude(self._config, self.held, self._hall, self._clock())
        finally:
            if agents.ident:
                fleet.stop()
                agents.join()
            take_away(self._config, self.held)

    def _play(self, ended: threading.Event) -> DrillAct | None:
        """Make the trouble until it is over; return what the record has yet to be told of the end."""
        reader = Reader(self._config, self.held, self._hall)
        begun = self._clock()
        self._say("故障即将发生,请像平时一样在页面上处置", "the trouble begins; act on the page as you would")
        try:
            while not ended.wait(LOOK_S):
                now = self._clock()
                self._begin_and_end(now - begun)
                reader.read_on()
                for command in self._news.due(reader.evidence, now - begun):
                    told = f"{command.by}: {getattr(command, 'text', '')}".rstrip(": ")
                    self._say(f"消息 {told}", f"{'news':<14} {told}")
                    send(self._config, self.held, command)
                present = score(self.held.scenario, reader.evidence, now)
                self._tell(present)
                if reader.evidence.stopped_by is not None:
                    return None
                if self._is_over(reader.evidence, present, now - begun):
                    return "over"
        finally:
            reader.close()
        return "stop"

    def _is_over(self, evidence: Evidence, present: Score, elapsed_s: float) -> bool:
        if elapsed_s > self.held.scenario.lasts_s:
            return True
        quiet = not self._actions and elapsed_s > self._last_at + SETTLING_S
        return quiet and not evidence.stands and present.is_settled

    def _begin_and_end(self, elapsed_s: float) -> None:
        due = [action for action in self._actions if action.at <= elapsed_s]
        self._actions = self._actions[len(due) :]
        for action in due:
            self._last_at = elapsed_s
            note(self._config, self.held, "start" if action.begins else "end", action)
            if action.begins:
                self._standing[action.thing, action.fault] = Standing(action.thing, action.fault, self._clock())
            else:
                self._standing.pop((action.thing, action.fault), None)
            what = f"{action.thing}: {action.fault}"
            self._say(
                f"{'发生' if action.begins else '消除'} {what}", f"{'begins' if action.begins else 'over':<14} {what}"
            )
        if due:
            self._write_faults()

    def _write_faults(self) -> None:
        write_state(
            self._folder.state, Simulation(hall=str(self._folder.hall_file), faults=list(self._standing.values()))
        )

    def _tell(self, present: Score) -> None:
        for line in present.lines:
            if line.verdict in ("kept", "late", "missed") and line.id not in self._told:
                self._told.add(line.id)
                zh, en = f"{VERDICTS[line.verdict][0]} {line.title}", f"{line.verdict:<14} {line.title_en}"
                if line.took_s and line.verdict != "missed":
                    zh, en = f"{zh}({span(line.took_s)})", f"{en} ({line.took_s:.0f} s)"
                self._say(zh, en)

    def _wait_until_seen(self, ended: threading.Event) -> None:
        """Wait until all is seen and well, or go on without what is slow."""
        self._say("等待演练大厅的所有设备上线", "waiting until every device of the drill's hall is seen")
        with suppress(NotCarriedOut):
            self._wait(_is_seen, SEEN_WITHIN_S, ended, "every device is seen")

    def _wait(self, is_so: Callable[[Any], bool], limit_s: float, ended: threading.Event, what: str) -> None:
        deadline = self._clock() + limit_s
        while not ended.is_set() and not is_so(find_view(self._config, self.held)):
            if self._clock() > deadline:
                raise NotCarriedOut(
                    f"waited {limit_s:.0f} s in vain until {what}; is the collector's log quiet about it?"
                )
            ended.wait(LOOK_S)


def _is_seen(view: Any) -> bool:
    if view is None or not view["devices"]:
        return False
    return all(each["state"] in WELL or each["unknown_because"] == "unwatched" for each in view["devices"])


def find_view(config: Config, held: Held) -> Any:
    """Return the twin's picture; None while the collector has no such hall. Raise :class:`NotCarriedOut`."""
    halls = ask(config, "/api/halls", signed=True)
    if not any((each["area"], each["hall"]) == held.key for each in halls):
        return None
    return ask(config, f"/api/halls/{held.key}", signed=True)


def note(config: Config, held: Held, act: DrillAct, action: Action | None = None) -> None:
    """Have the record of the twin hold a step of the drill; raise :class:`NotCarriedOut`."""
    step = DrillStep(by=held.by, act=act, scenario=held.name)
    if action is not None:
        step = structs.replace(step, group=action.group, thing=action.thing, fault=action.fault)
    send(config, held, step)


def send(config: Config, held: Held, command: AnyCommand) -> None:
    """Have the collector carry out a command in the twin; raise :class:`NotCarriedOut`."""
    ask(config, f"/api/halls/{held.key}/commands?lang=en", encode(command))


def take_away(config: Config, held: Held) -> None:
    """Take the twin away: the collector then clears all that stands of it on the broker. Its record stays."""
    Folder(config.drill_halls, held.key).hall_file.unlink(missing_ok=True)


def clear_up(config: Config, hall: Hall) -> list[str]:
    """Clear what the agents of a drill whose process died left on the broker; return those that are left.

    When that process ended, the broker published their wills; these would stand there for good.
    """
    return clear_agents(hall, *_broker(config))


def conclude(config: Config, held: Held, hall: Hall, now: float) -> Result:
    """Return what the drill in this twin came to, by the journal; raise ``JournalUnavailable``."""
    reader = Reader(config, held, hall)
    try:
        reader.read_on()
    finally:
        reader.close()
    evidence = reader.evidence
    return Result(
        drill=held.name, title=held.scenario.title, title_en=held.scenario.title_en, hall=str(held.key),
        hall_name=held.hall_name, began_at=evidence.began_at() or held.since, ended_at=now, by=held.by,
        stopped_by=evidence.stopped_by or "", entries=reader.entries, head=reader.head,
        speed=held.speed, score=score(held.scenario, evidence, now, ended=True),
    )  # fmt: skip


def _make_fleet(config: Config, hall: Hall, folder: Folder, clock: Callable[[], float]) -> Fleet:
    address, admit = _broker(config)
    return Fleet(hall, address, folder.state, clock, let_in=admit, without_trace=True)


def _broker(config: Config) -> tuple[tuple[str, int], Callable[[Client], None]]:
    """Return where the drill's agents connect, and what gives a client what the broker wants to see."""
    settings: Broker = config.broker
    if config.drills.username:
        settings = structs.replace(settings, username=config.drills.username, password_file=config.drills.password_file)
    host = "127.0.0.1" if settings.embedded else settings.host
    return (host, settings.port), lambda client: let_in(client, settings)
