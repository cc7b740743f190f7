"""A small hall file that is right, for tests to break."""

from __future__ import annotations

GOOD = """
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"

[[agents]]
id = "gw"

[[windows]]
id = "w3"
number = 3
name = "3号窗口"
classes = ["certificates"]

[[devices]]
id = "rt-1"
kind = "router"
name = "路由器"
gives = ["computer", "core-system", "network"]

[[devices]]
id = "prn-3"
kind = "printer"
name = "3号窗口打印机"
place = "w3"
gives = ["print"]
depends_on = ["rt-1"]

[[devices.probes]]
kind = "snmp-printer"
interval_s = 2
host = "192.168.1.53"
"""
