"""Small hall files that are right: one for tests to break, and one whose printer a test speaks for."""

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

ONE_PRINTER = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
classes = [{ id = "certificates", name = "完税证明开具", needs = ["print"] }]
windows = [{ id = "w3", number = 3, name = "3号窗口", classes = ["certificates"] }]
devices = [
  { id = "prn-3", kind = "printer", name = "3号窗口打印机", place = "w3", gives = ["print"], \
probes = [{ kind = "tcp", agent = "gw", interval_s = 3600, host = "127.0.0.1", port = 9 }] },
]
"""
