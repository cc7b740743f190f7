"""A line of the course of an incident, and what is needed to word one. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.event import Event
from hallwatch_collector.core.plan import Template
from hallwatch_collector.report.record import MeasureTold
from hallwatch_collector.report.words import ReportWords

IF_YES: Final = "确认后,"
"""What comes of a proposal follows."""
OWED: Final = {"ask": "决定", "show": "办理", "auto": "接手", "register": "办结"}
"""What a measure of each mode wants of people in its time."""
GIST: Final = 40
"""A measure is called by no more letters than these."""
TICKS: Final = (",核对后勾选", ",报告后勾选", "并勾选", ",勾选")
"""What steps end with for whoever ticks them, and says nothing once they are done."""


class Line(Struct, frozen=True):
    """One thing that happened, at once and alike, to some subjects."""

    at: float
    subjects: tuple[str, ...]
    says: str
    """Follows the subjects, or stands alone when there are none."""
    by: str = ""
    clause: str = ""
    lead: str = ""
    """Comes before the subjects."""


class Teller(Struct):
    """What the functions that word events need to know beside the event."""

    words: ReportWords
    measures: dict[str, MeasureTold]
    templates: dict[str, Template]
    """The measures of the plan in force."""
    signs: set[tuple[str, str]]
    """Places where a sign was put up, and for which clause."""
    shows: Callable[[str], bool]
    """Whether a connected display shows the signs of a place."""
    root: str
    asked: set[str] = set()
    """The measures that were told so far: one that is raised later is asked for again."""

    def line(self, event: Event, says: str, *about: str, clause: str = "", lead: str = "") -> Line:
        """Return the line of an event; it is by whoever the event says. *about*: its subjects, by their ids."""
        by = self.words.person(getattr(event, "by", ""))
        return Line(event.at, tuple(map(self.words.subject, about)), says, by, clause, lead)


def split_subject(text: str, subject: str) -> tuple[tuple[str, ...], str]:
    """Take the subject off the beginning of a text, so that texts alike of several subjects can be told as one."""
    return ((subject,), text.removeprefix(subject)) if text.startswith(subject) else ((), text)


def gist(text: str) -> str:
    """Return what a measure asks for, in a few words: from 建议 or 请, or after 确认后, to the end of that sentence."""
    start = next((found for mark in ("建议", IF_YES, "请") if (found := text.find(mark)) >= 0), 0)
    said = text[start:].removeprefix(IF_YES).partition("。")[0]
    for tail in TICKS:
        said = said.removesuffix(tail)
    return said if len(said) <= GIST else f"{said[: GIST - 1]}…"
