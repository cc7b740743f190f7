"""Ports that matter: found by name, judged by state, counted by differences."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.probes.network.port_names import Port, find_ports
from hallwatch_agent.probes.network.snmp_interfaces import (
    MAX_PORTS,
    Counters,
    SnmpInterfacesProbe,
    parse_counters,
    parse_rates,
    parse_state,
)
from hallwatch_agent.wire import MAX_KEYS

PORT = Port(7, "GigabitEthernet0/0/1", "gi0-0-1")
GIGABIT = 1e9
PACKETS = dict.fromkeys(("in_errors", "out_errors", "in_discards", "out_discards"), 0)


def counters(at_s: float, octets: int, *, wide: bool = True, ticks: int | None = None, **more: Any) -> Counters:
    more = {"speed_bits_per_s": GIGABIT, "packets": {}} | more
    return Counters(at_s, ticks, receive_octets=octets, transmit_octets=octets, wide=wide, **more)


@pytest.mark.parametrize(
    ("admin", "oper", "down"),
    [
        (1, 1, False),
        (1, 2, True),
        (1, 7, True),
        (1, 6, True),
        (2, 2, False),
        (1, 4, None),
        (1, 5, None),
        (None, 2, None),
    ],
)
def test_a_port_is_down_when_it_is_switched_on_but_not_up(admin: int | None, oper: int, down: bool | None) -> None:
    assert parse_state(PORT, admin, oper).get("port-down[gi0-0-1]") is down


def test_ports_are_found_by_name_description_or_alias() -> None:
    names: Any = {(1,): b"GE0/0/1", (2,): b"GE0/0/2", (3,): b"GE0/0/3"}
    descrs: Any = {(1,): b"GigabitEthernet0/0/1", (2,): b"GigabitEthernet0/0/2", (3,): b"x"}
    aliases: Any = {(3,): "上联".encode(), (2,): b"uplink"}
    ports, missing = find_ports(["ge0/0/1", "gi0/0/2", "UPLINK", "上联", "ge0/0/9"], names, descrs, aliases)
    assert [(port.index, port.part) for port in ports] == [(1, "ge0-0-1"), (2, "ge0-0-2"), (3, "ge0-0-3")]
    assert missing == ["ge0/0/9"]


@pytest.mark.parametrize(
    ("spoken", "called"),
    [
        ("GE0/0/1", "GigabitEthernet0/0/1"),
        ("Gig 1/0/1", "GigabitEthernet1/0/1"),
        ("XGE1/0/49", "Ten-GigabitEthernet1/0/49"),
        ("XGE0/0/1", "XGigabitEthernet0/0/1"),
        ("gi0/0/1", "GE0/0/1"),
    ],
)
def test_a_port_is_found_as_technicians_write_it(spoken: str, called: str) -> None:
    ports, missing = find_ports([spoken], {(1,): called.encode()}, {}, {})
    assert ([port.index for port in ports], missing) == ([1], [])


def test_more_ports_than_fit_into_a_reading_are_refused_in_the_hall_file() -> None:
    def options(ports: int) -> dict[str, Any]:
        return {"kind": "snmp-interfaces", "host": "10.0.0.1", "ports": [f"gi0/0/{n}" for n in range(ports)]}

    fullest = msgspec.convert(options(MAX_PORTS), AnyProbe)
    assert isinstance(fullest, SnmpInterfacesProbe)
    with pytest.raises(msgspec.ValidationError, match=r"length <= 80 - at `\$\.ports`"):
        msgspec.convert(options(MAX_PORTS + 1), AnyProbe)
    rates = parse_rates(PORT, counters(0, 1, packets=PACKETS), counters(10, 1, packets=PACKETS))
    assert len(rates) * MAX_PORTS < MAX_KEYS


def test_a_64_bit_counter_that_never_counts_is_left_for_the_32_bit_one() -> None:
    cells = {"in_octets": 500, "out_octets": 700, "in_octets_64": 0, "out_octets_64": 0, "speed": 100_000_000}
    said = parse_counters(cells, None, 0.0)
    assert (said.wide, said.receive_octets, said.transmit_octets) == (False, 500, 700)
    idle = parse_counters(cells | {"in_octets": 0, "out_octets": 0}, None, 0.0)
    assert idle.wide is True


@pytest.mark.parametrize(
    ("speed_mbit", "speed", "bits_per_s"),
    [
        (1000, 1_000_000_000, 1e9),
        (10_000, 4_294_967_295, 1e10),
        (0, 100_000_000, 1e8),
        (100_000_000, 100_000_000, 1e8),  # ifHighSpeed in bits a second
        (4_294_967_295, 4_294_967_295, None),  # Null0
        (0, 0, None),
    ],
)
def test_the_speed_of_a_port(speed_mbit: int, speed: int, bits_per_s: float | None) -> None:
    assert parse_counters({"speed_mbit": speed_mbit, "speed": speed}, None, 0.0).speed_bits_per_s == bits_per_s


def test_a_port_that_carries_more_than_its_speed_tells_no_utilisation() -> None:
    rates = parse_rates(PORT, counters(0, 0, speed_bits_per_s=1e7), counters(10, 125_000_000, speed_bits_per_s=1e7))
    assert rates["receive_bits_per_s[gi0-0-1]"] == 1e8
    assert "utilisation_ratio[gi0-0-1]" not in rates


def test_an_index_beyond_31_bits() -> None:
    names: Any = {(4_227_858_432,): b"Vlanif1"}
    ports, missing = find_ports(["vlanif1"], names, {}, {})
    assert ([port.index for port in ports], missing) == ([4_227_858_432], [])


def test_64_bit_counters_give_rates() -> None:
    rates = parse_rates(PORT, counters(0, 2**40), counters(10, 2**40 + 125_000_000))
    assert rates == {
        "receive_bits_per_s[gi0-0-1]": 1e8,
        "transmit_bits_per_s[gi0-0-1]": 1e8,
        "utilisation_ratio[gi0-0-1]": 0.1,
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, counters(10, 5)),
        (counters(0, 100, ticks=9000), counters(10, 500, ticks=300)),  # restarted
        (counters(0, 100), counters(10, 5)),  # a 64-bit counter does not wrap
        (counters(10, 100), counters(10, 500)),
        (counters(0, 100, wide=False), counters(10, 500, wide=True)),
    ],
)
def test_no_rate_across_a_break(before: Counters | None, after: Counters) -> None:
    assert parse_rates(PORT, before, after) == {}


def test_a_32_bit_counter_that_wrapped_once_still_counts() -> None:
    rates = parse_rates(PORT, counters(0, 2**32 - 1000, wide=False), counters(10, 9000, wide=False))
    assert rates["receive_bits_per_s[gi0-0-1]"] == 8000.0


@pytest.mark.parametrize(
    ("seconds", "speed"), [(60, GIGABIT), (10, None), (1, 1e6)], ids=["may wrap twice", "speed not known", "was reset"]
)
def test_a_32_bit_counter_that_proves_nothing_gives_no_rate(seconds: float, speed: float | None) -> None:
    before = counters(0, 2**32 - 1000, wide=False, speed_bits_per_s=speed)
    after = counters(seconds, 9_000_000, wide=False, speed_bits_per_s=speed)
    assert parse_rates(PORT, before, after) == {}


def test_errors_and_discards() -> None:
    before = counters(0, 0, packets={"in_errors": 5, "out_errors": 9, "in_discards": 1, "out_discards": 1})
    after = counters(10, 0, packets={"in_errors": 25, "out_errors": 3, "in_discards": 6, "out_discards": 6})
    rates = parse_rates(PORT, before, after)
    assert rates["receive_errors_per_s[gi0-0-1]"] == 2.0
    assert rates["discards_per_s[gi0-0-1]"] == 1.0
    assert "transmit_errors_per_s[gi0-0-1]" not in rates  # cleared by a person


def test_a_port_faster_than_ifspeed_can_say() -> None:
    assert parse_counters({"speed": 2**32 - 1}, None, 0).speed_bits_per_s is None
    assert parse_counters({"speed": 2**32 - 1, "speed_mbit": 10_000}, None, 0).speed_bits_per_s == 1e10


values = st.integers(-5, 2**70) | st.binary(max_size=4) | st.tuples(st.integers(0, 9))
cells = st.dictionaries(
    st.sampled_from(["speed", "speed_mbit", "in_octets", "out_octets", "in_octets_64", "out_octets_64", "in_errors"]),
    values,
)


@given(cells, cells, st.floats(0.1, 1e4))
def test_whatever_a_port_says_gives_real_rates_or_none(first: Any, second: Any, seconds: float) -> None:
    rates = parse_rates(PORT, parse_counters(first, 1, 0.0), parse_counters(second, 2, seconds))
    assert all(rate >= 0 for rate in rates.values())


@given(st.text(max_size=8), st.binary(max_size=12), st.binary(max_size=12))
def test_any_names_give_parts_that_differ(wanted: str, one: bytes, two: bytes) -> None:
    ports, _ = find_ports([wanted, one.decode("latin-1")], {(1,): one, (2,): two}, {}, {})
    assert len({port.part for port in ports}) == len(ports)
