"""``hallwatch run`` as a process, on a real Mosquitto: from a reading to sign and journal, and through every mishap."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_agent.wire import Reading, Sign, decode, decode_order, encode
from parts.collector import CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

HALL = """
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
closure = "ask"
agents = [{ id = "gw" }]
windows = [{ id = "w3", number = 3, name = "3号窗口", classes = ["certificates"] }]

[[devices]]
id = "all"
kind = "other"
name = "其余"
gives = ["computer", "core-system", "network"]

[[devices]]
id = "prn-3"
kind = "printer"
name = "3号窗口打印机"
place = "w3"
gives = ["print"]
probes = [{ kind = "snmp-printer", interval_s = 60, host = "192.0.2.53" }]
"""


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.fixture
def collector(tmp_path: Path, broker: Mosquitto) -> Iterator[CollectorProcess]:
    with run_collector(tmp_path, broker.port, HALL) as collector:
        yield collector


@pytest.fixture
def agent(collector: CollectorProcess, broker: Mosquitto) -> Iterator[FakeAgent]:
    agent = FakeAgent(broker.port, "330106", "xihu", "gw")
    wait_until(lambda: "gw" in agent.standing("orders"), 10, "the assignment")
    yield agent
    agent.close()


def read(jam: bool) -> Reading:
    return Reading("prn-3", "snmp-printer", wall_clock(), conditions={"reachable": True, "jam": jam})


def edit(path: Path, text: str) -> None:
    """Save as editors do: write beside it, then rename."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def jam(agent: FakeAgent) -> Sign:
    agent.report(read(jam=False))
    agent.report(read(jam=True))
    wait_until(lambda: "prn-3" in agent.standing("signs"), 10, "the sign")
    sign = decode("signs", agent.standing("signs")["prn-3"])
    assert isinstance(sign, Sign)
    return sign


def test_from_a_jam_to_the_sign_and_back(collector: CollectorProcess, agent: FakeAgent) -> None:
    [order] = decode_order(agent.standing("orders")["gw"]).probes  # type: ignore[union-attr]
    assert (order.device, order.kind, order.options) == ("prn-3", "snmp-printer", {"host": "192.0.2.53"})

    sign = jam(agent)
    assert (sign.text, sign.clause, sign.about) == ("暂停使用", "H2", "3号窗口打印机")
    kinds = [entry["kind"] for entry in collector.journal()]
    assert kinds.index("fault-raised") < kinds.index("incident-opened") < kinds.index("sign-put")
    assert collector.metric("hallwatch_sign_delay_seconds_count") == 1
    board = wait_until(lambda: agent.retained.get("hallwatch/v1/330106/xihu/board"), 5)
    wait_until(lambda: decode("board", agent.retained["hallwatch/v1/330106/xihu/board"]).unusable == ["prn-3"], 5)
    assert decode("board", board).windows == 1

    agent.report(read(jam=False))
    wait_until(lambda: not agent.standing("signs"), 10, "the sign is gone")
    assert "sign-taken" in [entry["kind"] for entry in collector.journal()]


def test_a_person_decides_by_command(collector: CollectorProcess, agent: FakeAgent) -> None:
    jam(agent)
    measures = collector.get("/api/halls/330106/xihu")["measures"]
    step = next(measure["id"] for measure in measures if measure["mode"] == "show")
    done = collector.call("tick", step, "--by", "张三")
    assert (done.returncode, done.stderr) == (0, "")
    decided = [entry["event"] for entry in collector.journal() if entry["kind"] == "measure-decided"]
    assert [(event["by"], event["decision"]) for event in decided] == [("张三", "done")]
    again = collector.call("tick", step, "--by", "李四")
    assert again.returncode == 1
    assert "409" in again.stderr
    nowhere = collector.call("tick", step, "--hall", "330106/none", "--by", "李四")
    assert nowhere.returncode == 1


def test_kill_9_neither_loses_nor_repeats_anything(collector: CollectorProcess, agent: FakeAgent) -> None:
    sign = jam(agent)
    before = collector.journal()
    for _ in range(3):
        collector.stop(signal.SIGKILL)
        collector.start()
        agent.report(read(jam=True))
        count = len(agent.heard)
        agent.report(read(jam=True))
        wait_until(lambda count=count: len(agent.heard) > count, 5)
    after = collector.journal()
    assert after[: len(before)] == before
    told = Counter(entry["kind"] for entry in after[len(before) :] if entry["hall"] == "330106/xihu")
    assert (
        not {"fault-raised", "fault-cleared", "incident-opened", "measure-raised", "sign-put", "sign-taken"}
        & told.keys()
    )
    assert decode("signs", agent.standing("signs")["prn-3"]) == sign


def test_what_was_sent_while_it_was_dead_is_taken_up(collector: CollectorProcess, agent: FakeAgent) -> None:
    collector.stop(signal.SIGKILL)
    agent.report(read(jam=False))
    agent.report(read(jam=True))
    collector.start()
    wait_until(lambda: "prn-3" in agent.standing("signs"), 10, "the sign for what came meanwhile")


def test_stray_signs_of_our_halls_are_cleared(collector: CollectorProcess, agent: FakeAgent) -> None:
    collector.stop(signal.SIGKILL)
    agent.put("signs", "prn-9", encode(Sign("prn-9", "暂停使用", "旧", 1.0, "H2")))
    agent.put("orders", "old-agent", b'{"type":"assignment","agent":"old-agent","digest":"","probes":[]}')
    collector.start()
    wait_until(lambda: not agent.standing("signs"), 10, "the stray sign is gone")
    wait_until(lambda: set(agent.standing("orders")) == {"gw"}, 10, "the stray order is gone")


def test_editing_the_hall_file_takes_effect_at_once(collector: CollectorProcess, agent: FakeAgent) -> None:
    path = collector.folder / "halls" / "xihu.toml"
    edit(path, HALL.replace("192.0.2.53", "192.0.2.54"))
    wait_until(lambda: b"192.0.2.54" in agent.standing("orders").get("gw", b""), 5, "the new assignment")

    edit(path, HALL.replace('"printer"', '"prnter"'))
    problems = wait_until(lambda: collector.get("/health")["problems"], 5, "the refusal is told")
    assert "did you mean 'printer'" in problems[0]
    assert b"192.0.2.54" in agent.standing("orders")["gw"], "the version before stays"
    assert collector.metric("hallwatch_hall_files_refused") == 1

    jam(agent)
    path.unlink()
    wait_until(lambda: not agent.standing("signs") and not agent.standing("orders"), 10, "its messages vanish")
    assert [hall["hall"] for hall in collector.get("/api/halls")] == ["self"]
    edit(path, HALL)
    wait_until(lambda: "prn-3" in agent.standing("signs"), 10, "what was decided still holds")


def test_a_hall_whose_file_is_broken_at_the_start_is_watched_as_before(
    collector: CollectorProcess, agent: FakeAgent
) -> None:
    collector.stop()
    edit(collector.folder / "halls" / "xihu.toml", HALL.replace('"printer"', '"prnter"'))
    collector.start(well=False)
    assert "did you mean 'printer'" in str(collector.get("/health")["problems"])
    jam(agent)


def test_garbage_changes_nothing_but_the_counters(collector: CollectorProcess, agent: FakeAgent) -> None:
    for payload in (b"\xff", b"[" * 50_000, b'{"agent":1}', b"NaN", b""):
        agent.send("hallwatch/v1/330106/xihu/reports/gw", payload)
    agent.send("hallwatch/v1/330106/nowhere/reports/gw", b"{}")
    agent.send("hallwatch/v1/330106/xihu/reports/forged", b"{}")
    agent.send("hallwatch/v1/hallwatch/self/reports/collector", b"{}")
    jam(agent)
    assert collector.metric('hallwatch_rejects_total{reason="not-on-the-wire"}') == 6
    assert collector.metric('hallwatch_rejects_total{reason="unknown-hall"}') == 2
    assert collector.metric("hallwatch_internal_errors_total") == 0


def test_a_broker_that_goes_and_comes_back_gets_every_sign_again(
    collector: CollectorProcess, agent: FakeAgent, broker: Mosquitto
) -> None:
    jam(agent)
    broker.stop(signal.SIGKILL)
    wait_until(lambda: collector.get("/health")["problems"], 10, "says that the broker is away")
    for store in broker.log.parent.glob("*.db"):
        store.unlink()
    agent.retained.clear()
    broker.start()
    wait_until(lambda: {"prn-3"} == set(agent.standing("signs")), 10, "the sign stands again")


def test_while_the_journal_cannot_be_written_nothing_is_carried_out(
    collector: CollectorProcess, agent: FakeAgent
) -> None:
    agent.report(read(jam=False))
    blocker = sqlite3.connect(collector.folder / "data" / "journal.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    agent.report(read(jam=True))
    wait_until(lambda: "journal" in str(collector.get("/health")["problems"]), 20, "says that it cannot write")
    assert not agent.standing("signs")
    assert (collector.metric("hallwatch_journal_pending_events") or 0) > 0
    blocker.close()
    wait_until(lambda: "prn-3" in agent.standing("signs"), 40, "the sign after all")


def test_only_one_collector_works_in_a_folder(collector: CollectorProcess) -> None:
    second = collector.call("run")
    assert second.returncode == 1
    assert "a collector already works in" in second.stderr


def test_a_taken_port_is_told(collector: CollectorProcess, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    twin = CollectorProcess(other, 1)
    twin.config.write_text(f"[web]\nport = {collector.web_port}\n")
    ended = twin.call("run")
    assert ended.returncode == 1
    assert "Address already in use; see [web]" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_asked(collector: CollectorProcess, agent: FakeAgent, number: int) -> None:
    assert collector.stop(number) == 0
    assert "Traceback" not in collector.log.read_text()


def test_what_came_in_can_be_recorded(collector: CollectorProcess, agent: FakeAgent) -> None:
    recording = collector.folder / "recording.jsonl"
    collector.stop()
    collector.start("--record", str(recording))
    agent.report(read(jam=False))
    agent.send("hallwatch/v1/330106/xihu/reports/gw", b"\xff")
    wait_until(lambda: "reports/gw" in recording.read_text(), 5)
    collector.stop()
    lines = [json.loads(line) for line in recording.read_text().splitlines()]
    assert {"received_at", "topic", "payload"} == set(lines[0])
    assert any("agents/gw" in line["topic"] for line in lines)
