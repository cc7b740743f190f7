"""The host probe: on this machine for real, and its decoding for machines that are not at hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context
from hallwatch_agent.probes.computers.host import (
    CpuSpent,
    HostProbe,
    mount_part,
    name_keys,
    parse_cpu_times,
    parse_cpu_used,
    parse_is_active,
    parse_rates,
    pick_partitions,
    read_windows_services,
)
from hallwatch_agent.wire import MAX_KEY_CHARS


def test_this_machine_tells_its_state() -> None:
    told = HostProbe().read(Context(now=2_000_000_000.0, monotonic=0.0))
    assert 0 < told.metrics["memory_used_ratio"] < 1
    assert 0 < told.metrics["boot_at_s"] < 2_000_000_000.0
    assert told.metrics["uptime_s"] == 2_000_000_000.0 - told.metrics["boot_at_s"]
    assert told.facts["hostname"]
    assert "cpu_used_ratio" not in told.metrics  # a difference, from the second reading on
    if sys.platform != "win32":
        assert 0 < told.metrics["disk_used_ratio[/]"] < 1
        assert told.metrics["disk_free_bytes[/]"] > 0


def test_a_machine_with_many_file_systems_stays_within_a_reading() -> None:
    mounts = [SimpleNamespace(device=f"/dev/{n}", mountpoint=f"/m/{n}", fstype="ext4", opts="") for n in range(900)]
    picked = pick_partitions(mounts, "/")
    assert picked[0] == "/"
    assert len(picked) == 200
    key = f"disk_used_ratio[{mount_part('/var/lib' + '/long' * 100 + '/end')}]"
    assert key.startswith("disk_used_ratio[...")
    assert key.endswith("/end]")
    assert len(key) < MAX_KEY_CHARS


def test_a_named_process_is_seen_running_and_ended(tmp_path: Path) -> None:
    program = tmp_path / "hallwatch-kiosk"
    program.symlink_to("/bin/sleep")
    probe, context = HostProbe(processes=("hallwatch-kiosk", "no-such-program.exe")), Context()
    child = subprocess.Popen([str(program), "60"])
    try:
        told = probe.read(context)
    finally:
        child.kill()
        child.wait(5)
    assert told.conditions["process-running[hallwatch-kiosk]"] is True
    assert told.conditions["process-running[no-such-program]"] is False
    assert told.metrics["processes"] > 1
    assert probe.read(context).conditions["process-running[hallwatch-kiosk]"] is False


def test_services_are_told_or_said_to_be_unreadable() -> None:
    told = HostProbe(services=("no-such-service",)).read(Context())
    if Path("/run/systemd/system").is_dir():
        assert told.conditions["service-running[no-such-service]"] is False
    else:
        assert "systemd" in told.facts["services"]
        assert not [key for key in told.conditions if key.startswith("service-running")]


def test_the_host_probe_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from hallwatch_agent.probes import Context;"
        "from hallwatch_agent.probes.computers.host import HostProbe;"
        "HostProbe().read(Context());"
        "print([m for m in ('asyncio', 'pysnmp', 'pyasn1', 'httpx', 'multiprocessing') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cpu_work_is_what_is_neither_idle_nor_waiting() -> None:
    before = parse_cpu_times({"user": 10.0, "idle": 80.0, "iowait": 10.0, "guest": 5.0})
    after = parse_cpu_times({"user": 13.0, "idle": 86.0, "iowait": 11.0, "guest": 6.0})
    assert parse_cpu_used(before, after) == pytest.approx({"cpu_used_ratio": 0.3})


@pytest.mark.parametrize("before", [None, CpuSpent(100.0, 50.0), CpuSpent(200.0, 50.0), CpuSpent(90.0, 70.0)])
def test_cpu_counters_that_do_not_move_forward_tell_nothing(before: CpuSpent | None) -> None:
    assert parse_cpu_used(before, CpuSpent(100.0, 60.0)) == {}


def test_network_rates_leave_out_interfaces_that_were_not_there_or_started_anew() -> None:
    before = {"eth0": (1000, 500), "eth1": (900, 900)}
    after = {"eth0": (3000, 700), "eth1": (5, 5), "usb0": (10**9, 10**9)}
    assert parse_rates(before, after, 10.0) == {
        "network_receive_bytes_per_s": 200.0,
        "network_transmit_bytes_per_s": 20.0,
    }
    assert parse_rates(before, after, 0.0) == {}
    assert parse_rates({}, after, 10.0) == {}


def test_only_real_file_systems_count_each_once() -> None:
    def mounted(device: str, mountpoint: str, fstype: str, opts: str = "rw") -> Any:
        return SimpleNamespace(device=device, mountpoint=mountpoint, fstype=fstype, opts=opts)

    linux = [
        mounted("/dev/sda2", "/var/lib/bind", "ext4"),
        mounted("/dev/sda2", "/var", "ext4"),
        mounted("/dev/loop0", "/snap/core", "squashfs"),
        mounted("/dev/sr0", "/media/cd", "iso9660"),
    ]
    assert pick_partitions(linux, "/") == ["/", "/var"]
    windows = [mounted("C:\\", "C:\\", "NTFS", "rw,fixed"), mounted("D:\\", "D:\\", "", "cdrom")]
    assert [mount_part(point) for point in pick_partitions(windows, "")] == ["c"]


def test_names_without_a_latin_letter_have_keys_of_their_own() -> None:
    told = HostProbe(processes=("叫号系统.exe", "办税终端.exe", psutil.Process().name())).read(Context())
    running = {key: value for key, value in told.conditions.items() if key.startswith("process-running")}
    assert list(running.values()) == [False, False, True]
    assert list(running)[:2] == ["process-running[process]", "process-running[process-2]"]
    assert len(name_keys("x", [f"{'long' * 20}{n}" for n in range(9)], "y")) == 9
    keys = name_keys("x", ["ssh", "SSH ", "ssh-2", "ssh."], "y").values()
    assert len(set(keys)) == 4


class Service:
    """One of Windows' services, as psutil has it."""

    def __init__(self, state: str) -> None:
        self.status = lambda: state


def test_windows_services() -> None:
    def find(service: str) -> Service:
        if service in said:
            raise said[service]
        return Service({"Spooler": "running", "W32Time": "stopped", "WinDefend": "start_pending"}[service])

    said: dict[str, Exception] = {
        "Gone": psutil.NoSuchProcess(0, "Gone"),
        "Secret": psutil.AccessDenied(0, "Secret"),
        "Odd": OSError(13, "a device that is not functioning", None, 31),
    }
    running, facts = read_windows_services(["Spooler", "W32Time", "WinDefend", *said], find)
    assert running == {
        "service-running[spooler]": True,
        "service-running[w-32-time]": False,
        "service-running[windefend]": False,
        "service-running[gone]": False,
    }
    assert facts == {"services": "not readable: Secret: AccessDenied, Odd: PermissionError"}
    assert read_windows_services(["Spooler"], find) == ({"service-running[spooler]": True}, {})


@pytest.mark.parametrize("name", ["cups*", "-H", "a[b]", "", " a", "a\n"])
def test_a_name_that_is_no_service_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="services"):
        msgspec.convert({"kind": "host", "services": [name]}, AnyProbe)
    assert msgspec.convert({"kind": "host", "services": ["Bonjour Service", "getty@tty1", "s"]}, AnyProbe)


def test_a_mount_point_in_any_encoding_has_a_key() -> None:
    assert mount_part("/media/\udcb1\udcb8 1") == "/media/?? 1"


def test_systemctl_prints_one_state_a_unit() -> None:
    printed = "active\ninactive\nfailed\nactivating\nunknown\n"
    services = ["ssh", "cups.service", "a", "b", "c"]
    assert parse_is_active(services, printed) == {
        "service-running[ssh]": True,
        "service-running[cups-service]": False,
        "service-running[a]": False,
        "service-running[b]": False,
    }
    assert parse_is_active(services, "") == {}


@given(st.lists(st.text(max_size=5), max_size=4), st.text())
def test_whatever_systemctl_prints_is_read(services: list[str], printed: str) -> None:
    assert all(isinstance(value, bool) for value in parse_is_active(services, printed).values())
