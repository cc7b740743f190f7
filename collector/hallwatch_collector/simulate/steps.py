"""The steps of a scenario, each with what it says in the file. A new one is a struct here, and what it does in
:mod:`hallwatch_collector.replay` or :meth:`~hallwatch_collector.simulate.scenario.Stage.play`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta, Struct, field, structs

from hallwatch_agent.wire import Id
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, PersonName, Words
from hallwatch_collector.core.plan import EVERYTHING
from hallwatch_collector.core.state import Mode

COUNTED: Final = "{n"
"""What stands where a series counts."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Something that happens in a scenario."""

    at: Any
    """The moment: a time of day, a date and time, or seconds after the start."""


class Start(Step, tag="start", frozen=True, kw_only=True):
    """A fault begins."""

    thing: Id
    fault: Id


class End(Step, tag="end", frozen=True, kw_only=True):
    """A fault is over."""

    thing: Id
    fault: Id


class Answer(Step, frozen=True, kw_only=True):
    """A person does something at a moment, or, where that is said, as soon as it can be done after that."""

    waits: bool = False
    """Until it is asked for, the register open, and so on: the same people act under a plan that asks later. What is
    never asked for is not done. Without it, what cannot be done at its moment is refused."""


class Figures(Step, tag="tell", frozen=True, kw_only=True):
    """From now on a device tells these figures; an empty table: its usual ones again."""

    thing: Id
    figures: dict[str, float] = field(default_factory=dict)
    """Metric → value, such as ``people_waiting = 50``; its parts, such as one business class each, share it."""


class Decide(Answer, frozen=True, kw_only=True):
    """A person decides about the open measure of this clause for this subject: a device, a window, ``class:filing``."""

    clause: str
    subject: str
    by: PersonName
    roles: list[str] = field(default_factory=lambda: [EVERYTHING])
    """What this person may act as; left out: everything."""
    answers: ClassVar[Mode] = "ask"
    """What mode of measure it answers."""

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        raise NotImplementedError


class Confirm(Decide, tag="confirm", frozen=True, kw_only=True):
    """Say yes to a proposal."""

    text: str = ""
    """Another wording of the public text that it lets go out."""

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Confirm(by=self.by, roles=self.roles, measure=measure, text=self.text)


class Decline(Decide, tag="decline", frozen=True, kw_only=True):
    """Say no to a proposal."""

    reason: Words

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Decline(by=self.by, roles=self.roles, measure=measure, reason=self.reason)


class Tick(Decide, tag="tick", frozen=True, kw_only=True):
    """Say that a step is done."""

    answers: ClassVar[Mode] = "show"

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Tick(by=self.by, roles=self.roles, measure=measure)


class Acknowledge(Step, tag="acknowledge", frozen=True, kw_only=True):
    """A person takes on the open incident of this device."""

    thing: Id
    by: PersonName


class Act(Answer, tag="act", frozen=True, kw_only=True):
    """A person gives any other command, such as ``take-entry``; for the open incident of *thing* where that is said.

    A whole series is one step: ``count`` times, ``every_s`` after the one before was done; ``{n}`` in what is said
    counts them, ``{n:03}`` with leading zeros.
    """

    order: str
    by: PersonName
    roles: list[str] = field(default_factory=lambda: [EVERYTHING])
    """What this person may act as; left out: everything."""
    thing: str = ""
    """The device whose open incident the command is about."""
    say: dict[str, Any] = field(default_factory=dict)
    """The command's own fields."""
    count: Annotated[int, Meta(ge=1, le=1000)] = 1
    every_s: Annotated[float, Meta(ge=0)] = 60.0
    first: Annotated[int, Meta(ge=0)] = 1
    """What ``{n}`` is at first."""

    def __post_init__(self) -> None:
        try:
            self.command("none")
        except (msgspec.ValidationError, LookupError, AttributeError) as error:
            raise ValueError(f"{self.order}: {error}") from None

    def command(self, incident: str) -> AnyCommand:
        """Return the command; raise :class:`msgspec.ValidationError` when it is none."""
        about = {"incident": incident} if self.thing else {}
        said = _count_in(self.say, self.first)
        told = {"command": self.order, "by": self.by, "roles": self.roles, **about, **said}
        return msgspec.convert(told, type=AnyCommand)  # type: ignore[no-any-return]

    def next(self) -> Act | None:
        """Return the rest of the series once this one is done; None: it was the last."""
        return structs.replace(self, count=self.count - 1, first=self.first + 1) if self.count > 1 else None


def _count_in(said: Any, number: int) -> Any:
    """Put a number where what is said counts."""
    if isinstance(said, dict):
        return {key: _count_in(value, number) for key, value in said.items()}
    if isinstance(said, str) and COUNTED in said:
        return said.format(n=number)
    return said


class Restart(Step, tag="restart", frozen=True, kw_only=True):
    """The collector is killed and started again from what it had written down."""


class EditHall(Step, tag="edit-hall", frozen=True, kw_only=True):
    """Another file comes into force as the hall's description; its name is taken from the scenario's folder."""

    file: str


class AskNext(Step, tag="ask-next", frozen=True, kw_only=True):
    """Everybody looks what they are to do next (clause B4); it is told, and changes nothing."""


AnyStep = Start | End | Figures | Confirm | Decline | Tick | Acknowledge | Act | Restart | EditHall | AskNext
