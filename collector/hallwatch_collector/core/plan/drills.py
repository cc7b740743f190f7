"""How a drill words what it asks for (演练, clause B3): nothing may be taken for real, or really be done to anybody."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class DrillWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands around every measure's text in a drill."""

    mark: str = "演练"
    mark_en: str = "DRILL"
    step: str = "向观察员说明怎么做,不真的做,然后勾选"
    """What is done instead of a step for which the plan says nothing of its own (``in_drill``)."""
    step_en: str = "tell the observer how it is done, do not really do it, then tick"

    def word(self, text: str, instead: str, language: Literal["zh", "en"]) -> str:
        """Return a measure's text as a drill says it; *instead* is what people do in the drill, if it is known."""
        if language == "zh":
            return f"【{self.mark}】{text}" + (f"(演练:{instead}。)" if instead else "")
        return f"[{self.mark_en}] {text}" + (f" (In this drill: {instead}.)" if instead else "")
