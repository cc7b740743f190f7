"""What measures cite: the numbers of clauses, and the clauses that a county numbers itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

ClauseId = Annotated[str, Meta(pattern=r"^[A-Z][0-9]{1,2}$")]
"""Such as ``H2``: the clause list's, or the plan's own."""


class OwnClause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause of this county's plan that the clause list does not have."""

    id: ClauseId
    title: str
    title_en: str = ""
