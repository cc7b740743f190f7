"""Health of network gear: what makers' tables say, and what devices say that are in no recording."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.probes.network.health import STANDARDS, VENDORS, sources_for
from hallwatch_agent.probes.network.health.find import Entity, find_points, parse_entities
from hallwatch_agent.probes.network.health.measure import Source, enterprise, oid
from hallwatch_agent.probes.network.health.uptime import WRAP_S, Uptime, parse_uptime
from hallwatch_agent.probes.network.snmp_health import SnmpHealthProbe, decode_points
from hallwatch_agent.probes.snmp_probe import Column, Oid, Value
from hallwatch_agent.wire import MAX_KEYS, ReadError

CPU, MEMORY, WARMTH = "cpu_used_ratio", "memory_used_ratio", "temperature_c"


class Device:
    """A session with a device that has these cells, by their dotted OIDs."""

    def __init__(self, cells: Mapping[str, Value]) -> None:
        self.cells = {oid(dotted): value for dotted, value in cells.items()}
        self.asked: list[tuple[Oid, ...]] = []
        self.walked: list[Oid] = []

    async def __aenter__(self) -> Device:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        self.asked.append(oids)
        return {asked: self.cells[asked] for asked in oids if asked in self.cells}

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        self.walked.append(entry)
        depth = len(entry)
        return {
            column: {
                at[depth + 1 :]: value
                for at, value in sorted(self.cells.items())
                if at[: depth + 1] == (*entry, column)
            }
            for column in columns
        }


class Watched(SnmpHealthProbe, frozen=True, kw_only=True, tag="watched"):
    """The probe on a device that is not on a network."""

    device: Any = None

    def session(self, context: Context) -> Any:
        return self.device


def readings(device: Device, *at_s: float) -> list[Told]:
    probe, context = Watched(host="-", device=device), Context()

    async def read() -> list[Told]:
        told = []
        for context.monotonic in at_s or (0.0,):
            told.append(await probe.read(context))
        return told

    return asyncio.run(read())


def told_by(cells: Mapping[str, Value]) -> Told:
    return readings(Device(cells))[0]


MIB = "1.3.6.1.2.1"
SYS_OBJECT_ID, UPTIME, ENGINE_TIME = f"{MIB}.1.2.0", f"{MIB}.1.3.0", "1.3.6.1.6.3.10.2.1.3.0"
MAKER = "1.3.6.1.4.1"
ENTITY = f"{MIB}.47.1.1.1.1"
HUAWEI = f"{MAKER}.2011.5.25.31.1.1"
VRP = {SYS_OBJECT_ID: enterprise("2011.2.23.600")}


def entity(index: int, kind: int, name: str) -> dict[str, Value]:
    return {f"{ENTITY}.5.{index}": kind, f"{ENTITY}.7.{index}": name.encode()}


def board(index: int, *, cpu: int, memory: int, warmth: int, limits: tuple[int, int, int]) -> dict[str, Value]:
    columns = dict(zip((5, 6, 7, 8, 11, 12), (cpu, limits[0], memory, limits[1], warmth, limits[2]), strict=True))
    return {f"{HUAWEI}.1.1.{column}.{index}": value for column, value in columns.items()}


def test_a_stack_of_huawei_switches_tells_of_each_member() -> None:
    cells = (
        VRP | entity(67108873, 9, "MPU Board 0") | entity(68157449, 9, "MPU Board 1") | entity(67436622, 10, "GE0/0/1")
    )
    cells |= board(67108873, cpu=12, memory=96, warmth=40, limits=(95, 95, 60))
    cells |= board(68157449, cpu=0, memory=30, warmth=66, limits=(95, 95, 65))
    cells |= board(67436622, cpu=0, memory=0, warmth=33, limits=(0, 0, 0))  # a transceiver
    told = told_by(cells)
    assert told.metrics == pytest.approx({
        f"{CPU}[mpu-board-0]": 0.12, f"{MEMORY}[mpu-board-0]": 0.96, f"{WARMTH}[mpu-board-0]": 40,
        f"{CPU}[mpu-board-1]": 0.0, f"{MEMORY}[mpu-board-1]": 0.3, f"{WARMTH}[mpu-board-1]": 66,
    })  # fmt: skip
    holds = {key for key, value in told.conditions.items() if value}
    assert holds == {"reachable", "memory-high[mpu-board-0]", "temperature-high[mpu-board-1]"}


def test_fans_and_power_supplies_that_are_not_there_are_no_fault() -> None:
    fan = {f"{HUAWEI}.10.1.6.0.1": 1, f"{HUAWEI}.10.1.7.0.1": 2, f"{HUAWEI}.10.1.6.0.2": 2, f"{HUAWEI}.10.1.7.0.2": 2}
    power = {f"{HUAWEI}.18.1.5.0.1": 1, f"{HUAWEI}.18.1.6.0.1": 1, f"{HUAWEI}.18.1.5.0.2": 1, f"{HUAWEI}.18.1.6.0.2": 2}
    assert told_by(VRP | fan | power).conditions == {
        "reachable": True,
        "fan-failed": True,
        "power-supply-failed[power-0-1]": False,
        "power-supply-failed[power-0-2]": True,
    }


@pytest.mark.parametrize("root", ["25506.2.6.1.1.1.1", "2011.10.2.6.1.1.1.1", "43.45.1.10.2.6.1.1.1.1"])
def test_h3c_under_each_of_its_numbers(root: str) -> None:
    cells: dict[str, Value] = {SYS_OBJECT_ID: enterprise("25506.11.1.24")}
    cells |= entity(2, 9, "Board") | entity(3, 7, "Fan 1") | entity(4, 6, "PSU 1") | entity(5, 6, "PSU 2")
    for index, error in ((2, 2), (3, 41), (4, 2), (5, 4)):
        row = (
            {6: 10, 8: 50, 12: 65535, 13: 65535, 19: error} if index == 2 else {6: 0, 8: 0, 12: 65535, 13: 0, 19: error}
        )
        cells |= {f"{MAKER}.{root}.{column}.{index}": value for column, value in row.items()}
    told = told_by(cells)
    assert told.metrics == {f"{CPU}[board]": 0.1, f"{MEMORY}[board]": 0.5}
    assert told.conditions == {
        "reachable": True, "fan-failed[fan-1]": True, "power-supply-failed[psu-1]": False
    }  # fmt: skip


def test_h3c_temperatures_that_repeat_the_boards_are_left_out() -> None:
    cells: dict[str, Value] = {SYS_OBJECT_ID: enterprise("25506.1")}
    for index, limit in ((1, 65535), (2, 65535), (9, 55)):
        cells |= {f"{MAKER}.25506.2.6.1.1.1.1.12.{index}": 38, f"{MAKER}.25506.2.6.1.1.1.1.13.{index}": limit}
    assert told_by(cells).metrics == {f"{WARMTH}": 38}


def test_ruijie_power_supply_without_mains() -> None:
    system = f"{MAKER}.4881.1.1.10.2.1.1"
    cells: dict[str, Value] = {SYS_OBJECT_ID: enterprise("4881.1.1.10.1.1")}
    cells |= {f"{system}.41.1.3.1.{number}": state for number, state in ((1, 4), (2, 2), (3, 1))}
    cells |= {f"{system}.44.1.5.1.0.1": 76, f"{system}.44.1.6.1.0.1": 75, f"{system}.44.1.4.1.0.1": b"air_outlet"}
    told = told_by(cells)
    assert told.conditions == {
        "reachable": True,
        "temperature-high[air-outlet]": True,
        "power-supply-failed[power-1-1]": False,
        "power-supply-failed[power-1-2]": True,
    }


def test_zte_cards_in_both_shapes_of_the_mib() -> None:
    card = f"{MAKER}.3902.3.600.2.1.1"
    old = {2: b"MPU", 4: 42, 6: 19, 7: 18, 8: 21}
    new = {1: 5, 2: 1, 3: b"MPU", 4: 1, 5: 4096, 6: 42, 7: 18, 8: 19, 9: 17}
    for shape in (old, new):
        cells = {f"{card}.{column}.0.0.1.0": value for column, value in shape.items()}
        told = told_by({SYS_OBJECT_ID: enterprise("3902.3.600.3.1")} | cells)
        assert told.metrics == {CPU: 0.19, MEMORY: 0.42}


def test_mikrotik_with_either_system() -> None:
    health = f"{MAKER}.14988.1.1.3"
    six = told_by({SYS_OBJECT_ID: enterprise("14988.1"), f"{health}.10.0": 315, f"{health}.15.0": 0})
    assert six.metrics == {WARMTH: 31.5}
    assert six.conditions["power-supply-failed"] is True
    rows: list[tuple[bytes, int, int]] = [(b"cpu-temperature", 47, 1), (b"fan1-speed", 4200, 2), (b"psu1-state", 0, 6)]
    cells: dict[str, Value] = {SYS_OBJECT_ID: enterprise("14988.1")}
    for index, row in enumerate(rows, 17):
        cells |= {f"{health}.100.1.{column}.{index}": value for column, value in zip((2, 3, 4), row, strict=True)}
    seven = told_by(cells)
    assert seven.metrics == {f"{WARMTH}[cpu-temperature]": 47}
    assert seven.conditions == {"reachable": True, "power-supply-failed[psu-1-state]": False}


def test_hillstone_tells_cpu_and_memory() -> None:
    system = f"{MAKER}.28557.2.2.1"
    cells: dict[str, Value] = {f"{system}.3.0": 7, f"{system}.4.0": 4_000_000, f"{system}.5.0": 1_000_000}
    assert told_by({SYS_OBJECT_ID: enterprise("28557.1.1")} | cells).metrics == {CPU: 0.07, MEMORY: 0.25}


@pytest.mark.parametrize(
    ("sensor", "celsius"),
    [
        ((8, 9, 0, 41, 1), 41.0),
        ((8, 9, 1, 415, 1), 41.5),
        ((8, 8, 0, 41_500, 1), 41.5),
        ((8, 9, 0, 41, 2), None),  # unavailable
        ((8, 9, 0, 41, 3), None),  # not operational
        ((10, 9, 0, 41, 1), None),  # turns a minute
        ((8, 9, 0, 0, 1), None),
        ((8, 9, 0, -255, 1), None),
        ((8, 99, 0, 41, 1), None),
    ],
)
def test_a_sensor_of_the_entity_mib(sensor: tuple[int, ...], celsius: float | None) -> None:
    row = dict(enumerate(sensor, 1))
    cells: dict[str, Value] = {f"{MIB}.99.1.1.1.{column}.7": cell for column, cell in row.items()}
    assert told_by(cells | entity(7, 8, "Inlet")).metrics == ({f"{WARMTH}[inlet]": celsius} if celsius else {})


def test_memory_of_a_unix_system_is_what_programs_use() -> None:
    storage = f"{MIB}.25.2.3.1"
    rows: list[tuple[Value, bytes, int, int, int]] = [
        (oid(f"{MIB}.25.2.1.2"), b"Physical memory", 1024, 1000, 900),
        (oid(f"{MIB}.25.2.1.1"), b"Memory buffers", 1024, 1000, 100),
        (oid(f"{MIB}.25.2.1.1"), b"Cached memory", 1024, 500, 300),
        (oid(f"{MIB}.25.2.1.4"), b"/", 4096, 9000, 8000),
    ]
    cells: dict[str, Value] = {f"{MIB}.25.3.3.1.2.{index}": load for index, load in ((1, 10), (2, 30), (3, -1))}
    for index, row in enumerate(rows, 1):
        cells |= {f"{storage}.{column}.{index}": cell for column, cell in enumerate(row, 2)}
    assert told_by(cells).metrics == {CPU: 0.2, MEMORY: 0.5}
    ucd = {f"{MAKER}.2021.4.{column}.0": value for column, value in ((5, 1000), (6, 100), (14, 100), (15, 400))}
    assert told_by(cells | ucd).metrics == {CPU: 0.2, MEMORY: 0.4}


def test_a_device_that_does_not_say_who_made_it_is_known_by_what_answers() -> None:
    tp_link = {f"{MAKER}.11863.6.4.1.1.1.1.3.1": 33, f"{MAKER}.11863.6.4.1.2.1.1.2.1": 44}
    told = told_by({SYS_OBJECT_ID: enterprise("99999.1")} | tp_link)
    assert told.metrics == {CPU: 0.33, MEMORY: 0.44}
    assert told.facts["health-from"] == "tp-link"


def test_only_the_cells_that_count_are_asked_for_between_look_ups() -> None:
    device = Device(VRP | board(9, cpu=12, memory=40, warmth=41, limits=(90, 90, 60)) | {UPTIME: 9_000_000})
    readings(device, 0.0, 60.0)
    walks = len(device.walked)
    assert len(device.asked[-1]) == 4  # sysUpTime and three columns of one row
    readings(device, 0.0, 60.0, 120.0)
    assert len(device.walked) == 2 * walks


def test_a_part_that_has_gone_is_absent_and_looked_for_again() -> None:
    device = Device(VRP | board(9, cpu=12, memory=40, warmth=41, limits=(90, 90, 60)))
    probe, context = Watched(host="-", device=device), Context()
    assert f"{CPU}" in asyncio.run(probe.read(context)).metrics
    device.cells = {at: value for at, value in device.cells.items() if at[-1] != 9}
    device.cells |= Device(board(12, cpu=50, memory=60, warmth=42, limits=(90, 90, 60))).cells
    assert asyncio.run(probe.read(context)).metrics == {}
    assert asyncio.run(probe.read(context)).metrics == {CPU: 0.5, MEMORY: 0.6, WARMTH: 42}


class Odd(Device):
    """Walks one table in circles, and has time for so many questions."""

    circular: Oid = oid(f"{HUAWEI}.10.1")
    patience = 999

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        self.patience -= 1
        if self.patience < 0:
            raise CouldNotRead(ReadError.GARBAGE, "too slow")
        return await super().get(*oids)

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        if entry == self.circular:
            raise CouldNotRead(ReadError.GARBAGE, "the device walks backwards")
        return await super().walk(entry, columns, rows)


def test_a_table_that_is_told_wrongly_costs_only_itself() -> None:
    device = Odd(VRP | board(9, cpu=12, memory=40, warmth=41, limits=(90, 90, 60)))
    assert readings(device)[0].metrics == {CPU: 0.12, MEMORY: 0.4, WARMTH: 41}


def test_a_look_up_without_an_end_is_made_again() -> None:
    device = Odd(VRP | board(9, cpu=12, memory=40, warmth=41, limits=(90, 90, 60)))
    device.patience, device.circular = 1, oid(f"{HUAWEI}.1.1")
    probe, context = Watched(host="-", device=device), Context()
    with pytest.raises(CouldNotRead, match="too slow"):
        asyncio.run(probe.read(context))
    device.patience, device.circular = 999, ()
    assert asyncio.run(probe.read(context)).metrics == {CPU: 0.12, MEMORY: 0.4, WARMTH: 41}


def test_a_device_that_tells_nothing_is_still_reachable() -> None:
    assert told_by({}) == Told({}, {"reachable": True}, {})


def test_the_options() -> None:
    probe = msgspec.convert({"kind": "snmp-health", "host": "10.0.0.1"}, AnyProbe)
    assert probe.interval_s == 60.0


class TestUptime:
    def test_it_went_back(self) -> None:
        device = Device({UPTIME: 100_000_000})
        probe, context = Watched(host="-", device=device), Context()

        def restarted_at(at_s: float, ticks: int) -> bool:
            device.cells[oid(UPTIME)], context.monotonic = ticks, at_s
            return asyncio.run(probe.read(context)).conditions["restarted"]

        assert restarted_at(0.0, 100_000_000) is False
        assert restarted_at(60.0, 3_000) is True
        assert restarted_at(660.0, 63_000) is False
        assert restarted_at(5_000.0, 90_000) is True  # it was away, and started a quarter of an hour ago
        assert restarted_at(5_700.0, 160_000) is False

    def test_an_agent_that_has_just_started_knows_a_device_that_has_too(self) -> None:
        assert told_by({UPTIME: 30_000}).conditions["restarted"] is True

    def test_the_counter_began_anew_after_497_days(self) -> None:
        before = parse_uptime(None, 2**32 - 3_000, None, 0.0)
        after = parse_uptime(before, 3_000, None, 60.0)
        assert after
        assert after.seconds == pytest.approx(WRAP_S + 30)
        assert after.restarted is False

    def test_the_engine_knows_of_the_497_days(self) -> None:
        uptime = parse_uptime(None, 3_000, int(WRAP_S) + 31, 0.0)
        assert uptime
        assert uptime.seconds == int(WRAP_S) + 31

    @pytest.mark.parametrize("engine_s", [0, 40, 5_000_000, 2**31])
    def test_an_engine_that_counts_from_another_moment_is_not_heard(self, engine_s: int) -> None:
        uptime = parse_uptime(None, 100_000_000, engine_s, 0.0)
        assert uptime
        assert uptime.seconds == 1_000_000

    def test_neither_is_told(self) -> None:
        assert parse_uptime(None, 0, None, 0.0) is None
        assert parse_uptime(None, None, None, 0.0) is None


def test_makers_are_known_by_the_whole_of_their_number() -> None:
    assert [source.name for source in sources_for(enterprise("9.1.516"))] == ["cisco"]
    assert sources_for(enterprise("99.1")) == ()
    assert [source.name for source in sources_for(enterprise("2011.10.1"))] == ["huawei", "h3c"]
    assert sources_for(None) == ()


values: st.SearchStrategy[Value] = st.one_of(
    st.integers(-(2**63), 2**64),
    st.integers(-1, 101),
    st.binary(max_size=12),
    st.lists(st.integers(0, 2**32 - 1), max_size=5).map(tuple),
)
indexes: st.SearchStrategy[Oid] = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3), max_size=3).map(tuple)
columns: st.SearchStrategy[Column] = st.dictionaries(indexes, values, max_size=5)


@st.composite
def devices(draw: st.DrawFn, source: Source) -> dict[Oid, dict[int, Column]]:
    asked: dict[Oid, set[int]] = {}
    for measure in source.measures:
        asked.setdefault(measure.table, set()).update(measure.columns)
    return {table: {column: draw(columns) for column in wanted} for table, wanted in asked.items()}


@pytest.mark.parametrize("source", [*VENDORS, *STANDARDS], ids=lambda source: cast("Source", source).name)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_a_device_says_is_decoded_or_absent(source: Source, data: st.DataObject) -> None:
    tables = data.draw(devices(source))
    entities = data.draw(st.dictionaries(st.integers(0, 3), st.builds(Entity, st.text(max_size=5), st.integers(5, 11))))
    points = find_points(source, tables, entities)
    said = {
        (*table, column, *index): value
        for table, wanted in tables.items()
        for column, cells in wanted.items()
        for index, value in cells.items()
    }
    metrics, conditions = decode_points(points, said)
    assert len(metrics.keys() | conditions.keys()) < MAX_KEYS
    assert len({(point.tells, point.part) for point in points}) == len(points)
    for key, value in metrics.items():
        assert 0 <= value <= 1 if "_ratio" in key else -40 < value < 150 and value != 0
    decode_points(points, {at: data.draw(values) for at in said})  # and something else the next time


@given(st.dictionaries(st.sampled_from([2, 5, 7]), columns))
def test_whatever_the_entity_table_says(table: dict[int, Column]) -> None:
    for named in parse_entities(table).values():
        assert isinstance(named.name, str)


@given(
    st.none()
    | st.builds(Uptime, st.floats(0, 1e9), st.floats(0, 1e10), st.integers(0, 9), st.none() | st.floats(0, 1e9)),
    st.none() | st.integers(-(2**40), 2**40),
    st.none() | st.integers(-(2**40), 2**40),
    st.floats(0, 1e9),
)
def test_whatever_the_clocks_say(before: Uptime | None, ticks: int | None, engine_s: int | None, at_s: float) -> None:
    uptime = parse_uptime(before, ticks, engine_s, at_s)
    assert uptime is None or uptime.seconds > 0
