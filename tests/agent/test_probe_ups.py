"""What a UPS says, and what of it is to be believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes.ups_mib import Alarms, Power, judge, parse_alarms, parse_input, parse_power

WELL_KNOWN = (1, 3, 6, 1, 2, 1, 33, 1, 6, 3)
MAINS: dict[str, Any] = {"battery": 2, "on_battery_s": 0, "minutes_left": 40, "charge": 100, "source": 3, "alarms": 0}


def told(said: dict[str, Any], *alarm_numbers: int, power: Power | None = None) -> Any:
    alarms = parse_alarms([(*WELL_KNOWN, number) for number in alarm_numbers], said.get("alarms"), has_table=False)
    power = power or parse_power(Power(), said.get("source"))
    return judge(said, alarms, power, {(1,): 229}, {(1,): 59})


def faults(*args: Any, **more: Any) -> set[str]:
    return {key for key, value in told(*args, **more).conditions.items() if value} - {"reachable"}


def test_on_mains_nothing_is_wrong_and_run_time_is_not_judged() -> None:
    reading = told(MAINS)
    assert faults(MAINS) == set()
    assert reading.metrics == {"charge_ratio": 1.0, "input_v": 229.0, "load_ratio": 0.59}


@pytest.mark.parametrize(
    ("number", "condition"),
    [(1, "replace-battery"), (2, "on-battery"), (3, "battery-low"), (4, "battery-low"), (5, "ups-alarm"),
     (8, "overload"), (9, "bypass"), (13, "ups-alarm"), (20, "communication-lost"), (23, "ups-alarm")],
)  # fmt: skip
def test_alarm_rows(number: int, condition: str) -> None:
    assert faults(MAINS | {"alarms": 1}, number) == {condition}


def test_a_test_that_runs_is_no_fault_but_a_makers_own_alarm_is() -> None:
    assert parse_alarms([(*WELL_KNOWN, 24), (*WELL_KNOWN, 11)], 2, has_table=True) == Alarms()
    assert parse_alarms([(1, 3, 6, 1, 4, 1, 318, 9)], 1, has_table=True) == Alarms(others=("1.3.6.1.4.1.318.9",))


def test_on_battery_the_run_time_counts() -> None:
    reading = told(MAINS | {"source": 5, "on_battery_s": 30, "minutes_left": 12, "charge": 80})
    assert reading.conditions["on-battery"] is True
    assert reading.metrics["runtime_s"] == 720.0
    assert reading.metrics["on_battery_s"] == 30.0


@pytest.mark.parametrize("minutes", [4294967295, 65535, -1])
def test_a_run_time_that_is_not_known_is_absent(minutes: int) -> None:
    reading = told(MAINS | {"source": 5, "on_battery_s": 30, "minutes_left": minutes})
    assert "runtime_s" not in reading.metrics


def test_an_inverter_that_always_runs_from_the_battery_is_not_a_fault_but_the_change_is() -> None:
    inverter = MAINS | {"source": 5}
    assert told(inverter).conditions["on-battery"] is False
    moved = parse_power(parse_power(Power(), 3), 5)
    assert told(inverter, power=moved).conditions["on-battery"] is True
    assert parse_power(moved, 5).switched
    assert not parse_power(moved, 3).switched


def test_seconds_of_the_last_outage_do_not_outweigh_the_mains() -> None:
    assert told(MAINS | {"on_battery_s": 600}).conditions["on-battery"] is False


@pytest.mark.parametrize("battery", [3, 4])
def test_battery_status(battery: int) -> None:
    assert faults(MAINS | {"battery": battery}) == {"battery-low"}


def test_a_card_that_lost_its_ups_tells_nothing_else() -> None:
    reading = told(MAINS | {"alarms": 1}, 20)
    assert reading.conditions == {"reachable": True, "communication-lost": True}
    assert reading.metrics == {}


def test_what_nothing_speaks_of_is_absent() -> None:
    reading = told({"charge": 55})
    assert reading.conditions == {"reachable": True}
    assert reading.metrics["charge_ratio"] == 0.55


def test_an_alarm_table_that_emptied_means_that_nothing_is_wrong() -> None:
    assert parse_alarms([], None, has_table=False) is None
    assert parse_alarms([], None, has_table=True) == Alarms()


@pytest.mark.parametrize(("temperature", "known"), [(-273, False), (0, False), (-1, False), (24, True), (None, False)])
def test_a_sensor_that_is_not_fitted(temperature: int | None, known: bool) -> None:
    assert ("temperature_c" in told(MAINS | {"temperature": temperature}).metrics) is known


@pytest.mark.parametrize(
    ("volts", "lines", "on_battery", "input_v"),
    [
        ([229], None, False, 229.0),
        ([2369], 1, False, 236.9),
        ([238, 0, 0], 1, False, 238.0),
        ([238, 0, 0], None, False, 238.0),
        ([228, 229, 227], 3, False, 227.0),
        ([0], 1, True, 0.0),
        ([0], 1, False, None),
        ([-1], 1, False, None),
    ],
)
def test_input_voltage(volts: list[int], lines: int | None, on_battery: bool, input_v: float | None) -> None:
    column: Any = {(row,): value for row, value in enumerate(volts, 1)}
    assert parse_input(column, lines, on_battery).get("input_v") == input_v


values = st.integers(-(2**33), 2**33) | st.binary(max_size=4) | st.lists(st.integers(0, 99), max_size=12).map(tuple)
columns = st.dictionaries(st.tuples(st.integers(0, 4)), values, max_size=4)


@given(
    st.dictionaries(st.sampled_from([*MAINS, "temperature", "input_lines", "model"]), values),
    st.lists(values, max_size=4), columns, columns,
)  # fmt: skip
def test_whatever_a_ups_says_is_decoded(said: Any, rows: Any, volts: Any, loads: Any) -> None:
    present, source = (value if isinstance(value, int) else None for value in (said.get("alarms"), said.get("source")))
    reading = judge(said, parse_alarms(rows, present, has_table=False), parse_power(Power(), source), volts, loads)
    assert all(value >= 0 for key, value in reading.metrics.items() if key != "temperature_c")
    assert 0 <= reading.metrics.get("charge_ratio", 0) <= 1
