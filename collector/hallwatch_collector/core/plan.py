"""Station 7, the plan as data: levels, and measures with clause, occasion, mode, owner, due time and texts.

The plan says *what* is owed on which occasion; :mod:`measures` finds the occasions of a hall and keeps the list of
measures equal to what the plan asks for at this moment.
"""

from __future__ import annotations

import string
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import BusinessClass, Kind
from hallwatch_collector.core.state import Mode

Occasion = Literal[
    "incident", "device-unusable", "device-explained", "device-hazard", "window-impaired", "window-useless",
    "hall-impaired", "window-closed", "window-ready", "window-recovered",
]  # fmt: skip
"""When a measure is owed, and for what:

- ``incident``: an incident that has not recovered; for its root device
- ``device-unusable``, ``device-hazard``: a device is out of use by a fault of its own
- ``device-explained``: a device is out of use because of one upstream
- ``window-impaired``: a window lost some of its classes, and another window can take one of them
- ``window-useless``: a window lost all its classes, and another window can take one of them
- ``hall-impaired``: windows lost classes that no open window can take; once for the incident
- ``window-closed``: a window was closed
- ``window-ready``: a closed window could reopen
- ``window-recovered``: an incident that took classes from a window has recovered; for each such window

``window-impaired``, ``window-useless`` and ``hall-impaired`` decide what becomes of a window. Where several incidents
have a part in its loss, that is asked once, under the one that explains most of it; ``{causes}`` names them all.
"""

WORDS = frozenset(
    {"device", "fault", "causes", "window", "windows", "classes", "spare", "instead", "first_step", "minutes", "person"}
)
"""What a text may name in braces."""

FAULT_ROLE: Final = "fault-role"
Level = Literal["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"]
Confirmed = Literal["", "close-window", "close-windows", "reopen-window"]
"""What confirming a proposal does: close or reopen the window it is about, or close all that can take nothing."""


class PlanLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition for a response level (R1); the first that fits, from the top of the file, gives the level."""

    level: Level
    windows_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """At least this share of the hall's windows lost classes."""
    after_s: float = 0.0
    """The incident has lasted at least so long."""
    kinds: list[Kind] = []
    """Only for root devices of these kinds; empty: any."""


class Template(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure as the plan words it. Texts may name ``{device}``, ``{window}`` and the other :data:`WORDS`."""

    id: Id
    clause: Annotated[str, Meta(pattern=r"^[A-Z][0-9]{1,2}$")]
    on: Occasion
    mode: Mode
    owner: Id
    """The role that owes it; ``fault-role`` is the role that the fault catalogue names for the fault."""
    group: str = ""
    """The group of the plan it belongs to (R2)."""
    kinds: list[Kind] = []
    """Only for devices of these kinds; empty: any."""
    repair_longer_than_s: float | None = None
    """Only when the fault is expected to last longer, or has lasted longer already ("not expected back soon")."""
    repair_up_to_s: float | None = None
    """Only when it is expected to be over by then ("expected back soon")."""
    due_s: float | None = None
    sign: str = ""
    """Text of the sign that is up while the measure is owed."""
    on_confirm: Confirmed = ""
    text: str
    text_en: str

    def __post_init__(self) -> None:
        for text in (self.text, self.text_en):
            try:
                named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            except ValueError as error:
                raise ValueError(f"measure {self.id}: {error} in {text!r}") from None
            if named - WORDS:
                raise ValueError(
                    f"measure {self.id}: unknown {sorted(named - WORDS)} in its text; there are {sorted(WORDS)}"
                )


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An emergency plan."""

    name: str
    reopen_within_s: float = 3600.0
    """The same fault coming back within this time reopens its incident (F3)."""
    settle_s: float = 60.0
    """After a device upstream recovers, what hangs on it may not alert for this long."""
    patience_s: float = 30.0
    """How long a fault that a device upstream could explain waits at most for that device to be looked at."""
    levels: list[PlanLevel]
    classes: list[BusinessClass]
    measures: list[Template]

    def elapsed_steps_s(self) -> list[float]:
        """Return the ages of an incident at which the plan may ask for something else."""
        steps = {level.after_s for level in self.levels}
        steps |= {template.repair_longer_than_s or 0.0 for template in self.measures}
        steps |= {template.repair_up_to_s or 0.0 for template in self.measures}
        return sorted(steps - {0.0})

    def level_of(self, kind: Kind, windows_ratio: float, age_s: float) -> str:
        """Return the response level of an incident (R1); empty when the plan names none."""
        for each in self.levels:
            if each.kinds and kind not in each.kinds:
                continue
            if windows_ratio >= each.windows_ratio and age_s >= each.after_s:
                return each.level
        return ""


def decode_plan(toml: bytes) -> Plan:
    """Decode a plan file; raise :class:`msgspec.MsgspecError` with the path of what is wrong."""
    return msgspec.toml.decode(toml, type=Plan)
