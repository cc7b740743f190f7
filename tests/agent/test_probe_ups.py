"""What a UPS says over SNMP, MIB by MIB, and what of it is to be believed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import Told
from hallwatch_agent.probes.power.snmp_ups import expected, maker_number
from hallwatch_agent.probes.power.ups import MIBS, apc, eaton_xups, liebert, ups_mib
from hallwatch_agent.probes.power.ups.apc import parse_flags
from hallwatch_agent.probes.power.ups.said import Cells, Mib, Said
from hallwatch_agent.probes.power.ups.verdict import Power, follow, judge, merge, settle
from hallwatch_agent.probes.snmp_probe import Oid, Value

BY_NAME = {mib.name: mib for mib in MIBS}
HEALTHY: dict[str, dict[str, Any]] = {
    "UPS-MIB": {"battery": 2, "on_battery_s": 0, "minutes_left": 40, "charge": 100, "source": 3, "alarms": 0,
                "input_v": {(1,): 229}, "load": {(1,): 59}},
    "PowerNet-MIB": {"status": 2, "battery": 2, "replace": 1, "communication": 1, "charge_tenths": 1000,
                     "flags": b"0001010000000000001" + b"0" * 45, "load_tenths": 590, "input_v_tenths": 2290},
    "HUAWEI-UPS-MIB": {"method": {(1,): 3}, "battery_state": {(1,): 4}, "charge": {(1,): 100}, "load_a": {(1,): 590},
                       "input_a": {(1,): 2290}, "alarm_count": {(0,): 0}},
    "XUPS-MIB": {"source": 3, "charge": 100, "load": 59, "alarms": 0, "input_v": {(1,): 229}},
    "MG-SNMP-UPS-MIB": {"on_battery": 2, "bypass": 2, "overload": 2, "replace": 2, "battery_low": 2, "charger_fault": 2,
                        "charge": 100, "load": {(1,): 59}, "input_v": {(1,): 2290}},
    "XPPC-MIB": {"status": 2, "battery": 2, "replace": 1, "charge": 100, "load": 59, "input_v_tenths": 2290},
    "CPS-MIB": {"status": 2, "battery": 2, "replace": 1, "charge": 100, "load": 59, "input_v_tenths": 2290},
    "LIEBERT-GP-POWER-MIB": {"source": 3, "battery": 2, "charge": 100,
                             "point": {(1, 1): liebert.SOURCE_1_INPUT, (2, 1): (*liebert.POINTS, 5)},
                             "volts_ln": {(1, 1): 229, (2, 1): 220}, "line_load": {(2, 1): 59}},
    "DeltaUPS-MIB": {"source": 0, "battery": 0, "condition": 0, "charge": 100, "load_1": 59, "input_1": 2290,
                     "alarm_1": 0, "alarm_12": 0, "alarm_18": 0},
    "SOCOMECUPS-MIB": {"source": 9, "battery": 2, "charge": 100, "load": {(1,): 59}, "input_v_tenths": {(1,): 2290}},
}  # fmt: skip
NUMBERS = {"charge_ratio": 1.0, "load_ratio": 0.59, "input_v": 229.0}


def cells_of(mib: Mib, said: dict[str, Any]) -> Cells:
    columns = {key: value for key, value in said.items() if key in mib.columns}
    return Cells({key: value for key, value in said.items() if key in mib.scalars}, columns, frozenset(columns))


def told(mib: str, said: dict[str, Any]) -> Told:
    assert said.keys() <= BY_NAME[mib].scalars.keys() | BY_NAME[mib].columns.keys()
    return judge(BY_NAME[mib].decode(cells_of(BY_NAME[mib], said)))


def faults(reading: Told) -> set[str]:
    return {key for key, value in reading.conditions.items() if value} - {"reachable"}


def flags(*places: int) -> bytes:
    return "".join("1" if place in places else "0" for place in range(1, 65)).encode()


def test_every_mib_is_tried_here() -> None:
    assert set(HEALTHY) == set(BY_NAME)


@pytest.mark.parametrize("mib", BY_NAME)
def test_a_healthy_ups(mib: str) -> None:
    reading = told(mib, HEALTHY[mib])
    assert faults(reading) == set()
    assert reading.conditions["on-battery"] is False
    assert reading.metrics == pytest.approx(NUMBERS)


@pytest.mark.parametrize(
    ("mib", "changed", "expected"),
    [
        ("UPS-MIB", {"source": 5, "on_battery_s": 9}, {"on-battery"}),
        ("UPS-MIB", {"battery": 3}, {"battery-low"}),
        ("UPS-MIB", {"battery": 4}, {"battery-low"}),
        ("UPS-MIB", {"source": 4}, {"bypass"}),
        ("UPS-MIB", {"source": 2}, {"output-off"}),
        ("PowerNet-MIB", {"status": 3}, {"on-battery"}),
        ("PowerNet-MIB", {"status": 15}, set()),  # a battery test
        ("PowerNet-MIB", {"status": 3, "flags": flags(2, 10)}, set()),  # calibrates itself
        ("PowerNet-MIB", {"status": 1, "flags": flags(1, 2, 3, 19)}, {"on-battery", "battery-low"}),
        ("PowerNet-MIB", {"battery": 3}, {"battery-low"}),
        ("PowerNet-MIB", {"battery": 4}, {"replace-battery"}),
        ("PowerNet-MIB", {"replace": 2}, {"replace-battery"}),
        ("PowerNet-MIB", {"flags": flags(4, 5, 9, 19)}, {"replace-battery", "overload"}),
        ("PowerNet-MIB", {"flags": flags(4, 19, 33)}, {"ups-alarm"}),
        ("PowerNet-MIB", {"status": 10}, {"bypass"}),
        ("PowerNet-MIB", {"status": 7}, {"output-off"}),
        ("HUAWEI-UPS-MIB", {"method": {(1,): 4}}, {"on-battery"}),
        ("HUAWEI-UPS-MIB", {"method": {(1,): 3, (2,): 7}}, {"on-battery"}),
        ("HUAWEI-UPS-MIB", {"method": {(1,): 2}}, {"bypass"}),
        ("HUAWEI-UPS-MIB", {"method": {(1,): 1}}, {"output-off"}),
        ("HUAWEI-UPS-MIB", {"battery_state": {(1,): 1}}, {"ups-alarm"}),
        ("HUAWEI-UPS-MIB", {"alarm_count": {(0,): 2}}, {"ups-alarm"}),
        ("XUPS-MIB", {"source": 5}, {"on-battery"}),
        ("XUPS-MIB", {"source": 11}, {"bypass"}),
        ("XUPS-MIB", {"source": 2}, {"output-off"}),
        ("XUPS-MIB", {"low_capacity": 1}, {"battery-low"}),
        ("XUPS-MIB", {"battery_aged": 1}, {"replace-battery"}),
        ("XUPS-MIB", {"battery_absent": 1}, {"ups-alarm"}),
        ("MG-SNMP-UPS-MIB", {"on_battery": 1}, {"on-battery"}),
        ("MG-SNMP-UPS-MIB", {"low_condition": 1}, {"battery-low"}),
        ("MG-SNMP-UPS-MIB", {"battery_low": 1}, {"battery-low"}),
        ("MG-SNMP-UPS-MIB", {"replace": 1}, {"replace-battery"}),
        ("MG-SNMP-UPS-MIB", {"battery_fault": 1}, {"replace-battery"}),
        ("MG-SNMP-UPS-MIB", {"overload": 1}, {"overload"}),
        ("MG-SNMP-UPS-MIB", {"bypass": 1}, {"bypass"}),
        ("MG-SNMP-UPS-MIB", {"charger_fault": 1}, {"ups-alarm"}),
        ("XPPC-MIB", {"status": 3}, {"on-battery"}),
        ("XPPC-MIB", {"battery": 3}, {"battery-low"}),
        ("XPPC-MIB", {"replace": 2}, {"replace-battery"}),
        ("XPPC-MIB", {"status": 6}, {"bypass"}),
        ("XPPC-MIB", {"status": 8}, {"output-off"}),
        ("CPS-MIB", {"status": 3}, {"on-battery"}),
        ("CPS-MIB", {"status": 11}, {"overload"}),
        ("CPS-MIB", {"status": 9}, {"bypass"}),
        ("CPS-MIB", {"status": 6}, {"output-off"}),
        ("CPS-MIB", {"battery": 3}, {"battery-low"}),
        ("CPS-MIB", {"battery": 4}, {"ups-alarm"}),
        ("CPS-MIB", {"replace": 2}, {"replace-battery"}),
        ("LIEBERT-GP-POWER-MIB", {"source": 5}, {"on-battery"}),
        ("LIEBERT-GP-POWER-MIB", {"source": 4}, {"bypass"}),
        ("LIEBERT-GP-POWER-MIB", {"source": 2}, {"output-off"}),
        ("LIEBERT-GP-POWER-MIB", {"battery": 4}, {"battery-low"}),
        ("DeltaUPS-MIB", {"source": 1}, {"on-battery"}),
        ("DeltaUPS-MIB", {"source": 1, "alarm_9": 1}, set()),  # a test
        ("DeltaUPS-MIB", {"source": 5}, {"bypass"}),
        ("DeltaUPS-MIB", {"source": 7}, {"output-off"}),
        ("DeltaUPS-MIB", {"battery": 1}, {"battery-low"}),
        ("DeltaUPS-MIB", {"condition": 1}, {"ups-alarm"}),
        ("DeltaUPS-MIB", {"condition": 2}, {"replace-battery"}),
        ("DeltaUPS-MIB", {"alarm_12": 1}, {"overload"}),
        ("DeltaUPS-MIB", {"alarm_18": 1}, {"ups-alarm"}),
        ("SOCOMECUPS-MIB", {"battery": 5, "source": 2}, {"on-battery"}),
        ("SOCOMECUPS-MIB", {"source": 2, "on_battery_s": 60}, {"on-battery"}),
        ("SOCOMECUPS-MIB", {"on_battery_s": 60}, set()),  # of the last outage
        ("SOCOMECUPS-MIB", {"battery": 3}, {"battery-low"}),
        ("SOCOMECUPS-MIB", {"battery": 6}, {"replace-battery"}),
        ("SOCOMECUPS-MIB", {"source": 7}, {"bypass"}),
        ("SOCOMECUPS-MIB", {"source": 8}, {"output-off"}),
    ],
)  # fmt: skip
def test_a_fault(mib: str, changed: dict[str, Any], expected: set[str]) -> None:
    assert faults(told(mib, HEALTHY[mib] | changed)) == expected


@pytest.mark.parametrize(
    ("mib", "root", "number", "expected"),
    [
        *[("UPS-MIB", ups_mib.ALARMS.root, number, expected) for number, expected in [
            (1, {"replace-battery"}), (2, {"on-battery"}), (3, {"battery-low"}), (4, {"battery-low"}),
            (5, {"ups-alarm"}), (8, {"overload"}), (9, {"bypass"}), (11, {"output-off"}), (13, {"ups-alarm"}),
            (14, {"output-off"}), (20, {"communication-lost"}), (23, {"ups-alarm"}), (24, set()), (99, {"ups-alarm"}),
        ]],
        *[("XUPS-MIB", eaton_xups.ALARMS.root, number, expected) for number, expected in [
            (4, {"battery-low"}), (5, set()), (7, {"overload"}), (8, {"ups-alarm"}), (9, {"battery-low"}),
            (11, {"bypass"}), (13, {"output-off"}), (17, set()), (23, {"replace-battery"}),
            (26, {"communication-lost"}), (28, set()), (32, {"ups-alarm"}), (44, {"bypass"}),
        ]],
    ],
)  # fmt: skip
@pytest.mark.parametrize("behind", [(), (0,)])
def test_an_alarm_row(mib: str, root: Oid, number: int, expected: set[str], behind: Oid) -> None:
    rows = {(1,): (*root, number, *behind)}
    assert faults(told(mib, HEALTHY[mib] | {"alarms": 1, "alarm_rows": rows})) == expected


def test_a_makers_own_alarm_is_told_by_its_oid() -> None:
    reading = told("UPS-MIB", HEALTHY["UPS-MIB"] | {"alarms": 1, "alarm_rows": {(1,): (1, 3, 6, 1, 4, 1, 318, 9)}})
    assert reading.facts["alarms"] == "1.3.6.1.4.1.318.9"
    assert faults(reading) == {"ups-alarm"}


@pytest.mark.parametrize(
    ("mib", "lost"),
    [("PowerNet-MIB", {"communication": 2}), ("DeltaUPS-MIB", {"alarm_1": 1}),
     ("UPS-MIB", {"alarm_rows": {(1,): (*ups_mib.ALARMS.root, 20)}}),
     ("XUPS-MIB", {"alarm_rows": {(1,): (*eaton_xups.ALARMS.root, 26)}})],
)  # fmt: skip
def test_a_card_that_lost_its_ups_tells_nothing_else(mib: str, lost: dict[str, Any]) -> None:
    reading = told(mib, HEALTHY[mib] | lost)
    assert reading.conditions == {"reachable": True, "communication-lost": True}
    assert reading.metrics == {}


# -- run time, seconds, sources ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mib", "on_battery", "times"),
    [
        ("UPS-MIB", {"source": 5, "on_battery_s": 30, "minutes_left": 12, "charge": 80}, (720.0, 30.0)),
        ("PowerNet-MIB", {"status": 3, "on_battery": 3000, "runtime": 72_000}, (720.0, 30.0)),
        ("HUAWEI-UPS-MIB", {"method": {(1,): 4}, "runtime_s": {(1,): 720}}, (720.0, None)),
        ("XUPS-MIB", {"source": 5, "runtime_s": 720}, (720.0, None)),
        ("MG-SNMP-UPS-MIB", {"on_battery": 1, "runtime_s": 720}, (720.0, None)),
        ("XPPC-MIB", {"status": 3, "runtime_s": 720, "on_battery_s": 30}, (720.0, 30.0)),
        ("CPS-MIB", {"status": 3, "runtime": 72_000, "on_battery": 3000}, (720.0, 30.0)),
        ("LIEBERT-GP-POWER-MIB", {"source": 5, "minutes_left": 12}, (720.0, None)),
        ("DeltaUPS-MIB", {"source": 1, "minutes_left": 12, "on_battery_s": 30}, (720.0, 30.0)),
        ("SOCOMECUPS-MIB", {"battery": 5, "minutes_left": 12, "on_battery_s": 30}, (720.0, 30.0)),
    ],
)
def test_on_battery_the_run_time_counts(mib: str, on_battery: dict[str, Any], times: tuple[Any, Any]) -> None:
    metrics = told(mib, HEALTHY[mib] | on_battery).metrics
    assert (metrics.get("runtime_s"), metrics.get("on_battery_s")) == times


@pytest.mark.parametrize("minutes", [2**32 - 1, 2**31 - 1, 65535, -1, 10**6])
def test_a_run_time_that_is_not_known_is_absent(minutes: int) -> None:
    on_battery = HEALTHY["UPS-MIB"] | {"source": 5, "on_battery_s": 30, "minutes_left": minutes}
    assert "runtime_s" not in told("UPS-MIB", on_battery).metrics


def test_on_mains_the_run_time_is_not_judged() -> None:
    assert "runtime_s" not in told("UPS-MIB", HEALTHY["UPS-MIB"]).metrics


def test_an_inverter_that_always_runs_from_the_battery_is_not_a_fault_but_the_change_is() -> None:
    mib = BY_NAME["UPS-MIB"]
    inverter = mib.decode(cells_of(mib, HEALTHY["UPS-MIB"] | {"source": 5}))
    assert judge(settle(inverter, follow(Power(), True))).conditions["on-battery"] is False
    moved = follow(follow(Power(), False), True)
    assert judge(settle(inverter, moved)).conditions["on-battery"] is True
    assert follow(moved, True).switched
    assert not follow(moved, False).switched


def test_seconds_of_the_last_outage_do_not_outweigh_the_mains() -> None:
    assert told("UPS-MIB", HEALTHY["UPS-MIB"] | {"on_battery_s": 600}).conditions["on-battery"] is False


def test_what_nothing_speaks_of_is_absent() -> None:
    assert told("UPS-MIB", {"charge": 55}) == Told({"charge_ratio": 0.55}, {"reachable": True}, {})


def test_an_alarm_table_that_emptied_means_that_nothing_is_wrong() -> None:
    decode = BY_NAME["UPS-MIB"].decode
    assert decode(Cells({"charge": 9})).alarms is None
    assert decode(Cells({"charge": 9}, {"alarm_rows": {}}, {"alarm_rows"})).alarms == ()


@pytest.mark.parametrize(("temperature", "known"), [(-273, False), (0, False), (-1, False), (24, True), (None, False)])
def test_a_sensor_that_is_not_fitted(temperature: int | None, known: bool) -> None:
    assert ("temperature_c" in told("UPS-MIB", HEALTHY["UPS-MIB"] | {"temperature": temperature}).metrics) is known


@pytest.mark.parametrize(
    ("volts", "lines", "on_battery_s", "input_v"),
    [
        ([229], None, 0, 229.0), ([2369], 1, 0, 236.9), ([238, 0, 0], 1, 0, 238.0), ([238, 0, 0], None, 0, 238.0),
        ([228, 229, 227], 3, 0, 227.0), ([0], 1, 9, 0.0), ([0], 1, 0, None), ([-1], 1, 0, None),
    ],
)  # fmt: skip
def test_input_voltage(volts: list[int], lines: int | None, on_battery_s: int, input_v: float | None) -> None:
    said = {"input_v": {(row,): volt for row, volt in enumerate(volts, 1)}, "input_lines": lines, "battery": 2}
    said |= {"source": 5 if on_battery_s else 3, "on_battery_s": on_battery_s}
    assert told("UPS-MIB", said).metrics.get("input_v") == input_v


def test_a_three_phase_apc_tells_the_phases_of_its_first_input() -> None:
    volts = {(1, 1, 1): 231, (1, 1, 2): 228, (1, 1, 3): 230, (2, 1, 1): 12}
    said = {"status": 2, "input_v_tenths": -1, "phase_input_v": volts, "phase_load": {(1, 1, 1): 21, (1, 1, 2): 35}}
    assert told("PowerNet-MIB", said).metrics == {"input_v": 228.0, "load_ratio": 0.35}


@pytest.mark.parametrize(
    "said",
    [
        {"charge_tenths": -1, "charge": 87}, {"charge_tenths": 0, "charge": 87}, {"charge": 87},
        {"charge_tenths": 870, "charge": 86},
    ],
)  # fmt: skip
def test_an_apc_without_tenths(said: dict[str, Any]) -> None:
    assert told("PowerNet-MIB", said).metrics == {"charge_ratio": 0.87}


@pytest.mark.parametrize("said", [{"load": 0}, {"load_tenths": 0, "load": 0}, {"load_tenths": 0}])
def test_an_apc_without_load(said: dict[str, Any]) -> None:
    assert told("PowerNet-MIB", said).metrics == {"load_ratio": 0.0}


@pytest.mark.parametrize(("states", "places"), [("", None), ("UNKNOWN" * 5, None), ("10" * 32, set(range(1, 65, 2)))])
def test_apc_flags(states: str, places: set[int] | None) -> None:
    assert parse_flags(states) == places


# -- several MIBs ------------------------------------------------------------------------------------------------------


def test_the_makers_word_counts_and_the_standard_fills_its_gaps() -> None:
    merged = merge([Said(charge_ratio=0.9, on_battery=False), Said(charge_ratio=0.1, on_battery=True, load_ratio=0.5)])
    assert (merged.charge_ratio, merged.on_battery, merged.load_ratio) == (0.9, False, 0.5)


def test_a_lost_link_a_test_and_alarms_count_whoever_tells_them() -> None:
    merged = merge(
        [Said(communication_lost=False, alarms=()), Said(communication_lost=True, alarms=("a",), testing=True)]
    )
    assert (merged.communication_lost, merged.alarms, merged.testing) == (True, ("a",), True)
    assert merge([Said(), Said()]).alarms is None


@pytest.mark.parametrize(
    ("sys_object_id", "names"),
    [
        ((1, 3, 6, 1, 4, 1, 318, 1, 3, 27), ["PowerNet-MIB", "UPS-MIB"]),
        ((1, 3, 6, 1, 4, 1, 705, 1), ["MG-SNMP-UPS-MIB", "XUPS-MIB", "UPS-MIB"]),
        ((1, 3, 6, 1, 4, 1, 8072, 3, 2, 10), list(BY_NAME)),  # names its operating system
        ((1, 3, 6, 1, 4, 1), list(BY_NAME)),
        (b"318", list(BY_NAME)),
        (None, list(BY_NAME)),
    ],
)
def test_where_to_look(sys_object_id: Value | None, names: list[str]) -> None:
    assert [mib.name for mib in expected(sys_object_id)] == names


# -- whatever comes ----------------------------------------------------------------------------------------------------

values = (
    st.integers(-(2**33), 2**33) | st.integers(-2, 12) | st.binary(max_size=4) | st.sampled_from([b"1" * 64, b"0" * 64])
    | st.lists(st.integers(0, 99), max_size=12).map(tuple)
    | st.integers(0, 60).map(lambda number: (*ups_mib.ALARMS.root, number))
    | st.integers(0, 60).map(lambda number: (*eaton_xups.ALARMS.root, number))
)  # fmt: skip
columns = st.dictionaries(st.lists(st.integers(0, 4), max_size=3).map(tuple), values, max_size=4)


@st.composite
def mibs_and_cells(draw: st.DrawFn) -> tuple[Mib, Cells]:
    mib = draw(st.sampled_from(MIBS))
    scalars = draw(st.dictionaries(st.sampled_from([*mib.scalars] or ["none"]), values))
    tables = draw(st.dictionaries(st.sampled_from([*mib.columns] or ["none"]), columns))
    return mib, Cells(scalars, tables, frozenset(tables))


@given(st.lists(mibs_and_cells(), min_size=1, max_size=3))
def test_whatever_a_ups_says_is_decoded(answers: list[tuple[Mib, Cells]]) -> None:
    reading = judge(merge([settle(mib.decode(cells), Power(True, True)) for mib, cells in answers]))
    assert all(value >= 0 for key, value in reading.metrics.items() if key != "temperature_c")
    assert 0 <= reading.metrics.get("charge_ratio", 0) <= 1
    assert all(isinstance(value, bool) for value in reading.conditions.values())
    msgspec.json.encode(reading)


@given(values)
def test_any_sys_object_id_leads_somewhere(value: Value) -> None:
    assert maker_number(value) >= 0
    assert BY_NAME["UPS-MIB"] in expected(value)


def test_no_mib_asks_for_what_is_not_its_own() -> None:
    for mib in MIBS:
        for oid in (*mib.scalars.values(), *mib.columns.values()):
            assert oid[:7] == ups_mib.UPS[:7] or oid[6] in mib.enterprises, mib.name
        assert mib.signs <= mib.scalars.keys() | mib.columns.keys()
        assert len(set(mib.scalars.values())) == len(mib.scalars)
    assert apc.POWERNET_MIB in MIBS
