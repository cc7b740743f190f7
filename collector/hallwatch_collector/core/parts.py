"""What people call the parts of devices: the words in the brackets of a key, such as ``toner-low[black]``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import BusinessClass

_NUMBERED = re.compile(r"(.+)-(\d+)")


class PartName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a part; that of ``tray`` also names ``tray-1``, ``tray-2``."""

    id: Id
    name: str
    name_en: str


class PartNames:
    """The names of all parts that a hall may hear of, its business classes among them, in Chinese and in English."""

    def __init__(self, parts: Iterable[PartName], classes: Iterable[BusinessClass]) -> None:
        known: list[PartName | BusinessClass] = [*parts, *classes]
        self.chinese = {each.id: each.name for each in known}
        self.english = {each.id: each.name_en or each.id for each in known}


def name_part(names: Mapping[str, str], part: str) -> str:
    """Return what people call a part; empty for one that nobody named."""
    if part in names:
        return names[part]
    numbered = _NUMBERED.fullmatch(part)
    stem = names.get(numbered[1], "") if numbered else ""
    return f"{stem} {numbered[2]}" if numbered and stem else ""
