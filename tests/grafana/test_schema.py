"""The dashboards are what Grafana's own types say: checked by TypeScript against the npm package @grafana/schema."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from parts.dashboards import FILES, load
from parts.npm import ROOT, install_packages

HERE: Final = Path(__file__).parent
RAW: Final = "@grafana/schema/dist/esm/raw/composable"
KINDS: Final = {
    "stat": "stat/panelcfg/x/StatPanelCfg", "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg",
    "bargauge": "bargauge/panelcfg/x/BarGaugePanelCfg", "table": "table/panelcfg/x/TablePanelCfg",
    "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg",
}  # fmt: skip
WITH_CUSTOM: Final = ("timeseries", "state-timeline")
"""Whose fields have settings of their own kind; all of a table's are common ones."""
MISSPELT: Final = ("graphToolTip", "tittle", "mod", "lineWidht")
HEAD: Final = """\
import type { AnnotationQuery, Dashboard, Panel } from '@grafana/schema';
// JSON has the values of enums, not the enums.
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
// What the Prometheus data source keeps beside these types: @grafana/prometheus, PromQuery and the annotation editor.
type Query = { expr: string, interval: string, range: boolean, instant: boolean, refId: string };
type Note = Omit<Plain<AnnotationQuery>, 'target'>
  & { target: Query, titleFormat: string, textFormat: string, tagKeys: string };
type Whole = Omit<Plain<Dashboard>, 'annotations'> & { annotations?: { list?: Note[] } };
"""


@pytest.fixture(scope="module")
def types() -> Path:
    """Give a folder with the types and the compiler."""
    return install_packages(HERE)


def write_check(dashboard: dict[str, Any]) -> Iterator[str]:
    """Yield TypeScript that compiles only if the dashboard, its panels, their options and fields are typed right."""
    yield HEAD
    kinds = sorted({panel["type"] for panel in dashboard["panels"]} & KINDS.keys())
    for kind in kinds:
        yield f"import type * as {_name(kind)} from '{RAW}/{KINDS[kind]}_types.gen';\n"
    yield f"export const dashboard: Whole = {_literal(dashboard)};\n"
    for number, panel in enumerate(dashboard["panels"]):
        if panel["type"] == "row":
            continue
        kind = panel["type"]
        yield f"export const panel{number}: Plain<Panel> = {_literal(panel)};\n"
        yield f"export const options{number}: Partial<Plain<{_name(kind)}.Options>> = {_literal(panel['options'])};\n"
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if kind in WITH_CUSTOM:
            yield f"export const custom{number}: Partial<Plain<{_name(kind)}.FieldConfig>> = {_literal(custom)};\n"


def _name(kind: str) -> str:
    return kind.replace("-", "")


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def compile_all(folder: Path, checks: dict[str, str]) -> str:
    """Compile the files together; return what the compiler complains of."""
    work = folder / "checks"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for name, text in checks.items():
        (work / f"{name}.ts").write_text(text, encoding="utf-8")
    compiler = folder / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"]
    words = ["node", str(compiler), *options, *(str(work / f"{name}.ts") for name in checks)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=200, check=False).stdout


def test_every_dashboard_is_of_grafanas_types(types: Path) -> None:
    told = compile_all(types, {path.stem: "".join(write_check(load(path))) for path in FILES})
    assert told == ""


def test_what_is_misspelt_is_found(types: Path) -> None:
    """A field of the dashboard, of a panel, of its options, of its fields."""
    checks = {}
    for place, word in enumerate(MISSPELT):
        told = load(ROOT / "dashboards" / "generated" / "network.json")
        chart = next(panel for panel in told["panels"] if panel["type"] == "timeseries")
        places = (told, chart, chart["options"]["tooltip"], chart["fieldConfig"]["defaults"]["custom"])
        places[place][word] = 1
        checks[word] = "".join(write_check(told))
    found = compile_all(types, checks)
    assert [word for word in MISSPELT if f"""'"{word}"' does not exist""" not in found] == []


def test_the_files_are_what_the_generator_writes() -> None:
    words = [sys.executable, "-m", "dashboards", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_address_and_folder_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    words = [sys.executable, "-m", "dashboards", "--url", "https://hall.example.cn/", "--out", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in FILES)
    constants = [each for each in load(tmp_path / "hall.json")["templating"]["list"] if each["type"] == "constant"]
    assert [(each["name"], each["query"]) for each in constants] == [("hallwatch_url", "https://hall.example.cn")]
    check = subprocess.run([*words[:3], "--check"], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert check.returncode == 0, "the committed ones have the default address"
    wrong = [*words[:3], "--check", "--out", str(tmp_path)]
    told = subprocess.run(wrong, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (told.returncode, "hall.json is not up to date: run python -m dashboards" in told.stderr) == (1, True)


def test_identifiers_are_unique_and_links_lead_somewhere() -> None:
    boards = [load(path) for path in FILES]
    names = {board["uid"] for board in boards}
    assert len(names) == len(boards)
    assert len({board["title"] for board in boards}) == len(boards)
    for board in boards:
        numbers = [panel["id"] for panel in board["panels"]]
        assert len(set(numbers)) == len(numbers)
        text = json.dumps(board, ensure_ascii=False)
        for part in text.split('"/d/')[1:]:
            assert part.split("?")[0] in names


def test_the_provisioned_sources_are_of_the_kind_that_the_dashboards_ask_for() -> None:
    """And the files are what Grafana reads: YAML of version 1, with the dashboards' folder where the README puts it."""
    folder = ROOT / "dashboards" / "provisioning"
    files = {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*/*.yml")}
    assert {name: told["apiVersion"] for name, told in files.items()} == dict.fromkeys(
        ("datasources", "dashboards", "alerting"), 1
    )
    kinds = {each["query"] for each in load(FILES[0])["templating"]["list"] if each["type"] == "datasource"}
    assert {source["type"] for source in files["datasources"]["datasources"]} == kinds
    path = files["dashboards"]["providers"][0]["options"]["path"]
    assert f"--out {path}" in (ROOT / "dashboards" / "README.md").read_text(encoding="utf-8")
    named = {each["name"] for each in files["alerting"]["contactPoints"]}
    assert {policy["receiver"] for policy in files["alerting"]["policies"]} <= named
