"""The pages about probes: each of their examples is a right piece of a hall file, and each kind of probe has one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from hallwatch_agent.probes import AnyProbe
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.plans import load
from hallwatch_collector.problems import FileRefused
from parts.documents import ROOT, blocks

PAGES = sorted((ROOT / "docs" / "probes").glob("*.md"))
HEAD = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
places = [{ id = "hall", name = "大厅" }]
classes = [{ id = "advice", name = "咨询", needs = [] }]
windows = [
  { id = "w1", number = 1, name = "1号窗口", classes = ["advice"] },
  { id = "w3", number = 3, name = "3号窗口", classes = ["advice"] },
]
"""


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_example_is_right(page: Path, tmp_path: Path) -> None:
    plan, catalogue = load()
    known = Known.of(plan, catalogue)
    for block in blocks(str(page.relative_to(ROOT))):
        if block.text.startswith(("[[devices]]", "[[systems]]")):
            file = tmp_path / "hall.toml"
            file.write_text(HEAD + block.text, encoding="utf-8")
            assert read_hall(file, known)


def test_each_kind_of_probe_is_shown() -> None:
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyProbe)}
    assert {kind for kind in kinds if f'kind = "{kind}"' not in shown} == set()


@pytest.mark.parametrize(
    ("probe", "fix"),
    [
        ('{ kind = "usb" }', "name what to look for"),
        ('{ kind = "snmp-ups", host = "h", version = "3" }', "needs user"),
        ('{ kind = "activity" }', "give one of"),
    ],
)
def test_what_a_probe_says_against_its_options_is_a_problem_like_any_other(
    probe: str, fix: str, tmp_path: Path
) -> None:
    file = tmp_path / "hall.toml"
    file.write_text(
        HEAD + f'[[devices]]\nid = "d"\nkind = "other"\nname = "d"\nprobes = [{probe}]\nnmae = "x"\n', encoding="utf-8"
    )
    plan, catalogue = load()
    with pytest.raises(FileRefused) as refused:
        read_hall(file, Known.of(plan, catalogue))
    said = str(refused.value)
    assert fix in said
    assert "unknown key 'nmae'" in said
