"""The MIBs by which UPSes speak. ``MIBS`` is the registry: a new MIB is one new file and one line in it.

Many a UPS speaks by several. For each quantity the first of them that tells it counts: the makers' own MIBs, which
their cards fill in first hand, then the standard one, which is often an imitation with holes.
"""

from __future__ import annotations

from typing import Final

from hallwatch_agent.probes.power.ups.apc import POWERNET_MIB
from hallwatch_agent.probes.power.ups.cyberpower import CPS_MIB
from hallwatch_agent.probes.power.ups.delta import DELTA_MIB
from hallwatch_agent.probes.power.ups.eaton_mge import MGE_MIB
from hallwatch_agent.probes.power.ups.eaton_xups import XUPS_MIB
from hallwatch_agent.probes.power.ups.huawei import HUAWEI_UPS_MIB
from hallwatch_agent.probes.power.ups.liebert import LIEBERT_MIB
from hallwatch_agent.probes.power.ups.phoenixtec import XPPC_MIB
from hallwatch_agent.probes.power.ups.said import Mib
from hallwatch_agent.probes.power.ups.socomec import SOCOMEC_MIB
from hallwatch_agent.probes.power.ups.ups_mib import UPS_MIB

MIBS: Final[tuple[Mib, ...]] = (
    POWERNET_MIB,
    HUAWEI_UPS_MIB,
    MGE_MIB,  # asks plain questions, so before the other one of Eaton
    XUPS_MIB,
    XPPC_MIB,
    CPS_MIB,
    LIEBERT_MIB,
    DELTA_MIB,
    SOCOMEC_MIB,
    UPS_MIB,
)
