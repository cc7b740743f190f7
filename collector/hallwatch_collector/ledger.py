"""Station 8: every decision is written down first and carried out afterwards, or neither.

There is one exception: people are told, also while nothing can be written down. A full disk must not keep a hall's
trouble from those who repair it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.effects import Effect
from hallwatch_collector.journal import Decision, Journal, JournalUnavailable, Row
from hallwatch_collector.registers import purge_rows
from hallwatch_collector.screens import revoked_rows
from hallwatch_collector.selfwatch import SELF_KEY

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 30.0

ReadState = Callable[[HallKey], HallState | None]
Listener = Callable[[HallKey, Sequence[AnyEvent]], None]


class _Pending(Struct, frozen=True):
    hall: HallKey
    events: Sequence[AnyEvent]
    now: float
    loaded: Hall | None = None
    rows: Sequence[Row] = ()


class Ledger:
    """Takes decisions, in order. While the journal cannot be written they wait, and only people are told of them.

    Not thread-safe: whoever owns the core's lock owns it too.
    """

    def __init__(
        self,
        journal: Journal,
        state: ReadState,
        effects: Sequence[Effect],
        told: Listener,
        monotonic: Callable[[], float],
    ) -> None:
        """*state* reads a hall's state (None: dropped); *told* hears of decisions that were carried out.

        *monotonic* says when to try again, because the wall clock may be set meanwhile.
        """
        self._journal = journal
        self._state = state
        self._effects = effects
        self._told = told
        self._monotonic = monotonic
        self._pending: list[_Pending] = []
        self._urged = 0
        """So many of them, from the first on, were told already."""
        self._retry_at = 0.0
        self._pause_s = RETRY_S
        self.failure = ""
        """Why the journal cannot be written now; empty: it can."""

    @property
    def pending(self) -> int:
        """How many events wait to be written."""
        return sum(len(item.events) for item in self._pending)

    def take(self, decisions: Sequence[tuple[HallKey, Sequence[AnyEvent]]], now: float) -> None:
        """Write decisions down in one transaction and carry them out, or keep them until that can be done."""
        for key, events in decisions:
            if events:
                self._pending.append(_Pending(key, events, now, rows=_rows(key, events)))
        self._settle(now)

    def take_with(self, rows: Sequence[Row], key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """The same for one decision with rows of other tables: they are written with its events, or not at all."""
        self._pending.append(_Pending(key, events, now, rows=[*rows, *_rows(key, events)]))
        self._settle(now)

    def keep_states(self, keys: Iterable[HallKey], now: float) -> None:
        """Write down the states of halls in which something is to be remembered that no event tells."""
        self._pending.extend(_Pending(key, (), now) for key in keys)
        self._settle(now)

    def load(self, hall: Hall, events: Sequence[AnyEvent], now: float) -> None:
        """Take what bringing a hall file into force decided."""
        self._pending.append(_Pending(hall.key, events, now, hall, _rows(hall.key, events)))
        self._settle(now)

    def tick(self, now: float) -> None:
        """Try again what waits, and let the effects do what they put off."""
        self._settle(now)
        if not self._pending:
            for effect in self._effects:
                effect.tick(now)

    def drop(self, key: HallKey) -> None:
        """Forget a hall, except what is still to be written."""
        for effect in self._effects:
            effect.drop(key)

    def _settle(self, now: float) -> None:
        if self._pending and not (self.failure and self._monotonic() < self._retry_at):
            self._write(now)
        for item in self._pending[self._urged :]:
            self._urged += 1
            for effect in self._effects_of(item.hall):
                try:
                    effect.urge(item.hall, item.events, item.now)
                except Exception:
                    log.exception("%s failed for hall %s; the other effects go on", type(effect).__name__, item.hall)

    def _write(self, now: float) -> None:
        last = {item.hall: number for number, item in enumerate(self._pending)}
        decisions = [
            Decision(item.hall, item.events, self._state(item.hall) if last[item.hall] == number else None, item.rows)
            for number, item in enumerate(self._pending)
        ]
        try:
            self._journal.write(decisions, now)
        except JournalUnavailable as error:
            self._note_failure(str(error))
            return
        except Exception as error:
            log.exception("a defect in writing decisions down; they are kept, and only told")
            self._note_failure(f"a defect of Hallwatch's own ({type(error).__name__}), the log has it")
            return
        if self.failure:
            log.warning("the journal can be written again; %d events were kept for it", self.pending)
        self.failure, self._pause_s = "", RETRY_S
        done, self._pending, self._urged = self._pending, [], 0
        for item in done:
            self._carry_out(item)

    def _note_failure(self, reason: str) -> None:
        if not self.failure:
            log.error("the journal cannot be written (%s); decisions are kept, and only told, until it can", reason)
        self.failure = reason
        self._retry_at = self._monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LAST_RETRY_S)

    def _carry_out(self, item: _Pending) -> None:
        for effect in self._effects_of(item.hall):
            try:
                self._perform(effect, item)
            except Exception:
                log.exception("%s failed for hall %s; the other effects go on", type(effect).__name__, item.hall)
        try:
            self._told(item.hall, item.events)
        except Exception:
            log.exception("telling what was decided for hall %s failed; going on", item.hall)

    def _effects_of(self, hall: HallKey) -> list[Effect]:
        # every collector at a broker has a hall of its own name
        return [effect for effect in self._effects if hall != SELF_KEY or effect.of_self]

    def _perform(self, effect: Effect, item: _Pending) -> None:
        if item.events:
            effect.perform(item.hall, item.events, item.now)
        if item.loaded and self._state(item.hall) is not None:
            effect.stand(item.loaded, item.now)


def _rows(key: HallKey, events: Sequence[AnyEvent]) -> list[Row]:
    """Return the rows of other tables that events ask to be deleted."""
    return [*purge_rows(key, events), *revoked_rows(key, events)]
