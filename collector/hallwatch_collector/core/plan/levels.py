"""Response levels (clause R1): what makes which level is the local group's to say, so all of it is data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.extent import Criterion, Extent
from hallwatch_collector.core.hall import Kind, Reach
from hallwatch_collector.core.values import Hold


class Level(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A response level. The file names them from the highest down, as many as the plan has."""

    id: Annotated[str, Meta(min_length=1, max_length=12)]
    """As people call it: ``Ⅰ``, ``二级``."""
    name: str
    name_en: str = ""


class LevelRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition for a level; of the rules that fit, the first in the file gives the level."""

    level: str
    windows_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """At least this share of the hall's windows lost classes."""
    after_s: Hold = 0.0
    """The incident has lasted at least so long, by the clock."""
    after_open_s: Hold = 0.0
    """The same in business time: a working day of a hall that is open for 8 h is 28800."""
    kinds: list[Kind] = []
    """Only for root devices of these kinds; empty: any."""
    lost: list[Id] = []
    """Only while the hall lacks all of these services (``core-system``, ``online-bureau``) because of it."""
    reach: Reach | None = None


def misses(rule: LevelRule, extent: Extent) -> Iterator[Criterion]:
    """Yield by what a rule does not hold for an incident of this extent; nothing: it holds."""
    if rule.kinds and extent.kind not in rule.kinds:
        yield "kind"
    if extent.windows_ratio < rule.windows_ratio:
        yield "windows_ratio"
    if extent.age_s < rule.after_s:
        yield "age_s"
    if extent.open_age_s < rule.after_open_s:
        yield "open_age_s"
    if not extent.lost.issuperset(rule.lost):
        yield "lost"
    if rule.reach not in (None, extent.reach):
        yield "reach"
