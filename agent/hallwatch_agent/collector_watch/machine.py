"""When people are told that the collector is gone, and that it is back. Pure: time is an argument, nothing is sent.

What is heard (:meth:`Machine.hear` and so on) makes a *symptom* out of silence; a symptom that lasts as long as one may
be patient is a *signal*, as is its end; what follows from a signal stands in the table ``case.NEXT``. All patience is
measured on the monotonic clock, and begins anew when the machine has slept: what was not heard then was not missing.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hallwatch_agent.chat.exchange import Answer, Never, NotNow, Taken
from hallwatch_agent.chat.reason import plain
from hallwatch_agent.collector_watch.case import NEXT, Case, Moment, Phase, Signal, Symptom, Telling, alike
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.wire import Heartbeat

LOOK_S: Final = 5.0
"""How often :meth:`Machine.look` is to be called."""
SLEPT_S: Final = 20.0
"""A look that comes so much too late, or clocks that go apart by so much between two: this machine slept, hung, or had
its clock set."""
BEATS_MISSED: Final = 3
"""Nobody's patience is shorter than so many heartbeats."""
STEADY_BEATS: Final = 1.5
"""The collector is back when it has been heard for so many intervals without a gap: one that is started again and
again, and falls each time, is not."""
UPDATE_PAUSE_S: Final = 300.0
"""When one symptom turns into another, that is told at most so often."""
FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 300.0
REFUSED_RETRY_S: Final = 600.0
"""After an answer that says that it will never go: somebody may have mended the file meanwhile."""
LOST_S: Final = 60.0
"""A try of which nothing was heard for so long may have arrived, and may not."""


class _Heard(Struct):
    """Since when what is so: None, when it is not."""

    connected: Moment | None = None
    away: Moment | None = None
    beat: Moment | None = None
    """The last sign of life."""
    stopping: Moment | None = None
    troubled: Moment | None = None
    steady: Moment | None = None
    """The first of an unbroken row of heartbeats."""
    well: Moment | None = None
    """The first of an unbroken row of heartbeats that say that all is well."""


class Machine:
    """The watch over one collector. For one thread."""

    def __init__(self, settings: CollectorWatch, now: Moment, case: Case | None = None) -> None:
        """Begin; *case* is what was kept before a restart."""
        self._settings = settings
        self._interval_s = 0.0
        self._last = ("", 0)
        self._heard = _Heard(away=now)
        self._looked = self._patient_from = self._began = now
        self._sent: tuple[int, float] | None = None
        self._retry_at, self._pause_s = 0.0, FIRST_RETRY_S
        self.case = case and replace(case, resumed=True)
        """What is the matter; None: nothing."""
        if case is not None:
            self._take_up(case, now)

    def connect(self, now: Moment) -> None:
        """Note that the broker is there."""
        self._heard.connected, self._heard.away = now, None

    def disconnect(self, now: Moment) -> None:
        """Note that the broker is gone."""
        self._heard.away = self._heard.away or now
        self._heard.connected = None
        self._break_row()

    def hear(self, beat: Heartbeat | None, now: Moment, *, kept: bool) -> None:
        """Take in a heartbeat; *kept*: it comes out of the broker's store. None: the hall is not watched any more."""
        heard = self._heard
        at = now._replace(wall=min(beat.at, now.wall)) if beat and kept else now
        if beat is None or beat.stopping:
            heard.stopping = heard.stopping or at
            self._break_row()
            return
        self._interval_s = beat.interval_s
        if kept:  # tells when it lived, not that it lives
            heard.beat = heard.beat or at
            return
        boot, seq = self._last
        if beat.boot == boot and beat.seq <= seq:
            return
        if heard.beat is None or now.monotonic - heard.beat.monotonic > BEATS_MISSED * beat.interval_s:
            self._break_row()
        self._last, heard.beat, heard.stopping = (beat.boot, beat.seq), now, None
        heard.steady = heard.steady or now
        heard.well = (heard.well or now) if beat.healthy else None
        heard.troubled = None if beat.healthy else heard.troubled or now

    def look(self, now: Moment) -> Telling | None:
        """Let time pass; return what is to be sent now. :meth:`answer` is to follow, or it counts as lost.

        ``case`` is to be kept before it is sent.
        """
        self._note_sleep(now)
        if self._sent is not None:
            serial, at = self._sent
            if now.monotonic - at < LOST_S:
                return None
            self.answer(serial, NotNow(plain("nothing was heard of it"), maybe_taken=True), now)
        if self.case is not None and self._is_over(now):
            self._move(Signal.OVER, now)
        elif (symptom := self._ripe(now)) is not None:
            self._note_ripe(symptom, now)
        return self._tell(now)

    def answer(self, serial: int, answer: Answer, now: Moment) -> None:
        """Take in what the channel said to message *serial*."""
        if self._sent is None or self._sent[0] != serial:
            return
        self._sent = None
        self.case = self.case and replace(self.case, sending=False)
        match answer:
            case Taken():
                self._retry_at, self._pause_s = 0.0, FIRST_RETRY_S
                self._move(Signal.TAKEN, now)
            case NotNow():
                self._retry_at = now.monotonic + max(self._pause_s, answer.after_s or 0.0)
                self._pause_s = min(self._pause_s * 2, LAST_RETRY_S)
                if answer.maybe_taken:
                    self._move(Signal.PERHAPS, now)
            case Never():
                self._retry_at = now.monotonic + REFUSED_RETRY_S

    # -- what is heard -------------------------------------------------------------------------------------------

    def _break_row(self) -> None:
        self._heard.steady = self._heard.well = self._heard.troubled = None

    def _note_sleep(self, now: Moment) -> None:
        before, self._looked = self._looked, now
        passed_s = now.monotonic - before.monotonic
        if passed_s > LOOK_S + SLEPT_S or abs(now.wall - before.wall - passed_s) > SLEPT_S:
            self._patient_from = now
            self.case = self.case and replace(self.case, resumed=True)

    def _symptom(self) -> tuple[Symptom, Moment, float]:
        """Return what would be wrong now, since when, and how long that is borne."""
        heard, settings = self._heard, self._settings
        patience_s = max(settings.silent_s, BEATS_MISSED * self._interval_s)
        if heard.away is not None:
            return Symptom.AWAY, heard.away, settings.silent_s
        if heard.stopping is not None:
            return Symptom.STOPPED, heard.stopping, max(settings.stopped_s, patience_s)
        beat = heard.beat or self._began
        if heard.troubled is not None and self._looked.monotonic - beat.monotonic < patience_s:
            return Symptom.TROUBLED, heard.troubled, settings.troubled_s
        return Symptom.SILENT, beat, patience_s

    def _ripe(self, now: Moment) -> Symptom | None:
        """Return what has been wrong for longer than is borne; None: nothing."""
        symptom, since, patience_s = self._symptom()
        connected = self._heard.connected
        if now.monotonic - max(since.monotonic, self._patient_from.monotonic) < patience_s:
            return None
        if connected and now.monotonic - connected.monotonic < self._settings.silent_s:
            return None  # before, there was nobody who could have brought a heartbeat
        return symptom

    def _is_over(self, now: Moment) -> bool:
        """Tell whether the collector has been heard again for a while, and well if it was not."""
        since, beat = self._good_since(), self._heard.beat
        if since is None or beat is None or not self._may_be_over(now):
            return False
        return beat.monotonic - since.monotonic >= STEADY_BEATS * self._interval_s

    def _may_be_over(self, now: Moment) -> bool:
        """Tell whether the collector is being heard, for however short a time."""
        beat = self._heard.beat
        if self._good_since() is None or beat is None:
            return False
        return now.monotonic - beat.monotonic <= BEATS_MISSED * self._interval_s

    def _good_since(self) -> Moment | None:
        troubled = self.case is not None and self.case.symptom is Symptom.TROUBLED
        return self._heard.well if troubled else self._heard.steady

    # -- what follows --------------------------------------------------------------------------------------------

    def _take_up(self, case: Case, now: Moment) -> None:
        """Go on after a restart: what was to be sent may have been, and how it is now shows in a while."""
        if case.sending:
            phase = NEXT.get((case.phase, Signal.PERHAPS), case.phase)
            self.case = replace(case, phase=phase, sending=False, perhaps=True, resumed=True)
        if case.phase is not Phase.ENDING:
            self._retry_at = now.monotonic + self._settings.silent_s

    def _note_ripe(self, symptom: Symptom, now: Moment) -> None:
        case = self.case
        if case is None:
            since = self._symptom()[1].wall
            self.case = Case(phase=Phase.CALM, symptom=symptom, since=since, serial=int(now.wall * 1000))
            self._move(Signal.DUE, now)
            return
        if case.phase is Phase.TOLD and not self._is_news(case, symptom, now):
            return
        self.case = replace(case, symptom=symptom, over_at=0.0)
        known = alike(case.told, symptom) and not case.perhaps and not self._is_news(case, symptom, now)
        self._move(Signal.KNOWN if known else Signal.DUE, now)

    def _is_news(self, case: Case, symptom: Symptom, now: Moment) -> bool:
        passed_s = abs(now.wall - case.told_at)
        if alike(case.told, symptom):
            return 0 < self._settings.repeat_s <= passed_s
        return passed_s >= UPDATE_PAUSE_S

    def _move(self, signal: Signal, now: Moment) -> None:
        """Follow :data:`NEXT`; a signal for which it has nothing changes nothing."""
        case = self.case
        phase = NEXT.get((case.phase, signal)) if case else None
        if case is None or phase is None:
            return
        if phase is Phase.CALM:
            self.case = None
            return
        serial = max(int(now.wall * 1000), case.serial + 1)
        match signal:
            case Signal.TAKEN:
                self.case = replace(case, phase=phase, told=case.symptom, told_at=now.wall, perhaps=False)
            case Signal.PERHAPS:
                self.case = replace(case, phase=phase, perhaps=True)
            case Signal.DUE | Signal.KNOWN:
                self.case = replace(case, phase=phase, serial=serial, perhaps=False)
            case Signal.OVER:
                over_at = (self._good_since() or now).wall
                self.case = replace(case, phase=phase, serial=serial, over_at=over_at, perhaps=False)
                self._retry_at, self._pause_s = 0.0, FIRST_RETRY_S

    def _tell(self, now: Moment) -> Telling | None:
        case = self.case
        if case is None or case.phase in (Phase.CALM, Phase.TOLD) or now.monotonic < self._retry_at:
            return None
        ending = case.phase is Phase.ENDING
        if not ending and (self._may_be_over(now) or not alike(self._symptom()[0], case.symptom)):
            return None  # what was to be said is so no more; what is so now shows in a while
        self._sent = (case.serial, now.monotonic)
        self.case = replace(case, sending=True)
        return Telling(
            serial=case.serial, symptom=(case.told or case.symptom) if ending else case.symptom, since=case.since,
            at=now.wall, over_at=case.over_at if ending else 0.0, perhaps=case.perhaps, resumed=case.resumed,
            again=not ending and alike(case.told, case.symptom),
            never=case.symptom is Symptom.SILENT and self._heard.beat is None,
        )  # fmt: skip
