"""Hall files for a test, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from hallwatch_collector.hallfiles import HallFiles
from hallwatch_collector.halls.findings import Known
from hallwatch_collector.halls.read import parse_hall
from parts.county import CATALOGUE, PLAN


def open_hall_files(folder: Path, place: Path | None = None) -> HallFiles:
    """Return the hall files of a folder, or at another place; their history is in the folder."""
    known = Known.of(PLAN, CATALOGUE)
    return HallFiles(
        place or folder / "halls", folder / "hall-history", lambda content, name: parse_hall(content, name, known)
    )
