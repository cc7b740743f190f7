"""The simulated world: faults change what is read, and what hangs on a silent device falls silent with it."""

from __future__ import annotations

import msgspec
import pytest

from hallwatch_agent.probes.computers.usb import UsbProbe
from hallwatch_agent.probes.network.snmp_interfaces import SnmpInterfacesProbe
from hallwatch_agent.probes.power.snmp_ups import SnmpUpsProbe
from hallwatch_agent.probes.printers.cups_queue import CupsQueueProbe
from hallwatch_agent.probes.printers.snmp_printer import SnmpPrinterProbe
from hallwatch_agent.probes.queues.queue_http import QueueHttpProbe
from hallwatch_agent.probes.queues.waiting import QueueMap
from hallwatch_agent.wire import ProbeOrder, ReadError, Reading
from hallwatch_collector.core.hall import Agent, Device, Hall
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.healthy import healthy
from hallwatch_collector.simulate.world import NotInTheWorld, Standing, World
from parts.simulated_hall import make_hall

AT = 1_773_104_400.0
KINDS = ("tcp", "http", "host", "snmp-printer", "snmp-interfaces", "snmp-ups")


@pytest.fixture
def world() -> World:
    return World(make_hall(), load_fault_kinds())


def order(device: str, kind: str = "tcp", **options: object) -> ProbeOrder:
    return ProbeOrder(device, kind, kind, 5.0, 2.0, dict(options))


def read(
    world: World, device: str, kind: str = "tcp", *, agent: str = "gw", at: float = AT, **options: object
) -> Reading:
    (reading,) = world.readings(agent, [order(device, kind, **options)], at)
    return reading


@pytest.mark.parametrize("kind", KINDS)
def test_healthy_device_tells_no_fault(kind: str) -> None:
    told = healthy(order("a", kind, ports=["GigabitEthernet0/0/1"], processes=["kiosk.exe"]), AT)
    assert told is not None
    good = {"reachable", "port-open", "http-ok"}
    for key, value in told.conditions.items():
        assert value == (key in good or key.startswith(("process-running[", "service-running["))), key
    for key, value in told.metrics.items():
        assert "ratio" not in key or 0 <= value <= 1, key


@pytest.mark.parametrize("kind", KINDS)
def test_values_move_and_can_be_computed_again(kind: str, world: World) -> None:
    first = [read(world, "pc-1", kind, at=AT + s, ports=["g1"]) for s in range(0, 600, 60)]
    again = [read(world, "pc-1", kind, at=AT + s, ports=["g1"]) for s in range(0, 600, 60)]
    assert first == again
    assert len({str(reading.metrics) for reading in first}) > 1


def test_unknown_probe_kind_says_unsupported(world: World) -> None:
    assert read(world, "pc-1", "astrology").error is ReadError.UNSUPPORTED


def test_jam_stands_from_start_to_end() -> None:
    world = World(_with_printer(), load_fault_kinds())
    assert read(world, "prn-1", "snmp-printer").conditions["jam"] is False
    world.start("prn-1", "jam", AT)
    assert read(world, "prn-1", "snmp-printer").conditions["jam"] is True
    world.end("prn-1", "jam")
    assert read(world, "prn-1", "snmp-printer").conditions["jam"] is False


def test_star_changes_every_part() -> None:
    world = World(_with_printer(), load_fault_kinds())
    world.start("sw-9", "port-down", AT)
    told = read(world, "sw-9", "snmp-interfaces", ports=["GigabitEthernet0/0/1", "GigabitEthernet0/0/2"]).conditions
    assert [value for key, value in told.items() if key.startswith("port-down[")] == [True, True]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 7])
def test_the_people_of_all_classes_are_the_people_who_wait(count: int) -> None:
    mapping = {"class": "code", "classes": {str(number): f"class-{number}" for number in range(count)}}
    probe = QueueHttpProbe(url="http://192.168.1.60/status", mapping=QueueMap(class_="code"))
    machine = Device(id="queue-1", kind="queue-machine", name="queue-1", probes=[probe])
    world = World(make_hall(devices=[machine], systems=[], agents=[Agent(id="gw")]), load_fault_kinds())
    for crowded in (False, True):
        if crowded:
            world.start("queue-1", "crowd", AT)
        metrics = read(world, "queue-1", "queue-http", mapping=mapping).metrics
        classes = [people for key, people in metrics.items() if key.startswith("people_waiting[")]
        assert len(classes) == count
        assert not classes or sum(classes) == metrics["people_waiting"]
        assert (metrics["people_waiting"] == 48) is crowded


def test_battery_empties_with_time() -> None:
    world = World(_with_printer(), load_fault_kinds())
    world.start("ups-1", "mains-out", AT)
    early, late, end = (read(world, "ups-1", "snmp-ups", at=AT + s).metrics for s in (0, 600, 100_000))
    assert early["charge_ratio"] == 1.0
    assert late["charge_ratio"] == pytest.approx(0.76)
    assert (late["on_battery_s"], end["charge_ratio"]) == (600.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "known"), [("tcp", True), ("http", True), ("snmp-printer", False), ("snmp-ups", False)]
)
def test_contact_probes_know_silence_others_could_not_read(kind: str, known: bool, world: World) -> None:
    world.start("rt-1", "off", AT)
    reading = read(world, "rt-1", kind)
    assert reading.conditions.get("reachable") is (False if known else None)
    assert reading.error is (None if known else ReadError.TIMEOUT)


def test_what_hangs_on_a_silent_device_is_silent(world: World) -> None:
    world.start("rt-1", "off", AT)
    assert read(world, "core").conditions == {"reachable": False}
    assert read(world, "pc-1").conditions["reachable"]
    world.end("rt-1", "off")
    assert read(world, "core").conditions["reachable"]


def test_cut_uplink_leaves_the_router_itself_answering(world: World) -> None:
    world.start("rt-1", "uplink-cut", AT)
    assert read(world, "rt-1").conditions["reachable"]
    assert not read(world, "core").conditions["reachable"]


def test_redundant_devices_fail_only_together(world: World) -> None:
    world.start("sw-1", "off", AT)
    assert read(world, "pc-1").conditions["reachable"]
    world.start("sw-2", "off", AT)
    assert not read(world, "pc-1").conditions["reachable"]


def test_needing_a_system_is_not_being_reached_through_it(world: World) -> None:
    world.start("rt-1", "off", AT)
    assert read(world, "kiosk-1", agent="desk").conditions["reachable"]


def test_agent_dies_with_its_machine(world: World) -> None:
    world.start("pc-1", "off", AT)
    assert not world.runs("desk")
    assert not world.killed("desk")  # nobody closes its connection


def test_killed_agent_leaves_its_machine_alive(world: World) -> None:
    world.start("desk", "killed", AT)
    assert not world.runs("desk")
    assert world.killed("desk")
    assert read(world, "pc-1").conditions["reachable"]


def test_agent_behind_a_cut_link_sees_itself_alone_and_cannot_report(world: World) -> None:
    world.start("sw-1", "off", AT)
    world.start("sw-2", "off", AT)
    assert world.runs("desk")
    assert not world.linked("desk")
    assert read(world, "pc-1", "host", agent="desk").error is None
    assert read(world, "kiosk-1", agent="desk").conditions == {"reachable": False}


def test_offline_agent_reads_on(world: World) -> None:
    world.start("desk", "offline", AT)
    assert (world.runs("desk"), world.linked("desk")) == (True, False)
    assert read(world, "kiosk-1", agent="desk").conditions["reachable"]


def test_wrong_clock_stamps_readings_wrongly(world: World) -> None:
    world.start("desk", "clock-ahead", AT)
    assert read(world, "kiosk-1", agent="desk").at == AT + 3600


def test_only_faults_that_make_a_difference_are_offered(world: World) -> None:
    assert "jam" not in {kind.id for kind in world.choices("rt-1")}
    assert {"off", "uplink-cut", "port-closed"} <= {kind.id for kind in world.choices("rt-1")}
    assert {kind.id for kind in world.choices("gw")} == {"killed", "offline", "clock-ahead"}


@pytest.mark.parametrize(
    ("thing", "fault", "hint"),
    [("rt-l", "off", "rt-1"), ("rt-1", "of", "off"), ("rt-1", "jam", "there are"), ("kiosk", "off", "kiosk-1")],
)
def test_refusal_names_what_there_is(world: World, thing: str, fault: str, hint: str) -> None:
    with pytest.raises(NotInTheWorld, match=hint):
        world.start(thing, fault, AT)


def test_ending_what_does_not_stand_is_refused(world: World) -> None:
    with pytest.raises(NotInTheWorld, match="it has: none"):
        world.end("rt-1", "off")


def test_wrong_set_of_faults_changes_nothing(world: World) -> None:
    world.start("rt-1", "off", AT)
    with pytest.raises(NotInTheWorld):
        world.set_faults([Standing("sw-1", "off", AT), Standing("sw-1", "nonsense", AT)])
    assert [one.thing for one in world.faults()] == ["rt-1"]


def test_device_that_left_the_hall_takes_its_faults_along(world: World) -> None:
    world.start("kiosk-1", "off", AT)
    hall = make_hall()
    world.use_hall(msgspec.structs.replace(hall, devices=hall.devices[:-1]))
    assert world.faults() == []
    assert world.readings("desk", [order("kiosk-1")], AT) == []


def _with_printer() -> Hall:
    """Return a hall whose devices are read by other probes than TCP."""
    devices = [
        Device(id="prn-1", kind="printer", name="prn-1", probes=[SnmpPrinterProbe(host="192.168.1.51")]),
        Device(id="sw-9", kind="switch", name="sw-9", probes=[SnmpInterfacesProbe(host="192.168.1.2")]),
        Device(id="ups-1", kind="ups", name="ups-1", probes=[SnmpUpsProbe(host="192.168.1.3")]),
    ]
    return make_hall(devices=devices, systems=[], agents=[Agent(id="gw")])


def test_a_queue_elsewhere_goes_on_when_its_printer_is_off() -> None:
    probes = [CupsQueueProbe(host="192.168.1.10", queue="window-1"), SnmpPrinterProbe(host="192.168.1.51")]
    printer = Device(id="prn-1", kind="printer", name="prn-1", probes=probes)
    world = World(make_hall(devices=[printer], systems=[], agents=[Agent(id="gw")]), load_fault_kinds())
    world.start("prn-1", "off", AT)
    queue, itself = world.readings("gw", [order("prn-1", "cups-queue"), order("prn-1", "snmp-printer")], AT)
    assert queue.error is None
    assert itself.error is ReadError.TIMEOUT


def test_what_is_only_plugged_in_elsewhere_cannot_be_switched_off() -> None:
    reader = Device(id="id-1", kind="id-reader", name="id-1", probes=[UsbProbe(id="0400:c35a")])
    world = World(make_hall(devices=[reader], systems=[], agents=[Agent(id="gw")]), load_fault_kinds())
    assert "off" not in {kind.id for kind in world.choices("id-1")}
    assert "unplugged-usb" in {kind.id for kind in world.choices("id-1")}
