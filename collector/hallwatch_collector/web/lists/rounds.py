"""The daily rounds (A4): who did them, and what was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_rounds(scene: ListScene) -> Iterator[Row]:
    """Yield them, the newest first."""
    words = scene.words
    texts = {item.id: words.pick(item.text, item.text_en) for item in scene.source.plan.rounds.items}
    for each in sorted(scene.source.past(scene.key).rounds.values(), key=lambda one: -one.due_at):
        wrong = [
            f"{texts.get(line.item, line.item)}: {line.note or words.listed(map(scene.name_of, line.found))}"
            for line in each.lines
            if line.result == "not-ok"
        ]
        state = "open" if each.ended_at is None else "done" if each.by else "missed"
        done = sum(bool(line.result) for line in each.lines)
        yield Row(
            (each.due_at, words.say(f"list.round_{state}"), each.by, each.ended_at, float(done),
             float(len(each.lines)), "; ".join(wrong)),
            each.due_at,
        )  # fmt: skip


ROUNDS: Final = Listing(
    id="rounds",
    columns=(
        Column("due_at", "moment"), Column("state"), Column("by"), Column("ended_at", "moment"),
        Column("looked_at", "number"), Column("items", "number"), Column("wrong"),
    ),
    rows=find_rounds,
)  # fmt: skip
