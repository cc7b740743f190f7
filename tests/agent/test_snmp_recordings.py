"""Every SNMP probe against every recording of a real device: each value right or absent, no probe fails as a whole.

The walks of the PyPI package ``snmpsim-data`` are always used. Further recordings are used when they lie in
``../shared/recordings`` beside the checkout; they may not be copied into this repository.
"""

from __future__ import annotations

import asyncio
import bz2
import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.wire import ReadError
from parts.snmpsim import serve_recordings

BESIDE = Path(__file__).parents[2].parent / "shared" / "recordings"
PACKAGED = {
    "UPS": ("huawei-gse200m", "eastpower-istars-swv053", "phoenixtec-power", "ingrasys-power-switch", "eaton-93e-80"),
    "network/switch": ("ruijie-s5750-24gt12sfp", "h3c-e528-1", "zte-zxr10-5250", "dlink-des3038", "cisco-c3560"),
    "network/router": ("huawei-s5720",),
    "os/linux": ("slackware",),
    "os/windows": ("XP",),
}
READ_SUBTREES = tuple(f"1.3.6.1.2.1.{group}." for group in ("1", "2.2", "25.3", "31.1", "33", "43"))
KINDS = ("snmp-printer", "snmp-interfaces", "snmp-ups")


def packaged_recordings() -> dict[str, Path]:
    spec = importlib.util.find_spec("snmpsim_data")
    if spec is None or not spec.submodule_search_locations:
        return {}
    data = Path(spec.submodule_search_locations[0]) / "data"
    paths = {name: data / folder / f"{name}.snmprec.bz2" for folder, names in PACKAGED.items() for name in names}
    return {name: path for name, path in paths.items() if path.is_file()}


RECORDINGS = packaged_recordings() | {path.stem: path for path in sorted(BESIDE.glob("*.snmprec"))}
needs_beside = pytest.mark.skipif(not BESIDE.is_dir(), reason=f"no recordings in {BESIDE}")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("recordings")
    for name, path in RECORDINGS.items():
        raw = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
        lines = [line for line in raw.decode("utf-8", "surrogateescape").splitlines() if line.startswith(READ_SUBTREES)]
        (folder / f"{name}.snmprec").write_text("\n".join(lines) + "\n", errors="surrogateescape")
    with serve_recordings(folder) as address:
        yield address


def read(address: tuple[str, int], recording: str, kind: str, **options: Any) -> list[Told]:
    """Read a recording twice, 15 s apart by the probe's clock."""
    table = {"kind": kind, "host": address[0], "port": address[1], "community_file": "c", "timeout_s": 20.0}
    probe = msgspec.convert(table | options, AnyProbe)
    memory: dict[str, Any] = {}

    async def both() -> list[Told]:
        typed = {"c": recording}
        return [await probe.read(Context(monotonic=at, memory=memory, typed=typed)) for at in (100.0, 115.0)]

    return asyncio.run(both())


def some_ports(recording: str) -> list[str]:
    lines = RECORDINGS[recording]
    raw = bz2.decompress(lines.read_bytes()) if lines.suffix == ".bz2" else lines.read_bytes()
    cells = [line.split("|", 2) for line in raw.decode("utf-8", "replace").splitlines() if line.count("|") >= 2]
    names = [value for oid, tag, value in cells if oid.startswith("1.3.6.1.2.1.2.2.1.2.") and tag == "4" and value]
    return names[:3] or ["GigabitEthernet0/0/1"]


def test_recordings_are_there() -> None:
    assert len(packaged_recordings()) == sum(map(len, PACKAGED.values())), "install snmpsim-data to run these tests"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recording", sorted(RECORDINGS))
def test_every_value_is_real_or_absent(agent: tuple[str, int], recording: str, kind: str) -> None:
    options = {"ports": some_ports(recording)} if kind == "snmp-interfaces" else {}
    try:
        told = read(agent, recording, kind, **options)
    except CouldNotRead as error:
        if error.error is not ReadError.UNSUPPORTED:
            raise
        return
    for reading in told:
        assert reading.conditions["reachable"] is True
        for key, value in reading.metrics.items():
            assert math.isfinite(value), key
            assert value >= 0 or key == "temperature_c", key
            if "_ratio" in key:
                assert value <= 1.0, key
        assert all(isinstance(value, bool) for value in reading.conditions.values())
        msgspec.json.encode(reading)


@pytest.mark.parametrize(
    ("recording", "metrics"),
    [
        ("huawei-gse200m", {"load_ratio": 0.08, "input_v": 236.9}),  # charge -1, tenths of a volt
        ("eastpower-istars-swv053", {"charge_ratio": 1.0, "load_ratio": 0.30, "input_v": 234.0, "temperature_c": 36.0}),
        ("phoenixtec-power", {"charge_ratio": 1.0, "load_ratio": 0.0, "input_v": 238.0, "temperature_c": 31.0}),
        ("ingrasys-power-switch", {"charge_ratio": 1.0, "load_ratio": 0.33, "input_v": 227.0, "temperature_c": 32.0}),
        ("eaton-93e-80", {"charge_ratio": 1.0, "load_ratio": 0.21, "input_v": 227.0, "temperature_c": 25.0}),
    ],
)
def test_a_healthy_ups(agent: tuple[str, int], recording: str, metrics: dict[str, float]) -> None:
    reading = read(agent, recording, "snmp-ups")[0]
    assert reading.metrics == pytest.approx(metrics)
    assert {key for key, value in reading.conditions.items() if value} == {"reachable"}
    assert reading.conditions["on-battery"] is False


@pytest.mark.parametrize("version", ["1", "2c"])
def test_both_protocol_versions_read_the_same(agent: tuple[str, int], version: str) -> None:
    new, old = read(agent, "huawei-gse200m", "snmp-ups"), read(agent, "huawei-gse200m", "snmp-ups", version=version)
    assert new == old


def test_a_print_server_with_many_devices(agent: tuple[str, int]) -> None:
    reading = read(agent, "slackware", "snmp-printer", device_index=1281)[0]
    assert reading.facts["model"] == "ljc"


@needs_beside
@pytest.mark.parametrize(
    ("recording", "metrics", "faults"),
    [
        (
            "prn-hp-m252dw",
            {f"toner_ratio[{colour}]": ratio for colour, ratio in
             {"black": 0.63, "cyan": 0.63, "magenta": 0.88, "yellow": 0.36}.items()},
            set(),
        ),
        ("prn-kyocera-utax", {"toner_ratio[black]": 0.89, "pages_total": 427.0}, set()),
        ("prn-canon-lbp6670", {"toner_ratio[black]": 0.7}, set()),
        ("prn-zebra", {}, set()),
        ("prn-brother-nc8300h", {"supply_ratio[drum-unit]": 11501 / 12000}, set()),  # toner: some left, no share
    ],
)  # fmt: skip
def test_a_printer(agent: tuple[str, int], recording: str, metrics: dict[str, float], faults: set[str]) -> None:
    reading = read(agent, recording, "snmp-printer")[0]
    assert reading.metrics == pytest.approx(metrics)
    assert {key for key, value in reading.conditions.items() if value} == faults | {"reachable"}


@needs_beside
def test_a_bypass_tray_is_not_out_of_paper(agent: tuple[str, int]) -> None:
    conditions = read(agent, "prn-ricoh-mpc3002", "snmp-printer")[0].conditions
    assert conditions["input-low[tray-4]"] is True
    assert "input-empty[bypass-tray]" not in conditions
    assert conditions["input-empty"] is False  # three trays hold paper


@needs_beside
@pytest.mark.parametrize(
    ("recording", "port", "part", "down"),
    [
        ("sw-h3c-a5500", "GigabitEthernet1/0/1", "gi1-0-1", False),
        ("sw-huawei-s5328c", "GigabitEthernet0/0/1", "gi0-0-1", False),
        ("sw-ruijie-s6150", "TFGigabitEthernet 0/1", "tf0-1", True),
        ("sw-tplink-t1600g-28ts", "GigabitEthernet1/0/1", "gi1-0-1", True),
    ],
)
def test_a_port(agent: tuple[str, int], recording: str, port: str, part: str, down: bool) -> None:
    readings = read(agent, recording, "snmp-interfaces", ports=[port])
    told = {key: value for key, value in readings[1].conditions.items() if key != "restarted"}
    assert told == {"reachable": True, "port-missing": False, f"port-down[{part}]": down}
    assert readings[1].metrics[f"receive_bits_per_s[{part}]"] == 0.0  # a recording stands still
    assert f"receive_bits_per_s[{part}]" not in readings[0].metrics


def test_a_port_that_is_not_there_names_those_that_are(agent: tuple[str, int]) -> None:
    with pytest.raises(CouldNotRead, match=r"no port Gi9/9/9; there are: \S+") as caught:
        read(agent, "h3c-e528-1", "snmp-interfaces", ports=["Gi9/9/9"])
    assert caught.value.error is ReadError.UNSUPPORTED


def test_a_wrong_community_is_silence(agent: tuple[str, int]) -> None:
    with pytest.raises(CouldNotRead) as caught:
        read(agent, "no-such-community", "snmp-ups", timeout_s=0.4)
    assert caught.value.error is ReadError.TIMEOUT
