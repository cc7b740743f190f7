"""The lists there are."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.web.listing import Listing
from hallwatch_collector.web.lists.drills import DRILLS
from hallwatch_collector.web.lists.incidents import INCIDENTS
from hallwatch_collector.web.lists.maintenance import MAINTENANCE
from hallwatch_collector.web.lists.quality import QUALITY
from hallwatch_collector.web.lists.registers import REGISTERS
from hallwatch_collector.web.lists.reports import REPORTS
from hallwatch_collector.web.lists.rota import ROTA
from hallwatch_collector.web.lists.rounds import ROUNDS
from hallwatch_collector.web.lists.spares import SPARES
from hallwatch_collector.web.lists.store import STORE

LISTS: Final[tuple[Listing, ...]] = (
    INCIDENTS, REPORTS, REGISTERS, ROUNDS, MAINTENANCE, ROTA, SPARES, STORE, DRILLS, QUALITY,
)  # fmt: skip
