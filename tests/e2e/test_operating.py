"""The command line against a running collector: report, take on, estimate, ask why, take the report."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from hallwatch_agent.wire import Reading
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.hall_file import GOOD
from parts.mosquitto import serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
HALL = "/api/halls/330106/xihu"


@pytest.fixture
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """Give a collector of a hall with a jam."""
    folder = tmp_path_factory.mktemp("collector")
    with serve_mosquitto() as broker, run_collector(folder, broker.port, GOOD) as collector:
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        conditions = {"reachable": True, "jam": True}
        agent.report(Reading("prn-3", "snmp-printer", wall_clock(), conditions=conditions))
        wait_until(lambda: collector.get(HALL)["measures"], 20, "the jam's measures")
        yield collector
        agent.close()


def say(collector: CollectorProcess, *words: str) -> str:
    """Run a command that must be carried out; return what it said."""
    done = collector.call(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_incident_is_dealt_with_from_the_command_line(collector: CollectorProcess) -> None:
    incident = collector.get(f"{HALL}/incidents")[0]["incident"]["id"]
    assert say(collector, "start-repair", incident, "--by", "李工").endswith("done, and in the journal\n")
    say(collector, "estimate", incident, "--minutes", "45", "--by", "李工")
    say(collector, "note", incident, "--text", "换了定影器", "--by", "李工")
    told = collector.get(f"{HALL}/incidents/{incident}")["incident"]
    assert (told["status"], told["owner"], told["estimate_source"]) == ("repairing", "李工", "person")
    assert [note["text"] for note in told["notes"]] == ["换了定影器"]
    refused = collector.call("start-repair", incident, "--by", "王工")
    assert (refused.returncode, "under repair" in refused.stderr) == (1, True)


def test_why_is_answered_from_the_reading_on(collector: CollectorProcess) -> None:
    measure = collector.get(HALL)["measures"][0]["id"]
    lines = say(collector, "why", "measure", measure).splitlines()
    assert "read by the probe snmp-printer: jam=True" in lines[0]
    assert any("  measure  " in line and "[H1]" in line for line in lines)
    assert "读到" in say(collector, "why", "sign", "prn-3", "--language", "zh")
    nothing = collector.call("why", "incident", "inc-999")
    assert (nothing.returncode, "inc-999" in nothing.stderr) == (1, True)


def test_the_report_is_written_from_the_running_collectors_record(collector: CollectorProcess) -> None:
    incident = collector.get(f"{HALL}/incidents")[0]["incident"]["id"]
    token = (collector.folder / "data" / "operator.token").read_text(encoding="ascii").strip()
    for form, begins in (("html", b"<!doctype html>"), ("docx", b"PK"), ("pdf", b"%PDF")):
        path = f"http://{HOST}:{collector.web_port}{HALL}/incidents/{incident}/report.{form}"
        request = urllib.request.Request(path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.read().lstrip().lower().startswith(begins.lower()), form
