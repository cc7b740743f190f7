"""A drill over a real Mosquitto and collector: held, acted in, stopped, scored, taken away; one whose process died."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hallwatch_collector.simulate.cli import SHIPPED_HALL
from parts.collector import CollectorProcess, FakeAgent, run_collector
from parts.mosquitto import serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
TWIN = "330100/county-drill"
DRILL = """
title = "小演练"
title_en = "a small drill"
story = "认证设备断电"
story_en = "the certification devices lose power"
lasts_s = 600
groups = { it = { kinds = ["certification"], pick = "all", missing = "无", missing_en = "none" } }
troubles = [{ what = "it", faults = ["off"], at = 1, until = 500 }]
expect = [
  { act = "alert", id = "alert", title = "通知", title_en = "told", within_s = 60 },
  { act = "sign", id = "sign", title = "标识", title_en = "sign up", within_s = 60, clause = "H2" },
  { act = "acknowledge", id = "acknowledge", title = "接手", title_en = "taken on", within_s = 120 },
  { act = "decide", id = "decide", title = "决定", title_en = "decided", within_s = 599, clauses = ["W1"] },
]
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[CollectorProcess, FakeAgent]]:
    """Give a collector with the county hall, and an ear on the broker for its twin's topics."""
    (tmp_path / "small.toml").write_text(DRILL, encoding="utf-8")
    county = SHIPPED_HALL.read_text(encoding="utf-8")
    with serve_mosquitto() as broker, run_collector(tmp_path, broker.port, county) as collector:
        ear = FakeAgent(broker.port, *TWIN.split("/"), "ear", "+/+")
        ear.put("agents", "ear", b"")
        yield collector, ear
        ear.close()


@contextlib.contextmanager
def holding(collector: CollectorProcess) -> Iterator[subprocess.Popen[str]]:
    """Give a drill's process, ended by the test or here."""
    words = collector.command("drill", str(collector.folder / "small.toml"), "--by", "王主任", "--json")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def incidents(collector: CollectorProcess) -> list[dict[str, Any]]:
    with contextlib.suppress(urllib.error.HTTPError):
        return list(collector.get(f"/api/halls/{TWIN}")["incidents"])
    return []


def is_there(collector: CollectorProcess) -> bool:
    return any(f"{each['area']}/{each['hall']}" == TWIN for each in collector.get("/api/halls"))


def test_a_drill_is_held_and_ended_by_the_real_path(place: tuple[CollectorProcess, FakeAgent]) -> None:
    collector, ear = place
    with holding(collector) as drill:
        wait_until(lambda: len(incidents(collector)) >= 2, 90, "the trouble's incidents")
        wait_until(lambda: set(ear.standing("signs")) >= {"cert-1", "cert-2"}, 20, "the signs")
        assert all(json.loads(sign)["drill"] for sign in ear.standing("signs").values())
        view = collector.get(f"/api/halls/{TWIN}")
        assert view["drill"] is True
        for incident in incidents(collector):
            done = collector.call("acknowledge", incident["id"], "--hall", TWIN, "--by", "李工")
            assert done.returncode == 0, done.stderr
        posting = next(each for each in view["measures"] if (each["clause"], each["mode"]) == ("H2", "show"))
        assert collector.call("tick", posting["id"], "--hall", TWIN, "--by", "小周").returncode == 0
        assert not collector.get("/api/halls/330100/county")["incidents"], "the real hall knows nothing of it"
        shown = [line for line in collector.metrics().splitlines() if 'hall="county-drill"' in line]
        assert [line.partition("{")[0] for line in shown] == ["hallwatch_hall_info"]
        assert collector.metric("hallwatch_fault_detection_seconds_count") in (None, 0.0)
        again = collector.call("drill", "fibre-cut", "--hall", "county", "--by", "张工")
        assert (again.returncode, "hallwatch drill stop" in again.stderr) == (1, True)
        assert collector.call("drill", "stop", "--by", "张工").returncode == 0
        told, course = drill.communicate(timeout=40)
    result = json.loads(told)
    verdicts = {line["id"]: line["verdict"] for line in result["score"]["lines"]}
    # what is left of the windows takes all but one class: nothing is to be closed, so nothing is asked
    assert verdicts == {"alert": "kept", "sign": "kept", "acknowledge": "kept", "decide": "not-asked"}
    assert (result["score"]["percent"], result["stopped_by"], result["mark"]) == (100.0, "张工", "演练")
    assert "begins         cert-1: off" in course
    wait_until(lambda: not is_there(collector), 20, "the twin is taken away")
    wait_until(lambda: not ear.standing("signs"), 10, "its signs are cleared")
    wait_until(lambda: not left_of(ear), 10, "nothing of its agents stands any more")
    (folder,) = (collector.folder / "data" / "drills" / "330100-county-drill").glob("*-small")
    assert {path.name for path in folder.iterdir()} >= {"score.json", "hall.toml", "report.docx", "report.html"}
    kept = [entry["event"] for entry in collector.journal() if entry["hall"] == TWIN]
    assert [event["act"] for event in kept if event["event"] == "drill-stepped"] == ["begin", "start", "start", "stop"]


def test_a_drill_whose_process_died_is_ended_by_hand(place: tuple[CollectorProcess, FakeAgent]) -> None:
    collector, ear = place
    kill_a_drill(collector, ear)
    done = collector.call("drill", "stop", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["drill"] == "small"
    wait_until(lambda: not is_there(collector), 20, "the twin is taken away")
    wait_until(lambda: not left_of(ear), 10, "what the broker said for its agents is cleared")
    nothing = collector.call("drill", "stop")
    assert (nothing.returncode, nothing.stderr) == (1, "no drill is on\n")


def test_a_drill_whose_process_died_is_ended_by_the_next(place: tuple[CollectorProcess, FakeAgent]) -> None:
    collector, ear = place
    kill_a_drill(collector, ear)
    with holding(collector) as drill:
        scores = collector.folder / "data" / "drills" / "330100-county-drill"
        wait_until(lambda: len(list(scores.glob("*-small/score.json"))) == 1, 30, "the dead drill's score")
        wait_until(lambda: born_again(ear), 30, "the next drill's agents")
        wait_until(lambda: incidents(collector), 60, "the next drill's own trouble")
        drill.send_signal(signal.SIGINT)
        told, course = drill.communicate(timeout=40)
    assert json.loads(told)["drill"] == "small"
    assert "the process of drill small died; it is ended and scored first" in course
    wait_until(lambda: not is_there(collector), 20, "the twin is taken away")
    wait_until(lambda: not left_of(ear), 10, "nothing of its agents stands any more")


def kill_a_drill(collector: CollectorProcess, ear: FakeAgent) -> None:
    """Hold a drill, and kill its process as soon as its agents are there."""
    with holding(collector) as drill:
        wait_until(lambda: left_of(ear) == {"gw", "guide", "corner"}, 30, "the twin's agents")
        drill.send_signal(signal.SIGKILL)
        drill.wait(10)
    wait_until(lambda: all(b"death" in said for said in ear.standing("agents").values()), 10, "their wills")


def left_of(ear: FakeAgent) -> set[str]:
    return set(ear.standing("agents"))


def born_again(ear: FakeAgent) -> bool:
    return len(left_of(ear)) == 3 and all(b"birth" in said for said in ear.standing("agents").values())
