"""The first text of a hall that has nothing yet but a name: right as it is, and it says what goes where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hallwatch_collector.core.hall import BusinessClass, HallKey

_SYSTEM: Final = "core-system"
"""What no device of the hall gives, but the business system beyond the uplink (S1)."""


def describe_new_hall(key: HallKey, name: str, classes: Sequence[BusinessClass]) -> str:
    """Return the text, with one window that takes the first of the plan's classes, and what that needs."""
    first = classes[0] if classes else None
    gives = [need for need in first.needs if need != _SYSTEM] if first else []
    text = (
        f"area = {quote(key.area)}\nhall = {quote(key.hall)}\nname = {quote(name or key.hall)}\n\n"
        '# 采集程序: 装在大厅的一台电脑或网关上, 由它读取设备\nagents = [{ id = "gw" }]\n'
    )
    if first:
        text += (
            '\n# 窗口: classes 是可办的业务, 见预案\n[[windows]]\nid = "w1"\nnumber = 1\nname = "1号窗口"\n'
            f"classes = [{quote(first.id)}]\n"
            '\n# 设备: place 是所在的窗口, gives 是给这个窗口的能力, probes 是怎样读取\n[[devices]]\nid = "pc-1"\n'
            f'kind = "pc"\nname = "1号窗口电脑"\nplace = "w1"\ngives = [{", ".join(map(quote, gives))}]\n'
            '# probes = [{ kind = "tcp", host = "192.168.1.21", port = 445 }]\n'
        )
    if first and _SYSTEM in first.needs:
        text += (
            '\n# 业务系统: 在大厅之外, 给所有窗口\n[[systems]]\nid = "core-system"\nkind = "system"\n'
            f'name = "核心征管系统"\ngives = [{quote(_SYSTEM)}]\n'
            '# probes = [{ kind = "tcp", host = "10.33.1.10", port = 443 }]\n'
        )
    return text


def quote(text: str) -> str:
    """Return a text as TOML writes it between quotes (TOML 1.0, basic strings)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else _escape(each) for each in escaped) + '"'


def _escape(letter: str) -> str:
    number = ord(letter)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
