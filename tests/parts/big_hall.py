"""A hall of sixty windows and two hundred devices: the county hall of the demo, with more of everything."""

from __future__ import annotations

import re
from typing import Final

from hallwatch_collector.simulate.cli import SHIPPED_HALL

WINDOWS: Final = 60
DEVICES: Final = 200
CLASSES: Final = ("registration", "filing", "certificates", "invoice-sale", "invoice-return")
POSITION: Final = re.compile(r", position = \{[^}]*\}")
TCP: Final = 'probes = [{ kind = "tcp", agent = "gw", interval_s = 5, host = "192.0.2.200", port = 9100 }]'


def big_hall() -> str:
    """Return its file; without positions, so that its picture is laid out by rows."""
    county = POSITION.sub("", SHIPPED_HALL.read_text(encoding="utf-8"))
    first, last = (f'  {{ id = "w{number}"' for number in (1, 8))
    head, end = county.split(last)[0], county.split(last)[1]
    assert first in head
    line, rest = end.split("\n", 1)
    text = f"{head}{last}{line}\n{''.join(_window(number) for number in range(9, WINDOWS + 1))}{rest}"
    for number in range(9, WINDOWS + 1):
        text += _device(f"pc-{number}", "pc", f"{number}号窗口电脑", f"w{number}", 'gives = ["computer"]')
        text += _device(f"prn-{number}", "printer", f"{number}号窗口打印机", f"w{number}", 'gives = ["print"]')
        text += _device(f"reader-{number}", "id-reader", f"{number}号窗口读卡器", f"w{number}", "")
    for number in range(4, 4 + DEVICES - text.count("[[devices]]")):
        text += _device(f"kiosk-{number}", "kiosk", f"自助办税终端{number}", "corner", "")
    assert text.count("[[devices]]") == DEVICES
    return text


def _window(number: int) -> str:
    first, second = CLASSES[number % len(CLASSES)], CLASSES[(number + 1) % len(CLASSES)]
    name = f'id = "w{number}", number = {number}, name = "{number}号窗口"'
    return f'  {{ {name}, classes = ["{first}", "{second}"] }},\n'


def _device(name: str, kind: str, called: str, place: str, more: str) -> str:
    lines = ["", "[[devices]]", f'id = "{name}"', f'kind = "{kind}"', f'name = "{called}"', f'place = "{place}"']
    return "\n".join([*lines, *([more] if more else []), 'depends_on = ["sw-hall"]', TCP, ""])
