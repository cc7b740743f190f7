"""Keys of a measure that do not go together: said when the plan is read, not when somebody confirms it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hallwatch_collector.core.plan.templates import HALL_OCCASIONS, Confirmed, Occasion, Template

FITTING: Final[Mapping[Confirmed, frozenset[Occasion]]] = {
    "close-window": frozenset({"window-impaired", "window-useless"}),
    "close-windows": frozenset({"hall-impaired"}),
    "reopen-window": frozenset({"window-ready"}),
    "arrange-windows": frozenset({"class-arrangeable", "crowded-relievable", "crowded-uneven"}),
    "return-windows": frozenset({"windows-returnable"}),
    "return-spare": frozenset({"spare-returnable"}),
    "correct-notice": frozenset({"notice-outdated"}),
    "withdraw-notice": frozenset({"notice-left"}),
    "extend-deadline": frozenset({"deadline-bureau", "deadline-both"}),
}
"""What confirming does → the occasions that say of what; others only need an incident, or nothing."""
OFTEN_OF_HALL: Final[frozenset[Occasion]] = HALL_OCCASIONS | {
    "window-closed", "sign-unshown", "sign-left", "notice-unsent", "notice-outdated", "notice-left", "notice-hanging",
}  # fmt: skip
"""Occasions that may be of no incident."""
OF_INCIDENT: Final[Mapping[str, object]] = {
    "levels": [], "lost": [], "windows_at_least": 0, "systems_at_least": 0, "reach": None,
    "repair_longer_than_s": None, "repair_up_to_s": None, "holds_close": False, "waits_for_answer": False,
}  # fmt: skip
"""Keys that ask something of an incident, and what they are when they are left out."""


def misfits(each: Template) -> Iterator[str]:
    """Yield what does not go together in a measure."""
    if not each.text.strip():
        yield "its text is empty; nobody would know what to do"
    yield from _misfits_of_mode(each)
    if bool(each.registers) != (each.on_confirm == "open-registers"):
        yield 'registers and on_confirm = "open-registers" belong together'
    if (each.notice is not None) != (each.on_confirm == "release"):
        yield 'notice and on_confirm = "release" belong together'
    if each.on not in FITTING.get(each.on_confirm, (each.on,)):
        yield f"{each.on_confirm} is for on = {' or '.join(sorted(FITTING[each.on_confirm]))}, not {each.on}"
    if each.on_confirm in ("open-registers", "end-response") and each.on in OFTEN_OF_HALL:
        yield f"{each.on_confirm} needs an incident; {each.on} may have none"
    named = [name for name, empty in OF_INCIDENT.items() if getattr(each, name) != empty]
    if each.on in HALL_OCCASIONS and named:
        yield f"{', '.join(named)}: that needs an incident; {each.on} has none"


def _misfits_of_mode(each: Template) -> Iterator[str]:
    """Yield what the mode does not let a measure do: nobody answers what is done by itself."""
    if each.on_confirm and each.mode != "ask":
        yield 'on_confirm belongs to mode = "ask"'
    if each.waits_for_answer and each.mode != "ask":
        yield 'waits_for_answer belongs to mode = "ask"'
    if each.holds_close and each.mode == "auto":
        yield 'holds_close does not go with mode = "auto": nobody could ever end it'
    if each.sign and each.mode != "auto":
        yield 'sign belongs to mode = "auto"; that a printed one is posted is asked on = "sign-unshown"'
    if each.ticked_by and (each.mode != "show" or each.on in HALL_OCCASIONS):
        yield 'ticked_by belongs to mode = "show", and to an incident'
    if (each.mode == "register") != (each.on == "register-open"):
        yield 'mode = "register" and on = "register-open" belong together'
