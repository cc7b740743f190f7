"""The collector in one process, with a link that is none, clocks that a test sets, and a journal that it locks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_agent.wire import Birth, Heartbeat, Reading, Report, decode, encode, topic
from hallwatch_collector import plans
from hallwatch_collector.clock import Clock
from hallwatch_collector.collector import Collector
from hallwatch_collector.core.commands import CommandRefused, Confirm, Tick
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import MeasureView
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.journal import Journal
from hallwatch_collector.parts import Parts
from hallwatch_collector.recorder import Recorder
from hallwatch_collector.selfwatch import SELF_KEY
from parts.hall_file import GOOD

XIHU = HallKey("330106", "xihu")
NOW = 1_763_692_800.0


class Bench:
    """A collector whose time stands still until a test moves it, and what it publishes."""

    def __init__(self, folder: Path, record: Recorder | None = None) -> None:
        (folder / "xihu.toml").write_text(GOOD, encoding="utf-8")
        plan, catalogue = plans.load()
        known = Known.of(plan, catalogue)
        self.wall, self.monotonic, self.seq = NOW, 100.0, 0
        self.file = folder / "journal.sqlite"
        self.journal = Journal(f"sqlite:///{self.file}")
        self.journal.migrate()
        self.connected, self.held = True, ""
        self.published: list[str] = []
        self.on_the_way: list[tuple[str, bytes]] = []
        parts = Parts(
            engine=Engine(plan, catalogue),
            journal=self.journal,
            folder=HallFolder([folder / "xihu.toml"], lambda path: read_hall(path, known)),
            clock=Clock(lambda: self.wall, lambda: self.monotonic),
            boot="b0",
            record=record.record if record else None,
        )
        self.collector = Collector(parts)
        self.collector.use(self)  # type: ignore[arg-type]
        self.collector.start()
        self.send("agents", Birth("gw", "b1", 1, self.wall, 30))

    @property
    def answers(self) -> bool:
        return self.connected

    @property
    def trouble(self) -> str:
        return "" if self.connected else "The broker is away: for a test"

    def publish(self, name: str, payload: bytes, *, retain: bool = True) -> None:
        self.published.append(name)
        self.on_the_way.append((name, payload))

    def hold(self, reason: str) -> None:
        self.held = reason

    def release(self) -> None:
        self.held = ""

    def send(self, branch: str, message: Birth | Report) -> None:
        self.collector.on_message(topic(*XIHU, branch, "gw"), encode(message))

    def report(self, *, jam: bool = False, reachable: bool = True, device: str = "prn-3") -> None:
        self.seq += 1
        reading = Reading(device, "snmp-printer", self.wall, conditions={"reachable": reachable, "jam": jam})
        self.send("reports", Report("gw", "b1", self.seq, self.wall, [reading]))

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds
        self.collector.tick()
        heard, self.on_the_way = self.on_the_way, []
        for name, payload in heard:
            self.collector.on_message(name, payload)

    def faults(self) -> list[str]:
        view = self.collector.view(XIHU)
        assert view
        return [fault.fault for device in view.devices for fault in device.faults]

    def step(self) -> MeasureView:
        view = self.collector.view(XIHU)
        assert view
        return next(measure for measure in view.measures if (measure.mode, measure.status) == ("show", "open"))

    def metric(self, name: str) -> float:
        page = self.collector.metrics.render(self.collector.views()).decode()
        return next(float(line.split()[1]) for line in page.splitlines() if line.startswith(name + " "))

    def lock(self) -> sqlite3.Connection:
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return other


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("hallwatch_collector.journal.database.LOCK_WAIT_S", 0.01)
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def test_a_command_at_the_first_failing_write_is_kept_and_told_as_such(bench: Bench) -> None:
    bench.report(jam=True)
    bench.wait(10)
    step = bench.step()
    blocker = bench.lock()
    with pytest.raises(CommandRefused) as kept:
        bench.collector.command(XIHU, Tick(by="张三", roles=["staff"], measure=step.id))
    assert kept.value.code == "kept"
    assert "locked" in kept.value.fields["reason"]
    with pytest.raises(CommandRefused) as refused:
        bench.collector.command(XIHU, Tick(by="张三", roles=["staff"], measure=step.id))
    assert refused.value.code == "journal-failing"
    blocker.close()
    bench.wait(2)
    told = [entry.event for entry in bench.journal.entries() if entry.kind == "measure-decided"]
    assert [getattr(event, "by", "") for event in told] == ["张三"]


def test_a_wrong_hall_file_is_a_problem_and_no_defect(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with it: a key, a value, what a probe says against its options, a table in a list's place."""
    for number, wrong in enumerate(
        ('kind = "prnter"', 'kind = "printer"\ndepends_on = 3', 'probes = "x"', "parts = { a = 1 }", "[devices.probes]")
    ):
        (tmp_path / "xihu.toml").write_text(GOOD.replace('kind = "printer"', wrong) + "# x" * number, encoding="utf-8")
        bench.wait(60)
        assert bench.collector.problems()[0].startswith("Hall file refused: ")
    assert "hall file refused, the version before stays: " in caplog.text
    assert bench.metric("hallwatch_hall_files_refused") == 1
    assert "Traceback" not in caplog.text
    hall = bench.collector.view(SELF_KEY)
    assert hall
    assert {fault.fault for device in hall.devices for fault in device.faults} == {"hall-file-refused"}


def test_what_is_told_of_hallwatch_itself_agrees_with_its_problems_at_once(bench: Bench, tmp_path: Path) -> None:
    def told() -> tuple[bool, bool]:
        bench.wait(0.25)  # the next tick
        hall = bench.collector.view(SELF_KEY)
        assert hall
        return bool(bench.collector.problems()), any(device.faults for device in hall.devices)

    bench.wait(10)
    assert told() == (False, False)
    for text, wrong in ((GOOD.replace('kind = "printer"', 'kind = "prnter"'), True), (GOOD + "# again", False)):
        (tmp_path / "xihu.toml").write_text(text, encoding="utf-8")
        bench.wait(1)  # the files are looked at
        assert told() == (wrong, wrong)


def test_a_hall_file_wrong_from_the_start_has_no_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hallwatch_collector.halls.read.check_hall", lambda *_: [("x", "is wrong")])
    bench = Bench(tmp_path)
    bench.wait(60)
    assert "hall file refused, and there is none before it: " in caplog.text
    assert "version before" not in caplog.text
    bench.journal.close()


def test_a_command_for_no_hall_is_refused(bench: Bench) -> None:
    with pytest.raises(CommandRefused, match=r"unknown-hall.*330106/none"):
        bench.collector.command(HallKey("330106", "none"), Confirm(by="x", measure="m"))


@pytest.mark.parametrize("step_s", [-86_400.0, 86_400.0])
@pytest.mark.parametrize("first", ["a tick", "a message", "a look"])
def test_a_clock_that_is_set_neither_ends_a_hold_nor_prolongs_it(bench: Bench, step_s: float, first: str) -> None:
    for _ in range(5):
        bench.report(reachable=False)
        bench.wait(1)
    bench.wall += step_s
    if first == "a message":
        bench.report(reachable=False)
    elif first == "a tick":
        bench.collector.tick()
    assert bench.faults() == [], "held for 5 s of 10"
    for _ in range(6):
        bench.report(reachable=False)
        bench.wait(1)
    assert bench.faults() == ["no-answer"]


def test_a_clock_set_back_keeps_nothing_waiting(bench: Bench) -> None:
    bench.wait(2)
    blocker = bench.lock()
    bench.report(jam=True)
    assert bench.metric("hallwatch_journal_pending_events") > 0
    bench.published.clear()
    bench.wall -= 86_400.0
    blocker.close()
    bench.wait(1.5)
    assert bench.metric("hallwatch_journal_pending_events") == 0
    assert topic(*XIHU, "signs", "prn-3") in bench.published
    bench.wall -= 86_400.0
    bench.wait(1.5)
    assert topic(*XIHU, "board") in bench.published


def test_while_too_much_waits_for_the_journal_messages_stay_with_the_broker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hallwatch_collector.collector.MOST_PENDING", 3)
    blocker = bench.lock()
    bench.report(jam=True)
    bench.wait(0.5)
    for _ in range(20):
        bench.report(jam=False)
        bench.wait(10)
        bench.report(jam=True)
        bench.wait(10)
    assert "wait for the journal" in bench.held
    blocker.close()
    bench.wait(60)
    assert bench.held == ""
    assert bench.metric("hallwatch_journal_pending_events") == 0


def test_only_reports_that_were_taken_are_counted(bench: Bench) -> None:
    before = bench.metric("hallwatch_reports_total")
    bench.report(jam=False)
    bench.seq -= 1
    bench.report(jam=False)
    bench.report(jam=False, device="nobody")
    bench.send("reports", Report("gw", "b1", 99, NOW, []))
    assert bench.metric("hallwatch_reports_total") == before + 2


def test_nothing_is_published_of_hallwatch_itself(bench: Bench) -> None:
    bench.connected = False
    for _ in range(60):
        bench.wait(10)
    view = bench.collector.view(SELF_KEY)
    assert view
    assert any(device.faults for device in view.devices)
    assert not [name for name in bench.published if name.startswith(topic(*SELF_KEY, ""))]


def test_a_recording_that_cannot_be_written_ends_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(Path("/dev/full"))
    bench = Bench(tmp_path, recorder)
    bench.report(jam=True)
    bench.wait(10)
    assert bench.faults() == ["jam"]
    assert caplog.text.count("the recording ends here") == 1
    assert not recorder.recording
    recorder.close()
    bench.journal.close()


def test_a_record_whose_end_was_cut_off_is_told_and_the_hall_is_watched_all_the_same(tmp_path: Path) -> None:
    before = Bench(tmp_path)
    before.report(jam=True)
    before.wait(10)
    assert before.collector.problems() == []
    before.journal.close()
    other = sqlite3.connect(before.file)
    other.execute("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)")
    other.commit()
    other.close()
    after = Bench(tmp_path)
    (problem,) = after.collector.problems()
    assert "not as it was written" in problem
    assert "hallwatch journal verify" in problem
    assert after.faults() == ["jam"]
    after.journal.close()


def heartbeats(bench: Bench) -> list[Heartbeat]:
    return [decode("collector", payload) for name, payload in bench.on_the_way if name == topic(*XIHU, "collector")]


def test_the_agents_hear_that_the_collector_lives_and_how_it_is(bench: Bench) -> None:
    bench.wait(10)
    bench.collector.tick()
    assert heartbeats(bench) == []
    bench.monotonic, bench.wall = bench.monotonic + 10, bench.wall + 10
    bench.collector.tick()
    (beat,) = heartbeats(bench)
    assert (beat.boot, beat.healthy, beat.stopping) == ("b0", True, False)
    bench.connected = False
    bench.collector.tick()
    assert not heartbeats(bench)[-1].healthy
    bench.collector.say_farewell()
    assert heartbeats(bench)[-1].stopping
    assert bench.metric("hallwatch_heartbeats_total") == heartbeats(bench)[-1].seq
    assert bench.metric("hallwatch_problems") == 1


def test_a_clockwork_that_stands_still_is_a_problem(bench: Bench) -> None:
    bench.wait(1)
    bench.monotonic += 59
    assert bench.collector.problems() == []
    bench.monotonic += 1
    assert bench.collector.problems() == ["Nothing has been decided for 60 s: the collector's clockwork stands still"]
    bench.collector.tick()
    assert bench.collector.problems() == []


def test_others_may_have_problems_too(bench: Bench) -> None:
    told = ["The heartbeat service cannot be called"]
    bench.collector.ask_too(lambda: told[0])
    assert bench.collector.problems() == told
    told[0] = ""
    assert bench.collector.problems() == []


def test_that_it_looks_at_itself_is_no_intake(bench: Bench) -> None:
    """Otherwise nobody outside could tell that nothing comes in any more."""
    before = bench.metric("hallwatch_readings_total"), bench.metric("hallwatch_reports_total")
    bench.wait(60)
    assert (bench.metric("hallwatch_readings_total"), bench.metric("hallwatch_reports_total")) == before
