"""A simulated hall's agents as a real process on a broker, and the faults in it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hallwatch_collector.simulate.statefile import Simulation, write_state
from hallwatch_collector.simulate.world import Standing
from parts.collector import wall_clock


class SimulationProcess:
    """``hallwatch simulate run`` on one hall file; the file that holds its faults is written as the commands do."""

    def __init__(self, hall: Path, state: Path) -> None:
        self._hall = hall
        self._state = state

    def put(self, fault: str, things: Iterable[str]) -> None:
        """Make this the only fault in the hall, on all these things at once; on none, everything works."""
        now = wall_clock()
        faults = [Standing(thing, fault, now) for thing in things]
        write_state(self._state, Simulation(hall=str(self._hall), faults=faults))


@contextlib.contextmanager
def run_simulation(hall: Path, folder: Path, mqtt_port: int) -> Iterator[SimulationProcess]:
    """Give the running agents of a simulated hall, all well."""
    state = folder / "simulation.json"
    command = [sys.executable, "-m", "hallwatch_collector", "simulate", "run", "--broker", f"127.0.0.1:{mqtt_port}"]
    with (folder / "simulation.log").open("ab") as log:
        words = [*command, "--hall", str(hall), "--state", str(state)]
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        yield SimulationProcess(hall, state)
    finally:
        process.terminate()
        process.wait(10)
