"""The UPS probe against recorded devices: each value right or absent, faults put into the walks, and what is no UPS.

The walks of the PyPI package ``snmpsim-data`` are always used. Further recordings are used when they lie in
``../shared/recordings`` beside the checkout; they may not be copied into this repository.
"""

from __future__ import annotations

import asyncio
import bz2
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hallwatch_agent.probes import Context, CouldNotRead, Told
from hallwatch_agent.probes.power.snmp_ups import SnmpUpsProbe
from hallwatch_agent.wire import ReadError
from parts.snmpsim import rewrite_recording, serve_recordings
from parts.told import note_told

BESIDE = Path(__file__).parents[2].parent / "shared" / "recordings"
READ_SUBTREES = tuple(
    f"1.3.6.1.{subtree}."
    for subtree in ("2.1.1", "2.1.33", *(f"4.1.{maker}" for maker in (
        "318.1.1.1", "476.1.42", "534.1", "705.1", "935", "2011.6.174", "2254", "3808", "4555", "13400",
    )))
)  # fmt: skip

Expected = tuple[str, dict[str, float], set[str]]
"""The MIBs found, all numbers, and the conditions that are known (none of them holds)."""

ALL = {
    "on-battery", "battery-low", "overload", "replace-battery", "communication-lost", "bypass", "output-off",
    "ups-alarm",
}  # fmt: skip
UPSES: dict[str, Expected] = {
    # three phases: the lowest input and the highest load count (UPS-MIB tells one phase and no charge)
    "huawei-gse200m": ("HUAWEI-UPS-MIB, UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.481, "input_v": 234.7}, ALL),
    "eastpower-istars-swv053": (
        "UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.30, "input_v": 234.0, "temperature_c": 36.0}, ALL,
    ),
    # UPS-MIB on the same card: load 0, 238 V, 31 degrees
    "phoenixtec-power": (
        "XPPC-MIB, UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.02, "input_v": 239.0, "temperature_c": 31.5}, ALL,
    ),
    "ingrasys-power-switch": (
        "UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.33, "input_v": 227.0, "temperature_c": 32.0}, ALL,
    ),
    "eaton-93e-80": (
        "MG-SNMP-UPS-MIB, XUPS-MIB, UPS-MIB",
        {"charge_ratio": 1.0, "load_ratio": 0.21, "input_v": 227.0, "temperature_c": 25.0}, ALL,
    ),
    "eaton-9px-partial": (
        "MG-SNMP-UPS-MIB, XUPS-MIB",
        {"charge_ratio": 1.0, "load_ratio": 0.09, "input_v": 243.0, "temperature_c": 24.0}, ALL,
    ),
    "ups-apc-smart1500": (
        "PowerNet-MIB", {"charge_ratio": 1.0, "load_ratio": 0.176, "input_v": 247.6, "temperature_c": 30.0},
        {"on-battery", "replace-battery", "bypass", "output-off"},
    ),
    "ups-eaton-5px": (
        "MG-SNMP-UPS-MIB, UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.59, "input_v": 229.0},
        ALL - {"communication-lost"},
    ),
    "ups-huawei-ups2000": (
        "UPS-MIB", {"charge_ratio": 1.0, "load_ratio": 0.27, "input_v": 233.0, "temperature_c": 21.0},
        {"on-battery", "battery-low", "bypass", "output-off"},
    ),
}  # fmt: skip
NO_UPS: dict[str, tuple[str, ...]] = {
    "UPS": (
        "apc-7902b", "apc-8641", "apc-8932",  # power strips
        "vertiv-power",  # an air conditioner on a UPS maker's card
        "emerson-network-power",  # a UPS by a MIB for which there is no document
    ),
    "network/appliance": ("tripplite-poweralert", "huawei-ism"),  # a power strip that fills two objects of UPS-MIB
    "network/switch": ("h3c-e528-2", "dlink-des3038", "brocade-icx6430-24", "metel-poe-box"),
    "network/router": ("cisco-unmarked-0", "huawei-s5720"),
    "network/firewall": ("topsec-ngfw4000-uf", "sangfor-vad1"),
    "storage": ("isilon-onefs",),
    "bmc": ("hp-onboard-administrator",),
    "os/linux": ("slackware",),
    "os/windows": ("XP",),
}  # fmt: skip

M, E = "1.3.6.1.2.1.33.1", "1.3.6.1.4.1"
HUAWEI, X = f"{E}.2011.6.174.1", f"{E}.534.1"
FAULTS: list[tuple[str, dict[str, str], set[str]]] = [
    ("huawei-gse200m", {f"{HUAWEI}.2.101.1.1.1": "2|4", f"{HUAWEI}.2.101.1.3.1": "2|6"}, {"on-battery"}),
    ("huawei-gse200m", {f"{HUAWEI}.2.101.1.1.1": "2|2"}, {"bypass"}),
    ("huawei-gse200m", {f"{HUAWEI}.12.2.0": "66|3"}, {"ups-alarm"}),
    ("huawei-gse200m", {f"{M}.2.1.0": "2|3"}, {"battery-low"}),
    ("huawei-gse200m", {f"{M}.6.1.0": "66|1", f"{M}.6.2.1.2.1": f"6|{M}.6.3.8"}, {"overload"}),
    ("eastpower-istars-swv053", {f"{M}.4.1.0": "2|5", f"{M}.2.2.0": "2|75"}, {"on-battery"}),
    ("eastpower-istars-swv053", {f"{M}.6.1.0": "2|1", f"{M}.6.2.1.2.1": f"6|{M}.6.3.1"}, {"replace-battery"}),
    ("eastpower-istars-swv053", {f"{M}.6.1.0": "2|1", f"{M}.6.2.1.2.1": f"6|{M}.6.3.20"}, {"communication-lost"}),
    ("eastpower-istars-swv053", {f"{M}.6.1.0": "2|1", f"{M}.6.2.1.2.1": f"6|{M}.6.3.16"}, {"ups-alarm"}),
    ("phoenixtec-power", {f"{E}.935.1.1.1.4.1.1.0": "2|3"}, {"on-battery"}),
    ("phoenixtec-power", {f"{E}.935.1.1.1.2.1.1.0": "2|3"}, {"battery-low"}),
    ("phoenixtec-power", {f"{E}.935.1.1.1.2.2.5.0": "2|2"}, {"replace-battery"}),
    ("eaton-93e-80", {f"{E}.705.1.7.3.0": "2|1", f"{E}.534.1.4.5.0": "2|5"}, {"on-battery"}),
    ("eaton-9px-partial", {f"{E}.705.1.7.3.0": "2|1"}, {"on-battery"}),
    ("eaton-9px-partial", {f"{E}.705.1.5.14.0": "2|1"}, {"battery-low"}),
    ("eaton-9px-partial", {f"{E}.705.1.5.11.0": "2|1"}, {"replace-battery"}),
    ("eaton-9px-partial", {f"{E}.705.1.7.10.0": "2|1"}, {"overload"}),
    ("eaton-9px-partial", {f"{X}.7.1.0": "66|1", f"{X}.7.2.1.2.1": f"6|{X}.7.26"}, {"communication-lost"}),
    ("eaton-9px-partial", {f"{X}.7.1.0": "66|1", f"{X}.7.2.1.2.1": f"6|{X}.7.33"}, {"ups-alarm"}),
    ("eaton-9px-partial", {f"{X}.4.5.0": "2|2"}, {"output-off"}),
    ("ups-apc-smart1500", {f"{E}.318.1.1.1.4.1.1.0": "2|3"}, {"on-battery"}),
    ("ups-apc-smart1500", {f"{E}.318.1.1.1.2.1.1.0": "2|3"}, {"battery-low"}),
    ("ups-apc-smart1500", {f"{E}.318.1.1.1.2.2.4.0": "2|2"}, {"replace-battery"}),
    ("ups-apc-smart1500", {f"{E}.318.1.1.1.11.1.1.0": f"4|000000001{'0' * 55}"}, {"overload"}),
    ("ups-apc-smart1500", {f"{E}.318.1.1.1.8.1.0": "2|2"}, {"communication-lost"}),
    ("ups-huawei-ups2000", {f"{M}.4.1.0": "2|5", f"{M}.2.2.0": "66|60", f"{M}.2.3.0": "66|41"}, {"on-battery"}),
    ("ups-huawei-ups2000", {f"{M}.2.1.0": "66|4"}, {"battery-low"}),
    ("ups-eaton-5px", {f"{E}.705.1.7.4.0": "2|1"}, {"bypass"}),
]  # fmt: skip


def find_walks() -> dict[str, Path]:
    """Return the walks that are here by name."""
    spec = importlib.util.find_spec("snmpsim_data")
    folders = [Path(place) / "data" for place in (spec and spec.submodule_search_locations) or []]
    names = {*UPSES, *(name for some in NO_UPS.values() for name in some)}
    found = {path.name.split(".")[0]: path for folder in folders for path in folder.rglob("*.snmprec*")}
    return {name: path for name, path in found.items() if name in names} | {
        path.stem: path for path in BESIDE.glob("*.snmprec")
    }


WALKS = find_walks()
beside = pytest.mark.skipif(not BESIDE.is_dir(), reason=f"no recordings in {BESIDE}")


def cases(names: list[Any]) -> list[Any]:
    """Mark those that need a recording which is not part of a package."""
    return [
        pytest.param(name, marks=beside if str(name[0] if isinstance(name, tuple) else name).startswith("ups-") else ())
        for name in names
    ]


def walk_of(name: str) -> dict[str, str]:
    """Return what the probe may ask of a walk: type and value by OID."""
    raw = WALKS[name].read_bytes()
    text = (bz2.decompress(raw) if WALKS[name].suffix == ".bz2" else raw).decode("utf-8", "surrogateescape")
    return {
        line.split("|", 1)[0]: line.split("|", 1)[1] for line in text.splitlines() if line.startswith(READ_SUBTREES)
    }


def lines_of(walk: dict[str, str]) -> str:
    cells = sorted(walk.items(), key=lambda cell: tuple(map(int, cell[0].split("."))))
    return "".join(f"{oid}|{value}\n" for oid, value in cells)


def write_walk(path: Path, walk: dict[str, str]) -> None:
    path.write_text(lines_of(walk), errors="surrogateescape")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("recordings")
    for name in WALKS:
        write_walk(folder / f"{name}.snmprec", walk_of(name))
    for number, (name, changed, _) in enumerate(FAULTS):
        if name in WALKS:
            write_walk(folder / f"fault-{number}.snmprec", walk_of(name) | changed)
    with serve_recordings(folder) as address:
        yield address


def read(address: tuple[str, int], community: str, **options: Any) -> Told:
    """Read twice, 15 s apart by the probe's clock; the two agree."""
    probe = SnmpUpsProbe(host=address[0], port=address[1], community_file="community", timeout_s=20.0, **options)
    context = Context(typed={"community": community})

    async def both() -> list[Told]:
        readings = []
        for context.monotonic in (100.0, 115.0):
            readings.append(await probe.read(context))
        return readings

    first, second = asyncio.run(both())
    assert first == second
    return first


def faults(told: Told) -> set[str]:
    return {key for key, value in told.conditions.items() if value} - {"reachable"}


def test_the_walks_are_there() -> None:
    packaged = [name for name in UPSES if not name.startswith("ups-")]
    packaged += [name for some in NO_UPS.values() for name in some]
    assert set(packaged) <= WALKS.keys(), "install snmpsim-data to run these tests"


@pytest.mark.parametrize("name", cases(list(UPSES)))
def test_a_ups(agent: tuple[str, int], name: str) -> None:
    mibs, metrics, known = UPSES[name]
    told = read(agent, name)
    note_told(name, "snmp-ups", told)
    assert told.metrics == pytest.approx(metrics)
    assert told.conditions == {"reachable": True} | dict.fromkeys(known, False)
    assert told.facts["mibs"] == mibs


@pytest.mark.parametrize("name", [name for some in NO_UPS.values() for name in some])
def test_what_is_no_ups(agent: tuple[str, int], name: str) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read(agent, name)
    assert caught.value.error is ReadError.UNSUPPORTED
    note_told(name, "snmp-ups", None, caught.value.note)


@pytest.mark.parametrize("case", cases([(name, number) for number, (name, _, _) in enumerate(FAULTS)]))
def test_a_fault_in_a_walk(agent: tuple[str, int], case: tuple[str, int]) -> None:
    told = read(agent, f"fault-{case[1]}")
    assert faults(told) == FAULTS[case[1]][2]
    if faults(told) != {"communication-lost"}:
        healthy = UPSES[case[0]][1]
        assert {key: told.metrics[key] for key in healthy} == pytest.approx(healthy)


@pytest.mark.parametrize("name", ["huawei-gse200m", "phoenixtec-power", "eaton-9px-partial"])
def test_both_protocol_versions_read_the_same(agent: tuple[str, int], name: str) -> None:
    assert read(agent, name, version="1") == read(agent, name)


def test_the_mibs_are_remembered_for_an_hour(agent: tuple[str, int]) -> None:
    probe = SnmpUpsProbe(host=agent[0], port=agent[1], community_file="community", timeout_s=20.0)
    context = Context(typed={"community": "huawei-gse200m"}, monotonic=100.0)

    async def readings() -> list[Told]:
        told = [await probe.read(context)]
        context.typed["community"] = "phoenixtec-power"  # the card was exchanged: another maker's, with UPS-MIB as well
        for context.monotonic in (200.0, 100.0 + 3600.0):
            told.append(await probe.read(context))
        return told

    mibs = [told.facts["mibs"] for told in asyncio.run(readings())]
    assert mibs == ["HUAWEI-UPS-MIB, UPS-MIB", "UPS-MIB", "XPPC-MIB, UPS-MIB"]


def test_a_power_cut_while_the_agent_watches(tmp_path: Path) -> None:
    """A UPS that counts no seconds on battery: the change of its source tells."""
    mains = walk_of("eastpower-istars-swv053")
    walk = tmp_path / "ups.snmprec"
    rewrite_recording(walk, lines_of(mains))
    with serve_recordings(tmp_path) as (host, port):
        probe = SnmpUpsProbe(host=host, port=port, community_file="community", timeout_s=20.0)
        context = Context(typed={"community": "ups"})
        told = []
        for changed in ({}, {f"{M}.4.1.0": "2|5", f"{M}.2.3.0": "2|25", f"{M}.2.4.0": "2|80"}, {}):
            rewrite_recording(walk, lines_of(mains | changed))
            told.append(asyncio.run(probe.read(context)))
    assert [faults(reading) for reading in told] == [set(), {"on-battery"}, set()]
    assert told[1].metrics["runtime_s"] == 1500.0
