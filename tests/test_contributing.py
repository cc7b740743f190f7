"""The examples of CONTRIBUTING.md, added to a copy of the tree as it says, and a reading through all eight stations."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hallwatch_agent
import hallwatch_collector
from parts.agent import run_agent
from parts.collector import run_collector
from parts.documents import ROOT, blocks, example, text_of
from parts.mosquitto import HOST, serve_mosquitto
from parts.waiting import wait_until

GUIDE = "CONTRIBUTING.md"
PROBE = "agent/hallwatch_agent/probes/thermometer.py"
RULE = "collector/hallwatch_collector/core/rules/outside.py"
EFFECT = "collector/hallwatch_collector/effects/beacon.py"
CATALOGUE = "collector/hallwatch_collector/plans/catalogue.toml"
REGISTRIES = (
    (PROBE, "ThermometerProbe", r"^AnyProbe = ", "ThermometerProbe | "),
    (RULE, "OutsideRule", r"^AnyRule = ", "OutsideRule | "),
    (EFFECT, "Beacon", r"^EFFECTS: [^=]+ = \(", "Beacon, "),
)
"""The file of an example, its word, and where in the ``__init__.py`` beside it that word goes."""

HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{{ id = "gw" }}]
devices = [
  {{ id = "room", kind = "other", name = "机房温度计", probes = [{probe}] }},
]
faults = [{{ fault = "room-climate", hold_s = 0 }}]
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the tree with the examples in it; commands that are started meanwhile run from there."""
    copy = tmp_path / "tree"
    for folder, package in (("agent", hallwatch_agent), ("collector", hallwatch_collector)):
        source = Path(package.__path__[0])
        shutil.copytree(source, copy / folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for file, word, place, entry in REGISTRIES:
        (copy / file).write_text(example(GUIDE, file), encoding="utf-8")
        register(copy / file, word, place, entry)
    with (copy / CATALOGUE).open("a", encoding="utf-8") as catalogue:
        catalogue.write("\n" + example(GUIDE, CATALOGUE))
    monkeypatch.setenv("PYTHONPATH", f"{copy / 'agent'}:{copy / 'collector'}")
    return copy


def register(file: Path, word: str, place: str, entry: str) -> None:
    """Put an example's word into the registry beside it."""
    registry = file.parent / "__init__.py"
    package = ".".join(file.parts[file.parts.index("tree") + 2 :]).removesuffix(".py")
    before = registry.read_text(encoding="utf-8")
    text, count = re.subn(place, lambda found: found[0] + entry, before, flags=re.MULTILINE)
    assert count == 1, f"{registry} has no {place}"
    head = "from __future__ import annotations\n"
    registry.write_text(text.replace(head, f"{head}\nfrom {package} import {word}\n", 1), encoding="utf-8")


def run(*words: str) -> str:
    """Run a module of the tree; return what it says."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_degrees(file: Path, degrees: int) -> None:
    """Have the thermometer show so many degrees."""
    draft = file.with_suffix(".new")
    draft.write_text(f"{degrees * 1000}\n", encoding="ascii")
    draft.replace(file)


@pytest.mark.parametrize(("file", "word"), [(file, word) for file, word, _, _ in REGISTRIES])
def test_the_guide_names_the_registry(file: str, word: str) -> None:
    registry = f"`{Path(file).parent}/__init__.py`"
    step = re.search(
        rf"In {re.escape(registry)}, import it and add `{word}` to the (?:union|tuple) `(\w+)`", text_of(GUIDE)
    )
    assert step, f"{GUIDE} does not say that {word} goes into {registry}"
    assert re.search(rf"^{step[1]}\b", (ROOT / registry.strip("`")).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("file", [PROBE, RULE, EFFECT])
def test_examples_pass_our_own_checks(file: str) -> None:
    for words in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ruff = [sys.executable, "-m", "ruff", *words, "--stdin-filename", file, "-"]
        done = subprocess.run(ruff, cwd=ROOT, input=example(GUIDE, file), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.e2e
def test_examples_carry_a_reading_to_the_lamp(tree: Path, tmp_path: Path) -> None:
    thermometer, lamp = tmp_path / "temp1_input", tmp_path / "brightness"
    effect = tree / EFFECT
    effect.write_text(effect.read_text().replace("/sys/class/leds/beacon/brightness", str(lamp)), encoding="utf-8")
    write_degrees(thermometer, 21)
    assert "temperature_c" in run("hallwatch_agent", "probe", "thermometer", f"file={thermometer}")

    (line,) = [block.text for block in blocks(GUIDE) if block.text.startswith("probes = ")]
    probe = line.strip().removeprefix("probes = [").removesuffix("]")
    probe = probe.replace("/sys/class/hwmon/hwmon0/temp1_input", str(thermometer)).replace(
        "interval_s = 30", "interval_s = 0.5"
    )
    hall = HALL.format(probe=probe)
    (tmp_path / "hall.toml").write_text(hall, encoding="utf-8")
    assert "1 hall file right" in run("hallwatch_collector", "check", str(tmp_path / "hall.toml"))

    def lamp_shows(text: str) -> bool:
        return lamp.exists() and lamp.read_text() == text

    with (
        serve_mosquitto() as broker,
        run_collector(tmp_path, broker.port, hall) as collector,
        run_agent(tmp_path / "agent", "gw", (HOST, broker.port)),
    ):
        wait_until(lambda: lamp_shows("0"), 10, "the lamp is off at first")
        write_degrees(thermometer, 45)
        wait_until(lambda: lamp_shows("1"), 15, "the lamp is lit while it is too hot")
        (incident,) = [event for event in collector.journal() if event["event"]["event"] == "incident-opened"]
        done = collector.call("acknowledge", incident["event"]["incident"], "--by", "李工")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: lamp_shows("0"), 10, "the lamp is off when somebody takes it on")
