"""What was said of an incident and holds no longer: its page tells it all the same, as its report does."""

from __future__ import annotations

from msgspec import Struct

from hallwatch_collector.core.estimates import EstimateSource


class EstimateTold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a repair was expected to be done (D1), as people were told at a moment."""

    at: float
    back_at: float | None = None
    """None: nobody could say."""
    source: EstimateSource = ""
    by: str = ""
    """The technician who said so; empty: worked out."""
    passed_at: float | None = None
    """The moment expected before, which had passed; None: it had not."""


class AnswerTaken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer to a measure that was taken back."""

    at: float
    by: str
    reason: str
    clause: str
    text: str
    text_en: str
    answer: str
    """``confirmed``, ``declined`` or ``done``; ``over``: its incident had closed since."""
    answered_by: str
    answered_at: float
