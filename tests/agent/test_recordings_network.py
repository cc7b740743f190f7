"""Network gear as recorded: what snmp-health and snmp-interfaces tell of each walk is right or absent.

The expected values were taken from the walks by the definitions of the MIBs, not from the probes. Walks of the PyPI
package ``snmpsim-data`` are always used, those in ``../shared/recordings`` beside the checkout when they are there.
"""

from __future__ import annotations

import asyncio
import bz2
import importlib.util
import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec
import pytest

from hallwatch_agent.probes import AnyProbe, Context, Told
from hallwatch_agent.probes.network.health import STANDARDS, VENDORS
from hallwatch_agent.probes.network.snmp_health import ENTITY_ENTRY
from hallwatch_agent.probes.network.snmp_interfaces import PORT_OBJECTS
from hallwatch_agent.probes.snmp_probe import Oid
from hallwatch_agent.wire import MAX_KEYS
from parts.snmpsim import serve_recordings
from parts.told import note_told

Address: TypeAlias = tuple[str, int]
BESIDE = Path(__file__).parents[2].parent / "shared" / "recordings"
FOLDERS = ("network/switch", "network/router", "network/firewall", "network/wifi", "network/appliance", "cloud")
LINUX_BOXES = ("sangfor", "unknown-002", "unknown-005", "zte-embsys-cgel")
LEFT_OUT = {
    "network-research-squid",
    "juniper-wlc2800",
    "cisco-ucs-6100",
    "cisco-ucs-6100-k9",
    "juniper-mx960-16-1r6-7-b",
}
"""A proxy and a controller that tell only of themselves; interconnects of 2 million lines; a twin of the -a."""


def _packaged() -> dict[str, Path]:
    spec = importlib.util.find_spec("snmpsim_data")
    if spec is None or not spec.submodule_search_locations:
        return {}
    data = Path(spec.submodule_search_locations[0]) / "data"
    paths = [path for folder in FOLDERS for path in sorted((data / folder).glob("*.snmprec*"))]
    paths += [data / "os" / "linux" / f"{name}.snmprec.bz2" for name in LINUX_BOXES]
    return {path.name.split(".snmprec")[0]: path for path in paths}


PACKAGED = {name: path for name, path in _packaged().items() if name not in LEFT_OUT}
RECORDINGS = PACKAGED | {path.stem: path for pattern in ("sw-*", "rt-*") for path in sorted(BESIDE.glob(pattern))}


def _asked() -> list[Oid]:
    """Return the columns and groups that either probe may ask for: a walk has up to three million other lines."""
    asked = {(*measure.table, column) for source in (*VENDORS, *STANDARDS) for measure in source.measures
             for column in measure.columns}  # fmt: skip
    asked |= {(*ENTITY_ENTRY, column) for column in (2, 5, 7)} | set(PORT_OBJECTS.values())
    asked |= {(1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 6, 3, 10, 2, 1, 3)}
    return sorted(asked | {(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column) for column in (1, 18)})


class Walk:
    """A recording, which is sorted by OID: found in it by halving. Some begin with comments."""

    _LINE = re.compile(rb"^([\d.]+)\|.*\n", re.MULTILINE)

    def __init__(self, path: Path) -> None:
        self._raw = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()

    def lines_below(self, oid: Oid) -> Iterator[bytes]:
        start, end = self._start_of(oid), self._start_of((*oid[:-1], oid[-1] + 1))
        return (line[0] for line in self._LINE.finditer(self._raw, start, end))

    def _start_of(self, oid: Oid) -> int:
        """Return where the first line begins whose OID is not before *oid*."""
        low, high = 0, len(self._raw)
        while low < high:
            middle = self._raw.rfind(b"\n", low, (low + high) // 2) + 1 or low
            line = self._LINE.search(self._raw, middle)
            if line and tuple(map(int, line[1].split(b"."))) < oid:
                low = line.end()
            else:
                high = middle
        return low


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    folder = tmp_path_factory.mktemp("network")
    asked = _asked()
    for name, path in RECORDINGS.items():
        walk = Walk(path)
        (folder / f"{name}.snmprec").write_bytes(b"".join(line for oid in asked for line in walk.lines_below(oid)))
    with serve_recordings(folder) as address:
        yield address


@cache
def read(address: Address, recording: str, kind: str, ports: tuple[str, ...] = ()) -> list[Told]:
    """Read a recording twice, 15 s apart by the probe's clock."""
    table = {"kind": kind, "host": address[0], "port": address[1], "community_file": "c", "timeout_s": 60.0}
    probe = msgspec.convert(table | ({"ports": ports} if ports else {}), AnyProbe)
    context = Context(typed={"c": recording})

    async def both() -> list[Told]:
        readings = []
        for context.monotonic in (100.0, 115.0):
            readings.append(await probe.read(context))
        return readings

    return asyncio.run(both())


class Health(NamedTuple):
    """What a device tells of itself; *more* says that the walk has further rows, whose values are not written here."""

    metrics: dict[str, float]
    holds: set[str] = set()  # noqa: RUF012 - never changed
    more: bool = False


CPU, MEMORY, WARMTH = "cpu_used_ratio", "memory_used_ratio", "temperature_c"
HEALTH: dict[str, Health] = {
    # Huawei: one main board, or the boards of a chassis
    "huawei-s5720": Health({f"{CPU}[mpu-board-0]": 0.38, f"{MEMORY}[mpu-board-0]": 0.07, f"{WARMTH}[mpu-board-0]": 42}),
    "huawei-s12704": Health(
        {f"{CPU}[mpu-board-5]": 0.41, f"{MEMORY}[mpu-board-5]": 0.14, f"{WARMTH}[mpu-board-5]": 34,
         f"{CPU}[lpu-board-1]": 0.16, f"{WARMTH}[lpu-board-4]": 41, f"{MEMORY}[sfu-board-8]": 0.1}, more=True),
    # H3C: under Huawei's number, under its own, and a power supply that has failed
    "h3c-e528-1": Health(
        {f"{CPU}[level-1-virtual-module-1]": 0.49, f"{MEMORY}[level-1-virtual-module-1]": 0.53,
         f"{WARMTH}[level-1-virtual-module-1]": 40, f"{WARMTH}[sensor-1]": 40}, {"restarted"}),
    "h3c-comware-lsq1wcmd0-2509p61": Health(
        {f"{CPU}[level-1-module-1]": 0.21, f"{MEMORY}[level-1-module-1]": 0.39,
         f"{WARMTH}[sensor-1]": 16, f"{WARMTH}[sensor-2]": 37, f"{WARMTH}[sensor-3]": 26}),
    "h3c-wx6103": Health(
        {f"{CPU}[level-1-module-2]": 0.12, f"{MEMORY}[level-1-module-2]": 0.23, f"{WARMTH}[level-1-module-2]": 26},
        {"power-supply-failed[psu-2]"}),
    # Ruijie: per number, per board of two chassis that are stacked
    "ruijie-s5750-24gt12sfp": Health({f"{CPU}[number-1]": 0.45, f"{MEMORY}[number-1]": 0.50}),
    "ruijie-n18010": Health(
        {f"{CPU}[slot-1-m-1-m-18010-cm-ii-cpu-0]": 0.21, f"{MEMORY}[devid-1-slotid-1]": 0.60,
         f"{MEMORY}[devid-2-slotid-31]": 0.27, f"{WARMTH}[switch-1-slot-1-index-1]": 19}, more=True),
    # ZTE: a chassis with the older columns; a small one whose MIB is not public
    "zte-zrx10": Health({f"{CPU}[card-0-0-1-0]": 0.19, f"{MEMORY}[card-0-0-1-0]": 0.42,
                         f"{CPU}[card-0-0-2-1]": 0.18, f"{MEMORY}[card-0-0-2-0]": 0.46}, more=True),
    "zte-zxr10-5250": Health({}),
    # Cisco: IOS with a sensor in the yellow, NX-OS with sensors in thousandths, a chassis of 2004
    "cisco-c3560": Health(
        {CPU: 0.58, f"{MEMORY}[processor]": 22188980 / 75688760, f"{MEMORY}[i-o]": 3640984 / 8388608,
         f"{MEMORY}[driver-text]": 40 / 1048576, f"{WARMTH}[sw-1-sensor-1-yellow]": 61},
        {"temperature-high[sw-1-sensor-1-yellow]"}),
    "cisco-c3750": Health(
        {CPU: 0.64, f"{MEMORY}[processor]": 33385580 / 79716780, f"{MEMORY}[i-o]": 8906084 / 12582912,
         f"{MEMORY}[driver-text]": 40 / 1048576, f"{WARMTH}[gi-1-0-1-module-temperature-sensor]": 41.9,
         f"{WARMTH}[gi-1-0-6-module-temperature-sensor]": 57.9}),
    "cisco-n5000-uk9": Health({CPU: 0.26, MEMORY: 2444132 / 8253856, f"{WARMTH}[module-1-outlet]": 41,
                               f"{WARMTH}[sensor-25821]": 53.222}, more=True),
    "cisco-unmarked-0": Health(
        {CPU: 0.13, f"{MEMORY}[processor]": 8335368 / 59404856, f"{MEMORY}[i-o]": 783972 / 8388608}),
    # others that halls have
    "dcrs-5980-28t-dc": Health({CPU: 0.19, MEMORY: 168411136 / 536870912, WARMTH: 34}),
    "maipu-sm4200-16gef8ge-ac": Health({CPU: 0.22, MEMORY: 86090456 / 268435456, WARMTH: 29}),
    "bdcom-s5612": Health({CPU: 0.38, MEMORY: 0.15}),
    "dlink-des3038": Health({CPU: 0.26}),
    "dlink-des3200": Health({MEMORY: 115908 / 131072, WARMTH: 53}, more=True),  # its CPU varies while it is served
    "hpe-procurve-516733-b21": Health({CPU: 0.97, MEMORY: 22247344 / 268435456}),
    "arista-dcs-7150s-52-cl": Health(
        {MEMORY: (3132868 - 171908 - 2069904) / 3956120, f"{WARMTH}[cpu-temp-sensor]": 28.2}, more=True),
    # firewalls and the like
    "topsec-ngfw4000-uf": Health({CPU: 0.03, MEMORY: 0.33}),
    "fortinet-xcu": Health({CPU: 0.05, MEMORY: 0.19}),
    "venus-vsos-v070060600": Health({CPU: 0.04477612, MEMORY: 0.596}),
    "venus-vsos-v0600r0705b20180507": Health({CPU: 0.01522843, MEMORY: 0.188}),
    "venus-unknown-001": Health({MEMORY: 1 - 1090188 / 2062920}),
    "sangfor": Health({CPU: 0.29}),
    "sangfor-wac": Health({CPU: 0.46}),
    "sangfor-wac-2": Health({CPU: 0.06}),
    "unknown-005": Health({CPU: 0.01}),
    "clavister-amaranten": Health({}),
    "legend-holdings-firewall": Health({}),
    "paloalto-pa-5000": Health(
        {MEMORY: 2796052 / 4053068, f"{WARMTH}[temperature-jaguar-u-172]": 34,
         f"{WARMTH}[temperature-tiger-u-173]": 26}, more=True),
    "juniper-mx960-12-3r6-6": Health(
        {f"{CPU}[routing-engine-0]": 0.29, f"{MEMORY}[routing-engine-0]": 0.08, f"{WARMTH}[pem-0]": 35}, more=True),
    # recordings beside the checkout
    "sw-huawei-s5328c": Health(
        {f"{CPU}[mpu-board-0]": 0.19, f"{MEMORY}[mpu-board-0]": 0.54, f"{WARMTH}[mpu-board-0]": 38}),
    "rt-huawei-ar169": Health(
        {f"{CPU}[sru-board-0]": 0.24, f"{MEMORY}[sru-board-0]": 0.58, f"{WARMTH}[sru-board-0]": 44}),
    "sw-h3c-a5500": Health({f"{CPU}[board]": 0.08, f"{MEMORY}[board]": 0.47, f"{WARMTH}[sensor-1]": 38}),
    "sw-ruijie-s6150": Health(
        {f"{CPU}[slot-0-s-6150-24-vs-8-cq-x]": 0.0, f"{WARMTH}[air-inlet]": 31, f"{WARMTH}[air-outlet]": 37,
         f"{WARMTH}[switch]": 57, f"{WARMTH}[board-1]": 37, f"{WARMTH}[board-2]": 37}),
    "sw-tplink-t1600g-28ts": Health({CPU: 0.9, MEMORY: 0.75}),
}  # fmt: skip

PARTS = {  # fans and power supplies: how many are told to be fine
    "huawei-s5720": (1, 0), "huawei-s12704": (4, 0), "sw-huawei-s5328c": (1, 0),
    "h3c-e528-1": (1, 1), "h3c-wx6103": (1, 1), "ruijie-n18010": (36, 8), "sw-ruijie-s6150": (4, 1),
    "cisco-c3560": (1, 1), "cisco-n5000-uk9": (6, 2), "cisco-unknown-01": (3, 2), "dcrs-5980-28t-dc": (4, 0),
    "dlink-des3200": (0, 1), "hpe-procurve-516733-b21": (1, 2), "arista-dcs-7150s-52-cl": (6, 2),
}  # fmt: skip

PORTS = {  # one that is up, one that is switched on but down
    "aruba-7210": ("GE0/0/0", "GE0/0/1"), "bdcom-s5612": ("GigaEthernet0/1", "GigaEthernet0/7"),
    "brocade-icx6430-24": ("ethernet1/1/1", "ethernet1/1/2"), "brocade-unknown-001": ("eth0", ""),
    "cisco-c3560": ("Gi0/49", "Vl999"), "cisco-n5000-uk9": ("mgmt0", "Ethernet1/8"),
    "cisco-unmarked-0": ("FastEthernet0/1", "fa0/7"), "dcrs-5980-28t-dc": ("Ethernet1/0/5", "Vlan101"),
    "dlink-des3038": ("1/2", "1/1"), "dptech-dpx800-a5": ("tengige0_2_0", "vlan-if1"),
    "fortinet-xcu": ("port1", "port7"), "h3c-comware-7-1-075": ("Ten-GigabitEthernet1/0/0/1", "te1/0/0/7"),
    "h3c-wx6103": ("Ten-GigabitEthernet2/0/1", "M-GigabitEthernet2/0/0"), "hpe-procurve-516733-b21": ("1", "18"),
    "huawei-acu2": ("XGigabitEthernet0/0/1", "MEth0/0/1"), "huawei-s12704": ("XGigabitEthernet3/0/0", "Ethernet0/0/0"),
    "huawei-unknown-002": ("GigabitEthernet5/0/0", "GigabitEthernet0/0/0"),
    "juniper-mx960-16-1r6-7-a": ("ge-0/0/1", "fxp0"),
    "legend-holdings-firewall": ("eth6", "eth3"), "maipu-sm4200-16gef8ge-ac": ("Ethernet1/1", "Ethernet1/2"),
    "paloalto-pa-5000": ("mgmt", "ethernet1/15"), "ruijie-m18000": ("Te1/0/1", ""),
    "ruijie-n18010": ("GigabitEthernet 1/1/1", "GigabitEthernet 1/1/2"), "ruijie-s5750-24gt12sfp": ("Gi0/1", "Gi0/2"),
    "sangfor-vad1": ("eth0", "bond0"), "topsec-ngfw4000-uf": ("bond0", "feth0"), "ubiquiti-m5": ("eth0", "eth1"),
    "venus-unknown-001": ("eth1", "eth0"), "zte-zrx10": ("xgei-0/1/0/1", "mgmt_eth"), "zte-zxr10-5250": ("1/1", "1/2"),
    "rt-huawei-ar169": ("GigabitEthernet0/0/1", "GigabitEthernet0/0/4.11"), "sw-h3c-a5500": ("gi1/0/1", ""),
    "sw-huawei-s5328c": ("GigabitEthernet0/0/1", "MEth0/0/1"), "sw-ruijie-s6150": ("Mg0", "TF0/1"),
    "sw-tplink-t1600g-28ts": ("Vlan-interface1", "port-channel 2"),
}  # fmt: skip
WITHOUT_OCTETS = {"topsec-ngfw4000-uf"}
"""Ports of no told speed with 32-bit counters: how often they wrap nobody knows."""


def recorded(names: Iterable[str]) -> list[str]:
    return [name for name in names if name in RECORDINGS]


def test_recordings_are_there() -> None:
    assert len(PACKAGED) > 60, "install snmpsim-data to run these tests"
    for table in (HEALTH, PARTS, PORTS):
        beside = {name for name in table if name.startswith(("sw-", "rt-"))}
        assert set(table) - beside <= set(PACKAGED)


@pytest.mark.parametrize("recording", sorted(RECORDINGS))
def test_health_is_in_the_range_of_what_can_be(agent: Address, recording: str) -> None:
    first, second = read(agent, recording, "snmp-health")
    note_told(recording, "snmp-health", second, "")
    assert first.metrics.keys() == second.metrics.keys()
    assert len(second.metrics) + len(second.conditions) < MAX_KEYS
    for key, value in second.metrics.items():
        assert math.isfinite(value), key
        assert value >= 0 or key.startswith(WARMTH), key
        assert value <= 1.0 or "_ratio" not in key, key
        assert -40 < value < 150 or not key.startswith(WARMTH), key
    msgspec.json.encode(second)


@pytest.mark.parametrize("recording", recorded(HEALTH))
def test_health(agent: Address, recording: str) -> None:
    told = read(agent, recording, "snmp-health")[0]
    expected = HEALTH[recording]
    metrics = {key: value for key, value in told.metrics.items() if key != "uptime_s"}
    if expected.more:
        metrics = {key: value for key, value in metrics.items() if key in expected.metrics}
    assert metrics == pytest.approx(expected.metrics, rel=1e-4)
    assert {key for key, value in told.conditions.items() if value} == expected.holds | {"reachable"}


@pytest.mark.parametrize("recording", recorded(PARTS))
def test_fans_and_power_supplies(agent: Address, recording: str) -> None:
    conditions = read(agent, recording, "snmp-health")[0].conditions
    fine = [key.partition("[")[0] for key, failed in conditions.items() if not failed]
    assert (fine.count("fan-failed"), fine.count("power-supply-failed")) == PARTS[recording]


@pytest.mark.parametrize("recording", recorded(PORTS))
def test_ports(agent: Address, recording: str) -> None:
    ports = tuple(name for name in PORTS[recording] if name)
    told = read(agent, recording, "snmp-interfaces", ports)[1]
    note_told(recording, "snmp-interfaces", told, "")
    down = [value for key, value in told.conditions.items() if key.startswith("port-down")]
    assert down == [False, True][: len(ports)]
    assert "ports-missing" not in told.facts
    rates = {
        key.partition("[")[0]: value for key, value in told.metrics.items() if key.endswith("_per_s]") or "[" in key
    }
    assert ("receive_bits_per_s" in rates) == (recording not in WITHOUT_OCTETS)
    assert set(rates.values()) <= {0.0}  # a recording stands still


@pytest.mark.parametrize("recording", sorted(set(RECORDINGS) - set(PORTS)))
def test_no_ports_are_named_then_only_the_uptime_is_told(agent: Address, recording: str) -> None:
    told = read(agent, recording, "snmp-interfaces")[0]
    note_told(recording, "snmp-interfaces", told, "")
    assert told.conditions["reachable"] is True
    assert {key.partition("[")[0] for key in told.metrics} <= {"uptime_s"}
