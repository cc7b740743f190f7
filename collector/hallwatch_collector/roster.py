"""Which halls are in force: brings hall files to the core, with the state that the journal kept, and drops them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final

from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.journal import Journal, JournalUnavailable, JournalUnusable

log = logging.getLogger(__name__)

PAST_S: Final = 1800.0
"""How often what is remembered of a hall's values is written at most; a crash loses no more than that."""

Loaded = Callable[[Hall, list[AnyEvent], float], None]
Dropped = Callable[[HallKey, float], None]


class Roster:
    """The halls in force. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, engine: Engine, journal: Journal, folder: HallFolder, loaded: Loaded, dropped: Dropped) -> None:
        """*loaded* and *dropped* hear of each hall that came into force, was changed, or is gone."""
        self._engine = engine
        self._journal = journal
        self._folder = folder
        self._loaded = loaded
        self._dropped = dropped
        self._halls: dict[HallKey, Hall] = {}
        self._agents: dict[HallKey, frozenset[str]] = {}
        self._waiting: dict[HallKey, HallFile] = {}
        self._kept: dict[HallKey, tuple[float, int]] = {}
        """Hall → when its past was last written and how many samples it had then; the longest ago first."""
        self._ever: set[HallKey] = set()

    @property
    def refused(self) -> int:
        """How many hall files have a newest version that is not in force."""
        return len(self._folder.refused)

    def keys(self) -> list[HallKey]:
        """Return the halls in force."""
        return list(self._halls)

    def __contains__(self, key: HallKey) -> bool:
        return key in self._halls

    def has_agent(self, key: HallKey, agent: str) -> bool:
        """Tell whether a hall's file names this agent."""
        return agent in self._agents.get(key, ())

    def is_drill(self, key: HallKey) -> bool:
        """Tell whether a hall is one's twin for a drill (B3): in no statistics."""
        return key in self._halls and self._halls[key].drill

    def files(self) -> dict[str, Hall]:
        """Return the real halls by their files: without drills."""
        return {file: hall for file, hall in self._folder.halls.items() if hall.key in self._halls and not hall.drill}

    def ever_had(self, key: HallKey) -> bool:
        """Tell whether this collector has, or ever had, this hall: what stands retained for it is then ours."""
        return key in self._ever

    def state(self, key: HallKey) -> HallState | None:
        """Return what a restart must not lose of a hall; None when it is not in force."""
        return self._engine.state(key) if key in self._halls else None

    def problems(self) -> Iterator[str]:
        """Yield what keeps hall files from coming into force, a sentence each."""
        yield from (f"Hall file refused: {problem}" for problem in self._folder.problems)
        yield from (f"Hall {key} waits for its state in the journal" for key in self._waiting)

    def remember(self) -> None:
        """Learn which halls there ever were; raise :class:`JournalUnavailable` when the journal cannot be read."""
        self._ever.update(self._journal.halls())

    def look(self, now: float, *, starting: bool = False) -> None:
        """Take up what changed among the hall files since the last look.

        A hall whose state cannot be read from the journal waits for the next look; when *starting*, that is raised.
        """
        changes = self._folder.look()
        for problem in changes.refused:
            instead = (
                "the version before stays" if self._folder.has_good(problem.file) else "and there is none before it"
            )
            log.error("hall file refused, %s: %s", instead, problem)
        self._waiting.update({file.hall.key: file for file in changes.loaded})
        for key in changes.dropped:
            self._drop(key, now)
        for key, file in list(self._waiting.items()):
            try:
                self.bring(file.hall, file.digest, now)
            except (JournalUnavailable, JournalUnusable) as error:
                if starting:
                    raise
                log.warning("hall %s waits for its state in the journal: %s", key, error)
            else:
                del self._waiting[key]

    def bring(self, hall: Hall, digest: str, now: float) -> None:
        """Bring a hall into force: with the state the journal kept when it is new here, else as a change."""
        key = hall.key
        known = key in self._halls
        saved, past = (None, None) if known else (self._journal.state(key), self._journal.past(key))
        if hall.drill and saved is not None and saved.digest != digest:  # each drill begins in a hall where all is well
            saved, past = HallState(counter=saved.counter, numbers=saved.numbers), None
        events = self._engine.load_hall(hall, digest, saved, now, past)
        self._halls[key] = hall
        self._agents[key] = frozenset(agent.id for agent in hall.agents)
        self._ever.add(key)
        self._kept.setdefault(key, (now, 0))
        log.info("hall %s in force: %d windows, %d devices", key, len(hall.windows), len(hall.devices))
        self._loaded(hall, events, now)

    def keep_past(self, now: float) -> None:
        """Write down what is remembered of the one hall whose turn it is, if there is news of it.

        What cannot be written now is written half an hour later: nothing is decided by it meanwhile.
        """
        key, (written_at, samples) = next(iter(self._kept.items()), (None, (now, 0)))
        if key is None or abs(now - written_at) < PAST_S:
            return
        del self._kept[key]
        self._kept[key] = (now, self._engine.samples(key))
        if self._engine.samples(key) == samples:
            return
        try:
            self._journal.write_past(key, self._engine.past(key), now)
        except JournalUnavailable as error:
            log.warning("what is remembered of hall %s could not be written down: %s", key, error)

    def _drop(self, key: HallKey, now: float) -> None:
        log.warning("hall %s dropped: its file is gone", key)
        self._waiting.pop(key, None)
        if self._halls.pop(key, None):
            del self._agents[key]
            self._kept.pop(key, None)
            self._engine.drop_hall(key)
            self._dropped(key, now)
