"""Recordings of devices read straight from their files, for tests that need no server."""

from __future__ import annotations

import bz2
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from hallwatch_agent.probes.snmp_probe import Oid, Value

BESIDE = Path(__file__).parents[2].parent / "shared" / "recordings"


def recordings() -> dict[str, Path]:
    """Return every recording there is, by folder and name: those of snmpsim-data, and those beside the checkout."""
    spec = importlib.util.find_spec("snmpsim_data")
    found = {f"beside/{path.stem}": path for path in sorted(BESIDE.glob("*.snmprec"))}
    if spec and spec.submodule_search_locations:
        data = Path(spec.submodule_search_locations[0]) / "data"
        for path in sorted(data.rglob("*.snmprec*")):
            found[f"{path.parent.relative_to(data)}/{path.name.split('.snmprec')[0]}"] = path
    return found


class Walk:
    """The values of one recording."""

    def __init__(self, path: Path, below: tuple[str, ...]) -> None:
        raw = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
        wanted = tuple(prefix.encode() for prefix in below)
        lines = [line for line in raw.splitlines() if line.startswith(wanted)]
        rows = [row for line in lines if len(row := line.decode("utf-8", "surrogateescape").split("|", 2)) == 3]
        values = {tuple(map(int, oid.split("."))): _value(tag, told) for oid, tag, told in rows}
        self.values = {oid: value for oid, value in values.items() if value is not None}

    def get(self, *oids: Oid) -> dict[Oid, Value]:
        """Return what is there of these."""
        return {oid: self.values[oid] for oid in oids if oid in self.values}

    def walk(self, entry: Oid, columns: Sequence[int]) -> dict[int, dict[Oid, Value]]:
        """Return columns of a table by row."""
        deep = len(entry) + 1
        return {
            column: {oid[deep:]: value for oid, value in self.values.items() if oid[:deep] == (*entry, column)}
            for column in columns
        }


def _value(tag: str, told: str) -> Value | None:
    try:
        if tag in ("4", "4x"):
            return bytes.fromhex(told) if tag == "4x" else told.encode("utf-8", "surrogateescape")
        return tuple(map(int, told.split("."))) if tag == "6" else int(told)
    except ValueError:
        return None
