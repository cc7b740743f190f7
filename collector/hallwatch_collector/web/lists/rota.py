"""Who is on duty when (B2), as the hall file says, and who is asked at other times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.readiness.tables import DutyTurn
from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_turns(scene: ListScene) -> Iterator[Row]:
    """Yield the turns of duty in the order of the file, then the contacts."""
    words, hall = scene.words, scene.source.hall(scene.key)
    now = {(each.role, each.name) for each in scene.view.readiness.on_duty}
    for turn in hall.duty if hall else ():
        on_duty = words.say("list.on_duty") if (turn.role, turn.person) in now else ""
        yield Row((scene.role_name(turn.role), turn.person, turn.phone, _days(scene, turn), _hours(turn), on_duty))
    for role, name, phone in scene.view.contacts:
        yield Row((scene.role_name(role), name, phone, words.say("list.else"), "", ""))


def _days(scene: ListScene, turn: DutyTurn) -> str:
    words = scene.words
    if turn.dates:
        return words.listed(f"{day:%Y-%m-%d}" for day in turn.dates)
    return words.listed(words.term("weekday", day) for day in turn.days) or words.say("list.daily")


def _hours(turn: DutyTurn) -> str:
    return "-".join(f"{minute // 60 % 24:02d}:{minute % 60:02d}" for minute in (turn.starts, turn.ends))


ROTA: Final = Listing(
    id="rota",
    columns=(
        Column("role"), Column("person"), Column("phone"), Column("days"), Column("hours"), Column("now"),
    ),
    rows=find_turns,
)  # fmt: skip
