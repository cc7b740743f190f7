"""The agent's own file: what is right, and what is said of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.config import EXAMPLE, HINTS, SECTIONS, BadConfig, Config, check_config, load_config

LEAST = """
[identity]
area = "330106"
hall = "xihu"
agent = "gw"
[broker]
host = "192.168.1.10"
[spool]
directory = "spool"
"""


def load(folder: Path, text: str) -> Config:
    file = folder / "agent.toml"
    file.write_text(text, "utf-8")
    return load_config(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        load(folder, text)
    assert all(problem.startswith(f"{folder}/agent.toml: ") for problem in caught.value.problems)
    return [problem.removeprefix(f"{folder}/agent.toml: ") for problem in caught.value.problems]


def test_the_example_of_the_help_is_right(tmp_path: Path) -> None:
    config = load(tmp_path, EXAMPLE)
    assert str(config.identity) == "330106/xihu/gw"
    optional = "\n".join(line.removeprefix("# ") for line in EXAMPLE.splitlines())
    for name in ("password", "ca.pem", "gw.pem", "gw.key", "watch-robot"):
        (tmp_path / name).write_text("x")
    broker = load(tmp_path, optional).broker
    assert broker.tls is not None
    assert broker.tls.ca == str(tmp_path / "ca.pem")


def test_a_mark_of_windows_notepad_is_no_error(tmp_path: Path) -> None:
    assert load(tmp_path, f"\ufeff{EXAMPLE}") == load(tmp_path, EXAMPLE)


def test_defaults_and_paths(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert (config.broker.port, config.broker.keepalive_s, config.broker.tls) == (1883, 10, None)
    assert config.spool_path == tmp_path / "spool" / "330106.xihu.gw.spool.sqlite"
    assert config.assignment_path == tmp_path / "spool" / "330106.xihu.gw.assignment.json"


def test_all_problems_are_told_at_once_with_their_fix(tmp_path: Path) -> None:
    text = LEAST.replace('"xihu"', '"Xihu"').replace("host =", "hots =").replace("[spool]", "port = 70000\n[spools]")
    found = problems(tmp_path, text)
    assert "spools: no such key; did you mean 'spool'?" in found
    assert "broker.hots: no such key; did you mean 'host'?" in found
    assert any(
        problem.startswith("identity.hall = 'Xihu': give lower-case letters") and 'for example "xihu"' in problem
        for problem in found
    )
    assert any(problem.startswith("broker.host: is missing; give the host name") for problem in found)
    assert any(problem.startswith("broker.port = 70000: ") and "from 1 to 65535" in problem for problem in found)
    assert any(problem.startswith("spool: is missing; give a table [spool]") for problem in found)
    assert len(found) == 6


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('username = "gw"\npassword_file = "none"', "broker.password_file: "),
        ('password_file = "agent.toml"', "broker.username: is missing beside password_file"),
        ('tls = {cert = "agent.toml"}', "broker.tls: cert and key go together"),
        ('tls = {ca = "none.pem"}', "broker.tls.ca: "),
        ("tls = true", "broker.tls = true: "),
        ("tls = {cet = 'x'}", "broker.tls.cet: no such key; did you mean 'cert'?"),
        ("keepalive_s = 0", "broker.keepalive_s = 0: "),
        ("port = '1883'", "broker.port = '1883': "),
    ],
)
def test_a_wrong_broker(tmp_path: Path, change: str, expected: str) -> None:
    (found,) = problems(tmp_path, LEAST.replace("[spool]", f"{change}\n[spool]"))
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('channel = "wecom"', "collector_watch.url_file: is missing; give the path of a file"),
        ('channel = "mail"\nurl_file = "agent.toml"', "collector_watch.channel = 'mail': give one of \"wecom\", "),
        ('channel = "wecom"\nurl_file = "none"', "collector_watch.url_file: "),
        ('channel = "wecom"\nurl_file = "agent.toml"\nsecret_file = "agent.toml"', "collector_watch.secret_file: "),
        ('channel = "webhook"\nurl_file = "agent.toml"\nmention = ["@all"]', "collector_watch.mention: "),
        ('channel = "wecom"\nurl_file = "agent.toml"\nsilent_s = 5', "collector_watch.silent_s = 5: give seconds "),
        ('channel = "wecom"\nurl_file = "agent.toml"\nrepeat_s = 5', "collector_watch.repeat_s = 5: give 0 for never"),
        ('channel = "wecom"\nurl_file = "agent.toml"\nproxy = "x"', "collector_watch.proxy = 'x': give an HTTP proxy"),
        ('channel = "wecom"\nurl = "https://x"\nurl_file = "agent.toml"', "collector_watch.url: no such key; "),
    ],
)
def test_a_wrong_collector_watch(tmp_path: Path, table: str, expected: str) -> None:
    (found,) = problems(tmp_path, f"{LEAST}[collector_watch]\n{table}\n")
    assert found.startswith(expected)


def test_a_collector_watch(tmp_path: Path) -> None:
    (tmp_path / "robot").write_text("key")
    assert load(tmp_path, LEAST).collector_watch is None
    watch = load(tmp_path, f'{LEAST}[collector_watch]\nchannel = "feishu"\nurl_file = "robot"\n').collector_watch
    assert watch is not None
    assert (watch.url_file, watch.secret_file, watch.silent_s) == (str(tmp_path / "robot"), "", 90)


def test_what_is_no_file_and_no_toml(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"none\.toml: cannot be read: No such file"):
        load_config(tmp_path / "none.toml")
    for text in ("[broker\n", f"a = {'9' * 5000}\n", f"a = {'[' * 9000}\n"):
        assert problems(tmp_path, text)[0].startswith("is not TOML: ")
    (tmp_path / "agent.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfig, match="is not TOML"):
        load_config(tmp_path / "agent.toml")


def test_every_key_has_a_hint() -> None:
    keys = set(SECTIONS) | {
        f"{section}.{field}" for section, kind in SECTIONS.items() for field in kind.__struct_fields__
    }
    assert keys == set(HINTS)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*SECTIONS, "x"]), values | st.dictionaries(st.sampled_from(["host", "tls"]), values)
    )
)
def test_any_table_is_a_config_or_a_list_of_problems(table: dict[str, object]) -> None:
    found: list[str] = []
    config = check_config(table, Path("/"), found)
    assert (config is None) == bool(found)
