"""A drill that is being held, in the folder of its hall: what the next process needs to end it, should this one die."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.drills.scenario import Scenario

FILE: Final = "drill.json"
STATE: Final = "simulation.json"


class Held(Struct, frozen=True, kw_only=True):
    """A drill."""

    name: str
    scenario: Scenario
    area: str
    hall: str
    """The twin's."""
    hall_name: str
    by: str
    since: float
    speed: float = 1.0
    """The trouble's own times go by so many times as fast."""

    @property
    def key(self) -> HallKey:
        """Where the twin is."""
        return HallKey(self.area, self.hall)


class Folder:
    """Where a drill keeps its files: the twin's hall file, which the collector reads, and beside it a folder."""

    def __init__(self, halls: Path, key: HallKey) -> None:
        self.hall_file = halls / f"{key.area}-{key.hall}.toml"
        self.path = halls / f"{key.area}-{key.hall}"
        self.state = self.path / STATE

    def put_hall(self, text: str) -> None:
        """Put the twin's hall file where the collector finds it, as a whole."""
        draft = self.path / "hall.toml"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.hall_file)

    def write(self, held: Held) -> None:
        """Note what is held."""
        (self.path / FILE).write_bytes(msgspec.json.encode(held))

    def read(self) -> Held | None:
        """Return what is, or was last, held here; None: nothing that can be read."""
        try:
            return msgspec.json.decode((self.path / FILE).read_bytes(), type=Held)
        except (OSError, ValueError):  # also of bytes that are no text: a disk that was full, a process that was killed
            return None
