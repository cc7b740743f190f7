"""Every coded word that a page may have to show has a name in the reader's language: the whole catalogue is walked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.wire import ProbeOrder, ReadError
from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.commands.registry import COMMANDS
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.parts import PartNames, name_part
from hallwatch_collector.core.state import IncidentStatus, MeasureStatus
from hallwatch_collector.plans import load
from hallwatch_collector.simulate.healthy import healthy
from hallwatch_collector.web import account_pages, hall_file_pages, tour_pages, user_pages
from hallwatch_collector.web.doors import DOORS
from hallwatch_collector.web.records import FORMS
from hallwatch_collector.web.texts import LANGUAGES, SENTENCES, load_catalogue

PLAN, CATALOGUE = load()
PARTS = PartNames(CATALOGUE.parts, PLAN.classes)
CHINESE = re.compile("[\u4e00-\u9fff]")
ROOT = Path(__file__).parents[2]
OPTIONS: dict[str, Any] = {
    "steps": [{"name": "front"}],
    "devices": {"card-reader": "072f:b100"},
    "mapping": {"classes": {"A": "filing"}},
    "url": "https://a.example/",
}


def missing(section: str, names: set[str]) -> list[str]:
    """Return the names that have no word, by language."""
    return [
        f"{language}: {section}.{name}"
        for language in LANGUAGES
        for name in sorted(names)
        if not load_catalogue(language).get(f"{section}.{name}")
    ]


def stems(keys: Any) -> set[str]:
    """Return keys without their parts."""
    return {key.partition("[")[0] for key in keys}


@pytest.mark.parametrize("fault", CATALOGUE.faults, ids=lambda fault: fault.id)
def test_a_fault_is_told_in_words(fault: Fault) -> None:
    assert CHINESE.search(fault.name)
    assert fault.name_en
    assert bool(fault.first_step) == bool(fault.first_step_en)
    assert not fault.first_step or CHINESE.search(fault.first_step)
    rule = msgspec.to_builtins(fault.when)
    assert not missing("metric", {rule[key] for key in ("metric", "consumed_by") if rule.get(key)})
    if "condition" in rule:
        assert not missing("condition" if rule.get("holds", True) else "denied", {rule["condition"]})
    assert not missing("role", {fault.role})
    assert not missing("capability", set(fault.takes))


def test_every_state_kind_and_error_has_a_word() -> None:
    assert not missing("kind", set(get_args(Kind)))
    assert not missing("error", {error.value for error in ReadError})
    assert not missing("status", set(get_args(IncidentStatus)))
    assert not missing("measure", set(get_args(MeasureStatus)))


def test_whatever_is_written_down_of_people_has_words() -> None:
    assert not missing("action", {door.audit for door in DOORS if door.audit} | {"command-line"})
    deeds = {"command": COMMANDS, "account": account_pages.DEEDS, "user": user_pages.DEEDS, "report": FORMS,
             "hall-file": hall_file_pages.ACTIONS, "tour": tour_pages.ACTIONS, "list": ("look", "export")}  # fmt: skip
    assert not missing("acted", {f"{kind}.{what}" for kind, known in deeds.items() for what in known})
    verbs = ("add", "password", "unlock", "token", "remove")
    assert not missing("acted", {f"command-line.user-{verb}" for verb in verbs})


def test_what_the_plan_names_has_words() -> None:
    assert all(CHINESE.search(each.name) and each.name_en for each in PLAN.classes)
    assert not missing("role", {each.owner for each in PLAN.measures} - {"fault-role"})
    assert not missing("capability", {need for each in PLAN.classes for need in each.needs})


@pytest.mark.parametrize("kind", sorted(str(kind.__struct_config__.tag) for kind in get_args(AnyProbe)))
def test_what_a_probe_tells_has_words(kind: str) -> None:
    told = healthy(ProbeOrder("a", kind, kind, 5.0, 2.0, OPTIONS), 1_773_104_400.0)
    assert told is not None
    assert not missing("condition", stems(told.conditions))
    assert not missing("metric", stems(told.metrics))
    assert not missing("fact", set(told.facts))


def test_parts_have_words_in_both_languages() -> None:
    assert all(CHINESE.search(each.name) and each.name_en for each in CATALOGUE.parts)
    written = "\n".join(
        path.read_text(encoding="utf-8") for folder in ("docs", "deploy") for path in (ROOT / folder).rglob("*.*ml")
    ) + (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    parts = set(re.findall(r"[a-z]\[([a-z][a-z0-9-]*)\]", written))
    assert {"card-reader", "tray-2"} <= parts
    assert not [part for part in parts if not name_part(PARTS.chinese, part)]


@pytest.mark.parametrize(
    ("part", "chinese", "english"),
    [
        ("tray-1", "纸盒 1", "tray 1"),
        ("black", "黑色", "black"),
        ("filing", "申报纳税", "tax filing"),
        ("gi0-0-1", "", ""),
    ],
)
def test_a_numbered_part_has_the_name_of_its_kind(part: str, chinese: str, english: str) -> None:
    assert (name_part(PARTS.chinese, part), name_part(PARTS.english, part)) == (chinese, english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_stands_in_one_catalogue_only(language: str) -> None:
    folder = ROOT / "collector/hallwatch_collector/web/locale" / language.replace("-", "_") / "LC_MESSAGES"
    keys = [
        key
        for path in folder.glob("*.po")
        if path.name != SENTENCES
        for key in re.findall(r'^msgid "(.+)"', path.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(keys) > 900
    assert sorted(keys) == sorted(set(keys))
    assert set(keys) == {key for key in load_catalogue("zh-CN") if not key.endswith("_one")}
