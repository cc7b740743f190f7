"""Health of a switch, router, firewall or access point over SNMP: CPU, memory, temperatures, fans, power supplies.

What the device has is looked up once: first what its maker's MIB tells, then what the standard MIBs add. Between
look-ups only the cells that count are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.network.health import STANDARDS, VENDORS, sources_for
from hallwatch_agent.probes.network.health.find import Entities, find_points, parse_entities
from hallwatch_agent.probes.network.health.measure import BEYOND_LIMIT, Point, Source
from hallwatch_agent.probes.network.health.uptime import Uptime, parse_uptime
from hallwatch_agent.probes.probe import Context, CouldNotRead, Seconds, Told
from hallwatch_agent.probes.snmp_probe import (
    MIB_2,
    SYS_DESCR,
    SYS_NAME,
    SYS_UPTIME,
    Oid,
    SnmpProbe,
    Value,
    number,
    text,
)
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session

SYS_OBJECT_ID: Final[Oid] = (*MIB_2, 1, 2, 0)
ENGINE_TIME: Final[Oid] = (1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)
ENTITY_ENTRY: Final[Oid] = (*MIB_2, 47, 1, 1, 1, 1)


class Memory(Struct):
    """What is kept of a device between two readings."""

    points: list[Point] = []
    looked_at_s: float | None = None
    """None: look again with the next reading."""
    clocks: tuple[Oid, ...] = (SYS_UPTIME,)
    """What tells since when it runs. One is asked for even if it is not there, to hear that the device answers."""
    facts: dict[str, str] = {}
    uptime: Uptime | None = None


class SnmpHealthProbe(SnmpProbe, tag="snmp-health", frozen=True, kw_only=True):
    """Reads the health of a network device in the words of its maker's MIB, else of the standard ones."""

    interval_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 60.0
    timeout_s: Seconds = 15.0
    """The look-up walks whole tables, which a small switch answers slowly."""
    look_up_interval_s: Seconds = 3600.0
    """How often it is looked up anew what the device has; with the next reading when a part no longer answers."""

    async def read(self, context: Context) -> Told:
        """Tell what the device tells; what it does not is absent.

        Raises :class:`CouldNotRead` when the device is silent.
        """
        memory: Memory = context.memory.setdefault("health", Memory())
        async with self.session(context) as session:
            looked_at_s = memory.looked_at_s
            if looked_at_s is None or context.monotonic - looked_at_s >= self.look_up_interval_s:
                await look_up(session, memory)
                looked_at_s = context.monotonic
            cells = dict.fromkeys(oid for point in memory.points for oid in point.oids)
            said = await session.get(*memory.clocks, *cells)
            memory.looked_at_s = looked_at_s  # not before there was time for all of it
        return tell(memory, said, context.monotonic)


async def look_up(session: Session, memory: Memory) -> None:
    """Find out who the device is and what it tells."""
    who = await session.get(SYS_DESCR, SYS_NAME, SYS_OBJECT_ID, ENGINE_TIME)
    made_by = who.get(SYS_OBJECT_ID)
    vendors = sources_for(made_by if isinstance(made_by, tuple) else None)
    search = _Search(session)
    await search.through((*vendors, *STANDARDS))
    if not search.points:  # sold under another name, or it does not say what it is
        others = [source for source in VENDORS if source not in vendors]
        await search.through([source for source in others if await search.answers(source)])
    memory.points = search.points
    memory.clocks = (SYS_UPTIME, ENGINE_TIME) if ENGINE_TIME in who else (SYS_UPTIME,)
    memory.facts = {
        "model": text(who.get(SYS_DESCR))[:120],
        "hostname": text(who.get(SYS_NAME)),
        "health-from": ", ".join(dict.fromkeys(search.told_by)),
    }


class _Search:
    """One look-up: asks for the tables of a source after the other, for the names of entities when one needs them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entities: Entities | None = None
        self.points: list[Point] = []
        self.told_by: list[str] = []

    async def through(self, sources: Iterable[Source]) -> None:
        for source in sources:
            told = {point.tells for point in self.points}
            wanted = [measure for measure in source.measures if not (measure.otherwise and measure.tells in told)]
            columns: dict[Oid, set[int]] = {}
            for measure in wanted:
                columns.setdefault(measure.table, set()).update(measure.columns)
            tables = {table: await self._walk(table, sorted(asked)) for table, asked in columns.items()}
            names_needed = any(
                (measure.entity or measure.about) and any(tables[measure.table].values()) for measure in wanted
            )
            entities = await self._named() if names_needed else {}
            found = find_points(source, tables, entities, told)
            self.points += found
            self.told_by += [source.name] if found else []

    async def answers(self, source: Source) -> bool:
        """Tell whether the device has the first thing of a source: cheaper than to ask for all of it."""
        first = source.measures[0].tells
        for measure in source.measures:
            if measure.tells == first:
                walked = await self._walk(measure.table, measure.cells[:1], rows=4)
                if any(walked.values()):
                    return True
        return False

    async def _named(self) -> Entities:
        if self._entities is None:
            self._entities = parse_entities(await self._walk(ENTITY_ENTRY, [2, 5, 7]))
        return self._entities

    async def _walk(self, table: Oid, columns: Sequence[int], rows: int = 0) -> dict[int, dict[Oid, Value]]:
        """Walk a table; one that the device tells wrongly, as if it had no end, costs only itself."""
        try:
            return await self._session.walk(table, columns, rows)
        except CouldNotRead as error:
            if error.error is not ReadError.GARBAGE:
                raise
            return {column: {} for column in columns}


def tell(memory: Memory, said: Mapping[Oid, Value], now_s: float) -> Told:
    """Judge the cells of one reading, and plan to look again where a part has gone or the device has restarted."""
    metrics, conditions = decode_points(memory.points, said)
    before = memory.uptime
    uptime = parse_uptime(before, number(said.get(SYS_UPTIME)), number(said.get(ENGINE_TIME)), now_s)
    if uptime is not None:
        metrics["uptime_s"] = uptime.seconds
        conditions["restarted"] = uptime.restarted
        memory.uptime = uptime
    gone = any(said.keys().isdisjoint(point.oids) for point in memory.points)
    if gone or (uptime and before and uptime.noticed_at_s != before.noticed_at_s):
        memory.looked_at_s = None
    return Told(metrics, {"reachable": True} | conditions, {key: words for key, words in memory.facts.items() if words})


def decode_points(points: Iterable[Point], said: Mapping[Oid, Value]) -> tuple[dict[str, float], dict[str, bool]]:
    """Return metrics and conditions; a point whose cells tell nothing is absent from both."""
    metrics: dict[str, float] = {}
    conditions: dict[str, bool] = {}
    for point in points:
        value = point.decode([said.get(oid) for oid in point.oids])
        if isinstance(value, bool):
            conditions[point.key()] = value
        elif value is not None:
            metrics[point.key()] = value
            if point.limit is not None:
                conditions[point.key(BEYOND_LIMIT[point.tells])] = value > point.limit
    return metrics, conditions
