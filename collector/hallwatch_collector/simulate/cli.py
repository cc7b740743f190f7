"""The command ``hallwatch simulate``: run a simulated hall, put faults into it and take them out."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hallwatch_agent.commandline import a_path, describe
from hallwatch_collector import plans
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.invocation import own_name
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.problems import FileRefused, name_choices
from hallwatch_collector.simulate.faults import FaultKind, load_fault_kinds
from hallwatch_collector.simulate.outlook import is_noticed, slow_faults
from hallwatch_collector.simulate.statefile import Simulation, edit_alone, is_played, play, read_state, write_state
from hallwatch_collector.simulate.world import NotInTheWorld, World

if TYPE_CHECKING:
    from hallwatch_collector.simulate.fleet import Fleet

SHIPPED_HALL = Path(__file__).parent / "halls" / "county.toml"
DEFAULT_STATE = Path("data/simulation.json")
EXAMPLES = """examples:
  hallwatch simulate start prn-3 jam       a printer jams; watch window 3 on the page
  hallwatch simulate faults rt-1           what can happen to the router
  hallwatch simulate list                  what is wrong now
  hallwatch simulate end prn-3 jam         it works again
  hallwatch simulate end --all             everything works again
"""
clock = time.time  # noqa: TID251 - this is the wiring: faults and readings get their moments here


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch simulate`` and its own commands."""
    parser = subparsers.add_parser(
        "simulate",
        help="run a simulated hall, start and end faults in it",
        description="A simulated hall: its agents on the broker, and faults that you start and end while it runs.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--state", type=a_path, default=DEFAULT_STATE, help="file that holds the faults (%(default)s)")
    common.add_argument("--hall", type=a_path, help="hall file (default: the one that runs, else the shipped one)")
    run = verbs.add_parser(
        "run",
        parents=[common],
        help="behave on the broker as the hall's agents do",
        description="Behave on the broker as the hall's agents do. The hall file is read once: after an edit, start it "
        "anew.",
    )
    run.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="(%(default)s)")
    run.set_defaults(run=run_fleet)
    start = verbs.add_parser("start", parents=[common], help="start a fault")
    start.add_argument("thing", metavar="DEVICE", help="a device, system or agent of the hall")
    start.add_argument("fault", metavar="FAULT")
    start.set_defaults(run=run_start)
    end = verbs.add_parser("end", parents=[common], help="end a fault")
    end.add_argument("thing", metavar="DEVICE", nargs="?")
    end.add_argument("fault", metavar="FAULT", nargs="?", help="left out: every fault of the device")
    end.add_argument("--all", action="store_true", help="end all faults")
    end.set_defaults(run=run_end)
    listing = verbs.add_parser("list", parents=[common], help="list the faults that stand now")
    listing.set_defaults(run=run_list)
    faults = verbs.add_parser("faults", parents=[common], help="list what can happen to a device, or all devices")
    faults.add_argument("thing", metavar="DEVICE", nargs="?")
    faults.set_defaults(run=run_faults)


def run_fleet(options: argparse.Namespace) -> int:
    """Carry out ``simulate run``; return the exit code."""
    from hallwatch_collector.simulate.fleet import Fleet, describe_broker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    path = options.hall or SHIPPED_HALL
    try:
        broker = describe_broker(options.broker)
        file = _read_hall(path)
        hall = file.hall
        with play(options.state):
            kept_halls(options.state).keep(path, file.content)
            with edit_alone(options.state):
                world = World(hall, load_fault_kinds())
                kept = [one for one in read_state(options.state).faults if world.can_be(one)]
                write_state(options.state, Simulation(hall=str(path.resolve()), faults=kept))
            _play(Fleet(hall, broker, options.state, clock), hall, options)
    except (FileRefused, ValueError, OSError) as error:
        return _complain(error)
    return 0


def _play(fleet: Fleet, hall: Hall, options: argparse.Namespace) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: fleet.stop())
    sys.stdout.write(f"simulating {hall.name} ({hall.key}) on {options.broker}; faults are read from {options.state}\n")
    sys.stdout.flush()
    fleet.run()


def run_start(options: argparse.Namespace) -> int:
    """Carry out ``simulate start``; return the exit code."""
    return _edit(options, lambda hall, world: _start(hall, world, options.thing, options.fault), _tell_started)


def run_end(options: argparse.Namespace) -> int:
    """Carry out ``simulate end``; return the exit code."""
    if options.thing is None and not options.all:
        sys.stderr.write("say which device, or --all\n")
        return 2
    return _edit(options, lambda _, world: _end(world, options.thing, options.fault), _tell_ended)


def run_list(options: argparse.Namespace) -> int:
    """Carry out ``simulate list``; return the exit code."""
    try:
        _, world = _load(options)
    except (FileRefused, NotInTheWorld) as error:
        return _complain(error)
    kinds = load_fault_kinds()
    for one in world.faults():
        minutes = (clock() - one.since) / 60
        print(f"{one.thing:<16} {one.fault:<20} {kinds[one.fault].name}  for {minutes:.0f} min")
    if not world.faults():
        print(f"no fault stands; start one: {own_name()} simulate start DEVICE FAULT{_state_option(options)}")
    return 0


def run_faults(options: argparse.Namespace) -> int:
    """Carry out ``simulate faults``; return the exit code."""
    try:
        hall, world = _load(options)
        if options.thing:
            for kind in _offered(hall, world, options.thing):
                print(f"{kind.id:<22} {kind.name} ({kind.name_en})")
            return 0
    except (FileRefused, NotInTheWorld) as error:
        return _complain(error)
    for thing, name in _names(hall).items():
        print(f"{thing:<16} {name:<18} {', '.join(kind.id for kind in _offered(hall, world, thing))}")
    return 0


def _offered(hall: Hall, world: World, thing: str) -> list[FaultKind]:
    """Return the faults that can be put on *thing*, of those that the catalogue takes notice of there."""
    _, catalogue = plans.load(None)
    return [kind for kind in world.choices(thing) if is_noticed(hall, catalogue, thing, kind)]


def _start(hall: Hall, world: World, thing: str, fault: str) -> None:
    offered = {kind.id for kind in _offered(hall, world, thing)}
    if fault in {kind.id for kind in world.choices(thing)} - offered:
        near = name_choices(fault, offered)
        raise NotInTheWorld(
            f"{thing}: nothing follows from {fault!r}, as the catalogue has no such fault of it; {near}"
        )
    world.start(thing, fault, clock())


def _end(world: World, thing: str | None, fault: str | None) -> None:
    if thing is not None and fault is not None:
        world.end(thing, fault)
        return
    standing = [one for one in world.faults() if thing in (None, one.thing)]
    if thing is not None and not standing:
        world.choices(thing)
        raise NotInTheWorld(f"{thing} has no fault now")
    for one in standing:
        world.end(one.thing, one.fault)


def _edit(options: argparse.Namespace, change: Any, tell: Any) -> int:
    if not options.state.parent.is_dir():
        return _complain(f"{options.state}: no simulator uses this file; {_how_to_play(options)}")
    try:
        with edit_alone(options.state):
            hall, world = _load(options)
            change(hall, world)
            path = read_state(options.state).hall or str((options.hall or SHIPPED_HALL).resolve())
            write_state(options.state, Simulation(hall=path, faults=world.faults()))
    except (FileRefused, NotInTheWorld, OSError) as error:
        return _complain(error)
    tell(options, hall)
    return 0


def _tell_started(options: argparse.Namespace, hall: Hall) -> None:
    kind = load_fault_kinds()[options.fault]
    probes = [probe for one in (*hall.devices, *hall.systems) if one.id == options.thing for probe in one.probes]
    every = f"read every {min(probe.interval_s for probe in probes):g} s" if probes else "not read by itself"
    name = f"{_names(hall)[options.thing]}: {kind.name} ({kind.name_en})"
    if is_played(options.state):
        print(f"{name} has begun; it is {every}.")
    else:
        print(
            f"{name} is noted in {options.state}, but no simulator uses this file now: nothing shows before one does;"
        )
        print(f"{_how_to_play(options)}.")
    _, catalogue = plans.load(None)
    for fault, when in slow_faults(hall, catalogue, options.thing, kind):
        print(f"Not at once: {fault.id} ({fault.name}) shows {when}.")
    print(f"Look at the page, or at: {own_name()} journal show{_config_option(options)}")
    print(f"End it with: {own_name()} simulate end {options.thing} {options.fault}{_state_option(options)}")


def _tell_ended(options: argparse.Namespace, _hall: Hall) -> None:
    what = " ".join(filter(None, (options.thing, options.fault))) or "all faults"
    print(
        f"{what}: over. Signs and measures go as soon as it has been read; what a person must check stays on the page."
    )


def _names(hall: Hall) -> dict[str, str]:
    devices = {one.id: one.name for one in (*hall.devices, *hall.systems)}
    return devices | {agent.id: agent.name for agent in hall.agents if agent.id not in devices}


def _how_to_play(options: argparse.Namespace) -> str:
    run = f"{own_name()} simulate run{_state_option(options)}"
    return f"start one with: {run} (or {own_name()} demo), or name the file of the one that runs with --state"


def _state_option(options: argparse.Namespace) -> str:
    return "" if options.state == DEFAULT_STATE else f" --state {options.state}"


def _config_option(options: argparse.Namespace) -> str:
    """Name the collector's file where the demo puts it: beside the faults."""
    config = options.state.parent / "collector.toml"
    return f" --config {config}" if config.is_file() else ""


def _load(options: argparse.Namespace) -> tuple[Hall, World]:
    state = read_state(options.state)
    hall = _hall_of(options, options.hall or Path(state.hall or SHIPPED_HALL))
    world = World(hall, load_fault_kinds())
    world.set_faults(filter(world.can_be, state.faults))
    return hall, world


def _hall_of(options: argparse.Namespace, path: Path) -> Hall:
    """Return a hall; where its file is broken by now, as the simulator knows it since it started."""
    try:
        return _read_hall(path).hall
    except FileRefused as error:
        copy = kept_halls(options.state).copy_of(path)
        if not copy.is_file():
            raise
        sys.stderr.write(f"{error}\nThe hall stays as it was when the simulator started.\n")
        return _read_hall(copy).hall


def kept_halls(state: Path) -> KeptFiles:
    """Return where the text of the hall file that is played is kept: beside the file with the faults."""
    return KeptFiles(state.with_suffix(".halls"))


def _read_hall(path: Path) -> HallFile:
    plan, catalogue = plans.load(None)
    return read_hall(path, Known.of(plan, catalogue))


def _complain(error: object) -> int:
    sys.stderr.write(f"{describe(error) if isinstance(error, OSError) else error}\n")
    return 1
