"""From the tables of a device to the points that are read between look-ups. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes.network.health.measure import PORTS, Cells, Measure, Point, Row, Source
from hallwatch_agent.probes.parts import part_name
from hallwatch_agent.probes.snmp_probe import Column, Oid, Value, number, text

Tables = Mapping[Oid, Mapping[int, Column]]
"""What was walked: columns by the OID of the table's entry."""
MOST_OF_A_KIND: Final = 40
"""Points of one kind that are read of a device: a core router has hundreds of sensors, a reading has room for 500."""


class Entity(Struct, frozen=True):
    """A row of entPhysicalTable."""

    name: str = ""
    kind: int | None = None
    """entPhysicalClass."""


Entities = Mapping[int, Entity]
NOT_LISTED: Final = Entity()


def parse_entities(columns: Mapping[int, Column]) -> dict[int, Entity]:
    """Read entPhysicalTable: 2 description, 5 class, 7 name."""
    names, described, kinds = (columns.get(column, {}) for column in (7, 2, 5))
    return {
        index[0]: Entity(text(names.get(index)) or text(described.get(index)), number(kinds.get(index)))
        for index in {*names, *described, *kinds}
        if len(index) == 1
    }


def find_points(source: Source, tables: Tables, entities: Entities, told: Iterable[str] = ()) -> list[Point]:
    """Find what a source tells of a device. What is in *told* already counts for ``otherwise``."""
    points: list[Point] = []
    known = set(told)
    for measure in source.measures:
        if measure.otherwise and measure.tells in known:
            continue
        taken = {point.part for point in points if point.tells == measure.tells}
        found = list(_points_of(measure, tables.get(measure.table, {}), entities, taken))
        room = MOST_OF_A_KIND - sum(point.tells == measure.tells for point in points)
        points += found[:room]
        known |= {measure.tells} if found else set()
    return points


def _points_of(measure: Measure, columns: Mapping[int, Column], entities: Entities, taken: set[str]) -> Iterator[Point]:
    rows = dict(_real_rows(measure, columns, entities))
    if measure.together:
        cells = tuple(row.get(column) for row in rows.values() for column in measure.cells)
        if rows and measure.decode(cells) is not None:
            yield Point(measure.tells, "", _oids(measure, rows), measure.decode)
        return
    for index, row in rows.items():
        part = _name(measure, index, row, entities, alone=len(rows) == 1 and "" not in taken, taken=taken)
        if part in taken:
            continue
        taken.add(part)
        yield Point(measure.tells, part, _oids(measure, [index]), measure.decode, _limit(measure, row))


def _oids(measure: Measure, indexes: Iterable[Oid]) -> tuple[Oid, ...]:
    return tuple((*measure.table, column, *index) for index in indexes for column in measure.cells)


def _real_rows(measure: Measure, columns: Mapping[int, Column], entities: Entities) -> Iterator[tuple[Oid, Row]]:
    for index in sorted({index for column in measure.cells for index in columns.get(column, {})}):
        row = {column: cells[index] for column, cells in columns.items() if index in cells}
        kind = entities.get(index[0], NOT_LISTED).kind if measure.entity and index else None
        if kind == PORTS or (measure.classes and kind not in measure.classes):
            continue
        if measure.real is not None and not measure.real(row):
            continue
        if measure.together or measure.decode(_cells(measure, row)) is not None:
            yield index, row


def _cells(measure: Measure, row: Row) -> Cells:
    return tuple(row.get(column) for column in measure.cells)


def _limit(measure: Measure, row: Row) -> float | None:
    limit: Value | None = row.get(measure.limit) if measure.limit else None
    decoded = measure.decode([limit]) if limit is not None else None
    return decoded or None  # a limit of 0 is none


def _name(measure: Measure, index: Oid, row: Row, entities: Entities, *, alone: bool, taken: set[str]) -> str:
    number_of = "-".join(map(str, index))
    about = number(row.get(measure.about)) if measure.about else index[0] if measure.entity and index else None
    said = text(row.get(measure.name)) if measure.name else ""
    said = said or (entities.get(about, NOT_LISTED).name if about is not None else "")
    if said or not alone:
        return part_name(said or f"{measure.label or 'part'} {number_of}", number_of, taken)
    return ""
