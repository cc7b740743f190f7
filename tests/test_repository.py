"""What the READMEs and their companions say of the repository is so."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest

from hallwatch_agent.cli import main as run_agent_command
from hallwatch_agent.probes import AnyProbe
from hallwatch_collector import plans
from hallwatch_collector.cli import main as run_collector_command
from hallwatch_collector.core.hall import THINGS, Kind
from hallwatch_collector.replay import replay_case
from parts.documents import DOCUMENTS, READMES, ROOT, anchors, code_words, commands, example, links, prose, text_of

STATIONS = ["probe", "report", "spool", "broker", "intake", "judge", "plan", "act"]
MAIN = {"hallwatch": run_collector_command, "hallwatch-agent": run_agent_command}
TOP = {path.name for path in ROOT.iterdir()}
MADE = ("build/", "data/", ".venv/")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|Users|root|mnt|workspace)/[\w.-]+")


def tracked_files() -> list[Path]:
    """Return every text file that belongs to the repository."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    files = [ROOT / name for name in listed if name]
    return [file for file in files if file.is_file() and file.suffix != ".png"]


def help_of(program: str, verbs: list[str]) -> str:
    """Return the help of a command; fail when there is no such command."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        MAIN[program]([*verbs, "--help"])
    assert ended.value.code == 0, f"{program} {' '.join(verbs)} is no command"
    return said.getvalue()


def named_commands() -> set[tuple[str, tuple[str, ...]]]:
    """Return every command of ours that a document names, as program and words."""
    found = set()
    for document in DOCUMENTS:
        for program, *words in commands(document):
            name = program.rpartition("/")[2].removesuffix(".exe")
            if name in MAIN:
                found.add((name, tuple(words)))
    return found


def test_the_licence_is_whole() -> None:
    licence = text_of("LICENSE")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    for link in links(document):
        if re.match(r"https?://", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / document).parent / file if file else ROOT / document
        assert target.exists(), f"{document} links to {link}"
        if anchor:
            assert anchor in anchors(str(target.relative_to(ROOT))), f"{document} links to {link}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_paths_are_there(document: str) -> None:
    """What stands in backticks and begins like a path of the repository is one."""
    for word in code_words(document):
        first, slash, _ = word.partition("/")
        if slash and first in TOP and re.fullmatch(r"[\w./-]+", word) and not word.startswith(MADE):
            assert (ROOT / word).exists(), f"{document} names {word}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_make_targets_are_there(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE))
    named = {words[1] for words in commands(document) if words[0] == "make" and len(words) > 1}
    assert named <= targets


def test_enough_commands_are_named() -> None:
    """Otherwise the test below would pass for want of commands found."""
    assert {name for name, _ in named_commands()} == set(MAIN)
    assert len(named_commands()) > 15


@pytest.mark.parametrize(("program", "words"), sorted(named_commands()))
def test_named_commands_are_there(program: str, words: tuple[str, ...]) -> None:
    verbs: list[str] = []
    for word in words:
        known = re.findall(r"^    ([a-z-]+)(?=\s)", help_of(program, verbs), re.MULTILINE)
        if not known or word.startswith("-"):
            break
        assert word in known, f"{program} {' '.join(verbs)} has no command {word}"
        verbs.append(word)
    said = help_of(program, verbs)
    for option in (word for word in words if word.startswith("--")):
        assert option in said, f"{program} {' '.join(verbs)} has no option {option}"


@pytest.mark.parametrize("readme", READMES)
def test_the_eight_stations_are_in_their_modules(readme: str) -> None:
    rows = re.findall(r"^\| (\d) \| (\w+).* \| (.+) \|$", prose(readme), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 9))
    assert [station for _, station, _ in rows] == STATIONS
    for number, station, cells in rows:
        modules = re.findall(r"\[`([\w.]+)`\]\(([^)]+)\)", cells)
        assert modules, f"station {number}, {station}, is in no module"
        package = ""
        for module, link in modules:
            package = package if module.startswith(".") else module.partition(".")[0]
            name = f"{package}{module}" if module.startswith(".") else module
            assert find_spec(name), f"{readme} names {name}"
            assert Path(link).with_suffix("").parts[1:] == tuple(name.split(".")), f"{name} is not {link}"


def test_both_readmes_say_the_same() -> None:
    english, chinese = (text_of(readme) for readme in READMES)
    assert english.count("\n## ") == chinese.count("\n## ")
    assert [link for link in links(READMES[0]) if link.startswith(("agent/", "collector/", "docs/wire"))] == [
        link for link in links(READMES[1]) if link.startswith(("agent/", "collector/", "docs/wire"))
    ]
    examples = [re.sub(r" *#.*", "", example(readme, "halls/xihu.toml")) for readme in READMES]
    assert examples[0] == examples[1]


@pytest.mark.parametrize("readme", READMES)
def test_all_probes_are_named(readme: str) -> None:
    kinds = {str(probe.__struct_config__.tag) for probe in get_args(AnyProbe)}
    assert set(re.findall(r"^\| `([\w-]+)` \| [^`]+\|$", prose(readme), re.MULTILINE)) == kinds


def test_the_words_of_hall_files_are_translated() -> None:
    """The Chinese README lists every business class, capability and kind of device."""
    plan, _ = plans.load()
    rows = re.findall(r"^\| ((?:`[\w-]+` ?)+)\| .+ \|$", prose("README.zh-CN.md"), re.MULTILINE)
    words = {word for row in rows for word in re.findall(r"`([\w-]+)`", row)}
    needs = {need for known in plan.classes for need in known.needs}
    assert {known.id for known in plan.classes} | needs | set(get_args(Kind)) - THINGS <= words


@pytest.mark.parametrize("readme", READMES)
def test_the_worked_hall_is_right_and_does_what_is_said(readme: str, tmp_path: Path) -> None:
    hall = tmp_path / "hall.toml"
    hall.write_text(example(readme, "halls/xihu.toml"), encoding="utf-8")
    assert run_collector_command(["check", str(hall)]) == 0
    scenario = ROOT / "tests" / "halls" / "printer-jam" / "scenario.toml"
    (tmp_path / "scenario.toml").write_bytes(scenario.read_bytes())
    told = "\n".join(replay_case(tmp_path))
    assert "w1 lost: certificates\n" in told
    assert re.search(r"sign due +prn-1 「暂停使用」 1号窗口打印机 H2 → 2号窗口\n", told)
    assert "备用打印机" in told


@pytest.mark.parametrize("readme", READMES)
def test_the_other_worked_files_are_right(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("halls/xihu.toml", "collector.toml", "agent.toml"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(example(readme, file), encoding="utf-8")
    assert run_collector_command(["check"]) == 0
    assert "1 hall file right" in capsys.readouterr().out
    assert run_agent_command(["check", "--config", "agent.toml"]) == 0


@pytest.mark.parametrize("readme", READMES)
def test_pictures_are_small(readme: str) -> None:
    pictures = [ROOT / link for link in links(readme) if link.endswith(".png")]
    assert pictures
    for picture in pictures:
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.stat().st_size < 200_000


def test_chinese_is_punctuated_as_chinese() -> None:
    """Commas and the like between Chinese characters are full-width in what newcomers read first."""
    found = re.findall(r"[\u4e00-\u9fff][,;:!?][\u4e00-\u9fff]", prose("README.zh-CN.md"))
    assert found == []


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    files = tracked_files()
    assert len(files) > 200
    own = str(ROOT)
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert len(own) < 6 or own not in text, f"{file} names {own}"
        assert not (found := MACHINE_PATH.search(text)), f"{file} names {found}"
