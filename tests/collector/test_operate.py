"""The commands of the registry on the command line: their arguments are the fields of their structs."""

from __future__ import annotations

import shlex
from typing import Any, get_args

import msgspec
import pytest

from hallwatch_collector import operate, remote
from hallwatch_collector.cli import _parser, main
from hallwatch_collector.config import Config
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.commands.registry import COMMANDS, example_of, fields_of
from hallwatch_collector.remote import NotCarriedOut


def read(line: str) -> Any:
    """Return the command that a line makes."""
    return operate.read_command(_parser().parse_args(shlex.split(line)))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Have what is asked of the collector kept instead of sent."""
    kept: list[tuple[str, Any]] = []
    monkeypatch.setattr(operate, "ask", lambda _config, path, body: kept.append((path, msgspec.json.decode(body))))
    return kept


def test_every_command_is_on_the_command_line() -> None:
    assert set(COMMANDS.values()) == set(get_args(AnyCommand))
    for word in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([word, "--help"])
        assert ended.value.code == 0


@pytest.mark.parametrize("word", COMMANDS)
def test_the_example_of_every_command_is_one(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([word, "--help"])
    line = capsys.readouterr().out.split("example:\n  hallwatch ", 1)[1].splitlines()[0]
    read_back = msgspec.to_builtins(read(line.replace("KEY=VALUE", "name=张三")))
    wanted = example_of(COMMANDS[word])
    assert {key: read_back[key] for key in ("command", "by")} == {"command": word, "by": wanted["by"]}
    assert {field.name for field in fields_of(COMMANDS[word]) if field.required} <= read_back.keys()


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("estimate inc-1 --minutes 30", {"incident": "inc-1", "minutes": 30.0}),
        ("note inc-1 --text 到了", {"incident": "inc-1", "text": "到了"}),
        ("assign inc-1 --owner 张工", {"incident": "inc-1", "owner": "张工"}),
        ("set-level inc-1 --level Ⅱ --reason 影响全县", {"incident": "inc-1", "level": "Ⅱ", "reason": "影响全县"}),
        ("merge inc-1 --into inc-2 --reason 同一根光纤", {"into": "inc-2"}),
        ("report-fault window:w3 --effect hazard --text 漏电", {"thing": "window:w3", "effect": "hazard"}),
        ("retract m-3 --reason 点错了", {"measure": "m-3", "reason": "点错了"}),
    ],
)  # fmt: skip
def test_fields_come_as_they_were_typed(line: str, fields: dict[str, Any]) -> None:
    command = msgspec.to_builtins(read(f"{line} --by 李工"))
    assert fields.items() <= command.items()
    assert (command["by"], command["command"]) == ("李工", line.split(maxsplit=1)[0])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("estimate inc-1 --minutes soon --by 李工", "minutes"),
        ("estimate inc-1 --minutes -3 --by 李工", "minutes"),
        ("note inc-1 --text ' ' --by 李工", "text"),
        ("tick m-1 --by ''", "by"),
    ],
)
def test_a_wrong_field_is_named_with_where_to_look(line: str, told: str) -> None:
    with pytest.raises(NotCarriedOut, match=rf"{told}.*--help"):
        read(line)


@pytest.mark.parametrize(
    "line", ["estimate inc-1", "decline m-1", "report-fault prn-3 --effect so-so --text x", "tick"]
)
def test_what_is_missing_is_wrong_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read(line)
    assert ended.value.code == 2
    assert "usage: hallwatch" in capsys.readouterr().err


def test_a_command_goes_to_the_hall_that_is_named(
    sent: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assign", "inc-1", "--owner", "张工", "--by", "李工", "--hall", "330106/xihu"]) == 0
    assert sent == [
        (
            "/api/halls/330106/xihu/commands?lang=en",
            {"command": "assign", "by": "李工", "roles": [], "via": "", "incident": "inc-1", "owner": "张工"},
        )
    ]
    assert capsys.readouterr().out == "330106/xihu: assign inc-1: done, and in the journal\n"


def test_the_numbers_that_were_given_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(operate, "ask", lambda *_: {"numbers": ["SG-20260310-001", "SG-20260310-002"]})
    words = "reserve-numbers inc-1 --register by-hand --sheets 2 --by 李工 --hall 330106/xihu"
    assert main(words.split()) == 0
    assert capsys.readouterr().out.endswith("in the journal: SG-20260310-001, SG-20260310-002\n")


def test_every_example_could_be_typed() -> None:
    assert example_of(COMMANDS["merge"])["incident"] != example_of(COMMANDS["merge"])["into"]
    planned = example_of(COMMANDS["plan-maintenance"])
    assert "2030" < planned["from"] < planned["to"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("decline m-1 --reason ''", "--reason '': give why, 1 to 400 characters"),
        ("estimate inc-1 --minutes nan", "--minutes 'nan': give in how many minutes"),
        ("plan-maintenance x --devices y --from '2026-13-45 99:00' --to '2026-03-14 22:00'", "--from '2026-13-45"),
        ("note inc-1 --text '\a'", "--text"),
        ("note inc-1 --text 'a\x1b[31m'", "no control characters"),
        ("estimate inc-1 --minutes 1e9", "a number above 0, up to 129600"),
        ("count-stock paper --count -1", "how many were counted, from 0 to 1000000000"),
        ("reserve-numbers inc-1 --register by-hand --sheets 300", "how many blank sheets, from 1 to 200"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(line: str, told: str) -> None:
    with pytest.raises(NotCarriedOut) as refused:
        read(f"{line} --by 李工")
    assert told in str(refused.value)
    assert not {"Expected", "regex", "$."} & set(str(refused.value).split())


def test_a_text_that_is_too_long_is_not_repeated_whole() -> None:
    with pytest.raises(NotCarriedOut) as refused:
        read(f"note inc-1 --text {'长' * 100_000} --by 李工")
    assert len(str(refused.value)) < 300


def test_notes_of_several_lines_are_taken() -> None:
    assert read("note inc-1 --text '一\n\t二' --by 李工").text == "一\n\t二"


@pytest.mark.parametrize("word", COMMANDS)
def test_every_argument_is_explained(word: str) -> None:
    assert [field.name for field in fields_of(COMMANDS[word]) if not field.description] == []


def test_who_decides_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["acknowledge", "inc-1", "--hall", "330106/xihu"])
    assert "--by" in capsys.readouterr().err


HALLS = [
    {"area": "330100", "hall": "county", "internal": False},
    {"area": "local", "hall": "pc", "internal": False},
    {"area": "hallwatch", "hall": "self", "internal": True},
]


@pytest.mark.parametrize(
    ("named", "meant"), [("county", "330100/county"), ("pc", "local/pc"), ("330106/xihu", "330106/xihu")]
)
def test_a_hall_is_named_by_as_much_as_tells_it(monkeypatch: pytest.MonkeyPatch, named: str, meant: str) -> None:
    monkeypatch.setattr(remote, "ask", lambda *_, **__: HALLS)
    assert remote.find_hall(Config(), named) == meant


@pytest.mark.parametrize("named", ["nope", "a/b/c", "", None])
def test_a_hall_that_is_none_is_told_with_those_there_are(monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    monkeypatch.setattr(remote, "ask", lambda *_, **__: HALLS)
    with pytest.raises(NotCarriedOut, match="there are 330100/county, local/pc"):
        remote.find_hall(Config(), named)
