"""What this agent is to probe: checked as a whole, kept on disk, turned into tasks.

The collector sends the list over the broker; from then on the agent works by the kept one, with or without collector.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from hallwatch_agent.durable import write_durably
from hallwatch_agent.probes import probe_from_order
from hallwatch_agent.probes.probe import Context, Probe
from hallwatch_agent.wire import Assignment, NotOnTheWire, ProbeOrder, decode_order, encode

SHORTEST_INTERVAL_S: Final = 0.5
LONGEST_S: Final = 86_400.0

Key = tuple[str, str]
"""Device and probe name."""


class Task(Struct, eq=False):
    """One probe at work: its order, the probe built from it, and what that remembers from reading to reading."""

    order: ProbeOrder
    probe: Probe | None
    """``None`` when this agent cannot run it; ``refusal`` says why."""
    refusal: str = ""
    context: Context = field(default_factory=Context)

    @property
    def key(self) -> Key:
        """Device and probe name; unique in an assignment."""
        return self.order.device, self.order.name


def check_assignment(assignment: Assignment, agent: str) -> None:
    """Raise :class:`NotOnTheWire` when *assignment* is not for *agent* or cannot be run as it stands."""
    if assignment.agent != agent:
        raise NotOnTheWire(f"assignment of agent {assignment.agent!r}, but this is {agent!r}")
    seen: set[Key] = set()
    for order in assignment.probes:
        key = (order.device, order.name)
        if key in seen:
            raise NotOnTheWire(f"assignment names probe {'/'.join(key)} twice")
        seen.add(key)
        if not SHORTEST_INTERVAL_S <= order.interval_s <= LONGEST_S:
            raise NotOnTheWire(
                f"probe {'/'.join(key)}: interval_s {order.interval_s} is not {SHORTEST_INTERVAL_S}…86400"
            )
        if not 0 < order.timeout_s <= LONGEST_S:
            raise NotOnTheWire(f"probe {'/'.join(key)}: timeout_s {order.timeout_s} is not above 0, at most 86400")


def tasks_from(assignment: Assignment, running: dict[Key, Task], secrets: Path) -> dict[Key, Task]:
    """Return the tasks of *assignment*; one whose order is unchanged stays the same, with its memory."""
    tasks = {}
    for order in assignment.probes:
        old = running.get((order.device, order.name))
        tasks[order.device, order.name] = old if old is not None and old.order == order else task_from(order, secrets)
    return tasks


def task_from(order: ProbeOrder, secrets: Path) -> Task:
    """Build the task of one order, whose secrets are files in *secrets*.

    One that this agent cannot run becomes a task that says so at its interval.
    """
    try:
        return Task(order, probe_from_order(order), context=Context(secrets=secrets))
    except Exception as error:  # noqa: BLE001 - whatever its options brought about, the other orders must be run
        words = f"{order.kind}: {error}" if isinstance(error, msgspec.ValidationError) else f"{order.kind}: {error!r}"
        return Task(order, None, refusal=words[:200])


def load_assignment(path: Path, agent: str) -> Assignment | None:
    """Return the kept assignment, ``None`` when there is none.

    Raises :class:`NotOnTheWire` when it is damaged or another agent's, :class:`OSError` when it cannot be read.
    """
    try:
        order = decode_order(path.read_bytes())
    except FileNotFoundError:
        return None
    if not isinstance(order, Assignment):
        raise NotOnTheWire("holds no assignment")
    check_assignment(order, agent)
    return order


def save_assignment(path: Path, assignment: Assignment) -> None:
    """Keep *assignment*: after a power cut there is the old one or the new one. Raises :class:`OSError`."""
    # Unreadable for others: it is nobody else's business what is probed, and by which user.
    write_durably(path, encode(assignment))
