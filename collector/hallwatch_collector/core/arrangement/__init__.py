"""Which windows to open, and which classes to lend them: proposals for a person to confirm (clauses W1, P1, P2, P5).

:func:`propose` looks at the windows as they are (:class:`Post`) and returns a :class:`Proposal`; :func:`apply` makes
moves, :func:`take_back` says which of those made are not needed any more. Nothing here changes a hall by itself.
"""

from __future__ import annotations

from hallwatch_collector.core.arrangement.moves import Move, MoveKind, Post, apply, post_of, take_back, undo_of
from hallwatch_collector.core.arrangement.propose import ArrangementRules, Part, Proposal, propose
from hallwatch_collector.core.arrangement.waiting import Waiting

__all__ = [
    "ArrangementRules",
    "Move",
    "MoveKind",
    "Part",
    "Post",
    "Proposal",
    "Waiting",
    "apply",
    "post_of",
    "propose",
    "take_back",
    "undo_of",
]
