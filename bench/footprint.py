"""What the agent costs a hall PC, beside node_exporter and zabbix-agent2 doing the same work in the same run.

    python -m bench.footprint [--seconds 120] [--recordings FOLDER]

Memory is PSS from ``/proc/PID/smaps`` at the end, as it is without this bench beside it; CPU is user and system time
over the measured span, without the start. All three read this machine every 15 s: the agent by its host probe over a
real Mosquitto, node_exporter by scrapes, zabbix-agent2 by passive checks. A second agent also reads 20 SNMP devices,
served by snmpsim, every 15 s.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import snmpsim_data

from hallwatch_agent.wire import Assignment, ProbeOrder
from parts.listener import Listener, listen
from parts.mosquitto import free_port, serve_mosquitto
from parts.snmpsim import serve_recordings
from parts.waiting import wait_until

INTERVAL_S = 15.0
SNMP_DEVICES = 20
LIMITS_MIB = {"agent, host probe": 24.0, f"agent, host + {SNMP_DEVICES} SNMP": 40.0}
YARDSTICK = "node_exporter"
ZABBIX_KEYS = (
    "system.cpu.util",
    "vm.memory.size[available]",
    "vm.memory.size[total]",
    "vfs.fs.size[/,pused]",
    "vfs.fs.size[/,free]",
    'net.if.in["lo"]',
    'net.if.out["lo"]',
    "system.uptime",
    "system.boottime",
    "agent.hostname",
    "system.uname",
)
BUNDLED = {
    "ups-huawei-gse200m": "UPS/huawei-gse200m",
    "ups-phoenixtec": "UPS/phoenixtec-power",
    "ups-eastpower": "UPS/eastpower-istars-swv053",
    "sw-huawei-s5720": "network/router/huawei-s5720",
    "sw-ruijie-s5750": "network/switch/ruijie-s5750-24gt12sfp",
    "sw-h3c-e528": "network/switch/h3c-e528-1",
}


class Cost(NamedTuple):
    """What a process costs."""

    pss_mib: float
    cpu_s_per_min: float


def main() -> int:
    """Measure, print the table, and return 1 when the agent misses its aims."""
    parser = argparse.ArgumentParser(prog="python -m bench.footprint", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="measured span (default: %(default)g)")
    parser.add_argument("--recordings", type=Path, help="folder with .snmprec files (default: from snmpsim-data)")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="footprint-")))
        broker = stack.enter_context(serve_mosquitto())
        listener = stack.enter_context(listen(broker.host, broker.port))
        orders = snmp_orders(stack, options.recordings)
        host = ProbeOrder("pc", "host", "host", INTERVAL_S, 5.0)
        agents = {"agent, host probe": [host], f"agent, host + {SNMP_DEVICES} SNMP": [host, *orders]}
        pids = {
            name: start_agent(stack, folder, broker.port, listener, Assignment(f"a{number}", "bench", probes))
            for number, (name, probes) in enumerate(agents.items())
        }
        port = free_port()
        pids[YARDSTICK] = start(stack, ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"])
        repeat(stack, lambda: scrape(port))
        zabbix_port = free_low_port()
        pids["zabbix-agent2"] = start(stack, ["zabbix_agent2", "-c", str(zabbix_config(folder, zabbix_port))])
        repeat(stack, lambda: ask_zabbix(zabbix_port))
        time.sleep(INTERVAL_S * 1.2)  # noqa: TID251 - all have read at least once
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        seen = len(listener.readings)
        time.sleep(options.seconds)  # noqa: TID251 - the measured span
        costs = {
            name: Cost(pss_mib(pid), (cpu_s(pid) - before[name]) * 60 / options.seconds) for name, pid in pids.items()
        }
        return show(costs, options.seconds, len(listener.readings) - seen)


def show(costs: dict[str, Cost], seconds: float, readings: int) -> int:
    """Print the table; return 1 when the agent misses its aims."""
    yardstick = costs[YARDSTICK]
    print(f"{seconds:g} s, every {INTERVAL_S:g} s a reading; {readings} readings of the agents arrived")
    print(f"{'':28}{'PSS MiB':>9}{'ratio':>7}{'CPU s/min':>11}{'ratio':>7}")
    for name, cost in costs.items():
        cpu_ratio = cost.cpu_s_per_min / yardstick.cpu_s_per_min if yardstick.cpu_s_per_min else float("nan")
        print(
            f"{name:28}{cost.pss_mib:9.1f}{cost.pss_mib / yardstick.pss_mib:7.2f}"
            f"{cost.cpu_s_per_min:11.4f}{cpu_ratio:7.2f}"
        )
    misses = [
        f"{name}: {costs[name].pss_mib:.1f} MiB, aim {aim:g}"
        for name, aim in LIMITS_MIB.items()
        if costs[name].pss_mib > aim
    ]
    if costs["agent, host probe"].cpu_s_per_min > yardstick.cpu_s_per_min:
        misses.append(f"agent, host probe: more CPU than {YARDSTICK}")
    print("\n".join(f"MISSED {miss}" for miss in misses) or "all aims met")
    return 1 if misses or not readings else 0


def snmp_orders(stack: contextlib.ExitStack, recordings: Path | None) -> list[ProbeOrder]:
    """Serve recordings and return 20 probes of them; the kind of device is the beginning of a recording's name."""
    folder = recordings or bundled_recordings(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="snmprec-"))))
    host, port = stack.enter_context(serve_recordings(folder))
    kinds = {"prn": "snmp-printer", "sw": "snmp-interfaces", "rt": "snmp-interfaces", "ups": "snmp-ups"}
    names = sorted(path.stem for path in folder.glob("*.snmprec") if path.stem.partition("-")[0] in kinds)
    orders = []
    for number, name in zip(range(SNMP_DEVICES), itertools.cycle(names), strict=False):
        kind = kinds[name.partition("-")[0]]
        options = {"host": host, "port": port, "community_file": name}
        orders.append(ProbeOrder(f"device-{number}", kind, kind, INTERVAL_S, 5.0, options))
    return orders


def bundled_recordings(folder: Path) -> Path:
    """Unpack some walks of snmpsim-data into *folder*; it has UPSes and switches, but no printers."""
    data = Path(snmpsim_data.__path__[0]) / "data"
    for name, place in BUNDLED.items():
        (folder / f"{name}.snmprec").write_bytes(bz2.decompress((data / f"{place}.snmprec.bz2").read_bytes()))
    return folder


def start_agent(stack: contextlib.ExitStack, folder: Path, port: int, listener: Listener, work: Assignment) -> int:
    """Start an agent and return its process id once its first readings have come."""
    agent = work.agent
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for name in {probe.options["community_file"] for probe in work.probes if "community_file" in probe.options}:
        (secrets / name).write_text(name)  # snmpsim finds a recording by the community
    file = folder / f"{agent}.toml"
    file.write_text(
        f'[identity]\narea = "330106"\nhall = "xihu"\nagent = "{agent}"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
        '[spool]\ndirectory = "spool"\n'
    )
    listener.order(agent, work)
    pid = start(stack, [str(Path(sys.executable).with_name("hallwatch-agent")), "run", "--config", str(file)])
    wait_until(lambda: any(report.agent == agent for report in listener.reports), 20, f"the first report of {agent}")
    return pid


def start(stack: contextlib.ExitStack, command: list[str]) -> int:
    """Start a program for the time of the bench and return its process id."""
    program = shutil.which(command[0]) or shutil.which(command[0], path="/usr/sbin:/usr/bin")
    if program is None:
        raise SystemExit(f"{command[0]} is not there; install: apt-get install prometheus-node-exporter zabbix-agent2")
    process = subprocess.Popen([program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    return process.pid


def repeat(stack: contextlib.ExitStack, ask: Callable[[], None]) -> None:
    """Ask now and then every interval, in a thread."""
    wait_until(lambda: answers(ask), 20, "the other agents")
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(INTERVAL_S):
            ask()

    thread = threading.Thread(target=work)
    thread.start()
    stack.callback(thread.join)
    stack.callback(ended.set)


def answers(ask: Callable[[], None]) -> bool:
    """Tell whether *ask* gets an answer."""
    try:
        ask()
    except OSError:
        return False
    return True


def scrape(port: int) -> None:
    """Do what Prometheus does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        answer.read()


def zabbix_config(folder: Path, port: int) -> Path:
    """Write the least that zabbix-agent2 needs."""
    file = folder / "zabbix_agent2.conf"
    lines = [f"ListenPort={port}", "ListenIP=127.0.0.1", "Server=127.0.0.1", "LogType=file", "Hostname=bench"]
    lines += [
        f"LogFile={folder}/zabbix.log",
        f"PluginSocket={folder}/zabbix.sock",
        f"ControlSocket={folder}/control.sock",
    ]
    file.write_text("\n".join([*lines, ""]))
    return file


def free_low_port() -> int:
    """Return a free port that zabbix-agent2 allows: 1024 to 32767."""
    for port in range(20_000, 32_768):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("no free port from 20000 to 32767")


def ask_zabbix(port: int) -> None:
    """Do what a Zabbix server does with passive checks: one connection an item."""
    for key in ZABBIX_KEYS:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            body = key.encode()
            connection.sendall(b"ZBXD\x01" + struct.pack("<II", len(body), 0) + body)
            if not connection.recv(65_536).startswith(b"ZBXD"):
                raise OSError(f"zabbix-agent2 does not answer {key}")


def pss_mib(pid: int) -> float:
    """Return the proportional set size that the process has when no other program of its language runs.

    This bench and its helpers are Python too and would halve the cost of what they share with an agent. So a file
    counts in full, except the C library, which every process of a machine shares.
    """
    total_kib, shared_by_all = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        word, *rest = line.split()
        if not word.endswith(":"):
            file = rest[4] if len(rest) > 4 else ""
            shared_by_all = not file.startswith("/") or Path(file).name.startswith(("libc.", "libm.", "ld-linux"))
        elif word == ("Pss:" if shared_by_all else "Rss:"):
            total_kib += int(rest[0])
    return total_kib / 1024


def cpu_s(pid: int) -> float:
    """Return user and system time so far, all threads, those that ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
