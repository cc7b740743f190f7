"""A hall's twin for a drill (B3): the same windows, devices and contacts; its agents are simulated, nothing is public.

It is made from the hall's own file, so that it is what that says now, and it has no holidays, maintenance or store of
its own: a drill can be at any time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import tomli_w

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.twins import twin_key
from hallwatch_collector.drills.scenario import Scenario

LEFT_OUT: Final = ("hours", "closed", "open", "maintenance", "supplies", "open_reports")
FILING_NAME: Final = "演练申报"


def make_twin(table: dict[str, Any], scenario: Scenario, today: dt.date, note: str) -> str:
    """Return the text of the twin's hall file; *table* is the hall's own, *note* is said above it in one line."""
    twin = {name: value for name, value in table.items() if name not in LEFT_OUT}
    key = twin_key(HallKey(str(table["area"]), str(table["hall"])))
    twin |= {"hall": key.hall, "drill": True}
    if scenario.filing_in_days is not None:
        last_day = today + dt.timedelta(days=scenario.filing_in_days)
        twin["filing"] = [{"name": FILING_NAME, "last_days": [last_day]}]
    return f"# {note}\n{tomli_w.dumps(twin)}"
