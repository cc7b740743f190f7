"""What docs/alerts/dead-mans-switch.md shows can be used as it stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.collector_watch.words import _ENDED, _TITLES
from hallwatch_agent.config import check_config

PAGE = (Path(__file__).parents[3] / "docs" / "alerts" / "dead-mans-switch.md").read_text("utf-8")


def test_the_example_is_right(tmp_path: Path) -> None:
    example = next(block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "collector_watch" in block)
    (tmp_path / "watch-robot").write_text("key")
    table = tomllib.loads(example) | {
        "identity": {"area": "330106", "hall": "xihu", "agent": "gw"},
        "broker": {"host": "b"},
        "spool": {"directory": "spool"},
    }
    problems: list[str] = []
    config = check_config(table, tmp_path, problems)
    assert problems == []
    assert config is not None
    assert config.collector_watch is not None


def test_every_option_and_its_default_is_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) *\| ", PAGE, re.MULTILINE))
    assert list(rows) == list(CollectorWatch.__struct_fields__)
    shown = {name: float(told) for name, told in rows.items() if told}
    example = CollectorWatch(channel="wecom", url_file="x")
    assert shown == {name: getattr(example, name) for name in rows if name.endswith("_s")}


def test_every_title_is_on_the_page() -> None:
    assert all(title in PAGE for title in _TITLES.values())
    assert all("已" in title for title in _ENDED.values())
