"""``python -m dashboards``: writes the dashboards, or says (``--check``) whether they are what would be written."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import computers, hall, network, own, power, printers, region, service
from dashboards.frame import DEFAULT_ADDRESS

GENERATED: Final = Path(__file__).parent / "generated"
BUILDERS: Final[dict[str, Callable[[str], Dashboard]]] = {
    "region": region.build,
    "hall": hall.build,
    "printers": printers.build,
    "network": network.build,
    "power": power.build,
    "computers": computers.build,
    "service": service.build,
    "hallwatch": own.build,
}


def write(dashboard: Dashboard) -> str:
    """Return a dashboard as the text of its file; the same one always gives the same text."""
    made = json.loads(json.dumps(dashboard.build(), cls=JSONEncoder))
    tidy(made)
    return f"{json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True)}\n"


def tidy(made: dict[str, Any]) -> None:
    """Number the panels, and take out what the library adds to things that Grafana's types do not have there."""
    for number, panel in enumerate(made["panels"], 1):
        panel["id"] = number
        panel.get("options", {}).pop("footer", None)
    for each in (*made["links"], *made.get("annotations", {}).get("list", [])):
        del each["placement"]  # into a menu, where nobody finds them
    for variable in made["templating"]["list"]:
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)


def main(words: list[str] | None = None) -> int:
    """Carry out the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not up to date")
    parser.add_argument("--url", default=DEFAULT_ADDRESS, help="where people's browsers find Hallwatch (%(default)s)")
    parser.add_argument("--out", type=Path, default=GENERATED, help="the folder that is written (%(default)s)")
    options = parser.parse_args(words)
    made = {options.out / f"{name}.json": write(build(options.url.rstrip("/"))) for name, build in BUILDERS.items()}
    if options.check:
        return check(made, options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in set(options.out.glob("*.json")) - made.keys():
        path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


def check(made: dict[Path, str], folder: Path) -> int:
    """Name the files that are not what would be written; return the exit status."""
    wrong = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    wrong += sorted(set(folder.glob("*.json")) - made.keys())
    for path in wrong:
        sys.stderr.write(f"{path} is not up to date: run python -m dashboards\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
