"""Supplies and trays of the Printer MIB (RFC 3805, IANA-PRINTER-MIB), as SNMP and IPP both tell them. Pure.

Negative levels (unknown, unrestricted, "some left") never become ratios, and what is not known stays absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hallwatch_agent.probes.parts import part_name
from hallwatch_agent.probes.printers.printer import (
    DRUM,
    INK,
    MARKING,
    OTHER,
    RIBBON,
    TONER,
    WASTE,
    Supply,
    Tray,
    real_ratio,
)
from hallwatch_agent.probes.snmp_probe import Column, Oid, number, text

Table = Mapping[int, Column]
"""Columns of a table by their number."""

MOST_ROWS: Final = 100
"""No printer has more supplies or trays; what comes after them is not looked at."""
RECEPTACLE: Final = 4
NAMED_TYPES: Final = range(3, 36)
"""Types that say what a supply is; 1 and 2 are "other" and "unknown"."""
KINDS: Final[Mapping[int, str]] = {
    **dict.fromkeys((3, 21, 35), TONER),
    **dict.fromkeys((5, 6, 12), INK),
    **dict.fromkeys((7, 13), RIBBON),
    9: DRUM,
    **dict.fromkeys((4, 8, 14, 24, 26), WASTE),
}
"""PrtMarkerSuppliesTypeTC; solid ink (12) is ink, a ribbon's wax (13) is its ribbon."""
WORDS: Final = (
    (WASTE, re.compile(r"\bwaste|\bused toner|toner collect|collection unit|废|收集|回收")),
    (DRUM, re.compile(r"\bdrum|photo\s?conductor|\bopc\b|imaging unit|感光|成像|鼓(?:单元|组件|架)")),
    (
        OTHER,
        re.compile(
            r"\bfus(?:er|ing)|belt|transfer|maintenance|roller|clean|staple|develop|filter|print\s?head"
            r"|定影|转印|维护|显影|清洁|滤|打印头"
        ),
    ),
    (RIBBON, re.compile(r"\bribbon|色带|碳带")),
    (TONER, re.compile(r"\btoner|粉|硒鼓")),
    (INK, re.compile(r"\bink|墨")),
)
"""What a supply is by its description, where its type does not tell. In Chinese toner is ink powder: powder first."""
CARTRIDGE: Final = re.compile(r"cartridge|\bcart\b|盒")
COLOURS: Final = {
    "black": re.compile(r"black|黑|[\[(]b?k[])]"),
    "cyan": re.compile(r"cyan|青|[\[(]c[])]"),
    "magenta": re.compile(r"magenta|品红|洋红|[\[(]m[])]"),
    "yellow": re.compile(r"yellow|黄|[\[(]y[])]"),
}
SHADE: Final = re.compile(r"\b(?:photo|matte|light|gr[ae]y|gloss)\b|浅|淡|灰|照片|粗面|亚光")
"""An ink of one of the four colours that is not the one that text is printed with."""
MODEL_CODE: Final = re.compile(r"\d([kcmy])s?$")
"""The end of a cartridge's model, by which alone some printers tell their colours: TK-8115K, TK-8115C."""
BY_LETTER: Final = {"k": "black", "c": "cyan", "m": "magenta", "y": "yellow"}
NUMBERED: Final = re.compile(r"[\s,;(]+[sp]/?n(?:[\s:.#]|\d).*", re.IGNORECASE | re.DOTALL)
"""Part and serial numbers behind a description: with the next cartridge they are others."""
NO_COLOUR: Final = {"", "unknown", "other", "none"}
MARKS_WITH: Final[Mapping[int, str]] = {
    **dict.fromkeys((3, 4, 5), TONER),
    **dict.fromkeys(range(6, 12), RIBBON),
    **dict.fromkeys((12, 13, 14, 15), INK),
    16: RIBBON,
}
"""PrtMarkerMarkTechTC: electrophotographic, impact, ink jet and pen, thermal transfer."""


def parse_marks_with(table: Table) -> str:
    """Return the kind of supply that a printer needs, by prtMarkerTable (column 2 technology); empty when not told."""
    kinds = {MARKS_WITH.get(number(cell) or 0, "") for cell in table.get(2, {}).values()}
    return kinds.pop() if len(kinds) == 1 else ""


def parse_supplies(table: Table, colorants: Column, marks_with: str = "") -> list[Supply]:
    """Read prtMarkerSuppliesTable (columns 3 colorant, 4 class, 5 type, 6 description, 8 maximum, 9 level).

    *colorants* is prtMarkerColorantValue. A cartridge of no type holds what the printer *marks_with*.
    """
    supplies: list[Supply] = []
    rows = [row for row in sorted(table.get(9, {})) if row and number(table[9][row]) is not None][:MOST_ROWS]
    said: dict[Oid, str] = {row: NUMBERED.sub("", text(table.get(6, {}).get(row))) for row in rows}
    kinds = {row: _kind(table, row, said[row].lower(), marks_with) for row in rows}
    taken: set[tuple[str, str]] = set()
    for row in rows:
        kind = kinds[row]
        only_one = list(kinds.values()).count(kind) == 1
        part = _part(kind, said[row], _colorants(table, row, colorants), only_one, f"supply-{row[-1]}")
        if (kind, part) in taken:
            part = f"{part}-{row[-1]}"
        taken.add((kind, part))
        level = number(table[9][row]) or 0
        ratio = real_ratio(level, number(table.get(8, {}).get(row)))
        if kind == WASTE and number(table.get(4, {}).get(row)) not in (None, RECEPTACLE):
            ratio = None  # what is "consumed" cannot be told from what is filled
        supplies.append(Supply(row[-1], kind, part, level, ratio))
    return supplies


def _part(kind: str, said: str, colorants: list[str], only_one: bool, fallback: str) -> str:
    """Return what tells a supply from others of its kind: its colour, else its description."""
    if only_one and kind == RIBBON:
        return ""
    colour = _colour(said.lower(), colorants, only_one) if kind in MARKING else ""
    return colour or part_name(said, fallback)


def _colour(said: str, colorants: list[str], only_one: bool) -> str:
    """Return the colour of what marks the paper; empty for several, for a shade, and when it is not told."""
    if SHADE.search(said) and not only_one:
        return ""
    if colours := _colours(said) or colorants:
        return colours[0] if len(colours) == 1 else ""
    if only_one:
        return "black"  # a printer of one colour does not name it
    code = MODEL_CODE.search(said)
    return BY_LETTER[code[1]] if code else ""


def _kind(table: Table, row: Oid, said: str, marks_with: str) -> str:
    if number(table.get(4, {}).get(row)) == RECEPTACLE:
        return WASTE
    kind = number(table.get(5, {}).get(row))
    if kind is not None and kind in NAMED_TYPES:
        by_type = KINDS.get(kind, OTHER)
        return WASTE if by_type in (TONER, INK) and WORDS[0][1].search(said) else by_type
    by_words = next((name for name, words in WORDS if words.search(said)), "")
    if by_words:
        return by_words
    return (marks_with or TONER) if CARTRIDGE.search(said) else OTHER


def _colours(said: str) -> list[str]:
    return [colour for colour, words in COLOURS.items() if words.search(said.lower())]


def _colorants(table: Table, row: Oid, colorants: Column) -> list[str]:
    index = number(table.get(3, {}).get(row))
    said = text(colorants.get((row[0], index))) if index else ""  # 0: no colour
    if said.lower() in NO_COLOUR:
        return []
    return _colours(said) or list(filter(None, [part_name(said, "")]))


REMOVABLE_TYPE, FIXED_TYPE, MANUAL_TYPE = 3, 4, 5
MANUAL_WORDS: Final = re.compile(r"manual|by-?\s?pass|\bmp\b|mptray|mpf|multi|inserter|手|旁路|多功能|多用途|插页")
WHICHEVER_FITS: Final = "auto"
"""The name of no tray, but of the printer's choice among them; where it stands alone it may be the only tray."""
SHEETS: Final = 8


def parse_trays(table: Table) -> list[Tray]:
    """Read prtInputTable (columns 2 type, 8 unit, 9 maximum, 10 level, 13 name, 18 description)."""
    trays: list[Tray] = []
    types = {row: number(kind) for row, kind in table.get(2, {}).items()}
    has_cassettes = REMOVABLE_TYPE in types.values()
    for row in sorted(table.get(10, {}))[:MOST_ROWS]:
        level = number(table[10][row])
        if level is None or not row:
            continue
        maximum = number(table.get(9, {}).get(row))
        name = text(table.get(13, {}).get(row)) or text(table.get(18, {}).get(row))
        manual = (
            types.get(row) == MANUAL_TYPE
            or (types.get(row) == FIXED_TYPE and has_cassettes)  # LaserJets so call their multi-purpose tray
            or maximum == 1
            or MANUAL_WORDS.search(name.lower()) is not None
        )
        part = part_name(name, f"tray-{row[-1]}", [tray.part for tray in trays])
        ratio = None if manual else real_ratio(level, maximum)
        in_sheets = number(table.get(8, {}).get(row)) == SHEETS and not manual
        sheets = float(level) if in_sheets and (ratio is not None or (_is_unknown(maximum) and level > 0)) else None
        trays.append(Tray(row[-1], part, level, ratio, manual, sheets))
    return [tray for tray in trays if tray.part != WHICHEVER_FITS] if _has_others(trays) else trays


def _has_others(trays: list[Tray]) -> bool:
    return any(tray.part != WHICHEVER_FITS and not tray.manual for tray in trays)


def _is_unknown(maximum: int | None) -> bool:
    return maximum is None or maximum < 0


def parse_pages(table: Table) -> float | None:
    """Return the pages printed from prtMarkerTable (columns 3 unit, 4 life count): impressions or sheets.

    Of several markers the one that counts most is taken: each colour counts the same page. A count of 0 is none: what
    has never printed stands in no hall.
    """
    counts = [
        count
        for row, cell in table.get(4, {}).items()
        if (count := number(cell)) is not None and count > 0 and (number(table.get(3, {}).get(row)) or 7) in (7, 8)
    ]
    return float(max(counts)) if counts else None
