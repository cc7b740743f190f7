"""What names mean: who owns an enterprise number, which kind of device an object id or a word speaks of. Data only.

Numbers: IANA, Private Enterprise Numbers. Kinds are those of the hall file and, beside them, ``camera``,
which stands in a hall file as ``other``.
"""

from __future__ import annotations

import re
from typing import Final

from hallwatch_agent.probes.snmp_probe import Oid

MAKERS: Final[dict[int, str]] = {
    # printers
    11: "HP", 236: "Samsung", 253: "Xerox", 258: "Panasonic", 297: "Fuji Xerox", 367: "Ricoh", 641: "Lexmark",
    683: "Zebra", 1129: "Toshiba", 1248: "Epson", 1347: "Kyocera", 1602: "Canon", 2001: "OKI", 2385: "Sharp",
    2435: "Brother", 10642: "Zebra", 18334: "Konica Minolta", 40093: "Pantum",
    # networks
    9: "Cisco", 43: "3Com", 171: "D-Link", 207: "Allied Telesis", 1588: "Brocade", 1916: "Extreme", 1991: "Brocade",
    2011: "Huawei", 2636: "Juniper", 3320: "BDCOM", 3902: "ZTE", 4526: "Netgear", 4881: "Ruijie", 5651: "Maipu",
    6339: "DCN", 11863: "TP-Link", 12356: "Fortinet", 14331: "Topsec", 14525: "Juniper", 14823: "Aruba",
    14988: "MikroTik", 15227: "Venustech", 19849: "NSFOCUS", 25053: "Ruckus", 25461: "Palo Alto", 25506: "H3C",
    28557: "Hillstone", 30065: "Arista", 30803: "Netentsec", 31648: "DPtech", 35047: "Sangfor", 41112: "Ubiquiti",
    # power
    318: "APC", 476: "Vertiv", 534: "Eaton", 705: "Eaton", 850: "Tripp Lite", 935: "Phoenixtec", 2254: "Delta",
    3808: "CyberPower", 4555: "Socomec", 5491: "Riello", 13400: "Vertiv", 40614: "EAST",
    # cameras
    368: "Axis", 36849: "Samsung", 39165: "Hikvision", 50001: "Hikvision", 1004849: "Dahua",
    # computers
    232: "HPE", 674: "Dell", 789: "NetApp", 6574: "Synology", 6876: "VMware", 24681: "QNAP",
}  # fmt: skip

OBJECT_KINDS: Final[dict[Oid, str]] = {
    (11, 2, 3, 9): "printer", (11, 2, 3, 7): "switch", (11, 2, 14, 11): "switch",
    (236, 11, 5): "printer", (253, 8, 62): "printer", (297, 1, 11, 93): "printer", (367, 1): "printer",
    (641, 2): "printer", (683, 6): "printer", (1129, 2): "printer", (1248, 1): "printer", (1347, 41): "printer",
    (1347, 43): "printer", (1602, 4): "printer", (2001, 1): "printer", (2385, 3): "printer", (2435, 2, 3, 9): "printer",
    (10642,): "printer", (18334, 1): "printer", (40093,): "printer",
    (318, 1, 3): "ups", (318, 1, 3, 4): "other", (476, 1, 42): "ups", (534, 1): "ups", (534, 2): "ups",
    (705, 1): "ups", (705, 2): "ups", (850, 1): "ups", (935,): "ups", (2011, 6, 174): "ups", (2254, 2, 4): "ups",
    (3808, 1, 1, 1): "ups", (3808, 1, 1, 3): "other", (4555, 1, 1, 1): "ups", (5491,): "ups", (13400, 2, 1): "ups",
    (40614,): "ups",
    (1588, 2, 1, 1): "switch", (2011, 2, 23): "switch", (2011, 2, 279): "switch", (2011, 2, 224): "router",
    (2011, 2, 240): "access-point", (3320, 1): "switch", (3902, 3, 100): "switch", (4881, 1, 1): "switch",
    (4881, 1, 3, 1): "access-point", (6339, 1, 1): "switch", (11863, 5): "switch", (14988, 1): "router",
    (30065, 1): "switch",
    (12356, 101): "firewall", (14331,): "firewall", (25461, 2): "firewall", (28557, 1): "firewall",
    (14525, 3): "access-point", (14823, 1): "access-point", (25053, 3): "access-point", (41112, 1, 4): "access-point",
    (368,): "camera", (36849, 1, 2): "camera", (39165,): "camera", (50001,): "camera", (1004849,): "camera",
    (311, 1, 1, 3, 1, 1): "pc", (311, 1, 1, 3, 1, 2): "server", (311, 1, 1, 3, 1, 3): "server",
    (789, 2): "server", (6574,): "server", (6876,): "server", (24681,): "server",
}  # fmt: skip
"""Beginnings of a sysObjectID, below 1.3.6.1.4.1, and the kind of device; the longest one counts."""

_words: Final = {
    "other": r"\bpdu\b|hardware management|onboard administrator|media converter",
    "camera": r"ip ?cam(?:era)?|network camera|\b[nd]vr\b|video recorder|ipolis|hikvision|dahua|uniview|摄像|录像机",
    "ups": r"\bups\b|uninterruptible|不间断电源",
    "firewall": r"fire ?wall|\bng?fw|ngfw|\busg\d|secospace|eudemon|\bsg-6000|\bvsos\b|防火墙",
    "access-point": r"access point|\bwlan\b|wireless|\bwifi\b|\bap\d{3,4}|\bwa\d{4}|\bwac\b|arubaos|\bwx\d{4}|无线",
    "printer": r"printer|laserjet|officejet|\blbp\d|\bdocu(?:print|centre)|aficio|\bmfp\b|打印",
    "router": r"router(?! switch)|\bar\d{3,4}[a-z]*\b|\bmsr\d|\brsr\d|routeros|openwrt|路由器",
    "switch": r"switch|\bs[1-9]\d{3}-|\bs5[1357]\d\d|\bs127\d\d|\bd[eg]s-|\bdcrs-|catalyst|\bc[23]\d{3}\b|nx-os|交换机",
    "pc": r"software: windows (?!.*server)",
    "server": r"^linux |freebsd|esxi|synology|\bnas\b",
}
WORD_KINDS: Final = {kind: re.compile(words, re.IGNORECASE) for kind, words in _words.items()}
"""What a description, a title or a name speaks of; the first that matches counts."""

MAKER_KINDS: Final[dict[int, str]] = {
    43: "switch", 207: "switch", 1588: "switch", 1916: "switch", 1991: "switch", 2636: "router", 4526: "switch",
    4881: "switch", 5651: "switch", 6339: "switch", 25506: "switch", 31648: "switch", 12356: "firewall",
    15227: "firewall", 19849: "firewall", 28557: "firewall", 30803: "firewall", 35047: "firewall", 14988: "router",
}  # fmt: skip
"""What a maker makes above all, where the device says nothing else of itself."""

COMPUTERS: Final = ((311,), (2021, 250), (8072, 3, 2))
"""Windows, UCD-SNMP and Net-SNMP: the software of computers, and of devices whose maker left it as it was."""

GREETING_MAKERS: Final = {
    "HUAWEI": "Huawei", "Comware": "H3C", "Cisco": "Cisco", "ROSSSH": "MikroTik", "RGOS": "Ruijie", "ZTE": "ZTE",
}  # fmt: skip
"""What the SSH servers of network devices call themselves."""


def maker_of(object_id: Oid) -> str:
    """Return who made a device with this sysObjectID; empty when it says only which software runs there."""
    return MAKERS.get(object_id[6], "") if object_id[:6] == (1, 3, 6, 1, 4, 1) and len(object_id) > 6 else ""


def is_computer(object_id: Oid) -> bool:
    """Tell whether a sysObjectID is that of a computer's own SNMP agent."""
    return any(object_id[6 : 6 + len(tail)] == tail for tail in COMPUTERS)


def kind_of_maker(object_id: Oid) -> str:
    """Return what the maker with this sysObjectID makes above all, or nothing."""
    return MAKER_KINDS.get(object_id[6], "") if object_id[:6] == (1, 3, 6, 1, 4, 1) and len(object_id) > 6 else ""


def kind_of_object(object_id: Oid) -> str:
    """Return the kind of device that a sysObjectID tells, or nothing."""
    tail = object_id[6:] if object_id[:6] == (1, 3, 6, 1, 4, 1) else ()
    return next((kind for n in range(len(tail), 0, -1) if (kind := OBJECT_KINDS.get(tail[:n]))), "")


def kind_of_words(words: str) -> str:
    """Return the kind of device that some words speak of, or nothing."""
    return next((kind for kind, pattern in WORD_KINDS.items() if pattern.search(words)), "")
