"""Regular expressions out of hall files: taken or refused in words, and never searched for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.probes.patterns import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^(?P<time>[-0-9]+ [:0-9]+) .*办结", "2027-03-01 12:00:00 发票 办结", "2027-03-01 12:00:00"),
        (r"(?i)SUCCESS (?P<time>\d+)", "success 7", "7"),
        (r"业务\p{Han}+(?P<time>\d*)", "业务完成3", "3"),
        (r"a(?P<time>x)?", "a", None),
    ],
)
def test_what_is_found(pattern: str, text: str, found: str | None) -> None:
    match = compile_pattern(pattern, "line").search(text)
    assert match is not None
    assert match["time"] == match[1] == found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", r"look-around such as .* is not supported, as the search for it may never end"),
        ("(?!a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        ("(?i", r"begins with \(\? there are"),
        ("(?>a)", r"begins with \(\? there are"),
        ("(?P<time>a)|(?P<time>b)", "two of its groups have one name"),
        ("a\udcff", "holds what is no text"),
        ("a{3,2}", "goes from less to more"),
        (r"(a)\1", r"a reference to an earlier group, \\1, is not supported"),
        ("a++", "one repetition right behind another"),
        ("a{2000}", "up to 1000"),
        ("(a{100}){100}", "up to 1000"),
        (r"(\p{L}{0,50}){0,20}", "too large"),
        ("(", r"a \) is missing"),
        (")", r"a \) without its \("),
        ("[a", r"a \] is missing"),
        ("*a", "nothing stands before"),
        ("a\\", "ends in a single"),
        (r"a\Z", r"write \\z"),
        (r"\q", r"invalid escape sequence: \\q"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(pattern: str, why: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=f"`line` is no usable regular expression: .*{why}"):
        compile_pattern(pattern, "line")
    assert capfd.readouterr() == ("", ""), "the library itself keeps quiet"


@pytest.mark.parametrize(
    ("probe", "option"),
    [
        ({"kind": "activity", "log": "/a.log", "line": "(?!x)"}, "line"),
        ({"kind": "foreground", "maintenance_titles": ["(?!x)"]}, "maintenance_titles"),
        (
            {"kind": "transaction", "steps": [{"name": "a", "url": "http://h/", "extract": {"token": "(?!x)"}}]},
            "extract.token",
        ),
    ],
)
def test_the_hall_file_is_told_which_option(probe: dict[str, Any], option: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"`{option}` is no usable regular expression: look-around"):
        msgspec.convert(probe, AnyProbe)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_no_search_is_endless(pattern: str) -> None:
    assert compile_pattern(pattern, "line").search("a" * 100_000 + "!") is None


def test_others_run_while_it_searches() -> None:
    searching, done = threading.Event(), threading.Event()

    def search() -> None:
        pattern = compile_pattern(r"(\p{L}{0,9}){0,20}!", "line")
        searching.set()
        pattern.search("税" * 30_000)
        done.set()

    threading.Thread(target=search, daemon=True).start()
    assert searching.wait(10)
    turns = 0
    while not done.wait(0.001):
        turns += 1
    assert turns > 10


def test_the_library_is_loaded_by_the_probes_that_need_it_only() -> None:
    script = (
        "import sys, hallwatch_agent.probes as p, msgspec\n"
        "msgspec.convert({'kind': 'activity', 'counter_file': '/count'}, p.AnyProbe)\n"
        "assert 're2' not in sys.modules\n"
        "sys.modules['re2'] = None\n"
        "msgspec.convert({'kind': 'activity', 'log': '/a', 'line': 'b'}, p.AnyProbe)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "`line` needs the package google-re2: pip install 'hallwatch[agent]'" in done.stderr
    assert "ValidationError" in done.stderr


@given(st.text(), st.text())
def test_whatever_is_given_is_searched_or_refused(pattern: str, text: str) -> None:
    with suppress(ValueError):
        compile_pattern(pattern, "line").search(text)
