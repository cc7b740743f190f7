"""What a switch is asked for between two look-ups: little, and never the wrong port's values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pytest

from hallwatch_agent.probes.network.snmp_interfaces import (
    DETAILS_S,
    ENGINE_TIME,
    IF_ENTRY,
    IF_X_ENTRY,
    PORT_OBJECTS,
    SnmpInterfacesProbe,
)
from hallwatch_agent.probes.probe import Context, CouldNotRead, Told
from hallwatch_agent.probes.snmp_probe import SYS_DESCR, SYS_UPTIME, Oid, Value
from hallwatch_agent.wire import ReadError


class Switch:
    """A switch of two ports in memory, in place of a session with one."""

    def __init__(self) -> None:
        self.cells: dict[Oid, Value] = {SYS_DESCR: b"a switch", SYS_UPTIME: 100 * 86_400}
        self.asked: list[Oid] = []
        self.put(1, "Gi0/1")
        self.put(2, "Gi0/2")

    def put(self, index: int, name: str, **cells: int) -> None:
        """Put a port at *index*, with these values of :data:`PORT_OBJECTS`."""
        values = {"admin": 1, "oper": 1, "speed": 10**9, "in_octets": 7, "out_octets": 7, "in_octets_64": 2**40,
                  "out_octets_64": 2**40, "in_errors": 0} | cells  # fmt: skip
        self.cells |= {(*PORT_OBJECTS[key], index): value for key, value in values.items()}
        self.cells[*IF_ENTRY, 2, index] = self.cells[*IF_X_ENTRY, 1, index] = name.encode()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, *oids: Oid) -> dict[Oid, Value]:
        self.asked += oids
        return {oid: self.cells[oid] for oid in oids if oid in self.cells}

    async def walk(self, entry: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, Mapping[Oid, Value]]:
        size = len(entry) + 1
        return {
            column: {oid[size:]: cell for oid, cell in self.cells.items() if oid[:size] == (*entry, column)}
            for column in columns
        }


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    switch = Switch()
    monkeypatch.setattr(SnmpInterfacesProbe, "session", lambda *_: switch)
    return switch


class Reader:
    """Reads ports at moments that the test gives."""

    def __init__(self, *ports: str) -> None:
        self.probe = SnmpInterfacesProbe(host="h", ports=ports or ("Gi0/2",))
        self.memory: dict[str, Any] = {}

    def __call__(self, at_s: float) -> Told:
        return asyncio.run(self.probe.read(Context(monotonic=at_s, memory=self.memory)))


def keys_asked(switch: Switch) -> set[str]:
    stems = {oid: key for key, oid in PORT_OBJECTS.items()}
    return {stems[oid[:-1]] for oid in switch.asked if oid[:-1] in stems}


def test_between_two_full_readings_only_state_and_counters_are_asked_for(switch: Switch) -> None:
    read = Reader()
    read(0)
    assert keys_asked(switch) == set(PORT_OBJECTS)
    switch.asked.clear()
    switch.put(2, "Gi0/2", oper=2, in_octets_64=2**40 + 3_750_000_000)
    told = read(30)
    assert keys_asked(switch) == {"admin", "oper", "in_octets_64", "out_octets_64", "in_errors"}
    assert told.conditions == {"reachable": True, "restarted": False, "port-missing": False, "port-down[gi0-2]": True}
    assert told.metrics["receive_bits_per_s[gi0-2]"] == 1e9
    assert told.metrics["utilisation_ratio[gi0-2]"] == 1.0, "the speed is remembered"
    switch.asked.clear()
    read(DETAILS_S)
    assert keys_asked(switch) == set(PORT_OBJECTS)


@pytest.mark.parametrize("unused", [0, None])
def test_a_port_that_does_not_count_with_64_bits_is_asked_for_both(switch: Switch, unused: int | None) -> None:
    read = Reader()
    for key in ("in_octets_64", "out_octets_64"):
        cell = (*PORT_OBJECTS[key], 2)
        switch.cells[cell] = 0
        if unused is None:
            del switch.cells[cell]
    read(0)
    switch.asked.clear()
    switch.cells[*PORT_OBJECTS["in_octets"], 2] = 7 + 3000
    told = read(30)
    assert {"in_octets", "out_octets"} < keys_asked(switch)
    assert ("in_octets_64" in keys_asked(switch)) is (unused is not None), "it may begin to count with the first octet"
    assert told.metrics["receive_bits_per_s[gi0-2]"] == 800.0


def test_after_a_restart_ports_are_found_by_their_names_anew(switch: Switch) -> None:
    read = Reader()
    read(0)
    switch.cells[SYS_UPTIME] = 100 * 20
    switch.put(1, "Gi0/2", oper=2)
    switch.put(2, "Gi0/1", oper=1)
    told = read(30)
    assert told.conditions == {"reachable": True, "restarted": True, "port-missing": False, "port-down[gi0-2]": True}
    assert told.metrics == {"uptime_s": 20.0}, "and nothing is counted across it"


def test_a_restart_that_shows_only_by_the_time_that_went_by_gives_no_rates(switch: Switch) -> None:
    read = Reader()
    switch.cells[SYS_UPTIME] = 100 * 100
    read(0)
    switch.cells[SYS_UPTIME] = 500 * 100  # silent for a quarter of an hour, for half of which it has been running
    switch.put(2, "Gi0/2", in_octets_64=2**41)
    told = read(1000)
    assert told.conditions["restarted"] is True
    assert told.metrics == {"uptime_s": 500.0}


def test_498_days_are_no_restart(switch: Switch) -> None:
    read = Reader()
    switch.cells[SYS_UPTIME] = 2**32 - 100
    switch.cells[ENGINE_TIME] = 2**32 // 100 - 1
    read(0)
    switch.cells[SYS_UPTIME], switch.cells[ENGINE_TIME] = 2900, 2**32 // 100 + 29
    assert read(30).conditions["restarted"] is False


def test_a_port_that_was_never_there_is_a_fault_of_its_own(switch: Switch) -> None:
    read = Reader("Gi0/2", "Gi0/22")
    told = read(0)
    assert told.conditions["port-missing"] is True
    assert told.facts["ports-missing"] == "Gi0/22"
    assert told.conditions["port-down[gi0-2]"] is False, "the others are read all the same"
    switch.put(22, "Gi0/22")
    assert read(DETAILS_S).conditions["port-missing"] is False


def test_a_port_that_is_gone_is_looked_for_with_the_next_reading(switch: Switch) -> None:
    read = Reader()
    read(0)
    for oid in list(switch.cells):
        if oid[-1] == 2 and len(oid) > len(SYS_DESCR):
            del switch.cells[oid]
    assert read(30).conditions == {"reachable": True, "restarted": False, "port-missing": False}
    with pytest.raises(CouldNotRead, match=r"no port Gi0/2; there are: Gi0/1") as caught:
        read(60)
    assert caught.value.error is ReadError.UNSUPPORTED
    switch.put(9, "Gi0/2")
    with pytest.raises(CouldNotRead):
        read(90)
    assert read(60 + DETAILS_S).conditions["port-down[gi0-2]"] is False
