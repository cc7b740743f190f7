"""Small halls for tests of the simulation, built in code."""

from __future__ import annotations

from typing import Any

import msgspec

from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_collector.core.hall import Agent, Device, Hall


def tcp(agent: str = "gw", interval_s: float = 5.0) -> TcpProbe:
    return TcpProbe(agent=agent, interval_s=interval_s, host="192.0.2.1", port=80)


def make_hall(**changes: Any) -> Hall:
    """Return a hall: a router, two switches that stand in for each other, a PC with an agent, a kiosk, a system."""
    hall = Hall(
        area="330106",
        hall="test",
        name="试验厅",
        agents=[Agent(id="gw"), Agent(id="desk", host="pc-1")],
        devices=[
            Device(id="rt-1", kind="router", name="路由器", probes=[tcp()]),
            Device(id="sw-1", kind="switch", name="交换机一", probes=[tcp()]),
            Device(id="sw-2", kind="switch", name="交换机二", probes=[tcp()]),
            Device(id="pc-1", kind="pc", name="电脑", depends_on=[["sw-1", "sw-2"]], probes=[tcp()]),
            Device(id="kiosk-1", kind="kiosk", name="终端", depends_on=["pc-1", "core"], probes=[tcp("desk")]),
        ],
        systems=[Device(id="core", kind="system", name="核心", depends_on=["rt-1"], probes=[tcp()])],
    )
    return msgspec.structs.replace(hall, **changes)
