"""What was accepted by hand during an incident, in a few lines however many entries there were. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct, field

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.register_events import (
    EntryMoved,
    EntryTaken,
    NumbersReserved,
    RegisterOpened,
    RegisterTakenBack,
)
from hallwatch_collector.core.things import REGISTER

SPELL_S: Final = 900.0
"""What is done with entries is told as one line while no more than this time lies between one and the next."""
KEPT: Final = (RegisterTakenBack, NumbersReserved, EntryTaken, EntryMoved)
"""What happens with a register once it is open."""


class Step(NamedTuple):
    """Something was done with an entry."""

    at: float
    number: str
    by: str


class Said(NamedTuple):
    """Something that happened with a register, in words that follow its name."""

    at: float
    says: str
    by: str
    clause: str


class Kept(Struct):
    """A register from its opening on."""

    register: str
    opened_at: float
    opened_by: str
    taken_back: Step | None = None
    """It was opened by mistake, and was not open any more from then on."""
    printed: int = 0
    taken: list[Step] = field(default_factory=list)
    entered: list[Step] = field(default_factory=list)
    told: list[Step] = field(default_factory=list)
    void: list[Step] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How much was written down."""
        return len({step.number for step in self.taken})

    @property
    def struck(self) -> int:
        """How much of that was struck out; blank sheets are not counted."""
        return len({step.number for step in self.taken} & {step.number for step in self.void})

    @property
    def accepted(self) -> int:
        """How much was accepted by hand: what stands there and was not struck out."""
        return self.count - self.struck

    @property
    def left(self) -> int:
        """How many entries are not done with: still to be entered, or their taxpayer to be told (O8)."""
        return self.accepted - len(self.told)

    def sum(self) -> str:
        """Say in a few words what became of it."""
        if not self.count:
            return "没有登记"
        struck = f",作废{self.struck}笔" if self.struck else ""
        left = f",还有{self.left}笔未办完" if self.left else ""
        return f"共登记{self.count}笔,已补录{len(self.entered)}笔,已告知{len(self.told)}笔{struck}{left}"

    def say(self, clock: Callable[[float], str]) -> Iterator[Said]:
        """Yield what happened with it; *clock* says a moment."""
        paper = f"(编号打印空白表{self.printed}张)" if self.printed else ""
        yield Said(self.opened_at, f"启用{paper}", self.opened_by, "D3")
        if self.taken_back is not None:
            yield Said(self.taken_back.at, "系误启用,已收回", self.taken_back.by, "D3")
        written = {step.number for step in self.taken}
        struck = [step for step in self.void if step.number in written]
        for steps, says, clause in (
            (self.taken, "登记{}笔", "D3"),
            (self.entered, "补录{}笔", "O8"),
            (self.told, "告知纳税人{}户", "O8"),
            (struck, "作废{}笔", "D3"),
        ):
            for spell in _spells(steps):
                until = f",至{clock(spell[-1].at)}" if spell[-1].at > spell[0].at else ""
                by = "、".join(dict.fromkeys(step.by for step in spell))
                yield Said(spell[0].at, says.format(len(spell)) + until, by, clause)


def _spells(steps: Iterable[Step]) -> list[list[Step]]:
    spells: list[list[Step]] = []
    for step in sorted(steps):
        if spells and step.at - spells[-1][-1].at <= SPELL_S:
            spells[-1].append(step)
        else:
            spells.append([step])
    return spells


def sum_up(course: Iterable[AnyEvent]) -> list[Kept]:
    """Return the registers of an incident, in the order in which they were opened."""
    kept: dict[str, Kept] = {}
    for event in course:
        if isinstance(event, RegisterOpened):
            opened = kept.setdefault(event.register, Kept(REGISTER + event.register, event.at, event.by))
            opened.taken_back = None
        elif isinstance(event, KEPT) and event.register in kept:
            _note(kept[event.register], event)
    return list(kept.values())


def _note(kept: Kept, event: RegisterTakenBack | NumbersReserved | EntryTaken | EntryMoved) -> None:
    match event:
        case RegisterTakenBack():
            kept.taken_back = Step(event.at, "", event.by)
        case NumbersReserved():
            kept.printed += len(event.numbers)
        case EntryTaken():
            at = event.at if event.written_at is None else event.written_at
            kept.taken.append(Step(at, event.number, event.by))
        case EntryMoved():
            steps = {"entered": kept.entered, "told": kept.told, "void": kept.void}[event.status]
            steps.append(Step(event.at, event.number, event.by))
