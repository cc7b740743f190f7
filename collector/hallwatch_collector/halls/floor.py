"""Checks the hall's picture: what stands where, and that nothing stands upon something else."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.hall import FLOOR_CELLS, Hall, Position, positions_of
from hallwatch_collector.halls.findings import Finding, all_devices, wrong


def check_floor(hall: Hall) -> Iterator[Finding]:
    """Yield what is off the picture, or upon something else."""
    taken: dict[tuple[int, int], str] = {}
    for key, name, position in _placed(hall):
        if position.x + position.w - 1 > FLOOR_CELLS or position.y + position.h - 1 > FLOOR_CELLS:
            yield wrong(
                f"{key}.position",
                "it reaches beyond the picture, which is {cells} cells wide and high",
                cells=FLOOR_CELLS,
            )
            continue
        cells = [
            (x, y)
            for x in range(position.x, position.x + position.w)
            for y in range(position.y, position.y + position.h)
        ]
        upon = next(((cell, taken[cell]) for cell in cells if cell in taken), None)
        if upon:
            (x, y), other = upon
            yield wrong(
                f"{key}.position",
                "it stands upon {other} at x = {x}, y = {y}; move or shrink one of the two",
                other=other,
                x=x,
                y=y,
            )
        taken.update(dict.fromkeys(cells, name))


def _placed(hall: Hall) -> Iterator[tuple[str, str, Position]]:
    keys = {window.id: f"windows[{number}] ({window.id})" for number, window in enumerate(hall.windows, 1)}
    keys |= {place.id: f"places[{number}] ({place.id})" for number, place in enumerate(hall.places, 1)}
    keys |= {device.id: key for key, device in all_devices(hall)}
    for name, position in positions_of(hall).items():
        yield keys[name], name, position
