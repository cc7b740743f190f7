"""What is kept beside the spool."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.collector_watch.case import Case, Phase, Symptom
from hallwatch_agent.collector_watch.memory import load_case, save_case

CASE = Case(phase=Phase.TOLD, symptom=Symptom.AWAY, since=1.0, serial=7, told=Symptom.AWAY, told_at=2.0)


def test_it_is_kept_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "spool" / "case.json"
    assert load_case(file) is None
    save_case(file, CASE)
    assert load_case(file) == CASE
    assert file.stat().st_mode & 0o077 == 0
    save_case(file, None)
    assert not file.exists()
    save_case(file, None)


@given(st.binary(max_size=80) | st.sampled_from([b"{}", b"[" * 5000, b'{"phase":"told"}', b'{"phase":"gone"}']))
def test_what_is_damaged_is_left(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.json"
    file.write_bytes(body)
    assert load_case(file) is None
