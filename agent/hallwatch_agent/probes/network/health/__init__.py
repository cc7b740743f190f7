"""What is known of makers' MIBs: how a network device tells its CPU, memory, temperatures, fans and power supplies.

A maker is one file and one word in ``VENDORS``.
"""

from __future__ import annotations

from hallwatch_agent.probes.network.health.bdcom import BDCOM
from hallwatch_agent.probes.network.health.cisco import CISCO
from hallwatch_agent.probes.network.health.dcn import DIGITAL_CHINA
from hallwatch_agent.probes.network.health.dlink import D_LINK
from hallwatch_agent.probes.network.health.firewalls import FORTINET, HILLSTONE, SANGFOR, TOPSEC, VENUSTECH
from hallwatch_agent.probes.network.health.h3c import H3C
from hallwatch_agent.probes.network.health.hpe import PROCURVE
from hallwatch_agent.probes.network.health.huawei import HUAWEI
from hallwatch_agent.probes.network.health.juniper import JUNIPER
from hallwatch_agent.probes.network.health.measure import Source
from hallwatch_agent.probes.network.health.mikrotik import MIKROTIK
from hallwatch_agent.probes.network.health.ruijie import RUIJIE
from hallwatch_agent.probes.network.health.standards import STANDARDS
from hallwatch_agent.probes.network.health.tplink import TP_LINK
from hallwatch_agent.probes.network.health.zte import ZTE
from hallwatch_agent.probes.snmp_probe import Oid

VENDORS: tuple[Source, ...] = (
    HUAWEI, H3C, RUIJIE, ZTE, TP_LINK, CISCO, MIKROTIK, D_LINK, DIGITAL_CHINA, BDCOM, HILLSTONE, TOPSEC, SANGFOR,
    FORTINET, VENUSTECH, PROCURVE, JUNIPER,
)  # fmt: skip

__all__ = ["STANDARDS", "VENDORS", "sources_for"]


def sources_for(sys_object_id: Oid | None) -> tuple[Source, ...]:
    """Return the makers whose numbers a sysObjectID begins with; none when nobody knows it."""
    made_by = sys_object_id or ()
    return tuple(source for source in VENDORS if any(made_by[: len(root)] == root for root in source.known_by))
