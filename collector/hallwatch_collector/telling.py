"""Keeps telling people in step with alerts.toml: takes up an edit of it, and sends the weekly test."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from hallwatch_collector.collector import Collector
from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.values import WEEKDAYS, minute_of
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.settings import WeeklyTest, load_alerts
from hallwatch_collector.notify.trial import Trial, try_out
from hallwatch_collector.problems import FileRefused

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0
"""How often the file is looked at."""
WEEK_DAYS: Final = 7
LATE_S: Final = 86_400.0
"""A test that fell into a time without a collector is made up for so long."""
MEMORY_S: Final = 30 * 86_400.0
"""So far back the record is asked for the last test."""
DEFAULT_ZONE: Final = ZoneInfo("Asia/Shanghai")


class Telling:
    """Watches the file and the week. One thread calls :meth:`tick`; the test has its own."""

    def __init__(
        self, path: Path, plan: Plan, dispatch: Dispatch, collector: Collector, kept: KeptFiles, *,
        now: Callable[[], float],
    ) -> None:  # fmt: skip
        """*dispatch* has what was in force at the start; *kept* keeps what is, for the next one."""
        self._path, self._plan = path, plan
        self._dispatch, self._collector, self._kept, self._now = dispatch, collector, kept, now
        self._seen: tuple[int, int] | None = None
        self._look_due = 0.0
        self._started_at = now()
        self._last: AlertsTested | None = None
        self._testing: threading.Thread | None = None
        self.trouble = ""
        """Why the last edit is not in force; empty: it is."""
        collector.ask_too(lambda: self.trouble)
        collector.watch_alerts(lambda: self._last, lambda: bool(self.trouble))

    def resume(self) -> None:
        """Learn from the record what came of the last test."""
        for event in self._collector.own_record(self._started_at - MEMORY_S):
            if isinstance(event, AlertsTested):
                self._last = event

    def tick(self) -> None:
        """Look whether the file was edited, and whether a test is due; cheap."""
        now = self._now()
        if abs(now - self._look_due) < LOOK_S:
            return
        self._look_due = now
        self._look()
        if self._is_due(now) and not (self._testing and self._testing.is_alive()):
            self._testing = threading.Thread(target=self._test, name="alert-test", daemon=True)
            self._testing.start()

    def _look(self) -> None:
        seen = _signature(self._path)
        if seen == self._seen and not self.trouble:  # what is wrong may be mended in a secret's file
            return
        self._seen = seen
        try:
            told = load_alerts(self._path, self._plan)
            self._kept.keep(self._path, self._path.read_bytes())
        except (FileRefused, OSError) as error:
            if (trouble := f"alerts.toml refused, the version before stays: {error}") != self.trouble:
                log.error("%s", trouble)
                self.trouble = trouble
            return
        if told != self._dispatch.told:
            self._dispatch.take_up(told)
            self._collector.use_alerting(self._dispatch.alerting)
            log.info("alerts.toml taken up: %d channels, %d people", len(told.channels), len(told.people))
        self.trouble = ""

    def _is_due(self, now: float) -> bool:
        if self._dispatch.told.weekly_test is None:
            return False
        planned = last_planned(self._dispatch.told.weekly_test, now, self._zone())
        done_at = self._last.at if self._last else self._started_at
        return done_at < planned and now - planned < LATE_S

    def _zone(self) -> ZoneInfo:
        return next((ZoneInfo(hall.timezone) for hall in self._collector.halls()), DEFAULT_ZONE)

    def _test(self) -> None:
        try:
            people, halls = self._collector.on_duty()
            trial = try_out(self._dispatch.told, self._path.parent, people, halls=halls, now=self._now)
            tested = AlertsTested(
                at=self._now(), reached=trial.reached, unreached=trial.unreached, failed=list(_say_failed(trial))
            )
            self._last = tested  # first: what cannot be noted must not be sent again every two seconds
            self._collector.note_test(tested)
        except Exception:
            log.exception("the weekly test of alerts failed; it is made again")


def last_planned(weekly: WeeklyTest, now: float, zone: ZoneInfo) -> float:
    """Return the last moment not after *now* at which a test is to be sent."""
    today = dt.datetime.fromtimestamp(now, zone)
    minute = minute_of(weekly.at)
    back = (today.weekday() - WEEKDAYS.index(weekly.day)) % WEEK_DAYS
    planned = today.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0) - dt.timedelta(days=back)
    if planned > today:
        planned -= dt.timedelta(days=WEEK_DAYS)
    return planned.timestamp()


def _say_failed(trial: Trial) -> Iterator[str]:
    for each in trial.tried:
        if each.outcome != "accepted":
            yield f"{each.channel} ({', '.join(each.people)}): {each.reason}"


def _signature(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except OSError:
        return (0, 0)
    return (told.st_mtime_ns, told.st_size)
