"""What people see of a fault: the buttons of a report by hand (R3), by the kind of what is out of order."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import Kind


class Symptom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a person without training can tell, in their words."""

    id: Id
    kinds: list[Kind]
    """Of what it can be said."""
    name: str
    name_en: str
    effect: Literal["hazard", "unusable", "degraded"] = "unusable"
    """What it most likely means: dangerous to touch, out of use, or does not work well."""
    first_step: str = ""
    """What the finder can do at once; empty: nothing but to tell it."""
    first_step_en: str = ""
