"""Measures as the plan words them: clause, occasion, conditions, mode, owner, due time and texts."""

from __future__ import annotations

import string
from typing import Final, Literal

from msgspec import Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import Kind, Reach
from hallwatch_collector.core.plan.clauses import ClauseId
from hallwatch_collector.core.plan.people import Right
from hallwatch_collector.core.state import Mode
from hallwatch_collector.core.values import Hold

Occasion = Literal[
    "incident", "incident-open", "incident-recovered", "estimate-slipped", "estimate-changed",
    "crowded", "crowded-relievable", "crowded-uneven", "crowded-full",
    "class-unserved", "classes-unserved", "class-arrangeable", "windows-returnable",
    "device-unusable", "device-explained", "device-hazard", "device-in-maintenance", "sign-unshown", "sign-left",
    "window-impaired", "window-useless", "hall-impaired", "window-closed", "window-ready", "window-recovered",
    "register-open", "register-to-enter", "deadline-bureau", "deadline-both", "deadline-extended",
    "notice-unsent", "notice-outdated", "notice-left", "notice-hanging",
    "warned", "maintenance-ahead", "maintenance-overdue", "stock-low", "stock-unchecked", "round-due",
    "spare-returnable",
]  # fmt: skip
"""When a measure is owed, and for what:

- ``incident``: an incident by a failure that has not recovered; for its root device
- ``incident-open``: an incident by a failure until it closes, whether it has recovered or not; for its root device
- ``incident-recovered``: an incident whose faults are all gone; for its root device
- ``estimate-slipped``: the expected repair time has passed, and no technician has given another; for the root device
- ``estimate-changed``: the repair is expected later than people were told, or nobody can say; for the root device
- ``crowded``: more people wait than should; for the device that counts them
- ``crowded-relievable``, ``crowded-uneven``: and windows could be opened, or could lend themselves to other classes
- ``crowded-full``: and neither is possible
- ``class-unserved``: a business class that no open window takes; for the class
- ``classes-unserved``: classes that no open window takes, because of this incident; once for its root device
- ``class-arrangeable``: and moves of windows could serve some of them again; once for its root device
- ``windows-returnable``: windows were opened or lent for an incident that is over, and are not needed any more; for its
  root device
- ``device-unusable``, ``device-hazard``: a device is out of use by a fault of its own
- ``device-explained``: a device is out of use because of one upstream
- ``window-impaired``: a window lost some of its classes, and another window can take one of them
- ``window-useless``: a window lost all its classes, and another window can take one of them
- ``hall-impaired``: windows that can take nothing any more, and no open window can take what they lost; once for the
  incident
- ``window-ready``: a closed window could reopen
- ``window-recovered``: an incident that took classes from a window has recovered; for each such window
- ``register-open``: a register was opened for the incident, which stands or has entries that are not done with
- ``register-to-enter``: the incident has recovered, or the hall has back what it took (an emergency link is up), and
  the register has entries that are not done with
- ``deadline-bureau``: the plan extends a filing deadline because the online bureau is not back by its last day (O3);
  while the fault stands and, when it is over, until the incident closes
- ``deadline-both``: the same because neither the online bureau nor the core system is (O4)
- ``deadline-extended``: a filing deadline was extended because of the incident, and is not over yet

Of an incident, or of the hall where a person closed the window by hand, the sign is of no incident, or the public text
is of none or outlives it:

- ``window-closed``: a window was closed
- ``sign-unshown``: a sign is up where no connected display shows it; for that place
- ``sign-left``: a sign that somebody posted, whose cause is gone; for that place
- ``notice-unsent``: a public text is out that no machine can bring to one of its outlets; for each of these
- ``notice-outdated``: what a public text says is otherwise now
- ``notice-left``: a public text is out whose cause is gone
- ``notice-hanging``: a public text that was withdrawn is still where somebody put it; for each such outlet

``window-impaired``, ``window-useless`` and ``hall-impaired`` decide what becomes of a window. Where several incidents
have a part in its loss, that is asked once, under the one that explains most of it; ``{causes}`` names them all.

Of no incident, but of the hall:

- ``warned``: a warning indicator (A1) is exceeded; for the device that told it
- ``maintenance-ahead``, ``maintenance-overdue``: planned maintenance comes, or lasts longer than announced
- ``device-in-maintenance``: planned work on a device is under way, or the device is out of use because of such work
- ``stock-low``: less of a spare or supply is there than should be
- ``stock-unchecked``: supplies were not counted for too long; once for the hall
- ``round-due``: the daily round is due
- ``spare-returnable``: a spare is lent, and the device that it stands in for is well again
"""
HALL_OCCASIONS: Final[frozenset[Occasion]] = frozenset(
    {"warned", "maintenance-ahead", "maintenance-overdue", "device-in-maintenance", "stock-low", "stock-unchecked",
     "round-due", "spare-returnable"}
)  # fmt: skip

WORDS: Final = frozenset(
    {"device", "fault", "causes", "window", "windows", "classes", "spare", "instead", "first_step", "minutes", "person",
     "level", "services", "register", "entries", "deadline", "waiting", "kiosks", "moves", "back_at", "was_back_at",
     "restored", "sign", "sign_state", "place", "notice", "outlet", "public", "from", "to", "trend", "replaced"}
)  # fmt: skip
"""What a text may name in braces."""

FAULT_ROLE: Final = "fault-role"
Confirmed = Literal[
    "", "close-window", "close-windows", "reopen-window", "arrange-windows", "return-windows", "open-registers",
    "return-spare", "release", "correct-notice", "withdraw-notice", "extend-deadline", "end-response",
]  # fmt: skip
"""What confirming a proposal does: close or reopen the window it is about, close all that can take nothing, make the
proposed moves of windows and classes or take them back, open the registers it names, take a spare back into the store,
let its public text go out, correct or withdraw one that is out, take the proposed filing deadline, end the response."""
PUBLIC: Final[frozenset[Confirmed]] = frozenset({"release", "correct-notice", "withdraw-notice"})
"""Of these, what is only for somebody with the right ``release`` (R6)."""


class Template(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure of the plan. Texts may name ``{device}``, ``{window}`` and the other :data:`WORDS`."""

    id: Id
    clause: ClauseId
    on: Occasion
    mode: Mode
    owner: Id
    """The role that owes it; ``fault-role`` is the role that the fault catalogue names for the fault."""
    helpers: list[Id] = []
    """Further roles that may answer it: who is nearest often does what another role is asked for."""
    group: Id | None = None
    """The group of the plan it belongs to (R2)."""

    kinds: list[Kind] = []
    """Only for devices of these kinds; empty: any."""
    faults: list[Id] = []
    """Only while one of these faults stands on the device; empty: any."""
    levels: list[str] = []
    """Only while the incident has one of these levels; empty: any."""
    lost: list[Id] = []
    """Only while the hall lacks all of these services; owed once, by the oldest incident that takes one of them (with
    ``reach``: the oldest that reaches so far)."""
    kept: list[Id] = []
    """Only while the hall has all of these services."""
    repair_longer_than_s: Hold | None = None
    """Only when the fault is expected to last longer, or has lasted longer already ("not expected back soon")."""
    repair_up_to_s: Hold | None = None
    """Only when it is expected to be over by then ("expected back soon")."""
    windows_at_least: int = 0
    """Only when the incident takes classes from so many windows."""
    systems_at_least: int = 0
    """Only while the incident keeps the hall from so many of its business systems, whatever its root is."""
    reach: Reach | None = None
    """Only for incidents that reach so far: this hall alone (its uplink is cut), or the county (a system is down)."""
    near_deadline: bool = False
    """Only when the last day of a filing period is near, as the plan's ``deadlines`` say (O2, O3, O4)."""
    display: bool | None = None
    """Only for places with a connected display (true), or without one (false)."""
    kiosks: bool | None = None
    """Only while a self-service terminal of the hall works (true), or none does (false)."""
    after_s: Hold = 0.0
    """So long after the occasion began: a step by elapsed time."""
    due_s: Hold | None = None
    """To be answered so long after it was asked; left out: no matter when."""
    clock: Literal["wall", "open"] = "wall"
    """Whether ``after_s`` and ``due_s`` run by the clock or in the hall's business time."""
    holds_close: bool = False
    """The incident cannot close before it is done."""
    waits_for_answer: bool = False
    """The incident cannot close before it is confirmed or declined."""

    ticked_by: Literal["", "signing"] = ""
    """``signing``: by signing the report on the incident, and in no other way (R5)."""
    sign: str = ""
    """Text of the sign that is up while the measure is owed."""
    sign_en: str = ""
    """The same in English, which stands small below it."""
    registers: list[Id] = []
    """Registers that confirming it opens."""
    notice: Id | None = None
    """The public text that confirming it releases."""
    on_confirm: Confirmed = ""
    text: str
    text_en: str
    in_drill: str = ""
    """What people do instead in a drill (B3), said after the text; empty: what the plan's ``drill`` says of steps."""
    in_drill_en: str = ""

    @property
    def right(self) -> Right | None:
        """The right that answering it takes, beside being its owner's; None: no other."""
        if self.ticked_by == "signing":
            return "sign-report"
        if self.on_confirm in PUBLIC:
            return "release"
        return "declare-end" if self.on_confirm == "end-response" else None


def check_words(text: str) -> None:
    """Raise :class:`ValueError` when a text names in braces what nobody fills in, or holds what nobody sees."""
    if not text.isprintable():
        raise ValueError(f"control characters in {text!r}; take them out")
    try:
        fields = [field for field in string.Formatter().parse(text) if field[1] is not None]
    except ValueError:
        raise ValueError(f"a brace without its partner in {text!r}; words stand in two, such as {{device}}") from None
    if any(form or conversion for _, _, form, conversion in fields):
        raise ValueError(f"only words in braces, without ':' or '!', are filled in; found others in {text!r}")
    named = {str(name) for _, name, _, _ in fields}
    if named - WORDS:
        raise ValueError(f"unknown {sorted(named - WORDS)} in its text; there are {', '.join(sorted(WORDS))}")
