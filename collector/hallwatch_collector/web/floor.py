"""The hall as a picture: its windows, places and devices as tiles, where the hall file puts them or else in rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from hallwatch_collector.core.hall import Position
from hallwatch_collector.core.views import DeviceState, DeviceView, HallView, WindowView
from hallwatch_collector.web.trouble import RANK
from hallwatch_collector.web.verdict import MARK_OF_WINDOW, WindowState, window_state

TileKind = Literal["window", "place", "device", "rest"]
ORDER: Final[dict[str, int]] = {**RANK, "maintenance": 4, "unknown": 5, "ok": 6}
"""States of devices, those that people must see first."""


class Tile(Struct, frozen=True, kw_only=True):
    """A window, a place or a device of its own on the picture, and the devices that stand there."""

    kind: TileKind
    id: str
    name: str
    mark: DeviceState
    window: WindowView | None = None
    window_state: WindowState | None = None
    devices: tuple[DeviceView, ...] = ()
    """What needs looking at first."""
    position: Position | None = None

    def call(self, device: DeviceView) -> str:
        """Return what a device is called on this tile, whose own name goes without saying."""
        return device.name.removeprefix(self.name).strip() or device.name

    @property
    def sick(self) -> tuple[DeviceView, ...]:
        """Devices there that are not well."""
        return tuple(device for device in self.devices if device.state != "ok")


class Floor(Struct, frozen=True, kw_only=True):
    """The picture."""

    columns: int
    """How many cells the drawn part is wide; 0: nothing is drawn, all is in rows."""
    drawn: tuple[Tile, ...]
    """What the hall file puts somewhere."""
    rows: tuple[tuple[TileKind, tuple[Tile, ...]], ...]
    """The rest, what is alike together."""


def lay_out(view: HallView) -> Floor:
    """Return the picture of a hall."""
    tiles = list(_tiles(view))
    drawn = tuple(tile for tile in tiles if tile.position)
    rest: dict[TileKind, list[Tile]] = {"window": [], "place": [], "device": [], "rest": []}
    for tile in tiles:
        if not tile.position:
            rest[tile.kind].append(tile)
    return Floor(
        columns=max((tile.position.x + tile.position.w - 1 for tile in drawn if tile.position), default=0),
        drawn=drawn,
        rows=tuple((kind, tuple(each)) for kind, each in rest.items() if each),
    )


def worst(devices: tuple[DeviceView, ...]) -> DeviceState:
    """Return the state that a tile of these devices shows; ``ok`` when there are none."""
    return min((device.state for device in devices), key=lambda state: ORDER[state], default="ok")


def _tiles(view: HallView) -> Iterator[Tile]:
    at: dict[str, list[DeviceView]] = defaultdict(list)
    alone: list[DeviceView] = []
    windows = {window.id for window in view.windows}
    for device in sorted(view.devices, key=lambda each: ORDER[each.state]):
        if device.id in view.positions:
            alone.append(device)
        else:
            at[device.place if device.place in windows or device.place in view.place_names else ""].append(device)
    for window in view.windows:
        state = window_state(window)
        yield Tile(
            kind="window", id=window.id, name=window.name, mark=MARK_OF_WINDOW[state], window=window,
            window_state=state, devices=tuple(at[window.id]), position=view.positions.get(window.id),
        )  # fmt: skip
    for place, name in view.place_names.items():
        yield _tile("place", place, name, tuple(at[place]), view)
    for device in alone:
        yield _tile("device", device.id, device.name, (device,), view)
    for kind, of_kind in (("system", True), ("rest", False)):
        loose = tuple(device for device in at[""] if (device.kind == "system") is of_kind)
        if loose:
            yield _tile("rest", kind, "", loose, view)


def _tile(kind: TileKind, id_: str, name: str, devices: tuple[DeviceView, ...], view: HallView) -> Tile:
    return Tile(
        kind=kind, id=id_, name=name, mark=worst(devices), devices=devices, position=view.positions.get(id_)
    )  # fmt: skip
