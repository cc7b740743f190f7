"""What is printed harms no terminal, and every end of a command is an orderly one."""

from __future__ import annotations

import argparse
import io
import json
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.commandline import Guarded, a_number, a_path, a_port, bare, in_one_line, run_command, visible

HARMLESS = {"\t", "\n"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("卡纸\x1b[2J", "卡纸\\u001b[2J"),
        ("\x07\r\x7f\x9b", "\\u0007\\r\\u007f\\u009b"),
        ("\u202egpj\u2066", "\\u202egpj\\u2066"),
        ("\udc80.toml", "\\udc80.toml"),
        ("1号\u3000窗口\u00a0「暂停」\tb\n", "1号\u3000窗口\u00a0「暂停」\tb\n"),
        ("\U000e0041", "\\udb40\\udc41"),
    ],
)
def test_what_would_act_on_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_that_acts_gets_through(text: str) -> None:
    acting = {letter for letter in visible(text) if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")}
    assert acting <= HARMLESS
    assert not any(unicodedata.bidirectional(letter) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
                   for letter in visible(text))  # fmt: skip
    assert "\n" not in in_one_line(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_programs_read_the_same_json(text: str) -> None:
    told = json.dumps({"text": text}, ensure_ascii=False)
    assert json.loads(visible(told)) == {"text": text}


def test_what_others_wrote_cannot_pass_for_another_line() -> None:
    assert in_one_line("why not\r\n09:00:00  fault cleared\n") == "why not\\r\\n09:00:00  fault cleared\\n"


def test_everything_printed_goes_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        sys.stdout.write("a\x1bb\n")
        sys.stderr.write("c\x1bd\n")
        with pytest.raises(SystemExit):
            argparse.ArgumentParser(prog="p").parse_args(["e\x1bf"])
        bare(sys.stdout).write("\r")
        return 0

    assert run_command(work) == 0
    told = capsys.readouterr()
    assert told.out == "a\\u001bb\n\r"
    assert "c\\u001bd\n" in told.err
    assert "e\\u001bf" in told.err
    assert "\x1b" not in told.err
    assert not isinstance(sys.stdout, Guarded)


class Broken(io.StringIO):
    """A stream that cannot be written to its end."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


def _raise(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (PermissionError(13, "Permission denied", "halls/xihu.toml"), 1, "halls/xihu.toml: Permission denied\n"),
        (OSError("out of luck"), 1, "out of luck\n"),
    ],
)
def test_every_end_has_its_status(
    error: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(_raise(error)) == status
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(("error", "status"), [(BrokenPipeError(32, "gone"), 141), (OSError(28, "disk full"), 1)])
def test_what_cannot_be_written_at_the_end_is_told(
    error: OSError, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))
    assert run_command(lambda: 0) == status
    assert ("disk full" in capsys.readouterr().err) == (status == 1)


def test_a_closed_output_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    def work() -> int:
        return sys.stdout.write("7 chars")

    assert run_command(work) == 7


def test_a_terminal_that_knows_no_chinese_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", newline="\n"))

    def work() -> int:
        return sys.stdout.write("卡纸\n") - 3

    assert run_command(work) == 0
    assert written.getvalue() == b"\\u5361\\u7eb8\n"


def test_nobody_colours_a_guarded_stream() -> None:
    assert not hasattr(Guarded(sys.__stdout__), "fileno")


@pytest.mark.parametrize(
    ("take", "text", "told"),
    [
        (a_path, "", "is empty: name a file or folder"),
        (a_port, "0", "from 1 to 65535"),
        (a_port, "65536", "from 1 to 65535"),
        (a_port, "-1", "from 1 to 65535"),
        (a_port, "٣", "from 1 to 65535"),
        (a_port, "9" * 5000, "from 1 to 65535"),
        (a_port, "00000008080808", "from 1 to 65535"),
        (a_number(0, 5), "nan", "from 0 to 5"),
        (a_number(0, 5), "-1", "from 0 to 5"),
        (a_number(0, 5), "many", "from 0 to 5"),
    ],
)
def test_arguments_out_of_bounds(take: Callable[[str], object], text: str, told: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=told):
        take(text)


def test_arguments_within_bounds() -> None:
    assert (a_path("x/y"), a_port("65535"), a_number(0, 5)("5")) == (Path("x/y"), 65_535, 5.0)
