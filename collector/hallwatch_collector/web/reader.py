"""For whom a page is rendered."""

from __future__ import annotations

from typing import NamedTuple

from hallwatch_collector.web.texts import Language


class Reader(NamedTuple):
    """What a page depends on beside the hall: who looks at it."""

    language: Language
    may_act: bool
