"""The generated dashboards as Grafana reads them: their queries with the variables filled in, legends, links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
FILES: Final = sorted((ROOT / "dashboards" / "generated").glob("*.json"))
RANGE: Final = "2m"
FILLED: Final = {
    "area": "(330100|000000)", "hall": "(county|none)", "window": ".*", "device": ".*",
    "__range": RANGE, "__interval": "30s", "__rate_interval": "10s",
}  # fmt: skip
LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}|__(?:data\.fields|field\.labels)\.(\w+)")


class Asked(NamedTuple):
    """A query of a panel, a variable or the annotations."""

    where: str
    expr: str
    instant: bool
    labels: frozenset[str]
    """What legend, headings and links take from its series."""


def load(path: Path) -> dict[str, Any]:
    """Return a dashboard."""
    dashboard: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return dashboard


def fill(text: str) -> str:
    """Put values where Grafana puts those of the variables."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: FILLED[found[1]], text)


def panels_of(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels that ask something."""
    return (panel for panel in dashboard["panels"] if panel.get("targets"))


def find_queries(path: Path) -> Iterator[Asked]:
    """Yield everything that a dashboard asks."""
    dashboard = load(path)
    for panel in panels_of(dashboard):
        links = json.dumps([panel["fieldConfig"], panel.get("options")], ensure_ascii=False)
        wanted = {name for found in LABEL.findall(links) for name in found if name}
        if panel["type"] == "table":
            wanted |= set(_headings(panel))
        for target in panel["targets"]:
            legend = {name for name, _ in LABEL.findall(target.get("legendFormat", "")) if name}
            where = f"{path.stem}: {panel['title']} {target['refId']}"
            yield Asked(where, fill(target["expr"]), bool(target.get("instant")), frozenset(wanted | legend))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield _of_variable(path, variable)
    for note in dashboard.get("annotations", {}).get("list", []):
        shown = " ".join([note["titleFormat"], note["textFormat"]])
        labels = {name for name, _ in LABEL.findall(shown)} | set(note["tagKeys"].split(","))
        yield Asked(f"{path.stem}: {note['name']}", fill(note["target"]["expr"]), False, frozenset(labels))


def _headings(panel: dict[str, Any]) -> Iterator[str]:
    for override in panel["fieldConfig"]["overrides"]:
        name = override["matcher"]["options"]
        if not name.startswith("Value"):
            yield name


def _of_variable(path: Path, variable: dict[str, Any]) -> Asked:
    where, query = f"{path.stem}: ${variable['name']}", variable["query"]["query"]
    values = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
    if values:
        return Asked(where, fill(values[1]), True, frozenset({values[2]}))
    result = re.fullmatch(r"query_result\((.*)\)", query)
    assert result, query
    picked = frozenset(re.findall(r"(\w+)=\"\(\?<", variable["regex"]))
    return Asked(where, fill(result[1]), True, picked)
