"""For whom a page is rendered."""

from __future__ import annotations

from typing import NamedTuple

from hallwatch_collector.core.plan import Right
from hallwatch_collector.core.views import HallView
from hallwatch_collector.people.person import BUILT_IN
from hallwatch_collector.web.texts import Language


class Reader(NamedTuple):
    """What a page depends on beside the hall: who looks at it, and what they may do in this hall.

    It is hashable: pictures are kept by reader.
    """

    language: Language
    signed_in: bool = False
    name: str = ""
    """Empty: nobody is signed in; or the page is drawn once for all with the same roles (``LivePage.kept``)."""
    roles: frozenset[str] = frozenset()
    """What they may act as, in this hall; none in a hall that is not theirs."""
    rights: frozenset[Right] = frozenset()
    """What the plan gives those roles."""
    halls: frozenset[str] = frozenset()
    """Theirs, as ``area/hall``; none: all."""

    @property
    def may_act(self) -> bool:
        """Whether they may decide anything that the plan asks: by a role of the plan, in this hall."""
        return any(role not in BUILT_IN for role in self.roles)

    def may(self, right: Right) -> bool:
        """Tell whether the plan gives them a right."""
        return right in self.rights

    def sees(self, view: HallView) -> bool:
        """Tell whether they may look at the board of a hall."""
        if view.open_board or view.internal:
            return True
        return self.signed_in and (not self.halls or f"{view.area}/{view.hall}" in self.halls)
