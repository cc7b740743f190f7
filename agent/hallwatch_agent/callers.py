"""Devices that call by themselves: by an SNMP trap, or over a connection that their probe keeps open.

A call is never believed: it only makes the next reading of its device come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from hallwatch_agent.assignment import Task
from hallwatch_agent.probes.probe import Context, Probe

if TYPE_CHECKING:
    from concurrent.futures import Future

    from hallwatch_agent.calls import Calls
    from hallwatch_agent.loop import Loop
    from hallwatch_agent.traps import Traps

Called = Callable[[str], None]
"""Told a device that has called; in the loop's thread."""


class Callers:
    """Listens to the devices of the assignment. For one thread; the listening itself is done on the event loop, which
    starts only when there is something to listen to."""

    def __init__(self, loop: Callable[[], Loop], called: Called, traps_at: tuple[str, int] | None) -> None:
        """*traps_at* is where traps are received, None for nowhere."""
        self._loop = loop
        self._called = called
        self._traps_at = traps_at
        self._calls: Calls | None = None
        self._traps: Traps | None = None
        self._watches: dict[Task, Future[None]] = {}

    def replace(self, tasks: Collection[Task]) -> None:
        """Listen to the devices of *tasks* from now on; a watch that goes on is not disturbed."""
        watched = {task: task.probe for task in tasks if task.probe and type(task.probe).watch is not Probe.watch}
        for task in self._watches.keys() - watched.keys():
            self._watches.pop(task).cancel()
        for task, probe in watched.items():
            if task not in self._watches:
                self._watches[task] = self._watch(task, probe)
        if self._traps_at:
            self._receive_traps(self._traps_at, devices_by_host(tasks))

    def _watch(self, task: Task, probe: Probe) -> Future[None]:
        from hallwatch_agent.calls import keep_going

        device, context = task.order.device, task.context
        # What a watch prepares is nothing that a reading waits for: they share the memory alone.
        own = Context(memory=context.memory, secrets=context.secrets, typed=context.typed)
        wake = partial(self._take_calls().call, device)
        return self._loop().spawn(keep_going(lambda: probe.watch(own, wake), f"watching {device}/{task.order.name}"))

    def _receive_traps(self, address: tuple[str, int], devices: dict[str, set[str]]) -> None:
        if self._traps is None and devices:
            from hallwatch_agent.calls import keep_going
            from hallwatch_agent.traps import Traps

            self._traps = Traps(address, self._take_calls().call)
            self._loop().spawn(keep_going(self._traps.listen, "receiving traps"))
            self._loop().spawn(self._traps.keep_resolving())
        if self._traps is not None:
            self._loop().call(self._traps.replace, devices)

    def _take_calls(self) -> Calls:
        if self._calls is None:
            from hallwatch_agent.calls import Calls

            self._calls = Calls(self._called)
        return self._calls


def devices_by_host(tasks: Collection[Task]) -> dict[str, set[str]]:
    """Return which devices the probes ask at each host; some probes have none."""
    devices: dict[str, set[str]] = {}
    for task in tasks:
        if host := getattr(task.probe, "host", ""):
            devices.setdefault(host, set()).add(task.order.device)
    return devices
