"""An uninterruptible power supply over SNMP: the standard UPS-MIB and the makers' own, see the package ``ups``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from hallwatch_agent.probes.power.ups import MIBS
from hallwatch_agent.probes.power.ups.said import ENTERPRISES, Cells, Mib
from hallwatch_agent.probes.power.ups.verdict import Power, follow, judge, merge, settle
from hallwatch_agent.probes.probe import Context, CouldNotRead, Told
from hallwatch_agent.probes.snmp_probe import MIB_2, Column, Oid, SnmpProbe, Value
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session

SYS_OBJECT_ID: Final[Oid] = (*MIB_2, 1, 2, 0)
LOOK_AGAIN_S: Final = 3600.0
"""So long the MIBs that a device has are remembered. A card that has just started may not have filled all of them."""
ROWS: Final = 4
"""Rows asked for at once: a table of a UPS has a row for each phase."""


class Memory(Struct):
    """What is kept of a UPS from reading to reading."""

    mibs: tuple[Mib, ...] = ()
    found_at: float = 0.0
    power: Power = Power()
    filled: dict[str, set[str]] = {}
    """By the name of the MIB: columns that have had a row."""


class SnmpUpsProbe(SnmpProbe, tag="snmp-ups", frozen=True, kw_only=True):
    """Reads a UPS by the MIBs that it has."""

    async def read(self, context: Context) -> Told:
        """Tell conditions, charge, load, run time; raise :class:`CouldNotRead` when it is silent or no UPS known here.

        The first reading, and one every hour, looks for MIBs; the others ask only what the device has.
        """
        memory: Memory = context.memory.setdefault("ups", Memory())
        async with self.session(context) as session:
            answers = await ask_all(session, memory.mibs, memory.filled)
            if not answers or context.monotonic - memory.found_at >= LOOK_AGAIN_S:
                answers = await look(session, memory.filled)
                memory.mibs, memory.found_at = tuple(mib for mib, _ in answers), context.monotonic
        if not answers:
            raise CouldNotRead(ReadError.UNSUPPORTED, "it answers SNMP, but not as a UPS by any MIB known here")
        told = tuple(mib.decode(cells) for mib, cells in answers)
        by_source = next((said.source_is_battery for said in told if said.source_is_battery is not None), None)
        memory.power = follow(memory.power, by_source)
        reading = judge(merge([settle(said, memory.power) for said in told]))
        mibs = ", ".join(mib.name for mib, _ in answers)
        return Told(reading.metrics, reading.conditions, reading.facts | {"mibs": mibs})


Answers = list[tuple[Mib, Cells]]


async def look(session: Session, filled: dict[str, set[str]]) -> Answers:
    """Find the MIBs of the device: its maker's and the standard one, or whatever answers when none of these does.

    A maker's card in another's housing, or a card that names its operating system, says nothing of the UPS behind it.
    """
    said = (await session.get(SYS_OBJECT_ID)).get(SYS_OBJECT_ID)
    likely = expected(said)
    answers = await ask_all(session, likely, filled)
    return answers or await ask_all(session, [mib for mib in MIBS if mib not in likely], filled)


def expected(sys_object_id: Value | None) -> Sequence[Mib]:
    """Return the MIBs that a device with this sysObjectID may have; all for a maker that is not known here."""
    maker = maker_number(sys_object_id)
    own = [mib for mib in MIBS if maker in mib.enterprises]
    return [mib for mib in MIBS if mib in own or not mib.enterprises] if own else MIBS


def maker_number(oid: Value | None) -> int:
    """Return the maker's number in an OID below ``enterprises``, 0 for anything else."""
    if not isinstance(oid, tuple) or oid[: len(ENTERPRISES)] != ENTERPRISES:
        return 0
    return next(iter(oid[len(ENTERPRISES) :]), 0)


async def ask_all(session: Session, mibs: Sequence[Mib], filled: dict[str, set[str]]) -> Answers:
    """Ask for the objects of these MIBs; return those by which the device speaks as a UPS."""
    answers: Answers = []
    for mib in mibs:
        cells = await ask(session, mib, filled.setdefault(mib.name, set()))
        if mib.is_there(cells):
            answers.append((mib, cells))
    return answers


async def ask(session: Session, mib: Mib, filled: set[str]) -> Cells:
    """Ask for the objects of one MIB; its tables only when one of its scalars answers."""
    said = await session.get(*mib.scalars.values())
    scalars = {key: said[oid] for key, oid in mib.scalars.items() if oid in said}
    if mib.scalars and not scalars:
        return Cells()
    columns: dict[str, Column] = {}
    for entry in dict.fromkeys(oid[:-1] for oid in mib.columns.values()):
        keys = {oid[-1]: key for key, oid in mib.columns.items() if oid[:-1] == entry}
        walked = await session.walk(entry, list(keys), rows=ROWS)
        columns |= {key: walked[number] for number, key in keys.items()}
    filled |= {key for key, column in columns.items() if column}
    return Cells(scalars, columns, frozenset(filled))
