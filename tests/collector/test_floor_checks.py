"""A hall file that puts things upon each other, or off the picture, is told so."""

from __future__ import annotations

import pytest

from hallwatch_collector.core.hall import Hall, Place, Position
from hallwatch_collector.halls.floor import check_floor


def hall_with(*places: Position) -> Hall:
    """Return a hall with places there."""
    return Hall(
        area="330106", hall="xihu", name="西湖",
        places=[Place(id=f"p{n}", name=f"{n}", position=position) for n, position in enumerate(places, 1)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        ((Position(x=1, y=1), Position(x=2, y=1)), []),
        (
            (Position(x=1, y=1, w=3, h=2), Position(x=3, y=2)),
            [("places[2] (p2).position", "it stands upon p1 at x = 3, y = 2; move or shrink one of the two")],
        ),
        (
            (Position(x=40, y=1, w=2),),
            [("places[1] (p1).position", "it reaches beyond the picture, which is 40 cells wide and high")],
        ),
    ],
    ids=["beside", "upon", "beyond"],
)
def test_what_stands_where(places: tuple[Position, ...], wrong: list[tuple[str, str]]) -> None:
    assert list(check_floor(hall_with(*places))) == wrong
