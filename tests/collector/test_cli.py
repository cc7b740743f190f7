"""The command ``hallwatch``: check, journal, schema."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from hallwatch_agent.wire import Assignment, Birth, Board, Death, Heartbeat, ProbeNow, Reading, Report, Sign, encode
from hallwatch_collector.cli import main
from hallwatch_collector.core.events import AgentBorn, FaultRaised, MeasureDecided
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.journal import Decision, Journal
from hallwatch_collector.journal.cli import read_moment
from hallwatch_collector.schema import make_documents

GOOD = 'area = "330106"\nhall = "xihu"\nname = "西湖区办税服务厅"\n'
PUBLISHED = Path(__file__).parents[2] / "docs" / "wire"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_the_collector_s_libraries_it_is_said_what_to_install() -> None:
    lines = ["import sys", "sys.modules['tomli_w'] = None", "from hallwatch_collector.cli import main"]
    code = "\n".join([*lines, "sys.exit(main(['--help']))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "tomli_w is not installed" in done.stderr
    assert ".[collector,broker]" in done.stderr


# -- check


def test_check_finds_nothing_wrong_with_good_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "collector.toml").write_text("")
    assert main(["check"]) == 0
    assert main(["check", "halls/xihu.toml"]) == 0
    assert capsys.readouterr().out == "1 hall file right, 0 problems\n" * 2


def test_check_names_file_key_and_choices_of_every_problem(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "halls" / "b.toml").write_text(GOOD.replace("xihu", "b") + 'windows = [{ id = "W1" }]\nwindws = 1\n')
    (place / "halls" / "c.toml").write_text("x = [")
    (place / "halls" / "d.toml").write_text(GOOD)
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "b.toml: unknown key 'windws'; did you mean 'windows'" in out
    assert "b.toml: windows[1] (W1).id: 'W1': give lower-case letters" in out
    assert "b.toml: windows[1] (W1): key 'number' is missing" in out
    assert "c.toml: is not TOML" in out
    assert "xihu.toml: hall: 330106/xihu is already the hall of" in out
    assert out.endswith("1 hall file right, 7 problems\n")


def test_check_says_when_there_is_nothing_to_check(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "halls/none.toml"]) == 1
    assert "halls/none.toml: there is no hall file here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "told"),
    [("hals = 1\n", "unknown key 'hals'"), ('plan = "none.toml"\n', "plan: there is no file"), ("[", "is not TOML")],
)
def test_a_wrong_collector_file_is_told(
    place: Path, capsys: pytest.CaptureFixture[str], config: str, told: str
) -> None:
    (place / "collector.toml").write_text(config)
    assert main(["check"]) == 1
    assert told in capsys.readouterr().err
    assert main(["run"]) == 1
    assert told in capsys.readouterr().err


def test_commands_say_when_no_collector_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "collector.toml").write_text("[web]\nport = 1\n")
    assert main(["confirm", "m-1", "--by", "李工"]) == 1
    assert "operator.token: No such file or directory; a collector makes it when it starts" in capsys.readouterr().err
    write_token(place)
    assert main(["confirm", "m-1", "--by", "李工"]) == 1
    assert "no collector answers at http://127.0.0.1:1" in capsys.readouterr().err


def write_token(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "operator.token").write_text("a-token", encoding="ascii")


@pytest.mark.parametrize("name", ["", "  ", "王\u202e工", "a\x1b[2J", "a\nb", "x" * 81, "auto", "explained-by:sw-1"])
def test_a_name_that_cannot_be_read_decides_nothing(place: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (place / "collector.toml").write_text("[web]\nport = 1\n")
    write_token(place)
    assert main(["confirm", "m-1", "--by", name]) == 1
    said = capsys.readouterr().err
    assert "give a name of 1 to 80 letters, all of which can be seen" in said
    assert len(said.splitlines()) == 1
    assert main(["confirm", "m-1", "--by", "Zoë 李"]) == 1
    assert "no collector answers" in capsys.readouterr().err


def test_a_mark_of_windows_notepad_is_no_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "collector.toml").write_text("\ufeffhalls = 'halls'\n", encoding="utf-8")
    (place / "halls" / "xihu.toml").write_text(f"\ufeff{GOOD}", encoding="utf-8")
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--config", ""], ["check", ""], ["journal", "show", "--config", ""], ["replay", ""],
        ["simulate", "list", "--state", ""], ["schema", "--check", ""], ["demo", "--data", ""],
        ["demo", "--port", "99999"], ["demo", "--port", "0"], ["demo", "--port", "x"],
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_wrong_usage(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "is empty: name a file or folder" in told or "give a port from 1 to 65535" in told


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--config", "halls"], ["check", "--config", "halls"], ["journal", "show", "--config", "halls"],
        ["confirm", "m-1", "--by", "甲", "--config", "halls"], ["replay", "halls"], ["replay", "nowhere"],
        ["simulate", "list", "--state", "halls"], ["simulate", "start", "prn-3", "jam", "--state", "halls"],
        ["simulate", "list", "--hall", "halls"], ["schema", "--write", "halls/xihu.toml"],
        ["simulate", "start", "prn-3", "jam", "--state", "/proc/no/state"],
    ],
)  # fmt: skip
def test_files_that_cannot_be_had_cost_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (place / "collector.toml").write_text("[web]\nport = 1\n")
    assert main(words) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Errno" not in told


def call(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as it hears signals. What it leaves open it says on standard error."""
    command = [sys.executable, "-W", "always::ResourceWarning", "-m", "hallwatch_collector", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_what_keeps_a_long_command_from_starting_is_told(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (place / "collector.toml").write_text(f"[web]\nport = {port}\n")
        taken, recording = call("run"), call("run", "--record", "halls")
        demo, file = call("demo", "--port", str(port)), call("demo", "--data", "halls/xihu.toml")
    assert {each.returncode for each in (taken, recording, demo, file)} == {1}
    assert f"web 127.0.0.1:{port}: Address already in use" in taken.stderr
    assert "unclosed" not in taken.stderr + recording.stderr
    assert recording.stderr.endswith("halls: Is a directory\n")
    assert demo.stderr == f"port {port} is taken: choose another one (--port), or none\n"
    assert file.stderr == "halls/xihu.toml is no folder: name one with --data, or a new one\n"


def test_ctrl_c_leaves_no_traceback(place: Path) -> None:
    command = [sys.executable, "-m", "hallwatch_collector", "confirm", "m-1", "--by", "甲", "--hall", "1/x"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (place / "collector.toml").write_text(f"[web]\nport = {silent.getsockname()[1]}\n")
        (place / "data").mkdir()
        (place / "data" / "operator.token").write_text("t")
        asking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with asking, silent.accept()[0]:  # it has asked, and waits for the answer
            asking.send_signal(signal.SIGINT)
            told = asking.communicate(timeout=10)
    assert (asking.returncode, *told) == (130, "", "")


@pytest.mark.parametrize("words", [["schema"], ["simulate", "faults"], ["check", "halls/xihu.toml"]])
def test_a_reader_that_goes_away_gets_no_traceback(place: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "hallwatch_collector", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as told:
        assert told.stdout
        assert told.stderr
        told.stdout.close()
        assert told.stderr.read() == ""
        assert told.wait(20) == 141


# -- journal


def write_journal(place: Path) -> None:
    journal = Journal(f"sqlite:///{place / 'data' / 'journal.sqlite'}")
    journal.migrate()
    raised = FaultRaised(at=1_772_328_600.0, device="prn-3", fault="jam", since=1.0, known_at=2.0)
    journal.write([Decision(HallKey("330106", "xihu"), [raised], HallState())], 1_772_328_601.0)
    born = AgentBorn(at=1_772_415_000.0, agent="gw", boot="b1")
    journal.write([Decision(HallKey("330106", "west"), [born], HallState())], 1_772_415_000.0)
    journal.close()


def test_the_journal_is_shown_in_local_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_journal(place)
    assert main(["journal", "show"]) == 0
    out = capsys.readouterr().out
    assert "== 2026-03-01 ==" in out
    assert "09:30:00  fault raised" in out
    assert "[330106/xihu]" in out
    assert "jam (卡纸)" in out


def test_the_journal_is_shown_by_hall_and_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_journal(place)
    for name in ("330106/xihu", "xihu"):
        assert main(["journal", "show", "--hall", name, "--json"]) == 0
        assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["fault-raised"]
    assert main(["journal", "show", "--since", "2026-03-02", "--json"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["agent-born"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--since", "yesterday"], "'yesterday' is no moment"),
        (["--hall", "xihuu"], "--hall xihuu: the journal knows no such hall; did you mean '330106/xihu'"),
        (["--since", ""], "--since '' is no moment"),
        (["--hall", ""], "--hall '': the journal knows no such hall"),
        (["--hall", "330106/"], "the journal knows no such hall"),
        (["--hall", "330106/xihuu"], "--hall 330106/xihuu: the journal knows no such hall; did you mean '330106/xihu'"),
        (["--hall", "1/z"], "there are 330106/west, 330106/xihu"),
        (["--timezone", "Mars"], "--timezone 'Mars': there is no such time zone"),
        (["--timezone", "Asia/Shangai"], "did you mean Asia/Shanghai"),
        (["--timezone", "Asia"], "--timezone 'Asia': there is no such time zone"),
        (["--timezone", "../../etc/passwd"], "there is no such time zone"),
    ],
)
def test_a_wrong_choice_is_told(place: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    write_journal(place)
    assert main(["journal", "show", *words]) == 1
    assert told in capsys.readouterr().err


def test_what_people_wrote_cannot_act_on_the_terminal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_journal(place)
    reason = "no\x1b[2J\u202e\r\n09:00:00  fault cleared"
    declined = MeasureDecided(at=1_772_328_700.0, measure="m-1", by="张\x07", decision="declined", reason=reason)
    journal = Journal(f"sqlite:///{place / 'data' / 'journal.sqlite'}")
    journal.write([Decision(HallKey("330106", "xihu"), [declined], HallState())], 1_772_328_700.0)
    journal.close()
    assert main(["journal", "show", "--hall", "330106/xihu"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("09:31:40")
    assert "by 张\\u0007 (no\\u001b[2J\\u202e\\r\\n09:00:00  fault cleared)" in last
    assert main(["journal", "show", "--hall", "330106/xihu", "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last)["event"]["reason"] == reason
    assert last.isprintable()


def test_an_entry_of_another_version_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_journal(place)
    with closing(sqlite3.connect(place / "data" / "journal.sqlite")) as database, database:
        database.execute("UPDATE event SET kind = 'sung', body = '{\"event\": \"sung\"}' WHERE seq = 1")
    assert main(["journal", "show"]) == 1
    told = capsys.readouterr().err
    assert "entry 1 (sung) cannot be read" in told
    assert "another version" in told


def test_a_file_that_is_no_journal_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "data").mkdir()
    (place / "data" / "journal.sqlite").write_text("no database " * 100)
    assert main(["journal", "show"]) == 1
    assert "not a database" in capsys.readouterr().err


def test_no_journal_is_told_and_none_is_made(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "show"]) == 1
    assert "there is no journal" in capsys.readouterr().err
    assert not (place / "data").exists()


def test_moments_are_read_as_people_write_them() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert read_moment("2h", zone, 10_000.0) == 2_800.0
    assert read_moment("2026-03-01T09:30", zone, 0.0) == 1_772_328_600.0
    assert read_moment("2026-03-01T01:30+00:00", zone, 0.0) == 1_772_328_600.0


# -- schema


def test_the_published_documents_are_in_step() -> None:
    assert main(["schema", "--check", str(PUBLISHED)]) == 0


def test_documents_out_of_step_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--write", str(tmp_path)]) == 0
    assert main(["schema", "--check", str(tmp_path)]) == 0
    (tmp_path / "board.schema.json").write_text("{}")
    assert main(["schema", "--check", str(tmp_path)]) == 1
    assert "board.schema.json is out of step" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("branch", "message"),
    [
        ("agents", Birth("gw", "b1", 1, 1.0, 30)),
        ("agents", Death("gw", "b1", 1)),
        ("reports", Report("gw", "b1", 1, 1.0, [Reading("prn-3", "tcp", 1.0, conditions={"reachable": True})])),
        ("orders", Assignment("gw", "d", [])),
        ("orders", ProbeNow("gw", ["prn-3"])),
        ("signs", Sign("prn-3", "暂停使用", "打印机", 1.0, "H2")),
        ("board", Board("330106", "xihu", "西湖", 1.0, 1, 1, {}, [], [], 0)),
        ("collector", Heartbeat("b1", 1, 1.0, 10.0, healthy=True)),
    ],
)
def test_messages_fit_their_schema_and_broken_ones_do_not(branch: str, message: object) -> None:
    schema = json.loads(make_documents()[f"{branch}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    told = json.loads(encode(message))
    jsonschema.validate(told, schema)
    name = next(key for key in told if key != "type")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, name: ["wrong"]}, schema)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = json.loads(make_documents()["asyncapi.json"])

    def references(node: object) -> list[str]:
        if isinstance(node, list):
            return [found for item in node for found in references(item)]
        if not isinstance(node, dict):
            return []
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for item in node.values() for found in references(item)]

    found = references(document)
    assert len(found) > 20
    for reference in found:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    assert {operation["action"] for operation in document["operations"].values()} == {"send", "receive"}
    assert document["channels"]["signs"]["address"] == "hallwatch/v1/{area}/{hall}/signs/{place}"
