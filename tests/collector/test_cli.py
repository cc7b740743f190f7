"""The command ``hallwatch``: check, journal, schema."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from hallwatch_agent.wire import Assignment, Birth, Board, Death, ProbeNow, Reading, Report, Sign, encode
from hallwatch_collector.cli import main
from hallwatch_collector.core.events import AgentBorn, FaultRaised
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
    assert "b.toml: windows[1] (W1).id: 'W1': an id has lower-case letters" in out
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
    assert main(["confirm", "m-1"]) == 1
    assert "no collector answers at http://127.0.0.1:1" in capsys.readouterr().err


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
    assert main(["journal", "show", "--hall", "330106/xihu", "--json"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["fault-raised"]
    assert main(["journal", "show", "--since", "2026-03-02", "--json"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["agent-born"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--since", "yesterday"], "'yesterday' is no moment"),
        (["--hall", "xihu"], "write AREA/HALL"),
        (["--timezone", "Mars"], "Mars"),
    ],
)
def test_a_wrong_choice_is_told(place: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    write_journal(place)
    assert main(["journal", "show", *words]) == 1
    assert told in capsys.readouterr().err


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
