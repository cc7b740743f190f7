"""The command as people use it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hallwatch_agent.assignment import save_assignment
from hallwatch_agent.cli import main
from hallwatch_agent.config import load_config
from hallwatch_agent.trial import in_words, show
from hallwatch_agent.wire import Assignment, ProbeOrder, Reading
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
    assert "b/x every 5 s  CANNOT RUN: x: kind: 'x' is unknown; there are " in text


def test_check_names_file_key_and_fix(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_file.write_text(TEXT.replace("host=", "hots="))
    assert main(["check", "--config", str(config_file)]) == 1
    assert f"{config_file}: broker.hots: no such key; did you mean 'host'?" in capsys.readouterr().err
    assert main(["run", "--config", str(config_file)]) == 1


def test_check_tells_a_spool_that_cannot_be_made(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_file.write_text(TEXT.replace('"spool"', '"agent.toml/a/spool"'))
    assert main(["check", "--config", str(config_file)]) == 1
    told = capsys.readouterr()
    assert "agent.toml: spool.directory: " in told.err
    assert "cannot be made or written: Not a directory; give the path of a directory" in told.err
    assert "right" not in told.out


def test_check_leaves_no_folder_behind(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_file.write_text(TEXT.replace('"spool"', '"a/b/spool"'))
    assert main(["check", "--config", str(config_file)]) == 0
    assert capsys.readouterr().out.startswith(f"{config_file}: right")
    assert list(config_file.parent.iterdir()) == [config_file]


def test_check_tells_a_secrets_folder_that_is_not_there(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--config", str(config_file)])
    assert "/secrets  NOT THERE: make it if the hall file names secrets\n" in capsys.readouterr().out
    (config_file.parent / "secrets").mkdir()
    main(["check", "--config", str(config_file)])
    assert "/secrets\n" in capsys.readouterr().out


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
        (["tcp", "host=h"], "tcp: key 'port' is missing"),
        (["tcp", "host=h", "prot=1"], "unknown key 'prot'; did you mean 'port'?"),
        (["tcp", "host"], "write options as key=value"),
        (["tcp", "host=h", "port=70000"], "tcp: port: '70000': give a whole number from 1 to 65535\noptions of tcp: "),
        (["tpc", "host=h"], "tpc: no such kind of probe; did you mean 'tcp'?"),
        (["zzz", "host=h"], "no such kind of probe; there are activity, backup, "),
        (["ping", "host=http://h/"], "give a host name or an address, without http://"),
        (["http", "url=http://h/", "expect_status=500"], "'500': give a list in brackets, such as [500]\n"),
        (["ping", "host=192.168.1.999"], "'192.168.1.999': give a host name or an address"),
        (["host", "processes=tax.exe"], "give a list in brackets, such as ['tax.exe']"),
        (["printer-9"], "no kind of probe"),
        (["snmp-interfaces", "host=h", "ports=[1,"], "a list is written"),
        (["tcp", "host=a", "port=1", "host=b"], "host is given twice"),
        (["tcp", "host=a", "port=[" + "9" * 5000 + "]"], "a list is written"),
        (["tcp", "host=http://u:ge/heim@h", "port=1"], "host: 'http://u:…@h': give a host name"),
        (["snmp-printer", "host=h", "community=a", "community_file=b"], "community and community_file are both given"),
    ],
)
def test_a_wrong_probe_says_what_is_right(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", *arguments, "--config", str(tmp_path / "none.toml")]) == 1
    assert expected in capsys.readouterr().err


def test_options_of_a_probe_stand_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    port = f"port={free_port()}"
    assert main(["probe", "tcp", "--json", "host=127.0.0.1", port]) == 0
    assert json.loads(capsys.readouterr().out)["conditions"] == {"reachable": True, "port-open": False}
    assert main(["probe", "--json", "tcp", "host=127.0.0.1", "--again", "0", port]) == 0
    for words in (["probe", "tcp", "host=h", "--jsn"], ["check", "host=h"]):
        with pytest.raises(SystemExit):
            main(words)
        assert f"unrecognized arguments: {words[-1]}" in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"), (0.123456789, "0.1235"), (0.00123456, "0.001235"), (230.0, "230"), (41.25, "41.25"),
        (230.123, "230.1"), (123456.789, "123457"), (1772328600.5, "1772328600"), (2.0e13, "20000000000000"),
        (0.0, "0"), (float("1e-9"), "0"), (7.15e-07, "0.000001"), (-0.00025, "-0.00025"), ("奔图", "奔图"),
    ],
)  # fmt: skip
def test_figures_are_as_many_as_a_person_reads(value: object, words: str) -> None:
    assert in_words(value) == words


def test_what_a_device_says_stays_on_its_line() -> None:
    reading = Reading("prn-3", "snmp-printer", 1.0, 0.1, facts={"model": "P3302\nstopped  no"})
    assert show(reading, as_json=False).splitlines()[1:] == ["  model  P3302\\nstopped  no"]


def test_control_characters_of_a_device_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "tcp", "host=\x1b[2J", "port=1"]) == 1
    told = capsys.readouterr()
    assert "\\x1b[2J" in told.err or "\\u001b[2J" in told.out + told.err
    assert "\x1b" not in told.out + told.err


@pytest.mark.parametrize("again", ["-1", "nan", "3601", ""])
def test_a_second_reading_is_within_the_hour(again: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["probe", "host", f"--again={again}"])
    assert ended.value.code == 2
    assert "give a number from 0 to 3600" in capsys.readouterr().err


@contextmanager
def silent_host() -> Iterator[int]:
    """Give the port of a host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_ctrl_c_ends_a_probe_without_a_traceback() -> None:
    with silent_host() as port:
        words = ["probe", "http", f"url=http://127.0.0.1:{port}/", "timeout_s=30", "--again", "60"]
        command = [sys.executable, "-m", "hallwatch_agent", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as probe:
            with pytest.raises(subprocess.TimeoutExpired):
                probe.wait(2)
            probe.send_signal(signal.SIGINT)
            told, errors = probe.communicate(timeout=10)
    assert (probe.returncode, told, errors) == (130, "", "")


@pytest.mark.parametrize("words", [["probe", "host"], ["probe", "host", "--json"], ["--help"]])
def test_a_reader_that_goes_away_gets_no_traceback(words: list[str]) -> None:
    command = [sys.executable, "-m", "hallwatch_agent", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as told:
        assert told.stdout
        assert told.stderr
        told.stdout.close()
        assert told.stderr.read() == ""
        # Python's own parser of arguments swallows it when help is too long for one buffer.
        assert told.wait(20) in ((0, 141) if words == ["--help"] else (141,))
