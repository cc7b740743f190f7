"""The emergency registers (D2, O6): which there were, and how far their entries are. What is written is in none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row

COUNTED: Final = ("blank", "accepted", "entered", "told", "void", "purged")


def find_registers(scene: ListScene) -> Iterator[Row]:
    """Yield them, the newest first."""
    words = scene.words
    names = {each.id: words.pick(each.name, each.name_en) for each in scene.source.plan.registers}
    known = {(each.incident, each.register) for each in scene.view.registers}
    registers = scene.source.past(scene.key).registers.values()
    for each in sorted(registers, key=lambda one: -one.opened_at):
        if each.taken_back:
            continue
        counts = Counter(each.entries.values())
        page = f"{scene.home}/registers/{each.incident}/{each.register}"
        yield Row(
            (names.get(each.register, each.register), each.incident, each.opened_at, each.opened_by,
             *(float(counts[name]) for name in COUNTED)),
            each.opened_at,
            page if (each.incident, each.register) in known else "",
        )  # fmt: skip


REGISTERS: Final = Listing(
    id="registers",
    columns=(
        Column("register"), Column("incident"), Column("opened_at", "moment"), Column("opened_by"),
        *(Column(f"entries_{name}", "number") for name in COUNTED),
    ),
    rows=find_registers,
)  # fmt: skip
