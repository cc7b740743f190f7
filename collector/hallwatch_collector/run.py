"""``hallwatch run``: puts the parts together, lets time pass, and takes them apart again. The clock is read here."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from hallwatch_collector.broker import BrokerError, EmbeddedBroker
from hallwatch_collector.clock import Clock
from hallwatch_collector.collector import Collector
from hallwatch_collector.config import Config, read_secret
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import (
    AgentBorn,
    AgentLost,
    AnyEvent,
    FaultCleared,
    FaultRaised,
    IncidentMoved,
    IncidentOpened,
    MeasureDecided,
    WindowClosed,
    WindowReopened,
)
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.export.influx import History, HistorySettings
from hallwatch_collector.folderlock import FolderTaken, lock_folder
from hallwatch_collector.hallfiles import HallFiles
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import parse_hall, read_hall
from hallwatch_collector.intake import subscriptions
from hallwatch_collector.journal import Journal, JournalUnavailable, JournalUnusable
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.live import LiveSource, keep_token
from hallwatch_collector.mqtt import Link
from hallwatch_collector.narration import describe
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.links import LINK_KEY, keep_key
from hallwatch_collector.notify.settings import load_in_force
from hallwatch_collector.parts import Parts
from hallwatch_collector.people import People
from hallwatch_collector.people.credentials import draw_code
from hallwatch_collector.people.sealing import KEY_FILE, keep_seal_key
from hallwatch_collector.people.sweeper import Sweeper
from hallwatch_collector.photos.album import Album
from hallwatch_collector.plans import load
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.recorder import Recorder
from hallwatch_collector.records import Records
from hallwatch_collector.registers import Cabinet
from hallwatch_collector.screens import ScreenKeys
from hallwatch_collector.telling import Telling
from hallwatch_collector.watchdog import Watchdog
from hallwatch_collector.webserver import WebServer
from hallwatch_collector.weekcount import WeekCounter

log = logging.getLogger(__name__)

TICK_S: Final = 0.25
SWITCH_S: Final = 0.0001
LOGGED: Final = (
    AgentBorn, AgentLost, FaultRaised, FaultCleared, IncidentOpened, IncidentMoved, MeasureDecided, WindowClosed,
    WindowReopened,
)  # fmt: skip
"""Events that get a log line; the journal has all of them."""


class AlreadyRunning(Exception):  # noqa: N818 - it says what happened
    """Another collector works in the same data folder."""


STARTUP_ERRORS: Final = (
    AlreadyRunning,
    FileRefused,
    BrokerError,
    JournalUnavailable,
    JournalUnusable,
    OSError,
)
"""What can keep a collector from starting; their texts say why, and what to do."""


def run(config: Config, record: Path | None = None, ready: Callable[[str], None] = log.info) -> int:
    """Run a collector until SIGTERM or SIGINT; return the exit status. *ready* is told where its pages are.

    Raises one of :data:`STARTUP_ERRORS` when something keeps it from starting.
    """
    stop = _stop_on_signals()
    with ExitStack() as stack:
        _hold(config.data, stack)
        plan, catalogue = load(config.plan_file, config.catalogue_file)
        cabinet = Cabinet(config.journal_url)
        stack.callback(cabinet.close)
        dispatch = _open_dispatch(config, plan)
        collector = _put_together(config, plan, catalogue, cabinet, dispatch, record=record, stack=stack)
        link = Link(config.broker, subscriptions(config.areas), collector)
        stack.callback(link.stop)  # it holds sockets before it starts
        collector.use(link)
        people = People(config.journal_url, keep_seal_key(config.data / KEY_FILE))
        stack.callback(people.close)
        records = Records(config, plan, catalogue)
        now = time.time  # noqa: TID251
        code = "" if people.accounts.has_administrator() else draw_code()
        album = Album(config.data / "photos")
        sweeper = Sweeper(people, config.web)
        server = WebServer(
            _open_source(config, collector, people, records, cabinet, album=album, code=code, stack=stack), config.web
        )
        collector.start()
        server.start()
        stack.callback(server.stop)
        if dispatch:
            dispatch.courier.start(collector.take_receipts)
            stack.callback(dispatch.courier.stop)
            collector.ask_too(lambda: dispatch.courier.trouble)
            _call_heartbeat_service(dispatch, collector, stack)
        telling = _keep_telling(config, plan, dispatch, collector)
        week_counter = WeekCounter(collector, records, now, time.monotonic)
        link.start()
        _tell_where(ready, server.address, code)
        quieten_garbage_collection()
        favour_short_turns()
        watchdog = Watchdog()
        watchdog.be_ready()
        while not stop.wait(TICK_S):
            collector.tick()
            sweeper.tick(now())
            if telling:
                telling.tick()
            week_counter.tick()
            album.purge(now())
            watchdog.be_alive(time.monotonic())
            if not (link.alive and server.alive and (dispatch is None or dispatch.courier.alive)):
                log.critical("a thread has ended that must not; stopping, so that a supervisor starts us anew")
                return 1
        log.info("stopping")
        watchdog.be_stopping()
        collector.say_farewell()
    return 0


def _tell_where(ready: Callable[[str], None], address: str, code: str) -> None:
    """Tell where the pages are and, with a code, how the first administrator gets in."""
    ready(f"pages at {address}")
    if code:
        ready(f"there is no administrator yet: open {address}set-up and type this one-time code: {code}")


def _open_source(
    config: Config, collector: Collector, people: People, records: Records, cabinet: Cabinet, *, album: Album,
    code: str,
    stack: ExitStack,
) -> LiveSource:  # fmt: skip
    screen_keys = ScreenKeys(config.journal_url)
    stack.callback(screen_keys.close)
    known = Known.of(records.plan, records.catalogue, config.areas)
    history = config.data / "hall-history"
    hall_files = HallFiles(Path(config.halls), history, lambda content, name: parse_hall(content, name, known))
    source = LiveSource(
        collector, people, records, cabinet, album, hall_files=hall_files, screen_keys=screen_keys, web=config.web,
        token=keep_token(config.token_file), now=time.time, set_up_code=code,  # noqa: TID251
    )  # fmt: skip
    stack.callback(source.look_around.close)
    return source


def favour_short_turns() -> None:
    """Let the link's thread have its turn soon while a page or a scrape is being made.

    At Python's 5 ms, each of a message's few waits for the network costs so much while another thread computes.
    """
    sys.setswitchinterval(SWITCH_S)


def quieten_garbage_collection() -> None:
    """Keep Python from walking through the whole state of a region again and again in search of cycles.

    What is loaded by now stays for good; readings hold no cycles. It saves a sixth of the CPU at 300,000 devices.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _put_together(
    config: Config, plan: Plan, catalogue: Catalogue, cabinet: Cabinet, dispatch: Dispatch | None, *,
    record: Path | None, stack: ExitStack,
) -> Collector:  # fmt: skip
    known = Known.of(plan, catalogue, config.areas)
    broker = _start_broker(config, stack)
    journal = Journal(config.journal_url)
    stack.callback(journal.close)
    journal.migrate()
    history = _open_history(config)
    if history:
        stack.callback(history.close)
    parts = Parts(
        engine=Engine(plan, catalogue, dispatch.alerting if dispatch else None),
        journal=journal,
        folder=HallFolder(
            [Path(config.halls), config.drill_halls],
            lambda path: read_hall(path, known),
            KeptFiles(config.data / "halls-in-force"),
        ),
        clock=Clock(time.time, time.monotonic),  # noqa: TID251
        boot=secrets.token_hex(8),
        cabinet=cabinet,
        history=history,
        dispatch=dispatch,
        tell=_make_teller(catalogue),
        record=_start_recording(record, stack) if record else None,
        slow_consumers=broker.read_slow_consumers if broker else lambda: None,
    )
    return Collector(parts)


def _start_broker(config: Config, stack: ExitStack) -> EmbeddedBroker | None:
    if not config.broker.embedded:
        return None
    binary = Path(config.broker.binary) if config.broker.binary else None
    broker = EmbeddedBroker(config.data / "broker", config.broker.port, binary)
    stack.callback(broker.stop)
    broker.start()
    return broker


def _open_dispatch(config: Config, plan: Plan) -> Dispatch | None:
    if config.alerts_file is None:
        return None
    told = load_in_force(config.alerts_file, plan, _kept_alerts(config))
    now = time.time  # noqa: TID251
    dispatch = Dispatch(told, config.alerts_file.parent, plan, now)
    if config.web.address:
        dispatch.link_to(config.web.address, keep_key(config.data / LINK_KEY))
    return dispatch


def _kept_alerts(config: Config) -> KeptFiles:
    return KeptFiles(config.data / "alerts-in-force")


def _keep_telling(config: Config, plan: Plan, dispatch: Dispatch | None, collector: Collector) -> Telling | None:
    if dispatch is None or config.alerts_file is None:
        return None
    now = time.time  # noqa: TID251
    telling = Telling(config.alerts_file, plan, dispatch, collector, _kept_alerts(config), now=now)
    telling.resume()
    return telling


def _call_heartbeat_service(dispatch: Dispatch, collector: Collector, stack: ExitStack) -> None:
    heartbeat = dispatch.open_heartbeat(collector.problems)
    collector.ask_too(lambda: heartbeat.trouble)
    heartbeat.start()
    stack.callback(heartbeat.stop)


def _open_history(config: Config) -> History | None:
    told = config.history
    if not told.url:
        return None
    return History(HistorySettings(url=told.url, bucket=told.bucket, org=told.org, token=read_secret(told.token_file)))


def _make_teller(catalogue: Catalogue) -> Callable[[HallKey, Sequence[AnyEvent]], None]:
    names = {fault.id: fault.name for fault in catalogue.faults}

    def tell(key: HallKey, events: Sequence[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, LOGGED):
                log.info("%s: %s", key, " ".join(describe(event, names)))

    return tell


def _start_recording(path: Path, stack: ExitStack) -> Callable[[float, str, bytes], None]:
    recorder = Recorder(path)
    stack.callback(recorder.close)
    return recorder.record


def _hold(folder: Path, stack: ExitStack) -> None:
    """Hold the data folder: two collectors in one would take each other's session and decide everything twice."""
    try:
        lock = lock_folder(folder / "collector")
    except FolderTaken:
        raise AlreadyRunning(f"a collector already works in {folder}; stop it, or use another data_dir") from None
    if lock is not None:
        stack.callback(os.close, lock)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
