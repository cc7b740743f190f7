"""Secrets are files on the agent's machine: never in a hall file, never on the broker, never in what a probe says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.assignment import task_from
from hallwatch_agent.config import load_config
from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead
from hallwatch_agent.probes.probe import SecretName
from hallwatch_agent.trial import find_tasks
from hallwatch_agent.wire import ProbeOrder, ReadError

SPOKEN = {"community", "password", "auth_key", "priv_key", "token", "secret", "key"}
"""What an option that held a secret would be called."""


def test_a_secret_is_its_file_without_the_end_of_the_line(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_text("täx hall\r\n", encoding="utf-8", newline="")
    context = Context(secrets=tmp_path)
    assert context.secret("snmp") == "täx hall"
    (tmp_path / "snmp").write_text("changed")
    assert context.secret("snmp") == "changed"
    assert context.secret("") == ""


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_one_that_cannot_be_read_is_the_agents_own_trouble(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "snmp").write_bytes(content)
    with pytest.raises(CouldNotRead, match=r"secret snmp: .*snmp cannot be read") as refused:
        Context(secrets=tmp_path).secret("snmp")
    assert refused.value.error is ReadError.LOCAL


def test_a_mark_before_the_text_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_bytes(b"\xef\xbb\xbfhall\r\n")
    assert Context(secrets=tmp_path).secret("snmp") == "hall"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty; write the secret into it"),
        (" \r\n\n", "is empty"),
        ("old\nnew\n", "has several lines; a secret is one line alone"),
        ("\nhall", "has several lines"),
    ],
)
def test_a_file_that_is_no_secret_is_named_and_not_shown(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "snmp").write_text(content)
    with pytest.raises(CouldNotRead, match=f"secret snmp: .*/snmp {why}") as refused:
        Context(secrets=tmp_path).secret("snmp")
    assert refused.value.error is ReadError.LOCAL
    assert "new" not in refused.value.note.replace(str(tmp_path), "")


@given(st.text())
def test_a_name_never_leaves_the_folder(name: str) -> None:
    try:
        msgspec.convert(name, SecretName)
    except msgspec.ValidationError:
        return
    folder = Path("secrets")
    assert os.path.normpath(folder / name).startswith("secrets")
    assert name == "" or (folder / name).parent == folder


@pytest.mark.parametrize("name", ["../agent.toml", "/etc/shadow", "a/b", "..", ".", ".netrc", "a\n", "a\\b", "C:x"])
def test_what_looks_for_another_file_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, SecretName)


def test_no_option_of_any_probe_holds_a_secret() -> None:
    for kind in get_args(AnyProbe):
        assert not SPOKEN & set(kind.__struct_fields__), kind


def test_a_task_looks_in_the_folder_of_the_agents_file(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(
        '[identity]\narea="330106"\nhall="xihu"\nagent="gw"\n[broker]\nhost="h"\n[spool]\ndirectory="spool"\n'
        '[secrets]\ndirectory="keys"\n'
    )
    config = load_config(tmp_path / "agent.toml")
    assert config.secrets.directory == str(tmp_path / "keys")
    order = ProbeOrder("prn", "snmp-printer", "snmp-printer", 15, 5, {"host": "h", "community_file": "snmp"})
    assert task_from(order, Path(config.secrets.directory)).context.secrets == tmp_path / "keys"


@pytest.mark.parametrize("secret", ["hall", '["hall', "{hall}", '"hall"', "a=hall"])
def test_at_the_command_line_a_person_may_type_one(tmp_path: Path, secret: str) -> None:
    (task,) = find_tasks("snmp-printer", ["host=h", f"community={secret}"], tmp_path / "agent.toml", None)
    assert task.probe is not None
    assert "hall" not in repr(task.probe)
    assert task.context.secret(task.probe.community_file) == secret  # type: ignore[attr-defined]
