"""A class that no window takes is no incident of its own while a device upstream may yet turn out to be behind it."""

from __future__ import annotations

import pytest

from hallwatch_collector.core.hall import Device
from parts.county import Bench, hall, pc, printer, probe

SWITCH = "sw-1"


def behind_a_switch() -> Bench:
    """Give a hall whose only two printers hang on a switch that is looked at less often than they are."""
    switch = Device(id=SWITCH, kind="switch", name=SWITCH, probes=[probe(interval_s=20)])
    devices = [switch, *(pc(f"pc-{number}", f"w{number}") for number in (1, 2))]
    devices += [printer(f"prn-{number}", f"w{number}", depends_on=[SWITCH]) for number in (1, 2)]
    bench = Bench(hall(devices))
    bench.born()
    well = {"reachable": True}
    bench.tell(sw_1=well, pc_1=well, pc_2=well, prn_1=well, prn_2=well)
    return bench


def lose_printers(bench: Bench) -> None:
    for _ in range(6):
        bench.tell(prn_1={"reachable": False}, prn_2={"reachable": False})
        bench.wait(1.5)
    assert {"class-unserved", "no-answer"} <= {alarm.fault for alarm in bench.engine.state(bench.key).alarms}


def opened(bench: Bench) -> set[str]:
    return {event.device for event in bench.events if event.__struct_config__.tag == "incident-opened"}


def test_it_waits_for_the_device_upstream_and_follows_it() -> None:
    bench = behind_a_switch()
    lose_printers(bench)
    assert opened(bench) == set()
    for _ in range(7):
        bench.tell(sw_1={"reachable": False}, prn_1={"reachable": False}, prn_2={"reachable": False})
        bench.wait(1.5)
    assert opened(bench) == {SWITCH}, "one cause, one incident"


@pytest.mark.parametrize("answer", [True, None])
def test_it_stands_for_itself_when_the_device_upstream_is_well_or_nobody_can_tell(answer: bool | None) -> None:
    bench = behind_a_switch()
    lose_printers(bench)
    if answer is not None:
        bench.tell(sw_1={"reachable": answer}, prn_1={"reachable": False}, prn_2={"reachable": False})
    else:
        for _ in range(20):
            bench.tell(prn_1={"reachable": False}, prn_2={"reachable": False})
            bench.wait(1.5)
    assert opened(bench) == {"prn-1", "prn-2", "class:certificates"}
