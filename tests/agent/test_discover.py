"""``hallwatch-agent discover`` on a small network of fake devices, as people use it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from hallwatch_agent.cli import main
from hallwatch_agent.discover import announcements
from hallwatch_agent.discover.ground import choose_ground
from hallwatch_agent.discover.pace import Pace
from hallwatch_agent.discover.search import Limits, Search
from hallwatch_agent.discover.snmp_talk import ENTERPRISES
from hallwatch_agent.probes.snmp_probe import MIB_2, Oid, Value
from hallwatch_collector.cli import main as run_collector_command
from parts.mosquitto import free_port
from parts.small_network import CAMERA, NET, NUT, PC, PRINTER, QUIET, SWITCH, UPS, Answered, run_small_network

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs the ports of real devices on 127.77.0.x"
)
HEAD = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
classes = [{ id = "advice", name = "咨询", needs = [] }]
windows = [{ id = "w1", number = 1, name = "1号窗口", classes = ["advice"] }]
"""
QUICK = ["--rate", "1000", "--timeout-s", "0.5", "--listen-s", "0"]
EVIL = b'S5720 "]\r\n[[devices]]\nid = "evil" # \xe2\x80\xae'


def switch_values() -> dict[Oid, Value]:
    values: dict[Oid, Value] = {
        (*MIB_2, 1, 1, 0): EVIL,
        (*MIB_2, 1, 2, 0): (*ENTERPRISES, 2011, 2, 23, 276),
        (*MIB_2, 1, 5, 0): b"core\n[[systems]]",
        (*MIB_2, 17, 1, 2, 0): 28,
    }
    for row in range(1, 29):
        name = b"GigabitEthernet0/0/%d" % row
        values |= {
            (*MIB_2, 2, 2, 1, 2, row): name,
            (*MIB_2, 2, 2, 1, 3, row): 6,
            (*MIB_2, 2, 2, 1, 8, row): 1 if row in (2, 24) else 2,
            (*MIB_2, 31, 1, 1, 1, 1, row): name,
            (*MIB_2, 31, 1, 1, 1, 15, row): 1000,
            (*MIB_2, 31, 1, 1, 1, 18, row): b"uplink" if row == 24 else b"",
        }
    return values


PRINTER_VALUES: dict[Oid, Value] = {
    (*MIB_2, 1, 1, 0): b"Pantum",
    (*MIB_2, 1, 2, 0): (*ENTERPRISES, 40093, 1),
    (*MIB_2, 25, 3, 2, 1, 3, 1): "奔图 P3302DN".encode(),
    (*MIB_2, 25, 3, 5, 1, 1, 1): 3,
    (*MIB_2, 43, 5, 1, 1, 1, 1): 7,
}
UPS_VALUES: dict[Oid, Value] = {
    (*MIB_2, 1, 1, 0): b"card",
    (*MIB_2, 1, 2, 0): (*ENTERPRISES, 99_999),
    (*MIB_2, 33, 1, 1, 2, 0): b"C3K",
    (*MIB_2, 33, 1, 2, 1, 0): 2,
}


@pytest.fixture
def network() -> Iterator[Answered]:
    agents = {PRINTER: ("public", PRINTER_VALUES), SWITCH: ("hall", switch_values()), UPS: ("public", UPS_VALUES)}
    with run_small_network(agents) as answered:
        yield answered


def test_a_network_whose_ports_are_taken_leaves_nothing_open(recwarn: pytest.WarningsRecorder) -> None:
    taken = {PRINTER: ("public", PRINTER_VALUES)}
    with run_small_network(taken), pytest.raises(OSError, match="in use"), run_small_network(taken):
        pass
    gc.collect()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "hall-snmp").write_text("hall\n")
    return tmp_path / "secrets"


def test_the_devices_of_a_network_become_a_piece_of_a_hall_file(
    network: Answered, secrets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = ["--community-file", "hall-snmp", "--secrets", str(secrets)]
    assert main(["discover", "--net", NET, *QUICK, *ways, "--json"]) == 0
    found = {one["address"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    kinds = {address: (one["kind"], one["confidence"]) for address, one in found.items()}
    assert kinds.pop(PRINTER) == ("printer", "sure")
    assert kinds.pop(SWITCH) == ("switch", "sure")
    assert kinds.pop(UPS) == ("ups", "sure")
    assert kinds.pop(CAMERA) == ("camera", "likely")
    assert kinds.pop(PC) == ("pc", "likely")
    assert kinds.pop(NUT) == ("server", "guess")
    assert set(kinds.values()) == {("other", "none")}
    assert len(kinds) == 14 - 6
    assert found[PRINTER]["why"] == ["knows the Printer MIB", "sysObjectID", "IPP answers"]
    assert (found[PRINTER]["maker"], found[PRINTER]["model"]) == ("Pantum", "奔图 P3302DN")
    assert {probe["kind"] for probe in found[NUT]["probes"]} == {"tcp", "nut-ups"}
    assert found[SWITCH]["probes"][0] == {"kind": "snmp-interfaces", "host": SWITCH, "community_file": "hall-snmp"}

    assert main(["discover", "--net", NET, *QUICK, *ways]) == 0
    fragment = capsys.readouterr().out
    assert '#   "GigabitEthernet0/0/24",  # uplink, 1000 Mbit/s\n#   "GigabitEthernet0/0/2",' in fragment
    assert f'# id = "dev-{QUIET.rpartition(".")[2]}"' in fragment
    assert fragment.count("\n[[devices]]\n") == 7
    assert "hall\n" not in fragment.replace("hall-snmp", "")
    hall = tmp_path / "xihu.toml"
    hall.write_text(HEAD + fragment, encoding="utf-8")
    assert run_collector_command(["check", str(hall)]) == 0, capsys.readouterr()
    uncommented = fragment.replace("# # ", "## ").partition("# These answer")
    rest = "".join(line.removeprefix("# ") for line in uncommented[2].splitlines(keepends=True)[1:])
    hall.write_text(HEAD + uncommented[0] + rest, encoding="utf-8")
    assert run_collector_command(["check", str(hall)]) == 0, capsys.readouterr()

    output = tmp_path / "new.toml"
    assert main(["discover", "--net", NET, *QUICK, *ways, "--output", str(output)]) == 0
    assert output.read_text("utf-8").partition("\n")[2] == fragment.partition("\n")[2]
    assert main(["discover", "--net", NET, "--output", str(output)]) == 1
    assert "new.toml is there already" in capsys.readouterr().err
    assert main(["discover", "--net", NET, *QUICK, "--halls", str(hall)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert f"0 hosts on {NET}, 14 more are in hall files" in told.err


def test_communities_are_tried_in_turn_and_not_where_nobody_speaks(network: Answered, secrets: Path) -> None:
    ways = ["--community-file", "hall-snmp", "--secrets", str(secrets)]
    assert main(["discover", "--net", NET, *QUICK, *ways]) == 0
    assert "public" not in {community for address, community in network.communities if address == SWITCH}
    asked = [community for address, community in network.communities if address == UPS]
    assert asked[0] == "hall"
    assert asked[-1] == "public"
    assert len(network.communities) < 60


def test_the_watch_tells_what_is_in_no_hall_file(network: Answered, tmp_path: Path) -> None:
    hall = tmp_path / "xihu.toml"
    hall.write_text(f'[[devices]]\nid = "a"\nprobes = [{{ kind = "tcp", host = "{PRINTER}", port = 1 }}]\n')
    command = [
        sys.executable, "-m", "hallwatch_agent", "discover", "--net", "127.77.0.2/31", "--watch", "--halls", str(hall),
        *QUICK,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout
        line = watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        rest, errors = watch.communicate(timeout=10)
    assert f"new  {SWITCH} other" in line  # its community is not known here
    assert (rest, watch.returncode) == ("", 0)
    assert "Traceback" not in errors


def test_the_watch_writes_into_the_file_that_was_named(network: Answered, tmp_path: Path) -> None:
    output = tmp_path / "seen.txt"
    command = [
        sys.executable, "-m", "hallwatch_agent", "discover", "--net", "127.77.0.3/32", "--watch",
        "--output", str(output), *QUICK,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        ends_at = time.monotonic() + 20
        while not (output.exists() and output.read_text("utf-8").endswith("\n")) and time.monotonic() < ends_at:
            threading.Event().wait(0.1)
        watch.send_signal(signal.SIGINT)
        told, _ = watch.communicate(timeout=10)
    assert f"new  {SWITCH} " in output.read_text("utf-8")
    assert told == ""


def test_ctrl_c_prints_what_was_found_so_far(network: Answered) -> None:
    command = [sys.executable, "-m", "hallwatch_agent", "discover", "--net", NET, "--rate", "4", "--listen-s", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as search:
        assert search.stderr
        while " found" not in search.stderr.readline():
            pass
        search.send_signal(signal.SIGINT)
        told, errors = search.communicate(timeout=10)
    assert search.returncode == 1
    assert "stopped early" in told
    assert "127.77.0.1" in told
    assert "there may be more" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--net", "8.8.8.0/24"], "8.8.8.0/24 is not private: say --even-public"),
        (["--net", "10.0.0.0/8"], "too many"),
        (["--net", NET, "--community-file", "none"], "secret none: .* cannot be read"),
        (["--net", NET, "--halls", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
        (["--net", NET, "--output", "/nowhere/new.toml"], "new.toml cannot be made, as there is no folder /nowhere"),
        (["--net", NET, "--output", "/proc"], "/proc is there already"),
    ],
)
def test_what_is_refused_is_said_before_anything_is_sent(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discover", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert pytest.importorskip("re").search(why, told.err)


def test_what_cannot_be_written_after_all_is_not_lost(network: Answered, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "--net", "127.77.0.2/32", *QUICK, "--output", "/proc/new.toml"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("# hallwatch-agent discover")
    assert "1 host on 127.77.0.2/32" in told.err
    assert "cannot be written, so here it is: /proc/new.toml" in told.err


def test_progress_comes_to_its_end(network: Answered) -> None:
    told: list[tuple[str, int, int]] = []
    search = Search(
        choose_ground([NET], [], even_public=False), [], [], Path(), limits=Limits(timeout_s=0.3, listen_s=0),
        pace=Pace(1000, time.monotonic), progress=lambda what, done, total, _: told.append((what, done, total)),
    )  # fmt: skip
    there = asyncio.run(search.look())
    asyncio.run(search.ask(there))
    last = {what: (done, total) for what, done, total in told}
    assert len(last) == 3
    assert all(done == total for done, total in last.values()), last


def test_numbers_out_of_bounds_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--rate", "100000"), ("--rate", "x"), ("--timeout-s", "0"), ("--interval-s", "1")):
        with pytest.raises(SystemExit) as ended:
            main(["discover", option, value])
        assert ended.value.code == 2
        assert "give a number from" in capsys.readouterr().err


def test_the_rate_is_kept_on_the_wire(network: Answered) -> None:
    limits = Limits(timeout_s=0.3, listen_s=0)
    ground = choose_ground([NET], [], even_public=False)
    began_s = time.monotonic()
    search = Search(
        ground, [], [], Path(), limits=limits, pace=Pace(40, time.monotonic), progress=lambda *_: None
    )  # fmt: skip
    there = asyncio.run(search.look())
    assert len(there) == 14
    assert time.monotonic() - began_s >= 13 / 40


def test_announced_services_are_heard() -> None:
    from zeroconf import ServiceInfo, Zeroconf

    port = free_port()
    info = ServiceInfo(
        "_ipp._tcp.local.", "discover test._ipp._tcp.local.", addresses=[bytes([127, 0, 0, 1])], port=port,
        properties={"ty": "EPSON L3250", "usb_MFG": "EPSON", "rp": "ipp/print"}, server="discover-test.local.",
    )  # fmt: skip
    zeroconf = Zeroconf(interfaces=["127.0.0.1"])
    try:
        zeroconf.register_service(info)
        found = asyncio.run(announcements.listen(1.5, ["127.0.0.1"]))
    finally:
        zeroconf.close()
    told = [one for one in found.get("127.0.0.1", []) if one.name == "discover test"]
    assert [(one.service, one.model, one.maker, one.port) for one in told] == [
        ("_ipp._tcp", "EPSON L3250", "EPSON", port)
    ]


def test_this_machine_is_known_as_itself(network: Answered) -> None:
    own = [IPv4Interface("127.77.0.9/28")]
    search = Search(
        choose_ground([NET], [], even_public=False), own, [], Path(), limits=Limits(timeout_s=0.3, listen_s=0),
        pace=Pace(1000, time.monotonic), progress=lambda *_: None,
    )  # fmt: skip
    asyncio.run(search.look())
    assert search.found["127.77.0.9"].is_here
    assert threading.active_count() < 60
