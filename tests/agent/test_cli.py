"""The command as people use it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from hallwatch_agent.assignment import save_assignment
from hallwatch_agent.cli import main
from hallwatch_agent.config import load_config
from hallwatch_agent.wire import Assignment, ProbeOrder
from parts.mosquitto import free_port

TEXT = '[identity]\narea="330106"\nhall="xihu"\nagent="gw"\n[broker]\nhost="127.0.0.1"\n[spool]\ndirectory="spool"\n'


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(TEXT)
    return file


def assign(config_file: Path, *probes: ProbeOrder) -> None:
    save_assignment(load_config(config_file).assignment_path, Assignment("gw", "d1", list(probes)))


def test_help_teaches_with_a_whole_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "hallwatch-agent probe tcp host=" in text
    assert "[identity]" in text


def test_check_says_what_the_agent_would_do(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(config_file)]) == 0
    assert "none yet" in capsys.readouterr().out
    assign(config_file, ProbeOrder("a", "tcp", "tcp", 15, 5, {"host": "h", "port": 1}), ProbeOrder("b", "x", "x", 5, 1))
    assert main(["check", "--config", str(config_file)]) == 0
    text = capsys.readouterr().out
    assert "a/tcp every 15 s\n" in text
    assert "b/x every 5 s  CANNOT RUN: x: Invalid value 'x'" in text


def test_check_names_file_key_and_fix(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_file.write_text(TEXT.replace("host=", "hots="))
    assert main(["check", "--config", str(config_file)]) == 1
    assert f"{config_file}: broker.hots: no such key; did you mean host?" in capsys.readouterr().err
    assert main(["run", "--config", str(config_file)]) == 1


def test_check_finds_a_damaged_assignment(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assign(config_file)
    load_config(config_file).assignment_path.write_bytes(b"{")
    assert main(["check", "--config", str(config_file)]) == 1
    assert "remove it, the collector sends it again" in capsys.readouterr().err


def test_probe_of_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert main(["probe", "tcp", "host=127.0.0.1", f"port={port}"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("here/tcp, read in 0.")
    assert "port-open      yes\n" in text
    assert main(["probe", "tcp", "host=127.0.0.1", f"port={free_port()}", "--json"]) == 0
    reading = json.loads(capsys.readouterr().out)
    assert reading["conditions"] == {"reachable": True, "port-open": False}
    assert main(["probe", "tcp", "host=no-such-host.invalid", "port=1", "timeout_s=2"]) == 1
    assert "could not be read: local: no-such-host.invalid" in capsys.readouterr().out


def test_probe_of_this_machine_shows_rates_at_the_second_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "host", "--again", "0.2", "--json"]) == 0
    reading = json.loads(capsys.readouterr().out)
    assert 0 <= reading["metrics"]["cpu_used_ratio"] <= 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tcp", "host=h"], "missing required field `port`"),
        (["tcp", "host=h", "prot=1"], "contains unknown field `prot`"),
        (["tcp", "host"], "write options as key=value"),
        (["tcp", "host=h", "port=70000"], "<= 65535"),
        (["tpc", "host=h"], "no such kind of probe; there are "),
        (["printer-9"], "no kind of probe"),
        (["snmp-interfaces", "host=h", "ports=[1,"], "a list is written"),
    ],
)
def test_a_wrong_probe_says_what_is_right(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", *arguments, "--config", str(tmp_path / "none.toml")]) == 1
    assert expected in capsys.readouterr().err


def test_probe_of_an_assigned_device(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tcp = ProbeOrder("srv-1", "tcp", "tcp", 15, 5, {"host": "127.0.0.1", "port": free_port()})
    assign(config_file, tcp, ProbeOrder("srv-1", "raw", "nonsense", 15, 5))
    where = ["--config", str(config_file)]
    assert main(["probe", "srv-1/tcp", *where]) == 0
    assert capsys.readouterr().out.startswith("srv-1/tcp, read in")
    assert main(["probe", "srv-1", "--json", *where]) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["probe"], second["error"]) == ("tcp", "unsupported")
    assert main(["probe", "srv-2", *where]) == 1
    assert "assigned are srv-1/tcp, srv-1/raw" in capsys.readouterr().err
