"""Why? Of any sign, measure, incident, window or fault the chain that led to it.

Reading → fault → root cause → impact → incident → conditions → clause; each link has its moment, values and names.

The chain is found in the model as it is at that moment, not in a log: so it says why something stands *now*. How things
went is in the journal, and in the report. ``EXPLAINERS`` is the registry: a new kind is one function and one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.why import faults, incidents, measures, windows
from hallwatch_collector.core.why.link import Kind, Link, NothingToExplain, Why

__all__ = ["EXPLAINERS", "Kind", "Link", "NothingToExplain", "Why", "explain"]

Explainer = Callable[[Model, str, float], Iterator[Link]]

EXPLAINERS: Final[Mapping[Kind, Explainer]] = {
    "fault": faults.explain_fault,
    "incident": incidents.explain_incident,
    "measure": measures.explain_measure,
    "sign": measures.explain_sign,
    "window": windows.explain_window,
}
"""What can be asked about → who answers, given its id and the moment."""


def explain(model: Model, kind: Kind, name: str, now: float) -> Why:
    """Return why something is so.

    *name* is the id of a measure, incident or window, the place of a sign, or ``fault@device`` (``jam@prn-3``; the
    part of the device may stand in brackets: ``toner-low[black]@prn-3``). Raises :class:`NothingToExplain` when there
    is no such thing now.
    """
    return Why(kind=kind, id=name, at=now, links=tuple(EXPLAINERS[kind](model, name, now)))
