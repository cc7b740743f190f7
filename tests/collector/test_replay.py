"""``hallwatch replay``: recordings and cases, and what is said of files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from hallwatch_agent.wire import Birth, Death, Reading, Report, encode
from hallwatch_collector.cli import main

CASES = Path(__file__).parents[1] / "halls"
HALL = CASES / "printer-jam" / "hall.toml"
AT = 1_773_104_400.0  # 2026-03-10 09:00:00 in Shanghai
STEM = "hallwatch/v1/330106/case"


def jam(seq: int, at: float, *, jammed: bool) -> Report:
    reading = Reading("prn-1", "snmp-printer", at, conditions={"reachable": True, "jam": jammed})
    return Report("gw", "b1", seq, at, [reading])


def record(path: Path, *messages: tuple[float, str, bytes]) -> Path:
    """Write a recording in the form of ``hallwatch run --record``."""
    lines = [
        {"received_at": AT + s, "topic": f"{STEM}/{branch}", "payload": text.decode()} for s, branch, text in messages
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(
        tmp_path / "monday.jsonl",
        (0, "agents/gw", encode(Birth("gw", "b1", 1, AT, 10))),
        (5, "reports/gw", encode(jam(1, AT + 5, jammed=True))),
        (6, "reports/gw", b"{garbage"),
        (7, "reports/gw", encode(jam(1, AT + 5, jammed=True))),
        (60, "reports/gw", encode(jam(2, AT + 60, jammed=False))),
    )


def test_recording_is_told_in_local_time(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recording), "--hall", str(HALL)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "== 2026-03-10 =="
    assert "09:00:05  fault raised       prn-1 jam (卡纸)" in lines
    assert "09:01:00  fault cleared      prn-1 jam (卡纸)" in lines
    assert lines[-2:] == ["refused: 1 × duplicate", "refused: 1 × not-on-the-wire"]


def test_json_holds_the_events_themselves(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recording), "--hall", str(HALL), "--json"]) == 0
    out = capsys.readouterr().out.splitlines()
    raised = [event for event in map(msgspec.json.decode, out) if event.get("event") == "fault-raised"]
    assert [(event["hall"], event["at"], event["device"]) for event in raised] == [("330106/case", AT + 5, "prn-1")]
    last = msgspec.json.decode(out[-1])
    assert last == {"refused": {"duplicate": 1, "not-on-the-wire": 1}}


def test_case_with_a_recording(tmp_path: Path, recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hall.toml").write_text(HALL.read_text(encoding="utf-8"), encoding="utf-8")
    recording.rename(tmp_path / "reports.jsonl")
    assert main(["replay", str(tmp_path)]) == 0
    assert "prn-1 jam (卡纸)" in capsys.readouterr().out


def test_who_is_told_stands_beside_a_recording_too(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = 'people = [{ name = "张伟", roles = ["technician"], ways = [{ channel = "bot" }] }]\n'
    for there, times in ((False, 0), (True, 2)):
        if there:
            (recording.parent / "alerts.toml").write_text(told, encoding="utf-8")
        assert main(["replay", str(recording), "--hall", str(HALL), "--json"]) == 0
        events = map(msgspec.json.decode, capsys.readouterr().out.splitlines())
        decided = [event for event in events if event.get("event") == "alert-decided"]
        assert [event["people"] for event in decided] == [["张伟"]] * times


def test_messages_of_other_halls_are_counted_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = record(tmp_path / "r.jsonl", (0, "reports/gw", encode(jam(1, AT, jammed=False))))
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.replace("/case/", "/other/"), encoding="utf-8")
    assert main(["replay", str(path), "--hall", str(HALL)]) == 0
    assert "refused: 1 × other-hall-or-branch" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("hello\n", "line 1"),
        ('{"topic": "x"}\n', "line 1"),
        ('{"received_at": 1e300, "topic": "x", "payload": {}}\n', "line 1"),
        ('{"received_at": -1, "topic": "x", "payload": {}}\n', "line 1"),
    ],
)
def test_what_is_no_recording_is_said_to_be_none(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    assert main(["replay", str(path), "--hall", str(HALL)]) == 1
    assert says in capsys.readouterr().err


def test_what_a_device_said_cannot_act_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    birth = Birth("gw", "b1", 1, AT, 10)
    lost = Death("gw", "b1", 1)
    path = record(tmp_path / "r.jsonl", (0, "agents/g\x1b[2J", encode(birth)), (1, "agents/g\x1b[2J", encode(lost)))
    assert main(["replay", str(path), "--hall", str(HALL)]) == 0
    assert "\x1b" not in capsys.readouterr().out
    with_reason = tmp_path / "case"
    with_reason.mkdir()
    (with_reason / "hall.toml").write_text(HALL.read_text(encoding="utf-8"), encoding="utf-8")
    steps = '[{ at = 1, do = "acknowledge", thing = "prn-1", by = "张\\u001b[2J\\n09:00:00  all well" }]'
    scenario = f"start = 2026-03-10T09:00:00\nuntil = 09:00:02\nsteps = {steps}\n"
    (with_reason / "scenario.toml").write_text(scenario, encoding="utf-8")
    assert main(["replay", str(with_reason)]) == 1
    told = capsys.readouterr().err
    assert "steps[1].by" in told
    assert "\x1b" not in told
    assert len(told.splitlines()) == 1


def test_recording_needs_its_hall(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recording)]) == 2
    assert "--hall" in capsys.readouterr().err


def test_missing_file_is_an_error_of_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "no.jsonl"), "--hall", str(HALL)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_impossible_step_names_the_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hall.toml").write_text(HALL.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(
        'start = 2026-03-10T09:00:00\nuntil = 60\nsteps = [{ at = 5, do = "start", thing = "prn-7", fault = "jam" }]\n'
    )
    assert main(["replay", str(tmp_path)]) == 1
    assert "did you mean 'prn-" in capsys.readouterr().err
