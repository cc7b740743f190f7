"""What is wrong in an alerts.toml is told in words, whatever it is: no mistake in it ends a collector that runs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from hallwatch_collector import plans
from hallwatch_collector.notify.settings import load_alerts
from hallwatch_collector.problems import FileRefused
from parts.damage import damaged, hold_to_words

FILE = """
update_pause_s = 30
weekly_test = { day = "mon", at = "09:00" }
steps = [
  { to = ["technician"], repeat_s = 600, times = 3 },
  { to = ["head"], after_s = 900, levels = ["Ⅰ"], channels = ["mail"] },
]

[[channels]]
id = "group"
kind = "wecom"
url_file = "robot"

[[channels]]
id = "mail"
kind = "smtp"
host = "mail.example"
sender = "hallwatch@example.cn"

[[people]]
name = "李工"
roles = ["technician"]
ways = [{ channel = "group", mention = "13800000001" }, { channel = "mail", to = "li@example.cn" }]
quiet = [{ from = "22:00", to = "07:00", levels = ["Ⅳ"] }]
"""
PLAN, _ = plans.load()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "robot").write_text("https://robot.example/send?key=k")
    return tmp_path / "alerts.toml"


def refusal(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        load_alerts(path, PLAN)
    return str(refused.value).replace(str(path), "")


def test_the_file_is_right_before_it_is_damaged(path: Path) -> None:
    path.write_text(FILE, encoding="utf-8")
    assert len(load_alerts(path, PLAN).channels) == 2


@pytest.mark.parametrize(("right", "wrong"), [('kind = "smtp"', 'kind = "smpt"'), ('id = "mail"', 'idd = "mail"')])
def test_of_a_channel_that_cannot_be_read_only_that_is_told(path: Path, right: str, wrong: str) -> None:
    """Not also of each person that nobody knows the channel by which they are told."""
    said = refusal(path, FILE.replace(right, wrong))
    assert "channels[2]" in said
    assert "people" not in said


def test_a_wrong_word_is_quoted(path: Path) -> None:
    said = refusal(path, FILE.replace('roles = ["technician"]', 'roles = ["network-admin"]'))
    assert "people[1] (李工).roles: there is no 'network-admin'; did you mean 'network'?" in said


def test_of_a_very_long_wrong_word_only_the_beginning_is_repeated(path: Path) -> None:
    said = refusal(path, FILE.replace('levels = ["Ⅳ"]', f'levels = ["{"x" * 500}"]'))
    assert f"there is no '{'x' * 60}…'" in said
    assert "x" * 61 not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(table=damaged([tomllib.loads(FILE)]))
def test_any_damage_to_it_is_told_in_words(table: dict[str, Any], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallwatch_collector.notify.settings.read_toml", lambda _: (table, b""))
    try:
        load_alerts(path, PLAN)
    except FileRefused as refused:
        hold_to_words(refused)
