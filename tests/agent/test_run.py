"""The agent against a real Mosquitto: reports, outages, kills, hangs."""

from __future__ import annotations

import contextlib
import itertools
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hallwatch_agent import assignment as assignment_module
from hallwatch_agent.config import load_config
from hallwatch_agent.outbox import Outbox
from hallwatch_agent.probes.probe import Context, Probe, Told
from hallwatch_agent.run import HEAR_FIRST_S, Agent
from hallwatch_agent.wire import Assignment, Birth, Death, ProbeNow, ProbeOrder, ReadError, Report
from hallwatch_agent.work import Work
from parts.listener import Listener, listen
from parts.mosquitto import Mosquitto, free_port, serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as running:
        yield running


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    with listen(broker.host, broker.port) as listening:
        yield listening


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port that somebody listens on; what connects waits in its queue and is fine."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as server:
        server.setblocking(True)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def config_file(tmp_path: Path, broker: Mosquitto) -> Path:
    return write_config(tmp_path, broker.port)


def write_config(folder: Path, port: int) -> Path:
    file = folder / "agent.toml"
    file.write_text(
        '[identity]\narea = "330106"\nhall = "xihu"\nagent = "gw"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {port}\nkeepalive_s = 8\n[spool]\ndirectory = "spool"\n'
    )
    return file


def tcp(port: int, device: str = "srv-1", interval_s: float = 0.5) -> ProbeOrder:
    return ProbeOrder(device, "tcp", "tcp", interval_s, 2.0, {"host": "127.0.0.1", "port": port})


@contextlib.contextmanager
def agent_process(config_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "hallwatch_agent", "run", "--config", str(config_file)])
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@contextlib.contextmanager
def agent_thread(config_file: Path) -> Iterator[Agent]:
    agent = Agent(load_config(config_file))
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        yield agent
    finally:
        agent.stop()
        thread.join(5)
        assert not thread.is_alive()


def live(reports: list[Report]) -> list[Report]:
    return [report for report in reports if not report.late]


def test_reports_arrive_at_once(config_file: Path, listener: Listener, open_port: int) -> None:
    listener.order("gw", Assignment("gw", "d1", [tcp(open_port), tcp(free_port(), "srv-2")]))
    with agent_process(config_file) as process:
        wait_until(lambda: len(listener.reports) >= 4, 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == 0
    reports = listener.reports
    assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
    assert {len(report.readings) for report in reports[:-1]} == {2}, "what falls due together travels together"
    first = {reading.device: reading.conditions for reading in reports[0].readings}
    assert first == {"srv-1": {"reachable": True, "port-open": True}, "srv-2": {"reachable": True, "port-open": False}}
    offset = time.time() - time.monotonic()  # noqa: TID251 - the agent's readings carry the wall clock
    delays = sorted(
        heard.at + offset - heard.message.readings[-1].at
        for heard in listener.heard
        if isinstance(heard.message, Report)
    )
    assert delays[len(delays) // 2] < 0.05, "a reading is with the broker within milliseconds"
    births = [life for life in listener.lives if isinstance(life, Birth)]
    assert births[0].session == 1
    assert births[-1].assignment == "d1"
    assert listener.lives[-1] == Death("gw", births[0].boot, 1, stopped=True)


def test_nothing_is_lost_when_the_broker_is_away(
    config_file: Path, broker: Mosquitto, listener: Listener, open_port: int
) -> None:
    listener.order("gw", Assignment("gw", "d1", [tcp(open_port)]))
    with agent_process(config_file) as process:
        wait_until(lambda: len(listener.reports) >= 3, 10)
        broker.stop()
        time.sleep(4)  # noqa: TID251 - the outage itself
        before = len(listener.reports)
        broker.start()
        returned_at = time.monotonic()
        wait_until(lambda: len(live(listener.reports[before:])) >= 1, 5)
        wait_until(lambda: listener.reports[-1].spooled == 0 and len(listener.reports) > before + 8, 10)
        wait_until(lambda: len(live(listener.reports[before:])) >= 3, 5)
        process.send_signal(signal.SIGTERM)
        process.wait(3)
    after = [heard for heard in listener.heard if isinstance(heard.message, Report)][before:]
    assert not after[0].message.late, "the present comes first"
    assert after[0].at - returned_at < 3.5
    late = [heard.message for heard in after if heard.message.late]
    assert len(late) >= 6
    assert [report.seq for report in late] == sorted((report.seq for report in late), reverse=True), "newest first"
    assert {report.seq for report in listener.reports} == set(range(1, max(r.seq for r in listener.reports) + 1))
    sessions = [life.session for life in listener.lives if isinstance(life, Birth)]
    assert list(dict.fromkeys(sessions)) == [1, 2], "tries that fail are no connections"


def test_a_killed_agent_is_known_as_dead_and_its_reports_come_once(
    config_file: Path, broker: Mosquitto, listener: Listener, open_port: int
) -> None:
    listener.order("gw", Assignment("gw", "d1", [tcp(open_port)]))
    with agent_process(config_file) as process:
        wait_until(lambda: len(listener.reports) >= 3, 10)
        process.kill()
        wait_until(lambda: isinstance(listener.lives[-1], Death), 2, "the last will")
    death = listener.lives[-1]
    assert isinstance(death, Death)
    assert not death.stopped
    assert death.boot == listener.reports[0].boot
    last = listener.reports[-1].seq
    broker.stop()
    with agent_process(config_file) as process:  # works by the kept assignment, and spools
        time.sleep(HEAR_FIRST_S + 2)  # noqa: TID251 - the outage itself
        process.kill()
        process.wait(5)
        before = len(listener.reports)
    broker.start()
    with agent_process(config_file) as process:
        wait_until(lambda: len(listener.reports) > before + 3 and listener.reports[-1].spooled == 0, 10)
        process.send_signal(signal.SIGTERM)
        process.wait(3)
    reports = listener.reports
    boots = list(dict.fromkeys(report.boot for report in reports))
    assert len(boots) == 3
    spooled = [report for report in reports if report.boot not in (death.boot, reports[-1].boot)]
    assert spooled
    assert all(report.late for report in spooled)
    keys = [(report.boot, report.seq) for report in reports]
    twice = {key for key in keys if keys.count(key) > 1}
    assert twice <= {(death.boot, last)}, f"each comes once but the one whose acknowledgement the kill cut off: {keys}"


def test_a_newer_assignment_comes_before_the_kept_one(config_file: Path, listener: Listener, open_port: int) -> None:
    """The kept one may be what brings the agent down; then only a start that does not touch it helps."""
    path = load_config(config_file).assignment_path
    assignment_module.save_assignment(path, Assignment("gw", "d1", [tcp(open_port, "srv-old")]))
    listener.order("gw", Assignment("gw", "d2", [tcp(open_port, "srv-new")]))
    with agent_process(config_file):
        wait_until(lambda: len(listener.reports) >= 2, 10)
    assert {reading.device for report in listener.reports for reading in report.readings} == {"srv-new"}
    kept = assignment_module.load_assignment(path, "gw")
    assert kept is not None
    assert kept.digest == "d2"


def test_the_kept_assignment_counts_when_the_broker_holds_none(
    config_file: Path, listener: Listener, open_port: int
) -> None:
    path = load_config(config_file).assignment_path
    assignment_module.save_assignment(path, Assignment("gw", "d1", [tcp(open_port)]))
    with agent_process(config_file):
        wait_until(lambda: len(listener.reports) >= 2, HEAR_FIRST_S + 5)
    assert [life.assignment for life in listener.lives if isinstance(life, Birth)] == ["", "d1"]


def test_an_expression_that_never_ends_with_re_halts_nobody(
    config_file: Path, listener: Listener, tmp_path: Path, open_port: int
) -> None:
    log = tmp_path / "kiosk.log"
    log.write_text(f"{'a' * 3000}!\n" * 50)
    options = {"log": str(log), "line": "(a+)+$"}
    activity = ProbeOrder("kiosk", "activity", "activity", 0.5, 2.0, options)
    listener.order("gw", Assignment("gw", "d1", [activity, tcp(open_port)]))
    with agent_process(config_file) as process:
        wait_until(lambda: len(listener.reports) >= 4, 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == 0
    readings = [reading for report in listener.reports for reading in report.readings]
    assert {reading.device for reading in readings} == {"kiosk", "srv-1"}
    assert not [reading for reading in readings if reading.error is not None]


class HangingProbe(Probe, tag="hanging", frozen=True, kw_only=True):
    """Hangs until it is let go."""

    def read(self, context: Context) -> Told:
        LET_GO.wait(30)
        return Told(conditions={"reachable": True})


class CrashingProbe(Probe, tag="crashing", frozen=True, kw_only=True):
    """Is broken."""

    def read(self, context: Context) -> Told:
        raise SystemExit("tray \udcff")


class AwaitingProbe(Probe, tag="awaiting", frozen=True, kw_only=True):
    """Waits for an answer that never comes."""

    async def read(self, context: Context) -> Told:
        import asyncio

        await asyncio.sleep(3600)
        return Told()


LET_GO = threading.Event()
KINDS = {"hanging": HangingProbe, "crashing": CrashingProbe, "awaiting": AwaitingProbe}


@pytest.fixture
def bad_probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    original = assignment_module.probe_from_order

    def build(order: ProbeOrder) -> Probe:
        if order.kind in KINDS:
            return KINDS[order.kind](interval_s=order.interval_s, timeout_s=order.timeout_s)
        return original(order)

    monkeypatch.setattr(assignment_module, "probe_from_order", build)
    LET_GO.clear()
    yield
    LET_GO.set()


@pytest.mark.usefixtures("bad_probes")
def test_bad_probes_cost_only_their_own_readings(config_file: Path, listener: Listener, open_port: int) -> None:
    bad = [ProbeOrder(f"bad-{kind}", kind, kind, 0.5, 0.1) for kind in (*KINDS, "no-such-kind")]
    listener.order("gw", Assignment("gw", "d1", [*bad, tcp(open_port)]))
    with agent_thread(config_file):
        wait_until(lambda: sum(r.device == "srv-1" for r in listener.readings) >= 6, 15)
        LET_GO.set()
        wait_until(lambda: any(r.device == "bad-hanging" and r.error is None for r in listener.readings), 5)
        LET_GO.clear()  # hangs while the agent stops, which must not take long
        wait_until(lambda: any(r.device == "bad-hanging" and r.error for r in listener.readings[-3:]), 5)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    errors = {
        device: {r.error for r in listener.readings if r.device == device}
        for device in {r.device for r in listener.readings}
    }
    assert errors["bad-hanging"] == {ReadError.TIMEOUT, ReadError.BUSY, None}
    assert errors["bad-awaiting"] == {ReadError.TIMEOUT}
    assert errors["bad-crashing"] == {ReadError.CRASHED}
    assert errors["bad-no-such-kind"] == {ReadError.UNSUPPORTED}
    assert errors["srv-1"] == {None}
    moments = [r.at for r in listener.readings if r.device == "srv-1"]
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert max(gaps) < 0.9, "the healthy probe keeps its interval"


def test_wrong_orders_change_nothing_and_right_ones_take_effect(
    config_file: Path, listener: Listener, open_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    good = Assignment("gw", "d1", [tcp(open_port)])
    listener.order("gw", good)
    with agent_thread(config_file) as agent:
        wait_until(lambda: len(listener.readings) >= 1, 10)
        listener.send("gw", b"\xff\x00 not JSON")
        listener.order("gw", Assignment("kiosk", "d2", [tcp(open_port, "other")]), retain=False)
        listener.order("gw", Assignment("gw", "d3", [tcp(open_port), tcp(open_port)]), retain=False)
        listener.order("gw", Assignment("gw", "d4", [tcp(open_port, interval_s=0)]), retain=False)
        listener.order("gw", ProbeNow("kiosk", ["srv-1"]), retain=False)
        wait_until(lambda: agent._refused == 5, 5)
        assert caplog.text.count("order refused (1 so far)") == caplog.text.count("order refused") == 1, "once a minute"
        slow = Assignment("gw", "d5", [tcp(open_port, interval_s=3600.0)])
        listener.order("gw", slow)
        wait_until(lambda: isinstance(last := listener.lives[-1], Birth) and last.assignment == "d5", 5)
        wait_until(lambda: len(listener.reports) >= 2, 5)
        before = len(listener.readings)
        listener.order("gw", ProbeNow("gw", ["nobody", "srv-1"]), retain=False)
        wait_until(lambda: len(listener.readings) > before, 2, "the reading out of turn, of what is known here")
        assert "not assigned here: nobody" in caplog.text
    assert {reading.device for reading in listener.readings} == {"srv-1"}


@pytest.fixture(params=[(Outbox, "put"), (Outbox, "acknowledge"), (Work, "advance")])
def defective_step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of the agent's that fails the third and the fourth time."""
    owner, step = request.param
    original, times = getattr(owner, step), itertools.count()

    def defective(*args: Any, **options: Any) -> Any:
        if next(times) in (2, 3):
            raise RuntimeError("a defect")
        return original(*args, **options)

    monkeypatch.setattr(owner, step, defective)


@pytest.mark.usefixtures("defective_step")
def test_a_defect_in_any_step_does_not_end_the_agent(
    config_file: Path, listener: Listener, open_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    listener.order("gw", Assignment("gw", "d1", [tcp(open_port)]))
    with agent_thread(config_file):
        wait_until(lambda: caplog.text.count("a defect") >= 2, 15)
        before = len(listener.reports)
        wait_until(lambda: len(listener.reports) >= before + 3, 10)
    assert "failed; going on" in caplog.text


def test_a_second_agent_of_the_same_identity_is_refused(config_file: Path, listener: Listener) -> None:
    with agent_thread(config_file):
        command = [sys.executable, "-m", "hallwatch_agent", "run", "--config", str(config_file)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert "in use by another hallwatch-agent" in second.stderr
