"""What it costs to watch a hall's network and printers over SNMP, beside net-snmp's own tools on the same reads.

    python -m bench.snmp [--seconds 300]

One agent reads 20 switches, 28 ports of each, and 60 printers, all every 30 s. The devices are made up here and served
by snmpsim; the agent is the real process, with a real Mosquitto. Its CPU is user and system time over the measured
span, after the first two cycles; supplies of the printers fall due once in 300 s. The yardsticks read the values of a
cycle with net-snmp's tools, which are in C: a table's columns walked one by one with ``snmpbulkwalk``, and in as few
processes as there may be with ``snmpbulkget``. Their costs are mostly those of starting processes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.footprint import cpu_s, start_agent
from hallwatch_agent.wire import Assignment, ProbeOrder
from parts.listener import Listener, listen
from parts.mosquitto import serve_mosquitto
from parts.snmpsim import serve_recordings

SWITCHES, PORTS, PRINTERS = 20, 28, 60
INTERVAL_S = 30.0
TIMEOUT_S = 25.0
"""All devices are one snmpsim, which takes some seconds to answer the questions to eighty."""
LIMIT = 0.06
"""Of a core."""
CYCLES = 3
"""Of the yardstick."""

IF_TABLE, IF_X_TABLE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
PORT_COLUMNS = [f"{IF_TABLE}.{column}" for column in (7, 8, 13, 14, 19, 20)] + [f"{IF_X_TABLE}.{c}" for c in (6, 10)]
"""State, errors, discards, and octets counted with 64 bits: what is read of a port in every cycle."""
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
PRINTER_STATUS = ["1.3.6.1.2.1.25.3.2.1.5.1", "1.3.6.1.2.1.25.3.5.1.1.1", "1.3.6.1.2.1.25.3.5.1.2.1"]
ALERT_COLUMNS = [f"1.3.6.1.2.1.43.18.1.1.{column}" for column in (2, 4, 5, 7, 8)]


class Command(NamedTuple):
    """One process of the yardstick."""

    community: str
    program: str
    options: list[str]
    objects: list[str]


def main() -> int:
    """Measure, print, and return 1 when the agent misses its aim."""
    parser = argparse.ArgumentParser(prog="python -m bench.snmp", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="measured span (default: %(default)g)")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="snmp-")))
        recordings = folder / "recordings"
        recordings.mkdir()
        write_recordings(recordings)
        host, port = stack.enter_context(serve_recordings(recordings))
        broker = stack.enter_context(serve_mosquitto())
        listener = stack.enter_context(listen(broker.host, broker.port))
        pid = start_agent(stack, folder, broker.port, listener, Assignment("gw", "bench", orders(host, port)))
        time.sleep(2 * INTERVAL_S)  # noqa: TID251 - everything has been read in full
        before, began, seen = cpu_s(pid), time.monotonic(), len(listener.readings)
        time.sleep(options.seconds)  # noqa: TID251 - the measured span
        share = (cpu_s(pid) - before) / (time.monotonic() - began)
        check_readings(listener, seen)
        costs = {"agent": share} | {
            name: sum(measure_net_snmp(commands(), host, port) for _ in range(CYCLES)) / CYCLES / INTERVAL_S
            for name, commands in YARDSTICKS.items()
        }
        return show(costs, options.seconds, len(listener.readings) - seen)


def show(costs: dict[str, float], seconds: float, readings: int) -> int:
    """Print the result; return 1 when the agent is above its limit."""
    print(f"{SWITCHES} switches of {PORTS} ports and {PRINTERS} printers every {INTERVAL_S:g} s")
    print(f"measured over {seconds:g} s; {readings} readings arrived")
    print(f"{'':36}{'CPU s/min':>11}{'of a core':>11}{'ratio':>7}")
    for name, cost in costs.items():
        print(f"{name:36}{cost * 60:11.3f}{cost:11.2%}{cost / costs[WALKS]:7.2f}")
    share = costs["agent"]
    print("all aims met" if share < LIMIT else f"MISSED agent: {share:.2%} of a core, aim {LIMIT:.0%}")
    return share >= LIMIT


def check_readings(listener: Listener, since: int) -> None:
    """Make sure that what was measured is work done: every device read, with all it has."""
    readings = listener.readings[since:]
    if failed := [reading for reading in readings if reading.error is not None]:
        raise SystemExit(f"{len(failed)} readings failed, the first: {failed[0].device}: {failed[0].note}")
    if len({reading.device for reading in readings}) != SWITCHES + PRINTERS:
        raise SystemExit(f"only {len({reading.device for reading in readings})} devices were read")
    rates = [len(reading.metrics) for reading in readings if reading.device.startswith("sw")]
    if min(rates) < 6 * PORTS:
        raise SystemExit(f"a switch told {min(rates)} metrics of {6 * PORTS}")


def orders(host: str, port: int) -> list[ProbeOrder]:
    """Return the probes of the hall."""

    def order(device: str, kind: str, recording: str, **more: object) -> ProbeOrder:
        options = {"host": host, "port": port, "community_file": recording, "retries": 0} | more
        return ProbeOrder(device, kind, kind, INTERVAL_S, TIMEOUT_S, options)

    names = [f"GE0/0/{number}" for number in range(1, PORTS + 1)]
    switches = [order(f"sw-{number}", "snmp-interfaces", "switch", ports=names) for number in range(SWITCHES)]
    return switches + [order(f"prn-{number}", "snmp-printer", "printer") for number in range(PRINTERS)]


def write_recordings(folder: Path) -> None:
    """Write a switch whose counters grow, and a printer with four toners, two trays and no trouble."""
    for name, lines in (("switch", switch_lines()), ("printer", printer_lines())):
        ordered = sorted(lines, key=lambda line: [int(number) for number in line.partition("|")[0].split(".")])
        (folder / f"{name}.snmprec").write_text("\n".join([*ordered, ""]))


def switch_lines() -> Iterator[str]:
    """Yield a switch in the words of SNMPv2-MIB and IF-MIB."""
    yield "1.3.6.1.2.1.1.1.0|4|A switch of 28 ports"
    yield f"{SYS_UPTIME}|67:numeric|rate=100,initial=100000000"
    yield "1.3.6.1.2.1.1.5.0|4|sw"
    for port in range(1, PORTS + 1):
        yield f"{IF_TABLE}.2.{port}|4|GigabitEthernet0/0/{port}"
        yield f"{IF_TABLE}.5.{port}|66|1000000000"
        for column in (7, 8):
            yield f"{IF_TABLE}.{column}.{port}|2|1"
        for column in (10, 13, 14, 16, 19, 20):
            yield f"{IF_TABLE}.{column}.{port}|65|{column * port}"
        yield f"{IF_X_TABLE}.1.{port}|4|GE0/0/{port}"
        for column in (6, 10):
            yield f"{IF_X_TABLE}.{column}.{port}|70|{10**13 * port}"
        yield f"{IF_X_TABLE}.15.{port}|66|1000"
        yield f"{IF_X_TABLE}.18.{port}|4|"


def printer_lines() -> Iterator[str]:
    """Yield a printer in the words of HOST-RESOURCES-MIB and Printer-MIB."""
    yield "1.3.6.1.2.1.1.1.0|4|A laser printer"
    yield "1.3.6.1.2.1.25.3.2.1.2.1|6|1.3.6.1.2.1.25.3.1.5"
    yield "1.3.6.1.2.1.25.3.2.1.3.1|4|A laser printer"
    for oid, value in zip(PRINTER_STATUS, ("2|2", "2|3", "4x|00"), strict=True):
        yield f"{oid}|{value}"
    for tray in (1, 2):
        cells = {2: "2|4", 9: "2|250", 10: "2|180", 13: f"4|Tray {tray}", 18: f"4|Tray {tray}"}
        for column, value in cells.items():
            yield f"1.3.6.1.2.1.43.8.2.1.{column}.1.{tray}|{value}"
    yield "1.3.6.1.2.1.43.10.2.1.3.1.1|2|7"
    yield "1.3.6.1.2.1.43.10.2.1.4.1.1|65|48210"
    for number, colour in enumerate(("black", "cyan", "magenta", "yellow"), 1):
        cells = {3: f"2|{number}", 4: "2|3", 5: "2|3", 6: f"4|{colour} cartridge", 7: "2|19", 8: "2|100", 9: "2|63"}
        for column, value in cells.items():
            yield f"1.3.6.1.2.1.43.11.1.1.{column}.1.{number}|{value}"
        yield f"1.3.6.1.2.1.43.12.1.1.4.1.{number}|4|{colour}"
    alert = {2: "2|3", 4: "2|5", 5: "2|1", 7: "2|1102", 8: "4|"}
    for column, value in alert.items():
        yield f"1.3.6.1.2.1.43.18.1.1.{column}.1.1|{value}"


def measure_net_snmp(commands: Iterator[Command], host: str, port: int) -> float:
    """Run the commands; return the CPU seconds of all their processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"MIBS": ""}
    for community, program, options, objects in commands:
        words = [program, "-v2c", "-c", community, "-t", f"{TIMEOUT_S:g}", "-Oqn", *options, f"{host}:{port}", *objects]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def walk_columns() -> Iterator[Command]:
    """Yield a process for each column of each device."""
    for _ in range(SWITCHES):
        yield Command("switch", "snmpget", [], [SYS_UPTIME])
        for column in PORT_COLUMNS:
            yield Command("switch", "snmpbulkwalk", [f"-Cr{PORTS}"], [column])
    for _ in range(PRINTERS):
        yield Command("printer", "snmpget", [], PRINTER_STATUS)
        for column in ALERT_COLUMNS:
            yield Command("printer", "snmpbulkwalk", ["-Cr2"], [column])


def get_in_bulk() -> Iterator[Command]:
    """Yield processes that each ask for as many values as one answer of snmpsim holds (64)."""
    for _ in range(SWITCHES):
        yield Command("switch", "snmpget", [], [SYS_UPTIME])
        for at in range(0, len(PORT_COLUMNS), 2):
            yield Command("switch", "snmpbulkget", ["-Cn0", f"-Cr{PORTS}"], PORT_COLUMNS[at : at + 2])
    for _ in range(PRINTERS):
        yield Command("printer", "snmpget", [], PRINTER_STATUS)
        yield Command("printer", "snmpbulkget", ["-Cn0", "-Cr2"], ALERT_COLUMNS)


WALKS = "snmpget, snmpbulkwalk a column"
YARDSTICKS = {WALKS: walk_columns, "snmpget, snmpbulkget": get_in_bulk}


if __name__ == "__main__":
    raise SystemExit(main())
